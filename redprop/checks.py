"""System checks: what must not run outside a demo."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError

from redprop.accounts.models import User
from redprop.areas.models import District

ASYMMETRIC = frozenset({"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"})


@register(Tags.security)
def check_demo(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Outside a demo: no demo district, no superuser, no demo keys. Silent while there is no database yet."""
    if settings.DEMO:
        return []
    found: list[CheckMessage] = []
    if not settings.DATA_KEYS or not settings.HASH_KEY:
        found.append(
            Error(
                "DATA_KEYS and HASH_KEY are not set: ID numbers and bank accounts cannot be stored.",
                hint="Set both, see .env.example.",
                id="redprop.E002",
            )
        )
    try:
        demo = list(District.objects.filter(is_demo=True).values_list("name", flat=True)[:3])
        superusers = list(
            User.objects.filter(is_superuser=True, is_active=True).values_list("username", flat=True)[:3]
        )
    except DatabaseError:
        return found
    if demo:
        found.append(
            Error(
                f"This database holds demo districts ({', '.join(demo)}), which are refused here.",
                hint="Use another database, or set DEMO=1 where the demo is meant to run.",
                id="redprop.E001",
            )
        )
    if superusers:
        found.append(
            Error(
                f"There are superusers ({', '.join(superusers)}): the mark passes every separation of duties.",
                hint="Take the mark away; accounts come from `manage.py create_administrators`.",
                id="redprop.E003",
            )
        )
    return found


@register(Tags.security)
def check_signing_in(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Outside a demo: the second factor is on; a provider is asked over https and signs with a key of its own."""
    found: list[CheckMessage] = []
    if not settings.DEMO and not settings.SECOND_FACTOR_REQUIRED:
        found.append(
            Warning(
                "SECOND_FACTOR_REQUIRED is off: staff get in by a password alone.",
                hint="Take the setting away; it is on by default outside a demo.",
                id="redprop.W002",
            )
        )
    if settings.OIDC_ISSUER:
        if not settings.DEMO and not settings.OIDC_ISSUER.startswith("https://"):
            found.append(
                Error(
                    "OIDC_ISSUER does not start with https://.",
                    hint="Use the address with TLS.",
                    id="redprop.E004",
                )
            )
        if settings.OIDC_ALGORITHM not in ASYMMETRIC:
            found.append(
                Error(
                    f"OIDC_ALGORITHM is {settings.OIDC_ALGORITHM}: tokens must be signed with the provider's own key.",
                    hint=f"One of {', '.join(sorted(ASYMMETRIC))}.",
                    id="redprop.E005",
                )
            )
    return found
