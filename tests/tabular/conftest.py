"""An importer for tests: rows as a file, through the service, into the small district."""

import csv
from pathlib import Path

import pytest

from redprop.common.tabular import declare, writing
from redprop.core.services import imports
from tests.tabular.rows import ROWS, errors


@pytest.fixture
def context(cast):
    """The system importing into the small district; its today is 2026-10-12."""
    return imports.context_for(district=cast.district, acting_user=None)


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def write(tmp_path):
    """Write rows as a CSV file; the first row is the header."""

    def written(*rows, name="file.csv") -> Path:
        path = tmp_path / name
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(rows)
        return path

    return written


@pytest.fixture
def load(context, write):
    """Import rows into a register and return the plan."""

    def loaded(register, *rows, **more):
        plan, _batch = imports.import_file(
            register=declare.get(register), path=write(*rows), context=more.pop("context", context), **more
        )
        return plan

    return loaded


@pytest.fixture
def export(context, tmp_path):
    """Export a register and return the path."""

    def exported(register, ending="csv", **more):
        path = tmp_path / f"{register}-export.{ending}"
        writing.export(declare.get(register), more.pop("context", context), path)
        return path

    return exported


@pytest.fixture
def filled(cast, load):
    """Rows in every register."""
    for register, rows in ROWS.items():
        plan = load(register, *rows)
        assert not errors(plan), register
        assert plan.counts()["new"] == len(rows) - 1, register
    return cast
