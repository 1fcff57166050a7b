"""The pages of community work (社区工作), shown as one row of tabs: only what the user can use."""

from collections.abc import Callable

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from redprop.desk.page import Desk


def _area(desk: Desk) -> bool:
    return bool(desk.communities or desk.subdistrict_ids or desk.sees_district)


def _area_or_firm(desk: Desk) -> bool:
    return _area(desk) or bool(desk.enterprises)


TABS: list[tuple[str, object, Callable[[Desk], bool]]] = [
    ("desk:visits", _("Home visits"), _area_or_firm),
    ("desk:volunteers", _("Volunteers"), _area_or_firm),
    ("desk:joint-projects", _("Joint service projects"), _area_or_firm),
    ("desk:grid", _("Grid"), _area_or_firm),
    (
        "desk:situations",
        _("Important situations"),
        lambda desk: bool(desk.communities or desk.subdistrict_ids or desk.enterprises),
    ),
    ("desk:help", _("Help for households"), lambda desk: bool(desk.communities)),
    ("desk:proxies", _("Proxy handling"), lambda desk: bool(desk.communities)),
]
"""Address, label, who has it."""


def tabs(desk: Desk, here: str) -> list[dict[str, object]]:
    """The tabs that this user has (no query)."""
    return [
        {"url": reverse(name), "label": label, "here": name == here}
        for name, label, shown in TABS
        if shown(desk)
    ]
