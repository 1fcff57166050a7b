"""The monthly joint meeting (联席会) of a community, who attended, and what enterprises promised."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.models.compounds import Compound
from enterprises.models import ServiceProject
from enterprises.models.enterprises import contact_enterprises
from redprop.areas.models import Community, CommunitySuccession, Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of


class JointMeetingQuerySet(models.QuerySet["JointMeeting"]):
    """Queries of joint meetings."""

    def for_user(self, user: object) -> "JointMeetingQuerySet":
        """Meetings of the user's communities. Contacts see the promises, not the meetings."""
        if scope_of(user).everything:
            return self
        return self.filter(community__in=Community.objects.for_user(user))

    def accepted(self) -> "JointMeetingQuerySet":
        """Meetings that count: filed and accepted."""
        return self.filter(state=JointMeeting.State.ACCEPTED)


@tracked()
class JointMeeting(Recorded):
    """The joint meeting of one community in one month, from draft to acceptance by the subdistrict."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("submitted")
        RETURNED = "returned", _("returned")
        ACCEPTED = "accepted", _("accepted")

    community = models.ForeignKey(
        Community, models.PROTECT, related_name="joint_meetings", verbose_name=_("community")
    )
    month = models.DateField(_("month"), help_text=_("First day of the month."))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    held_on = models.DateField(_("held on"), null=True, blank=True)
    place = models.CharField(_("place"), max_length=100, blank=True)
    chair = models.CharField(_("chair"), max_length=50, blank=True)
    recorder = models.CharField(_("recorder"), max_length=50, blank=True)
    nothing_new = models.BooleanField(_("nothing new this month"), default=False)
    topics = models.TextField(_("topics"), blank=True)
    decisions = models.TextField(_("decisions"), blank=True)
    due_on = models.DateField(_("to be filed by"))
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    submitted_by = models.CharField(_("submitted by"), max_length=150, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True)
    return_reason = models.TextField(_("reason of return"), blank=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    paper = models.JSONField(
        _("minutes as accepted"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("What the minutes say, frozen when they are accepted."),
    )

    objects = JointMeetingQuerySet.as_manager()

    class Meta:
        verbose_name = _("joint meeting")
        verbose_name_plural = _("joint meetings")
        ordering = ["-month", "community"]
        constraints = [
            models.UniqueConstraint(
                fields=["community", "month"],
                name="jointmeeting_once_a_month",
                violation_error_message=_(
                    "This community's meeting of this month is already recorded. Open that one."
                ),
            ),
            models.CheckConstraint(
                name="jointmeeting_month_first_day",
                condition=Q(month__day=1),
                violation_error_message=_("The month is stored as its first day."),
            ),
            models.CheckConstraint(
                name="jointmeeting_filed_complete",
                condition=Q(state="draft") | Q(held_on__isnull=False, submitted_at__isnull=False),
                violation_error_message=_("A filed meeting needs the day it was held."),
            ),
            models.CheckConstraint(
                name="jointmeeting_return_has_reason",
                condition=~Q(state="returned") | ~Q(return_reason=""),
                violation_error_message=_("Say what the secretary should mend before returning the meeting."),
            ),
        ]
        indexes = [models.Index(fields=["month", "state"], name="jointmeeting_month_state")]

    def __str__(self) -> str:
        return f"{self.community} {self.month:%Y-%m}"

    @property
    def is_on_time(self) -> bool:
        """Whether it was filed by its due day."""
        return self.submitted_at is not None and timezone.localdate(self.submitted_at) <= self.due_on


class MeetingAttendanceQuerySet(models.QuerySet["MeetingAttendance"]):
    """Queries of attendance."""

    def for_user(self, user: object) -> "MeetingAttendanceQuerySet":
        """Attendance at the meetings the user may see, or of the contact's own enterprise."""
        scope = scope_of(user)
        if scope.everything:
            return self
        return self.filter(
            Q(meeting__in=JointMeeting.objects.for_user(user))
            | Q(project__enterprise__in=contact_enterprises(scope.user_id))
        )


@tracked()
class MeetingAttendance(Recorded):
    """One body at a joint meeting: a service project, or another unit named by its post."""

    class Kind(models.TextChoices):
        PRESENT = "present", _("present")
        OBSERVER = "observer", _("observer")
        EXCUSED = "excused", _("excused")
        ABSENT = "absent", _("absent without excuse")

    meeting = models.ForeignKey(
        JointMeeting, models.CASCADE, related_name="attendance", verbose_name=_("joint meeting")
    )
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="attendance",
        verbose_name=_("service project"),
    )
    unit = models.CharField(_("unit and post"), max_length=100, blank=True)
    kind = models.CharField(_("attendance"), max_length=10, choices=Kind)

    objects = MeetingAttendanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("attendance")
        verbose_name_plural = _("attendances")
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "project"],
                condition=Q(project__isnull=False),
                name="meetingattendance_project_once",
                violation_error_message=_("This project is already in the list of this meeting."),
            ),
            models.CheckConstraint(
                name="meetingattendance_somebody",
                condition=Q(project__isnull=False) | ~Q(unit=""),
                violation_error_message=_("Name the project or the unit that attended."),
            ),
        ]
        indexes = [models.Index(fields=["project"], name="meetingattendance_by_project")]

    def __str__(self) -> str:
        return f"{self.project or self.unit} {self.get_kind_display()}"


