"""Filters of a list that a user keeps under a name. Only the user sees them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from redprop.accounts.models import User
from redprop.areas.models import Recorded


class SavedFilterQuerySet(models.QuerySet["SavedFilter"]):
    """Queries of saved filters."""

    def for_user(self, user: object) -> "SavedFilterQuerySet":
        """The user's own."""
        return self.filter(user_id=getattr(user, "pk", None))


class SavedFilter(Recorded):
    """One named set of search words and filters of one list."""

    user = models.ForeignKey(User, models.CASCADE, related_name="saved_filters", verbose_name=_("user"))
    page = models.CharField(_("list"), max_length=100)
    name = models.CharField(_("name"), max_length=40)
    query = models.TextField(_("search and filters"))

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ["page", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "page", "name"],
                name="savedfilter_name_once",
                violation_error_message=_("You already have a filter with this name. Choose another name."),
            )
        ]

    def __str__(self) -> str:
        return self.name
