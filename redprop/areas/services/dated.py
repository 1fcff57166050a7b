"""How a dated entry follows another: the new one starts, the open one until then ends the day before."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from redprop.common.errors import Refused

A_DAY = dt.timedelta(days=1)


def start_entry(entry: Any, *, of: str, acting_user: Any) -> Any:
    """Save `entry` (a DatedRow) of the object that its field `of` names; refuses a day already decided later.

    The caller holds a lock on that object.
    """
    siblings = type(entry).objects.filter(**{of: getattr(entry, of)})
    if siblings.filter(valid_from__gte=entry.valid_from).exists():
        raise Refused(
            _(
                "An entry “%(what)s” that starts on %(start)s or later is already recorded. Correct that one, "
                "or choose a later day."
            )
            % {"what": entry._meta.verbose_name, "start": entry.valid_from},
            code="entry-later",
            field="valid_from",
        )
    open_entry = siblings.on(entry.valid_from).first()
    if open_entry is not None:
        open_entry.valid_to = entry.valid_from - A_DAY
        open_entry.save(update_fields=["valid_to"])
    entry.recorded_by = acting_user.username if acting_user else "system"
    entry.save()
    return entry
