"""Which result counts: per period, project, compound and enterprise the last one published."""

import datetime as dt
from functools import cached_property

from redprop.common.periods import Period
from redprop.public import content

FINALS = (content.FINAL, content.SUPPLEMENT, content.CORRECTION)


def newest(period: str) -> tuple[dt.date, int]:
    """Sorting key of periods: by their last day; of those that end together the shorter is the newer."""
    value = Period.parse(period)
    return value.end, -value.kind.months


class Results:
    """The final results of a site, found by period, compound and enterprise."""

    def __init__(self, site: content.Site) -> None:
        self.site = site

    @cached_property
    def results(self) -> dict[str, dict[str, tuple[content.Release, content.Entry]]]:
        """By period, newest first, and project: the final result; a supplement or correction wins over the list."""
        found: dict[str, dict[str, tuple[content.Release, content.Entry]]] = {}
        for release in reversed(self.site.releases):
            if release.kind in FINALS:
                for entry in release.entries:
                    found.setdefault(release.period, {})[entry.key] = (release, entry)
        return dict(sorted(found.items(), key=lambda item: newest(item[0]), reverse=True))

    @cached_property
    def by_compound(self) -> dict[str, list[tuple[content.Release, content.Entry]]]:
        """By compound: the final results of the projects that served it, newest first."""
        found: dict[str, list[tuple[content.Release, content.Entry]]] = {}
        led = {one.code: one.to_code for one in self.site.moved}
        for results in self.results.values():
            for release, entry in results.values():
                # under the code of today; an entry that names both of two merged ones counts once
                for code in dict.fromkeys(led.get(code, code) for code, _name in entry.compounds):
                    found.setdefault(code, []).append((release, entry))
        return found

    @cached_property
    def by_enterprise(self) -> dict[str, list[tuple[content.Release, content.Entry]]]:
        """By enterprise: the final results of its projects, newest first."""
        found: dict[str, list[tuple[content.Release, content.Entry]]] = {}
        for results in self.results.values():
            for release, entry in sorted(
                results.values(), key=lambda pair: (pair[1].rank or 10**6, pair[1].key)
            ):
                if entry.uscc:
                    found.setdefault(entry.uscc, []).append((release, entry))
        return found

    @cached_property
    def open_notices(self) -> list[content.Release]:
        """Notices whose list has not become final yet."""
        return [r for r in self.site.releases if r.is_notice and r.period not in self.results]

    def count(self, release: content.Release, colour: str) -> int:
        """How many projects a release published under a colour, also those no longer named."""
        return release.counts.get(colour, len(release.of_colour(colour)))
