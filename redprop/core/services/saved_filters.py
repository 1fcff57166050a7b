"""Writes a user's own saved filters."""

from django.http import QueryDict
from django.utils.translation import gettext as _

from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.text import normalise
from redprop.core.models import SavedFilter


def keep_filter(*, user: User, page: str, name: str, query: str) -> SavedFilter:
    """Keep search words and filters of a list under a name; the same name is overwritten."""
    name = normalise(name)
    if not name or len(name) > 40:
        raise Refused(_("Give the filter a name of 1 to 40 characters."), code="filter-name", field="name")
    clean = QueryDict(query, mutable=True)
    for part in ("p", "e", "_popup", "_to_field"):
        clean.pop(part, None)
    if not clean:
        raise Refused(_("Choose a filter or search for something first."), code="filter-empty")
    kept, _created = SavedFilter.objects.update_or_create(
        user=user, page=page, name=name, defaults={"query": clean.urlencode(), "recorded_by": user.username}
    )
    return kept


def drop_filter(*, saved_filter: SavedFilter) -> None:
    """Remove one saved filter."""
    saved_filter.delete()
