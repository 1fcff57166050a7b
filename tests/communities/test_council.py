"""The council: terms, topics, quorum, votes, follow-ups, corrections."""

import datetime as dt
from fractions import Fraction

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from communities.council import SAMPLE, Terms, votes_fit
from communities.council_paper import paper_of_council
from communities.models import (
    Commitment,
    CouncilFollowUp,
    CouncilMeeting,
    CouncilResolution,
    CouncilRule,
    CouncilTopic,
    JointMeeting,
    NeighbourRepresentative,
)
from communities.services import council_follow_ups, council_people, councils
from communities.services.council_minutes import Follow
from redprop.common.errors import Refused
from tests.communities.council import HELD, convene, file, resolved, said, seat


# In office → present needed (two thirds, rounded up) and, of so many present, votes needed (more than half).
@pytest.mark.parametrize(("in_office", "quorum"), [(1, 1), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5), (9, 6)])
def test_two_thirds_make_a_quorum(in_office, quorum) -> None:
    assert SAMPLE.needed_present(in_office) == quorum


@pytest.mark.parametrize(("present", "votes"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4), (7, 4)])
def test_more_than_half_of_those_present_pass(present, votes) -> None:
    assert SAMPLE.needed_votes(present) == votes


@given(st.integers(0, 400), st.integers(1, 20), st.integers(1, 20))
def test_a_quorum_is_the_smallest_number_that_reaches_the_share(in_office, top, more) -> None:
    share = Fraction(min(top, more), max(top, more))
    needed = Terms(share, Fraction(1, 2)).needed_present(in_office)
    assert needed >= max(1, share * in_office)
    assert needed == 1 or needed - 1 < share * in_office


@given(st.integers(0, 400), st.integers(1, 19), st.integers(2, 20))
def test_a_majority_is_the_smallest_number_above_the_share(present, top, bottom) -> None:
    share = Fraction(min(top, bottom - 1), bottom)
    needed = Terms(Fraction(1, 2), share).needed_votes(present)
    assert needed > share * present >= needed - 1


@given(st.integers(-3, 60), st.integers(-3, 60), st.integers(-3, 60), st.integers(0, 180))
def test_votes_fit_when_everybody_present_is_counted_once(yes, no, none, present) -> None:
    expected = yes >= 0 and no >= 0 and none >= 0 and present - yes - no - none == 0
    assert votes_fit(present, yes, no, none) is expected


def refused(code: str, act) -> str:
    with pytest.raises(Refused) as caught, transaction.atomic():
        act()
    assert caught.value.code == code
    return str(caught.value)


