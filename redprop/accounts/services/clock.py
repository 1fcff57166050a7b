"""Moves the clock of a demo district; a real district has none."""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from redprop.accounts.audit import acting
from redprop.areas.models import District
from redprop.common.errors import Refused


def set_demo_clock(*, district: District, to: dt.datetime) -> District:
    """The district's business time is `to` (aware) from now on, and stands still until moved again."""
    if not settings.DEMO or not district.is_demo:
        raise Refused(
            _("%(district)s is no demo district: it always has the real time.") % {"district": district.name},
            code="no-demo",
        )
    with transaction.atomic(), acting(None, "demo_clock"):
        row = District.objects.select_for_update().get(pk=district.pk)
        row.clock = to
        row.save(update_fields=["clock"])
    return row
