"""Objections (异议): filed inside the window, admitted or refused, decided by somebody who did not score.

An entry is held from the filing on; it goes back into its notice when all objections to it are
refused or rejected, and leaves the list when one is upheld.
"""

from django.db import connection, transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from communities.services.access import require_contact
from enterprises.models.enterprises import contact_enterprises
from evaluations.models import EvaluationPeriod, ListEntry, Objection, Release
from evaluations.services.access import require_role
from evaluations.services.releases import ENTRY_MOVES
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.common.queue import send_on_commit
from redprop.common.states import require_move
from redprop.common.workdays import add_workdays
from redprop.core.selectors import work_calendar

State = Objection.State

OBJECTION_MOVES = {
    State.FILED: {State.ADMITTED, State.REFUSED},
    State.ADMITTED: {State.UPHELD, State.REJECTED},
    State.REFUSED: set(),
    State.UPHELD: set(),
    State.REJECTED: set(),
}
"""Which state may follow which: decided only after it was admitted, and decided once."""


def file_objection(
    *, entry: ListEntry, by: str, text: str, item: str = "", acting_user: User | None
) -> Objection:
    """File an objection to an entry in public notice and hold the entry.

    The enterprise objects through its contact, a resident without an account (acting_user None).
    Raises Refused outside the window, without text, with personal numbers, or for an item twice.
    """
    text = text.strip()
    if not text:
        raise Refused(_("Say what is wrong with this entry and what shows it."), code="text-missing")
    refuse_personal_numbers(text, field=_("text"))
    if by == Objection.By.ENTERPRISE:
        require_firm(acting_user, entry)
    with transaction.atomic(), acting(acting_user, "file objection"):
        # One at a time in a period: their numbers follow one another.
        EvaluationPeriod.objects.select_for_update(of=("self",)).get(pk=entry.period_id)
        entry = lock_entry(entry.pk)
        district = entry.period.district
        today = business_today(district)
        if entry.state not in (ListEntry.State.NOTICED, ListEntry.State.HELD):
            raise Refused(
                _("%(entry)s is not in public notice, so there is nothing to object to now.")
                % {"entry": entry},
                code="not-noticed",
            )
        if not entry.notice_starts_on <= today <= entry.notice_ends_on:
            raise Refused(
                _("Objections to %(entry)s could be filed until %(end)s.")
                % {"entry": entry, "end": entry.notice_ends_on},
                code="window-over",
            )
        if (
            by == Objection.By.ENTERPRISE
            and entry.objections.filter(by=by, item=item).exclude(state=State.REFUSED).exists()
        ):
            raise Refused(
                _(
                    "The enterprise has already objected to this item; the same item cannot be objected to twice."
                ),
                code="item-twice",
            )
        number = Objection.objects.filter(entry__period=entry.period).aggregate(n=Count("pk"))["n"] + 1
        objection = Objection.objects.create(
            code=f"YY{entry.period.code}-{district.code}-{number:03d}",
            entry=entry,
            by=by,
            item=item,
            text=text,
            filed_at=business_now(district),
            due_on=add_workdays(today, entry.period.rubric.objection_workdays, work_calendar(district)),
            recorded_by=str(acting_user or ""),
        )
        if entry.state != ListEntry.State.HELD:
            _move_entry(entry, ListEntry.State.HELD)
    return objection


def admit_objection(*, objection: Objection, acting_user: User) -> Objection:
    """Admit an objection: it names an item and something to check."""
    return _step(objection, State.ADMITTED, "", acting_user)


def refuse_objection(*, objection: Objection, result: str, acting_user: User) -> Objection:
    """Refuse an objection with written reasons; the entry goes back into its notice when no other is open."""
    return _step(objection, State.REFUSED, result, acting_user)


def decide_objection(*, objection: Objection, upheld: bool, result: str, acting_user: User) -> Objection:
    """Decide an admitted objection with written reasons. Upheld: the entry leaves the list.

    Raises Refused when the decider is a scorer of the entry; the database refuses it as well.
    """
    return _step(objection, State.UPHELD if upheld else State.REJECTED, result, acting_user)


