"""Finds the account of whoever signed in at the identity provider, and binds the two at the first time."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from redprop.accounts.audit import acting
from redprop.accounts.models import User
from redprop.common.errors import Refused


def match_user(claims: Mapping[str, Any]) -> User:
    """Return the active account bound to the claims' subject; the first time the one whose user name they name.

    An account bound to another subject is refused: a user name that the provider gives to somebody else opens
    nothing. No account is made.
    """
    subject = f"{settings.OIDC_ISSUER} {claims['sub']}"[:255]
    name = str(claims.get(settings.OIDC_USER_CLAIM) or "")
    with transaction.atomic():
        user = User.objects.select_for_update().filter(provider_subject=subject).first()
        if user is None and name:
            user = User.objects.select_for_update().filter(username=name).first()
        if user is None or not user.is_active:
            raise Refused(
                _(
                    "You are known to the identity provider as “%(name)s”, but no account here has this name. Ask the system administrator of your district."
                )
                % {"name": name or claims["sub"]},
                code="provider-unknown",
            )
        if user.provider_subject is None:
            user.provider_subject = subject
            with acting(user, _("bound to the identity provider")):
                user.save(update_fields=["provider_subject"])
        elif user.provider_subject != subject:
            raise Refused(
                _(
                    "The account %(name)s belongs to another person at the identity provider. Ask the system administrator of your district."
                )
                % {"name": user.username},
                code="provider-other",
            )
    return user


def release_identity(*, user: User, acting_user: User) -> User:
    """Forget to whom at the provider the account is bound; the next sign-in there binds it anew."""
    with transaction.atomic(), acting(acting_user, _("released from the identity provider")):
        row = User.objects.select_for_update().get(pk=user.pk)
        row.provider_subject = None
        row.save(update_fields=["provider_subject"])
    return row
