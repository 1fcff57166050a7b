"""Kept mappings of headers: which column of an office's file is which column of ours."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from redprop.areas.models import District, Recorded
from redprop.common.scope import scope_of


class MappingProfileQuerySet(models.QuerySet["MappingProfile"]):
    """Queries of profiles."""

    def for_user(self, user: object) -> "MappingProfileQuerySet":
        """Profiles of the districts the user works in."""
        scope = scope_of(user)
        if scope.everything:
            return self
        if scope.is_empty:
            return self.none()
        return self.filter(district__in=District.objects.for_user(user))


class MappingProfile(Recorded):
    """A mapping of headers under a name, for files of one register that look alike.

    `headers` are all headers of the file it was made for, in their plain form; `mapping` holds header →
    field, or "" for a column that is left out.
    """

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    register = models.CharField(_("register"), max_length=40)
    name = models.CharField(_("name"), max_length=60)
    headers = models.JSONField(_("headers of the file"), default=list)
    mapping = models.JSONField(_("mapping of headers"), default=dict)
    sheet = models.CharField(_("sheet"), max_length=100, blank=True)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)
    changed_by = models.CharField(_("changed by"), max_length=150, blank=True)

    objects = MappingProfileQuerySet.as_manager()

    class Meta:
        verbose_name = _("column mapping")
        verbose_name_plural = _("column mappings")
        ordering = ["register", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "register", "name"],
                name="mappingprofile_name_once",
                violation_error_message=_(
                    "A column mapping of this register has this name already. Choose another name."
                ),
            )
        ]

    def __str__(self) -> str:
        return self.name