def scorer_role(entry: ListEntry, user: User) -> str:
    """Return what makes the user a scorer of the entry ("" when nothing does)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT role FROM evaluations_scorers(%s) WHERE user_id = %s ORDER BY role", [entry.pk, user.pk]
        )
        row = cursor.fetchone()
    words = {
        "closed": _("closed the period"),
        "confirmed": _("confirmed the entry"),
        "inspected": _("inspected the project"),
        "marked": _("gave it a mark by hand"),
        "vetoed": _("decided its veto"),
        "deducted": _("decided a deduction"),
        "phoned": _("entered its phone answers"),
    }
    return words[row[0]] if row else ""


def _step(objection: Objection, target: str, result: str, acting_user: User) -> Objection:
    entry = objection.entry
    require_role(acting_user, entry.period.district, Role.OBJECTION_DECIDER)
    if acting_user is None:
        raise Refused(
            _("This step is signed by a person. Name the account that acts."), code="person-missing"
        )
    result = result.strip()
    with transaction.atomic(), acting(acting_user, result or str(target)):
        entry = lock_entry(entry.pk)
        objection = Objection.objects.select_for_update(of=("self",)).get(pk=objection.pk)
        require_move(OBJECTION_MOVES, objection.state, target, what=objection)
        if target != State.ADMITTED:
            if not result:
                raise Refused(_("Give the written reasons of the decision."), code="result-missing")
            refuse_personal_numbers(result, field=_("result and reasons"))
            role = scorer_role(entry, acting_user)
            if role:
                raise Refused(
                    _(
                        "%(user)s may not decide this objection: the same person %(role)s. Somebody else decides it."
                    )
                    % {"user": acting_user, "role": role},
                    code="scorer",
                )
            objection.decided_by, objection.decided_at = acting_user, business_now(entry.period.district)
            objection.result = result
        objection.state = target
        objection.save(update_fields=["state", "decided_by", "decided_at", "result"])
        if target == State.UPHELD:
            entry.remark = result[:300]
            _move_entry(entry, ListEntry.State.STRUCK)
            _take_off_the_notice(entry)
        elif (
            target in (State.REFUSED, State.REJECTED)
            and entry.state == ListEntry.State.HELD
            and not entry.objections.open().exists()
        ):
            _move_entry(entry, ListEntry.State.NOTICED)
    return objection


def _take_off_the_notice(entry: ListEntry) -> None:
    """Have the public files of the notices that name the entry written anew, without it."""
    notices = Release.objects.filter(entries__entry=entry).order_by("sequence")
    stale = list(notices.values_list("pk", flat=True))
    Release.objects.filter(pk__in=stale).update(files_published_at=None)
    if stale:
        send_on_commit("redprop.public.tasks.publish_release", stale[-1])


def require_firm(user: User | None, entry: ListEntry) -> None:
    """Raise Refused unless the user is a contact of the entry's enterprise (None is the system itself)."""
    if entry.project is not None:
        require_contact(user, entry.project)
    elif (
        user is not None and not contact_enterprises(user.pk).filter(enterprise=entry.enterprise_id).exists()
    ):
        raise Refused(
            _("Only the contact of %(enterprise)s may do this.") % {"enterprise": entry.enterprise},
            code="not-contact",
        )


def lock_entry(pk: int) -> ListEntry:
    """Return the entry, locked, with its period, district, rubric and subject."""
    return (
        ListEntry.objects.select_for_update(of=("self",))
        .select_related("period__district", "period__rubric", "project", "enterprise")
        .get(pk=pk)
    )


def _move_entry(entry: ListEntry, target: str) -> None:
    if entry.state != target:
        require_move(ENTRY_MOVES, entry.state, target, what=entry)
        entry.state = target
        entry.save(update_fields=["state", "remark"])
