"""The compound cards, the way to them, and the rotating flags."""

from typing import Any

from django.utils.translation import gettext as _

from redprop.common.money import format_yuan
from redprop.public import cards, content, councils, flags, wording
from redprop.public.pages.base import HISTORY, Base


def promises(found: content.Promises) -> dict[str, Any]:
    """Return the promises of a compound with everything formatted: the open ones whole, of the kept ones the latest."""
    return {
        "open": [promise(one) for one in found.open[: cards.SHOWN]],
        "more": max(0, len(found.open) - cards.SHOWN),
        "kept": [promise(one) for one in found.kept[: cards.SHOWN]],
        "due": found.due,
        "in_time": found.in_time,
    }


def promise(one: content.Promise) -> dict[str, Any]:
    """Return a promise with everything formatted."""
    return {
        "problem": one.problem,
        "promise": one.promise,
        "due": wording.day_in_text(one.due_on),
        "done": wording.day_in_text(one.done_on),
        "late": one.done_on is not None and one.done_on > one.due_on,
        "overdue": one.overdue,
        "answered": one.state == "answered",
        "reopened": one.state == "reopened",
    }


class CardPages(Base):
    """A card each compound, and the pages that lead to them."""

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
            "today": wording.day_in_text(self.site.today),
            "promises": promises(compound.promises),
            "overdue": self.overdue,
            "guarantees": compound.guarantees,
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

    def flags_page(self) -> bytes:
        """All rotating red flags."""
        title = _("Rotating red flags")
        body = flags.page_body(self.site, self.known_compounds, self.known_enterprises, title)
        return self.frame.page(title, body, place="flags", crumbs=[])
