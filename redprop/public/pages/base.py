"""What all public pages share: values formatted once, a list's row, a release's head, the drawings."""

from typing import Any

from django.template.loader import get_template, render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from redprop.public import content, flags, wording
from redprop.public.frame import Frame
from redprop.public.results import Results

HISTORY = 12


class Base(Results):
    """The pages of one site. Looks everything up in dictionaries built once."""

    def __init__(self, site: content.Site) -> None:
        super().__init__(site)
        self.frame = Frame(site.name, is_demo=site.is_demo)
        self.compounds = {c.code: c for c in site.compounds}
        self.enterprises = {e.uscc: e for e in site.enterprises}
        self.known_compounds = {*self.compounds, *(one.code for one in site.moved)}
        self.known_enterprises = set(self.enterprises)
        self.badges = {c: wording.badge(c) for c in (*content.LISTED, content.UNLISTED, content.WITHDRAWN)}
        self.templates = {
            name: get_template(f"public/{name}.html")
            for name in (
                "home",
                "lists",
                "list",
                "compound",
                "compounds",
                "area",
                "enterprise",
                "enterprises",
                "missing",
                "unavailable",
                "moved",
            )
        }
        self.overdue = SafeString(render_to_string("parts/light.html", {"light": "red"}).strip())
        self.labels = wording.column_labels()
        self.score_tables: dict[int, str] = {}
        self.drawings: dict[tuple[int, ...], SafeString] = {}
        self.flags_by_compound: dict[str, list[content.Flag]] = {}
        self.flags_by_enterprise: dict[str, list[content.Flag]] = {}
        for flag in site.flags:
            self.flags_by_enterprise.setdefault(flag.uscc, []).append(flag)
            for code, _name in flag.compounds:
                self.flags_by_compound.setdefault(code, []).append(flag)

    def middle(self, name: str, context: dict[str, Any]) -> str:
        """Return the middle of a page."""
        return self.templates[name].render({**context, "district": self.site.name, "label": self.labels})

    def row(self, entry: content.Entry, release: content.Release) -> dict[str, Any]:
        """Return an entry with everything formatted."""
        return {
            "name": entry.name,
            "enterprise": wording.enterprise_link(entry.uscc, entry.enterprise, self.known_enterprises),
            "compounds": wording.compound_links(entry.compounds, self.known_compounds),
            "rank": entry.rank if entry.rank is not None else wording.NO_VALUE,
            "group": entry.group,
            "total": wording.number(entry.total),
            "band": entry.band,
            "badge": self.badges[entry.colour],
            "reasons": entry.reasons,
            "why_unlisted": entry.why_unlisted,
            "manager": entry.manager,
            "reply": entry.reply,
            "held": entry.held,
            "window_ends": wording.day_in_table(entry.window_ends) if release.is_notice else "",
            "shown_until": wording.day_in_table(entry.shown_until),
        }

    def sections(
        self, release: content.Release, colours: tuple[str, ...] = content.LISTED
    ) -> list[dict[str, Any]]:
        """Return the lists of a release, one a colour, each with its meaning and rows.

        `gone` is how many were published under the colour and are no longer named. A supplement or a
        correction has only the lists that it adds to.
        """
        partial = release.kind in (content.SUPPLEMENT, content.CORRECTION)
        found = []
        for colour in colours:
            published, named = self.count(release, colour), colour in content.NAMED
            rows = [self.row(entry, release) for entry in release.of_colour(colour)] if named else []
            if published or (named and not partial):
                found.append(
                    {
                        "colour": colour,
                        "name": wording.colour_name(colour),
                        "meaning": wording.meaning(colour),
                        "count": len(rows) if named else published,
                        "gone": published - len(rows),
                        "rows": rows,
                    }
                )
        return found

    def figures(self, release: content.Release) -> list[tuple[str, int]]:
        """Return the head count of a list: ranked projects, then each colour."""
        counts = {colour: self.count(release, colour) for colour in content.LISTED}
        always = (
            () if release.kind in (content.SUPPLEMENT, content.CORRECTION) else (content.RED, content.BLACK)
        )
        figures = [(_("Ranked projects"), release.ranked)]
        return figures + [(wording.colour_name(c), n) for c, n in counts.items() if n or c in always]

    def release_row(self, release: content.Release) -> dict[str, Any]:
        """Return a release with everything formatted."""
        return {
            "path": release.path,
            "slug": release.slug,
            "period": release.period,
            "period_label": release.period_label,
            "name": wording.release_name(release),
            "is_notice": release.is_notice,
            "is_open": release in self.open_notices,
            "kind": release.kind,
            "index_number": release.index_number,
            "issuer": release.issuer,
            "published_on": wording.day_in_text(release.published_on),
            "published_table": wording.day_in_table(release.published_on),
            "window_from": wording.day_in_text(release.window_from),
            "window_to": wording.day_in_text(release.window_to),
            "window_table": wording.day_in_table(release.window_to),
            "valid_until": wording.day_in_text(release.valid_until),
            "rubric": release.rubric,
            "list_rule": release.list_rule,
            "note": release.note,
            "digest": release.digest,
            "previous_digest": release.previous_digest,
            "ranked": release.ranked,
            "dropped": release.dropped,
            "withdrawn": len(release.of_colour(content.WITHDRAWN)),
            "red": self.count(release, content.RED),
            "black": self.count(release, content.BLACK),
            "watch": self.count(release, content.WATCH),
            "undetermined": self.count(release, content.UNDETERMINED),
            "has_bundle": release.has_bundle,
        }

    def scores(self, entry: content.Entry, release: content.Release) -> dict[str, Any] | None:
        """Return the score of an entry line by line."""
        if not entry.lines:
            return None
        return {
            "lines": entry.lines,
            "total": wording.number(entry.total),
            "full": wording.plain(entry.full),
            "scaling": wording.scaling(entry) if "Q" in release.period else "",
        }

    def score_table(self, entry: content.Entry, release: content.Release) -> str:
        """Return the score of an entry line by line as HTML, rendered once for all its compounds."""
        if id(entry) not in self.score_tables:
            score = self.scores(entry, release)
            self.score_tables[id(entry)] = get_template("public/score.html").render(score) if score else ""
        return self.score_tables[id(entry)]

    def history(self, pairs: list[tuple[content.Release, content.Entry]]) -> list[dict[str, Any]]:
        """Return past results, newest first."""
        return [
            {
                "path": release.path,
                "period": release.period_label,
                "name": entry.name,
                "enterprise": entry.enterprise,
                "badge": self.badges[entry.colour],
                "total": wording.number(entry.total),
                "rank": entry.rank or wording.NO_VALUE,
                "reply": entry.reply,
            }
            for release, entry in pairs
        ]

    def flags_here(self, found: list[content.Flag]) -> dict[str, Any]:
        """Return the flags that hang here, and how many hung before."""
        rows = [flags.shown(flag, set(), self.known_enterprises) for flag in found if flag.ended_on is None]
        return {"held": rows, "before": len(found) - len(rows)}

    def drawing(self, pairs: list[tuple[content.Release, content.Entry]]) -> SafeString:
        """Return the totals of the quarters as a drawing; compounds of one project share it."""
        key = tuple(id(entry) for _release, entry in pairs)
        if key not in self.drawings:
            self.drawings[key] = wording.drawing(pairs)
        return self.drawings[key]
