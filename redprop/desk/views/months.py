"""Months in addresses."""

from django.http import Http404

from redprop.common.errors import Refused
from redprop.common.periods import Period, PeriodKind


def month_of(text: str) -> Period:
    """The month that an address names; another period or nonsense is not found."""
    try:
        month = Period.parse(text)
    except Refused as refused:
        raise Http404 from refused
    if month.kind is not PeriodKind.MONTH:
        raise Http404
    return month
