"""Files added to a record: scans, photos, evidence."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from redprop.areas.models import District, Recorded


class Attachment(Recorded):
    """A file in the media folder, known by its content's digest."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    file = models.FileField(_("file"), upload_to="attachments/%Y/%m")
    name = models.CharField(_("file name"), max_length=255)
    content_type = models.CharField(_("content type"), max_length=100)
    size = models.PositiveBigIntegerField(_("size (bytes)"))
    digest = models.CharField(_("digest (SHA-256)"), max_length=64)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")

    def __str__(self) -> str:
        return self.name
