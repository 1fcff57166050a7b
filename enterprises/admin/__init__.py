"""Admin pages of enterprises, projects, party organisations and their work, posts, graduates and their growth."""

from enterprises.admin import (  # noqa: F401
    apartments,
    campaigns,
    development,
    enterprises,
    guide,
    in_post,
    lead_geese,
    party,
    party_work,
    posts,
    talent,
)
