"""The council (议事会) of a compound: red-neighbour representatives, topics, meetings with their attendance.

A meeting is a draft (as typed, in one field) until it is filed; what it decided stands in `resolutions`.
"""

from fractions import Fraction

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from communities.council import Terms
from communities.models.compounds import Compound, CompoundPlacement
from communities.models.handling import DistrictRowsQuerySet
from enterprises.models import ServiceProject
from enterprises.models.enterprises import contact_enterprises
from redprop.areas.models import (
    Community,
    CommunitySuccession,
    DatedQuerySet,
    DatedRow,
    District,
    Recorded,
    in_order,
    no_overlap,
)
from redprop.common.history import tracked
from redprop.common.scope import scope_of


def in_communities(user: object, path: str) -> Q:
    """Condition: the community at `path` lies in the user's area, or one of the area succeeds it."""
    scope = scope_of(user)
    if scope.everything:
        return Q()
    if scope.district_ids:
        return Q(**{f"{path}__district__in": scope.district_ids})
    mine = Community.objects.for_user(user)
    dissolved = CommunitySuccession.objects.filter(
        successor__in=mine, predecessor__closed_on__isnull=False
    ).values("predecessor")
    return Q(**{f"{path}__in": mine.values("pk")}) | Q(**{f"{path}__in": dissolved})


@tracked()
class CouncilRule(DatedRow, Recorded):
    """The shares that make a quorum and a majority, from a day to a day; without any row the sample holds."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    quorum_numerator = models.PositiveSmallIntegerField(_("quorum, numerator"), default=2)
    quorum_denominator = models.PositiveSmallIntegerField(_("quorum, denominator"), default=3)
    majority_numerator = models.PositiveSmallIntegerField(
        _("majority, numerator"),
        default=1,
        help_text=_("Passed with more votes than this share of those present."),
    )
    majority_denominator = models.PositiveSmallIntegerField(_("majority, denominator"), default=2)
    document = models.CharField(_("document number"), max_length=100, blank=True)

    objects = DistrictRowsQuerySet.as_manager()

    class Meta:
        verbose_name = _("rule of the council")
        verbose_name_plural = _("rules of the council")
        ordering = ["valid_from"]
        constraints = [
            no_overlap(
                "councilrule_one_a_day",
                "district",
                message=_("Another rule of the council is in force on these days. End that one first."),
            ),
            in_order("councilrule_in_order"),
            models.CheckConstraint(
                name="councilrule_shares",
                condition=Q(
                    quorum_numerator__gte=1,
                    quorum_numerator__lte=F("quorum_denominator"),
                    majority_numerator__gte=1,
                    majority_numerator__lt=F("majority_denominator"),
                ),
                violation_error_message=_(
                    "A quorum is a share of at most all, a majority one of less than all, such as 2/3 and 1/2."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quorum_numerator}/{self.quorum_denominator}"

    @property
    def terms(self) -> Terms:
        """The shares as the pure rules take them."""
        return Terms(
            Fraction(self.quorum_numerator, self.quorum_denominator),
            Fraction(self.majority_numerator, self.majority_denominator),
        )


class RepresentativeQuerySet(DatedQuerySet):
    """Queries of representatives."""

    def for_user(self, user: object) -> "RepresentativeQuerySet":
        """Those of compounds that lie in the user's communities today. Enterprises see none."""
        if scope_of(user).everything:
            return self
        placed = CompoundPlacement.objects.filter(in_communities(user, "community"), valid_to__isnull=True)
        return self.filter(compound__in=placed.values("compound"))


