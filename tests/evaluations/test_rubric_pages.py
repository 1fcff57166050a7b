"""The editor's pages: sum of points, why a rubric is frozen, versions side by side, trial runs that save nothing."""

from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evaluations.models import ListEntry, Rubric, Scorecard
from evaluations.services.rubrics import copy_rubric
from evaluations.trials.period_trial import try_on_period
from evaluations.trials.versions import compare
from redprop.core.models import AuditEntry, ExportLog
from tests.evaluations.quarter import build_quarter, clear_survey, closed_quarter, survey
from tests.evaluations.trial_files import CODES, marks_book, on_page, rubric_book

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed(cast):
    """Eight projects; the first has 60 of 100 on site (91.20), the second 24 of 30 satisfied (95), six have 100."""
    quarter = build_quarter(cast)
    quarter.projects[0].inspections.get(marks__scheme="on_site").marks.update(mark=60)
    clear_survey(quarter.projects[1])
    survey(quarter.projects[1], quarter.compounds[1], 24, 30)
    quarter.period = closed_quarter(quarter)
    return quarter


@pytest.fixture
def other(closed, cast):
    """A copy where the inspection counts 2 instead of 22, satisfaction 45 instead of 25, and red takes a quarter."""
    copy = copy_rubric(rubric=closed.period.rubric, version="2", acting_user=cast.evaluator)
    copy.items.filter(code="onsite_inspection").update(points=2)
    copy.items.filter(code="satisfaction").update(points=45)
    Rubric.objects.filter(pk=copy.pk).update(list_rule=copy.list_rule | {"red_share": "0.25"})
    return Rubric.objects.get(pk=copy.pk)


def address(name, rubric):
    return reverse(f"admin:evaluations_rubric_{name}", args=[rubric.pk])


def test_a_past_quarter_is_scored_anew_with_before_and_after(closed, other):
    """100 − 2 × 0.4 = 99.20 and 100 − 45 × 0.2 = 91: the two change places; six on rank 1 of the first two are red."""
    trial = try_on_period(other, closed.period)
    rows = {row.code: row for row in trial.rows if row.level == "project"}
    told = {
        code: (row.before.total, row.before.rank, row.after.total, row.after.rank, row.after.colour)
        for code, row in rows.items()
    }
    assert told["P1"] == (Decimal("91.20"), 8, Decimal("99.20"), 7, "unlisted")
    assert told["P2"] == (Decimal("95.00"), 7, Decimal("91.00"), 8, "unlisted")
    assert told["P3"] == (Decimal("100.00"), 1, Decimal("100.00"), 1, "red")
    assert trial.count("project", "moved_list") == 6
    assert trial.count("project", "moved_rank") == 2
    firms = {row.name: row for row in trial.rows if row.level == "enterprise"}
    assert (firms["第1物业"].before.total, firms["第1物业"].after.total) == (
        Decimal("93.10"),
        Decimal("95.10"),
    )
    assert trial.without_values == []


def test_the_same_rubric_gives_the_same_result_again(closed, cast):
    copy = copy_rubric(rubric=closed.period.rubric, version="same", acting_user=cast.evaluator)
    trial = try_on_period(copy, closed.period)
    assert len(trial.rows) == 12
    assert [row.name for row in trial.rows if row.moved] == []


def test_an_item_without_frozen_values_is_said_to_have_none(closed, other):
    other.items.filter(code="joint_meetings").update(source="volunteer_hours")
    trial = try_on_period(other, closed.period)
    assert [item.code for item in trial.without_values] == ["joint_meetings"]


def test_the_page_shows_the_trial_gives_it_as_a_workbook_and_saves_nothing(closed, other, cast, client):
    client.force_login(cast.evaluator)
    before = (
        Rubric.objects.count(),
        list(ListEntry.objects.order_by("pk").values()),
        Scorecard.objects.count(),
    )
    logged = AuditEntry.objects.count()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = client.get(address("trial", other), {"period": "2026Q3", "show": "lists"})
    assert page.status_code == 200
    lists = {"before": on_page("not listed"), "after": on_page("red list")}
    assert on_page("list: %(before)s → %(after)s", **lists) in page.content.decode()
    assert len(queries) < 60
    file = client.get(address("trial", other), {"period": "2026Q3", "file": "xlsx"})
    rows = list(openpyxl.load_workbook(BytesIO(b"".join(file.streaming_content))).active.values)
    assert len(rows) == 1 + 8 + 4
    assert tuple(next((r[1], r[4], r[6], r[8], r[10]) for r in rows if r[1] == "P1")) == (
        "P1",
        91.2,
        8,
        99.2,
        7,
    )
    after = (
        Rubric.objects.count(),
        list(ListEntry.objects.order_by("pk").values()),
        Scorecard.objects.count(),
    )
    assert before == after
    assert AuditEntry.objects.count() == logged
    assert ExportLog.objects.count() == 1  # taking the result out is written down, as every export


