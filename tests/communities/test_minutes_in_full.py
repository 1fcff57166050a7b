"""Addenda, the frozen record, residents' problems, and two phones on one draft."""

import datetime as dt
import threading

import pytest
from django.db import DatabaseError, connection, models, transaction

from communities.models import Commitment, JointMeeting, ResidentRequest
from communities.paper import paper_of
from communities.services import addenda, commitments, meetings, requests
from communities.services.entered import Problem
from redprop.common.errors import Refused
from redprop.common.periods import Period
from tests.town import MONTH, a_promise, build_town, filed, minutes


def refusal(code):
    return pytest.raises(Refused, check=lambda error: error.code == code)


def words(meeting) -> str:
    return str(paper_of(meeting).to_dict())


def save(town, *promises, version=None, **changes):
    return meetings.save_meeting(
        community=town.a1,
        month=MONTH,
        minutes=minutes(town, *promises, **changes),
        version=version,
        acting_user=town.secretary,
    )


def home_of(project):
    return project.contracts.get().assignments.get().compound


def test_an_addendum_is_numbered_dated_signed_and_masked_and_the_record_stays(town) -> None:
    meeting = filed(town, a_promise(town.qingchuan))
    before = meeting.paper
    for text in ("遗漏：居民代表列席", "联系 13800138000"):
        addenda.add_addendum(meeting=meeting, text=text, acting_user=town.secretary)
    meeting.refresh_from_db()
    assert meeting.paper == before
    assert [(a.number, a.added_on, a.recorded_by) for a in meeting.addenda.all()] == [
        (1, dt.date(2026, 10, 21), "周书记"),
        (2, dt.date(2026, 10, 21), "周书记"),
    ]
    assert "（二）2026年10月21日补充：联系 138****8000（记录：周书记）" in words(meeting)


@pytest.mark.parametrize(("who", "code"), [("other_secretary", "not-secretary"), ("clerk", "not-secretary")])
def test_only_the_own_secretary_adds(town, who, code) -> None:
    with refusal(code):
        addenda.add_addendum(meeting=filed(town), text="x", acting_user=getattr(town, who))


def test_nothing_is_added_before_acceptance(town) -> None:
    with refusal("not-accepted"):
        addenda.add_addendum(meeting=filed(town, accept=False), text="x", acting_user=town.secretary)


