"""The audit trail: one line for each act, sealed into blocks whose digests chain.

Lines are written by triggers of the database (`redprop.accounts.audit_triggers`) and by `audit.record`; nothing
changes or deletes them but the retention by whole months, and the triggers refuse that below six months.
"""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from redprop.accounts.models.users import User
from redprop.areas.models import District
from redprop.common.scope import scope_of


class NumbersField(models.Field):
    """A set of row numbers, kept as ranges: a hundred thousand rows of one statement take a few bytes."""

    def db_type(self, connection: Any) -> str:
        return "int8multirange"


class AuditLineQuerySet(models.QuerySet["AuditLine"]):
    """Queries of the trail."""

    def for_user(self, user: object) -> "AuditLineQuerySet":
        """Acts of the accounts of the user's district; the system's own where there is one district only."""
        if scope_of(user).everything:
            return self
        ids = list(User.objects.for_user(user).values_list("pk", flat=True))
        reach = Q(actor__in=ids)
        if ids and District.objects.count() == 1:
            reach |= Q(actor__isnull=True)
        return self.filter(reach)


class AuditLine(models.Model):
    """One statement that changed a register, one opening, export, sign-in or failed attempt."""

    class Kind(models.TextChoices):
        ADDED = "added", _("added")
        CHANGED = "changed", _("changed")
        REMOVED = "removed", _("removed")
        OPENED = "opened", _("opened")
        EXPORTED = "exported", _("exported")
        SIGNED_IN = "signed-in", _("signed in")
        SIGNED_OUT = "signed-out", _("signed out")
        FAILED = "failed", _("failed sign-in")
        DONE = "done", _("carried out")

    at = models.DateTimeField(_("time"))
    kind = models.CharField(_("what"), max_length=12, choices=Kind)
    register = models.CharField(_("register"), max_length=63, blank=True)
    rows = models.BigIntegerField(_("rows"), default=0)
    concerned = NumbersField(_("rows concerned"), null=True)
    versions = NumbersField(_("former versions"), null=True)
    digest = models.CharField(_("digest of the former versions"), max_length=64, blank=True)
    # no key in the database: its deferred check would cost more than the line
    shape = models.ForeignKey(
        "AuditShape",
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="+",
        verbose_name=_("columns"),
    )
    actor = models.BigIntegerField(_("number of the account"), null=True)
    username = models.TextField(_("who"), blank=True)
    address = models.TextField(_("network address"), blank=True)
    page = models.TextField(_("page or command"), blank=True)
    reason = models.TextField(_("reason"), blank=True)
    context = models.UUIDField(_("act"), null=True)
    facts = models.JSONField(_("facts"), default=dict)

    objects = AuditLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of the audit trail")
        verbose_name_plural = _("audit trail")
        ordering = ["-id"]
        default_permissions = ["view"]
        indexes = [
            models.Index(fields=["actor", "-id"], name="auditline_of_a_user"),  # the list of one's acts
            models.Index(fields=["context"], name="auditline_of_an_act", condition=Q(context__isnull=False)),
            models.Index(fields=["register", "at"], name="auditline_of_a_register"),
            models.Index(fields=["at"], name="auditline_at"),  # months, and the filter by time
        ]

    def __str__(self) -> str:
        return f"{localtime(self.at):%Y-%m-%d %H:%M} {self.username}".strip()


class AuditShape(models.Model):
    """The columns of a history table over which digests were made: a later column changes none of them."""

    register = models.CharField(max_length=63)
    columns = models.JSONField()

    class Meta:
        default_permissions = []
        constraints = [models.UniqueConstraint(fields=["register", "columns"], name="auditshape_once")]

    def __str__(self) -> str:
        return self.register


class AuditPending(models.Model):
    """A line that stands in no block yet. Whenever its transaction commits, the next block takes it."""

    line = models.BigIntegerField(primary_key=True)

    class Meta:
        default_permissions = []

    def __str__(self) -> str:
        return f"{self.line}"


class AuditBlock(models.Model):
    """Lines of one month that were sealed together; `digest` covers them and the block before."""

    number = models.PositiveBigIntegerField(_("number"), unique=True)
    month = models.DateField(_("month"))
    sealed_at = models.DateTimeField(_("sealed"))
    first_at = models.DateTimeField(_("from"))
    last_at = models.DateTimeField(_("until"))
    lines = NumbersField()
    count = models.BigIntegerField(_("sealed lines"))
    body = models.CharField(_("digest of the lines"), max_length=64)
    previous = models.CharField(_("digest of the block before"), max_length=64, blank=True)
    digest = models.CharField(_("digest"), max_length=64, unique=True)
    forgotten_at = models.DateTimeField(_("lines deleted"), null=True)

    class Meta:
        verbose_name = _("sealed block")
        verbose_name_plural = _("sealed blocks")
        ordering = ["-number"]
        default_permissions = ["view"]

    def __str__(self) -> str:
        return f"{self.number}"