def test_a_table_of_marks_is_tried_on_the_page(cast, client, tmp_path):
    from redprop.common.tabular import declare
    from redprop.core.services import imports

    context = imports.context_for(district=cast.district, acting_user=None)
    imports.import_file(
        register=declare.get("rubrics"), path=rubric_book(tmp_path / "r.xlsx"), context=context
    )
    rubric = Rubric.objects.get()
    client.force_login(cast.evaluator)
    marks = marks_book(tmp_path / "m.xlsx", [("甲", *[5] * 20), ("乙", *[4] * 20)]).read_bytes()
    upload = SimpleUploadedFile("打分.xlsx", marks)
    page = client.post(address("trial", rubric), {"file": upload, "as": "page"}).content.decode()
    assert "甲" in page
    told = {"name": "打分.xlsx", "n": 2, "without": 0}
    assert on_page("%(name)s: %(n)s subjects, %(without)s without a total", **told) in page
    file = client.post(
        address("trial", rubric), {"file": SimpleUploadedFile("打分.xlsx", marks), "as": "xlsx"}
    )
    rows = list(openpyxl.load_workbook(BytesIO(b"".join(file.streaming_content))).active.values)
    assert [row[:4] for row in rows[1:]] == [("甲", 100, "A", 1), ("乙", 80, "B", 2)]
    wrong = marks_book(tmp_path / "w.xlsx", [("甲", *[9] * 20)]).read_bytes()
    page = client.post(address("trial", rubric), {"file": SimpleUploadedFile("w.xlsx", wrong), "as": "page"})
    scale = on_page("%(mark)s is outside the scale of this item, %(low)s to %(high)s.", mark=9, low=0, high=5)
    assert scale in page.content.decode()
    blank = client.get(address("trial", rubric), {"file": "blank"})
    sheet = openpyxl.load_workbook(BytesIO(b"".join(blank.streaming_content))).active
    assert [cell.value for cell in sheet[1]][1:] == CODES


def test_a_trial_is_for_the_evaluator_of_the_district(closed, cast, client):
    rubric = closed.period.rubric
    for user, answer in ((cast.evaluator, 200), (cast.inspector, 403), (cast.foreign["evaluator"], 404)):
        client.force_login(user)
        assert client.get(address("trial", rubric)).status_code == answer, user
    client.force_login(cast.inspector)
    assert client.get(address("compare", rubric)).status_code == 200


def test_two_versions_stand_side_by_side_and_say_what_differs(closed, other, cast, client):
    changed = {
        cell.label: (cell.left, cell.right, cell.state)
        for section in compare(closed.period.rubric, other)
        for cell in section.cells
        if cell.state != "same"
    }
    assert set(changed) == {
        "in force from",
        "现场检查（onsite_inspection）",
        "居民满意度（satisfaction）",
        "red list: first share",
    }
    assert changed["red list: first share"] == ("10 %", "25 %", "changed")
    other.items.filter(code="joint_meetings").update(code="meetings")
    other.bands.filter(code="D").delete()
    states = {
        cell.label: cell.state for section in compare(closed.period.rubric, other) for cell in section.cells
    }
    assert (states["参加联席会（meetings）"], states["参加联席会（joint_meetings）"]) == ("added", "removed")
    assert states["D"] == "removed"
    client.force_login(cast.evaluator)
    page = client.get(address("compare", other)).content.decode()
    assert f"<strong>{on_page('changed')}</strong>" in page
    assert f"<strong>{on_page('left out')}</strong>" in page


def test_a_frozen_rubric_says_why_and_offers_the_copy(closed, cast, client):
    rubric = closed.period.rubric
    client.force_login(cast.evaluator)
    page = client.get(reverse("admin:evaluations_rubric_change", args=[rubric.pk])).content.decode()
    frozen = (
        "A period was closed with this rubric: it is frozen, so that every published score can be recomputed."
    )
    assert on_page(frozen) in page
    assert reverse("admin:evaluations_rubric_step", args=[rubric.pk, "copy"]) in page
    told = {"points": "100", "scale": "100", "fits": on_page("adds up")}
    assert on_page("%(points)s of %(scale)s: %(fits)s", **told) in page
    assert 'name="_save"' not in page
    answer = client.post(reverse("admin:evaluations_rubric_change", args=[rubric.pk]), {"title": "别的"})
    assert answer.status_code == 403
    assert Rubric.objects.get(pk=rubric.pk).title == rubric.title
