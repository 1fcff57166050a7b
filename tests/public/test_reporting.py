"""Residents report by the QR page and follow by their code, without account, session or cookie."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from communities.models import ResidentRequest
from communities.services import request_joins, request_steps
from redprop.common.errors import Refused
from redprop.public import quiet
from tests.town import build_town


@pytest.fixture
def town(db, settings, tmp_path, monkeypatch):
    settings.DEMO = True
    settings.PUBLISHED_ROOT = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setattr(quiet, "FASTEST_SECONDS", 0)
    return build_town()


def form(code="XP1", **changes):
    page = Client().get(f"/r/{code}/")
    stamp = re.search(r'name="stamp" value="([^"]+)"', page.content.decode())[1]
    return {"stamp": stamp, "category": "repair", "text": "三栋二楼楼道灯不亮"} | changes


def send(data, code="XP1", address="10.0.0.1"):
    return Client().post(f"/r/{code}/", data, REMOTE_ADDR=address)


def code_in(answer):
    return answer["Location"].split("/")[2]


def test_a_resident_reports_follows_reopens_and_closes_without_a_cookie(town) -> None:
    sent = send(form(contact="13800138000"), address="10.1.0.1")
    assert (sent.status_code, dict(sent.cookies)) == (302, {})
    code = code_in(sent)
    row = ResidentRequest.objects.get()
    assert (row.source, row.state, row.contact.sealed.count("1380")) == ("qr_page", "received", 0)
    request_steps.assign_request(request=row, to_enterprise=True, acting_user=town.secretary)
    request_steps.answer_request(request=row, text="已更换灯具", acting_user=town.huanan_contact)
    page = Client().get(f"/follow/{code}/")
    assert "已更换灯具" in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    Client().post(f"/follow/{code}/", {"do": "reopen", "text": "还是不亮，电话13900139000"})
    row.refresh_from_db()
    assert (row.state, row.times_reopened) == ("reopened", 1)
    assert "13900139000" not in row.steps.get(kind="reopened").text
    request_steps.answer_request(request=row, text="换了线路", acting_user=town.huanan_contact)
    Client().post(f"/follow/{code}/", {"do": "confirm"})
    row.refresh_from_db()
    assert row.state == "confirmed"


def test_the_same_form_sent_twice_is_one_request(town) -> None:
    data = form()
    assert code_in(send(data, address="10.1.0.2")) == code_in(send(data, address="10.1.0.2"))
    assert ResidentRequest.objects.count() == 1


def test_numbers_in_the_words_are_masked_and_the_resident_is_told(town) -> None:
    sent = send(form(text="灯不亮，请打13800138000"), address="10.1.0.3")
    assert sent["Location"].endswith("masked=1")
    assert ResidentRequest.objects.get().text == "灯不亮，请打138****8000"


@pytest.mark.parametrize("changes", [{"website": "x"}, {"stamp": "forged"}, {"text": " "}, {"category": ""}])
def test_what_is_not_taken_leaves_the_words_in_the_form(town, changes) -> None:
    answer = send(form() | changes, address="10.1.0.4")
    assert answer.status_code == 400
    assert changes.get("text", "三栋二楼楼道灯不亮").strip() in answer.content.decode()
    assert not ResidentRequest.objects.exists()


def test_a_stamp_of_another_compound_or_too_fast_is_refused(town, monkeypatch) -> None:
    assert send(form("XP1"), code="XP2", address="10.1.0.5").status_code == 400
    monkeypatch.setattr(quiet, "FASTEST_SECONDS", 3)
    assert send(form(), address="10.1.0.5").status_code == 400


def test_too_many_from_one_address_are_turned_away_and_others_are_not(town, monkeypatch) -> None:
    monkeypatch.setitem(quiet.LIMITS, "report", ((2, 600),))
    asked = [send(form(), address="10.1.77.6").status_code for _number in range(3)]
    assert asked == [302, 302, 429]
    assert send(form(), address="10.1.77.7").status_code == 302


def test_two_who_report_the_same_keep_their_codes_and_follow_one_answer(town) -> None:
    first, second = (code_in(send(form(), address="10.1.0.8")) for _number in range(2))
    main, other = ResidentRequest.objects.order_by("pk")
    assert [row.pk for row in request_joins.likely_duplicates(other)] == [main.pk]
    request_joins.join_duplicate(request=other, main=main, acting_user=town.secretary)
    request_steps.assign_request(request=main, to_enterprise=True, acting_user=town.secretary)
    request_steps.answer_request(request=main, text="已更换灯具", acting_user=town.huanan_contact)
    for code in (first, second):
        assert "已更换灯具" in Client().get(f"/follow/{code}/").content.decode()
    request_steps.close_request(code=second)
    main.refresh_from_db()
    assert main.state == "answered"
    request_steps.close_request(code=first)
    main.refresh_from_db()
    assert main.state == "confirmed"


def test_what_is_overdue_is_not_joined_away(town) -> None:
    for _number in range(2):
        send(form(), address="10.1.0.9")
    main, other = ResidentRequest.objects.order_by("pk")
    town.district.clock = town.district.clock.replace(month=12)
    town.district.save()
    with pytest.raises(Refused, check=lambda refused: refused.code == "overdue"):
        request_joins.join_duplicate(request=other, main=main, acting_user=town.secretary)


def test_the_secretary_assigns_and_hands_over_the_code_once(town) -> None:
    client = Client()
    client.force_login(town.secretary)
    compound = town.qingchuan.contracts.get().assignments.get().compound
    sent = client.post(
        reverse("desk:request-new"),
        {
            "compound": compound.pk,
            "source": "call",
            "category": "repair",
            "text": "灯不亮",
            "who": "enterprise",
        },
    )
    row = ResidentRequest.objects.get()
    slip = reverse("desk:request-slip", args=[row.pk])
    assert sent["Location"] == slip
    shown = client.get(slip)
    assert "<svg" in shown.content.decode()
    assert client.get(slip).status_code == 302
    assert (row.state, row.is_for_the_enterprise) == ("assigned", True)


def test_the_firm_gives_back_what_is_not_its_business_and_the_days_go_on(town) -> None:
    send(form(), address="10.1.0.10")
    row = ResidentRequest.objects.get()
    row = request_steps.assign_request(request=row, to_enterprise=True, acting_user=town.secretary)
    due = row.due_on
    request_steps.return_request(request=row, reason="属供电公司", acting_user=town.huanan_contact)
    row = request_steps.assign_request(request=row, to_enterprise=True, acting_user=town.secretary)
    assert row.due_on == due
