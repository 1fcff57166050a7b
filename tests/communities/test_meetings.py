"""Minutes of the joint meeting: draft, submit, accept or return; one meeting per community and month."""

import dataclasses
import datetime as dt
import threading

import pytest
from django.db import connection
from django.utils import translation

from communities.models import Commitment, CommitmentStep, JointMeeting
from communities.services import meetings
from communities.services.entered import Attendee
from communities.services.meetings import MEETING_MOVES
from redprop.common.errors import Refused
from redprop.common.periods import Period
from tests.town import MONTH, a_promise, build_town, filed, minutes


def save(town, *promises, version=None, user=None, month=MONTH, **changes):
    return meetings.save_meeting(
        community=town.a1,
        month=month,
        minutes=minutes(town, *promises, **changes),
        version=version,
        acting_user=user or town.secretary,
    )


def refusal(code):
    return pytest.raises(Refused, check=lambda error: error.code == code)


def test_a_month_goes_from_draft_to_accepted(town) -> None:
    meeting = save(town)
    assert (meeting.state, meeting.due_on) == ("draft", dt.date(2026, 11, 4))
    meeting = meetings.submit_meeting(meeting=meeting, acting_user=town.secretary)
    assert meeting.state == "submitted"
    assert meeting.is_on_time
    meeting = meetings.accept_meeting(meeting=meeting, acting_user=town.clerk)
    assert (meeting.state, meeting.decided_by) == ("accepted", "郑专干")


def test_promises_get_their_first_step_when_the_minutes_are_accepted(town) -> None:
    meeting = filed(town, a_promise(town.qingchuan), a_promise(town.tanli, problem="路灯不亮"), accept=False)
    assert CommitmentStep.objects.count() == 0
    meetings.accept_meeting(meeting=meeting, acting_user=town.clerk)
    assert [s.kind for s in CommitmentStep.objects.all()] == ["promised", "promised"]


def test_returned_minutes_can_be_mended_and_keep_their_first_day_of_filing(town) -> None:
    meeting = filed(town, a_promise(town.qingchuan), accept=False)
    first = meeting.submitted_at
    meeting = meetings.return_meeting(meeting=meeting, reason="缺网格员签到", acting_user=town.clerk)
    kept = Commitment.objects.get()
    town.district.clock += dt.timedelta(days=30)
    town.district.save()
    meeting = save(
        town,
        a_promise(town.qingchuan, pk=kept.pk, problem="3栋电梯停运"),
        version=meeting.version,
        place="党群服务中心",
    )
    meeting = meetings.submit_meeting(meeting=meeting, acting_user=town.secretary)
    assert (meeting.submitted_at, meeting.place, meeting.return_reason) == (first, "党群服务中心", "")
    kept.refresh_from_db()
    assert kept.problem == "3栋电梯停运"


def test_a_promise_left_out_of_the_mended_minutes_is_gone(town) -> None:
    meeting = save(town, a_promise(town.qingchuan), a_promise(town.tanli))
    first = Commitment.objects.order_by("pk").first()
    save(town, a_promise(town.qingchuan, pk=first.pk), version=meeting.version)
    assert list(Commitment.objects.all()) == [first]


def test_return_needs_a_reason(town) -> None:
    meeting = filed(town, accept=False)
    with refusal("no-reason"):
        meetings.return_meeting(meeting=meeting, reason="  ", acting_user=town.clerk)


@pytest.mark.parametrize(("state", "after"), [(s, t) for s in JointMeeting.State for t in JointMeeting.State])
def test_only_the_moves_of_the_table_are_allowed(town, state, after) -> None:
    # By hand, from design section 7: submit, then the subdistrict accepts or returns; mended minutes are filed again.
    allowed = {
        ("draft", "submitted"),
        ("submitted", "accepted"),
        ("submitted", "returned"),
        ("returned", "submitted"),
    }
    assert (after in MEETING_MOVES[state]) == ((state.value, after.value) in allowed)


def test_accepted_minutes_cannot_be_changed_or_filed_again(town) -> None:
    meeting = filed(town)
    with refusal("not-editable"):
        save(town, version=meeting.version)
    with refusal("state"):
        meetings.submit_meeting(meeting=meeting, acting_user=town.secretary)


@pytest.mark.parametrize("who", ["other_secretary", "clerk", "huanan_contact", "registrar"])
def test_only_the_community_s_own_secretary_writes_the_minutes(town, who) -> None:
    with refusal("not-secretary"):
        save(town, user=getattr(town, who))
    assert not JointMeeting.objects.exists()


@pytest.mark.parametrize("who", ["secretary", "other_clerk", "registrar", "huanan_contact"])
def test_only_the_own_subdistrict_accepts(town, who) -> None:
    meeting = filed(town, accept=False)
    with refusal("not-clerk"):
        meetings.accept_meeting(meeting=meeting, acting_user=getattr(town, who))


def test_a_meeting_in_the_future_is_refused(town) -> None:
    with refusal("future"):
        save(town, held_on=dt.date(2026, 10, 22))
    with refusal("future-month"):
        save(town, month=Period.parse("2026-11"), held_on=None)


