"""Registers of any content go out and come back; damaged files of any register end in a sentence.

One strategy, driven by the kinds of the columns, serves all registers. Each example runs in a savepoint.
"""

import csv
import datetime as dt
import random
from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redprop.common.errors import Refused
from redprop.common.tabular import declare, kinds, parts, writing
from redprop.core.models import ImportBatch
from redprop.core.services import imports

pytestmark = pytest.mark.django_db
few = settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

TYPED = {kinds.Kind, kinds.Name, kinds.Number, kinds.Money, kinds.Integer, kinds.Year, kinds.Share}
TYPED |= {kinds.Date, kinds.Boolean, kinds.Choice, kinds.Several, parts.Names}
"""Kinds of cells that are typed anew; references and tables stay."""

letters = st.characters(min_codepoint=0x20, max_codepoint=0xFFFF, exclude_categories=("Cs", "Cc", "Co", "Cn"))
texts = st.sampled_from(
    [
        "清空",
        "【清空】",
        "示例：甲",
        "合计",
        "'",
        "''甲",
        "—",
        "1.0",
        "2026年",
        "=1+1",
        "@甲",
        "甲\n乙",
        "",
        " ",
    ]
) | st.text(st.sampled_from("=+-@'\"，、;,.（）()“”%0123456789 \t\n示例合计清空") | letters, max_size=15)


def cells_of(kind: kinds.Kind) -> st.SearchStrategy[object]:
    """What a clerk may type into a column of this kind: mostly sound, sometimes not."""
    if isinstance(kind, kinds.Date):
        day = st.dates(dt.date(2000, 1, 1), dt.date(2030, 12, 31))
        return day.map(lambda d: random.Random(d.toordinal()).choice([f"{d}", f"{d.year}.{d.month}.{d.day}"]))
    if isinstance(kind, kinds.Share):
        return st.decimals(0, 1, places=4).map(lambda share: f"{share * 100:f}%")
    if isinstance(kind, kinds.Number):
        least = Decimal(kind.least if kind.least is not None else -(10**6))
        most = Decimal(kind.most if kind.most is not None else 10**6)
        return st.decimals(least, most, places=kind.places).map(lambda number: f"{number:f}")
    if choices := kind.choices_out():
        return st.sampled_from(choices)
    return texts


def sheet_of(path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def write(path, rows):
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@contextmanager
def thrown_away():
    """What happens inside did not happen."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def taken(**what):
    """Import a file; (None, None) when it was refused with a sentence."""
    try:
        return imports.import_file(**what)
    except Refused as refused:
        if not str(refused):
            raise
        return None, None


def typed_over(data, register, rows):
    """Each row of an export with one or two of its free cells typed anew."""
    at = {header: place for place, header in enumerate(rows[0])}
    free = [
        column
        for column in register.exported
        if not (column.read_only or column.fixed or column.transient or column.field in register.key)
        and type(column.kind) in TYPED
    ]
    made = [rows[0]]
    for row in rows[1:]:
        row = list(row)
        for column in data.draw(st.lists(st.sampled_from(free), min_size=1, max_size=2)) if free else ():
            row[at[column.header]] = data.draw(cells_of(column.kind), label=column.header)
        made.append(row)
    return made


@few
@given(data=st.data())
def test_whatever_is_stored_comes_back_without_a_difference(filled, context, tmp_path, data):
    written = {}
    for register in declare.registers():
        plain = tmp_path / "plain.csv"
        writing.export(register, context, plain)
        sent = write(tmp_path / "sent.csv", typed_over(data, register, sheet_of(plain)))
        with thrown_away():
            plan, _batch = taken(register=register, path=sent, context=context, only_good=True)
            if plan is None:
                continue
            written[register.name] = plan.counts()["changed"]
            for ending in writing.ENDINGS:
                path = tmp_path / f"again.{ending}"
                writing.export(register, context, path)
                again = imports.check(register=register, path=path, context=context)
                counts = again.counts()
                shown = [again.changes_shown(row) for row in again.of("changed")]
                assert counts["unchanged"] == counts["rows"], (
                    register.name,
                    ending,
                    shown,
                    again.problems(),
                    sheet_of(sent),
                )
    assert written


def damaged(path, chance: random.Random) -> bytes:
    """The file as a bad disk, a broken transfer or a hurried hand leaves it."""
    content = path.read_bytes()
    if path.suffix == ".csv" and chance.random() < 0.5:
        rows = list(csv.reader(content.decode("utf-8-sig").splitlines(keepends=True)))
        cells = [(y, x) for y, row in enumerate(rows) for x in range(len(row)) if y or chance.random() < 0.1]
        for _swap in range(chance.randint(1, 4)):
            (y, x), (v, u) = chance.choice(cells), chance.choice(cells)
            rows[y][x], rows[v][u] = rows[v][u], rows[y][x]
        return write(path, rows).read_bytes()
    start = chance.randrange(len(content))
    end = min(len(content), start + chance.randint(1, 40))
    how = chance.choice(["cut", "flip", "drop", "twice"])
    if how == "cut":
        return content[:start]
    if how == "flip":
        mask = bytes(byte ^ (1 << chance.randrange(8)) for byte in content[start:end])
        return content[:start] + mask + content[end:]
    return content[:start] + (content[start:end] * 2 if how == "twice" else b"") + content[end:]


@few
@given(seed=st.integers(0, 10**9))
def test_a_damaged_file_is_refused_or_taken_whole_never_by_halves(filled, context, tmp_path, seed):
    chance = random.Random(seed)
    for register in declare.registers():
        path = tmp_path / f"sent.{chance.choice(writing.ENDINGS)}"
        writing.export(register, context, path)
        path.write_bytes(damaged(path, chance))
        with thrown_away():
            rows, batches = register.rows(context).count(), ImportBatch.objects.count()
            plan, batch = taken(
                register=register, path=path, context=context, only_good=chance.random() < 0.5
            )
            assert plan is None or all(problem.message for problem in plan.problems())
            new = plan.counts()["new"] if batch else 0
            assert register.rows(context).count() == rows + new, (register.name, path.read_bytes())
            assert ImportBatch.objects.count() == batches + bool(batch)
