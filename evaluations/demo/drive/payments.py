"""Earlier quarters paid to the end: accounts, bank results, payments returned and made again, money taken back."""

import datetime as dt
import hashlib

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from communities.models import Compound
from enterprises.models import Enterprise, PartyPost
from evaluations.demo.drive.stage import Stage
from evaluations.models import BankOrder, Entitlement, PayeeAccount, SubsidyBatch, SubsidyExport
from evaluations.models.subsidies.accounts import AccountState
from evaluations.models.subsidies.batches import BatchState, SliceState
from evaluations.services import batches, rules
from evaluations.services.clawbacks import agree_instalments
from evaluations.services.entitlements import compute_entitlements
from evaluations.services.payee_accounts import decide_account, propose_account
from evaluations.services.receipts import decide_receipt, propose_receipt
from evaluations.subsidies.files import ABOUT
from evaluations.subsidies.results import Answer, ResultFile
from evaluations.subsidies.scores import has_final
from evaluations.subsidies.selectors import digest_of
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import Posting, User
from redprop.accounts.roles import Role
from redprop.common.money import format_yuan
from redprop.common.periods import Period
from redprop.common.secrets import keyed_hash, seal
from redprop.core.models import Person

PAID = (Period.parse("2026Q1"), Period.parse("2026Q2"))
"""Quarters that are paid before the story's last one; the rules of the demo begin with the first of them."""
BANKS = (
    "中国银行武汉江岸支行",
    "中国工商银行武汉解放公园支行",
    "汉口银行台北路支行",
    "武汉农村商业银行江岸支行",
)
RETURNS = ("户名与账号不符", "账户已销户", "账户状态异常")
TOO_MUCH = (500, 3000)
"""Square metres by which a compound's area stood in the register too large until each quarter was paid."""
INSTALMENTS = [Period.parse(month).start for month in ("2026-10", "2026-11", "2026-12", "2027-01")]


@transaction.atomic
def make_accounts(stage: Stage) -> int:
    """Accounts of all enterprises and of the secretaries, in force; those who have one are left out."""
    maker, checker = stage.user("maker"), stage.user("checker")
    now = business_now(stage.district)
    taken = PayeeAccount.objects.filter(district=stage.district)
    firms = Enterprise.objects.filter(district=stage.district).exclude(
        pk__in=taken.filter(enterprise__isnull=False).values("enterprise")
    )
    secretaries = PartyPost.objects.filter(kind="secretary").values("person")
    people = Person.objects.filter(district=stage.district, pk__in=secretaries).exclude(
        pk__in=taken.filter(person__isnull=False).values("person")
    )
    rows = []
    for payee in [*firms.order_by("uscc"), *people.order_by("code")]:
        is_person = isinstance(payee, Person)
        number = _number(payee.code if isinstance(payee, Person) else payee.uscc, 19 if is_person else 17)
        rows.append(
            PayeeAccount(
                district=stage.district,
                enterprise=None if isinstance(payee, Person) else payee,
                person=payee if isinstance(payee, Person) else None,
                bank=BANKS[int(number[-2:]) % len(BANKS)],
                holder=payee.name,
                number_cipher=seal(number, about=ABOUT),
                number_hash=keyed_hash(number, about=ABOUT),
                state=AccountState.IN_FORCE,
                reason="首次登记",
                proposed_by=maker,
                proposed_at=now,
                decided_by=checker,
                decided_at=now,
                recorded_at=now,
                recorded_by=maker.username,
            )
        )
    with acting(maker, "demo accounts"):
        PayeeAccount.objects.bulk_create(rows)
    return len(rows)


def _number(code: str, length: int) -> str:
    """An account number made up from the payee's code; no real one begins with 60138."""
    digits = str(int(hashlib.sha256(code.encode()).hexdigest(), 16))
    return ("60138" + digits)[:length]


