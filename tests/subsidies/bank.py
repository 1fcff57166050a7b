"""What a bank would answer to a file of ours: result files as CSV, for the tests of payments."""

import csv

from evaluations.subsidies.files import RESULT_HEADS
from evaluations.subsidies.results import read_result

RETURN = ("退票", "户名与账号不符")


def result_file(folder, export, answers=None, *, name="result.csv", total=None, count=None, change=None):
    """A result file for `export`: every order paid, but those whose number stands in `answers` as said there.

    `answers` maps a number to (word, reason), or to None for a row left out. `change` may alter the rows.
    """
    rows = []
    for order in export.orders.order_by("number"):
        said = (answers or {}).get(order.number, ("成功", ""))
        if said is None:
            continue
        rows.append(
            [
                export.batch.number,
                export.version,
                order.number,
                order.payee_code,
                order.payee_name,
                str(order.amount),
                *said,
                "",
            ]
        )
    if change:
        change(rows)
    total = total or str(sum(float(row[5]) for row in rows if row[5].replace(".", "").isdigit()))
    path = folder / name
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(RESULT_HEADS)
        writer.writerows(rows)
        writer.writerow(["合计", "", count or len(rows), "", "", f"{float(total):.2f}", "", "", ""])
    return path


def result_of(folder, export, answers=None, **options):
    """The same, as read."""
    return read_result(result_file(folder, export, answers, **options))