def test_the_same_person_has_no_two_terms_at_once_in_one_compound(town) -> None:
    first, *_rest = seat(town)

    def again(name: str, since: dt.date):
        return council_people.add_representative(
            compound=town.qingchuanli,
            name=name,
            chosen="elected",
            valid_from=since,
            valid_to=None,
            acting_user=town.secretary,
        )

    refused("overlap", lambda: again(first.name, dt.date(2025, 1, 1)))
    council_people.end_term(representative=first, last_day=dt.date(2024, 12, 31), acting_user=town.secretary)
    again(first.name, dt.date(2025, 1, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        NeighbourRepresentative.objects.create(
            compound=town.qingchuanli, name=first.name, chosen="elected", valid_from=dt.date(2024, 6, 1)
        )


def test_only_the_own_secretary_enters_representatives_and_files(town) -> None:
    people = seat(town)
    refused(
        "not-secretary",
        lambda: council_people.end_term(
            representative=people[0], last_day=HELD, acting_user=town.other_secretary
        ),
    )
    meeting = convene(town)
    minutes = said(people, 6, resolved(6))
    for user in (town.other_secretary, town.clerk, town.huanan_contact):
        refused(
            "not-secretary",
            lambda user=user: councils.file_council(
                meeting=meeting, minutes=minutes, version=1, acting_user=user
            ),
        )


def test_filing_writes_attendance_votes_and_outcome(town) -> None:
    people = seat(town)
    meeting = file(
        town, convene(town), said(people, 5, resolved(3, 1, 1), observers=[(town.qingchuan.pk, "")])
    )
    assert (meeting.state, meeting.in_office, meeting.present, meeting.quorum) == ("filed", 6, 5, 4)
    row = CouncilResolution.objects.get()
    assert (row.votes_for, row.votes_against, row.votes_abstained) == (3, 1, 1)
    assert (row.present, row.needed, row.passed) == (5, 3, True)
    assert row.topic.state == CouncilTopic.State.SETTLED
    assert meeting.attendance.filter(kind="observer", project=town.qingchuan).exists()


def test_below_the_quorum_nothing_is_resolved_but_a_topic_may_be_deferred(town) -> None:
    people = seat(town)
    meeting = convene(town)
    message = refused("no-quorum", lambda: file(town, meeting, said(people, 3, resolved(3))))
    assert "3" in message
    assert "4" in message
    meeting = file(town, meeting, said(people, 3, resolved(0, outcome="deferred", text="人数不足")))
    assert not meeting.has_quorum
    assert not meeting.resolutions.exists()
    assert CouncilTopic.objects.get().state == CouncilTopic.State.DEFERRED


@pytest.mark.parametrize("votes", [(5, 1, 0), (4, 0, 0), (5, 0, 1), (0, 0, 0)])
def test_votes_that_do_not_add_up_to_those_present_are_refused(town, votes) -> None:
    people = seat(town)
    meeting = convene(town)
    refused("votes", lambda: file(town, meeting, said(people, 5, resolved(*votes))))


def test_a_rule_of_the_district_replaces_the_sample_from_its_day(town) -> None:
    people = seat(town)
    CouncilRule.objects.create(
        district=town.district,
        quorum_numerator=1,
        quorum_denominator=2,
        majority_numerator=2,
        majority_denominator=3,
        valid_from=dt.date(2026, 10, 1),
    )
    meeting = file(town, convene(town), said(people, 3, resolved(2, 1)))
    assert meeting.quorum == 3
    assert CouncilResolution.objects.get().needed == 3
    assert not CouncilResolution.objects.get().passed
    before = convene(town, held_on=dt.date(2026, 9, 30))
    refused("no-rule", lambda: file(town, before, said(people, 6, resolved(6), held_on=dt.date(2026, 9, 30))))


def test_the_database_refuses_votes_that_do_not_fit_and_changes_of_what_is_filed(town) -> None:
    people = seat(town)
    file(town, convene(town), said(people, 5, resolved(5)))
    row = CouncilResolution.objects.get()
    values = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.name != "id"}
    for change in (
        {"votes_for": 4},
        {"passed": False},
        {"present": 3, "votes_for": 3},
        {"withdrawn": True},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            CouncilResolution.objects.create(**{**values, "number": 9, **change})
    for act in (
        lambda: CouncilResolution.objects.update(text="改写"),
        lambda: CouncilResolution.objects.all().delete(),
        lambda: row.meeting.attendance.update(kind="absent"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_attendance_names_exactly_those_in_office_on_the_day(town) -> None:
    people = seat(town)
    meeting = convene(town)
    refused("other-representatives", lambda: file(town, meeting, said(people[:5], 5, resolved(5))))
    council_people.end_term(
        representative=people[5], last_day=dt.date(2026, 10, 19), acting_user=town.secretary
    )
    refused("other-representatives", lambda: file(town, meeting, said(people, 6, resolved(6))))
    assert file(town, meeting, said(people[:5], 5, resolved(5))).in_office == 5


def test_a_meeting_ahead_is_a_draft_and_cannot_be_filed(town) -> None:
    people = seat(town)
    day = dt.date(2026, 10, 28)
    meeting = convene(town, held_on=day)
    refused("future", lambda: file(town, meeting, said(people, 6, resolved(6), held_on=day)))


def test_the_same_time_of_a_day_is_one_meeting(town) -> None:
    seat(town)
    convene(town)
    refused("twice", lambda: convene(town))
    convene(town, session="morning")
    assert CouncilMeeting.objects.count() == 2


def test_what_is_published_names_no_representative_and_no_number(town) -> None:
    people = seat(town)
    meeting = convene(town)
    refused("name", lambda: file(town, meeting, said(people, 5, resolved(5, text="由陈二楠负责清理。"))))
    refused(
        "personal-number", lambda: file(town, meeting, said(people, 5, resolved(5, text="联系13812345678")))
    )


def test_minutes_name_the_representatives_for_the_community_alone(town) -> None:
    people = seat(town)
    meeting = file(town, convene(town), said(people, 5, resolved(5)))
    plain = str(paper_of_council(meeting).to_dict())
    assert "陈一楠" not in plain
    assert "红色邻里代表5人" in plain
    named = str(paper_of_council(meeting, with_names=True).to_dict())
    assert "陈一楠" in named
    assert "陈六楠" in named


def test_a_task_is_done_with_words_only_and_by_the_community_only(town) -> None:
    people = seat(town)
    follow = Follow("清理三单元楼道", "社区干事", dt.date(2026, 10, 30))
    file(town, convene(town), said(people, 5, resolved(5, follow=follow)))
    task = CouncilFollowUp.objects.get()
    assert task.kind == "task"

    def finish(user, words="已清理"):
        return council_follow_ups.finish_task(follow_up=task, outcome=words, acting_user=user)

    refused("text-missing", lambda: finish(town.secretary, " "))
    refused("not-secretary", lambda: finish(town.clerk))
    assert finish(town.secretary).state == "done"
    refused("closed", lambda: finish(town.secretary))


def test_a_promise_enters_the_draft_of_the_joint_meeting_of_the_month(town) -> None:
    people = seat(town)
    follow = Follow("更换单元门禁", "项目经理", dt.date(2026, 10, 30), project_id=town.qingchuan.pk)
    file(town, convene(town), said(people, 5, resolved(5, follow=follow)))
    promise = Commitment.objects.get()
    assert (promise.project, promise.promise) == (town.qingchuan, "更换单元门禁")
    assert promise.meeting.month == dt.date(2026, 10, 1)
    assert promise.meeting.state == JointMeeting.State.DRAFT
    assert CouncilFollowUp.objects.get().commitment == promise
    assert not CouncilFollowUp.objects.open().exists()
    # Taken out of the draft it waits again, and can be handed over again.
    promise.delete()
    row = CouncilFollowUp.objects.open().get()
    council_follow_ups.hand_over(follow_up=row, acting_user=town.secretary)
    assert Commitment.objects.count() == 1


def test_a_promise_waits_when_the_month_is_filed(town) -> None:
    from tests.town import filed

    people = seat(town)
    filed(town)
    follow = Follow("更换单元门禁", "项目经理", dt.date(2026, 10, 30), project_id=town.qingchuan.pk)
    file(town, convene(town), said(people, 5, resolved(5, follow=follow)))
    row = CouncilFollowUp.objects.open().get()
    refused("filed", lambda: council_follow_ups.hand_over(follow_up=row, acting_user=town.secretary))


def test_nothing_follows_from_what_did_not_pass_or_was_promised_by_a_stranger(town) -> None:
    people = seat(town)
    meeting = convene(town)
    follow = Follow("清理", "社区干事", dt.date(2026, 10, 30))
    refused("not-passed", lambda: file(town, meeting, said(people, 5, resolved(2, 3, follow=follow))))
    stranger = Follow("清理", "项目经理", dt.date(2026, 10, 30), project_id=town.beili.pk)
    refused("foreign-project", lambda: file(town, meeting, said(people, 5, resolved(5, follow=stranger))))
    early = Follow("清理", "社区干事", dt.date(2026, 10, 19))
    refused("due-before-meeting", lambda: file(town, meeting, said(people, 5, resolved(5, follow=early))))


def test_a_resolution_is_corrected_and_withdrawn_by_further_rows(town) -> None:
    people = seat(town)
    follow = Follow("清理三单元楼道", "社区干事", dt.date(2026, 10, 30))
    meeting = file(town, convene(town), said(people, 5, resolved(4, 1, follow=follow)))
    first = CouncilResolution.objects.get()

    def correct(row, votes=(3, 2, 0), reason="计票登记有误"):
        return council_follow_ups.correct_resolution(
            resolution=row, text="每月清理一次。", votes=votes, reason=reason, acting_user=town.secretary
        )

    refused("votes", lambda: correct(first, (3, 1, 0)))
    refused("text-missing", lambda: correct(first, reason=" "))
    second = correct(first)
    refused("replaced", lambda: correct(first))
    assert list(CouncilResolution.objects.current()) == [second]
    assert (first.text, second.votes_against) == ("每月第一个周末集中清理楼道。", 2)
    council_follow_ups.withdraw_resolution(
        resolution=second, reason="与业主大会决定抵触", acting_user=town.secretary
    )
    assert CouncilResolution.objects.current().get().withdrawn
    assert CouncilFollowUp.objects.get().state == "dropped"
    paper = str(paper_of_council(meeting).to_dict())
    assert "更正为" in paper
    assert "撤回" in paper


def test_a_topic_is_taken_on_deferred_or_refused_with_a_reason(town) -> None:
    seat(town)
    topic = council_people.propose_topic(
        community=town.a1,
        compound=town.qingchuanli,
        title="增设充电桩",
        proposer="residents",
        acting_user=town.secretary,
    )

    def decide(state, reason="", user=town.secretary):
        return council_people.decide_topic(topic=topic, state=state, reason=reason, acting_user=user)

    refused("no-reason", lambda: decide("refused"))
    refused("not-secretary", lambda: decide("accepted", user=town.huanan_contact))
    decide("accepted")
    decide("deferred", "等供电部门勘察")
    decide("refused", "消防间距不足")
    refused("state", lambda: decide("accepted"))


def test_an_enterprise_proposes_only_for_a_compound_it_serves(town) -> None:
    seat(town)

    def propose(user, project, compound):
        return council_people.propose_topic(
            community=town.a1,
            compound=compound,
            title="公共收益使用",
            proposer="",
            project=project,
            acting_user=user,
        )

    assert propose(town.huanan_contact, town.qingchuan, town.qingchuanli).proposer == "enterprise"
    refused("not-contact", lambda: propose(town.jiangtan_contact, town.qingchuan, town.qingchuanli))
    refused("foreign-project", lambda: propose(town.huanan_contact, town.qingchuan, town.tanlixiaoqu))


def test_votes_enter_no_indicator() -> None:
    from pathlib import Path

    import evaluations

    root = Path(evaluations.__file__).parent
    for folder in ("indicators", "scoring", "services"):
        for path in (root / folder).rglob("*.py"):
            assert "council" not in path.read_text(encoding="utf-8").lower(), path
