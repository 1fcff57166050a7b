"""The public display of an adverse entry ends after a year; its values stay, and the list can still be recomputed."""

import datetime as dt
import zipfile

import pytest

from evaluations.models import ListEntry, Release
from evaluations.scoring.__main__ import main
from evaluations.services import releases
from evaluations.services.bundles import write_bundle
from evaluations.services.display import expire_display
from tests.evaluations.quarter import build_quarter, move_clock, noticed_quarter, veto

pytestmark = pytest.mark.django_db
FINAL_DAY = dt.date(2026, 10, 20)


@pytest.fixture
def final(cast):
    """A final list of 20 October 2026 with one black project."""
    quarter = build_quarter(cast)
    veto(quarter.projects[0], cast.registrar)
    period = noticed_quarter(quarter)
    move_clock(quarter.district, FINAL_DAY)
    quarter.release = releases.finalise(period=period, acting_user=cast.publisher)
    Release.objects.update(files_published_at="2026-10-20T12:00+08:00")
    return quarter


def test_a_black_entry_is_shown_for_a_year_and_not_a_day_longer(final):
    black = ListEntry.objects.get(project=final.projects[0])
    move_clock(final.district, dt.date(2027, 10, 19))
    assert expire_display(district=final.district) == 0
    move_clock(final.district, dt.date(2027, 10, 20))
    assert expire_display(district=final.district) == 1
    black.refresh_from_db()
    assert black.state == "expired"
    assert not ListEntry.objects.exclude(pk=black.pk).filter(state="expired").exists()
    assert expire_display(district=final.district) == 0


def test_the_files_of_its_releases_are_written_anew(final):
    move_clock(final.district, dt.date(2027, 10, 20))
    expire_display(district=final.district)
    assert {r.kind for r in Release.objects.filter(files_published_at__isnull=True)} == {"notice", "final"}


def test_the_bundle_loses_the_name_and_still_verifies(final, tmp_path, capsys):
    move_clock(final.district, dt.date(2027, 10, 20))
    expire_display(district=final.district)
    path = tmp_path / "final.zip"
    write_bundle(release=final.release, path=path)
    with zipfile.ZipFile(path) as bundle:
        entries = bundle.read("entries.jsonl").decode()
    assert final.projects[0].name not in entries
    assert main([str(path)]) == 0


def test_another_districts_entries_stay(final, cast):
    move_clock(final.district, dt.date(2027, 10, 20))
    assert expire_display(district=cast.other_district) == 0
