"""The map of the compounds: the district with its subdistricts, then each subdistrict with its compounds.

Drawn here from the coordinates of the register, without a tile of anybody else and without JavaScript.
A result is told by colour, shape and word; beside each map stands a table that says the same.
"""

from collections import Counter
from collections.abc import Iterator
from html import escape
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from redprop.public import content, wording
from redprop.public.frame import Frame
from redprop.public.plane import Plane, hull, middle_of
from redprop.public.results import Results

FOLDER = "map"
NONE = "none"
ORDER = (content.RED, content.WATCH, content.BLACK, content.UNDETERMINED, content.UNLISTED, NONE)
"""In which order results are told; drawn in the reverse order, so that a rare one lies on top."""

SHAPES = {
    content.RED: "M{x} {y}m-{r} 0a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0-{d} 0z",
    content.WATCH: "M{x} {y}m0-{k}l{k} {d}h-{dk}z",
    content.BLACK: "M{x} {y}m-{r}-{r}h{d}v{d}h-{d}z",
    content.UNDETERMINED: "M{x} {y}m0-{k}l{k} {k}l-{k} {k}l-{k}-{k}z",
    content.UNLISTED: "M{x} {y}m-{s} 0a{s} {s} 0 1 0 {ds} 0a{s} {s} 0 1 0-{ds} 0z",
    NONE: "M{x} {y}m-{s} 0a{s} {s} 0 1 0 {ds} 0a{s} {s} 0 1 0-{ds} 0z",
}
"""Circle, triangle, square, diamond, small dot, small ring."""

WIDTH, MARGIN = 800, 56


def shape(colour: str, x: float, y: float, size: float) -> str:
    """Return the mark of a result at a place, as the path of an SVG."""
    r, k, s = size, size * 1.25, size * 0.6
    sizes = {"r": r, "d": 2 * r, "k": k, "dk": 2 * k, "s": s, "ds": 2 * s}
    return SHAPES[colour].format(
        x=f"{x:.1f}", y=f"{y:.1f}", **{name: f"{v:.1f}" for name, v in sizes.items()}
    )


