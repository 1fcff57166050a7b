"""Admin pages of compounds, contracts, market rounds, meetings, commitments with their handling, and requests."""

from communities.admin import compounds, contracts, handling, work  # noqa: F401
