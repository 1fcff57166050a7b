"""Admin pages of enterprises, projects, party organisations and their work, posts and graduates."""

from enterprises.admin import apartments, development, enterprises, guide, in_post, party, party_work, posts  # noqa: F401
