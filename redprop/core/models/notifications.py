"""Notices to a user, shown at the desk."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from redprop.accounts.models import User
from redprop.areas.models import Recorded


class Notification(Recorded):
    """One notice to one user: what happened, where to look, by when to act."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notifications", verbose_name=_("user"))
    text = models.CharField(_("text"), max_length=300)
    address = models.CharField(_("address of the page"), max_length=300, blank=True)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["user", "read_at"], name="notification_unread")]

    def __str__(self) -> str:
        return self.text
