"""The district of the real files, empty; and small lists of an edition for the small district."""

import csv
import io
import json
import os
from pathlib import Path

import pytest
from django.core.management import call_command

from redprop.areas.models import District

DATA = Path(os.environ.get("SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")


@pytest.fixture
def files():
    """The folder of the real files of the divisions."""
    if not DATA.exists():
        pytest.skip("the real files are not beside the repository")
    return DATA / "divisions"


@pytest.fixture
def real(db, settings, tmp_path, files) -> District:
    """The real district with its 17 subdistricts and no community."""
    settings.MEDIA_ROOT = tmp_path / "media"
    district = District.objects.create(code="420102", name="江岸区")
    run("import_register", "subdistricts", files / "jiangan_streets_2023.csv")
    return district


def run(*arguments, code=0):
    """Run a command with --json and return its object."""
    out, ended = io.StringIO(), 0
    try:
        call_command(*map(str, arguments), "--json", stdout=out, stderr=io.StringIO())
    except SystemExit as end:
        ended = end.code
    assert ended == code, out.getvalue()
    return json.loads(out.getvalue())


@pytest.fixture
def write(tmp_path, settings):
    """Write rows as a CSV file; the first row is the header."""
    settings.MEDIA_ROOT = tmp_path / "media"

    def written(*rows, name="list.csv") -> Path:
        path = tmp_path / name
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([("社区代码", "社区名称", "街道"), *rows])
        return path

    return written
