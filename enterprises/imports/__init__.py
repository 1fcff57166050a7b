"""Import and export declarations of the enterprises app; importing this module registers them."""

from enterprises.imports import enterprises, party, posts

__all__ = ["enterprises", "party", "posts"]
