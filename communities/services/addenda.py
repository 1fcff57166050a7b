"""What may still be added once minutes are filed: addenda (补充记录) to accepted ones, scans of the signed page.

The accepted minutes themselves never change.
"""

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from communities.models import JointMeeting, MeetingAddendum, MeetingScan
from communities.services.access import require_secretary
from communities.services.raised import recorded
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.identifiers import mask_personal_numbers
from redprop.core.services.attachments import PDF, PICTURE, store_attachment

MOST_SCANS = 10


def add_addendum(*, meeting: JointMeeting, text: str, acting_user: User | None) -> MeetingAddendum:
    """Add a dated, numbered addendum to accepted minutes; phone and ID numbers in it are masked."""
    text, _masked = mask_personal_numbers(text.strip())
    if not text:
        raise Refused(_("Addendum: write what is to be added."), code="text-missing")
    with transaction.atomic(), acting(acting_user, "addendum to minutes"):
        meeting = _lock(meeting)
        require_secretary(acting_user, meeting.community)
        if meeting.state != JointMeeting.State.ACCEPTED:
            raise Refused(
                _("These minutes are not accepted yet. Until then they are mended, not added to."),
                code="not-accepted",
            )
        return MeetingAddendum.objects.create(
            meeting=meeting,
            number=meeting.addenda.count() + 1,
            added_on=business_today(meeting.community.district),
            text=text,
            **recorded(meeting, acting_user),
        )


def add_scan(*, meeting: JointMeeting, upload: UploadedFile, acting_user: User | None) -> MeetingScan:
    """Add a scan or photo of the signed page to filed minutes."""
    require_secretary(acting_user, meeting.community)
    if not meeting.submitted_at:
        raise Refused(
            _("File the minutes first; the signed page belongs to filed minutes."), code="not-filed"
        )
    with transaction.atomic(), acting(acting_user, "scan of signed minutes"):
        meeting = _lock(meeting)
        if meeting.scans.count() >= MOST_SCANS:
            raise Refused(
                _("There are %(count)s scans already. Put further pages into one PDF.")
                % {"count": MOST_SCANS},
                code="too-many",
            )
        attachment = store_attachment(
            district=meeting.community.district, upload=upload, kinds=(PICTURE, PDF), acting_user=acting_user
        )
        return MeetingScan.objects.create(
            meeting=meeting, attachment=attachment, **recorded(meeting, acting_user)
        )


def remove_scan(*, scan: MeetingScan, acting_user: User | None) -> None:
    """Take away a wrong scan, while the minutes are not accepted; the file goes with it."""
    with transaction.atomic(), acting(acting_user, "remove scan"):
        meeting = _lock(scan.meeting)
        require_secretary(acting_user, meeting.community)
        if meeting.state == JointMeeting.State.ACCEPTED:
            raise Refused(
                _("The minutes are accepted; their scans stay. Add the right one beside it."), code="accepted"
            )
        attachment = scan.attachment
        scan.delete()
        attachment.delete()
        transaction.on_commit(lambda: attachment.file.delete(save=False))


def _lock(meeting: JointMeeting) -> JointMeeting:
    return (
        JointMeeting.objects.select_for_update(of=("self",))
        .select_related("community__district")
        .get(pk=meeting.pk)
    )
