"""Import and export declarations of the communities app; importing this module registers them."""

from communities.imports import (
    commitments,
    compounds,
    contracts,
    councils,
    meetings,
    requests,
    rosters,
    visits,
)

__all__ = [
    "commitments",
    "compounds",
    "contracts",
    "councils",
    "meetings",
    "requests",
    "rosters",
    "visits",
]
