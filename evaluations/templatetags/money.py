"""Money in templates: ¥1,234.50."""

from decimal import Decimal

from django import template

from redprop.common.money import format_yuan

register = template.Library()


@register.filter
def yuan(amount: Decimal | int | None) -> str:
    """Return ¥1,234.50; nothing for nothing."""
    return "" if amount is None else format_yuan(amount)
