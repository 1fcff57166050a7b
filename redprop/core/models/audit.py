"""The audit trail under a name of ours: pghistory's contexts (who, when, why), one for each act."""

import pghistory.models
from django.db import models
from django.db.models import Q
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.scope import scope_of


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    """Queries of the audit trail."""

    def for_user(self, user: object) -> "AuditEntryQuerySet":
        """Acts of the accounts of the user's district; the system's own where there is one district only."""
        if scope_of(user).everything:
            return self
        ids = list(User.objects.for_user(user).values_list("pk", flat=True))
        reach = Q(metadata__user__in=ids)
        if ids and District.objects.count() == 1:
            reach |= Q(metadata__user=None) | Q(metadata__user__isnull=True)
        return self.filter(reach)


class AuditEntry(pghistory.models.Context):
    """One request, command or task in which tracked rows changed."""

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        proxy = True
        verbose_name = _("audit record")
        verbose_name_plural = _("audit trail")
        ordering = ["-created_at"]
        default_permissions = ["view"]

    def __str__(self) -> str:
        return f"{localtime(self.created_at):%Y-%m-%d %H:%M} {self.metadata.get('username') or ''}".strip()
