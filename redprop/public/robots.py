"""What search engines are told: `robots.txt`, and `sitemap.xml` with the pages that may stand in an index.

Pages of single compounds and enterprises say `noindex` themselves: a list in a search engine would
outlive the day on which its display ends. They are not in the map of the site.
"""

from collections.abc import Iterable
from xml.sax.saxutils import escape

from django.conf import settings

from redprop.public import content

NOINDEX = b'<meta name="robots" content="noindex'
CLOSED = ("/admin/", "/desk/", "/accounts/", "/r/", "/s/", "/follow/", "/credit/", "/find/", "/api/")
HEAD_BYTES = 4096


def may_be_found(page: bytes) -> bool:
    """Whether a rendered page may stand in a search engine."""
    return NOINDEX not in page[:HEAD_BYTES]


def robots() -> bytes:
    """Return robots.txt."""
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in CLOSED),
        "",
        f"Sitemap: {_base()}/sitemap.xml",
        "",
    ]
    return "\n".join(lines).encode()


def sitemap(site: content.Site, paths: Iterable[str]) -> bytes:
    """Return the map of the site: addresses of pages, the day of what they show."""
    days = {release.path: release.published_on for release in site.releases}
    parts = [
        f"<url><loc>{escape(_base() + path)}</loc><lastmod>{days.get(path, site.today).isoformat()}</lastmod></url>"
        for path in sorted(paths)
    ]
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        + "".join(parts)
        + "</urlset>\n"
    ).encode()


def _base() -> str:
    return settings.SITE_ADDRESS.rstrip("/")
