"""An enterprise reads its score line by line, back to the rows; a meeting filed at the desk moves it."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from communities.models import Commitment
from communities.services import commitments, meetings
from evaluations.models import ListEntry, Objection, Release, Scorecard, ScoreLine
from evaluations.services import closing, periods, rubrics
from evaluations.services.result_notices import tell_of_release
from redprop.common.periods import Period
from redprop.core.models import Notification
from tests.town import a_promise, minutes, serve

SEPTEMBER = Period.parse("2026-09")


def at(town, *when: int) -> None:
    """Set the district's clock (Shanghai time)."""
    town.district.clock = dt.datetime(*when, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    town.district.save()


def file_september(town, **changes) -> None:
    """Qingchuan comes and keeps its promise, Tanli is absent; all of it through the desk's services."""
    at(town, 2026, 9, 8, 10)
    promise = a_promise(town.qingchuan, due_on=dt.date(2026, 9, 25))
    facts = minutes(town, promise, held_on=dt.date(2026, 9, 8), **changes)
    meeting = meetings.save_meeting(
        community=town.a1, month=SEPTEMBER, minutes=facts, version=None, acting_user=town.secretary
    )
    meeting = meetings.submit_meeting(meeting=meeting, acting_user=town.secretary)
    meetings.accept_meeting(meeting=meeting, acting_user=town.clerk)
    at(town, 2026, 9, 20, 10)
    commitment = meeting.commitments.get()
    commitments.answer_commitment(commitment=commitment, text="已更换", acting_user=town.huanan_contact)
    commitments.confirm_commitment(commitment=commitment, acting_user=town.secretary)


def close_quarter(town, *, publish: bool = True):
    """Close 2026Q3 and, unless told otherwise, put it on public notice."""
    at(town, 2026, 10, 12, 10)
    rubrics.load_sample(district=town.district, acting_user=None)
    period = periods.open_period(district=town.district, code="2026Q3", acting_user=None)
    run = closing.run_inline(periods.close_period(period=period, acting_user=None))
    assert run.state == "done", run.message
    if publish:
        Release.objects.create(
            district=town.district,
            period=period,
            run=run,
            kind="notice",
            sequence=1,
            state="published",
            published_at=timezone.now(),
            title="公示",
            index_number="1",
            issuer="示例区",
            rubric_label="样本",
            digest="0" * 64,
        )
    return run


@pytest.fixture
def as_user(town):
    def sign_in(name: str) -> Client:
        client = Client()
        client.force_login(getattr(town, name))
        return client

    return sign_in


def points(run, project, item):
    return ScoreLine.objects.get(run_id=run.pk, project_id=project.pk, item=item).points


def item_with(run, source: str):
    return run.period.rubric.items.get(source=source)


def test_a_meeting_filed_at_the_desk_moves_the_score(town) -> None:
    file_september(town)
    run = close_quarter(town)
    item = item_with(run, "joint_meetings")
    # One accepted meeting in the quarter: Qingchuan was present, Tanli absent.
    assert points(run, town.qingchuan, item.code) == item.points
    assert points(run, town.tanli, item.code) == 0
    kept = item_with(run, "commitments_in_time")
    assert points(run, town.qingchuan, kept.code) == kept.points


def test_each_line_leads_to_the_rows_behind_it(town, as_user) -> None:
    file_september(town)
    run = close_quarter(town)
    card = Scorecard.objects.get(run=run, project=town.qingchuan)
    client = as_user("huanan_contact")
    listing = client.get(reverse("desk:scores"))
    assert [c.project for c in listing.context["page_obj"]] == [town.qingchuan, town.beili]
    page = client.get(reverse("desk:score", args=[card.pk]))
    shown = {line.item.source: line.raw for line in page.context["lines"]}
    assert shown["joint_meetings"] == shown["commitments_in_time"] == "1 / 1"
    item = item_with(run, "commitments_in_time")
    facts = client.get(reverse("desk:score-facts", args=[card.pk, item.code])).context["page_obj"]
    commitment = town.qingchuan.commitments.get()
    assert [(f.day, f.label, f.url) for f in facts] == [
        (dt.date(2026, 9, 25), "3栋电梯常停", reverse("desk:commitment", args=[commitment.pk]))
    ]
    assert client.get(facts[0].url).status_code == 200


def test_another_enterprise_s_card_is_not_found(town, as_user) -> None:
    run = close_quarter(town)
    card = Scorecard.objects.get(run=run, project=town.qingchuan)
    for member, status in (
        ("huanan_contact", 200),
        ("secretary", 200),
        ("jiangtan_contact", 404),
        ("other_clerk", 404),
    ):
        assert as_user(member).get(reverse("desk:score", args=[card.pk])).status_code == status, member


def test_nothing_is_shown_before_it_is_published(town, as_user) -> None:
    run = close_quarter(town, publish=False)
    card = Scorecard.objects.get(run=run, project=town.qingchuan)
    client = as_user("huanan_contact")
    assert client.get(reverse("desk:score", args=[card.pk])).status_code == 404
    assert list(client.get(reverse("desk:scores")).context["page_obj"]) == []


def test_an_unknown_item_is_not_found(town, as_user) -> None:
    run = close_quarter(town)
    card = Scorecard.objects.get(run=run, project=town.qingchuan)
    assert (
        as_user("huanan_contact").get(reverse("desk:score-facts", args=[card.pk, "nope"])).status_code == 404
    )


def test_queries_behind_a_line_do_not_grow_with_the_facts(town, as_user) -> None:
    file_september(town)
    run = close_quarter(town)
    card = Scorecard.objects.get(run=run, project=town.qingchuan)
    client = as_user("huanan_contact")
    url = reverse("desk:score-facts", args=[card.pk, item_with(run, "commitments_in_time").code])
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    [one] = town.qingchuan.commitments.all()
    Commitment.objects.bulk_create(
        Commitment(
            **{f: getattr(one, f) for f in ("meeting", "project", "promise", "responsible_post", "made_on")},
            problem=f"又{i}",
            first_due_on=one.due_on,
            due_on=one.due_on,
        )
        for i in range(25)
    )
    with CaptureQueriesContext(connection) as many:
        page = client.get(url)
    assert page.context["page_obj"].paginator.count == 26
    assert len(many) == len(few)


def test_an_enterprise_objects_inside_the_window_and_the_entry_is_held(town, as_user) -> None:
    run = close_quarter(town)
    entry = ListEntry.objects.get(run=run, project=town.qingchuan)
    card = Scorecard.objects.get(run=run, project=town.qingchuan)
    client, url = as_user("huanan_contact"), reverse("desk:score-object", args=[card.pk])
    assert client.post(url, {"text": "x"}).status_code == 404  # not in public notice
    ListEntry.objects.filter(pk=entry.pk).update(
        state="noticed",
        colour="watch",
        notice_starts_on=dt.date(2026, 10, 12),
        notice_ends_on=dt.date(2026, 10, 19),
    )
    assert client.get(reverse("desk:score", args=[card.pk])).context["may_object"]
    assert as_user("jiangtan_contact").post(url, {"text": "x"}).status_code == 404
    as_user("secretary").post(url, {"text": "x"})
    assert not Objection.objects.exists()
    client.post(url, {"text": "检查分录入有误", "item": item_with(run, "joint_meetings").code})
    entry.refresh_from_db()
    assert (entry.state, Objection.objects.get().text) == ("held", "检查分录入有误")
    at(town, 2026, 10, 20, 9)
    client = as_user("huanan_contact")
    assert not client.get(reverse("desk:score", args=[card.pk])).context["may_object"]


def test_the_firms_on_a_published_list_are_told_once(town) -> None:
    file_september(town)
    run = close_quarter(town)
    Notification.objects.all().delete()
    notice = Release.objects.get()
    entry = ListEntry.objects.get(run=run, project=town.qingchuan)
    entry.notice_ends_on = dt.date(2026, 10, 19)
    tell_of_release(notice, [entry, entry])
    told = Notification.objects.get()
    assert (told.user, told.kind, told.due_on) == (town.huanan_contact, "result", dt.date(2026, 10, 19))
    assert told.text == "2026年第3季度考评结果正在公示，2026-10-19前可提出异议"
    assert told.address == "/desk/scores/?period=2026Q3"


def test_the_list_of_scores_asks_no_more_for_a_firm_with_more_projects(town, as_user) -> None:
    for number in range(12):
        serve(town.huanan, f"M{number:02d}", f"江岸{number}里", town.a1)
    file_september(town)
    close_quarter(town)
    counted = {}
    for name in ("jiangtan_contact", "huanan_contact"):
        client = as_user(name)
        client.get("/desk/scores/")
        with CaptureQueriesContext(connection) as queries:
            answer = client.get("/desk/scores/")
        counted[len(answer.context["page_obj"].object_list)] = len(queries)
    # Jiangtan has one project, Huanan its two of the town and the twelve.
    assert sorted(counted) == [1, 14]
    assert counted[14] <= counted[1]
