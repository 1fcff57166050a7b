"""The worked tables of docs/subsidies.md, sections 7 and 9, line by line."""

from decimal import Decimal
from pathlib import Path

from evaluations.services.sampling import sample_size
from redprop.common.money import allocate

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "subsidies.md").read_text(encoding="utf-8")


def table(heading, first):
    """The rows of the table below `heading` whose head begins with `first`."""
    part = TEXT[TEXT.index(heading) :]
    lines = part[part.index(f"| {first}") :].splitlines()
    rows = []
    for line in lines[2:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def test_sizes_of_samples():
    rows = table("## 七、收款账户", "明细行数")
    assert len(rows) == 5
    for lines, share, minimum, size in rows:
        assert sample_size(int(lines), int(share), int(minimum)) == int(size)


def test_instalments():
    rows = table("## 九、追回", "追回(元)")
    assert len(rows) == 3
    for amount, count, parts in rows:
        wanted = [Decimal(part) for part in parts.split("、")]
        assert sum(wanted) == Decimal(amount)
        assert allocate(Decimal(amount), [1] * int(count)) == wanted
