"""Notices: who is told of what, once; and how they leave by e-mail and through the gateway."""

import datetime as dt
import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from communities.services import commitments, supervision
from redprop.common.errors import Refused
from redprop.core.models import Delivery, Gateway, NoticeSettings, Notification
from redprop.core.services import delivery, notifications
from tests.town import a_promise, filed

# Eight in the morning and six in the evening of one day in Shanghai.
MORNING = dt.datetime(2026, 11, 23, 0, 0, tzinfo=dt.UTC)
EARLY = dt.datetime(2026, 11, 22, 22, 0, tzinfo=dt.UTC)


def tell(user, text="有事", *, subject="", kind="commitment", at=MORNING, address="/desk/commitments/1/"):
    return notifications.tell([notifications.Told([user], kind, lambda: text, address, subject)], at=at)


def paced(user, email="off", gateway="off"):
    user.email = user.email or "a@example.cn"
    user.save()
    notifications.choose(user=user, email=email, gateway=gateway, muted=[])


def test_an_answer_is_told_to_the_secretary_and_reopening_to_the_enterprise(town) -> None:
    promise = filed(town, a_promise(town.qingchuan)).commitments.get()
    Notification.objects.all().delete()
    commitments.answer_commitment(commitment=promise, text="已换", acting_user=town.huanan_contact)
    assert [(n.user, n.address) for n in Notification.objects.all()] == [
        (town.secretary, f"/desk/commitments/{promise.pk}/")
    ]
    commitments.reopen_commitment(commitment=promise, reason="又停了", acting_user=town.secretary)
    assert {n.user for n in Notification.objects.all()} == {town.secretary, town.huanan_contact}


def test_news_of_one_thing_is_one_notice_until_it_is_read(town) -> None:
    assert tell(town.secretary, "一", subject="commitment:1") == 1
    tell(town.secretary, "二", subject="commitment:1")
    assert [n.text for n in Notification.objects.all()] == ["二"]
    notifications.mark_read(user=town.secretary)
    tell(town.secretary, "三", subject="commitment:1")
    assert Notification.objects.count() == 2


def test_muted_kinds_are_not_told(town) -> None:
    notifications.choose(user=town.secretary, email="daily", gateway="off", muted=["commitment"])
    assert tell(town.secretary) == 0
    assert tell(town.secretary, kind="supervision") == 1
    with pytest.raises(Refused):
        notifications.choose(user=town.secretary, email="hourly", gateway="off", muted=[])


def test_orders_tell_the_levels_they_go_to(town) -> None:
    filed(town, a_promise(town.qingchuan))
    for day, told in (
        (dt.date(2026, 10, 28), {town.huanan_contact, town.secretary}),
        (dt.date(2026, 11, 2), {town.huanan_contact, town.secretary, town.clerk}),
    ):
        Notification.objects.all().delete()
        town.district.clock = dt.datetime(day.year, day.month, day.day, 2, tzinfo=dt.UTC)
        town.district.save()
        supervision.issue_orders(district=town.district)
        assert {n.user for n in Notification.objects.filter(kind="supervision")} == told


def test_fifty_notices_are_one_daily_message_and_no_second_one_that_day(town) -> None:
    paced(town.secretary, email="daily")
    for number in range(50):
        tell(town.secretary, f"第{number}件")
    assert notifications.gather(now=EARLY) == 0  # six in the morning: before the hour, and before it was told
    assert notifications.gather(now=MORNING + dt.timedelta(minutes=1)) == 1
    assert delivery.send_out(now=MORNING + dt.timedelta(minutes=1)) == 1
    (message,) = mail.outbox
    assert "50" in message.subject
    assert message.body.count("· 第") == 50
    assert "/desk/commitments/1/" in message.body
    tell(town.secretary, "后来的", at=MORNING + dt.timedelta(hours=2))
    assert notifications.gather(now=MORNING + dt.timedelta(hours=3)) == 0
    assert notifications.gather(now=MORNING + dt.timedelta(days=1)) == 1


def test_at_once_leaves_with_the_next_gathering_and_what_was_read_stays(town) -> None:
    paced(town.secretary, email="at_once")
    tell(town.secretary, "未读")
    tell(town.secretary, "已读")
    notifications.gather(now=MORNING)
    Notification.objects.filter(text="已读").update(read_at=timezone.now())
    delivery.send_out()
    assert "未读" in mail.outbox[0].body
    assert "已读" not in mail.outbox[0].body


