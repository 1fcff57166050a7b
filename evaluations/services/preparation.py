"""Preparing batches: what is owed for a quarter and in no batch yet becomes lines, a slice per subdistrict."""

from django.db import connection, transaction
from django.utils.translation import gettext as _

from evaluations.models import (
    Fund,
    SubsidyBatch,
    SubsidySlice,
)
from evaluations.models.subsidies.batches import (
    BEFORE_APPROVAL,
    BatchState,
    SliceState,
)
from evaluations.models.subsidies.lines import LIVE_STATES
from evaluations.services.entitlements import Computed, compute_entitlements, lock_money
from evaluations.services.lines import refresh_totals
from evaluations.services.steps import (
    MAKERS,
    log_step,
    refuse_same_person,
    require_post,
    reset_slice,
    slice_reviewers,
)
from evaluations.subsidies.scores import has_final
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.periods import Period, PeriodKind

_WAITING = "subsidy_waiting"


@transaction.atomic
def prepare_batches(
    *, district: District, period: Period, acting_user: User, fund: Fund | None = None
) -> list[SubsidyBatch]:
    """Compute what is owed for the quarter and put it into one batch per fund; returns the batches.

    Doing it again adds what is new and gives the same batches. Needs the final list of the quarter,
    because the assessment factor may follow final results only. Takes the district's money lock.
    """
    require_post(acting_user, MAKERS, district)
    if period.kind != PeriodKind.QUARTER:
        raise Refused(
            _("Batches are prepared by quarter. Write the period as 2026Q3, not as “%(period)s”.")
            % {"period": period},
            code="not-a-quarter",
        )
    lock_money(district)
    if not has_final(district, period):
        raise Refused(
            _("The final list of %(period)s is not published yet. Finalise it, then prepare the subsidies.")
            % {"period": period},
            code="no-final-list",
        )
    with acting(acting_user, f"prepare subsidies {period}"):
        computed = compute_entitlements(district=district, period=period, acting_user=acting_user)
        funds = Fund.objects.filter(district=district, rules__adopted_on__isnull=False).distinct()
        if fund is not None:
            funds = funds.filter(pk=fund.pk)
        found = [
            batch
            for one in funds.order_by("code")
            if (batch := _prepare(one, period, acting_user, computed)) is not None
        ]
    if not found:
        raise Refused(
            _("Nothing is due for %(period)s that is not already in a batch.") % {"period": period},
            code="nothing-due",
        )
    return found


def _prepare(fund: Fund, period: Period, user: User, computed: Computed) -> SubsidyBatch | None:
    """Return the fund's batch in preparation with all that is due and in no batch; None when nothing is."""
    now = business_now(fund.district)
    waiting = _gather(fund, period)
    batch = (
        SubsidyBatch.objects.select_for_update(of=("self",))
        .filter(fund=fund, period=str(period), state__in=BEFORE_APPROVAL)
        .first()
    )
    if batch is not None and batch.state != BatchState.PREPARED:
        if waiting:
            raise Refused(
                _(
                    "%(batch)s is “%(state)s” and %(count)s new entitlements are waiting. Return the batch to "
                    "take them in, or approve it and prepare them in the next one."
                )
                % {"batch": batch, "state": batch.get_state_display(), "count": waiting},
                code="in-review",
            )
        return batch
    if batch is None:
        if not waiting:
            return None
        sequence = fund.batches.filter(period=str(period)).count() + 1
        batch = SubsidyBatch.objects.create(
            district=fund.district,
            fund=fund,
            period=str(period),
            sequence=sequence,
            number=f"{fund.code}-{period}-{sequence}",
            recorded_by=user.username,
        )
    before = (batch.line_count, batch.total, batch.prepared_by_id)
    refuse_same_person(user, slice_reviewers(batch))
    batch.prepared_by, batch.prepared_at = user, now
    batch.save(update_fields=["prepared_by", "prepared_at"])
    touched = _places()
    places = touched - set(batch.slices.values_list("subdistrict", flat=True))
    SubsidySlice.objects.bulk_create(
        SubsidySlice(batch=batch, subdistrict_id=place, recorded_by=user.username)
        for place in sorted(places, key=lambda one: one or 0)
    )
    for piece in batch.slices.all():
        if piece.state == SliceState.RETURNED or (
            piece.state == SliceState.REVIEWED and piece.subdistrict_id in touched
        ):
            reset_slice(piece)
    batch.slices.update(prepared_by=user)
    if waiting:
        _add_lines(batch)
    refresh_totals(batch)
    if before != (batch.line_count, batch.total, batch.prepared_by_id):
        log_step(batch, "prepared", user)
    batch.computed_problems = computed.problems  # shown by the command and the admin
    return batch


