"""Keys of the signed interface: given out once, stored encrypted, rotated by a second key beside the first."""

import datetime as dt
import re
import secrets

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.models import InterfaceKey
from redprop.accounts.audit import acting
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.secrets import seal

ABOUT = "interface-key"


def issue_key(*, district: District, client: str, acting_user: User | None) -> tuple[InterfaceKey, str]:
    """Give a platform a new key; returns it with its secret, which is never shown again.

    Keys it holds already go on until they are ended: so a platform changes from one to the other without a pause.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,39}", client):
        raise Refused(
            _("Connected platform: 2 to 40 small Latin letters, digits and dashes, such as “aishequ”."),
            code="client",
        )
    secret = secrets.token_urlsafe(32)
    with transaction.atomic(), acting(acting_user, "new key of the interface"):
        key = InterfaceKey.objects.create(
            district=district,
            client=client,
            key_id=f"rk_{secrets.token_hex(6)}",
            secret=seal(secret, about=ABOUT),
            starts_at=timezone.now(),
            recorded_by=str(acting_user or ""),
        )
    return key, secret


def end_key(
    *, key: InterfaceKey, ends_at: dt.datetime | None = None, acting_user: User | None
) -> InterfaceKey:
    """End a key, at once or at a moment to come."""
    moment = max(ends_at or timezone.now(), key.starts_at)
    with transaction.atomic(), acting(acting_user, "key of the interface ended"):
        key = InterfaceKey.objects.select_for_update(of=("self",)).get(pk=key.pk)
        if key.ends_at is not None and key.ends_at <= timezone.now():
            raise Refused(_("This key has ended already. Issue a new one."), code="ended")
        key.ends_at = moment
        key.save(update_fields=["ends_at"])
    return key
