"""The guide book of party building (党建指导书) as a checklist: what is to be done how often, and what was done."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enterprises.models.party import OfDistrict, PartyOrganisation
from redprop.areas.models import DatedRow, District, Recorded, in_order
from redprop.common.history import tracked
from redprop.common.scope import scope_of
from redprop.core.models import Attachment


@tracked()
class GuideItem(Recorded, DatedRow):
    """One piece of party work that the guide book asks for in each month, quarter, half-year or year."""

    class Every(models.TextChoices):
        MONTH = "month", _("every month")
        QUARTER = "quarter", _("every quarter")
        HALF = "half", _("every half-year")
        YEAR = "year", _("every year")

    class For(models.TextChoices):
        ALL = "all", _("all")
        ORGANISATIONS = "organisations", _("party organisations")
        ADVISERS = "advisers", _("advisers' groups")

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    code = models.CharField(_("own code"), max_length=20)
    title = models.CharField(_("what is to be done"), max_length=100)
    explanation = models.CharField(_("what counts as done"), max_length=300, blank=True)
    every = models.CharField(_("how often"), max_length=7, choices=Every)
    of = models.CharField(_("for whom"), max_length=13, choices=For, default=For.ALL)
    place = models.PositiveSmallIntegerField(_("place in the list"), default=100)
    document = models.CharField(_("document number"), max_length=100, blank=True)

    objects = OfDistrict.as_manager()

    class Meta:
        verbose_name = _("item of the guide book")
        verbose_name_plural = _("items of the guide book")
        ordering = ["place", "code"]
        constraints = [
            in_order("guideitem_in_order"),
            models.UniqueConstraint(
                fields=["district", "code"],
                name="guideitem_code_once",
                violation_error_message=_("This code is already given to another item."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class GuideCheckQuerySet(models.QuerySet["GuideCheck"]):
    """Queries of what was done."""

    def for_user(self, user: object) -> "GuideCheckQuerySet":
        """Rows of the organisations the user may see."""
        if scope_of(user).everything:
            return self
        return self.filter(organisation__in=PartyOrganisation.objects.for_user(user))

    def done(self) -> "GuideCheckQuerySet":
        """Confirmed ones."""
        return self.filter(state=GuideCheck.State.CONFIRMED)


@tracked(exclude=["note"])
class GuideCheck(Recorded):
    """A piece of party work done by an organisation in one period: reported by the firm, confirmed by the area."""

    class State(models.TextChoices):
        REPORTED = "reported", _("to be confirmed")
        CONFIRMED = "confirmed", _("done")
        RETURNED = "returned", _("returned")

    organisation = models.ForeignKey(
        PartyOrganisation, models.PROTECT, related_name="guide_checks", verbose_name=_("party organisation")
    )
    item = models.ForeignKey(
        GuideItem, models.PROTECT, related_name="checks", verbose_name=_("item of the guide book")
    )
    period = models.CharField(_("period"), max_length=7)
    done_on = models.DateField(_("done on"))
    note = models.CharField(_("what was done"), max_length=300)
    evidence = models.ForeignKey(
        Attachment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("evidence")
    )
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.REPORTED)
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = GuideCheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("guide-book work")
        verbose_name_plural = _("guide-book work")
        ordering = ["-done_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "item", "period"],
                name="guidecheck_once",
                violation_error_message=_("This work is already recorded for this period."),
            ),
            models.CheckConstraint(
                name="guidecheck_decided_dated",
                condition=Q(state="reported") | Q(decided_on__isnull=False),
                violation_error_message=_("A decision needs its day."),
            ),
            models.CheckConstraint(
                name="guidecheck_returned_reason",
                condition=~Q(state="returned") | ~Q(reason=""),
                violation_error_message=_("Say why it is returned."),
            ),
        ]
        indexes = [models.Index(fields=["item", "period"], name="guidecheck_by_item")]

    def __str__(self) -> str:
        return f"{self.organisation} {self.item} {self.period}"
