"""Subsidy batches from the shell: each step calls the service that the pages call.

`--as` plays a person only in a demo district (and prepares anywhere): a shell must not play two persons.
"""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.models import Entitlement, FundYear, SubsidyBatch, SubsidySlice
from evaluations.models.subsidies.batches import BatchState, SliceState
from evaluations.services import batches
from evaluations.services.ledger import ledger_differences, trial_balance
from evaluations.services.steps import CHECKERS
from evaluations.subsidies.results import read_result
from evaluations.subsidies.selectors import differences, digest_of, fund_differences, outlook
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.money import format_yuan
from redprop.common.periods import Period
from redprop.core.management.registers import RegisterCommand, usage

STEPS = [
    "prepare",
    "review",
    "check",
    "return",
    "hold",
    "release",
    "notice",
    "approve",
    "export",
    "retry",
    "write-back",
    "cancel",
]
READS = ["status", "reconcile", "ledger"]


class Command(RegisterCommand):
    help = "Prepare, review, notice, approve and export the subsidies of a quarter, or show where they stand."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=STEPS + READS)
        parser.add_argument(
            "target", nargs="?", help="a period (2026Q3: all its batches in work) or a batch number"
        )
        parser.add_argument(
            "lines",
            nargs="*",
            type=int,
            help="line numbers (hold, release, check: none means the whole sample), order numbers (retry, write-back)",
        )
        parser.add_argument(
            "--file", help="with reconcile: the bank's result file of the batch, to be taken in"
        )
        parser.add_argument("--fund", help="code of the fund, when not all are meant")
        parser.add_argument("--slice", help="code of the subdistrict, to return its slice alone")
        parser.add_argument(
            "--reason", default="", help="reason (for check: what was looked at; for export: why once more)"
        )
        parser.add_argument("--digest", help="approve only if the lines still have this digest")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        action = options["action"]
        district = self.find_district(options["district"])
        if action in READS and not options["file"]:
            read: Callable[..., dict[str, Any]] = getattr(self, action)
            found = read(district, options)
        else:
            user = self.person(district, action, options["user"])
            if not options["target"]:
                raise usage(_("Name a period such as 2026Q3 or a batch number."))
            with transaction.atomic():
                step: Callable[..., list[SubsidyBatch]] = getattr(self, f"do_{action.replace('-', '_')}")
                done = step(district, user, options)
                found = {"action": action, "batches": [describe(batch) for batch in done]}
                problems = [p for batch in done[:1] for p in getattr(batch, "computed_problems", [])]
                if problems:
                    found["problems"] = problems
        self.show(found, options)
        if found.get("differences"):
            raise SystemExit(1)

    def person(self, district: District, action: str, name: str | None) -> User:
        """Return who takes the step; refused outside a demo for all steps that need different persons."""
        if not name:
            raise usage(_("Say who takes this step: --as USER."))
        if action != "prepare" and not (settings.DEMO and district.is_demo):
            raise Refused(
                _("“--as” takes this step only in a demo district. Sign in at /admin/ and take it there."),
                code="shell-plays-person",
            )
        user = self.find_user(name)
        assert user is not None
        return user

    def find_batches(self, district: District, options: dict[str, Any], *states: str) -> list[SubsidyBatch]:
        """Return the batch named, or those of the period in one of `states`; raises Refused when there is none."""
        target = options["target"]
        found = SubsidyBatch.objects.filter(district=district).select_related("district", "fund")
        if options["fund"]:
            found = found.filter(fund__code=options["fund"])
        named = list(found.filter(number__iexact=target))
        if named:
            return named
        period = Period.parse(target)
        listed = list(found.filter(period=str(period)).order_by("number"))
        wanted = [batch for batch in listed if not states or batch.state in states]
        if wanted:
            return wanted
        if not listed:
            raise Refused(
                _("There is no subsidy batch for %(period)s yet. Prepare it first.") % {"period": period},
                code="no-batch",
            )
        raise Refused(
            _("No batch of %(period)s waits for this step: %(states)s.")
            % {
                "period": period,
                "states": "、".join(f"{batch} “{batch.get_state_display()}”" for batch in listed),
            },
            code="state",
        )

    def do_prepare(self, district: District, user: User, options: dict[str, Any]) -> list[SubsidyBatch]:
        period = Period.parse(options["target"])
        fund = None
        if options["fund"]:
            fund = district.funds.filter(code=options["fund"]).first()
            if fund is None:
                codes = " ".join(district.funds.values_list("code", flat=True))
                raise Refused(
                    _("There is no fund “%(code)s”. Funds: %(codes)s.")
                    % {"code": options["fund"], "codes": codes},
                    code="no-fund",
                )
        return batches.prepare_batches(district=district, period=period, acting_user=user, fund=fund)

    def do_review(self, district: District, user: User, options: dict[str, Any]) -> list[SubsidyBatch]:
        """First review of the user's own slices, or the second review, by the user's role."""
        done = []
        if user.roles & CHECKERS:
            for batch in self.find_batches(district, options, BatchState.FIRST_REVIEWED):
                done.append(batches.review_batch(batch=batch, acting_user=user))
            return done
        for batch in self.find_batches(district, options, BatchState.PREPARED):
            for piece in self.own_slices(batch, user):
                batch = batches.review_slice(batch=batch, subdistrict=piece.subdistrict, acting_user=user)
                if batch not in done:
                    done.append(batch)
        if not done:
            raise Refused(_("No slice of these batches waits for your first review."), code="no-slice")
        return done

    def own_slices(self, batch: SubsidyBatch, user: User) -> list[SubsidySlice]:
        """Return the slices that wait for this user's first review."""
        waiting = batch.slices.filter(state=SliceState.PREPARED, line_count__gt=0).select_related(
            "subdistrict"
        )
        if Role.ORGANISATION in user.roles:
            return list(waiting.filter(subdistrict=None))
        return list(waiting.filter(subdistrict__in=user.scope.subdistrict_ids))

    def do_return(self, district: District, user: User, options: dict[str, Any]) -> list[SubsidyBatch]:
        reason, found = options["reason"], self.find_batches(district, options)
        if not options["slice"]:
            return [batches.return_batch(batch=batch, reason=reason, acting_user=user) for batch in found]
        subdistrict = district.subdistricts.filter(code=options["slice"]).first()
        if subdistrict is None:
            raise Refused(
                _("There is no subdistrict with the code “%(code)s”.") % {"code": options["slice"]},
                code="no-subdistrict",
            )
        return [
            batches.return_slice(batch=batch, subdistrict=subdistrict, reason=reason, acting_user=user)
            for batch in found
        ]

    def do_hold(self, district: District, user: User, options: dict[str, Any]) -> list[SubsidyBatch]:
        return self.move_lines(batches.hold_line, district, user, options)

    def do_release(self, district: District, user: User, options: dict[str, Any]) -> list[SubsidyBatch]:
        return self.move_lines(batches.release_line, district, user, options)

    def move_lines(self, service, district, user, options) -> list[SubsidyBatch]:  # type: ignore[no-untyped-def]
        found = self.find_batches(district, options)
        if not options["lines"] or len(found) != 1:
            raise usage(_("Name one batch and the numbers of its lines."))
        for number in options["lines"]:
            line = found[0].lines.filter(number=number).first()
            if line is None:
                raise Refused(
                    _("%(batch)s has no line %(number)s.") % {"batch": found[0], "number": number},
                    code="no-line",
                )
            service(line=line, reason=options["reason"], acting_user=user)
        found[0].refresh_from_db()
        return found

    def do_notice(self, district: District, user: User, options: dict[str, Any]) -> list[SubsidyBatch]:
        found = self.find_batches(district, options, BatchState.SECOND_REVIEWED)
        return [batches.put_up_notice(batch=batch, acting_user=user) for batch in found]

    def do_approve(self, district: District, user: User, options: dict[str, Any]) -> list[SubsidyBatch]:
        found = self.find_batches(district, options, BatchState.NOTICED)
        if options["digest"] and len(found) != 1:
            raise usage(_("Name one batch and the numbers of its lines."))
        return [
            batches.approve_batch(batch=b, digest=options["digest"] or digest_of(b), acting_user=user)
            for b in found
        ]

    def do_export(self, district: District, user: User, options: dict[str, Any]) -> list[SubsidyBatch]:
        states = [BatchState.APPROVED]
        if options["reason"]:
            states.append(BatchState.EXPORTED)
        found = self.find_batches(district, options, *states)
        reason = options["reason"]
        return [batches.export_batch(batch=batch, acting_user=user, reason=reason).batch for batch in found]

    def do_check(self, district: District, user: User, options: dict[str, Any]) -> list[SubsidyBatch]:
        """Tick lines of the sample, all of it when none is named."""
        found = self.find_batches(district, options, BatchState.FIRST_REVIEWED)
        if options["lines"] and len(found) != 1:
            raise usage(_("Name one batch and the numbers of its lines."))
        for batch in found:
            drawn = batch.sample.filter(seed=batch.sample_seed).values_list("line__number", flat=True)
            batches.tick_lines(
                batch=batch,
                numbers=options["lines"] or list(drawn),
                note=options["reason"],
                acting_user=user,
            )
        return found

    def do_reconcile(self, district: District, user: User, options: dict[str, Any]) -> list[SubsidyBatch]:
        """Take in the bank's result file of one batch."""
        found = self.find_batches(
            district, options, BatchState.EXPORTED, BatchState.RESULTS, BatchState.SETTLED
        )
        path = Path(options["file"])
        if len(found) != 1 or not path.is_file():
            raise usage(_("Name one batch and a result file that exists."))
        return [batches.record_result(batch=found[0], file=read_result(path), acting_user=user).batch]

    def do_retry(self, district: District, user: User, options: dict[str, Any]) -> list[SubsidyBatch]:
        return self.decide_orders(batches.approve_retry, district, user, options)

    def do_write_back(self, district: District, user: User, options: dict[str, Any]) -> list[SubsidyBatch]:
        return self.decide_orders(batches.write_back, district, user, options)

    def decide_orders(self, service, district, user, options) -> list[SubsidyBatch]:  # type: ignore[no-untyped-def]
        """Returned orders by number, of the versions in force; all of them when none is named."""
        found = self.find_batches(district, options, BatchState.RESULTS)
        if len(found) != 1:
            raise usage(_("Name one batch."))
        orders = found[0].orders.filter(state="returned", lines__state="bank_returned").distinct()
        if options["lines"]:
            orders = orders.filter(number__in=options["lines"])
        service(batch=found[0], orders=list(orders), reason=options["reason"], acting_user=user)
        found[0].refresh_from_db()
        return found

    def do_cancel(self, district: District, user: User, options: dict[str, Any]) -> list[SubsidyBatch]:
        found = self.find_batches(district, options)
        return [
            batches.cancel_batch(batch=batch, reason=options["reason"], acting_user=user) for batch in found
        ]

    def status(self, district: District, options: dict[str, Any]) -> dict[str, Any]:
        """Return funds and batches, of all periods or of one."""
        if options["target"]:
            found = self.find_batches(district, options)
        else:
            found = list(
                SubsidyBatch.objects.filter(district=district)
                .select_related("district", "fund")
                .order_by("number")
            )
        years = FundYear.objects.filter(fund__district=district).select_related("fund")
        return {
            "district": district.code,
            "funds": [
                {
                    "fund": year.fund.code,
                    "year": year.year,
                    "ceiling": str(year.ceiling),
                    "committed": str(year.committed),
                    "paid": str(year.paid),
                }
                for year in years
            ],
            "entitlements": Entitlement.objects.live().filter(district=district).count(),
            "batches": [describe(batch) for batch in found],
        }

    def reconcile(self, district: District, options: dict[str, Any]) -> dict[str, Any]:
        """Return what does not add up in funds and batches."""
        found: list[str] = []
        if options["target"]:
            chosen = self.find_batches(district, options)
        else:
            chosen = list(SubsidyBatch.objects.filter(district=district))
        for batch in chosen:
            found += differences(batch)
        for year in FundYear.objects.filter(fund__district=district).select_related("fund"):
            found += fund_differences(year)
        found += ledger_differences(district)
        return {"district": district.code, "checked": len(chosen), "differences": found}

    def ledger(self, district: District, options: dict[str, Any]) -> dict[str, Any]:
        """Return the trial balance of all funds, or of one, and what does not agree."""
        fund = district.funds.filter(code=options["fund"]).first() if options["fund"] else None
        rows = trial_balance(district=district, fund_id=fund.pk if fund else None)
        return {
            "district": district.code,
            "balances": [
                {"account": row["account"], "label": str(row["label"]), "balance": str(row["balance"])}
                for row in rows
            ],
            "sum": str(sum((row["balance"] for row in rows), Decimal("0.00"))),  # type: ignore[misc]
            "differences": ledger_differences(district),
        }

    def show(self, found: dict[str, Any], options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(self.json(found))
            return
        for fund in found.get("funds", []):
            self.stdout.write(
                _("%(fund)s %(year)s: ceiling %(ceiling)s, committed %(committed)s, paid %(paid)s") % fund
            )
        for row in found.get("balances", []):
            self.stdout.write(f"{row['label']}  {format_yuan_of(row['balance'])}")
        for row in found.get("batches", []):
            self.stdout.write(
                _("%(number)s: %(label)s, %(lines)s lines, %(shown)s")
                % {**row, "shown": format_yuan_of(row["total"])}
            )
        for sentence in [*found.get("problems", []), *found.get("differences", [])]:
            self.stdout.write(f"  {sentence}")
        if "differences" in found:
            self.stdout.write(_("%(count)s differences.") % {"count": len(found["differences"])})


def format_yuan_of(amount: str) -> str:
    """Return a decimal string as ¥1,234.50."""
    return format_yuan(Decimal(amount))


def describe(batch: SubsidyBatch) -> dict[str, Any]:
    """Return a batch as plain values (a few queries)."""
    after = outlook(batch)
    found = {
        "number": batch.number,
        "fund": batch.fund.code,
        "period": batch.period,
        "state": str(batch.state),
        "label": str(BatchState(batch.state).label),
        "lines": batch.line_count,
        "total": str(batch.total),
        "held_lines": batch.held_count,
        "held": str(batch.held_total),
        "slices": batch.slices.filter(line_count__gt=0).count(),
        "slices_reviewed": batch.slices.filter(line_count__gt=0, state=SliceState.REVIEWED).count(),
        "notice_ends_on": batch.notice_ends_on.isoformat() if batch.notice_ends_on else None,
        "committed": str(batch.committed),
        "fund_free_after": None if after["free_after"] is None else str(after["free_after"]),
        "digest": digest_of(batch),
        "approved_digest": batch.approved_digest or None,
    }
    export = batch.exports.order_by("-version").first()
    if export:
        orders = batch.orders.filter(export__replaced_by__isnull=True)
        found |= {
            "version": export.version,
            "orders_paid": orders.filter(state="paid").count(),
            "orders_returned": orders.filter(state="returned").count(),
            "roster": export.roster.name,
            "roster_digest": export.roster_digest,
            "bank_file": export.bank_file.name,
            "bank_digest": export.bank_digest,
            "payees": export.payee_count,
        }
    return found
