"""What the search box of compounds is matched against, and the key that proposes matches."""

from communities.models import Compound
from redprop.areas.services.search_keys import find_key
from redprop.common.matching import match_key
from redprop.common.text import name_key, normalise_name


def fill_compound(compound: Compound) -> None:
    """Set the names in their stored form, the search key and the key for matching."""
    compound.name = normalise_name(compound.name)
    compound.aliases = [alias for alias in (normalise_name(a) for a in compound.aliases or []) if alias]
    compound.normalised_name = name_key(compound.name)
    compound.match_key = match_key(compound.name)
    compound.pinyin = find_key(Compound, compound.name, *compound.aliases)
