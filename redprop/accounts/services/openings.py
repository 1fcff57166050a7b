"""Openings of masked fields: each asks for a purpose, leaves a line of the audit trail, and is counted by the hour."""

import datetime as dt
import logging
from collections.abc import Iterable

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from redprop.accounts.audit import record
from redprop.accounts.models import AuditLine, User
from redprop.common.errors import Refused

logger = logging.getLogger(__name__)

PURPOSE = 4
"""Characters at least."""


def check_opening(*, purpose: str, acting_user: User, least: int = PURPOSE) -> str:
    """Return the purpose, trimmed; refuse one that says nothing, and whoever has opened too much within the hour.

    Reads the trail itself (one query, by time), so that no way of opening is forgotten.
    """
    purpose = purpose.strip()
    if len(purpose) < least:
        raise Refused(
            _("Say for what purpose you open it, in four characters or more."),
            code="purpose",
            field="purpose",
        )
    since = timezone.now() - dt.timedelta(hours=1)
    most = settings.OPENINGS_AN_HOUR
    opened = AuditLine.objects.filter(at__gte=since, actor=acting_user.pk, kind=AuditLine.Kind.OPENED).count()
    if opened >= most:
        logger.warning(
            "Openings of masked fields are held up: account %s, %s in an hour", acting_user.pk, most
        )
        raise Refused(
            _("You have opened %(most)s masked entries within an hour. Go on an hour later.")
            % {"most": most},
            code="openings",
            field="purpose",
        )
    return purpose[:200]


def log_opening(*, register: str, ids: Iterable[int], purpose: str, acting_user: User) -> None:
    """Check, and write the line of an opening for which no log of its own is kept. Inside a transaction."""
    purpose = check_opening(purpose=purpose, acting_user=acting_user)
    record(AuditLine.Kind.OPENED, user=acting_user, register=register, ids=ids, reason=purpose)
