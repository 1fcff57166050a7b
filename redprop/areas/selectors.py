"""Reads on the divisions: the communities of any day."""

import datetime as dt

from django.db.models import Min

from redprop.areas.divisions import Division, Step, backwards, forwards
from redprop.areas.models import CommunityVersion, District, DivisionChange, DivisionEdition


def communities_on(district: District, day: dt.date) -> list[Division]:
    """Code and name of every community of the district on `day`, by code (three queries).

    On the days the register knows, its versions say it; the recorded changes add what happened after
    the edition before `day` (a community that came and went between two editions), and lead back to
    days before the first one.
    """
    versions = CommunityVersion.objects.filter(community__district=district)
    first = versions.aggregate(first=Min("valid_from"))["first"]
    if first is None:
        return []
    base = max(day, first)
    known = [
        Division(code, name)
        for code, name in versions.on(base).order_by("code").values_list("code", "name").distinct()
    ]
    edition = DivisionEdition.objects.filter(district=district, as_of__lte=base).order_by("-as_of").first()
    listed = edition.as_of if edition is not None else first
    changes = DivisionChange.objects.filter(district=district, level=DivisionChange.Level.COMMUNITY)
    if day < first:
        return backwards(known, _steps(changes.filter(on__gt=day, on__lte=first)))
    return forwards(known, _steps(changes.filter(on__gt=listed, on__lte=day)))


def _steps(changes: "object") -> list[Step]:
    return [
        Step(row.on, row.change, Division(row.old_code, row.old_name), Division(row.new_code, row.new_name))
        for row in changes  # type: ignore[attr-defined]
    ]
