"""The two real editions and the real changes between them, one after the other, by command."""

import csv
import datetime as dt

from redprop.areas.models import (
    Community,
    CommunitySuccession,
    CommunityVersion,
    DivisionChange,
    DivisionEdition,
)
from redprop.areas.selectors import communities_on
from redprop.core.models import ImportBatch
from tests.areas.conftest import run

COUNTS = ("removed", "renamed", "added", "recoded", "moved")


def take(files, year, *more, code=0):
    return run(
        "import_register",
        "communities",
        files / f"jiangan_communities_{year}.csv",
        "--edition",
        year,
        *more,
        code=code,
    )


def load_changes(files, code=0):
    return run("import_register", "community-changes", files / "jiangan_division_changes.csv", code=code)


def counts(found):
    return [found[name] for name in ("rows", "new", "changed", "unchanged", "refused")]


def listed(files, year):
    with (files / f"jiangan_communities_{year}.csv").open(encoding="utf-8-sig", newline="") as file:
        return sorted((row["code"], row["name"]) for row in csv.DictReader(file))


def on(district, day):
    return [(one.code, one.name) for one in communities_on(district, day)]


def test_both_editions_one_after_the_other(real, files):
    found = take(files, "2019")
    assert counts(found) == [154, 154, 0, 0, 0]
    assert found["edition"]["as_of"] == "2019-10-31"
    hongqiao = Community.objects.get(name="红桥社区")
    assert hongqiao.subdistrict.name == "塔子湖街道"

    # 红桥社区 under another code is a guess: without a person's word nothing is written.
    found = take(files, "2023", code=1)
    assert counts(found) == [141, 1, 3, 136, 1]
    assert "红桥社区" in found["errors"][0]["message"]
    assert found["batch"] is None
    assert Community.objects.filter(closed_on=None).count() == 154

    found = take(files, "2023", "--accept-matches", "--simulate")
    assert counts(found) == [141, 1, 4, 136, 0]
    assert Community.objects.filter(closed_on=None).count() == 154

    found = take(files, "2023", "--accept-matches")
    assert counts(found) == [141, 1, 4, 136, 0]
    assert {name: found["edition"][name] for name in COUNTS} == {
        "removed": 14,
        "renamed": 3,
        "added": 1,
        "recoded": 1,
        "moved": 1,
    }
    assert found["edition"]["as_of"] == "2023-06-30"
    lines = found["edition"]["lines"]
    assert [line["new"][1] for line in lines if line["change"] == "renamed"] == [
        "盛锦社区",
        "京汉社区",
        "塔新社区",
    ]
    assert [line["new"][1] for line in lines if line["change"] == "added"] == ["游湖社区"]
    assert [line for line in lines if line["change"] == "recoded"] == [
        {
            "change": "recoded",
            "old": ["420102018006", "红桥社区", "塔子湖街道"],
            "new": ["420102015024", "红桥社区", "花桥街道"],
            "on": "2023-06-30",
            "guess": True,
        }
    ]

    # The same community, under its new code in its new street; its former version is kept.
    after = Community.objects.get(pk=hongqiao.pk)
    assert (after.code, after.subdistrict.name) == ("420102015024", "花桥街道")
    versions = list(after.versions.order_by("valid_from").values_list("code", "valid_from", "valid_to"))
    assert versions == [
        ("420102018006", dt.date(2019, 10, 31), dt.date(2023, 6, 29)),
        ("420102015024", dt.date(2023, 6, 30), None),
    ]

    # Nothing is dropped: the removed ones have ended, with their last version.
    ended = Community.objects.filter(closed_on=dt.date(2023, 6, 30))
    assert ended.count() == 14
    assert CommunityVersion.objects.filter(community__in=ended, valid_to=dt.date(2023, 6, 29)).count() == 14
    assert Community.objects.count() == 155
    assert Community.objects.filter(closed_on=None).count() == 141
    assert list(DivisionEdition.objects.order_by("as_of").values_list("label", "communities")) == [
        ("2019", 154),
        ("2023", 141),
    ]
    assert ImportBatch.objects.get(pk=found["batch"]).options["edition"] == "2023"


def test_the_same_edition_again_changes_nothing(real, files):
    take(files, "2019")
    take(files, "2023", "--accept-matches")
    before = list(CommunityVersion.objects.order_by("pk").values_list("pk", "code", "valid_from", "valid_to"))
    found = take(files, "2023")
    assert counts(found) == [141, 0, 0, 141, 0]
    assert found["edition"]["removed"] == 0
    assert (
        list(CommunityVersion.objects.order_by("pk").values_list("pk", "code", "valid_from", "valid_to"))
        == before
    )


def test_an_older_edition_after_a_newer_one_is_refused(real, files):
    take(files, "2023")
    found = take(files, "2019", code=1)
    assert "2019-10-31" in found["errors"][0]["message"]
    assert Community.objects.count() == 141


