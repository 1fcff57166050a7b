"""Admin pages of compounds, merges and outlines, contracts, market rounds, meetings, commitments with their handling, and requests."""

from communities.admin import (  # noqa: F401
    compounds,
    contracts,
    council,
    grid,
    handling,
    market,
    merges,
    outlines,
    requests,
    visits,
    work,
)
