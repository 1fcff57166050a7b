"""An importer for tests: rows as a file, through the service, into the small district."""

import csv
import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from communities.models import GridCell, GridWorker, VisitItem
from evaluations.models import EvaluationPeriod, Rubric, RubricItem
from redprop.areas.models import Community
from redprop.common.tabular import declare, writing
from redprop.core.services import imports
from tests.entered import entered_once
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
def filled(cast, load, context):
    """Rows in every register."""
    return entered_once("filled", lambda: imported(cast, load, context), on=cast.objects())


def imported(cast, load, context):
    """Import a small file into every register."""
    by_hand = replace(context, user=cast.finance_maker)  # an account is proposed by a person
    for register, rows in ROWS.items():
        plan = load(register, *rows, **({"context": by_hand} if register == "payee-accounts" else {}))
        assert not errors(plan), register
        assert plan.counts()["new"] == len(rows) - 1, register
    _fill_community_work(cast.district, load)
    _fill_marks(cast.district, load)
    return cast


def _fill_marks(district, load):
    """Marks by hand: of a period that is opened, not imported."""
    rubric = Rubric.objects.get(code="JD")
    RubricItem.objects.create(
        rubric=rubric,
        position=2,
        code="order",
        title="秩序",
        points=0,
        source="marks",
        transform={"kind": "deduction", "per_event": "1", "floor": "-3"},
    )
    EvaluationPeriod.objects.create(
        district=district,
        code="2026Q4",
        kind="quarter",
        starts_on=dt.date(2026, 10, 1),
        ends_on=dt.date(2026, 12, 31),
        cutoff_on=dt.date(2027, 1, 6),
        rubric=rubric,
    )
    plan = load(
        "hand-marks",
        ["周期", "项目", "指标代码", "评分", "评分依据", "评分人"],
        ["2026Q4", "FW0001", "order", "1.5", "=夜间占道\n两次", "evaluator"],
    )
    assert plan.counts()["new"] == 1, errors(plan)


def _fill_community_work(district, load):
    """Visits and rosters: what they name is entered at the desk, not by file."""
    since = dt.date(2020, 1, 1)
    community = Community.objects.get(code="990101009001")
    for kind, text in (("policy", "垃圾分类"), ("need", "家电维修")):
        VisitItem.objects.create(district=district, kind=kind, code=text, text=text, valid_from=since)
    cell = GridCell.objects.create(
        community=community, code=f"{community.code}-01", name="第一网格", opened_on=since
    )
    for number in (1, 2):
        GridWorker.objects.create(
            community=community,
            code=f"{community.code}-W{number:02d}",
            name=f"网格员{number}",
            kind="grid",
            valid_from=since,
        )
    plan = load(
        "visits",
        ["小区编号", "楼栋", "走访日期", "走访人员类别", "走访户数", "宣传政策", "服务需求", "走访情况"],
        ["XQ0001", "2栋", "2026-08-09", "社区工作者", "9", "垃圾分类", "家电维修:3", "楼道灯不亮"],
    )
    assert plan.counts()["new"] == 1, errors(plan)
    plan = load(
        "grid-rosters",
        ["网格编号", "值班日期", "开始时间", "结束时间", "值班人员编号", "替班（原值班人员编号）"],
        [cell.code, "2026-10-11", "20:00", "8:00", f"{community.code}-W01", f"{community.code}-W02"],
    )
    assert plan.counts()["new"] == 1, errors(plan)
