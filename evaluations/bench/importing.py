"""Import of compounds against COPY of the same rows into the same table, each import in a process of its own.

The yardstick is PostgreSQL's own: the rows that the import wrote, sent back as text into the emptied
table with its indexes, constraints and triggers. Search keys in pinyin are timed apart: COPY makes none.
"""

import contextlib
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from evaluations.bench import import_files
from evaluations.bench.databases import copied
from redprop.areas.models import District

TABLE = "communities_compound"
CODE = "990199"
ENDINGS = ("xlsx", "csv")


class Failed(Exception):
    """An import of the measurement did not do what it must: its time would mean nothing."""


def measure(count: int, rounds: int, say: Callable[[str], Any]) -> dict[str, Any]:
    """Return medians in seconds, their ratios to COPY and the highest memory of any import of `count` rows."""
    found: dict[str, list[dict[str, Any]]] = {}
    copies: list[float] = []
    with copied("redprop_bench_import") as database, tempfile.TemporaryDirectory() as folder:
        District.objects.create(code=CODE, name="测区", recorded_by="bench")
        files = [Path(folder, f"compounds.{ending}") for ending in ENDINGS]
        for path in files:
            import_files.write(path, count)
        for number in range(rounds):
            for path in files:
                _empty()
                ending = path.suffix[1:]
                new = _import(database, path, count, "new")
                again = _import(database, path, count, "unchanged")
                copies.append(_copy())
                found.setdefault(ending, []).append(new)
                found.setdefault(f"{ending}_again", []).append(again)
                say(
                    f"  round {number + 1}: .{ending} {new['seconds']:.2f} s (pinyin {new['pinyin_s']:.2f} s), "
                    f"again {again['seconds']:.2f} s, COPY {copies[-1]:.2f} s, peak {new['peak_mb']:.0f} MB"
                )
    every = [run for runs in found.values() for run in runs]
    copy = statistics.median(copies)
    return {
        "rows": count,
        "rounds": rounds,
        "copy_s": round(copy, 3),
        "bare_mb": statistics.median(run["bare_mb"] for run in every),
        "peak_mb": max(run["peak_mb"] for run in every),
        **{name: _figures(runs, copy) for name, runs in found.items()},
    }


def _figures(runs: list[dict[str, Any]], copy: float) -> dict[str, float]:
    whole = statistics.median(run["seconds"] for run in runs)
    without = statistics.median(run["seconds"] - run["pinyin_s"] for run in runs)
    return {
        "seconds": round(whole, 3),
        "pinyin_s": round(statistics.median(run["pinyin_s"] for run in runs), 3),
        "ratio": round(without / copy, 2),
        "ratio_with_pinyin": round(whole / copy, 2),
        "peak_mb": max(run["peak_mb"] for run in runs),
    }


def _import(database: str, path: Path, count: int, outcome: str) -> dict[str, Any]:
    """Import the file in a process of its own; raises Failed unless all rows are new, or all unchanged."""
    done = subprocess.run(
        [sys.executable, "-m", "evaluations.bench.one_import", database, CODE, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "The import ended.")
    found: dict[str, Any] = json.loads(done.stdout)
    if found[outcome] != count:
        raise Failed(f"Of {count} rows {found[outcome]} are {outcome}: {found}")
    return found


def _empty() -> None:
    with _free(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLE}, {TABLE}event, core_importbatch CASCADE")
        cursor.execute("VACUUM ANALYZE")


def _copy() -> float:
    """Return the seconds that COPY takes for the rows of the table, which it empties first."""
    rows = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(f"COPY {TABLE} TO STDOUT") as sent:
        for block in sent:
            rows.write(block)
    _empty()
    start = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(f"COPY {TABLE} FROM STDIN") as copy:
        copy.write(rows.getvalue())
    return time.perf_counter() - start


@contextlib.contextmanager
def _free() -> Iterator[None]:
    """Let tables that refuse to be emptied be emptied: nothing but a measurement may."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = DEFAULT")
