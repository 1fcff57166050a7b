"""Guide-book work: reported by the enterprise's contact, confirmed or returned by the area or the organisation department."""

import datetime as dt

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from enterprises.guide_rules import applies, owed
from enterprises.models import GuideCheck, GuideItem, PartyCoverage, PartyOrganisation
from enterprises.models.enterprises import contact_enterprises
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.common.errors import Refused
from redprop.common.periods import Period
from redprop.common.states import require_move
from redprop.core.services.attachments import PDF, PICTURE, store_attachment

State = GuideCheck.State
MOVES = {
    State.REPORTED: (State.CONFIRMED, State.RETURNED),
    State.RETURNED: (State.REPORTED,),
    State.CONFIRMED: (),
}
DECIDERS = frozenset({Role.SUBDISTRICT_CLERK, Role.COMMUNITY_SECRETARY, Role.ORGANISATION})


def may_report(user: User, organisation: PartyOrganisation, day: dt.date) -> bool:
    """Whether the user is the contact of an enterprise that the organisation covers on the day."""
    mine = contact_enterprises(user.pk)
    return PartyCoverage.objects.on(day).filter(organisation=organisation, enterprise__in=mine).exists()


def may_decide(user: User, organisation: PartyOrganisation) -> bool:
    """Whether the user confirms work of the organisation: clerk, secretary or organisation department of its area."""
    return (
        bool(user.roles & DECIDERS)
        and PartyOrganisation.objects.for_user(user).filter(pk=organisation.pk).exists()
    )


def check_work(
    *, organisation: PartyOrganisation, item: GuideItem, period: Period, done_on: dt.date, today: dt.date
) -> None:
    """Refuse work that is not this organisation's, or a day outside its period."""
    if not applies(item.of, organisation.form) or not owed(
        item, period, organisation.founded_on, organisation.dissolved_on
    ):
        raise Refused(
            _("“%(item)s” is not asked of this organisation in %(period)s.")
            % {"item": item, "period": period},
            code="not-owed",
            field="done_on",
        )
    if not period.start <= done_on <= period.end:
        raise Refused(
            _("%(period)s lasts from %(from)s to %(until)s. Enter the day within it on which this was done.")
            % {"period": period, "from": period.start.isoformat(), "until": period.end.isoformat()},
            code="outside",
            field="done_on",
        )
    if done_on > today:
        raise Refused(
            _("%(day)s is in the future. Correct the date.") % {"day": done_on.isoformat()},
            code="future",
            field="done_on",
        )


def report_work(
    *,
    organisation: PartyOrganisation,
    item: GuideItem,
    period: Period,
    done_on: dt.date,
    note: str,
    evidence: UploadedFile | None = None,
    acting_user: User,
) -> GuideCheck:
    """Record that the work was done; what was returned or not yet confirmed is replaced."""
    district = organisation.district
    today = business_today(district)
    if not may_report(acting_user, organisation, today):
        raise Refused(_("Only the contact of a covered enterprise reports this."), code="not-contact")
    check_work(organisation=organisation, item=item, period=period, done_on=done_on, today=today)
    with transaction.atomic(), acting(acting_user, "guide-book work reported"):
        PartyOrganisation.objects.select_for_update(of=("self",)).get(pk=organisation.pk)
        row = GuideCheck.objects.filter(organisation=organisation, item=item, period=str(period)).first()
        if row is not None and row.state == State.CONFIRMED:
            raise Refused(
                _("This work is already confirmed (%(day)s). Nothing more is needed.")
                % {"day": row.decided_on.isoformat() if row.decided_on else ""},
                code="confirmed",
            )
        row = row or GuideCheck(organisation=organisation, item=item, period=str(period))
        row.done_on, row.note, row.state = done_on, note.strip(), State.REPORTED
        row.decided_on, row.decided_by, row.reason = None, "", ""
        row.recorded_at, row.recorded_by = business_now(district), acting_user.username
        if evidence is not None:
            row.evidence = store_attachment(
                district=district, upload=evidence, acting_user=acting_user, kinds=(PICTURE, PDF)
            )
        row.save()
    return row


def decide_work(*, check: GuideCheck, confirm: bool, reason: str = "", acting_user: User) -> GuideCheck:
    """Confirm reported work, or return it with a reason."""
    if not may_decide(acting_user, check.organisation):
        raise Refused(
            _("The subdistrict, the community or the organisation department confirms this."),
            code="not-yours",
        )
    target = State.CONFIRMED if confirm else State.RETURNED
    if not confirm and not reason.strip():
        raise Refused(_("Say why it is returned."), code="reason", field="reason")
    with transaction.atomic(), acting(acting_user, "guide-book work decided"):
        row = GuideCheck.objects.select_for_update(of=("self",)).get(pk=check.pk)
        require_move(MOVES, State(row.state), target, what=row.item)
        if row.recorded_by == acting_user.username:
            raise Refused(_("Who reported the work does not confirm it."), code="own-work")
        row.state, row.reason = target, reason.strip()
        row.decided_on = business_today(row.organisation.district)
        row.decided_by = acting_user.username
        row.save(update_fields=["state", "reason", "decided_on", "decided_by"])
    return row