def test_the_file_tells_another_day_than_the_edition_named(real, files):
    found = run(
        "import_register", "communities", files / "jiangan_communities_2019.csv", "--edition", "2021", code=1
    )
    assert "2019-10-31" in found["errors"][0]["message"]
    assert Community.objects.count() == 0


def test_the_changes_load_as_history_and_come_back_unchanged(real, files, tmp_path):
    found = load_changes(files)
    assert counts(found) == [62, 62, 0, 0, 0]
    assert counts(load_changes(files)) == [62, 0, 0, 62, 0]
    # Divisions that are no more, or never stood in the register, are history all the same.
    village = DivisionChange.objects.get(old_name="三金潭村委会")
    assert (village.change, village.community, village.subdistrict.name) == ("removed", None, "后湖街道")
    assert DivisionChange.objects.filter(level="subdistrict", subdistrict=None).count() == 0

    out = tmp_path / "changes.xlsx"
    run("export_register", "community-changes", out)
    assert counts(run("import_register", "community-changes", out)) == [62, 0, 0, 62, 0]

    # As soon as the communities stand in the register, the changes point to them.
    take(files, "2019")
    take(files, "2023", "--accept-matches")
    renamed = DivisionChange.objects.get(new_name="塔新社区")
    assert renamed.community == Community.objects.get(name="塔新社区")
    moved = DivisionChange.objects.get(new_code="420102015024")
    assert (moved.community.name, moved.subdistrict.name) == ("红桥社区", "花桥街道")
    gone = DivisionChange.objects.get(old_name="坤厚社区")
    assert gone.community.closed_on == dt.date(2022, 10, 31)  # the day the change file tells


def test_the_communities_of_any_day(real, files):
    """With the changes before or after the second edition; expected numbers counted from the files by hand."""
    take(files, "2019")
    take(files, "2023", "--accept-matches")
    load_changes(files)
    whole = {day: on(real, day) for day in DAYS}
    assert {day: len(found) for day, found in whole.items()} == DAYS
    assert whole[dt.date(2019, 10, 31)] == listed(files, "2019")
    assert whole[dt.date(2023, 6, 30)] == listed(files, "2023")
    assert ("420102010017", "二炮社区") in whole[dt.date(2016, 7, 31)]
    # 融玺社区 came and went between the two editions.
    assert ("420102015023", "融玺社区") in whole[dt.date(2022, 10, 30)]
    assert ("420102015023", "融玺社区") not in whole[dt.date(2022, 10, 31)]


DAYS = {
    dt.date(2016, 7, 31): 151,  # 154, less the 13 added since, and the 10 villages removed since
    dt.date(2019, 10, 31): 154,
    dt.date(2021, 10, 30): 154,
    dt.date(2021, 10, 31): 152,  # 3 villages and 花桥 (018) less, 融玺 and 游湖 more
    dt.date(2022, 10, 30): 152,
    dt.date(2022, 10, 31): 141,  # 11 removed
    dt.date(2023, 6, 30): 141,
    dt.date(2026, 10, 12): 141,
}


def test_the_communities_of_any_day_with_the_changes_loaded_first(real, files):
    load_changes(files)
    take(files, "2019")
    take(files, "2023", "--accept-matches")
    assert {day: len(on(real, day)) for day in DAYS} == DAYS
    assert on(real, dt.date(2019, 10, 31)) == listed(files, "2019")
    assert on(real, dt.date(2023, 6, 30)) == listed(files, "2023")
    assert Community.objects.get(name="盛锦社区").versions.filter(valid_from="2022-10-31").exists()


def everything():
    """All that an edition writes, without the editions' own row."""
    return (
        sorted(
            Community.objects.values_list("pk", "code", "name", "subdistrict", "closed_on", "pinyin"), key=str
        ),
        sorted(
            CommunityVersion.objects.values_list(
                "pk", "code", "name", "subdistrict", "valid_from", "valid_to"
            ),
            key=str,
        ),
        sorted(CommunitySuccession.objects.values_list(), key=str),
        list(DivisionEdition.objects.order_by("as_of").values_list("label", "communities")),
    )


def test_an_edition_is_undone_as_a_whole_and_can_be_taken_over_again(real, files):
    take(files, "2019")
    before = everything()
    found = take(files, "2023", "--accept-matches")
    assert everything() != before
    undone = run("undo_import", found["batch"])
    assert undone["batch"] == found["batch"]
    assert everything() == before
    again = take(files, "2023", "--accept-matches")
    assert counts(again) == counts(found)


def test_an_edition_whose_community_was_renamed_since_stays(real, files):
    take(files, "2019")
    found = take(files, "2023", "--accept-matches")
    after = Community.objects.get(name="盛锦社区")  # the edition gave it this name
    after.name = "新盛锦社区"
    after.save(update_fields=["name"])
    before = everything()
    run("undo_import", found["batch"], code=1)
    assert everything() == before
