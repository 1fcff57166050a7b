"""Registers of the areas: `subdistricts`, `communities`, `community-changes`; how an edition's list is read."""

from redprop.areas.imports import changes
from redprop.areas.imports.communities import (
    any_community_reference,
    community_reference,
    open_communities,
    subdistrict_reference,
)
from redprop.areas.imports.editions import edition_day, read_edition, refuse_listed

__all__ = [
    "any_community_reference",
    "changes",
    "community_reference",
    "edition_day",
    "open_communities",
    "read_edition",
    "refuse_listed",
    "subdistrict_reference",
]
