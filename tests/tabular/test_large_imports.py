"""A longer file is imported by parts: so many queries to a part, none to a row, and little memory at its peak."""

from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from communities.models import Compound
from evaluations.bench import import_files
from redprop.common.tabular import declare
from redprop.common.tabular.engine import PART
from redprop.core.services import imports

pytestmark = pytest.mark.django_db

ROWS = 5_000
A_PART, ONCE = 25, 60
"""Queries at most: for each part of the file, and for the import as a whole."""

MEGABYTES = 48
"""What the process may grow by at its peak; 100,000 rows are measured by `make bench`."""


class Peak:
    """How far the memory of this process has grown at its highest since the start of the block, in MB."""

    def __enter__(self) -> "Peak":
        Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
        self.before = self._read("VmRSS")
        return self

    def __exit__(self, *_error) -> None:
        self.grown = (self._read("VmHWM") - self.before) / 1024

    @staticmethod
    def _read(name: str) -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def allowed() -> int:
    return ONCE + A_PART * -(-ROWS // PART)


def test_a_long_file_is_written_by_parts_and_changes_nothing_the_second_time(cast, context, tmp_path):
    path = tmp_path / "compounds.csv"
    import_files.write(path, ROWS)
    for outcome in ("new", "unchanged"):
        with CaptureQueriesContext(connection) as asked, Peak() as memory:
            plan, _batch = imports.import_file(register=declare.get("compounds"), path=path, context=context)
        assert plan.counts()[outcome] == ROWS
        assert len(asked) <= allowed()
        assert memory.grown < MEGABYTES
    assert Compound.objects.count() == ROWS


def test_a_long_workbook_is_checked_by_parts(cast, context, tmp_path):
    path = tmp_path / "compounds.xlsx"
    import_files.write(path, ROWS)
    with CaptureQueriesContext(connection) as asked, Peak() as memory:
        plan = imports.check(register=declare.get("compounds"), path=path, context=context)
    assert plan.counts()["new"] == ROWS
    assert len(asked) <= allowed()
    assert memory.grown < MEGABYTES
