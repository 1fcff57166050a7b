"""Admin pages of compounds, merges and outlines, contracts, market rounds, meetings, commitments with their handling, and requests."""

from communities.admin import compounds, contracts, handling, merges, outlines, requests, visits, work  # noqa: F401