def _places() -> set[int | None]:
    """Return the subdistricts of what waits; None stands for what the organisation department reviews."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT subdistrict_id FROM {_WAITING}")
        return {row[0] for row in cursor.fetchall()}


def _gather(fund: Fund, period: Period) -> int:
    """Put entitlements of the fund, due by the period's end, that no batch pays into a table; returns their number.

    Amounts of zero are owed to nobody. What is to be taken back is set off in its order, as far as the payee
    gets something in the same batch; the rest waits for a later one.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {_WAITING}")
        cursor.execute(
            f"""
            CREATE TEMP TABLE {_WAITING} ON COMMIT DROP AS
            WITH free AS (
                SELECT e.id, e.amount, e.subdistrict_id, CASE WHEN r.payee = 'person' THEN 'p' || e.person_id
                                            ELSE 'e' || e.enterprise_id END AS payee
                FROM evaluations_entitlement e
                JOIN evaluations_subsidyrule r ON r.id = e.rule_id
                WHERE r.fund_id = %(fund)s AND e.voided_at IS NULL AND e.counted_on <= %(end)s AND e.amount <> 0
                  AND NOT EXISTS (SELECT 1 FROM evaluations_paymentline l
                                  WHERE l.entitlement_id = e.id AND l.state = ANY(%(live)s))
                  AND NOT EXISTS (SELECT 1 FROM evaluations_clawbackreceipt c
                                  WHERE c.entitlement_id = e.id AND c.state <> 'refused')
            ), there AS (
                -- what the batch in preparation pays to the payee already
                SELECT CASE WHEN l.person_id IS NULL THEN 'e' || l.enterprise_id ELSE 'p' || l.person_id END
                       AS payee, sum(l.amount) AS amount
                FROM evaluations_paymentline l JOIN evaluations_subsidybatch b ON b.id = l.batch_id
                WHERE b.fund_id = %(fund)s AND b.period = %(period)s AND b.state = 'prepared' AND l.state = 'open'
                GROUP BY 1
            )
            SELECT id, subdistrict_id FROM (
                SELECT f.id, f.amount, f.subdistrict_id,
                       sum(greatest(f.amount, 0)) OVER (PARTITION BY f.payee)
                       + sum(least(f.amount, 0)) OVER (PARTITION BY f.payee ORDER BY f.id)
                       + coalesce(t.amount, 0) AS left_over
                FROM free f LEFT JOIN there t ON t.payee = f.payee
            ) x WHERE amount > 0 OR left_over >= 0
            """,
            {
                "fund": fund.pk,
                "period": str(period),
                "end": period.end,
                "live": [str(state) for state in LIVE_STATES],
            },
        )
        count = cursor.rowcount
        cursor.execute(f"ANALYZE {_WAITING}")
        return count


def _add_lines(batch: SubsidyBatch) -> None:
    """Insert the payment lines of what waits in one statement, numbered by place and subject."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO evaluations_paymentline
                (batch_id, slice_id, number, entitlement_id, amount, enterprise_id, person_id,
                 payee_code, payee_name, subject_name, state, state_reason, state_by,
                 account_bank, account_holder, account_cipher, account_hash)
            SELECT %(batch)s, s.id,
                   %(last)s + row_number() OVER (ORDER BY sd.code NULLS LAST, c.code, pe.code, p.code, e.counted_on, e.id),
                   e.id, e.amount,
                   CASE WHEN r.payee = 'enterprise' THEN e.enterprise_id END,
                   CASE WHEN r.payee = 'person' THEN e.person_id END,
                   CASE WHEN r.payee = 'person' THEN pe.code ELSE f.uscc END,
                   CASE WHEN r.payee = 'person' THEN pe.name ELSE f.name END,
                   COALESCE(c.name, pe.name, p.name), 'open', '', '', '', '', '', ''
            FROM {_WAITING} wanted
            JOIN evaluations_entitlement e ON e.id = wanted.id
            JOIN evaluations_subsidyrule r ON r.id = e.rule_id
            JOIN evaluations_subsidyslice s
                 ON s.batch_id = %(batch)s AND s.subdistrict_id IS NOT DISTINCT FROM e.subdistrict_id
            LEFT JOIN areas_subdistrict sd ON sd.id = e.subdistrict_id
            LEFT JOIN communities_compound c ON c.id = e.compound_id
            LEFT JOIN core_person pe ON pe.id = e.person_id
            LEFT JOIN enterprises_serviceproject p ON p.id = e.project_id
            LEFT JOIN enterprises_enterprise f ON f.id = e.enterprise_id
            """,
            {
                "batch": batch.pk,
                "last": batch.lines.order_by("-number").values_list("number", flat=True).first() or 0,
            },
        )
