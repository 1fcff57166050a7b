"""Joint service projects (共建项目), ordered by what residents need; and important-situation reports (重要情况报告).

A report says what happened, where and when, and which post handles it. It has no field for a person,
is seen by its community and subdistrict, and never counts anywhere.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from communities.models.compounds import Compound
from communities.models.visits import OfCommunityQuerySet, VisitItem
from enterprises.models import ServiceProject
from enterprises.models.enterprises import contact_enterprises
from redprop.areas.models import Community, Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of


@tracked()
class JointProject(Recorded):
    """A service that several units bring to residents together."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("put forward")
        ADOPTED = "adopted", _("adopted")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        DROPPED = "dropped", _("not carried out")

    community = models.ForeignKey(
        Community, models.PROTECT, related_name="joint_projects", verbose_name=_("community")
    )
    compound = models.ForeignKey(
        Compound,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="joint_projects",
        verbose_name=_("compound"),
    )
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="joint_projects",
        verbose_name=_("service project that takes part"),
    )
    need = models.ForeignKey(
        VisitItem,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="joint_projects",
        verbose_name=_("service needed"),
    )
    category = models.CharField(_("category of requests"), max_length=10, blank=True)
    title = models.CharField(_("title"), max_length=80)
    plan = models.TextField(_("what is to be done"), max_length=1000)
    partners = models.CharField(_("units that take part"), max_length=200, blank=True)
    proposed_on = models.DateField(_("proposed on"))
    due_on = models.DateField(_("to be done by"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.PROPOSED)
    homes_at_adoption = models.PositiveIntegerField(_("homes in need when adopted"), null=True, blank=True)
    adopted_on = models.DateField(_("adopted on"), null=True, blank=True)
    started_on = models.DateField(_("started on"), null=True, blank=True)
    done_on = models.DateField(_("done on"), null=True, blank=True)
    homes_served = models.PositiveIntegerField(_("homes served"), null=True, blank=True)
    result = models.TextField(_("result"), max_length=1000, blank=True)

    objects = OfCommunityQuerySet.as_manager()

    class Meta:
        verbose_name = _("joint service project")
        verbose_name_plural = _("joint service projects")
        ordering = ["-proposed_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="jointproject_due_later",
                condition=Q(due_on__gte=F("proposed_on")),
                violation_error_message=_("It cannot be done before it was proposed."),
            ),
            models.CheckConstraint(
                name="jointproject_done_with_result",
                condition=~Q(state__in=["done", "dropped"]) | ~Q(result=""),
                violation_error_message=_("Say what came of it."),
            ),
        ]
        indexes = [models.Index(fields=["community", "state"], name="jointproject_by_community")]

    def __str__(self) -> str:
        return self.title


class SituationReportQuerySet(models.QuerySet["SituationReport"]):
    """Queries of reports."""

    def for_user(self, user: object) -> "SituationReportQuerySet":
        """Reports of the user's community or subdistrict, and those that the contact's firm made. No district."""
        scope = scope_of(user)
        mine = Q(community__subdistrict__in=scope.subdistrict_ids) | Q(community__in=scope.community_ids)
        if scope.user_id:
            mine |= Q(project__enterprise__in=contact_enterprises(scope.user_id))
        return self.filter(mine)


@tracked(exclude=["text", "measures"])
class SituationReport(Recorded):
    """An important situation, told to the community party organisation."""

    class Kind(models.TextChoices):
        FIRE = "fire", _("fire or smoke")
        UTILITY = "utility", _("water, power, gas or heating")
        LIFT = "lift", _("lift or facility out of order")
        BUILDING = "building", _("danger at a building")
        WEATHER = "weather", _("weather and flooding")
        HEALTH = "health", _("public health")
        ORDER = "order", _("public order")
        OTHER = "other", _("other")

    class State(models.TextChoices):
        REPORTED = "reported", _("reported")
        NOTED = "noted", _("taken note of")
        SETTLED = "settled", _("dealt with")

    community = models.ForeignKey(
        Community, models.PROTECT, related_name="situation_reports", verbose_name=_("community")
    )
    compound = models.ForeignKey(
        Compound, models.PROTECT, related_name="situation_reports", verbose_name=_("compound")
    )
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="situation_reports",
        verbose_name=_("reported by the service project"),
    )
    happened_at = models.DateTimeField(_("happened at"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    place = models.CharField(_("place"), max_length=60)
    text = models.TextField(_("what happened"), max_length=600)
    handled_by = models.CharField(_("handled by (post)"), max_length=50)
    measures = models.TextField(_("what was done"), max_length=600, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.REPORTED)
    noted_at = models.DateTimeField(_("taken note of at"), null=True, blank=True)
    settled_on = models.DateField(_("settled on"), null=True, blank=True)

    objects = SituationReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("situation report")
        verbose_name_plural = _("situation reports")
        ordering = ["-happened_at", "-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["compound", "happened_at", "kind"],
                name="situationreport_once",
                violation_error_message=_("This situation is reported already."),
            )
        ]
        indexes = [models.Index(fields=["community", "state"], name="situation_by_community")]

    def __str__(self) -> str:
        return f"{self.happened_at:%Y-%m-%d %H:%M} {self.place}"
