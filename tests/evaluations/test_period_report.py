"""The district's report of a period: a Word file with tables and drawings, written by a worker from the final list."""

import datetime as dt
import io

import docx
import pytest
from django.urls import reverse

from evaluations.models import EvaluationPeriod, InspectionMark, Objection, PeriodReport
from evaluations.services import objections, period_reports, releases
from redprop.common.documents import as_pdf
from redprop.common.documents.pictures import chart_font
from redprop.common.errors import Refused
from redprop.core.models import Job, Notification
from redprop.core.services import jobs
from tests.evaluations.quarter import build_quarter, closed_quarter, move_clock, veto

pytestmark = pytest.mark.django_db


@pytest.fixture
def final(cast, settings, tmp_path):
    """P1 black by veto, P8 on watch (a mark of 0 costs 22 points), objected to in vain; the others at 100."""
    settings.MEDIA_ROOT = tmp_path
    quarter = build_quarter(cast)
    veto(quarter.projects[0], cast.registrar)
    InspectionMark.objects.filter(inspection__project=quarter.projects[7]).update(mark=0)
    period = closed_quarter(quarter)
    releases.confirm_entries(period=period, acting_user=cast.evaluator)
    releases.publish_notice(period=period, acting_user=cast.publisher)
    watched = period.entries.get(colour="watch", level="project")
    filed = objections.file_objection(
        entry=watched, by=Objection.By.RESIDENT, text="检查当日停电", acting_user=None
    )
    objections.admit_objection(objection=filed, acting_user=cast.objection_decider)
    objections.decide_objection(
        objection=filed, upheld=False, result="记录与评分一致", acting_user=cast.objection_decider
    )
    move_clock(quarter.district, dt.date(2026, 10, 20))
    period = EvaluationPeriod.objects.get(pk=period.pk)
    releases.finalise(period=period, acting_user=cast.publisher)
    quarter.period = EvaluationPeriod.objects.get(pk=period.pk)
    return quarter


def tables_of(content):
    word = docx.Document(io.BytesIO(content))
    return word, {
        table.rows[0].cells[0].text: [[cell.text for cell in row.cells] for row in table.rows]
        for table in word.tables
    }


def test_the_report_says_figures_lists_streets_items_vetoes_and_objections(final):
    content, title, number = period_reports.make_report(final.period)
    assert title == "关于甲区2026年第3季度物业服务考评情况的通报"
    assert number.startswith("990101-2026Q3-")
    word, _tables = tables_of(content)
    text = "\n".join(p.text for p in word.paragraphs)
    # Eight projects: seven at 100 (P1 too, black by its veto), P8 at 70: (8 × 100 − 30) / 8 = 96.25
    assert "本期考评服务项目8个，出总分8个，参加排名8个，平均96.25分。" in text
    assert "红榜0个，重点监管1个，黑榜1个，待定0个。" in text
    assert "收到异议1件：企业0件，居民1件。成立0件，不成立1件" in text
    cells = [[cell.text for cell in row.cells] for table in word.tables for row in table.rows]
    assert ["甲区1街道", "8", "96.25", "0", "1", "1"] in cells
    assert any(row[:2] == ["8号项目", "第4物业"] or row[1:3] == ["8号项目", "第4物业"] for row in cells)
    assert ["1号项目", "第1物业", "安全事故（维修不及时）", "2026-08-10", "2026-09-01"] in cells or any(
        row[0] == "1号项目" and row[-1] == "2026-09-01" for row in cells
    )
    # 7 of 8 had all 22 points, P8 none: 87.5 %
    assert ["现场检查", "8", "87.5%", "7", "—"] in cells
    # All headings, numbered without a gap.
    headings = [
        p.text for p in word.paragraphs if p.text[:1] in "一二三四五六七八九十" and "、" in p.text[:3]
    ]
    assert len(headings) == 12
    assert headings[0] == "一、总体情况"
    assert headings[-1] == "十二、资金"


@pytest.mark.skipif(not chart_font(), reason="no Chinese typeface on this machine")
def test_the_drawings_are_in_it_as_pictures_with_words_for_who_cannot_see_them(final):
    content, _title, _number = period_reports.make_report(final.period)
    word = docx.Document(io.BytesIO(content))
    assert len(word.inline_shapes) == 2  # subdistricts and items; a trend needs two periods
    described = [shape._inline.docPr.get("descr") for shape in word.inline_shapes]
    assert all(text.startswith("图：") for text in described)
    again, _title, _number = period_reports.make_report(final.period)
    pictures = [
        sorted(part.blob for part in docx.Document(io.BytesIO(one)).part.package.iter_parts() if "image" in part.content_type)
        for one in (content, again)
    ]  # fmt: skip
    assert pictures[0] == pictures[1]


@pytest.mark.skipif(not chart_font(), reason="no Chinese typeface on this machine")
def test_the_same_paper_is_a_pdf_too(final):
    from evaluations.period_report import period_paper
    from evaluations.period_report_data import report_data

    paper = period_paper(report_data(final.period), today=dt.date(2026, 10, 21), font=chart_font())
    assert as_pdf(paper).startswith(b"%PDF")


def test_no_report_before_the_final_list(cast, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    period = closed_quarter(build_quarter(cast))
    with pytest.raises(Refused) as caught:
        period_reports.ask_report(period=period, acting_user=cast.evaluator)
    assert caught.value.code == "not-final"


def test_a_worker_writes_it_once_and_tells_who_asked(final, cast, client):
    report = period_reports.ask_report(period=final.period, acting_user=cast.publisher)
    assert period_reports.ask_report(period=final.period, acting_user=cast.publisher) == report
    assert Job.objects.filter(kind="period-report").count() == 1
    client.force_login(cast.publisher)
    page = client.get(reverse("admin:evaluations_periodreport_change", args=[report.pk]))
    assert page.headers["Refresh"] == "3"
    jobs.run(report.job_id)
    report.refresh_from_db()
    assert report.size > 20_000
    assert Notification.objects.get(subject=f"period-report:{report.pk}").user == cast.publisher
    answer = client.get(reverse("admin:evaluations_periodreport_file", args=[report.pk]))
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    client.force_login(cast.foreign["publisher"])
    assert client.get(reverse("admin:evaluations_periodreport_file", args=[report.pk])).status_code == 404
    assert PeriodReport.objects.for_user(cast.foreign["publisher"]).count() == 0


def test_whoever_neither_evaluates_nor_publishes_cannot_ask(final, cast):
    with pytest.raises(Refused) as caught:
        period_reports.ask_report(period=final.period, acting_user=cast.inspector)
    assert caught.value.code == "not-allowed"


def test_the_period_s_page_offers_it_and_leads_to_the_trend(final, cast, client):
    client.force_login(cast.evaluator)
    page = client.get(
        reverse("admin:evaluations_evaluationperiod_change", args=[final.period.pk])
    ).content.decode()
    assert f"/{final.period.pk}/step/report/" in page
    trend = client.get(reverse("admin:evaluations_evaluationperiod_trend", args=[final.period.pk]))
    [point] = trend.context["points"]
    assert (point.period, point.scored, str(point.mean), point.watch, point.black) == (
        "2026Q3",
        8,
        "96.25",
        1,
        1,
    )
