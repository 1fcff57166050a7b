"""Who entered a row and when. Later changes are in the history that the triggers keep."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Recorded(models.Model):
    """A row that records its own author and time. The author is kept as text: accounts come and go."""

    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now, editable=False)
    recorded_by = models.CharField(_("recorded by"), max_length=150, blank=True, editable=False)

    class Meta:
        abstract = True
