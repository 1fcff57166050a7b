"""What a council resolved, with its votes, and what follows from it: tasks of the community, promises of enterprises.

Resolutions are append-only and published; votes never enter a score, a list or a ranking.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from communities.models.compounds import Compound
from communities.models.contracts import ServiceAssignment
from communities.models.council import CouncilMeeting, CouncilTopic, in_communities
from communities.models.meetings import Commitment
from enterprises.models import ServiceProject
from enterprises.models.enterprises import contact_enterprises
from redprop.areas.models import Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of
from redprop.core.models import Attachment


class ResolutionQuerySet(models.QuerySet["CouncilResolution"]):
    """Queries of resolutions."""

    def for_user(self, user: object) -> "ResolutionQuerySet":
        """Those of the user's communities; for a contact those about compounds the enterprise served that day."""
        scope = scope_of(user)
        if not scope.is_empty:
            return self.filter(in_communities(user, "meeting__community"))
        day = models.OuterRef("meeting__held_on")
        served = ServiceAssignment.objects.filter(
            contract__project__enterprise__in=contact_enterprises(scope.user_id),
            compound__council_meetings=models.OuterRef("meeting"),
            valid_from__lte=day,
        ).filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day))
        of_all = Q(compound__isnull=True) & models.Exists(served)
        return self.filter(of_all | models.Exists(served.filter(compound=models.OuterRef("compound"))))

    def current(self) -> "ResolutionQuerySet":
        """The last word on each resolution: what no later row replaces."""
        return self.filter(replaced_by__isnull=True)


class CouncilResolution(Recorded):
    """One resolution with its votes, or the row that corrects or withdraws an earlier one. Append-only, published."""

    meeting = models.ForeignKey(
        CouncilMeeting, models.PROTECT, related_name="resolutions", verbose_name=_("council meeting")
    )
    topic = models.ForeignKey(
        CouncilTopic, models.PROTECT, related_name="resolutions", verbose_name=_("council topic")
    )
    compound = models.ForeignKey(
        Compound,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="resolutions",
        verbose_name=_("compound"),
        help_text=_("Empty: all compounds of the meeting."),
    )
    number = models.PositiveSmallIntegerField(_("number"))
    text = models.CharField(_("resolution"), max_length=1000)
    votes_for = models.PositiveSmallIntegerField(_("for"))
    votes_against = models.PositiveSmallIntegerField(_("against"))
    votes_abstained = models.PositiveSmallIntegerField(_("abstained"))
    present = models.PositiveSmallIntegerField(_("representatives present"))
    quorum = models.PositiveSmallIntegerField(_("quorum"))
    needed = models.PositiveSmallIntegerField(_("votes needed"))
    passed = models.BooleanField(_("passed"))
    dated = models.DateField(_("dated"))
    replaces = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
        verbose_name=_("replaces"),
    )
    withdrawn = models.BooleanField(_("withdrawn"), default=False)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    objects = ResolutionQuerySet.as_manager()

    class Meta:
        verbose_name = _("resolution of the council")
        verbose_name_plural = _("resolutions of the council")
        ordering = ["-dated", "number", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="councilresolution_votes_fit",
                condition=Q(present=F("votes_for") + F("votes_against") + F("votes_abstained")),
                violation_error_message=_(
                    "Votes for, against and abstained together are as many as representatives were present."
                ),
            ),
            models.CheckConstraint(
                name="councilresolution_quorum",
                condition=Q(present__gte=F("quorum")),
                violation_error_message=_("Below the quorum nothing can be resolved."),
            ),
            models.CheckConstraint(
                name="councilresolution_passed",
                condition=Q(passed=True, votes_for__gte=F("needed"))
                | Q(passed=False, votes_for__lt=F("needed")),
                violation_error_message=_("Passed is what has the votes it needs."),
            ),
            models.CheckConstraint(
                name="councilresolution_replaced_with_reason",
                condition=Q(replaces__isnull=True, reason="", withdrawn=False)
                | (Q(replaces__isnull=False) & ~Q(reason="")),
                violation_error_message=_("A correction or withdrawal needs its reason."),
            ),
            models.UniqueConstraint(
                fields=["meeting", "number"],
                condition=Q(replaces__isnull=True),
                name="councilresolution_number",
                violation_error_message=_("This number of a resolution is taken."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic}"


class FollowUpQuerySet(models.QuerySet["CouncilFollowUp"]):
    """Queries of follow-ups."""

    def for_user(self, user: object) -> "FollowUpQuerySet":
        """Those of the user's communities; for a contact what the own enterprise is to promise."""
        scope = scope_of(user)
        if scope.is_empty:
            return self.filter(project__enterprise__in=contact_enterprises(scope.user_id))
        return self.filter(in_communities(user, "resolution__meeting__community"))

    def open(self) -> "FollowUpQuerySet":
        """Tasks not yet done, and promises that no joint meeting has taken up."""
        return self.filter(
            Q(kind=CouncilFollowUp.Kind.TASK, state=CouncilFollowUp.State.OPEN)
            | Q(
                kind=CouncilFollowUp.Kind.PROMISE,
                state=CouncilFollowUp.State.OPEN,
                commitment__isnull=True,
            )
        )


@tracked(exclude=["outcome"])
class CouncilFollowUp(Recorded):
    """What follows from a resolution: a task of the community, or a promise that the joint meeting takes up."""

    class Kind(models.TextChoices):
        TASK = "task", _("task of the community")
        PROMISE = "promise", _("promise of the enterprise")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        DONE = "done", _("done")
        DROPPED = "dropped", _("dropped")

    resolution = models.ForeignKey(
        CouncilResolution, models.PROTECT, related_name="follow_ups", verbose_name=_("resolution")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    what = models.CharField(_("what is to be done"), max_length=300)
    responsible = models.CharField(_("responsible post"), max_length=50)
    due_on = models.DateField(_("due on"))
    compound = models.ForeignKey(
        Compound, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("compound")
    )
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("service project"),
    )
    commitment = models.OneToOneField(
        Commitment,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="from_council",
        verbose_name=_("commitment"),
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    outcome = models.CharField(_("what was done"), max_length=500, blank=True)
    photo = models.ForeignKey(
        Attachment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("photo")
    )

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow-up of a resolution")
        verbose_name_plural = _("follow-ups of resolutions")
        ordering = ["due_on", "pk"]
        constraints = [
            models.CheckConstraint(
                name="councilfollowup_closed_with_words",
                condition=Q(state="open", closed_on__isnull=True)
                | (~Q(state="open") & Q(closed_on__isnull=False) & ~Q(outcome="")),
                violation_error_message=_("Say what was done, or why it is dropped."),
            ),
            models.CheckConstraint(
                name="councilfollowup_promise_of_project",
                condition=Q(kind="task", project__isnull=True, commitment__isnull=True)
                | Q(kind="promise", project__isnull=False),
                violation_error_message=_(
                    "A promise is one of a service project, a task one of the community."
                ),
            ),
        ]
        # What is open, by its day: the desk's first page and the list.
        indexes = [models.Index(fields=["state", "due_on"], name="councilfollowup_open")]

    def __str__(self) -> str:
        return self.what
