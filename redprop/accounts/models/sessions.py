"""Signed-in sessions: one row for each browser in which a user is signed in."""

from typing import TYPE_CHECKING

from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from redprop.accounts.models.users import User

if TYPE_CHECKING:
    from redprop.accounts.sessions import SessionStore


class SignInSession(AbstractBaseSession):
    """A session as Django keeps it, with its user, the kind of device and the network address."""

    user = models.ForeignKey(
        User, models.CASCADE, null=True, related_name="sign_in_sessions", verbose_name=_("user")
    )
    device = models.CharField(_("device"), max_length=60, blank=True)
    address = models.CharField(_("network address"), max_length=45, blank=True)

    objects = BaseSessionManager()

    class Meta(AbstractBaseSession.Meta):
        verbose_name = _("signed-in device")
        verbose_name_plural = _("signed-in devices")

    @classmethod
    def get_session_store_class(cls) -> "type[SessionStore]":
        """The store that reads and writes this table."""
        from redprop.accounts.sessions import SessionStore

        return SessionStore
