"""The pages of enterprises."""

from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from redprop.public import content, wording
from redprop.public.pages.base import HISTORY, Base
from redprop.public.results import FINALS

RECENT = 4
TABLES, TOTALS = 12, 150
"""How many tables of score lines, and how many totals, a page has room for: it stays below 100 kB on an old phone."""


def credit(found: content.Credit | None) -> dict[str, Any] | None:
    """Return the credit of an enterprise with everything formatted."""
    if found is None:
        return None
    names = {
        "basic": _("Basic information"),
        "good": _("Good information"),
        "bad": _("Information of dishonesty"),
    }
    return {
        "on": wording.day_in_text(found.on),
        "grade": found.grade or wording.NO_VALUE,
        "total": wording.number(found.total),
        "start": wording.plain(found.start),
        "scheme": found.scheme,
        "document": found.document,
        "sums": [(names[part], wording.plain(points)) for part, points in found.sums],
        "city_grade": found.city_grade,
        "city_on": wording.day_in_text(found.city_on),
    }


class EnterprisePages(Base):
    """A page each enterprise, and all of them by name."""

    def enterprise_page(self, enterprise: content.Enterprise) -> bytes:
        """An enterprise: its projects with their latest results, its place in the enterprise list, the past."""
        pairs = self.by_enterprise.get(enterprise.uscc, [])
        by_project: dict[str, list[tuple[content.Release, content.Entry]]] = {}
        for release, entry in pairs:
            by_project.setdefault(entry.key, []).append((release, entry))
        room = max(1, len(enterprise.projects))
        explained, totals = min(RECENT, TABLES // room), min(HISTORY, TOTALS // room)
        context = {
            "enterprise": enterprise,
            "registered_from": wording.day_in_table(enterprise.registered_from),
            "notices": [self.release_row(r) for r in self.open_notices],
            "projects": [
                self.project_row(p, by_project.get(p.code, []), explained, totals)
                for p in enterprise.projects
            ],
            "credit": credit(enterprise.credit),
            "today": wording.day_in_text(self.site.today),
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
        self,
        project: content.Project,
        pairs: list[tuple[content.Release, content.Entry]],
        explained: int,
        totals: int,
    ) -> dict[str, Any]:
        """Return a project with its latest result, its totals, and the score of the last quarters line by line."""
        row: dict[str, Any] = {
            "name": project.name,
            "since": wording.day_in_table(project.since),
            "manager": project.manager,
            "phone": project.phone,
            "compounds": wording.compound_links(project.compounds, self.known_compounds),
        }
        if pairs:
            release, entry = pairs[0]
            with_lines = [(r, e) for r, e in pairs if e.lines][:explained]
            row["scores"] = [(r.period_label, SafeString(self.score_table(e, r))) for r, e in with_lines]
            row["totals"] = self.history(pairs[:totals])
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
