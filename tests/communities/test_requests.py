"""Residents' requests: recorded without a name, answered by who serves, closed by the resident alone."""

import datetime as dt

import pytest
from django.urls import reverse

from communities.models import Compound, ResidentRequest
from communities.services import request_steps, requests
from communities.services.requests import REQUEST_MOVES
from redprop.accounts.models import AuditLine
from redprop.common.errors import Refused
from tests.town import a_promise, filed

DAY = dt.date(2026, 10, 20)


def refusal(code):
    return pytest.raises(Refused, check=lambda error: error.code == code)


@pytest.fixture
def compound(town) -> Compound:
    return Compound.objects.get(code="XP1")


def record(town, compound, **changes) -> ResidentRequest:
    values = {
        "compound": compound,
        "source": "visit",
        "category": "repair",
        "text": "楼道灯不亮",
        "received_on": DAY,
        "acting_user": town.secretary,
    }
    return requests.record_request(**values | changes)


def test_a_request_is_answered_by_the_firm_and_closed_by_the_resident(town, compound) -> None:
    request = record(town, compound)
    code = request.follow_code
    assert (request.state, request.due_on) == ("assigned", dt.date(2026, 10, 27))
    request = request_steps.answer_request(request=request, text="已换灯", acting_user=town.huanan_contact)
    assert (request.state, request.answered_on) == ("answered", dt.date(2026, 10, 21))
    closed = request_steps.close_request(code=code.lower())
    assert (closed.state, closed.closed_on) == ("confirmed", dt.date(2026, 10, 21))


def test_the_first_answer_decides_whether_it_was_in_time(town, compound) -> None:
    request = record(town, compound)
    request_steps.answer_request(request=request, text="已换灯", acting_user=town.huanan_contact)
    request_steps.reopen_request(code=request.follow_code)
    town.district.clock += dt.timedelta(days=30)
    town.district.save()
    again = request_steps.answer_request(request=request, text="已换灯", acting_user=town.huanan_contact)
    assert again.answered_on == dt.date(2026, 10, 21)


@pytest.mark.parametrize("who", ["jiangtan_contact", "secretary", "clerk"])
def test_only_the_firm_that_served_the_compound_answers(town, compound, who) -> None:
    request = record(town, compound)
    with refusal("not-contact"):
        request_steps.answer_request(request=request, text="已换灯", acting_user=getattr(town, who))


def test_what_is_not_the_firm_s_business_is_answered_by_the_community(town, compound) -> None:
    request = record(town, compound, is_for_the_enterprise=False)
    with refusal("not-secretary"):
        request_steps.answer_request(request=request, text="已换灯", acting_user=town.huanan_contact)
    assert (
        request_steps.answer_request(request=request, text="已换灯", acting_user=town.secretary).state
        == "answered"
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"text": " "}, "text-missing"),
        ({"text": "请回电 13800138000"}, "personal-number"),
        ({"received_on": dt.date(2026, 10, 22)}, "future"),
        ({"received_on": dt.date(2019, 1, 1)}, "unplaced"),
    ],
)
def test_a_request_that_cannot_be_is_refused(town, compound, changes, code) -> None:
    with refusal(code):
        record(town, compound, **changes)
    assert not ResidentRequest.objects.exists()


def test_another_community_s_secretary_records_nothing_here(town, compound) -> None:
    with refusal("not-secretary"):
        record(town, compound, acting_user=town.other_secretary)


def test_nobody_but_the_resident_closes_it() -> None:
    # By hand: only an answered request closes, only by its code; no service with a user leads there.
    assert [s.value for s, after in REQUEST_MOVES.items() if "confirmed" in after] == ["answered"]
    assert request_steps.close_request.__kwdefaults__ is None
    assert request_steps.close_request.__annotations__.keys() == {"code", "return"}


def test_an_unknown_code_says_so(town) -> None:
    with refusal("no-request"):
        request_steps.close_request(code="NOTTHERE22")


def test_a_request_is_joined_to_a_promise_of_its_own_compound(town, compound) -> None:
    request = record(town, compound)
    promise = a_promise(town.qingchuan, compound_id=compound.pk)
    commitment = filed(town, promise, a_promise(town.tanli)).commitments.get(compound=compound)
    joined = requests.join_request(request=request, commitment=commitment, acting_user=town.secretary)
    assert joined.commitment == commitment
    other = commitment.meeting.commitments.exclude(pk=commitment.pk).get()
    with refusal("other-compound"):
        requests.join_request(request=request, commitment=other, acting_user=town.secretary)


def test_how_a_resident_is_reached_is_opened_for_a_purpose_shown_once_and_counted(client, town, settings):
    row = requests.record_request(
        compound=Compound.objects.get(code="XP1"),
        source="call",
        category="repair",
        text="楼道灯不亮",
        received_on=dt.date(2026, 10, 5),
        contact="13800138000",
        acting_user=town.secretary,
    )
    client.force_login(town.secretary)
    settings.OPENINGS_AN_HOUR = 1
    opening = reverse("desk:request-act", args=[row.pk, "open-contact"])
    assert "13800138000" not in client.get(reverse("desk:request", args=[row.pk])).content.decode()
    answer = client.post(opening, {"text": "回访"})
    assert "13800138000" not in str(
        dict(client.session.items())
    )  # nor in the session, which lies in the database
    assert "13800138000" in client.get(answer.url).content.decode()
    assert client.get(answer.url).status_code == 302
    client.post(opening, {"text": "再回访"})
    assert client.get(answer.url).status_code == 302
    line = AuditLine.objects.get(kind="opened")
    assert (line.actor, line.reason) == (town.secretary.pk, "回访")
