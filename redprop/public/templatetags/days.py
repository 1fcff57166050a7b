"""Days in running text on the public pages that a server makes: forms, answers, the survey."""

import datetime as dt

from django import template
from django.utils import timezone

from redprop.public import wording

register = template.Library()


@register.filter
def day_in_text(value: dt.date | None) -> str:
    """Return `2026年10月20日`, or `20 October 2026` in English; of a moment its day here."""
    if isinstance(value, dt.datetime):
        value = timezone.localdate(value)
    return wording.day_in_text(value)
