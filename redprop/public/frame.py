"""The frame shared by all public pages: head, navigation, footer. Rendered once and cut at its marks."""

import re

from django.template.loader import get_template
from django.utils.html import escape
from django.utils.translation import gettext as _

from redprop.public import english, languages

PLACES = ("home", "lists", "compounds", "enterprises", "flags", "subsidies", "map", "opendata")
MARK = re.compile("@@([a-z]+)@@")


class Frame:
    """The shared frame with its marks, in the language spoken when it is made: title, robots, place, crumbs, content."""

    def __init__(self, district: str, *, is_demo: bool) -> None:
        self.district = district
        context = {"site": {"is_demo": is_demo}, "district": district, "english": languages.is_english()}
        self.parts = MARK.split(spoken(get_template("public/frame.html").render(context)))

    def page(
        self,
        title: str,
        body: str,
        *,
        place: str = "",
        crumbs: list[tuple[str, str]] | None = None,
        robots: str = "",
    ) -> bytes:
        """Return a whole page. `crumbs` are (address, name) from the home page down, without the page itself.

        Its own address stays a mark when it is not the answer to a request (`languages.placed`).
        """
        trail = ""
        if crumbs is not None:
            items = "".join(
                f'<li><a href="{escape(url)}">{escape(name)}</a></li>'
                for url, name in [("/", _("Home")), *crumbs]
            )
            here = escape(_("You are here"))
            trail = (
                f'<nav class="crumbs" aria-label="{here}"><ol>{items}'
                f'<li aria-current="page">{escape(title)}</li></ol></nav>'
            )
        filled = {
            "robots": escape(robots or "index, follow, noarchive"),
            "title": escape(title),
            "crumbs": spoken(trail),
            "content": spoken(body),
            "twins": languages.switch(),
            "other": languages.other(),
            "here": languages.here(),
        } | {name: ' aria-current="page"' if name == place else "" for name in PLACES}
        page = "".join(part if i % 2 == 0 else filled[part] for i, part in enumerate(self.parts))
        path = languages.asked.get()
        return (page.replace(languages.PATH, escape(path)) if path else page).encode()


def spoken(html: str) -> str:
    """Return HTML for the language spoken: in English its links stay English, and its Chinese is marked as such."""
    return english.marked(languages.localised(html)) if languages.is_english() else html
