"""`rubric try`: a workbook and a table of marks give totals, bands and ranks, and nothing is saved."""

import json
import time
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from evaluations.models import Rubric
from evaluations.services.rubrics import load_sample
from redprop.common.tabular import declare, writing
from redprop.core.services import imports
from tests.evaluations.trial_files import CODES, lines, marks_book, rubric_book

pytestmark = pytest.mark.django_db


def run(*arguments):
    """Return exit code, standard output and standard error of a command."""
    out, err = StringIO(), StringIO()
    try:
        call_command("rubric", "try", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as end:
        return end.code, out.getvalue(), err.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), err.getvalue()


@pytest.fixture
def rubric(tmp_path):
    return rubric_book(tmp_path / "rubric.xlsx")


def test_rows_calculated_by_hand(rubric, tmp_path):
    """Points reached over points that could be reached, on 100, halves up: 66 of 80 is 82.5, so 83."""
    marks = marks_book(
        tmp_path / "marks.xlsx",
        [
            ("甲", *[5] * 20),  # 100 of 100
            ("乙", *[4] * 20),  # 80 of 100
            ("丙", *[4] * 14, *[5, 5], *["", "N/A", None, "不适用"]),  # 66 of 80 = 82.5
            ("丁", *[4] * 19, 3),  # 79 of 100
            ("戊", *[5] * 11, *[""] * 9),  # 55 points could be reached, 60 are needed
            ("己", *[5] * 12, *["—"] * 8),  # 60 of 60
            ("庚", *[1] * 20),  # 20 of 100
            ("辛", *["2.99"] * 19, 3),  # 59.81
            ("壬", *[""] * 20),
        ],
    )
    out = tmp_path / "out.xlsx"
    code, said, _ = run(rubric, marks, out, "--json")
    assert code == 0
    found = lines(out)
    assert [row[:4] for row in found[1:]] == [
        ["甲", 100, "A", 1],
        ["乙", 80, "B", 4],
        ["丙", 83, "B", 3],
        ["丁", 79, "C", 5],
        ["戊", None, None, None],
        ["己", 100, "A", 1],
        ["庚", 20, "D", 7],
        ["辛", 60, "C", 6],
        ["壬", None, None, None],
    ]
    told = json.loads(said)
    assert told["bands"] == {"A": 2, "B": 2, "C": 2, "D": 1}
    assert told["results"][2] == {"subject": "丙", "total": "83", "band": "B", "rank": 3}
    assert (told["subjects"], told["without_total"]) == (9, 2)
    assert "55" in told["results"][4]["why"]
    assert "60" in told["results"][4]["why"]
    assert not Rubric.objects.exists()


def test_only_the_total_is_rounded_to_whole_points(tmp_path):
    """On a scale from 1 to 5 a mark of 2 is (2 - 1) / 4 of 5 points = 1.25; twenty make 25, not 20 times 1."""
    rubric = rubric_book(tmp_path / "rubric.xlsx", low=1)
    marks = marks_book(tmp_path / "marks.xlsx", [("甲", *[2] * 20), ("乙", *[4] * 19, 2)])
    assert run(rubric, marks, tmp_path / "out.xlsx")[0] == 0
    # 乙: 19 × 3.75 + 1.25 = 72.5, halves up
    assert [row[:4] for row in lines(tmp_path / "out.xlsx")[1:]] == [["甲", 25, "D", 2], ["乙", 73, "C", 1]]


@pytest.mark.faults  # ten thousand subjects
def test_ten_thousand_subjects_take_seconds(rubric, tmp_path):
    """Subject i has mark 1 + (i + j) mod 5 in column j: four of each mark, so 60 of 100, all of them first."""
    marks = marks_book(
        tmp_path / "marks.xlsx",
        ((f"小区{i:05}", *[1 + (i + j) % 5 for j in range(20)]) for i in range(10_000)),
    )
    start = time.monotonic()
    code, _, err = run(rubric, marks, tmp_path / "out.xlsx")
    taken = time.monotonic() - start
    assert (code, err) == (0, "")
    found = lines(tmp_path / "out.xlsx")
    assert len(found) == 10_001
    assert {tuple(row[1:4]) for row in found[1:]} == {(60, "C", 1)}
    assert taken < 60, taken  # some four seconds on a quiet machine


def test_a_csv_and_titles_in_the_header_serve_as_well(rubric, tmp_path):
    marks = tmp_path / "marks.csv"
    header = "小区," + ",".join(f"第{code[1:]}项" for code in CODES)
    marks.write_text(f"{header}\n甲,{','.join(['5'] * 20)}\n", encoding="gb18030")
    out = tmp_path / "out.csv"
    assert run(rubric, marks, out)[0] == 0
    assert "甲,100,A,1" in out.read_text(encoding="utf-8-sig")


