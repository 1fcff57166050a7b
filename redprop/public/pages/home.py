"""The home page: the list of the day, the search, the district in figures."""

from typing import Any

from django.utils.translation import gettext as _

from redprop.public import charts, content, wording
from redprop.public.pages.base import Base
from redprop.public.results import FINALS

BEST = 6
"""How many of the red list the home page names; the list itself is one link away."""


class HomePages(Base):
    """Home and the page for addresses that do not exist."""

    def home(self) -> bytes:
        """The home page: the current list, or why there is none."""
        context: dict[str, Any] = {
            "quarters": charts.of_quarters(self.site.quarters),
            "today": wording.day_in_text(self.site.today),
            "notices": [self.release_row(r) for r in self.open_notices],
        }
        if self.results:
            period, results = next(iter(self.results.items()))
            last = next(r for r in self.site.releases if r.period == period and r.kind in FINALS)
            shown = tuple(entry for _release, entry in results.values())
            merged = content.Release(
                **{name: getattr(last, name) for name in last.__slots__ if name not in ("entries", "counts")},
                entries=shown,
            )
            context |= {
                "release": self.release_row(last),
                "figures": self.figures(merged),
                "red": [self.row(entry, last) for entry in merged.of_colour(content.RED)[:BEST]],
                "reds": len(merged.of_colour(content.RED)),
                "black": [self.row(entry, last) for entry in merged.of_colour(content.BLACK)],
                "badges": self.badges,
            }
        title = _("Red and black list of property service")
        return self.frame.page(title, self.middle("home", context | {"title": title}), place="home")

    def unavailable(self) -> bytes:
        """The page for a form when the server behind it does not answer; it needs none itself."""
        title = _("This page cannot be shown just now")
        body = self.middle("unavailable", {"title": title})
        return self.frame.page(title, body, crumbs=[], robots="noindex")

    def missing(self) -> bytes:
        """The page for an address that does not exist."""
        title = _("This page does not exist")
        return self.frame.page(title, self.middle("missing", {"title": title}), crumbs=[], robots="noindex")
