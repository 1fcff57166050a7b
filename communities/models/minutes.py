"""What hangs on the minutes of a joint meeting: problems raised by residents, addenda, scans of the signed page."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from communities.models.compounds import Compound
from communities.models.meetings import Commitment, JointMeeting
from communities.models.requests import ResidentRequest
from redprop.areas.models import Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of
from redprop.core.models import Attachment


class OfMeetingQuerySet(models.QuerySet):
    """Rows that are seen by whoever sees their meeting."""

    def for_user(self, user: object) -> "OfMeetingQuerySet":
        """Rows of the meetings the user may see."""
        if scope_of(user).everything:
            return self
        return self.filter(meeting__in=JointMeeting.objects.for_user(user))


@tracked(exclude=["text"])
class MeetingProblem(Recorded):
    """A problem of residents that the meeting dealt with: from the ledger of requests, or raised there and then.

    One raised at the meeting enters the ledger when the minutes are filed. No resident is named.
    """

    meeting = models.ForeignKey(
        JointMeeting, models.CASCADE, related_name="problems", verbose_name=_("joint meeting")
    )
    request = models.ForeignKey(
        ResidentRequest,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="raised_at",
        verbose_name=_("resident request"),
    )
    compound = models.ForeignKey(
        Compound, models.PROTECT, related_name="+", verbose_name=_("compound"), null=True, blank=True
    )
    category = models.CharField(
        _("category"),
        max_length=10,
        choices=ResidentRequest.Category,
        default=ResidentRequest.Category.OTHER,
    )
    text = models.CharField(_("problem"), max_length=300)
    commitment = models.ForeignKey(
        Commitment,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="problems",
        verbose_name=_("commitment"),
    )

    objects = OfMeetingQuerySet.as_manager()

    class Meta:
        verbose_name = _("problem raised at a meeting")
        verbose_name_plural = _("problems raised at meetings")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "request"],
                condition=Q(request__isnull=False),
                name="meetingproblem_request_once",
                violation_error_message=_("This request is already in the list of this meeting."),
            ),
        ]

    def __str__(self) -> str:
        return self.text


class MeetingAddendum(Recorded):
    """An addendum (补充记录) to accepted minutes, which themselves never change. Append-only."""

    meeting = models.ForeignKey(
        JointMeeting, models.PROTECT, related_name="addenda", verbose_name=_("joint meeting")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    added_on = models.DateField(_("added on"))
    text = models.TextField(_("text"))

    objects = OfMeetingQuerySet.as_manager()

    class Meta:
        verbose_name = _("addendum")
        verbose_name_plural = _("addenda")
        ordering = ["meeting", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "number"],
                name="meetingaddendum_number_once",
                violation_error_message=_("Another addendum was added just now. Send yours again."),
            ),
            models.CheckConstraint(name="meetingaddendum_says_something", condition=~Q(text="")),
        ]

    def __str__(self) -> str:
        return f"{self.meeting} ({self.number})"


@tracked()
class MeetingScan(Recorded):
    """A scan or photo of the signed page of the minutes."""

    meeting = models.ForeignKey(
        JointMeeting, models.PROTECT, related_name="scans", verbose_name=_("joint meeting")
    )
    attachment = models.ForeignKey(Attachment, models.PROTECT, related_name="+", verbose_name=_("attachment"))

    objects = OfMeetingQuerySet.as_manager()

    class Meta:
        verbose_name = _("scan of signed minutes")
        verbose_name_plural = _("scans of signed minutes")
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.attachment)