def pay_past_quarter(stage: Stage, quarter: Period) -> None:
    """Take the subsidies of an earlier quarter from preparation to the bank's answer; nothing when it was done."""
    if quarter not in PAID or not has_final(stage.district, quarter):
        return
    if SubsidyBatch.objects.filter(district=stage.district, period=str(quarter)).exists():
        return
    rules.load_sample_rules(stage.district)
    make_accounts(stage)
    day = business_today(stage.district) + dt.timedelta(days=1)
    is_first = quarter == PAID[0]
    wrong = _area_too_large(stage, PAID.index(quarter))
    stage.move_to(day)
    found = batches.prepare_batches(district=stage.district, period=quarter, acting_user=stage.user("maker"))
    for batch in found:
        batch = take_through_reviews(stage, batch, day)
        stage.move_to(day + dt.timedelta(days=2))
        batch = batches.approve_batch(
            batch=batch, digest=digest_of(batch), acting_user=stage.user("approver")
        )
        export = batches.export_batch(batch=batch, acting_user=stage.user("maker"))
        stage.move_to(day + dt.timedelta(days=5))
        if is_first:
            _answer(stage, export, returned={0, 1, 2})
            _pay_again(stage, batch)
        else:
            _answer(stage, export, returned={5})
            _propose_new(stage, batch.orders.filter(state="returned"))
        batch.refresh_from_db()
        stage.say(
            _("Batch %(number)s: %(state)s, %(total)s.")
            % {
                "number": batch.number,
                "state": batch.get_state_display(),
                "total": format_yuan(batch.total),
            }
        )
    if wrong is not None:
        _area_put_right(stage, wrong, quarter)
        if not is_first:
            _take_back(stage, wrong)


def take_through_reviews(stage: Stage, batch: SubsidyBatch, day: dt.date) -> SubsidyBatch:
    """First reviews, sample, second review and notice, each by whom it belongs to."""
    clerks = {
        posting.subdistrict_id: posting.user_id
        for posting in Posting.objects.filter(district=stage.district, role=Role.SUBDISTRICT_CLERK)
    }
    stage.move_to(day, 14)
    waiting = batch.slices.filter(state=SliceState.PREPARED, line_count__gt=0)
    for piece in waiting.select_related("subdistrict"):
        user = (
            User.objects.get(pk=clerks[piece.subdistrict_id])
            if piece.subdistrict_id
            else stage.user("organisation")
        )
        batch = batches.review_slice(batch=batch, subdistrict=piece.subdistrict, acting_user=user)
    stage.move_to(day + dt.timedelta(days=1), 10)
    check_sample(stage, batch)
    batch = batches.review_batch(batch=batch, acting_user=stage.user("checker"))
    return batches.put_up_notice(batch=batch, acting_user=stage.user("publisher"))


def check_sample(stage: Stage, batch: SubsidyBatch) -> None:
    """The checker looks at every line that was drawn."""
    batch.refresh_from_db()
    if batch.state != BatchState.FIRST_REVIEWED:
        return
    drawn = batch.sample.filter(seed=batch.sample_seed, ticked_by__isnull=True)
    numbers = list(drawn.values_list("line__number", flat=True))
    if numbers:
        batches.tick_lines(
            batch=batch,
            numbers=numbers,
            note="对照服务合同、建筑面积和类别",
            acting_user=stage.user("checker"),
        )


def _answer(stage: Stage, export: SubsidyExport, *, returned: set[int]) -> None:
    """What the bank says to a file: the orders at these places came back, the others are paid."""
    answers = [
        Answer(
            row=order.number + 1,
            number=order.number,
            payee_code=order.payee_code,
            amount=order.amount,
            paid=place not in returned,
            reason=RETURNS[place % len(RETURNS)] if place in returned else "",
        )
        for place, order in enumerate(export.orders.order_by("number"))
    ]
    name = f"{export.batch.number}-v{export.version}-回盘.csv"
    digest = hashlib.sha256(f"{name}{export.bank_digest}".encode()).hexdigest()
    file = ResultFile(name, digest, export.batch.number, export.version, answers)
    batches.record_result(batch=export.batch, file=file, acting_user=stage.user("maker"))


