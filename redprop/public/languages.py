"""The two languages of the public pages. English ones have the same address below `/en`; of the files of data the CSV
tables have English heads there too, all others exist once.

Renderers write plain addresses and are run once in each language; what differs between the two is done here.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar

from django.conf import settings
from django.utils.translation import get_language, override

CHINESE = "zh-hans"
ENGLISH = "en"
FOLDER = "en"
ERRORS = ("404.html", "500.html")
"""Pages shown at whatever address was asked for."""
PREFIX = f"/{FOLDER}"
PATH = "@@path@@"
"""Stands in a rendered page for its own Chinese address, until it is known."""

asked: ContextVar[str] = ContextVar("asked", default="")
"""The Chinese address of the page that is answered now; empty while files are rendered."""

PAGE = re.compile(
    r'\b(href|action)="(/(?:(?!en/|static/|desk/|accounts/|admin/)[^"?#]*(?:/|\.csv|openapi\.json))?)(?=["?#])'
)
"""An address with an English twin in HTML: of a page (its path ends in a slash), of a table as CSV, of the interface."""


def is_english() -> bool:
    """Whether English is spoken now."""
    return (get_language() or CHINESE).startswith(ENGLISH)


def spoken() -> str:
    """Return the language of the two that is spoken now."""
    return ENGLISH if is_english() else CHINESE


def address(path: str) -> str:
    """Return the address of a page in the language spoken now."""
    return f"{PREFIX}{path}" if is_english() else path


def localised(html: str) -> str:
    """Return HTML whose links to public pages stay in the language spoken now."""
    return PAGE.sub(rf'\1="{PREFIX}\2', html) if is_english() else html


def switch() -> str:
    """Return the links of a page's head that name its twin; `PATH` stands for the address."""
    base = settings.SITE_ADDRESS.rstrip("/")
    return (
        f'<link rel="alternate" hreflang="zh-Hans" href="{base}{PATH}">'
        f'<link rel="alternate" hreflang="en" href="{base}{PREFIX}{PATH}">'
        f'<link rel="alternate" hreflang="x-default" href="{base}{PATH}">'
    )


def here() -> str:
    """Return the whole address of the page, for those who hold it on paper."""
    return f"{settings.SITE_ADDRESS.rstrip('/')}{PREFIX if is_english() else ''}{PATH}"


def other() -> str:
    """Return the address of the twin."""
    return PATH if is_english() else f"{PREFIX}{PATH}"


def placed(files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Yield rendered files where they belong: pages know their address, English ones lie in their folder.

    The English round brings no data files but CSV, whose heads are words: the others exist once, in Chinese.
    """
    english = is_english()
    for name, data in files:
        if name.endswith(".html"):
            page = "" if name in ERRORS else name.removesuffix("index.html")
            yield (f"{FOLDER}/{name}" if english else name), data.replace(PATH.encode(), f"/{page}".encode())
        elif not english:
            yield name, data
        elif name.endswith(".csv"):
            yield f"{FOLDER}/{name}", data


def in_both(render: Callable[[], Iterable[tuple[str, bytes]]]) -> Iterator[tuple[str, bytes]]:
    """Yield what a renderer yields in Chinese, then in English."""
    for language in (CHINESE, ENGLISH):
        with override(language):
            yield from placed(render())
