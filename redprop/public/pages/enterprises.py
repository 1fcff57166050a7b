"""The pages of enterprises."""

from typing import Any

from django.utils.translation import gettext as _

from redprop.public import content, wording
from redprop.public.pages.base import HISTORY, Base
from redprop.public.results import FINALS


class EnterprisePages(Base):
    """A page each enterprise, and all of them by name."""

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