class Maps:
    """The maps of one site."""

    def __init__(self, site: content.Site) -> None:
        self.site = site
        self.frame = Frame(site.name, is_demo=site.is_demo)
        found = Results(site)
        self.period = next(iter(found.results), "")
        led = {one.code: one.to_code for one in site.moved}
        self.entries: dict[str, tuple[content.Release, content.Entry]] = {
            led.get(code, code): pair
            for pair in found.results.get(self.period, {}).values()
            for code, _name in pair[1].compounds
        }
        self.areas: dict[str, list[content.Compound]] = {}
        for compound in site.compounds:
            self.areas.setdefault(compound.subdistrict_code, []).append(compound)
        self.areas.pop("", None)
        self.label = next((r.period_label for r in site.releases if r.period == self.period), "")

    def colour(self, compound: content.Compound) -> str:
        """Return the result of the newest period; one that was withdrawn or not scored counts as none."""
        pair = self.entries.get(compound.code)
        return pair[1].colour if pair else NONE

    def render(self) -> Iterator[tuple[str, bytes]]:
        """Yield the map of the district and that of each subdistrict."""
        areas = sorted(self.areas.items())
        yield f"{FOLDER}/index.html", self.district(areas)
        for number, (code, compounds) in enumerate(areas):
            yield f"{FOLDER}/{code}/index.html", self.area(code, compounds, areas, number)

    def page(
        self, title: str, template: str, crumbs: list[tuple[str, str]], context: dict[str, Any]
    ) -> bytes:
        """Return a page."""
        told = {"title": title, "period": self.label, "district": self.site.name, **context}
        return self.frame.page(
            title, render_to_string(f"public/{template}.html", told), place="map", crumbs=crumbs
        )

    def legend(self, compounds: list[content.Compound]) -> list[dict[str, Any]]:
        """Return each result that occurs with its mark, its word and its number."""
        counts = Counter(self.colour(c) for c in compounds)
        return [
            {"colour": c, "mark": symbol(c), "name": name_of(c), "count": counts[c]}
            for c in ORDER
            if counts[c]
        ]

    def district(self, areas: list[tuple[str, list[content.Compound]]]) -> bytes:
        """The district: subdistricts as areas that lead on, compounds as marks."""
        shown = [(code, [c for c in compounds if c.point]) for code, compounds in areas]
        rows = []
        for number, (code, compounds) in enumerate(areas, 1):
            counts = Counter(self.colour(c) for c in compounds)
            rows.append(
                {
                    "number": number,
                    "name": compounds[0].subdistrict,
                    "path": f"/{FOLDER}/{code}/",
                    "count": len(compounds),
                    "without": sum(c.point is None for c in compounds),
                    "counts": [counts[colour] for colour in ORDER[:3]],
                    "others": sum(counts[colour] for colour in ORDER[3:]),
                }
            )
        everything = [c for _code, compounds in areas for c in compounds]
        context = {
            "drawing": self.overview(shown),
            "legend": self.legend(everything),
            "rows": rows,
            "count": len(everything),
            "without": sum(c.point is None for c in everything),
            "names": [name_of(colour) for colour in ORDER[:3]],
        }
        return self.page(_("Map of the compounds"), "map", [], context)

    def overview(self, areas: list[tuple[str, list[content.Compound]]]) -> SafeString:
        """Return the drawing of the district; empty when nothing has a place."""
        points = [c.point for _code, compounds in areas for c in compounds if c.point]
        if not points:
            return mark_safe("")
        plane = Plane(points, width=WIDTH, margin=MARGIN)
        parts = [_open(plane, _("Map of %(district)s by subdistrict") % {"district": self.site.name})]
        labels = []
        for number, (code, compounds) in enumerate(areas, 1):
            places = [plane.place(c.point) for c in compounds if c.point]
            if not places:
                continue
            name = compounds[0].subdistrict
            ring = " ".join(f"{x:.0f},{y:.0f}" for x, y in hull(places))
            parts.append(
                f'<a href="/{FOLDER}/{code}/"><title>{escape(name)}</title>'
                f'<polygon class="map-area" points="{ring}"/></a>'
            )
            x, y = middle_of(places)
            labels.append(
                f'<a href="/{FOLDER}/{code}/" aria-label="{number} {escape(name)}"><circle class="map-no" cx="{x:.0f}" cy="{y:.0f}" r="17"/>'
                f'<text class="map-no-text" x="{x:.0f}" y="{y + 6:.0f}">{number}</text></a>'
            )
        by_colour: dict[str, list[str]] = {}
        for _code, compounds in areas:
            for c in compounds:
                if c.point:
                    colour = self.colour(c)
                    by_colour.setdefault(colour, []).append(shape(colour, *plane.place(c.point), 4))
        for colour in reversed(ORDER):
            if colour in by_colour:
                parts.append(f'<path class="map-{colour}" d="{"".join(by_colour[colour])}"/>')
        return mark_safe("".join([*parts, *labels, _scale(plane), "</svg>"]))

    def area(
        self,
        code: str,
        compounds: list[content.Compound],
        areas: list[tuple[str, list[content.Compound]]],
        number: int,
    ) -> bytes:
        """One subdistrict: every compound a numbered mark that leads to its card."""
        by_name = sorted(compounds, key=lambda c: (c.community, c.search, c.code))
        rows = []
        for place, c in enumerate(by_name, 1):
            pair = self.entries.get(c.code)
            colour = self.colour(c)
            rows.append(
                {
                    "number": place,
                    "compound": c,
                    "mark": symbol(colour),
                    "result": name_of(colour),
                    "total": wording.number(pair[1].total) if pair and pair[1].total is not None else "",
                    "enterprise": _serving(c, self.site),
                }
            )
        title = _("Map: %(name)s") % {"name": compounds[0].subdistrict}
        before, after = (
            areas[number - 1] if number else None,
            areas[number + 1] if number + 1 < len(areas) else None,
        )
        context = {
            "drawing": self.detail(by_name),
            "legend": self.legend(compounds),
            "rows": rows,
            "name": compounds[0].subdistrict,
            "without": sum(c.point is None for c in compounds),
            "count": len(compounds),
            "list_path": f"/compounds/in/{code}/",
            "others": [
                {"path": f"/{FOLDER}/{other[0]}/", "name": other[1][0].subdistrict}
                for other in (before, after)
                if other
            ],
        }
        return self.page(title, "map_area", [(f"/{FOLDER}/", _("Map"))], context)

    def detail(self, compounds: list[content.Compound]) -> SafeString:
        """Return the drawing of one subdistrict; empty when nothing has a place."""
        points = [c.point for c in compounds if c.point]
        if not points:
            return mark_safe("")
        plane = Plane(points, width=WIDTH, margin=MARGIN)
        parts = [
            _open(
                plane, _("Map of %(name)s, one mark for each compound") % {"name": compounds[0].subdistrict}
            )
        ]
        ring = " ".join(f"{x:.0f},{y:.0f}" for x, y in hull(plane.place(p) for p in points))
        parts.append(f'<polygon class="map-area" points="{ring}"/>')
        marks = []
        for number, c in enumerate(compounds, 1):
            if c.point:
                x, y = plane.place(c.point)
                colour = self.colour(c)
                told = escape(f"{number} {c.name}：{name_of(colour)}")
                marks.append(
                    (
                        -ORDER.index(colour),
                        f'<a href="/compounds/{c.code}/"><title>{told}</title>'
                        f'<path class="map-{colour}" d="{shape(colour, x, y, 9)}"/>'
                        f'<text class="map-label" x="{x:.0f}" y="{y - 13:.0f}">{number}</text></a>',
                    )
                )
        marks.sort(key=lambda mark: mark[0])
        return mark_safe("".join([*parts, *(text for _order, text in marks), _scale(plane), "</svg>"]))


def name_of(colour: str) -> str:
    """Return the word of a result."""
    return _("No result this period") if colour == NONE else wording.colour_name(colour)


def symbol(colour: str) -> SafeString:
    """Return the mark of a result by itself, for legends and tables; the word stands beside it."""
    path = shape(colour, 12, 12, 8)
    return mark_safe(
        f'<svg class="map-symbol" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true"><path class="map-{colour}" d="{path}"/></svg>'
    )


def render(site: content.Site) -> Iterator[tuple[str, bytes]]:
    """Yield the pages of the map."""
    yield from Maps(site).render()


def _serving(compound: content.Compound, site: content.Site) -> str:
    now = next((s for s in compound.services if s.until is None or s.until >= site.today), None)
    return now.enterprise if now else ""


def _open(plane: Plane, title: str) -> str:
    return (
        f'<svg class="map" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {plane.width} {plane.height}" role="group"'
        f' aria-label="{escape(title)}">'
    )


def _scale(plane: Plane) -> str:
    metres, length = plane.bar()
    y = plane.height - 14
    told = f"{metres // 1000} km" if metres >= 1000 else f"{metres} m"
    north = _("N")
    return (
        f'<g class="map-scale" aria-hidden="true"><path d="M14 {y - 6}v6h{length:.0f}v-6"/>'
        f'<text x="{14 + length / 2:.0f}" y="{y - 8}">{told}</text>'
        f'<path d="M{plane.width - 26} {y}v-26m-7 9l7-9l7 9"/>'
        f'<text x="{plane.width - 26}" y="{y - 32}">{escape(north)}</text></g>'
    )
