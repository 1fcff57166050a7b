"""The admin's pages of periods, cards, lists, releases and objections: who opens them, and what their steps do."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import translation

from evaluations.models import EvaluationPeriod, ListEntry, Objection, Release, ReleaseEntry, Scorecard
from evaluations.services import closing, objections
from redprop.core.admin.audit import in_words
from redprop.core.models import AuditEntry
from tests.evaluations.quarter import (
    build_quarter,
    closed_quarter,
    move_clock,
    noticed_quarter,
    open_quarter,
    veto,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def quarter(cast):
    quarter = build_quarter(cast)
    veto(quarter.projects[0], cast.registrar)
    return quarter


def page(client, user, name, *args, **query):
    client.force_login(user)
    return client.get(reverse(f"admin:evaluations_{name}", args=args), query)


def press(client, user, model, pk, step, **data):
    client.force_login(user)
    return client.post(reverse(f"admin:evaluations_{model}_step", args=[pk, step]), data)


def test_every_list_and_row_opens_for_the_district_and_not_for_the_neighbour(quarter, cast, client):
    noticed_quarter(quarter)
    entry = ListEntry.objects.get(project=quarter.projects[0])
    objections.file_objection(entry=entry, by="resident", text="不属实", acting_user=None)
    rows = {
        "evaluationperiod": EvaluationPeriod.objects.get().pk,
        "rubric": EvaluationPeriod.objects.get().rubric_id,
        "closingrun": EvaluationPeriod.objects.get().runs.get().pk,
        "scorecard": Scorecard.objects.first().pk,
        "listentry": entry.pk,
        "release": Release.objects.get().pk,
        "releaseentry": ReleaseEntry.objects.first().pk,
        "objection": Objection.objects.get().pk,
        "inspection": quarter.projects[0].inspections.first().pk,
        "veto": quarter.projects[0].vetoes.get().pk,
        "surveyanswer": quarter.projects[0].survey_answers.first().pk,
    }
    for model, pk in rows.items():
        assert page(client, cast.evaluator, f"{model}_changelist").status_code == 200, model
        assert page(client, cast.evaluator, f"{model}_change", pk).status_code == 200, model
        foreign = page(client, cast.foreign["evaluator"], f"{model}_change", pk)
        assert foreign.status_code in (302, 404), model
    for model in rows:
        listed = page(client, cast.foreign["evaluator"], f"{model}_changelist")
        assert listed.context["cl"].result_count == 0, model


def test_a_period_is_opened_closed_confirmed_noticed_and_made_final_by_its_steps(quarter, cast, client):
    open_quarter(quarter, "2026Q2")
    client.force_login(cast.evaluator)
    opened = client.post(reverse("admin:evaluations_evaluationperiod_add"), {"code": "2026Q3", "rubric": ""})
    assert opened.status_code == 302
    EvaluationPeriod.objects.filter(code="2026Q2").delete()
    period = EvaluationPeriod.objects.get(code="2026Q3")
    shown = page(client, cast.evaluator, "evaluationperiod_step", period.pk, "close")
    assert "2026-10-10" in shown.content.decode()
    assert press(client, cast.publisher, "evaluationperiod", period.pk, "close").status_code == 403
    assert press(client, cast.evaluator, "evaluationperiod", period.pk, "close").status_code == 302
    closing.run_inline(period.runs.get())
    assert press(client, cast.evaluator, "evaluationperiod", period.pk, "confirm").status_code == 302
    assert press(client, cast.publisher, "evaluationperiod", period.pk, "notice").status_code == 302
    early = press(client, cast.publisher, "evaluationperiod", period.pk, "finalise")
    assert early.status_code == 200  # refused: the window is open
    move_clock(quarter.district, dt.date(2026, 10, 20))
    assert press(client, cast.publisher, "evaluationperiod", period.pk, "finalise").status_code == 302
    assert set(Release.objects.values_list("kind", flat=True)) == {"notice", "final"}


def test_opening_a_wrong_period_shows_its_sentence_and_writes_nothing(quarter, cast, client):
    open_quarter(quarter, "2026Q1")
    client.force_login(cast.evaluator)
    for code in ("2026Q3", "2026Q9", "2026Q1"):
        answer = client.post(
            reverse("admin:evaluations_evaluationperiod_add"), {"code": code, "rubric": ""}, follow=True
        )
        assert answer.status_code == 200
    assert EvaluationPeriod.objects.count() == 1


def test_a_score_line_leads_to_the_rows_it_was_computed_from(quarter, cast, client):
    closed_quarter(quarter)
    card = Scorecard.objects.get(project=quarter.projects[0])
    shown = page(client, cast.evaluator, "scorecard_facts", card.pk, "joint_meetings").content.decode()
    for meeting in quarter.meetings:
        assert meeting.held_on.isoformat() in shown
        assert reverse("admin:communities_jointmeeting_change", args=[meeting.pk]) in shown
    assert page(client, cast.evaluator, "scorecard_facts", card.pk, "nothing").status_code == 404
    assert (
        page(client, cast.foreign["evaluator"], "scorecard_facts", card.pk, "joint_meetings").status_code
        == 404
    )


def test_an_entry_is_struck_with_a_reason_by_an_evaluator_alone(quarter, cast, client):
    closed_quarter(quarter)
    entry = ListEntry.objects.get(project=quarter.projects[0])
    assert press(client, cast.publisher, "listentry", entry.pk, "strike", reason="x").status_code == 403
    assert press(client, cast.evaluator, "listentry", entry.pk, "strike", reason=" ").status_code == 200
    assert (
        press(client, cast.evaluator, "listentry", entry.pk, "strike", reason="认定撤销").status_code == 302
    )
    entry.refresh_from_db()
    assert (entry.state, entry.remark) == ("struck", "认定撤销")


def test_an_objection_is_admitted_and_decided_with_written_reasons(quarter, cast, client):
    noticed_quarter(quarter)
    entry = ListEntry.objects.get(project=quarter.projects[0])
    objection = objections.file_objection(entry=entry, by="resident", text="不属实", acting_user=None)
    decider = cast.objection_decider
    step = page(client, decider, "objection_step", objection.pk, "admit")
    assert "不属实" in step.content.decode()
    assert press(client, cast.evaluator, "objection", objection.pk, "admit").status_code == 403
    assert press(client, decider, "objection", objection.pk, "admit").status_code == 302
    assert press(client, decider, "objection", objection.pk, "reject", reason="认定属实").status_code == 302
    objection.refresh_from_db()
    assert (objection.state, objection.decided_by) == ("rejected", decider)


def test_lists_of_objections_and_published_entries_show_titles_instead_of_codes(quarter, cast, client):
    noticed_quarter(quarter)
    entry = ListEntry.objects.get(project=quarter.projects[0])
    item = entry.period.rubric.items.first()
    objections.file_objection(entry=entry, by="resident", text="不属实", item=item.code, acting_user=None)
    shown = page(client, cast.objection_decider, "objection_changelist").content.decode()
    assert item.title in shown
    assert f">{item.code}<" not in shown
    published = page(client, cast.publisher, "releaseentry_changelist").content.decode()
    assert "field-preceding_label" in published


def test_the_name_of_an_act_in_the_audit_trail_carries_local_time():
    at = dt.datetime(2026, 11, 23, 18, 30, tzinfo=dt.UTC)
    assert str(AuditEntry(created_at=at, metadata={"username": "wang"})) == "2026-11-24 02:30 wang"


def test_the_bundle_of_a_release_is_handed_out(quarter, cast, client):
    noticed_quarter(quarter)
    answer = page(client, cast.publisher, "release_bundle", Release.objects.get().pk)
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    assert (
        page(client, cast.foreign["publisher"], "release_bundle", Release.objects.get().pk).status_code == 404
    )


def test_a_frozen_rubric_cannot_be_edited(quarter, cast, client):
    period = closed_quarter(quarter)
    client.force_login(cast.evaluator)
    url = reverse("admin:evaluations_rubric_change", args=[period.rubric_id])
    assert client.get(url).status_code == 200
    assert client.post(url, {"title": "x"}).status_code == 403


def test_an_act_is_named_in_the_readers_language_and_a_typed_reason_stays_as_typed():
    with translation.override("en"):
        assert in_words("close 2026Q3") == "close the period 2026Q3"
        assert in_words("notice services-2026Q3-1") == "publish the notice of services-2026Q3-1"
        assert in_words("公示期满 notice") == "公示期满 notice"
        assert in_words("—") == "—"