class CommitmentQuerySet(models.QuerySet["Commitment"]):
    """Queries of commitments."""

    def for_user(self, user: object) -> "CommitmentQuerySet":
        """Promises made at the meetings the user may see, or in a dissolved community that a community of the user
        succeeds; for a contact those of the own enterprise, once filed.
        """
        scope = scope_of(user)
        if scope.everything:
            return self
        if scope.district_ids:
            return self.filter(meeting__community__district__in=scope.district_ids)
        given = Q(
            project__enterprise__in=contact_enterprises(scope.user_id), meeting__submitted_at__isnull=False
        )
        if scope.is_empty:
            return self.filter(given)
        mine = Community.objects.for_user(user)
        dissolved = CommunitySuccession.objects.filter(
            successor__in=mine, predecessor__closed_on__isnull=False
        ).values("predecessor")
        # A union and not an OR: each branch goes by its own index, however many districts there are.
        branches = [
            Q(meeting__community__in=mine.values("pk")),
            Q(meeting__community__in=dissolved, keeper__isnull=True),
            Q(keeper__in=mine.values("pk")),
            Q(keeper__in=dissolved),
            given,
        ]
        first, *rest = (Commitment.objects.filter(q).order_by().values("pk") for q in branches)
        return self.filter(pk__in=first.union(*rest))

    def kept_by(self, community_ids: object) -> "CommitmentQuerySet":
        """Promises that these communities follow up: their own, and those of a dissolved one given to them.

        Pass `selectors.with_predecessors`: what nobody was named for is kept by every successor.
        """
        return self.filter(
            Q(keeper__in=community_ids) | Q(keeper__isnull=True, meeting__community__in=community_ids)
        )

    def open(self) -> "CommitmentQuerySet":
        """Promises not yet confirmed by the community."""
        return self.exclude(state__in=[Commitment.State.CONFIRMED, Commitment.State.EXCLUDED])


@tracked()
class Commitment(Recorded):
    """What a service project promised at a joint meeting (承诺事项); only the community closes it (销号)."""

    class State(models.TextChoices):
        OPEN = "open", _("promised")
        ANSWERED = "answered", _("answered by the enterprise")
        REOPENED = "reopened", _("not fixed")
        CONFIRMED = "confirmed", _("confirmed by the community")
        EXCLUDED = "excluded", _("left out of scoring")

    meeting = models.ForeignKey(
        JointMeeting, models.PROTECT, related_name="commitments", verbose_name=_("joint meeting")
    )
    project = models.ForeignKey(
        ServiceProject, models.PROTECT, related_name="commitments", verbose_name=_("service project")
    )
    compound = models.ForeignKey(
        Compound,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="commitments",
        verbose_name=_("compound"),
    )
    problem = models.CharField(_("problem"), max_length=300)
    promise = models.CharField(_("promise"), max_length=300)
    responsible_post = models.CharField(_("responsible post"), max_length=50)
    made_on = models.DateField(_("promised on"))
    first_due_on = models.DateField(_("first due date"))
    due_on = models.DateField(_("due on"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    answer = models.TextField(_("answer"), blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    times_reopened = models.PositiveSmallIntegerField(_("times reopened"), default=0)
    keeper = models.ForeignKey(
        Community,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("kept by"),
        help_text=_("Who follows it up since the community of the meeting was dissolved."),
    )

    objects = CommitmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("commitment")
        verbose_name_plural = _("commitments")
        ordering = ["due_on", "pk"]
        constraints = [
            models.CheckConstraint(
                name="commitment_due_after_promise",
                condition=Q(due_on__gte=F("made_on")) & Q(first_due_on__gte=F("made_on")),
                violation_error_message=_("The due date is before the meeting. Choose a later day."),
            ),
            models.CheckConstraint(
                name="commitment_extension_keeps_first",
                condition=Q(due_on__gte=F("first_due_on")),
                violation_error_message=_("An extension cannot end before the first due date."),
            ),
            models.CheckConstraint(
                name="commitment_confirmed_dated",
                condition=~Q(state="confirmed") | Q(confirmed_at__isnull=False),
                violation_error_message=_("A confirmed commitment needs the time of confirmation."),
            ),
        ]
        indexes = [
            models.Index(fields=["project", "due_on"], name="commitment_project_due"),
            models.Index(fields=["meeting"], name="commitment_by_meeting"),
        ]

    def __str__(self) -> str:
        return self.problem

    @property
    def kept_in(self) -> Community:
        """The community that follows it up: that of the meeting, or who was named when it was dissolved."""
        return self.keeper or self.meeting.community


class CommitmentStep(Recorded):
    """One step of a commitment, from the promise to its closing. Append-only."""

    class Kind(models.TextChoices):
        PROMISED = "promised", _("promised")
        ANSWERED = "answered", _("answered")
        REOPENED = "reopened", _("not fixed")
        CONFIRMED = "confirmed", _("confirmed")
        ASKED = "asked", _("more time asked for")
        EXTENDED = "extended", _("extended")
        NO_TIME = "no_time", _("more time refused")
        PART = "part", _("joint handling")
        ORDERED = "ordered", _("supervision order")
        REPLIED = "replied", _("reply to an order")
        TO_EXCLUDE = "to_exclude", _("asked to be left out of scoring")
        EXCLUDED = "excluded", _("left out of scoring")
        KEPT = "kept", _("stays in scoring")

    commitment = models.ForeignKey(
        Commitment, models.PROTECT, related_name="steps", verbose_name=_("commitment")
    )
    kind = models.CharField(_("step"), max_length=10, choices=Kind)
    at = models.DateTimeField(_("at"))
    text = models.TextField(_("text"), blank=True)

    class Meta:
        verbose_name = _("step of a commitment")
        verbose_name_plural = _("steps of commitments")
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["commitment"], name="commitmentstep_by_commitment")]

    def __str__(self) -> str:
        return f"{self.commitment_id} {self.get_kind_display()}"