def test_gathering_and_sending_twice_sends_once(town) -> None:
    paced(town.secretary, email="at_once")
    tell(town.secretary)
    for _time in range(2):
        notifications.gather(now=MORNING)
        delivery.send_out()
    assert len(mail.outbox) == 1


def test_a_failed_message_is_tried_again_later_and_given_up_in_the_end(town, settings) -> None:
    settings.EMAIL_BACKEND = "tests.desk.test_notices.Broken"
    paced(town.secretary, email="at_once")
    tell(town.secretary)
    notifications.gather(now=MORNING)
    assert delivery.send_out() == 0
    one = Delivery.objects.get()
    assert (one.state, one.attempts, "no server" in one.error) == ("queued", 1, True)
    assert one.next_at > timezone.now()
    for _time in range(4):
        delivery.send_out(now=timezone.now() + dt.timedelta(days=1))
    assert Delivery.objects.get().state == "failed"


def Broken(*arguments, **named):
    """An e-mail server that is down."""
    raise ConnectionRefusedError("no server")


class Heard(BaseHTTPRequestHandler):
    """A gateway that keeps what it hears."""

    calls: list = []
    answer = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.calls.append((dict(self.headers), body))
        self.send_response(self.answer)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def gateway(town):
    Heard.calls, Heard.answer = [], 200
    server = HTTPServer(("127.0.0.1", 0), Heard)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    delivery.set_gateway(
        district=town.district,
        url=f"http://127.0.0.1:{server.server_port}/in",
        secret="gemeinsam",
        acting_user=None,
    )
    yield Heard
    server.shutdown()
    server.server_close()


def test_the_gateway_gets_a_signed_call_whose_number_stays_when_it_is_repeated(town, gateway) -> None:
    paced(town.secretary, gateway="at_once")
    tell(town.secretary, "承诺将到期")
    notifications.gather(now=MORNING)
    gateway.answer = 503
    assert delivery.send_out() == 0
    gateway.answer = 200
    assert delivery.send_out(now=timezone.now() + dt.timedelta(days=1)) == 1
    (first, _body), (headers, body) = gateway.calls
    assert first["X-Redprop-Delivery"] == headers["X-Redprop-Delivery"]
    signed = f"{headers['X-Redprop-Timestamp']}.".encode() + body
    expected = hmac.new(b"gemeinsam", signed, hashlib.sha256).hexdigest()
    assert headers["X-Redprop-Signature"] == expected
    told = json.loads(body)
    assert (told["to"], told["notices"][0]["text"]) == (town.secretary.username, "承诺将到期")
    assert "gemeinsam" not in Gateway.objects.get().secret


def test_a_gateway_without_encryption_is_refused(town) -> None:
    for url in ("http://example.cn/in", "ftp://127.0.0.1/", "javascript:alert(1)"):
        with pytest.raises(Refused):
            delivery.set_gateway(district=town.district, url=url, secret="x", acting_user=None)


def test_the_desk_lists_opens_and_reads_only_ones_own(client, town) -> None:
    tell(town.secretary, "给书记的")
    tell(town.clerk, "给专干的")
    client.force_login(town.secretary)
    page = client.get("/desk/notices/").content.decode()
    assert "给书记的" in page
    assert "给专干的" not in page
    foreign = Notification.objects.get(user=town.clerk)
    assert client.post(f"/desk/notices/{foreign.pk}/").status_code == 404
    own = Notification.objects.get(user=town.secretary)
    assert client.post(f"/desk/notices/{own.pk}/").headers["Location"] == "/desk/commitments/1/"
    own.refresh_from_db()
    assert own.read_at is not None


def test_choices_are_kept_by_the_page(client, town) -> None:
    client.force_login(town.secretary)
    client.post(
        "/desk/notices/choices/", {"email": "at_once", "gateway": "off", "kinds": ["meeting", "commitment"]}
    )
    chosen = NoticeSettings.objects.get(user=town.secretary)
    assert chosen.email == "at_once"
    assert set(chosen.muted) == {"supervision", "request", "result", "file", "deadline"}


@pytest.mark.django_db(transaction=True)
def test_two_gatherers_at_once_make_one_message(settings) -> None:
    from tests.town import build_town

    settings.DEMO = True
    town = build_town()
    paced(town.secretary, email="at_once")
    tell(town.secretary)
    gate = threading.Barrier(2)

    def gather() -> None:
        gate.wait()
        try:
            notifications.gather(now=MORNING)
        finally:
            connection.close()

    threads = [threading.Thread(target=gather) for _i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Delivery.objects.count() == 1