@tracked(exclude=["name"])
class NeighbourRepresentative(DatedRow, Recorded):
    """A red-neighbour representative (红色邻里代表) of a compound for one term.

    The name is for the community alone; nobody else's page, file or export shows it. Whether somebody is a
    member of the Party is not recorded: the council needs it for nothing.
    """

    class Chosen(models.TextChoices):
        ELECTED = "elected", _("elected by residents")
        RECOMMENDED = "recommended", _("recommended by the party branch")
        JOINTLY = "jointly", _("proposed by residents jointly")
        VOLUNTEERED = "volunteered", _("volunteered, after public notice")

    compound = models.ForeignKey(
        Compound, models.PROTECT, related_name="representatives", verbose_name=_("compound")
    )
    name = models.CharField(_("name"), max_length=30)
    stands_for = models.CharField(_("buildings represented"), max_length=50, blank=True)
    chosen = models.CharField(_("how chosen"), max_length=12, choices=Chosen)

    objects = RepresentativeQuerySet.as_manager()

    class Meta:
        verbose_name = _("red-neighbour representative")
        verbose_name_plural = _("red-neighbour representatives")
        ordering = ["compound", "pk"]
        constraints = [
            no_overlap(
                "neighbourrepresentative_one_term",
                "compound",
                "name",
                message=_(
                    "This person already represents this compound on some of these days. For another person of "
                    "the same name add the building to the name."
                ),
            ),
            in_order("neighbourrepresentative_in_order"),
        ]

    def __str__(self) -> str:
        # No name: this text goes into the audit trail and onto pages of others.
        return f"{self.compound} #{self.pk}"


class OfCouncilQuerySet(models.QuerySet):
    """Queries of rows of a community's council."""

    path = "community"

    def for_user(self, user: object) -> "OfCouncilQuerySet":
        """Rows of the communities the user may see."""
        return self.filter(in_communities(user, self.path))


class TopicQuerySet(OfCouncilQuerySet):
    """Queries of topics."""

    def for_user(self, user: object) -> "TopicQuerySet":
        """Topics of the communities the user may see; for a contact those the own enterprise proposed."""
        scope = scope_of(user)
        own = Q(project__enterprise__in=contact_enterprises(scope.user_id))
        if scope.is_empty:
            return self.filter(own)
        return self.filter(in_communities(user, "community"))

    def waiting(self, community_ids: object, compounds: object) -> "TopicQuerySet":
        """Topics that may be dealt with at a meeting of these compounds: their own, or of the whole community."""
        return self.filter(
            Q(compound__isnull=True, community__in=community_ids) | Q(compound__in=compounds),
            state__in=[CouncilTopic.State.ACCEPTED, CouncilTopic.State.DEFERRED],
        )


@tracked(exclude=["text"])
class CouncilTopic(Recorded):
    """A topic proposed for the council; the community's party organisation takes it on, defers or refuses it."""

    class Proposer(models.TextChoices):
        REPRESENTATIVE = "representative", _("representatives")
        RESIDENTS = "residents", _("residents jointly")
        PARTY = "party", _("party branch of the compound")
        OWNERS = "owners", _("owners' committee")
        ENTERPRISE = "enterprise", _("property enterprise")
        COMMUNITY = "community", _("community")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        ACCEPTED = "accepted", _("on the agenda")
        DEFERRED = "deferred", _("deferred")
        REFUSED = "refused", _("not taken on")
        SETTLED = "settled", _("resolved")

    community = models.ForeignKey(
        Community, models.PROTECT, related_name="council_topics", verbose_name=_("community")
    )
    compound = models.ForeignKey(
        Compound,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="council_topics",
        verbose_name=_("compound"),
    )
    title = models.CharField(_("topic"), max_length=100)
    text = models.CharField(_("what it is about"), max_length=500, blank=True)
    proposer = models.CharField(_("proposed by"), max_length=14, choices=Proposer)
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="council_topics",
        verbose_name=_("service project"),
    )
    proposed_on = models.DateField(_("proposed on"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PROPOSED)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    decided_on = models.DateField(_("decided on"), null=True, blank=True)

    objects = TopicQuerySet.as_manager()

    class Meta:
        verbose_name = _("council topic")
        verbose_name_plural = _("council topics")
        ordering = ["-proposed_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="counciltopic_says_why",
                condition=~Q(state__in=["deferred", "refused"]) | ~Q(reason=""),
                violation_error_message=_("Say why the topic is deferred or not taken on."),
            ),
        ]
        # The open topics of a community, on its page and in its forms.
        indexes = [models.Index(fields=["community", "state"], name="counciltopic_by_state")]

    def __str__(self) -> str:
        return self.title


