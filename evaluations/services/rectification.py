"""Repair after rectification (信用修复): the firm reports, an inspector looks again, the entry becomes a tombstone.

The entry leaves the pages when the re-inspection has passed and it was shown for the least time of its severity.
"""

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from communities.lights import reminder_day
from evaluations.models import Inspection, ListEntry, Rectification
from evaluations.services.access import require_role
from evaluations.services.display import ADVERSE, expire_display
from evaluations.services.objections import lock_entry, require_firm
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.core.selectors import work_calendar
from redprop.core.services.attachments import PDF, PICTURE, store_attachment

State = Rectification.State


def report_rectification(
    *, entry: ListEntry, text: str, upload: UploadedFile | None = None, acting_user: User | None
) -> Rectification:
    """Report that the fault behind a final black or watch entry is put right, with what shows it.

    Raises Refused for anybody but the contact, an entry that is not final or not adverse, and a second report.
    """
    require_firm(acting_user, entry)
    text = text.strip()
    if not text:
        raise Refused(_("Say what was put right, when, and what shows it."), code="text-missing")
    refuse_personal_numbers(text, field=_("text"))
    with transaction.atomic(), acting(acting_user, "report rectification"):
        entry = lock_entry(entry.pk)
        if entry.state != ListEntry.State.FINAL or entry.colour not in ADVERSE:
            raise Refused(
                _("%(entry)s is no final adverse entry, so there is nothing to repair.") % {"entry": entry},
                code="not-final",
            )
        if entry.rectifications.filter(state__in=[State.REPORTED, State.PASSED]).exists():
            raise Refused(
                _("A rectification of %(entry)s is already reported.") % {"entry": entry}, code="reported"
            )
        district = entry.period.district
        today = business_today(district)
        file = None
        if upload is not None:
            file = store_attachment(
                district=district, upload=upload, acting_user=acting_user, kinds=(PICTURE, PDF)
            )
        return Rectification.objects.create(
            entry=entry,
            text=text,
            evidence=file,
            reported_on=today,
            due_on=reminder_day(today, entry.period.rubric.reinspection_workdays, work_calendar(district)),
            recorded_at=business_now(district),
            recorded_by=str(acting_user or ""),
        )


def decide_rectification(
    *, rectification: Rectification, passed: bool, result: str, acting_user: User
) -> Rectification:
    """Decide after the re-inspection, with written reasons. Passed: the entry is repaired when its least time is over.

    Raises Refused without a marked inspection of the project after the report, or when its inspector decides.
    """
    district = rectification.entry.period.district
    require_role(acting_user, district, Role.EVALUATOR)
    if acting_user is None:
        raise Refused(
            _("This step is signed by a person. Name the account that acts."), code="person-missing"
        )
    result = result.strip()
    if not result:
        raise Refused(_("Give the written reasons of the decision."), code="result-missing")
    refuse_personal_numbers(result, field=_("result and reasons"))
    with transaction.atomic(), acting(acting_user, result):
        row = (
            Rectification.objects.select_for_update(of=("self",))
            .select_related("entry")
            .get(pk=rectification.pk)
        )
        if row.state != State.REPORTED:
            raise Refused(
                _("%(what)s is “%(state)s” already.") % {"what": row, "state": row.get_state_display()},
                code="decided",
            )
        row.inspection = found_after(row)
        if row.inspection is None:
            raise Refused(
                _("No inspection of the project is recorded since %(day)s. Inspect it again first.")
                % {"day": row.reported_on},
                code="not-inspected",
            )
        if row.inspection.inspector_id == acting_user.pk:
            raise Refused(
                _("%(user)s made the re-inspection. Somebody else decides on the repair.")
                % {"user": acting_user},
                code="own-inspection",
            )
        row.state = State.PASSED if passed else State.FAILED
        row.decided_by, row.decided_on, row.result = acting_user, business_today(district), result
        row.save(update_fields=["inspection", "state", "decided_by", "decided_on", "result"])
        if passed:
            expire_display(district=district, acting_user=acting_user)
    row.refresh_from_db()
    return row


def found_after(row: Rectification) -> Inspection | None:
    """Return the last marked inspection of the project since the report (one query)."""
    today = business_today(row.entry.period.district)
    rows = Inspection.objects.filter(
        state=Inspection.State.MARKED,
        inspected_on__range=(row.reported_on, today),
        recorded_at__gte=row.recorded_at,
    )
    of = (
        {"project": row.entry.project_id}
        if row.entry.project_id
        else {"project__enterprise": row.entry.enterprise_id}
    )
    return rows.filter(**of).order_by("-inspected_on", "-pk").first()
