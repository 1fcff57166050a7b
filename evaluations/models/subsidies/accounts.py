"""Bank accounts of those who are paid: numbers encrypted, changed only by two persons, and the log of who opened one.

A row never changes its number: a new account is a new row, and the one before it ends.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enterprises.models import Enterprise
from evaluations.models.subsidies.funds import OfDistrictQuerySet
from redprop.accounts.models import User
from redprop.areas.models import District, Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of
from redprop.core.models import Person


class AccountState(models.TextChoices):
    """The life of an account."""

    PROPOSED = "proposed", _("waiting for a second person")
    IN_FORCE = "in_force", _("in force")
    REFUSED = "refused", _("not confirmed")
    ENDED = "ended", _("ended")


ACCOUNT_MOVES = {
    AccountState.PROPOSED: {AccountState.IN_FORCE, AccountState.REFUSED},
    AccountState.IN_FORCE: {AccountState.ENDED},
    AccountState.REFUSED: set(),
    AccountState.ENDED: set(),
}


@tracked(exclude=["number_cipher", "number_hash", "holder"])
class PayeeAccount(Recorded):
    """The account to which an enterprise or a person is paid. Proposed by one, confirmed by another."""

    State = AccountState

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    enterprise = models.ForeignKey(
        Enterprise,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="payee_accounts",
        verbose_name=_("enterprise"),
    )
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="payee_accounts", verbose_name=_("person")
    )
    bank = models.CharField(_("bank and branch"), max_length=80)
    holder = models.CharField(_("account holder"), max_length=100)
    number_cipher = models.TextField(_("account number (encrypted)"), editable=False)
    number_hash = models.CharField(_("account number (keyed hash)"), max_length=64, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=AccountState, default=AccountState.PROPOSED)
    reason = models.CharField(_("reason"), max_length=300)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    proposed_at = models.DateTimeField(_("proposed at"))
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = OfDistrictQuerySet.as_manager()

    class Meta:
        verbose_name = _("payee account")
        verbose_name_plural = _("payee accounts")
        ordering = ["-pk"]
        permissions = [("open_payeeaccount", "Can open an account number")]
        constraints = [
            models.CheckConstraint(
                name="payeeaccount_one_owner",
                condition=Q(enterprise__isnull=False, person__isnull=True)
                | Q(enterprise__isnull=True, person__isnull=False),
                violation_error_message=_("An account belongs to one enterprise or to one person."),
            ),
            models.UniqueConstraint(
                fields=["enterprise"],
                condition=Q(state="in_force", enterprise__isnull=False),
                name="payeeaccount_enterprise_once",
                violation_error_message=_("This payee already has an account in force."),
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(state="in_force", person__isnull=False),
                name="payeeaccount_person_once",
                violation_error_message=_("This payee already has an account in force."),
            ),
            models.UniqueConstraint(
                fields=["enterprise", "person"],
                condition=Q(state="proposed"),
                name="payeeaccount_one_proposal",
                nulls_distinct=False,
                violation_error_message=_("An account of this payee already waits for a second person."),
            ),
            models.UniqueConstraint(
                fields=["district", "number_hash"],
                condition=Q(state__in=["proposed", "in_force"]),
                name="payeeaccount_number_once",
                violation_error_message=_("This account number is already recorded."),
            ),
            models.CheckConstraint(
                name="payeeaccount_two_persons",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")),
                violation_error_message=_("Who proposed an account cannot confirm it. Another person must."),
            ),
            models.CheckConstraint(
                name="payeeaccount_decided",
                condition=Q(state="proposed", decided_by__isnull=True)
                | (~Q(state="proposed") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                violation_error_message=_("An account in force names who confirmed it."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.holder} {self.bank}"

    @property
    def payee(self) -> Enterprise | Person:
        """Whom the account belongs to."""
        return self.enterprise or self.person  # type: ignore[return-value]


class AccountOpeningQuerySet(models.QuerySet["AccountOpening"]):
    """Queries of openings."""

    def for_user(self, user: object) -> "AccountOpeningQuerySet":
        """Openings in the districts the user works in or administers."""
        scope = scope_of(user)
        if scope.everything:
            return self
        return self.filter(account__district__in=scope.district_ids | scope.administered_ids)


class AccountOpening(Recorded):
    """Somebody opened an account number, for a purpose. Append-only."""

    account = models.ForeignKey(
        PayeeAccount, models.PROTECT, related_name="openings", verbose_name=_("payee account")
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("opened by"))
    purpose = models.CharField(_("purpose"), max_length=200)

    objects = AccountOpeningQuerySet.as_manager()

    class Meta:
        verbose_name = _("opening of an account number")
        verbose_name_plural = _("openings of account numbers")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="accountopening_has_purpose",
                condition=~Q(purpose=""),
                violation_error_message=_("Say for what purpose you open the number."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.recorded_at:%Y-%m-%d %H:%M}"