def test_the_day_must_lie_in_the_month(town) -> None:
    with refusal("other-month"):
        save(town, held_on=dt.date(2026, 9, 30))


def test_a_promise_is_not_due_before_the_meeting(town) -> None:
    with refusal("due-before-meeting"):
        save(town, a_promise(town.qingchuan, due_on=dt.date(2026, 10, 19)))


def test_a_project_that_serves_another_community_cannot_promise_or_attend(town) -> None:
    with refusal("foreign-project"):
        save(town, a_promise(town.beili))
    with refusal("foreign-project"):
        save(town, attendance=[Attendee(kind="present", project_id=town.beili.pk)])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"held_on": None}, "incomplete"),
        ({"place": ""}, "incomplete"),
        ({"attendance": []}, "nobody"),
        ({"nothing_new": False}, "nothing-entered"),
    ],
)
def test_incomplete_minutes_stay_a_draft(town, changes, code) -> None:
    meeting = save(town, **changes)
    with refusal(code):
        meetings.submit_meeting(meeting=meeting, acting_user=town.secretary)
    meeting.refresh_from_db()
    assert meeting.state == "draft"


def test_refusals_name_the_field_in_chinese(town) -> None:
    meeting = save(town, held_on=None)
    with translation.override("zh-hans"), pytest.raises(Refused) as refused:
        meetings.submit_meeting(meeting=meeting, acting_user=town.secretary)
    assert refused.value.code == "incomplete"


def test_a_second_device_does_not_overwrite_the_first(town) -> None:
    first = save(town)
    save(town, version=first.version, place="甲")
    with refusal("saved-elsewhere"):
        save(town, version=first.version, place="乙")
    assert JointMeeting.objects.get().place == "甲"


def test_unchanged_minutes_do_not_rewrite_attendance(town) -> None:
    first = save(town)
    rows = set(first.attendance.values_list("pk", flat=True))
    again = save(town, version=first.version)
    assert set(again.attendance.values_list("pk", flat=True)) == rows


def test_an_answered_promise_stays_when_minutes_are_mended(town) -> None:
    from communities.services import commitments

    meeting = filed(town, a_promise(town.qingchuan), accept=False)
    commitment = Commitment.objects.get()
    commitments.answer_commitment(commitment=commitment, text="已修", acting_user=town.huanan_contact)
    meeting = meetings.return_meeting(meeting=meeting, reason="缺签到", acting_user=town.clerk)
    save(town, version=meeting.version, nothing_new=False, topics="x")
    commitment.refresh_from_db()
    assert commitment.problem == "3栋电梯常停"


@pytest.mark.django_db(transaction=True)
def test_two_devices_at_once_leave_one_meeting(settings, transactional_db) -> None:
    settings.DEMO = True
    town = build_town()
    barrier, outcomes = threading.Barrier(2), []

    def write() -> None:
        try:
            barrier.wait()
            save(town)
            outcomes.append("saved")
        except Refused as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["saved", "saved-elsewhere"]
    assert JointMeeting.objects.count() == 1


def test_minutes_value_is_frozen(town) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        minutes(town).place = "x"


def test_on_time_is_judged_by_the_day_in_shanghai(town) -> None:
    town.district.clock = dt.datetime(2026, 11, 4, 23, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    town.district.save()
    assert filed(town, accept=False).is_on_time
    late = JointMeeting(
        due_on=dt.date(2026, 11, 4), submitted_at=dt.datetime(2026, 11, 4, 16, 30, tzinfo=dt.UTC)
    )
    assert not late.is_on_time


def test_facts_are_recorded_by_the_district_s_clock(town) -> None:
    meeting = filed(town, a_promise(town.qingchuan))
    rows = [meeting, *meeting.attendance.all(), *meeting.commitments.all(), *CommitmentStep.objects.all()]
    assert {row.recorded_at for row in rows} == {town.district.clock}
    assert {row.recorded_by for row in rows} == {"周书记", "郑专干"}


def test_lines_of_attendance_that_stay_keep_their_day_of_recording(town) -> None:
    first = save(town)
    was = {a.project_id: a.recorded_at for a in first.attendance.exclude(project=None)}
    town.district.clock += dt.timedelta(days=20)
    town.district.save()
    lines = [
        Attendee(kind="present", project_id=town.qingchuan.pk),
        Attendee(kind="present", project_id=town.tanli.pk),
    ]
    save(town, version=first.version, attendance=lines)
    now = {a.project_id: a.recorded_at for a in first.attendance.all()}
    assert now == {town.qingchuan.pk: was[town.qingchuan.pk], town.tanli.pk: town.district.clock}


@pytest.mark.parametrize("where", ["topics", "problem"])
def test_numbers_of_persons_are_refused_in_minutes(town, where) -> None:
    # 13800138000 is the operators' own test number.
    if where == "topics":
        promises, changes = [], {"topics": "联系住户 13800138000"}
    else:
        promises, changes = [a_promise(town.qingchuan, problem="联系住户 13800138000")], {}
    with refusal("personal-number"):
        save(town, *promises, **changes)


def test_a_dissolved_community_files_no_further_month(town) -> None:
    town.a1.closed_on = dt.date(2026, 10, 1)
    town.a1.save()
    with refusal("dissolved"):
        save(town)
