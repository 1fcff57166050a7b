"""Public pages as text: `render(site)` yields every file of a district, path and bytes.

Each page renders only its own middle (`frame` has the rest), from values that are formatted
beforehand (`wording`): loops in templates are what costs.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import override

from redprop.common.money import format_yuan
from redprop.common.rounding import quantize
from redprop.public import content, councils, downloads, flags, wording
from redprop.public.frame import Frame
from redprop.public.results import FINALS, Results

LANGUAGE = "zh-hans"
HISTORY = 12


class Pages(Results):
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
                "moved",
            )
        }
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

    def home(self) -> bytes:
        """The home page: the current list, or why there is none."""
        context: dict[str, Any] = {"notices": [self.release_row(r) for r in self.open_notices]}
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
                "sections": self.sections(merged, (content.RED, content.BLACK)),
                "watch": len(merged.of_colour(content.WATCH)),
                "undetermined": len(merged.of_colour(content.UNDETERMINED)),
            }
        title = _("Red and black list of property service")
        return self.frame.page(title, self.middle("home", context | {"title": title}), place="home")

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

    def lists(
        self, releases: tuple[content.Release, ...], title: str, crumbs: list[tuple[str, str]]
    ) -> bytes:
        """All releases, or those of one period."""
        context: dict[str, Any] = {"releases": [self.release_row(r) for r in releases], "title": title}
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

    def flags_page(self) -> bytes:
        """All rotating red flags."""
        title = _("Rotating red flags")
        body = flags.page_body(self.site, self.known_compounds, self.known_enterprises, title)
        return self.frame.page(title, body, place="flags", crumbs=[])

    def compound_page(self, compound: content.Compound) -> bytes:
        """A compound: who serves it since when, its project's result line by line, and the past."""
        pairs = self.by_compound.get(compound.code, [])
        now = next((s for s in compound.services if s.until is None or s.until >= self.site.today), None)
        latest = pairs[0] if pairs else None
        context: dict[str, Any] = {
            "compound": compound,
            "kind_since": wording.day_in_table(compound.kind_since),
            "class_since": wording.day_in_table(compound.class_since),
            "notices": [self.release_row(r) for r in self.open_notices],
            "history": self.history(pairs[:HISTORY]),
            "drawing": self.drawing(pairs[:HISTORY]),
            "flags": self.flags_here(self.flags_by_compound.get(compound.code, [])),
            "resolutions": [councils.shown(row) for row in compound.resolutions],
            "received": [
                {"year": year, "months": months, "approved": format_yuan(approved), "paid": format_yuan(paid)}
                for year, months, approved, paid in compound.received
            ],
            "past": [
                {
                    "enterprise": wording.enterprise_link(s.uscc, s.enterprise, self.known_enterprises),
                    "project": s.project_name,
                    "kind": s.kind,
                    "span": wording.service_span(s),
                }
                for s in compound.services
                if s is not now
            ],
        }
        if now:
            context["service"] = {
                "enterprise": wording.enterprise_link(now.uscc, now.enterprise, self.known_enterprises),
                "project": now.project_name,
                "kind": now.kind,
                "since": wording.day_in_text(now.since),
                "phone": now.phone,
                "manager": now.manager,
            }
        if latest:
            release, entry = latest
            context |= {
                "release": self.release_row(release),
                "entry": self.row(entry, release),
                "meaning": wording.meaning(entry.colour),
                "shared": len(entry.compounds),
                "full": wording.plain(entry.full) if entry.full is not None else "",
                "score_table": self.score_table(entry, release),
                "other_project": now is None or now.project != entry.key,
            }
        crumbs = [("/compounds/", _("Compounds"))]
        if compound.subdistrict_code:
            crumbs.append((f"/compounds/in/{compound.subdistrict_code}/", compound.subdistrict))
        return self.frame.page(
            compound.name,
            self.middle("compound", context),
            place="compounds",
            crumbs=crumbs,
            robots="noindex, noarchive",
        )

    def moved_page(self, moved: content.Moved) -> bytes:
        """The address of a compound that was merged into another: it leads on, also without JavaScript."""
        address = f"/compounds/{moved.to_code}/"
        page = self.frame.page(
            moved.name,
            self.middle("moved", {"title": moved.name, "moved": moved, "address": address}),
            place="compounds",
            crumbs=[("/compounds/", _("Compounds"))],
            robots="noindex, noarchive",
        )
        lead = (
            f'<link rel="canonical" href="{address}"><meta http-equiv="refresh" content="3; url={address}">'
        )
        return page.replace(b"</head>", lead.encode() + b"</head>", 1)

    def score_table(self, entry: content.Entry, release: content.Release) -> str:
        """Return the score of an entry line by line as HTML, rendered once for all its compounds."""
        if id(entry) not in self.score_tables:
            score = self.scores(entry, release)
            self.score_tables[id(entry)] = get_template("public/score.html").render(score) if score else ""
        return self.score_tables[id(entry)]

    def compounds_page(self) -> bytes:
        """The way to one's compound: search, or by subdistrict."""
        areas: dict[tuple[str, str], int] = {}
        for compound in self.site.compounds:
            area = (compound.subdistrict_code, compound.subdistrict)
            areas[area] = areas.get(area, 0) + 1
        title = _("Find your compound")
        rows = [{"code": c, "name": n, "count": areas[c, n]} for c, n in sorted(areas) if c]
        unplaced = [c for c in self.site.compounds if not c.subdistrict_code]
        context = {"areas": rows, "unplaced": unplaced, "count": len(self.site.compounds), "title": title}
        return self.frame.page(title, self.middle("compounds", context), place="compounds", crumbs=[])

    def area_page(self, code: str, compounds: list[content.Compound]) -> bytes:
        """The compounds of one subdistrict, by community."""
        communities: dict[str, list[dict[str, Any]]] = {}
        for compound in sorted(compounds, key=lambda c: (c.community, c.search, c.code)):
            latest = self.by_compound.get(compound.code)
            row = {
                "code": compound.code,
                "name": compound.name,
                "badge": self.badges[latest[0][1].colour] if latest else "",
            }
            communities.setdefault(compound.community, []).append(row)
        title = compounds[0].subdistrict
        context = {"communities": communities, "title": title, "count": len(compounds)}
        return self.frame.page(
            title, self.middle("area", context), place="compounds", crumbs=[("/compounds/", _("Compounds"))]
        )

    def enterprise_page(self, enterprise: content.Enterprise) -> bytes:
        """An enterprise: its projects with their latest results, its place in the enterprise list, the past."""
        pairs = self.by_enterprise.get(enterprise.uscc, [])
        latest: dict[str, tuple[content.Release, content.Entry]] = {}
        for release, entry in pairs:
            latest.setdefault(entry.key, (release, entry))
        context = {
            "enterprise": enterprise,
            "registered_from": wording.day_in_table(enterprise.registered_from),
            "notices": [self.release_row(r) for r in self.open_notices],
            "projects": [self.project_row(p, latest.get(p.code)) for p in enterprise.projects],
            "standing": [
                {"path": r.path, "period": r.period_label, **self.row(e, r)}
                for r in self.site.releases
                if r.kind in FINALS
                for e in r.enterprises
                if e.uscc == enterprise.uscc
            ][:HISTORY],
            "flags": self.flags_here(self.flags_by_enterprise.get(enterprise.uscc, [])),
            "drawing": self.drawing(
                [
                    (r, e)
                    for r in self.site.releases
                    if r.kind in FINALS
                    for e in r.enterprises
                    if e.uscc == enterprise.uscc
                ]
            ),
            "history": self.history([p for p in pairs if p[1].colour in content.NAMED][: 3 * HISTORY]),
        }
        return self.frame.page(
            enterprise.name,
            self.middle("enterprise", context),
            place="enterprises",
            crumbs=[("/enterprises/", _("Enterprises"))],
            robots="noindex, noarchive",
        )

    def project_row(
        self, project: content.Project, latest: tuple[content.Release, content.Entry] | None
    ) -> dict[str, Any]:
        """Return a project with its latest result."""
        row: dict[str, Any] = {
            "name": project.name,
            "since": wording.day_in_table(project.since),
            "manager": project.manager,
            "phone": project.phone,
            "compounds": wording.compound_links(project.compounds, self.known_compounds),
        }
        if latest:
            release, entry = latest
            row |= {"result": self.row(entry, release), "period": release.period_label, "path": release.path}
        return row

    def enterprises_page(self) -> bytes:
        """All enterprises that run a project, by name."""
        title = _("Enterprises")
        rows = [
            {"uscc": e.uscc, "name": e.name, "kind": e.kind, "projects": len(e.projects)}
            for e in sorted(self.site.enterprises, key=lambda e: (e.search, e.uscc))
            if e.projects
        ]
        context = {"enterprises": rows, "title": title}
        return self.frame.page(title, self.middle("enterprises", context), place="enterprises", crumbs=[])

    def missing(self) -> bytes:
        """The page for an address that does not exist."""
        title = _("This page does not exist")
        return self.frame.page(title, self.middle("missing", {"title": title}), crumbs=[], robots="noindex")

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """Yield path and bytes of every file; what others point to comes before what points to it."""
        for compound in self.site.compounds:
            yield f"compounds/{compound.code}/index.html", self.compound_page(compound)
        for moved in self.site.moved:
            yield f"compounds/{moved.code}/index.html", self.moved_page(moved)
        areas: dict[str, list[content.Compound]] = {}
        for compound in self.site.compounds:
            if compound.subdistrict_code:
                areas.setdefault(compound.subdistrict_code, []).append(compound)
        for code, compounds in areas.items():
            yield f"compounds/in/{code}/index.html", self.area_page(code, compounds)
        yield "flags/index.html", self.flags_page()
        yield "compounds/index.json", downloads.compound_index(self.site)
        yield "compounds/index.html", self.compounds_page()
        for enterprise in self.site.enterprises:
            yield f"enterprises/{enterprise.uscc}/index.html", self.enterprise_page(enterprise)
        yield "enterprises/index.html", self.enterprises_page()
        for release in self.site.releases:
            base = release.path.strip("/")
            yield f"{base}/list.json", downloads.list_json(self.site, release)
            yield f"{base}/list.csv", downloads.list_csv(release)
            yield f"{base}/index.html", self.list_page(release)
        for period in dict.fromkeys(r.period for r in self.site.releases):
            same = tuple(r for r in self.site.releases if r.period == period)
            title = same[0].period_label
            yield f"lists/{period}/index.html", self.lists(same, title, [("/lists/", _("Lists"))])
        yield "lists/index.html", self.lists(self.site.releases, _("All published lists"), [])
        yield "404.html", self.missing()
        yield "site.json", downloads.site_note(self.site)
        yield "index.html", self.home()


def render(site: content.Site) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of every public file of a district, in Chinese."""
    with override(LANGUAGE):
        yield from Pages(site)
