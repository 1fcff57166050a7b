"""The quarterly review of accounts: a list as of a day, each line confirmed or its account closed."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from redprop.accounts.models.users import User
from redprop.areas.models import District, Subdistrict
from redprop.common.history import tracked
from redprop.common.scope import scope_of


@tracked()
class AccountReview(models.Model):
    """One quarter's review in one district."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    quarter = models.CharField(_("quarter"), max_length=6)
    opened_on = models.DateField(_("list of"))
    due_on = models.DateField(_("due on"))
    recorded_by = models.CharField(_("recorded by"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("review of accounts")
        verbose_name_plural = _("reviews of accounts")
        ordering = ["-quarter"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "quarter"],
                name="account_review_once",
                violation_error_message=_("The review of this quarter has been opened already."),
            )
        ]

    def __str__(self) -> str:
        return self.quarter


class AccountReviewLineQuerySet(models.QuerySet["AccountReviewLine"]):
    """Queries of lines."""

    def for_user(self, user: object) -> "AccountReviewLineQuerySet":
        """All lines for the administrators of the district, those of its communities for a subdistrict."""
        scope = scope_of(user)
        if scope.everything:
            return self
        return self.filter(
            Q(review__district__in=scope.administered_ids)
            | Q(subdistrict__in=scope.subdistrict_ids, subdistrict__isnull=False)
        )


@tracked()
class AccountReviewLine(models.Model):
    """One account as it stood on the day of the list, and what was decided."""

    class Decision(models.TextChoices):
        OPEN = "open", _("to be gone through")
        CONFIRMED = "confirmed", _("account kept")
        CLOSED = "closed", _("account closed")

    review = models.ForeignKey(
        AccountReview, models.PROTECT, related_name="lines", verbose_name=_("review of accounts")
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="reviewed", verbose_name=_("user"))
    roles = models.CharField(_("roles and areas"), max_length=500, blank=True)
    subdistrict = models.ForeignKey(
        Subdistrict, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("subdistrict")
    )
    by_system = models.BooleanField(_("for the system administrator"), default=False)
    last_sign_in = models.DateField(_("last signed in"), null=True, blank=True)
    is_unused = models.BooleanField(_("unused for long"), default=False)
    decision = models.CharField(
        _("result of the review"), max_length=10, choices=Decision, default=Decision.OPEN
    )
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_on = models.DateField(_("day of the decision"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = AccountReviewLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("account under review")
        verbose_name_plural = _("quarterly review of accounts")
        ordering = ["-review__quarter", "user__username"]
        constraints = [
            models.UniqueConstraint(fields=["review", "user"], name="account_review_line_once"),
            models.CheckConstraint(
                name="account_review_line_decided",
                condition=Q(decision="open", decided_by__isnull=True, decided_on__isnull=True)
                | (~Q(decision="open") & Q(decided_by__isnull=False, decided_on__isnull=False)),
                violation_error_message=_("A decision names who took it and when."),
            ),
            models.CheckConstraint(
                name="account_review_line_by_another",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("user")),
                violation_error_message=_("Nobody decides about his own account."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.review} {self.user}"
