"""What the search boxes are matched against, for the registers of areas. One function per model."""

from django.db import models

from redprop.areas.models import Community, Subdistrict
from redprop.common.text import normalise_name, pinyin_key


def find_key(model: type[models.Model], *names: str) -> str:
    """The key that lists of `model` are sorted by and searched in, cut to the length of its column."""
    return pinyin_key(*names, limit=model._meta.get_field("pinyin").max_length)


def fill_subdistrict(subdistrict: Subdistrict) -> None:
    """Set the name in its stored form and the search key."""
    subdistrict.name = normalise_name(subdistrict.name)
    subdistrict.pinyin = find_key(Subdistrict, subdistrict.name)


def fill_community(community: Community) -> None:
    """Set the name in its stored form and the search key."""
    community.name = normalise_name(community.name)
    community.pinyin = find_key(Community, community.name)
