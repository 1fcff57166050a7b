"""Admin pages of enterprises, projects, party organisations, posts and graduates."""

from enterprises.admin import enterprises, party, posts  # noqa: F401
