"""Public pages as text: `render(site)` yields every file of a district, path and bytes, in the language that is active.

Each page renders only its own middle (`frame` has the rest), from values that are formatted
beforehand (`wording`): loops in templates are what costs. One module a kind of page.
"""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from redprop.public import content, downloads, languages
from redprop.public.pages.cards import CardPages
from redprop.public.pages.enterprises import EnterprisePages
from redprop.public.pages.home import HomePages
from redprop.public.pages.lists import ListPages


class Pages(HomePages, ListPages, CardPages, EnterprisePages):
    """All pages of one site."""

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
        yield "500.html", self.unavailable()
        yield "site.json", downloads.site_note(self.site)
        yield "index.html", self.home()


def render(site: content.Site) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of every public file of a district, in the language that is active.

    `site` was read in that language.
    """
    yield from languages.placed(Pages(site))
