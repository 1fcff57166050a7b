"""Import and export declarations of the communities app; importing this module registers them."""

from communities.imports import compounds, contracts

__all__ = ["compounds", "contracts"]
