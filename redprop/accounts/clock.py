"""The business clock: real time, except for a demo district, whose clock `demo_clock` moves."""

import datetime as dt

from django.conf import settings
from django.utils import timezone

from redprop.areas.models import District


def business_now(district: District) -> dt.datetime:
    """The time that services, rules and triggers of this district go by (aware)."""
    if settings.DEMO and district.is_demo and district.clock is not None:
        return district.clock
    return timezone.now()


def business_today(district: District) -> dt.date:
    """The day in Shanghai that the rules of this district go by."""
    return timezone.localtime(business_now(district)).date()
