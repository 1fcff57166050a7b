"""What secretaries propose to correct in the register of compounds (小区底数台账): one row a field.

The subdistrict approves or refuses each with the old and the new value before it; the register itself
is only ever written by the services of compounds.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from communities.models.compounds import Compound
from redprop.accounts.models import User
from redprop.areas.models import Community, Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of


class FactField(models.TextChoices):
    """Fields of the register that a secretary may propose to correct."""

    ALIASES = "aliases", _("other names")
    ADDRESS = "address", _("address")
    YEAR_BUILT = "year_built", _("year built")
    BUILDINGS = "buildings", _("buildings")
    HOUSEHOLDS = "households", _("households")
    RESIDENTS = "residents", _("residents")
    FLOOR_AREA = "floor_area", _("floor area (m²)")
    BUILDING_CONDITION = "building_condition", _("building condition")
    ROAD_CONDITION = "road_condition", _("road surface")
    WIRING_CONDITION = "wiring_condition", _("wiring")
    GREENING_CONDITION = "greening_condition", _("greening")
    SURVEYED_ON = "surveyed_on", _("condition surveyed on")
    KIND = "kind", _("Kind")
    COMPOUND_CLASS = "compound_class", _("Class")


DATED_FIELDS = (FactField.KIND, FactField.COMPOUND_CLASS)
"""Fields whose values hold from a day on."""


class FactProposalQuerySet(models.QuerySet["FactProposal"]):
    """Queries of proposals."""

    def for_user(self, user: object) -> "FactProposalQuerySet":
        """Proposals about the user's areas; enterprises have no part in them."""
        scope = scope_of(user)
        if scope.everything:
            return self
        return self.filter(
            Q(community__district__in=scope.district_ids)
            | Q(community__subdistrict__in=scope.subdistrict_ids)
            | Q(community__in=scope.community_ids)
        )

    def waiting(self) -> "FactProposalQuerySet":
        """Proposals that nobody has decided on."""
        return self.filter(state="waiting")


@tracked()
class FactProposal(Recorded):
    """One field of a compound as its secretary says it should read. `old` is what the register said then."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waits for the subdistrict")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    compound = models.ForeignKey(
        Compound, models.PROTECT, related_name="fact_proposals", verbose_name=_("compound")
    )
    community = models.ForeignKey(
        Community, models.PROTECT, related_name="fact_proposals", verbose_name=_("community")
    )
    field = models.CharField(_("field"), max_length=20, choices=FactField)
    old = models.CharField(_("in the register"), max_length=400, blank=True)
    new = models.CharField(_("proposed"), max_length=400, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    basis = models.CharField(_("how it is known"), max_length=200)
    proposed_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("proposed by")
    )
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = FactProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal for the register of compounds")
        verbose_name_plural = _("proposals for the register of compounds")
        ordering = ["-recorded_at", "-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["compound", "field"],
                condition=Q(state="waiting"),
                name="factproposal_one_waiting",
                violation_error_message=_("A proposal for this field waits already."),
            ),
            models.CheckConstraint(
                name="factproposal_decided_dated",
                condition=Q(state="waiting") | Q(decided_at__isnull=False),
                violation_error_message=_("A decision needs its time."),
            ),
            models.CheckConstraint(
                name="factproposal_refused_with_reason",
                condition=~Q(state="refused") | ~Q(reason=""),
                violation_error_message=_("Say why it is refused."),
            ),
            models.CheckConstraint(
                name="factproposal_two_persons",
                condition=~Q(state__in=["approved", "refused"]) | ~Q(decided_by=F("proposed_by")),
                violation_error_message=_("Nobody decides on the own proposal."),
            ),
        ]
        indexes = [
            # the clerk's worklist
            models.Index(fields=["community"], condition=Q(state="waiting"), name="factproposal_waiting"),
            models.Index(fields=["compound", "recorded_at"], name="factproposal_history"),
        ]

    def __str__(self) -> str:
        return f"{self.compound} {self.get_field_display()}"
