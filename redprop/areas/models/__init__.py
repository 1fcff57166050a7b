"""Areas: the district, its subdistricts and its communities with their dated versions, editions and changes."""

from redprop.areas.models.areas import Community, CommunitySuccession, CommunityVersion, District, Subdistrict
from redprop.areas.models.dated import DatedQuerySet, DatedRow, in_order, no_overlap
from redprop.areas.models.divisions import DivisionChange, DivisionEdition
from redprop.areas.models.recorded import Recorded

__all__ = [
    "Community",
    "CommunitySuccession",
    "CommunityVersion",
    "DatedQuerySet",
    "DatedRow",
    "District",
    "DivisionChange",
    "DivisionEdition",
    "Recorded",
    "Subdistrict",
    "in_order",
    "no_overlap",
]
