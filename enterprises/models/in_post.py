"""Monthly confirmation of who is in post, and the evidence a firm gives for a person it hired.

A month belongs to the enterprise that employs on its 15th. Rows say facts; what is paid for them is computed elsewhere.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enterprises.models.enterprises import Enterprise
from redprop.areas.models import Recorded
from redprop.common.history import tracked
from redprop.core.models import Attachment, Person


class OfEnterpriseQuerySet(models.QuerySet):
    """Queries of rows that an enterprise states about its staff."""

    def for_user(self, user: object) -> "OfEnterpriseQuerySet":
        """Rows of the enterprises the user may see."""
        return self.filter(enterprise__in=Enterprise.objects.for_user(user))


@tracked(exclude=["pay"])
class InPostMonth(Recorded):
    """Whether a person was in post at an enterprise on the 15th of a month, as the enterprise confirms it."""

    person = models.ForeignKey(
        Person, models.PROTECT, related_name="in_post_months", verbose_name=_("person")
    )
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="in_post_months", verbose_name=_("enterprise")
    )
    month = models.DateField(_("month"))
    in_post = models.BooleanField(_("in post"), default=True)
    left_on = models.DateField(_("last day in post"), null=True, blank=True)
    pay = models.DecimalField(_("monthly pay (yuan)"), max_digits=10, decimal_places=2, null=True, blank=True)
    note = models.CharField(_("remark"), max_length=200, blank=True)

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        verbose_name = _("month in post")
        verbose_name_plural = _("months in post")
        ordering = ["-month", "enterprise", "person"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "enterprise", "month"],
                name="inpostmonth_once",
                violation_error_message=_("This month of this person is already recorded. Change that row."),
            ),
            models.UniqueConstraint(
                fields=["person", "month"],
                condition=Q(in_post=True),
                name="inpostmonth_one_enterprise",
                violation_error_message=_(
                    "Another enterprise has confirmed this person for this month. Find out who employed on the 15th."
                ),
            ),
            models.CheckConstraint(
                name="inpostmonth_first_day",
                condition=Q(month__day=1),
                violation_error_message=_("A month is recorded by its first day."),
            ),
            models.CheckConstraint(
                name="inpostmonth_pay_positive",
                condition=Q(pay__isnull=True) | Q(pay__gt=0),
                violation_error_message=_(
                    "The pay must be greater than zero; leave it empty if it is not known."
                ),
            ),
            models.CheckConstraint(
                name="inpostmonth_left_is_out",
                condition=Q(left_on__isnull=True) | Q(in_post=False),
                violation_error_message=_("Who has a last day in post before the 15th is not in post."),
            ),
        ]
        indexes = [models.Index(fields=["enterprise", "month"], name="inpostmonth_by_enterprise")]

    def __str__(self) -> str:
        return f"{self.person} {self.month:%Y-%m}"


@tracked(exclude=["note"])
class HireEvidence(Recorded):
    """A piece of evidence for a hire: contract, insured months or diploma. Asked once, kept for every benefit."""

    class Kind(models.TextChoices):
        CONTRACT = "contract", _("labour contract")
        INSURANCE = "insurance", _("social insurance")
        DIPLOMA = "diploma", _("diploma")

    class State(models.TextChoices):
        SUBMITTED = "submitted", _("waiting to be checked")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")

    person = models.ForeignKey(Person, models.PROTECT, related_name="hire_evidence", verbose_name=_("person"))
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="hire_evidence", verbose_name=_("enterprise")
    )
    kind = models.CharField(_("evidence"), max_length=10, choices=Kind)
    valid_from = models.DateField(_("from"), null=True, blank=True)
    valid_to = models.DateField(_("until (inclusive)"), null=True, blank=True)
    back_paid = models.BooleanField(_("paid later for earlier months"), default=False)
    attachment = models.ForeignKey(
        Attachment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("attachment")
    )
    note = models.CharField(_("remark"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.SUBMITTED)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        verbose_name = _("evidence of a hire")
        verbose_name_plural = _("evidence of hires")
        ordering = ["enterprise", "person", "kind"]
        permissions = [("decide_hireevidence", "Can accept and refuse evidence of hires")]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "enterprise", "kind"],
                condition=Q(state="submitted"),
                name="hireevidence_one_waiting",
                violation_error_message=_("This evidence is already waiting to be checked."),
            ),
            models.CheckConstraint(
                name="hireevidence_dated",
                condition=Q(kind="diploma")
                | Q(kind="contract", valid_from__isnull=False)
                | Q(kind="insurance", valid_from__isnull=False, valid_to__isnull=False),
                violation_error_message=_(
                    "A contract needs its first day, insurance its first and its last month."
                ),
            ),
            models.CheckConstraint(
                name="hireevidence_in_order",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                violation_error_message=_(
                    "The last day is before the first day. Correct one of the two dates."
                ),
            ),
            models.CheckConstraint(
                name="hireevidence_decided",
                condition=Q(state="submitted", decided_at__isnull=True)
                | Q(state="accepted", decided_at__isnull=False)
                | (Q(state="refused", decided_at__isnull=False) & ~Q(reason="")),
                violation_error_message=_("Say why the evidence is refused."),
            ),
        ]
        indexes = [models.Index(fields=["person", "kind", "state"], name="hireevidence_by_person")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.person}"
