"""Figures counted over the enterprises, their projects, party coverage and graduates (design section 8).

The sets behind them are those of the three pages (`party_figures`); here they are counted for the whole district.
"""

import datetime as dt
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from enterprises import (  # they register their figures
    apartments,
    development,  # noqa: F401
    talent,  # noqa: F401
)
from enterprises.coverage import Reach, enterprises_on, projects_on
from enterprises.party_figures import FIGURES
from redprop.areas.models import District
from redprop.core.figures import figure

COVERED = ("single", "joint", "adviser")


def present_enterprises(district: District, day: dt.date) -> Any:
    """Enterprises in the register on the day."""
    return enterprises_on(Reach(district, day))


def running_projects(district: District, day: dt.date) -> Any:
    """Projects that run on the day and have a compound under contract."""
    return projects_on(Reach(district, day))


def _register(code: str, title: Any, parts: tuple[str, ...] = ()) -> None:
    """Register the figure of a page as a figure of the district."""

    @figure(code, title, parts=parts)
    def count(district: District, day: dt.date) -> int:
        return FIGURES[code].rows(Reach(district, day)).order_by().count()


_register("enterprises", _("property enterprises"), ("enterprises_with_party", "enterprises_without_party"))
_register("projects", _("service projects"), ("projects_with_party", "projects_without_party"))
_register(
    "enterprises_with_party",
    _("enterprises with a party organisation"),
    tuple(f"enterprises_{form}" for form in COVERED),
)
_register(
    "projects_with_party",
    _("projects with a party organisation"),
    tuple(f"projects_{form}" for form in COVERED),
)
_register("enterprises_without_party", _("enterprises without a party organisation"))
_register("projects_without_party", _("projects without a party organisation"))
for _of in ("enterprises", "projects"):
    for _form in COVERED:
        _register(f"{_of}_{_form}", FIGURES[f"{_of}_{_form}"].title)
_register(
    "graduates",
    _("graduates in post"),
    ("graduates_college", "graduates_bachelor", "graduates_master", "graduates_doctor"),
)
_register("recruits", _("graduates in post recruited under the programme"))
for _degree in ("college", "bachelor", "master", "doctor"):
    _register(f"graduates_{_degree}", FIGURES[f"graduates_{_degree}"].title)
_register("managers", _("graduates in management"), ("risen", "managers_at_once"))
_register("risen", _("graduates risen into management"))
_register("managers_at_once", _("graduates hired into management"))
_register("welfare_masters", _("recruits with a master's degree at public-welfare enterprises"))
_register(
    "mentored",
    FIGURES["mentored"].title,
    tuple(f"mentored_{n}" for n in ("both", "firm", "community", "none")),
)
for _code in (
    "mentored_both",
    "mentored_firm",
    "mentored_community",
    "mentored_none",
    "grown_any",
    "grown_none",
):
    _register(_code, FIGURES[_code].title)
_register("grown", FIGURES["grown"].title, ("grown_any", "grown_none"))
for _code, _title, _parts in (
    ("units", _("talent apartments"), ("apartments_let", "apartments_free", "apartments_out")),
    ("let", _("talent apartments let"), ()),
    ("free", _("talent apartments free"), ()),
    ("out", _("talent apartments out of use"), ()),
):
    _name = "apartments" if _code == "units" else f"apartments_{_code}"

    @figure(_name, _title, parts=_parts)
    def count_apartments(district: District, day: dt.date, code: str = _code) -> int:
        return apartments.FIGURES[code].rows(Reach(district, day)).order_by().count()


OF_STAGES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "welfare_masters_members": (_("party members among these masters"), ()),
    "graduates_probationary": (_("probationary members among the graduates"), ()),
    "member_managers": (_("member graduates in management"), ()),
    "backbone_members": (
        _("party members in a backbone post"),
        ("backbone_to_member", "member_to_backbone"),
    ),
    "backbone_to_member": (_("backbone become member"), ()),
    "member_to_backbone": (_("member become backbone"), ()),
}
KEPT_ELSEWHERE: frozenset[str] = frozenset() if settings.PARTY_DEVELOPMENT else frozenset(OF_STAGES)
"""Figures that this installation cannot count, because stages of membership are kept elsewhere."""
if settings.PARTY_DEVELOPMENT:
    for _code, (_title, _parts) in OF_STAGES.items():
        _register(_code, _title, _parts)