def test_every_wrong_cell_is_named_and_nothing_is_written(rubric, tmp_path):
    rows = [
        ("甲", *[5] * 19, 6),
        ("甲", *[5] * 20),
        ("", *[5] * 20),
        ("乙", *[5] * 19, "优"),
        ("丙", *[5] * 19, -1),
    ]
    out = tmp_path / "out.xlsx"
    code, said, _ = run(rubric, marks_book(tmp_path / "m.xlsx", rows), out, "--json")
    assert code == 1
    told = json.loads(said)
    assert [one["row"] for one in told["errors"]] == [2, 3, 4, 5, 6]
    assert told["errors"][0]["column"] == "M20"
    assert not out.exists()


def test_a_misspelt_column_is_not_taken_for_a_missing_one(rubric, tmp_path):
    headers = ("小区", *CODES[:19], "M2O")
    marks = marks_book(tmp_path / "m.xlsx", [("甲", *[5] * 20)], headers)
    code, said, _ = run(rubric, marks, tmp_path / "out.xlsx", "--json")
    assert (code, json.loads(said)["code"]) == (1, "columns")
    # without the odd column the item is simply not applicable
    marks = marks_book(tmp_path / "m.xlsx", [("甲", *[5] * 19)], headers[:20])
    code, said, _ = run(rubric, marks, tmp_path / "out.xlsx", "--json")
    assert code == 0
    assert json.loads(said)["items_without_column"] == ["M20"]


def test_shares_and_events_of_the_sample_rubric(cast, tmp_path):
    """8+7+8+7+22+8+25+4+6+5 = 100; two reopened commitments cost a point each."""
    load_sample(district=cast.district, acting_user=None)
    book = tmp_path / "rubrics.xlsx"
    writing.export(
        declare.get("rubrics"), imports.context_for(district=cast.district, acting_user=None), book
    )
    headers = [
        "项目",
        "party_organisation",
        "leadership_team",
        "cross_appointments",
        "graduates_employed",
        "onsite_inspection",
        "eight_guarantees",
        "satisfaction",
        "joint_meetings",
        "commitments_in_time",
        "requests_in_time",
        "commitments_reopened",
    ]
    row = ["FW1", 1, "100%", "0.5", 1, 90, 1, "80%", 1, 1, "", 2]
    out = tmp_path / "out.xlsx"
    code, _, err = run(book, marks_book(tmp_path / "m.xlsx", [row], headers), out)
    assert code == 0, err
    # 8 + 7 + 4 + 5 + 19.8 + 8 + 20 + 4 + 6 = 81.8 of 95 → 86.105… − 2 = 84.11
    assert Decimal(str(lines(out)[1][1])) == Decimal("84.11")


def test_a_frozen_rubric_can_be_tried_from_its_file(cast, tmp_path):
    rubric = load_sample(district=cast.district, acting_user=None)
    Rubric.objects.filter(pk=rubric.pk).update(valid_from="2016-01-01")
    book = tmp_path / "rubrics.xlsx"
    context = imports.context_for(district=cast.district, acting_user=None)
    writing.export(declare.get("rubrics"), context, book)
    marks = marks_book(tmp_path / "m.xlsx", [("甲", "100%")], ("项目", "satisfaction"))
    code, said, _ = run(book, marks, tmp_path / "out.xlsx", "--json")
    assert code == 0
    assert json.loads(said)["results"][0]["total"] is None  # 25 of the 60 points needed, the rest is zero


def test_wrong_usage_exits_with_two(rubric, tmp_path):
    marks = marks_book(tmp_path / "m.xlsx", [("甲", *[5] * 20)])
    assert run(rubric, marks, tmp_path / "out.pdf")[0] == 2
    assert run(rubric, marks, tmp_path / "nowhere" / "out.xlsx")[0] == 2
    assert run(rubric, tmp_path / "no.xlsx", tmp_path / "out.xlsx")[0] == 2


def test_a_rubric_that_does_not_add_up_is_refused_with_its_sentence(tmp_path):
    book = rubric_book(tmp_path / "r.xlsx", 总分=90)
    marks = marks_book(tmp_path / "m.xlsx", [("甲", *[5] * 20)])
    code, said, _ = run(book, marks, tmp_path / "out.xlsx", "--json")
    assert code == 1
    assert "90" in json.loads(said)["errors"][0]["message"]
