"""Import and export declarations of the enterprises app; importing this module registers them."""

from enterprises.imports import (
    apartments,
    campaigns,
    enterprises,
    graduates,
    growth,
    guide,
    in_post,
    lead_geese,
    mentoring,
    party,
    party_coverage,
    party_work,
    posts,
)

__all__ = [
    "apartments",
    "campaigns",
    "enterprises",
    "graduates",
    "growth",
    "guide",
    "in_post",
    "lead_geese",
    "mentoring",
    "party",
    "party_coverage",
    "party_work",
    "posts",
]
