"""Satisfaction as it stands beside a score: valid n, response rate, 95 % interval, channels."""

from django import template

from evaluations.models import Scorecard
from evaluations.surveys.figures import Figure, of_card

register = template.Library()


@register.simple_tag
def satisfaction_of(card: Scorecard) -> Figure | None:
    """Return the satisfaction as the card's run counted it (five queries)."""
    return of_card(card.run, card.project_id)
