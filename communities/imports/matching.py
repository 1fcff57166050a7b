"""Rows of compounds without a code: described for the search, taken under another name, remembered."""

import re
from typing import Any

from django.utils.translation import gettext as _

from communities.candidates import find_candidates
from communities.models import Compound, CompoundAlias
from communities.services.aliases import sync_aliases
from communities.services.outlines import Outline
from redprop.areas.models import Community
from redprop.common.matching import Described
from redprop.common.tabular import matches
from redprop.common.tabular.declare import Context
from redprop.common.tabular.engine import CHANGED, MISSING, NEW, REFUSED, Plan, Row
from redprop.common.text import name_key

IS_NEW = "new"

_DATUMS = (
    (re.compile(r"amap|gcj|高德|腾讯", re.I), Compound.Datum.GCJ02),
    (re.compile(r"baidu|bd-?09|bd_|百度", re.I), Compound.Datum.BD09),
    (re.compile(r"wgs|gps", re.I), Compound.Datum.WGS84),
    (re.compile(r"cgcs|2000", re.I), Compound.Datum.CGCS2000),
)


def subdistricts_of(context: Context) -> dict[Any, Any]:
    """Return community → subdistrict of the district."""
    return dict(Community.objects.filter(district=context.district).values_list("pk", "subdistrict"))


def fill_datum(plan: Plan) -> None:
    """Set the datum of rows with a place where the headers tell it (高德经度, amap_lng) and no cell does."""
    if not {"longitude", "latitude"} <= plan.present:
        return
    header = plan.layout.header_of("longitude") + " " + plan.layout.header_of("latitude")
    datum = next((datum.value for form, datum in _DATUMS if form.search(header)), None)
    if datum is None:
        return
    at, lng, lat = plan.at["datum"], plan.at["longitude"], plan.at["latitude"]
    for row in plan.rows:
        if row.values[at] is MISSING and row.values[lng] is not MISSING and row.values[lat] is not MISSING:
            row.values[at] = datum


_RING_ROAD = re.compile(r"^\[[^\]]*\]\s*")


def clean_scraped(plan: Plan, rows: list[Row]) -> None:
    """Drop what scraped lists put into an address: an empty list, the ring road in brackets."""
    at = plan.at["address"]
    for row in rows:
        if isinstance(row.values[at], str):
            row.values[at] = _RING_ROAD.sub("", row.values[at]) or MISSING


def match(context: Context, plan: Plan, rows: list[Row]) -> None:
    """Propose compounds for rows without a code; take those whose name was confirmed before."""
    fill_datum(plan)
    clean_scraped(plan, rows)
    of_community = subdistricts_of(context)
    described = {row.number: _describe(plan, row, of_community) for row in rows}
    wanted = [(number, one) for number, one in described.items() if one.name]
    matches.apply(
        context,
        plan,
        rows,
        find_candidates(district=context.district, day=context.day, wanted=wanted),
        key_of=lambda row: (
            (name_key(described[row.number].name), described[row.number].area)
            if described[row.number].name
            else None
        ),
        says_new=lambda row: plan.value(row, "handling") == IS_NEW,
        keep=lambda row, decided: _keep_names(plan, row, decided),
    )


def _describe(plan: Plan, row: Row, of_community: dict[Any, Any]) -> Described:
    lng, lat = plan.value(row, "longitude"), plan.value(row, "latitude")
    return Described(
        plan.value(row, "name") or "",
        plan.value(row, "subdistrict") or of_community.get(plan.value(row, "community")),
        (float(lng), float(lat)) if lng and lat else None,
        plan.value(row, "datum") or "",
        plan.value(row, "address") or "",
        plan.value(row, "year_built"),
    )


def _keep_names(plan: Plan, row: Row, decided: bool) -> None:
    """Keep the registered name of a row taken without a code; the file's name joins the other names."""
    name, aliases = plan.at["name"], plan.at["aliases"]
    assert row.old is not None
    sent, row.values[name] = row.values[name], MISSING
    if decided:
        row.alias = sent
    known = [row.old[name], *(row.old[aliases] or [])]
    if name_key(sent) in map(name_key, known):
        return
    given = row.values[aliases] if row.values[aliases] is not MISSING else row.old[aliases]
    row.values[aliases] = [*(given or []), sent]


def remember_names(context: Context, plan: Plan) -> None:
    """Key the other names of the rows written, and the names by which rows were taken."""
    confirmed: dict[int, list[str]] = {}
    touched = set()
    for row in plan.rows:
        if row.status == REFUSED:
            continue
        if row.alias:
            confirmed[row.pk] = [row.alias]
        elif not (row.status == NEW and plan.value(row, "aliases")) and not (
            row.status == CHANGED and plan.differs(row, "aliases", "name")
        ):
            continue
        touched.add(row.pk)
    by = context.user.get_username() if context.user else "system"
    pks = sorted(touched)
    for start in range(0, len(pks), 5_000):
        part = Compound.objects.filter(pk__in=pks[start : start + 5_000])
        named = {pk for pk in pks[start : start + 5_000] if pk in confirmed}
        for source, rows in (
            (CompoundAlias.Source.IMPORT, [one for one in part if one.pk in named]),
            (CompoundAlias.Source.REGISTER, [one for one in part if one.pk not in named]),
        ):
            if rows:
                sync_aliases(rows, day=context.day, source=source, by=by, confirmed=confirmed)


_SITE = re.compile(r"交汇处?|交叉口|地块|路口|以[东南西北]")


def check_names(plan: Plan) -> None:
    """Refuse new rows whose name is a site (a crossing, a plot) instead of a name."""
    for row in plan.of(NEW):
        if _SITE.search(plan.value(row, "name") or ""):
            plan.refuse(
                row,
                "name",
                _(
                    "This is where something lies, not the name of a compound. Write the name, or delete the row."
                ),
            )


def check_district(context: Context, plan: Plan) -> None:
    """Refuse rows that say they lie in another district."""
    at, own = plan.at["district_name"], context.district.name.removesuffix("区")
    for row in plan.rows:
        told = row.values[at]
        if told is not MISSING and told and str(told).removesuffix("区").split("市")[-1] != own:
            plan.refuse(
                row,
                "district_name",
                _(
                    "The file says that this place lies in %(told)s, not in %(own)s. If the compound is ours, correct this cell and the coordinates; otherwise delete the row."
                )
                % {"told": told, "own": context.district.name},
            )


def check_outline(context: Context, plan: Plan) -> None:
    """Refuse rows whose new place lies outside the district."""
    outline = Outline(context.district, context.day)
    if not outline.ring:
        return
    for row in plan.of(NEW, CHANGED):
        if not plan.differs(row, "longitude", "latitude", "datum"):
            continue
        lng, lat, datum = (plan.value(row, name) for name in ("longitude", "latitude", "datum"))
        if lng and lat and datum and (sentence := outline.refusal((float(lng), float(lat)), datum)):
            plan.refuse(row, "longitude", sentence)