def test_the_database_keeps_accepted_minutes_and_addenda_as_they_are(town) -> None:
    meeting = filed(town)
    row = addenda.add_addendum(meeting=meeting, text="x", acting_user=town.secretary)
    for rows, change in (
        (JointMeeting.objects.filter(pk=meeting.pk), {"topics": "forged"}),
        (type(row).objects.filter(pk=row.pk), {"text": "forged"}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)


def test_a_firm_renamed_later_does_not_rewrite_accepted_minutes(town) -> None:
    meeting = filed(town, a_promise(town.qingchuan))
    town.huanan.name = "新名物业"
    town.huanan.save()
    meeting = JointMeeting.objects.get(pk=meeting.pk)
    assert "华楠物业" in words(meeting)
    assert "新名物业" not in words(meeting)


def test_minutes_tell_how_last_month_s_items_stood_on_the_day_of_the_meeting(town) -> None:
    saved = meetings.save_meeting(
        community=town.a1,
        month=Period.parse("2026-09"),
        minutes=minutes(
            town, a_promise(town.qingchuan, due_on=dt.date(2026, 10, 9)), held_on=dt.date(2026, 9, 20)
        ),
        version=None,
        acting_user=town.secretary,
    )
    saved = meetings.submit_meeting(meeting=saved, acting_user=town.secretary)
    meetings.accept_meeting(meeting=saved, acting_user=town.clerk)
    october = save(town)  # held on 20 October
    assert "2026年10月9日前办结）：正在办理，已逾期。" in words(october)
    # Answered on the 21st, after the meeting: its minutes still say what was so on the 20th.
    commitments.answer_commitment(
        commitment=Commitment.objects.get(), text="已修", acting_user=town.huanan_contact
    )
    assert "正在办理，已逾期。" in words(october)
    assert "企业已答复" not in words(october)


def test_problems_enter_the_ledger_when_filed_and_are_tied_to_their_promise(town) -> None:
    home = home_of(town.qingchuan)
    asked = requests.record_request(
        compound=home,
        source="call",
        category="repair",
        text="二单元路灯不亮",
        received_on=dt.date(2026, 10, 10),
        acting_user=town.secretary,
    )
    problems = [
        Problem(request_id=asked.pk, promise=0),
        Problem(text="垃圾桶破损", compound_id=home.pk, category="cleaning"),
    ]
    meeting = save(town, a_promise(town.qingchuan, compound_id=home.pk), problems=problems)
    assert ResidentRequest.objects.count() == 1  # a draft enters nothing
    meeting = meetings.submit_meeting(meeting=meeting, acting_user=town.secretary)
    asked.refresh_from_db()
    assert asked.commitment == Commitment.objects.get()
    new = ResidentRequest.objects.exclude(pk=asked.pk).get()
    assert (new.source, new.text, new.received_on) == ("meeting", "垃圾桶破损", dt.date(2026, 10, 21))
    # Returned and filed again: nothing enters twice.
    meeting = meetings.return_meeting(meeting=meeting, reason="缺签到", acting_user=town.clerk)
    kept = Commitment.objects.get()
    problems[1] = Problem(request_id=new.pk)
    meeting = save(
        town,
        a_promise(town.qingchuan, compound_id=home.pk, pk=kept.pk),
        problems=problems,
        version=meeting.version,
    )
    meetings.submit_meeting(meeting=meeting, acting_user=town.secretary)
    assert ResidentRequest.objects.count() == 2


def test_a_problem_of_another_community_is_refused(town) -> None:
    with refusal("foreign-compound"):
        save(town, problems=[Problem(text="x", compound_id=home_of(town.beili).pk)], nothing_new=False)


def test_nothing_new_does_not_go_with_a_problem(town) -> None:
    meeting = save(town, problems=[Problem(text="x", compound_id=home_of(town.qingchuan).pk)])
    with refusal("nothing-new-with-promise"):
        meetings.submit_meeting(meeting=meeting, acting_user=town.secretary)


def two_at_once(town, version) -> list[str]:
    """Two phones save the same draft, both made from the same version; returns what became of them."""
    barrier, outcomes = threading.Barrier(2), []

    def write(place: str) -> None:
        try:
            barrier.wait()
            save(town, version=version, place=place)
            outcomes.append("saved")
        except Refused as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(place,)) for place in ("甲", "乙")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [False, True])
def test_two_phones_on_one_draft_race_only_without_the_lock(
    settings, transactional_db, monkeypatch, locked
) -> None:
    settings.DEMO = True
    town = build_town()
    version = save(town).version
    both_have_read = threading.Barrier(2)
    check = meetings._check_facts

    def slowly(*args: object) -> None:
        # Both have read the row before either writes; with the lock the second has not come this far.
        if not locked:
            both_have_read.wait(timeout=10)
        check(*args)

    monkeypatch.setattr(meetings, "_check_facts", slowly)
    if not locked:
        monkeypatch.setattr(models.QuerySet, "select_for_update", lambda self, **options: self.all())
    expected = ["saved", "saved-elsewhere"] if locked else ["saved", "saved"]
    assert two_at_once(town, version) == expected


@pytest.mark.django_db(transaction=True)
def test_a_draft_filed_from_two_phones_at_once_is_filed_once(settings, transactional_db) -> None:
    settings.DEMO = True
    town = build_town()
    meeting = save(town)
    barrier, outcomes = threading.Barrier(2), []

    def file() -> None:
        try:
            barrier.wait()
            meetings.submit_meeting(meeting=meeting, acting_user=town.secretary)
            outcomes.append("filed")
        except Refused as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=file) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["filed", "state"]
    assert JointMeeting.objects.get().state == "submitted"
