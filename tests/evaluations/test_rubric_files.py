"""Rubrics by file: one workbook with its sheets, drafts only, back from their own export unchanged."""

from decimal import Decimal

import openpyxl
import pytest

from evaluations.models import Rubric
from evaluations.scoring.rubric import to_json
from evaluations.scoring.sample import SAMPLE
from evaluations.services.periods import open_period
from evaluations.services.rubrics import load_sample, value_of
from redprop.common.errors import Refused
from redprop.common.tabular import declare, writing
from redprop.common.text import normalise
from redprop.core.services import imports
from redprop.core.services.undo import undo_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def context(cast):
    return imports.context_for(district=cast.district, acting_user=None)


@pytest.fixture
def sample(cast):
    return load_sample(district=cast.district, acting_user=None)


@pytest.fixture
def book(context, sample, tmp_path):
    path = tmp_path / "rubrics.xlsx"
    writing.export(declare.get("rubrics"), context, path)
    return path


def take(path, context):
    return imports.import_file(register=declare.get("rubrics"), path=path, context=context)


def sentences(plan):
    return [problem.message for problem in plan.problems()]


def edit(path, change):
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


def as_version(book, version):
    """Give every line of the workbook another version."""
    for sheet in book:
        for row in range(2, sheet.max_row + 1):
            sheet.cell(row, 2).value = version


def test_an_export_comes_back_unchanged_as_workbook_and_as_csv(context, book, tmp_path):
    flat = tmp_path / "rubrics.csv"
    writing.export(declare.get("rubrics"), context, flat)
    assert openpyxl.load_workbook(book).sheetnames == [
        "评分标准",
        "考评指标",
        "等次",
        "项目名单规则",
        "企业名单规则",
    ]
    for path in (book, flat):
        plan, _batch = take(path, context)
        assert plan.counts()["unchanged"] == plan.counts()["rows"] == 1, sentences(plan)


def test_a_workbook_under_a_new_version_is_the_same_rubric_again(context, book):
    plan, batch = take(edit(book, lambda b: as_version(b, "2")), context)
    assert plan.counts()["new"] == 1, sentences(plan)
    second = Rubric.objects.get(version="2")
    # texts are stored with half-width brackets, as everywhere
    texts = {name: normalise(getattr(SAMPLE, name)) for name in ("title", "document")}
    assert to_json(value_of(second)) == to_json(SAMPLE) | {"version": "2"} | texts
    undo_now(batch=batch, acting_user=None)
    assert Rubric.objects.count() == 1


def test_items_of_a_draft_are_changed_added_and_removed_and_brought_back(context, book, sample):
    before = to_json(value_of(sample))

    def change(book):
        items = book["考评指标"]
        headers = [cell.value for cell in items[1]]
        points = headers.index("分值") + 1
        last = items.max_row
        assert items.cell(2, headers.index("指标代码") + 1).value == "party_organisation"
        moved = Decimal(items.cell(last, points).value)
        items.cell(2, points).value = str(Decimal(items.cell(2, points).value) + moved)
        items.delete_rows(last)

    plan, batch = take(edit(book, change), context)
    assert plan.counts()["changed"] == 1, sentences(plan)
    after = to_json(value_of(Rubric.objects.get()))
    assert len(after["items"]) == len(before["items"]) - 1
    assert sum(Decimal(item["points"]) for item in after["items"]) == 100
    undo_now(batch=batch, acting_user=None)
    assert to_json(value_of(Rubric.objects.get())) == before


def test_a_frozen_rubric_is_refused(cast, context, book, sample):
    period = open_period(district=cast.district, code="2026Q3", acting_user=None)
    period.state = "closing"
    period.save(update_fields=["state"])

    def change(book):
        book["评分标准"].cell(2, 3).value = "别的名称"

    plan, batch = take(edit(book, change), context)
    assert batch is None
    assert [problem.column for problem in plan.problems()] == ["版本"]


def test_what_is_wrong_names_its_sheet_and_row(context, book):
    def change(book):
        as_version(book, "2")
        headers = [cell.value for cell in book["考评指标"][1]]
        book["考评指标"].cell(3, headers.index("计分方式") + 1).value = "估计"

    plan, batch = take(edit(book, change), context)
    assert batch is None
    assert "“考评指标”" in sentences(plan)[0]
    assert "3" in sentences(plan)[0]


def test_points_that_do_not_add_up_are_refused(context, book):
    def change(book):
        as_version(book, "2")
        headers = [cell.value for cell in book["考评指标"][1]]
        book["考评指标"].cell(2, headers.index("分值") + 1).value = 9

    plan, batch = take(edit(book, change), context)
    assert batch is None
    assert "101" in sentences(plan)[0]


def test_the_template_holds_every_sheet_and_no_row(context, tmp_path):
    path = tmp_path / "template.xlsx"
    writing.template(declare.get("rubrics"), context, path)
    book = openpyxl.load_workbook(path)
    assert {"评分标准", "考评指标", "等次", "项目名单规则", "企业名单规则"} <= set(book.sheetnames)
    with pytest.raises(Refused) as refused:
        take(path, context)
    assert refused.value.code == "no-rows"
