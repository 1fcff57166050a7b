"""Import and export declarations of the enterprises app; importing this module registers them."""

from enterprises.imports import enterprises, guide, in_post, party, party_coverage, party_work, posts

__all__ = ["enterprises", "guide", "in_post", "party", "party_coverage", "party_work", "posts"]