@tracked(exclude=["draft"])
class CouncilMeeting(Recorded):
    """A council meeting of one or several compounds of a community; a draft until it is filed."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        FILED = "filed", _("filed")

    class Session(models.TextChoices):
        MORNING = "morning", _("morning")
        AFTERNOON = "afternoon", _("afternoon")
        EVENING = "evening", _("evening")

    community = models.ForeignKey(
        Community, models.PROTECT, related_name="council_meetings", verbose_name=_("community")
    )
    compounds = models.ManyToManyField(Compound, related_name="council_meetings", verbose_name=_("compounds"))
    held_on = models.DateField(_("held on"))
    session = models.CharField(_("time of day"), max_length=10, choices=Session, default=Session.EVENING)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    place = models.CharField(_("place"), max_length=100, blank=True)
    chair = models.CharField(_("chair"), max_length=50, blank=True)
    recorder = models.CharField(_("recorder"), max_length=50, blank=True)
    in_office = models.PositiveSmallIntegerField(_("representatives in office"), null=True, blank=True)
    present = models.PositiveSmallIntegerField(_("representatives present"), null=True, blank=True)
    quorum = models.PositiveSmallIntegerField(_("quorum"), null=True, blank=True)
    filed_at = models.DateTimeField(_("filed at"), null=True, blank=True)
    filed_by = models.CharField(_("filed by"), max_length=150, blank=True)
    draft = models.JSONField(_("as typed"), default=dict, blank=True, editable=False)
    version = models.PositiveIntegerField(_("version"), default=1)
    paper = models.JSONField(_("minutes as filed"), null=True, blank=True, editable=False)

    objects = OfCouncilQuerySet.as_manager()

    class Meta:
        verbose_name = _("council meeting")
        verbose_name_plural = _("council meetings")
        ordering = ["-held_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["community", "held_on", "session"],
                name="councilmeeting_once",
                violation_error_message=_(
                    "A council meeting of this community at this time of the day is already recorded. Open that one."
                ),
            ),
            models.CheckConstraint(
                name="councilmeeting_filed_complete",
                condition=Q(state="draft")
                | Q(
                    filed_at__isnull=False,
                    in_office__isnull=False,
                    present__lte=F("in_office"),
                    quorum__gte=1,
                ),
                violation_error_message=_("A filed council meeting needs its attendance."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.community} {self.held_on:%Y-%m-%d} {self.get_session_display()}"

    @property
    def has_quorum(self) -> bool:
        """Whether enough representatives were there to resolve anything."""
        return self.present is not None and self.quorum is not None and self.present >= self.quorum


class OfMeeting(OfCouncilQuerySet):
    """Queries of what belongs to a council meeting."""

    path = "meeting__community"


class CouncilAttendance(Recorded):
    """One representative, or one observer (an enterprise's project or a unit named by its post). Append-only."""

    class Kind(models.TextChoices):
        PRESENT = "present", _("present")
        EXCUSED = "excused", _("excused")
        ABSENT = "absent", _("absent without excuse")
        OBSERVER = "observer", _("observer")

    meeting = models.ForeignKey(
        CouncilMeeting, models.PROTECT, related_name="attendance", verbose_name=_("council meeting")
    )
    representative = models.ForeignKey(
        NeighbourRepresentative,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="attendance",
        verbose_name=_("red-neighbour representative"),
    )
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("service project"),
    )
    unit = models.CharField(_("unit and post"), max_length=100, blank=True)
    kind = models.CharField(_("attendance"), max_length=10, choices=Kind)

    objects = OfMeeting.as_manager()

    class Meta:
        verbose_name = _("attendance at the council")
        verbose_name_plural = _("attendances at the council")
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "representative"],
                condition=Q(representative__isnull=False),
                name="councilattendance_once",
                violation_error_message=_("This representative is already in the list of this meeting."),
            ),
            models.CheckConstraint(
                name="councilattendance_somebody",
                condition=(Q(representative__isnull=False) & ~Q(kind="observer"))
                | (
                    Q(representative__isnull=True, kind="observer") & (Q(project__isnull=False) | ~Q(unit=""))
                ),
                violation_error_message=_("Representatives vote; enterprises and other units only observe."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project or self.unit or self.representative} {self.get_kind_display()}"
