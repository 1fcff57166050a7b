"""Admin pages of compounds, contracts, market rounds, meetings, commitments with their handling, and requests."""

from communities.admin import compounds, contracts, handling, visits, work  # noqa: F401
