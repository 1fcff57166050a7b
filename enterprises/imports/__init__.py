"""Import and export declarations of the enterprises app; importing this module registers them."""

from enterprises.imports import (
    apartments,
    enterprises,
    guide,
    in_post,
    party,
    party_coverage,
    party_work,
    posts,
)

__all__ = [
    "apartments",
    "enterprises",
    "guide",
    "in_post",
    "party",
    "party_coverage",
    "party_work",
    "posts",
]
