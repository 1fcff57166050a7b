"""The difference to the list before: which projects came, left, or moved between the lists. Pure, from values."""

from collections.abc import Mapping

from redprop.common.periods import Period
from redprop.public import content
from redprop.public.results import FINALS

Found = dict[str, tuple[content.Release, content.Entry]]


def before(period: str, results: Mapping[str, Found]) -> str:
    """Return the newest period of the same kind before this one that has a final list; nothing when there is none."""
    this = Period.parse(period)
    earlier = [p for p in map(Period.parse, results) if p.kind == this.kind and p.end < this.start]
    return str(max(earlier)) if earlier else ""


def named(entries: list[content.Entry]) -> dict[str, content.Entry]:
    """Return the entries that stand on a named list, by project."""
    return {entry.key: entry for entry in entries if entry.colour in content.NAMED}


def between(
    now: dict[str, content.Entry], then: dict[str, content.Entry], gone: set[str]
) -> dict[str, list[tuple[str, content.Entry]]]:
    """Return colour → what changed: ("came", entry), ("left", entry as it was), ("red", entry that came from red) …

    `gone` are pseudonyms of withdrawn entries: nobody says that they "left".
    """
    found: dict[str, list[tuple[str, content.Entry]]] = {colour: [] for colour in content.NAMED}
    for key, entry in now.items():
        was = then.get(key)
        if was is None:
            found[entry.colour].append(("came", entry))
        elif was.colour != entry.colour:
            found[entry.colour].append((was.colour, entry))
    for key, was in then.items():
        if key not in now and key not in gone:
            found[was.colour].append(("left", was))
    return found


def of_release(
    release: content.Release, results: Mapping[str, Found]
) -> tuple[str, dict[str, list[tuple[str, content.Entry]]]]:
    """Return the period it is compared with and what changed; nothing for supplements, corrections and the first list."""
    if release.kind not in (content.NOTICE, content.FINAL):
        return "", {}
    earlier = before(release.period, results)
    if not earlier:
        return "", {}
    then = named([entry for _release, entry in results[earlier].values()])
    if release.kind in FINALS:
        everything = [entry for _release, entry in results[release.period].values()]
    else:
        everything = list(release.entries)
    # a withdrawn entry has lost its project's code: whoever is missing beside one may be it, so nobody is said to have left
    hidden = any(entry.colour == content.WITHDRAWN for entry in everything) or release.dropped
    return earlier, between(named(everything), then, set(then) if hidden else set())
