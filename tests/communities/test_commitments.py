"""Commitments: the enterprise answers, the community alone confirms or says "not fixed"."""

import datetime as dt

import pytest
from django.db import DatabaseError, transaction

from communities.models import Commitment
from communities.selectors import open_items
from communities.services import commitments, meetings
from communities.services.commitments import COMMITMENT_MOVES
from redprop.areas.models import CommunitySuccession
from redprop.common.errors import Refused
from tests.town import MONTH, a_promise, filed, minutes


def refusal(code):
    return pytest.raises(Refused, check=lambda error: error.code == code)


@pytest.fixture
def promise(town) -> Commitment:
    return filed(town, a_promise(town.qingchuan)).commitments.get()


def answer(town, promise, text="已更换主板"):
    return commitments.answer_commitment(commitment=promise, text=text, acting_user=town.huanan_contact)


def test_a_promise_is_answered_then_confirmed_by_the_community(town, promise) -> None:
    assert answer(town, promise).state == "answered"
    done = commitments.confirm_commitment(commitment=promise, acting_user=town.secretary)
    assert done.state == "confirmed"
    assert done.confirmed_at == town.district.clock
    assert [s.kind for s in promise.steps.all()] == ["promised", "answered", "confirmed"]


def test_not_fixed_reopens_it_and_is_counted(town, promise) -> None:
    answer(town, promise)
    commitments.confirm_commitment(commitment=promise, acting_user=town.secretary)
    again = commitments.reopen_commitment(commitment=promise, reason="又停了", acting_user=town.secretary)
    assert (again.state, again.times_reopened, again.confirmed_at) == ("reopened", 1, None)
    assert answer(town, promise, "再次更换").state == "answered"


@pytest.mark.parametrize("who", ["huanan_contact", "clerk", "other_secretary", "registrar"])
def test_nobody_but_the_own_secretary_confirms_or_reopens(town, promise, who) -> None:
    answer(town, promise)
    with refusal("not-secretary"):
        commitments.confirm_commitment(commitment=promise, acting_user=getattr(town, who))
    with refusal("not-secretary"):
        commitments.reopen_commitment(commitment=promise, reason="x", acting_user=getattr(town, who))


@pytest.mark.parametrize("who", ["jiangtan_contact", "secretary", "clerk"])
def test_only_the_enterprise_that_promised_answers(town, promise, who) -> None:
    with refusal("not-contact"):
        commitments.answer_commitment(commitment=promise, text="x", acting_user=getattr(town, who))


def test_an_extension_keeps_the_first_date_and_is_granted_by_the_community(town, promise) -> None:
    later = dt.date(2026, 11, 15)
    with refusal("not-secretary"):
        commitments.extend_commitment(
            commitment=promise, due_on=later, reason="等配件", acting_user=town.huanan_contact
        )
    extended = commitments.extend_commitment(
        commitment=promise, due_on=later, reason="等配件", acting_user=town.secretary
    )
    assert (extended.due_on, extended.first_due_on) == (later, dt.date(2026, 10, 30))
    with refusal("not-later"):
        commitments.extend_commitment(
            commitment=promise, due_on=later, reason="x", acting_user=town.secretary
        )


def test_answer_and_reopening_need_words(town, promise) -> None:
    with refusal("text-missing"):
        answer(town, promise, " ")
    answer(town, promise)
    with refusal("text-missing"):
        commitments.reopen_commitment(commitment=promise, reason="", acting_user=town.secretary)


def test_nothing_is_confirmed_before_the_minutes_are_accepted(town) -> None:
    meeting = filed(town, a_promise(town.qingchuan), accept=False)
    with refusal("not-accepted"):
        commitments.confirm_commitment(commitment=meeting.commitments.get(), acting_user=town.secretary)


def test_an_enterprise_waits_while_the_minutes_are_mended(town) -> None:
    meeting = filed(town, a_promise(town.qingchuan), accept=False)
    meetings.return_meeting(meeting=meeting, reason="缺签到", acting_user=town.clerk)
    with refusal("not-filed"):
        answer(town, meeting.commitments.get())


def test_allowed_moves_are_those_of_the_rules() -> None:
    # By hand: an enterprise may answer again; the community may confirm at any time; "not fixed" needs an answer
    # or a confirmation before it; what is open may be left out of scoring and stays out.
    by_hand = {
        "open": {"answered", "confirmed", "excluded"},
        "answered": {"answered", "confirmed", "reopened", "excluded"},
        "reopened": {"answered", "confirmed", "excluded"},
        "confirmed": {"reopened"},
        "excluded": set(),
    }
    assert {s.value: {t.value for t in after} for s, after in COMMITMENT_MOVES.items()} == by_hand


def test_steps_are_never_changed(town, promise) -> None:
    step = promise.steps.get()
    step.text = "anders"
    with pytest.raises(DatabaseError), transaction.atomic():
        step.save()


def test_an_enterprise_sees_its_promise_only_once_the_minutes_are_filed(town) -> None:
    meeting = meetings.save_meeting(
        community=town.a1,
        month=MONTH,
        minutes=minutes(town, a_promise(town.qingchuan)),
        version=None,
        acting_user=town.secretary,
    )
    assert not Commitment.objects.for_user(town.huanan_contact).exists()
    meetings.submit_meeting(meeting=meeting, acting_user=town.secretary)
    assert Commitment.objects.for_user(town.huanan_contact).exists()
    assert not Commitment.objects.for_user(town.jiangtan_contact).exists()


def test_open_items_of_a_dissolved_community_go_to_its_successor(town, promise) -> None:
    answer(town, promise)
    assert not Commitment.objects.for_user(town.other_secretary).exists()
    CommunitySuccession.objects.create(predecessor=town.a1, successor=town.a2, on=dt.date(2026, 10, 21))
    with refusal("not-secretary"):  # while it exists, its own secretary keeps them
        commitments.confirm_commitment(commitment=promise, acting_user=town.other_secretary)
    town.a1.closed_on = dt.date(2026, 10, 21)
    town.a1.save()
    assert list(Commitment.objects.for_user(town.other_secretary)) == [promise]
    assert list(open_items(town.a2, dt.date(2026, 11, 1))) == [promise]
    done = commitments.confirm_commitment(commitment=promise, acting_user=town.other_secretary)
    assert done.state == "confirmed"
    assert promise.meeting.community == town.a1  # the filing stays where it was made
