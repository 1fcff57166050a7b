"""Mergers, splits and renamings by hand: the register follows, and the history has the rows of the change file."""

import csv
import datetime as dt

import pytest
from django.urls import reverse

from redprop.areas.models import Community, CommunitySuccession, DivisionChange
from redprop.areas.selectors import communities_on
from redprop.areas.services.by_hand import Fresh, record_change
from redprop.common.errors import Refused
from tests.areas.conftest import run

ON = dt.date(2026, 10, 1)
SIDES = ("change", "old_code", "old_name", "new_code", "new_name")


def do(cast, change, former=(), following=(), fresh=(), on=ON):
    return record_change(
        district=cast.district,
        change=change,
        on=on,
        document="文1号",
        acting_user=cast.registrar,
        former=former,
        following=following,
        fresh=[Fresh(code, name, cast.subdistrict) for code, name in fresh],
    )


def rows_of(rows):
    return {tuple(getattr(row, name) for name in SIDES) for row in rows}


def test_what_is_done_by_hand_gives_the_rows_of_the_real_file(real, files):
    """Every real change from 2019 to 2022, entered by hand on the list of 2019, leads to the list of 2023."""
    run("import_register", "communities", files / "jiangan_communities_2019.csv", "--edition", "2019")
    with (files / "jiangan_division_changes.csv").open(encoding="utf-8-sig", newline="") as file:
        told = [row for row in csv.DictReader(file) if row["from_as_of"] >= "2019-10-31"]
    streets = {one.code: one for one in real.subdistricts.all()}
    for row in told:
        former = (
            list(Community.objects.filter(code=row["old_code"], closed_on=None)) if row["old_code"] else []
        )
        new = row["new_code"]
        record_change(
            district=real,
            change={"recoded": "renamed"}.get(row["change"], row["change"]),
            on=dt.date.fromisoformat(row["to_as_of"]),
            document="文1号",
            acting_user=None,
            former=former,
            fresh=[Fresh(new, row["new_name"], streets[new[:9]])] if new else [],
        )
    assert rows_of(DivisionChange.objects.all()) == {tuple(row[name] for name in SIDES) for row in told}
    with (files / "jiangan_communities_2023.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = sorted((row["code"], row["name"]) for row in csv.DictReader(file))
    assert [(one.code, one.name) for one in communities_on(real, dt.date(2023, 6, 30))] == listed


def test_a_merger_into_a_new_community(cast):
    rows = do(cast, "merged", [cast.community, cast.other_community], fresh=[("990101001009", "合一社区")])
    assert rows_of(rows) == {
        ("added", "", "", "990101001009", "合一社区"),
        ("merged", "990101001001", "甲区1社区", "990101001009", "合一社区"),
        ("merged", "990101002001", "甲区2社区", "990101001009", "合一社区"),
    }
    assert Community.objects.filter(district=cast.district, closed_on=ON).count() == 2
    assert CommunitySuccession.objects.filter(successor__code="990101001009").count() == 2
    before = [one.code for one in communities_on(cast.district, dt.date(2026, 9, 30))]
    assert before == ["990101001001", "990101002001"]
    assert [one.code for one in communities_on(cast.district, ON)] == ["990101001009"]


def test_a_community_that_takes_another_in_goes_on(cast):
    rows = do(cast, "merged", [cast.community, cast.other_community], [cast.community])
    assert rows_of(rows) == {("merged", "990101002001", "甲区2社区", "990101001001", "甲区1社区")}
    assert Community.objects.get(pk=cast.community.pk).closed_on is None


def test_a_part_is_split_off_and_the_rest_goes_on(cast):
    rows = do(cast, "split", [cast.community], [cast.community], [("990101001008", "析出社区")])
    assert rows_of(rows) == {("split", "990101001001", "甲区1社区", "990101001008", "析出社区")}
    assert [one.code for one in communities_on(cast.district, ON)] == [
        "990101001001",
        "990101001008",
        "990101002001",
    ]


def test_a_removed_community_may_wait_for_its_successor(cast):
    do(cast, "removed", [cast.community])
    assert Community.objects.get(pk=cast.community.pk).closed_on == ON
    assert not CommunitySuccession.objects.exists()


@pytest.mark.parametrize(
    ("change", "former", "following", "fresh"),
    [
        ("renamed", 1, 0, []),
        ("merged", 1, 0, []),
        ("split", 1, 0, []),
        ("removed", 0, 0, []),
        ("added", 1, 0, [("990101001009", "新社区")]),
        ("renamed", 1, 0, [("990101001001", "甲区1社区")]),
        ("added", 0, 0, [("110101001009", "别处社区")]),
        ("added", 0, 0, [("990101001001", "重号社区")]),
        ("none", 1, 0, []),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(cast, change, former, following, fresh):
    with pytest.raises(Refused):
        do(cast, change, [cast.community][:former], [cast.other_community][:following], fresh)
    assert not DivisionChange.objects.exists()
    assert Community.objects.filter(district=cast.district, closed_on=None).count() == 2


def test_the_form_carries_a_renaming_out(cast, client):
    client.force_login(cast.registrar)
    address = reverse("admin:areas_community_by_hand")
    data = {"change": "renamed", "on": "2026-10-01", "document": "文1号", "former": [cast.community.pk]}
    assert client.post(address, {**data, "fresh": "990101001001 新名社区"}).context["refusal"]
    assert client.post(address, {**data, "fresh": "990101001001 新名社区 甲区1街道"}).status_code == 302
    assert Community.objects.get(pk=cast.community.pk).name == "新名社区"
    row = DivisionChange.objects.get()
    assert (row.community, row.document, row.recorded_by) == (
        cast.community,
        "文1号",
        cast.registrar.username,
    )
