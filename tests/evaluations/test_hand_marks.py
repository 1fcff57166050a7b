"""Marks by hand in a real period: given until the cut-off, counted by the closing, shown as what the line comes from."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from evaluations.models import HandMark, ListEntry, Scorecard, ScoreLine
from evaluations.selectors import line_evidence
from evaluations.services.hand_marks import require_mark
from evaluations.services.objections import scorer_role
from evaluations.services.periods import open_period
from evaluations.services.rubrics import load_sample
from redprop.common.errors import Refused
from redprop.common.tabular import declare
from redprop.core.services import imports
from tests.conftest import make_user
from tests.evaluations.quarter import build_quarter, close, move_clock
from tests.evaluations.trial_files import on_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def quarter(cast):
    """The sample rubric, but its 22 points on site are marks from 1 to 5 given by hand; 1 October, still recorded."""
    quarter = build_quarter(cast)
    move_clock(quarter.district, dt.date(2026, 10, 1))
    rubric = load_sample(district=quarter.district, acting_user=None)
    rubric.items.filter(code="onsite_inspection").update(
        source="marks", transform={"kind": "mean", "low": "1", "high": "5"}
    )
    quarter.period = open_period(district=quarter.district, code="2026Q3", acting_user=cast.evaluator)
    return quarter


def load(quarter, path, *rows, user=None):
    path = path / "marks.csv"
    lines = [("考评周期", "项目编号", "指标代码", "评分", "评分依据"), *rows]
    path.write_text("\n".join(",".join(line) for line in lines), encoding="utf-8")
    context = imports.context_for(district=quarter.district, acting_user=user or quarter.cast.evaluator)
    return imports.import_file(register=declare.get("hand-marks"), path=path, context=context)[0]


def test_marks_by_hand_make_points_and_are_what_the_line_comes_from(quarter, cast, tmp_path):
    """Mark 4 on 1 to 5 is three quarters of 22 points, 16.50, so 94.50; without a mark the item leaves: 100."""
    plan = load(quarter, tmp_path, ("2026Q3", "P1", "onsite_inspection", "4", "楼道有杂物"))
    assert plan.counts()["new"] == 1, [problem.message for problem in plan.problems()]
    move_clock(quarter.district, dt.date(2026, 10, 12))
    run = close(quarter.period, cast.evaluator)
    assert run.state == "done", run.message
    line = ScoreLine.objects.get(run_id=run.pk, project_id=quarter.projects[0].pk, item="onsite_inspection")
    assert (line.points, line.status) == (Decimal("16.50"), "scored")
    assert Scorecard.objects.get(run=run, project=quarter.projects[0]).total == Decimal("94.50")
    assert Scorecard.objects.get(run=run, project=quarter.projects[1]).total == 100
    missing = ScoreLine.objects.get(
        run_id=run.pk, project_id=quarter.projects[1].pk, item="onsite_inspection"
    )
    assert (missing.points, missing.status) == (None, "missing")
    _, facts = line_evidence(run, quarter.projects[0].pk, "onsite_inspection")
    assert [(fact.numerator, fact.label) for fact in facts] == [(Decimal(4), "楼道有杂物")]


def test_what_cannot_be_marked_is_refused_with_its_reason(quarter, tmp_path):
    plan = load(
        quarter,
        tmp_path,
        ("2026Q3", "P1", "onsite_inspection", "6", ""),
        ("2026Q3", "P2", "satisfaction", "4", ""),
        ("2026Q3", "P3", "nothing", "4", ""),
    )
    assert [(problem.row, problem.column) for problem in plan.problems()] == [
        (2, "评分"),
        (3, "指标代码"),
        (4, "指标代码"),
    ]
    assert "1 to 5" in plan.problems()[0].message
    assert not HandMark.objects.exists()


def test_after_the_cutoff_and_after_the_closing_marks_stay(quarter, cast, tmp_path):
    load(quarter, tmp_path, ("2026Q3", "P1", "onsite_inspection", "4", ""))
    move_clock(quarter.district, dt.date(2026, 10, 12))
    plan = load(quarter, tmp_path, ("2026Q3", "P1", "onsite_inspection", "5", ""))
    assert [problem.column for problem in plan.problems()] == ["考评周期"]
    assert HandMark.objects.get().mark == 4
    close(quarter.period, cast.evaluator)
    quarter.period.refresh_from_db()
    with pytest.raises(Refused) as refused:
        require_mark(period=quarter.period, item="onsite_inspection", mark=Decimal(5))
    assert refused.value.code == "period-closed"


def test_who_gave_a_mark_decides_no_objection_to_it(quarter, cast, tmp_path):
    marker = make_user("marker", "evaluator", quarter.district)
    load(quarter, tmp_path, ("2026Q3", "P1", "onsite_inspection", "4", ""), user=marker)
    move_clock(quarter.district, dt.date(2026, 10, 12))
    close(quarter.period, cast.evaluator)
    entries = {entry.project: entry for entry in ListEntry.objects.filter(level="project")}
    assert scorer_role(entries[quarter.projects[0]], marker) == "gave it a mark by hand"
    assert scorer_role(entries[quarter.projects[2]], marker) == ""


def test_a_mark_is_given_on_its_page(quarter, cast, client):
    client.force_login(cast.evaluator)
    add = reverse("admin:evaluations_handmark_add")
    sent = {
        "period": quarter.period.pk,
        "project": quarter.projects[0].pk,
        "item": "onsite_inspection",
        "mark": "9",
        "remark": "",
    }
    page = client.post(add, sent)
    wrong = "%(mark)s is outside the scale of this item, %(low)s to %(high)s."
    assert on_page(wrong, mark="9", low="1", high="5") in page.content.decode()
    assert client.post(add, {**sent, "mark": "5"}).status_code == 302
    mark = HandMark.objects.get()
    assert (mark.mark, mark.marked_by) == (5, cast.evaluator)
    change = reverse("admin:evaluations_handmark_change", args=[mark.pk])
    assert 'name="mark"' in client.get(change).content.decode()
    move_clock(quarter.district, dt.date(2026, 10, 12))
    assert 'name="mark"' not in client.get(change).content.decode()
