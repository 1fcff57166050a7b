"""The lists: one release, those of a period, all of them."""

from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from redprop.common.rounding import quantize
from redprop.public import content, moves, wording
from redprop.public.pages.base import HISTORY, Base
from redprop.public.results import FINALS


class ListPages(Base):
    """The pages of releases."""

    def list_page(self, release: content.Release) -> bytes:
        """The page of one release."""
        context = {
            "release": self.release_row(release),
            "figures": self.figures(release),
            "sections": self.sections(release),
            "enterprises": [
                self.row(e, release)
                for e in sorted(release.enterprises, key=lambda e: (e.rank is None, e.rank or 0, e.key))
                if e.colour in content.NAMED
            ],
            "difference": self.difference(release),
            "moves": self.moves(release),
            "partial": release.kind in (content.SUPPLEMENT, content.CORRECTION),
            "unlisted": self.count(release, content.UNLISTED),
            "related": [
                self.release_row(r)
                for r in self.site.releases
                if r.period == release.period and r.pk != release.pk
            ],
        }
        title = f"{release.period_label} {wording.release_name(release)}"
        return self.frame.page(
            title,
            self.middle("list", context | {"title": title}),
            place="lists",
            crumbs=[("/lists/", _("Lists"))],
        )

    def moves(self, release: content.Release) -> dict[str, Any]:
        """Return who came, left or moved since the list of the period before, in words, colour by colour."""
        earlier, found = moves.of_release(release, self.results)
        if not earlier:
            return {}
        label = next(iter(self.results[earlier].values()))[0].period_label
        words = {"came": _("New on it"), "left": _("No longer on it")} | {
            colour: _("From the %(list)s") % {"list": wording.colour_name(colour)} for colour in content.NAMED
        }
        lists = []
        for colour, changes in found.items():
            kinds: dict[str, list[str]] = {}
            for kind, entry in changes:
                kinds.setdefault(kind, []).append(entry.name)
            lists.append(
                {
                    "badge": self.badges[colour],
                    "changes": [
                        (words[kind], len(names), wording.between().join(names))
                        for kind, names in kinds.items()
                    ],
                }
            )
        return {"label": label, "path": f"/lists/{earlier}/", "lists": lists}

    def lists(
        self, releases: tuple[content.Release, ...], title: str, crumbs: list[tuple[str, str]]
    ) -> bytes:
        """All releases, or those of one period."""
        years: dict[str, list[dict[str, Any]]] = {}
        for one in releases:
            years.setdefault(one.period[:4], []).append(self.release_row(one))
        context: dict[str, Any] = {"years": years, "title": title}
        if releases == self.site.releases:
            context["quarters"], context["drawing"] = self.quarters()
        return self.frame.page(title, self.middle("lists", context), place="lists", crumbs=crumbs)

    def quarters(self) -> tuple[list[dict[str, Any]], SafeString]:
        """Return the last quarters of the district, oldest first, as rows and as a drawing."""
        rows = []
        for period, results in self.results.items():
            totals = [entry.total for _release, entry in results.values() if entry.total is not None]
            if "Q" in period and totals:
                release = next(iter(results.values()))[0]
                rows.append(
                    (period, release.period_label, sum(totals, Decimal(0)) / len(totals), len(totals))
                )
        rows = list(reversed(rows[:HISTORY]))
        shown = [
            {"period": period, "label": label, "mean": wording.number(quantize(mean)), "scored": scored}
            for period, label, mean, scored in rows
        ]
        return shown, wording.mean_drawing([(period, quantize(mean)) for period, _label, mean, _n in rows])

    def difference(self, release: content.Release) -> list[tuple[str, int, int, int, int]]:
        """Return colour, number in the first notice, added by later ones, not (yet) final, final.

        On every notice and final list of a period that has both; final is the last word on each project.
        """
        same = [r for r in reversed(self.site.releases) if r.period == release.period]
        notices = [r for r in same if r.is_notice]
        if not notices or release.period not in self.results:
            return []
        found = []
        for colour in content.NAMED:
            first = self.count(notices[0], colour)
            added = sum(self.count(notice, colour) for notice in notices[1:])
            final = self.final_count(release.period, colour)
            found.append((wording.colour_name(colour), first, added, first + added - final, final))
        return found

    def final_count(self, period: str, colour: str) -> int:
        """How many projects of a period are finally under a colour: corrections replace what they correct."""
        lists = [r for r in self.site.releases if r.period == period and r.kind in FINALS]
        corrected = sum(r.replaced.get(colour, 0) for r in lists)
        return sum(self.count(r, colour) for r in lists) - corrected
