"""The search over everything that has a page of its own: compounds, enterprises, subdistricts.

One published file answers it, by name, part of a name, pinyin, initials or code: read by a small script
in the browser, by `/find/` for those without JavaScript. Neither needs a database.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redprop.common.text import normalise, search_key
from redprop.public import content

FILE = "search.json"
COMPOUND, ENTERPRISE, AREA = "c", "e", "a"
LONGEST = 50


@dataclass(frozen=True)
class Found:
    """A page that matches a search."""

    kind: str
    code: str
    name: str
    place: str

    @property
    def path(self) -> str:
        """Its address."""
        return {
            COMPOUND: f"/compounds/{self.code}/",
            ENTERPRISE: f"/enterprises/{self.code}/",
            AREA: f"/compounds/in/{self.code}/",
        }[self.kind]


def index(site: content.Site) -> bytes:
    """Return the file: rows of kind, code, name, place, search key."""
    areas = {c.subdistrict_code: c.subdistrict for c in site.compounds if c.subdistrict_code}
    rows: list[list[str]] = [[AREA, code, name, "", search_key(name)] for code, name in sorted(areas.items())]
    rows += [[COMPOUND, c.code, c.name, c.subdistrict, _short(c.name, c.search)] for c in site.compounds]
    rows += [
        [ENTERPRISE, e.uscc, e.name, "", _short(e.name, e.search or search_key(e.name))]
        for e in site.enterprises
    ]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def _short(name: str, key: str) -> str:
    """Return the key without the name itself, which stands beside it already."""
    plain = normalise(name).replace(" ", "").lower()
    return " ".join(word for word in key.split(" ") if word != plain)


def matching(rows: Iterable[list[Any]], query: str) -> list[Found]:
    """Return what contains the query, names that begin with it first."""
    wanted = normalise(query)[:LONGEST].replace(" ", "").lower()
    if not wanted:
        return []
    found: list[tuple[int, Found]] = []
    for kind, code, name, place, key in rows:
        plain = name.replace(" ", "").lower()
        if wanted in plain or wanted in key.lower() or wanted in code.lower():
            begins = plain.startswith(wanted) or any(
                word.startswith(wanted) for word in key.lower().split(" ")
            )
            found.append((0 if begins else 1, Found(kind, code, name, place)))
    return [one for _order, one in sorted(found, key=lambda pair: pair[0])]


def read(tree: Path | None) -> list[list[Any]]:
    """Return the rows of the published file, none before there is one."""
    try:
        rows = json.loads((tree / FILE).read_text()) if tree else []
    except (OSError, ValueError):
        return []
    return rows if isinstance(rows, list) else []
