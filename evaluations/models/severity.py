"""How grave a proven finding is: what decides how long it is displayed and how soon it may be repaired."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Severity(models.TextChoices):
    """Classes of bad information (国办发〔2025〕22号): shown at most 3 months, 1 year, 3 years."""

    MINOR = "minor", _("minor")
    ORDINARY = "ordinary", _("ordinary")
    SERIOUS = "serious", _("serious")


MOST_MONTHS = {Severity.MINOR: 3, Severity.ORDINARY: 12, Severity.SERIOUS: 36}
"""How long an adverse entry is displayed at most."""

LEAST_MONTHS = {Severity.MINOR: 0, Severity.ORDINARY: 3, Severity.SERIOUS: 12}
"""How long it is displayed at least, also when it is repaired before (sample)."""
