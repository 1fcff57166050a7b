"""Photos that show what was done, or what is not fixed: they belong to one step of a commitment."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from communities.models.handling import OfCommitment
from communities.models.meetings import Commitment, CommitmentStep
from redprop.areas.models import Recorded
from redprop.common.history import tracked
from redprop.core.models import Attachment


@tracked()
class CommitmentPhoto(Recorded):
    """A photo with an answer of the enterprise, or with the community's "not fixed". Never published."""

    commitment = models.ForeignKey(
        Commitment, models.PROTECT, related_name="photos", verbose_name=_("commitment")
    )
    step = models.ForeignKey(CommitmentStep, models.PROTECT, related_name="photos", verbose_name=_("step"))
    attachment = models.ForeignKey(Attachment, models.PROTECT, related_name="+", verbose_name=_("attachment"))

    objects = OfCommitment.as_manager()

    class Meta:
        verbose_name = _("photo with a commitment")
        verbose_name_plural = _("photos with commitments")
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.attachment)