def _propose_new(stage: Stage, orders) -> list[PayeeAccount]:  # type: ignore[no-untyped-def]
    found = []
    for order in orders.select_related("enterprise", "person"):
        payee = order.enterprise or order.person
        number = _number(
            f"{order.payee_code}-{payee.payee_accounts.count()}", 17 if order.enterprise_id else 19
        )
        found.append(
            propose_account(
                payee=payee,
                bank=BANKS[0],
                number=number,
                reason=f"退票：{order.result_reason}，更正账户",
                acting_user=stage.user("maker"),
            )
        )
    return found


def _pay_again(stage: Stage, batch: SubsidyBatch) -> None:
    orders = BankOrder.objects.filter(batch=batch, state="returned")
    for account in _propose_new(stage, orders):
        decide_account(account=account, confirm=True, acting_user=stage.user("checker"))
    batches.approve_retry(batch=batch, orders=list(orders), acting_user=stage.user("approver"))
    again = batches.export_batch(batch=batch, acting_user=stage.user("maker"))
    _answer(stage, again, returned=set())


def _area_too_large(stage: Stage, place: int) -> Compound | None:
    """A compound stands in the register with too large an area while a quarter is prepared: another one each quarter."""
    rows = Compound.objects.filter(
        district=stage.district, kinds__kind="old", floor_area__gt=5000, assignments__isnull=False
    )
    compound = next(iter(rows.order_by("code").distinct()[place : place + 1]), None)
    if compound is not None:
        with acting(stage.user("registrar"), "面积录入"):
            Compound.objects.filter(pk=compound.pk).update(floor_area=compound.floor_area + TOO_MUCH[place])
    return compound


def _take_back(stage: Stage, compound: Compound) -> None:
    """Of three months one is cut into instalments and one is repaid in cash; the third is repaid in October."""
    owed = _to_take_back(stage).filter(compound=compound)
    if len(owed) < 3:
        return
    stage.move_to(business_today(stage.district) + dt.timedelta(days=3))
    agree_instalments(
        entitlement=owed[0],
        months=INSTALMENTS,
        reason="企业书面申请分四期退回，已核实经营困难",
        acting_user=stage.user("checker"),
    )
    receipt = propose_receipt(
        entitlement=owed[1],
        amount=-owed[1].amount,
        received_on=business_today(stage.district),
        slip="演示缴款2026080601",
        reason="面积更正后企业退回多付补贴",
        acting_user=stage.user("maker"),
    )
    stage.move_to(business_today(stage.district) + dt.timedelta(days=1))
    decide_receipt(receipt=receipt, confirm=True, acting_user=stage.user("checker"))


def record_repayment(stage: Stage) -> None:
    """The last month comes back in cash on the day before the batch; it waits for a second person."""
    for owed in _to_take_back(stage)[:1]:
        propose_receipt(
            entitlement=owed,
            amount=-owed.amount,
            received_on=business_today(stage.district) - dt.timedelta(days=1),
            slip="演示缴款2026101901",
            reason="面积更正后企业退回多付补贴",
            acting_user=stage.user("maker"),
        )


def _to_take_back(stage: Stage) -> QuerySet[Entitlement]:
    """What the second quarter paid too much and is neither cut, repaid nor in a batch, by month."""
    rows = Entitlement.objects.live().filter(district=stage.district, amount__lt=0)
    rows = rows.filter(receipts__isnull=True, lines__isnull=True, counted_on__lte=PAID[1].end)
    return rows.filter(counted_on__gte=PAID[1].start).order_by("counted_on", "pk")


def _area_put_right(stage: Stage, compound: Compound, quarter: Period) -> None:
    """The registrar corrects the area; after the payment what was paid too much becomes a negative adjustment."""
    with acting(stage.user("registrar"), "面积登记有误，按测绘报告更正"):
        Compound.objects.filter(pk=compound.pk).update(floor_area=compound.floor_area)
    compute_entitlements(district=stage.district, period=quarter, acting_user=stage.user("maker"))
    owed = Entitlement.objects.live().filter(district=stage.district, amount__lt=0).count()
    stage.say(_("%(count)s payments are to be taken back.") % {"count": owed})
