"""The number of queries of an import does not grow with its rows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from redprop.common.tabular import declare
from redprop.core.services import imports


def compounds(count, more=0):
    header = ["小区编号", "小区名称", "社区", "小区类型", "类别", "户数", "登记日期"]
    return [header] + [
        [f"XQ{n:04d}", f"小区{n}", "990101001001", "老旧小区", "二类", str(n + more), "2017-03-01"]
        for n in range(count)
    ]


def queries(work):
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


@pytest.mark.parametrize("step", ["check", "new", "changed", "unchanged"])
def test_ten_times_the_rows_take_the_same_queries(step, context, write, load):
    register, found = declare.get("compounds"), []
    for count in (30, 300):
        rows = compounds(count)
        if step != "check" and step != "new":
            load("compounds", *rows)
        path = write(*compounds(count, more=1 if step == "changed" else 0), name=f"{count}.csv")
        if step == "check":
            work = lambda: imports.check(register=register, path=path, context=context)  # noqa: E731,B023
        else:
            work = lambda: imports.import_file(register=register, path=path, context=context)  # noqa: E731,B023
        found.append(queries(work))
    assert abs(found[0] - found[1]) <= 2, found
    assert found[1] < 45
