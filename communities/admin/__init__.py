"""Admin pages of compounds, contracts, market rounds, meetings, commitments and requests."""

from communities.admin import compounds, contracts, work  # noqa: F401
