"""What the search boxes are matched against, for the registers of areas. One function per model."""

from redprop.areas.models import Community, Subdistrict
from redprop.common.text import normalise_name, pinyin_full, search_key


def find_key(model: type, *names: str, field: str = "pinyin") -> str:
    """The key that lists are sorted by and searched in: the pinyin of the first name, then all else.

    Cut to the length of its column, at a whole word.
    """
    sort_by = pinyin_full(names[0])
    rest = (word for word in search_key(*names).split(" ") if word != sort_by)
    key = " ".join([sort_by, *rest]).strip()
    longest = model._meta.get_field(field).max_length
    return key if len(key) <= longest else key[: longest + 1].rsplit(" ", 1)[0][:longest]


def fill_subdistrict(subdistrict: Subdistrict) -> None:
    """Set the name in its stored form and the search key."""
    subdistrict.name = normalise_name(subdistrict.name)
    subdistrict.pinyin = find_key(Subdistrict, subdistrict.name)


def fill_community(community: Community) -> None:
    """Set the name in its stored form and the search key."""
    community.name = normalise_name(community.name)
    community.pinyin = find_key(Community, community.name)
