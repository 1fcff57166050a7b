"""Follow-ups of a second black in a row: interview, change of manager, advice to the owners (domain.md section 1, S5).

Opened when the list becomes final, done with evidence, void when the entry is withdrawn.
"""

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from communities.lights import reminder_day
from enterprises.models import Post
from evaluations.models import Colour, EvaluationPeriod, FollowUp, Level, ListEntry, Release
from evaluations.services.access import require_role
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.common.periods import PeriodKind
from redprop.core.selectors import work_calendar

DUE_WORKDAYS = {
    FollowUp.Kind.INTERVIEW: "interview_workdays",
    FollowUp.Kind.MANAGER: "manager_workdays",
    FollowUp.Kind.ADVICE: "advice_workdays",
}
"""The field of the rubric that says within how many working days after the final list each is due."""

DOERS = (Role.EVALUATOR, Role.SUBDISTRICT_CLERK)
BECAME_FINAL = (ListEntry.State.FINAL, ListEntry.State.EXPIRED, ListEntry.State.REPAIRED)


def open_follow_ups(*, release: Release, acting_user: User | None) -> int:
    """Open the follow-ups of the projects final black in the release's quarter and the one before; how many are new.

    Also of the quarter after it, when that was final first. A half-year or a year opens none: its
    quarters have counted. Safe to run twice.
    """
    period = release.period
    if period.kind != PeriodKind.QUARTER:
        return 0
    codes = [period.code, str(period.value.shift(1))]
    opened = 0
    with transaction.atomic(), acting(acting_user, f"follow-ups of {period.code}"):
        quarters = EvaluationPeriod.objects.filter(district=release.district_id, code__in=codes)
        for quarter in quarters.order_by("ends_on"):
            opened += _open(quarter, str(acting_user or ""))
    return opened


def final_second_blacks(quarter: EvaluationPeriod) -> list[ListEntry]:
    """Return the quarter's final black project entries whose project was final black in the quarter before."""
    before = ListEntry.objects.filter(
        period__district=quarter.district_id,
        period__code=str(quarter.value.preceding()),
        project=OuterRef("project"),
        level=Level.PROJECT,
        colour=Colour.BLACK,
        state__in=BECAME_FINAL,
    )
    rows = ListEntry.objects.filter(
        Exists(before),
        period=quarter,
        level=Level.PROJECT,
        colour=Colour.BLACK,
        state=ListEntry.State.FINAL,
    )
    return list(rows.order_by("pk"))


def _open(quarter: EvaluationPeriod, by: str) -> int:
    today, calendar = business_today(quarter.district), work_calendar(quarter.district)
    entries = final_second_blacks(quarter)
    known = set(FollowUp.objects.filter(entry__in=entries).values_list("entry", "kind"))
    rows = [
        FollowUp(
            entry=entry,
            kind=kind,
            opened_on=today,
            due_on=reminder_day(today, getattr(quarter.rubric, field), calendar),
            recorded_at=business_now(quarter.district),
            recorded_by=by,
        )
        for entry in entries
        for kind, field in DUE_WORKDAYS.items()
        if (entry.pk, kind) not in known
    ]
    FollowUp.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def finish_follow_up(*, follow_up: FollowUp, evidence: str, acting_user: User) -> FollowUp:
    """Record that a follow-up was carried out, with its evidence.

    Raises Refused without evidence, when it is not open, outside the user's area, or for a change of
    manager while the register still shows the manager of the day it was opened.
    """
    district = follow_up.entry.period.district
    require_role(acting_user, district, *DOERS)
    evidence = evidence.strip()
    if not evidence:
        raise Refused(
            _("Say what was done, on which day, and which document shows it."),
            code="evidence-missing",
            field="evidence",
        )
    refuse_personal_numbers(evidence, field=_("evidence"))
    with transaction.atomic(), acting(acting_user, "follow-up done"):
        row = (
            FollowUp.objects.for_user(acting_user)
            .select_for_update(of=("self",))
            .select_related("entry__project")
            .filter(pk=follow_up.pk)
            .first()
        )
        if row is None:
            raise Refused(_("This follow-up lies outside your area."), code="not-allowed")
        if row.state != FollowUp.State.OPEN:
            raise Refused(
                _("%(what)s is “%(state)s” already.") % {"what": row, "state": row.get_state_display()},
                code="not-open",
            )
        today = business_today(district)
        if row.kind == FollowUp.Kind.MANAGER:
            _require_new_manager(row, today)
        row.state, row.done_on, row.evidence, row.done_by = FollowUp.State.DONE, today, evidence, acting_user
        row.save(update_fields=["state", "done_on", "evidence", "done_by"])
    return row


def _require_new_manager(row: FollowUp, today: object) -> None:
    post = Post.objects.on(today).filter(project=row.entry.project, kind=Post.Kind.PROJECT_MANAGER).first()
    if post is not None and post.valid_from < row.opened_on:
        raise Refused(
            _(
                "The register still shows the manager who has been in post since %(day)s. Record the new manager first."
            )
            % {"day": post.valid_from},
            code="same-manager",
        )


def void_follow_ups(entry: ListEntry) -> int:
    """Void what is still open because the entry was withdrawn; the caller holds the transaction and the audit context."""
    return FollowUp.objects.filter(entry=entry, state=FollowUp.State.OPEN).update(state=FollowUp.State.VOID)
