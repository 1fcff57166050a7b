"""All compounds from A to Z: the way to one's compound with neither JavaScript nor a running server."""

from collections.abc import Iterator
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from redprop.common.text import pinyin_full
from redprop.public import content
from redprop.public.frame import Frame

FOLDER = "compounds/az"
OTHERS = "0"
"""The letter of names that begin with a digit or a sign."""


def letters_of(site: content.Site) -> dict[str, list[tuple[str, content.Compound]]]:
    """Return the compounds by the first letter of their pinyin, each list in the order of the pinyin."""
    found: dict[str, list[tuple[str, content.Compound]]] = {}
    for compound in site.compounds:
        key = (compound.search.split(" ", 1)[0] if compound.search else "") or pinyin_full(compound.name)
        letter = key[:1].upper() if key[:1].isascii() and key[:1].isalpha() else OTHERS
        found.setdefault(letter, []).append((key, compound))
    return {
        letter: sorted(rows, key=lambda row: (row[0], row[1].code)) for letter, rows in sorted(found.items())
    }


def render(site: content.Site) -> Iterator[tuple[str, bytes]]:
    """Yield a page for each letter, and one with all letters."""
    frame = Frame(site.name, is_demo=site.is_demo)
    letters = letters_of(site)
    links = [
        {"letter": x, "name": _name(x), "path": f"/{FOLDER}/{x}/", "count": len(rows)}
        for x, rows in letters.items()
    ]
    up = [("/compounds/", _("Compounds"))]
    title = _("Compounds from A to Z")

    def page(title: str, crumbs: list[tuple[str, str]], **context: Any) -> bytes:
        body = render_to_string("public/directory.html", {"title": title, "letters": links, **context})
        return frame.page(title, body, place="compounds", crumbs=crumbs)

    yield f"{FOLDER}/index.html", page(title, up, count=len(site.compounds))
    for letter, rows in letters.items():
        yield (
            f"{FOLDER}/{letter}/index.html",
            page(
                _("Compounds: %(letter)s") % {"letter": _name(letter)},
                [*up, (f"/{FOLDER}/", title)],
                here=letter,
                compounds=[compound for _key, compound in rows],
            ),
        )


def _name(letter: str) -> str:
    return _("Digits and signs") if letter == OTHERS else letter
