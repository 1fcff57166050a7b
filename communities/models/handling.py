"""What happens to a commitment on its way: more time asked for, other units' parts, supervision orders, exclusions."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from communities.models.meetings import Commitment
from communities.models.requests import ResidentRequest
from enterprises.models import ServiceProject
from redprop.areas.models import DatedQuerySet, DatedRow, District, Recorded, in_order, no_overlap
from redprop.common.history import tracked
from redprop.common.scope import scope_of


class OfCommitment(models.QuerySet):
    """Queries of rows that belong to a commitment."""

    def for_user(self, user: object) -> "OfCommitment":
        """Rows of the commitments the user may see."""
        if scope_of(user).everything:
            return self
        return self.filter(commitment__in=Commitment.objects.for_user(user).values("pk"))


@tracked()
class ExtensionRequest(Recorded):
    """More time asked for by the enterprise (延期申请); the community grants or refuses it."""

    class State(models.TextChoices):
        ASKED = "asked", _("asked")
        GRANTED = "granted", _("granted")
        REFUSED = "refused", _("refused")

    commitment = models.ForeignKey(
        Commitment, models.PROTECT, related_name="extensions", verbose_name=_("commitment")
    )
    wanted_until = models.DateField(_("more time until"))
    reason = models.CharField(_("reason"), max_length=500)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ASKED)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True)
    decision = models.CharField(_("decision"), max_length=500, blank=True)

    objects = OfCommitment.as_manager()

    class Meta:
        verbose_name = _("request for more time")
        verbose_name_plural = _("requests for more time")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["commitment"],
                condition=Q(state="asked"),
                name="extensionrequest_one_waiting",
                violation_error_message=_(
                    "More time was already asked for. Wait for the community's decision."
                ),
            ),
            models.CheckConstraint(
                name="extensionrequest_decided_dated",
                condition=Q(state="asked") | Q(decided_at__isnull=False),
                violation_error_message=_("A decision needs its time."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.commitment} → {self.wanted_until}"


@tracked()
class HandlingPart(Recorded):
    """One unit's part in the joint handling (联动处置) of a commitment."""

    commitment = models.ForeignKey(
        Commitment, models.PROTECT, related_name="parts", verbose_name=_("commitment")
    )
    unit = models.CharField(_("unit and post"), max_length=100)
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="handling_parts",
        verbose_name=_("service project"),
    )
    task = models.CharField(_("part"), max_length=300)
    due_on = models.DateField(_("due on"))
    done_on = models.DateField(_("done on"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=300, blank=True)
    dropped = models.BooleanField(_("dropped"), default=False)

    objects = OfCommitment.as_manager()

    class Meta:
        verbose_name = _("part of a joint handling")
        verbose_name_plural = _("parts of joint handlings")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="handlingpart_done_or_dropped",
                condition=Q(dropped=False) | Q(done_on__isnull=True),
                violation_error_message=_("A part is either done or dropped."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit}: {self.task}"

    @property
    def is_open(self) -> bool:
        """Whether the unit still has to do its part."""
        return self.done_on is None and not self.dropped


class Colour(models.TextChoices):
    """Grades of a supervision order: what it is told for, not how good it is."""

    BLUE = "blue", _("blue")
    YELLOW = "yellow", _("yellow")
    RED = "red", _("red order")


class Level(models.TextChoices):
    """How high an order goes."""

    COMMUNITY = "community", _("community")
    SUBDISTRICT = "subdistrict", _("subdistrict")
    DISTRICT = "district", _("district")


class DistrictRowsQuerySet(DatedQuerySet):
    """Queries of a district's dated settings."""

    def for_user(self, user: object) -> "DistrictRowsQuerySet":
        """Rows of the districts the user is posted to as a whole."""
        scope = scope_of(user)
        return self if scope.everything else self.filter(district__in=scope.district_ids)


@tracked()
class SupervisionRule(DatedRow, Recorded):
    """From how many working days before or after the due date an order of a colour is issued, and to which level."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    colour = models.CharField(_("colour of the order"), max_length=10, choices=Colour)
    workdays = models.SmallIntegerField(
        _("working days after the due date"), help_text=_("Negative: so many working days before it.")
    )
    level = models.CharField(_("goes up to"), max_length=12, choices=Level)
    document = models.CharField(_("document number"), max_length=100, blank=True)

    objects = DistrictRowsQuerySet.as_manager()

    class Meta:
        verbose_name = _("rule of supervision orders")
        verbose_name_plural = _("rules of supervision orders")
        ordering = ["valid_from", "workdays"]
        constraints = [
            no_overlap(
                "supervisionrule_one_a_day",
                "district",
                "colour",
                message=_("Another rule of this colour is in force on these days. End that one first."),
            ),
            in_order("supervisionrule_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.get_colour_display()} {self.workdays:+d}"


class SupervisionOrderQuerySet(OfCommitment):
    """Queries of supervision orders."""

    def open(self) -> "SupervisionOrderQuerySet":
        """Orders whose commitment is still open under the due date that the order names."""
        return self.filter(commitment__due_on=F("due_on")).exclude(
            commitment__state__in=[
                Commitment.State.CONFIRMED,
                Commitment.State.EXCLUDED,
                Commitment.State.ANSWERED,
            ]
        )


@tracked()
class SupervisionOrder(Recorded):
    """A supervision order (督办单) about a commitment: once for each colour and due date."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    commitment = models.ForeignKey(
        Commitment, models.PROTECT, related_name="orders", verbose_name=_("commitment")
    )
    colour = models.CharField(_("colour of the order"), max_length=10, choices=Colour)
    level = models.CharField(_("goes up to"), max_length=12, choices=Level)
    year = models.PositiveSmallIntegerField(_("year"))
    serial = models.PositiveIntegerField(_("number"))
    issued_on = models.DateField(_("issued on"))
    due_on = models.DateField(_("due date it is about"))
    reply = models.CharField(_("reply"), max_length=500, blank=True)
    replied_at = models.DateTimeField(_("replied at"), null=True, blank=True)
    replied_by = models.CharField(_("replied by"), max_length=150, blank=True)

    objects = SupervisionOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("supervision order")
        verbose_name_plural = _("supervision orders")
        ordering = ["-issued_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["commitment", "colour", "due_on"],
                name="supervisionorder_once",
                violation_error_message=_("This order was already issued for this due date."),
            ),
            models.UniqueConstraint(
                fields=["district", "year", "serial"],
                name="supervisionorder_number",
                violation_error_message=_("This number of an order is taken."),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number as written on paper, such as 督〔2026〕12号."""
        return f"督〔{self.year}〕{self.serial}号"


class ExclusionQuerySet(models.QuerySet["Exclusion"]):
    """Queries of exclusions."""

    def for_user(self, user: object) -> "ExclusionQuerySet":
        """Exclusions of the commitments and requests the user may see."""
        if scope_of(user).everything:
            return self
        return self.filter(
            Q(commitment__in=Commitment.objects.for_user(user).values("pk"))
            | Q(request__in=ResidentRequest.objects.for_user(user).values("pk"))
        )


@tracked()
class Exclusion(Recorded):
    """A demand that leaves scoring: asked for by one person with a reason code, signed by a second one."""

    class Reason(models.TextChoices):
        BEYOND_CONTRACT = "beyond_contract", _("beyond the service contract")
        AGAINST_LAW = "against_law", _("against law or building rules")
        OTHER_BODY = "other_body", _("the duty of another body")
        OWNERS_DECISION = "owners_decision", _("needs a decision of the owners that is not there")
        NO_FUND = "no_fund", _("needs repair funds that are not there")
        NOT_THERE = "not_there", _("checked on the spot: the problem is not there")

    class State(models.TextChoices):
        ASKED = "asked", _("waits for a second signature")
        SIGNED = "signed", _("left out of scoring")
        REFUSED = "refused", _("stays in scoring")

    commitment = models.ForeignKey(
        Commitment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="exclusions",
        verbose_name=_("commitment"),
    )
    request = models.ForeignKey(
        ResidentRequest,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="exclusions",
        verbose_name=_("resident request"),
    )
    reason = models.CharField(_("reason code"), max_length=20, choices=Reason)
    explanation = models.CharField(_("explanation"), max_length=500)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("signed by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decision = models.CharField(_("decision"), max_length=500, blank=True)

    objects = ExclusionQuerySet.as_manager()

    class Meta:
        verbose_name = _("exclusion from scoring")
        verbose_name_plural = _("exclusions from scoring")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="exclusion_of_one_thing",
                condition=Q(commitment__isnull=False, request__isnull=True)
                | Q(commitment__isnull=True, request__isnull=False),
                violation_error_message=_("An exclusion is about one commitment or one request."),
            ),
            models.CheckConstraint(
                name="exclusion_two_persons",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                violation_error_message=_("Whoever asked for it cannot sign it. A second person decides."),
            ),
            models.CheckConstraint(
                name="exclusion_decided_by_somebody",
                condition=Q(state="asked") | Q(decided_by__isnull=False, decided_at__isnull=False),
                violation_error_message=_("A decision needs its signer and time."),
            ),
            models.UniqueConstraint(
                fields=["commitment"],
                condition=Q(state__in=["asked", "signed"]),
                name="exclusion_once_a_commitment",
                violation_error_message=_(
                    "This commitment is already out of scoring, or waits for a signature."
                ),
            ),
            models.UniqueConstraint(
                fields=["request"],
                condition=Q(state__in=["asked", "signed"]),
                name="exclusion_once_a_request",
                violation_error_message=_(
                    "This request is already out of scoring, or waits for a signature."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.commitment or self.request} {self.get_reason_display()}"
