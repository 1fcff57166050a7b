"""From frozen rows to files: complete, once, in one district, without personal data, within a fixed number of queries."""

import datetime as dt
import errno
import logging
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from evaluations.models import ListEntry, Release
from redprop.public import files, publishing, selectors, tasks
from tests.public.conftest import add_compounds, publish_list


def read(root: Path, path: str) -> str:
    return (root / path).read_text()


def all_text(root: Path) -> str:
    return "\n".join(p.read_text() for p in root.rglob("*") if p.suffix in (".html", ".json", ".csv"))


def test_publishing_writes_the_pages_and_marks_the_releases(town, published_root):
    tasks.publish_release(town.final.pk)
    home = read(published_root, "990101/index.html")
    assert "甲区安澜0项目" in home
    assert "甲区安澜1项目" in home
    assert "2026年10月12日" in home
    compound = read(published_root, "990101/compounds/C001/index.html")
    assert "甲区青禾物业服务有限公司" in compound
    assert "87.23" in compound
    assert "131 / 150（87.3%）" in compound
    assert (published_root / "990101/lists/2026Q3/final-1/bundle.zip").read_bytes().startswith(b"PK")
    assert not Release.objects.filter(files_published_at__isnull=True).exists()


def test_publishing_twice_writes_nothing_new(town, published_root):
    first = publishing.publish_district(town.district)
    again = publishing.publish_district(town.district)
    assert first[0] == first[1] == again[0]
    assert again[1] == 0


def test_nothing_of_another_district_is_on_a_page(town, neighbour, published_root):
    publishing.publish_district(town.district)
    assert [p.name for p in published_root.iterdir() if p.is_dir()] == ["990101"]
    assert "乙区" not in all_text(published_root)
    publishing.publish_district(neighbour.district)
    assert "甲区" not in all_text(published_root / "990102")


def test_a_full_disk_leaves_a_sentence_and_the_sweeper_tries_again(town, published_root, monkeypatch, caplog):
    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, "stage", full)
        with caplog.at_level(logging.ERROR):
            tasks.publish_release(town.final.pk)
    assert "990101" in caplog.text
    assert "No space left" in caplog.text
    assert Release.objects.filter(files_published_at__isnull=True).count() == 2
    assert not (published_root / "990101/index.html").exists()
    tasks.sweep_publishing()
    assert not Release.objects.filter(files_published_at__isnull=True).exists()
    assert (published_root / "990101/index.html").exists()


def test_a_release_already_in_files_is_not_rendered_again(town, monkeypatch):
    tasks.publish_release(town.final.pk)
    monkeypatch.setattr(selectors, "site_of", lambda district: pytest.fail("rendered again"))
    tasks.publish_release(town.final.pk)


def test_no_worker_waits_while_another_process_publishes(town, published_root):
    with files.only_writer(published_root):
        assert publishing.publish_release(town.final.pk)
    assert Release.objects.filter(files_published_at__isnull=True).count() == 2, (
        "left to the other, or the sweeper"
    )
    publishing.sweep_publishing()
    assert not Release.objects.filter(files_published_at__isnull=True).exists()


def test_a_release_that_arrives_while_pages_are_written_is_written_too(town, published_root, monkeypatch):
    real = files.replace_tree
    arrivals = [lambda: publish_list(town, "supplement", ["red", "black"], 3)]

    def replace_tree(*args):
        while arrivals:
            arrivals.pop()()
        return real(*args)

    monkeypatch.setattr(files, "replace_tree", replace_tree)
    publishing.publish_release(town.final.pk)
    assert not Release.objects.filter(files_published_at__isnull=True).exists()
    assert (published_root / "990101/lists/2026Q3/supplement-1/index.html").exists()


def test_the_sweeper_leaves_what_is_in_files_alone(town, monkeypatch):
    publishing.publish_district(town.district)
    monkeypatch.setattr(publishing, "write_pages", lambda district: pytest.fail("published again"))
    assert publishing.sweep_publishing() == 0


def test_no_personal_data_and_no_salt_reach_a_page(town, published_root):
    publishing.publish_district(town.district)
    text = all_text(published_root)
    for secret in ("孟经理", "13900000000", "secret-salt"):
        assert secret not in text
    assert "项目经理" in text, "the post is public"


def test_a_managers_name_appears_only_where_the_district_may_publish_it(town, published_root):
    town.district.names_of_persons_since = dt.date(2027, 1, 1)
    town.district.save()
    publishing.publish_district(town.district)
    assert "孟经理" not in all_text(published_root)
    town.district.names_of_persons_since = dt.date(2026, 1, 1)
    town.district.save()
    publishing.publish_district(town.district)
    assert "孟经理1" in read(published_root, "990101/compounds/C001/index.html")


def test_a_notice_drops_what_did_not_become_final_and_keeps_its_number(cast, published_root):
    from tests.public.conftest import make_town

    town = make_town(cast.district, cast.community, "91420102MA00000000")
    publish_list(town, "notice", ["red", "black"], 1)
    publishing.publish_district(town.district)
    assert "甲区安澜1项目" in read(published_root, "990101/lists/2026Q3/notice-1/index.html")
    publish_list(town, "final", ["red", "unlisted"], 2)
    publishing.publish_district(town.district)
    notice = read(published_root, "990101/lists/2026Q3/notice-1/index.html")
    assert "甲区安澜1项目" not in notice
    assert "甲区安澜0项目" in notice
    assert "甲区安澜1项目" not in read(published_root, "990101/lists/2026Q3/notice-1/list.json")


def test_a_withdrawn_entry_leaves_every_page(cast, town, published_root):
    ListEntry.objects.filter(pk=town.entries[town.projects[1]].pk).update(
        state="withdrawn", confirmed_by=cast.evaluator, confirmed_at=timezone.now()
    )
    publishing.publish_district(town.district)
    final = read(published_root, "990101/lists/2026Q3/final-1/index.html")
    assert "甲区安澜1项目" not in final
    assert "below_black" not in read(published_root, "990101/compounds/C001/index.html")
    assert "list-black" not in read(published_root, "990101/compounds/C001/index.html")


def test_the_number_of_queries_does_not_grow_with_the_district(cast, django_assert_num_queries):
    from tests.public.conftest import make_town

    town = make_town(cast.district, cast.community, "91420102MA00000000")
    publish_list(town, "final", ["red", "black"], 1)
    with CaptureQueriesContext(
        connection,
    ) as small:
        selectors.site_of(town.district)
    add_compounds(town, range(2, 12))
    Release.objects.filter(pk=0).update(state="draft")
    with CaptureQueriesContext(connection) as large:
        site = selectors.site_of(town.district)
    assert len(site.compounds) == 12
    assert len(large) == len(small) <= 44


def test_the_command_prints_one_json_object(town, capsys):
    call_command("publish_pages", "--district", "990101", "--json")
    out = capsys.readouterr().out
    assert out.startswith('{"district": "990101", "files": ')
