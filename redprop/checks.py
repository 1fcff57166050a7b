"""System checks: what must not run outside a demo."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError

from redprop.accounts.models import User
from redprop.areas.models import District


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
            Warning(
                f"There are superusers ({', '.join(superusers)}): they pass every separation of duties.",
                hint="Take the mark away; accounts come from `manage.py create_administrators`.",
                id="redprop.W001",
            )
        )
    return found
