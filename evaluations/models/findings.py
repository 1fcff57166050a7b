"""Proven findings about a project: vetoes, and deductions under dated grounds with their most points.

Each has evidence, a document, who decided it and when, and what the firm said when it was heard. A finding
that proves wrong is revoked with a reason; it is never deleted.
"""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enterprises.models import ServiceProject
from evaluations.models.facts import OfProjectQuerySet
from evaluations.models.querysets import OfDistrictQuerySet
from evaluations.models.severity import Severity
from redprop.accounts.models import User
from redprop.areas.models import District, Recorded
from redprop.areas.models.dated import DatedRow, in_order
from redprop.common.history import tracked
from redprop.core.models import Attachment

STANDS = Q(revoked_at__isnull=True)
"""Not revoked."""


def finding_constraints(name: str, *key: str) -> list[models.BaseConstraint]:
    """What every finding keeps: recorded once, with evidence, in the order of its days, revoked with a reason."""
    return [
        models.UniqueConstraint(
            fields=["project", *key, "happened_on"],
            name=f"{name}_once",
            condition=STANDS,
            violation_error_message=_("This event of this day is already recorded. Use that entry."),
        ),
        models.CheckConstraint(
            name=f"{name}_has_evidence",
            condition=~Q(evidence=""),
            violation_error_message=_("A finding needs its evidence."),
        ),
        models.CheckConstraint(
            name=f"{name}_in_order",
            condition=Q(decided_on__gte=F("happened_on")),
            violation_error_message=_(
                "The decision is dated before the breach. Correct one of the two dates."
            ),
        ),
        models.CheckConstraint(
            name=f"{name}_heard_before",
            condition=Q(heard_on__isnull=True)
            | (Q(heard_on__gte=F("happened_on")) & Q(heard_on__lte=F("decided_on")) & ~Q(hearing="")),
            violation_error_message=_(
                "The firm is heard after the event and before the decision; write down what it said."
            ),
        ),
        models.CheckConstraint(
            name=f"{name}_revoked_complete",
            condition=STANDS | (Q(revoked_by__isnull=False) & ~Q(revoked_reason="")),
            violation_error_message=_("A finding is revoked by a person, with the reason."),
        ),
    ]


class Finding(Recorded):
    """Base of vetoes and deductions."""

    happened_on = models.DateField(_("happened on"))
    evidence = models.TextField(_("evidence"))
    document = models.CharField(_("document number"), max_length=100, blank=True)
    attachment = models.ForeignKey(
        Attachment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("scan or photo")
    )
    decided_on = models.DateField(_("decided on"))
    decided_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("decided by"))
    heard_on = models.DateField(_("firm heard on"), null=True, blank=True)
    hearing = models.TextField(_("what the firm said, or that it did not come"), blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("revoked by")
    )
    revoked_reason = models.TextField(_("why it was revoked"), blank=True)

    objects = OfProjectQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def stands(self) -> bool:
        """Whether it was not revoked."""
        return self.revoked_at is None


@tracked()
class Veto(Finding):
    """A proven breach that puts a project on the black list (一票否决). Never a petition or its number."""

    class Code(models.TextChoices):
        INSPECTION = "inspection", _("failed routine inspections, not put right")
        SAFETY = "safety", _("safety accident from late repair")
        TAKEOVER = "takeover", _("illegal take-over or withdrawal")
        FUNDS = "funds", _("misuse of maintenance funds")
        BIDDING = "bidding", _("bid-rigging or double contracts")
        EXPOSURE = "exposure", _("breach proven after official criticism or exposure")
        BREACH = "breach", _("proven breach behind a lasting conflict")
        OTHER = "other", _("other serious breach")

    project = models.ForeignKey(
        ServiceProject, models.PROTECT, related_name="vetoes", verbose_name=_("service project")
    )
    code = models.CharField(_("ground"), max_length=10, choices=Code)
    severity = models.CharField(
        _("severity"), max_length=8, choices=Severity, default=Severity.ORDINARY, db_default=Severity.ORDINARY
    )

    class Meta:
        verbose_name = _("veto")
        verbose_name_plural = _("vetoes")
        constraints = finding_constraints("veto", "code")

    def __str__(self) -> str:
        return f"{self.project} {self.get_code_display()}"


@tracked()
class DeductionGround(DatedRow, Recorded):
    """A ground for deducting points (扣分事项): how many at most for one event, and in one period, by which document."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    code = models.CharField(_("code"), max_length=30)
    title = models.CharField(_("ground"), max_length=60)
    points = models.DecimalField(
        _("most points for one event"), max_digits=6, decimal_places=2, validators=[MinValueValidator(0)]
    )
    most = models.DecimalField(
        _("most points in one period"),
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    document = models.CharField(_("document number"), max_length=100)

    objects = OfDistrictQuerySet.as_manager()

    class Meta:
        verbose_name = _("ground for deductions")
        verbose_name_plural = _("grounds for deductions")
        ordering = ["code", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "code"],
                name="deductionground_code_once",
                violation_error_message=_(
                    "This code is already used. A new rule gets a code of its own; the ground before it ends."
                ),
            ),
            in_order("deductionground_in_order"),
            models.CheckConstraint(
                name="deductionground_positive",
                condition=Q(points__gt=0) & (Q(most__isnull=True) | Q(most__gte=F("points"))),
                violation_error_message=_(
                    "A ground costs more than no points; the most of a period is not less than that of one event."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title


@tracked()
class Deduction(Finding):
    """An event that costs points (扣分), under a ground in force on its day."""

    project = models.ForeignKey(
        ServiceProject, models.PROTECT, related_name="deductions", verbose_name=_("service project")
    )
    ground = models.ForeignKey(
        DeductionGround, models.PROTECT, related_name="deductions", verbose_name=_("ground")
    )
    points = models.DecimalField(
        _("points deducted"), max_digits=6, decimal_places=2, validators=[MinValueValidator(0)]
    )

    class Meta:
        verbose_name = _("deduction")
        verbose_name_plural = _("deductions")
        constraints = [
            *finding_constraints("deduction", "ground"),
            models.CheckConstraint(
                name="deduction_positive",
                condition=Q(points__gt=0),
                violation_error_message=_("Say how many points the event costs."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project} {self.ground}"
