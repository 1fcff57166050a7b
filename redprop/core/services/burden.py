"""Adds what one sent form took. The browser counts; nothing but the two numbers is posted, no keystroke is."""

from redprop.accounts.clock import business_today
from redprop.areas.models import District
from redprop.core.models import FormBurden

MOST_FIELDS = 500
MOST_SECONDS = 2 * 3600
"""More than this is a page left open or a forged number, not work: it is cut off here."""


def record_burden(*, district: District, form: str, typed_fields: object, seconds: object) -> None:
    """Add one sent form to the sums of its month; what is no number counts as nothing."""
    fields, spent = _number(typed_fields, MOST_FIELDS), _number(seconds, MOST_SECONDS)
    month = business_today(district).replace(day=1)
    row, _created = FormBurden.objects.get_or_create(district=district, form=form, month=month)
    FormBurden.objects.filter(pk=row.pk).update(
        **FormBurden.adding(times=1, typed_fields=fields, seconds=spent)
    )


def _number(value: object, most: int) -> int:
    text = str(value or "").strip()
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 10 else 0
