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

from communities.services import commitments, meetings, reminders, supervision
from redprop.common.errors import Refused
from redprop.common.periods import Period
from redprop.core.models import Delivery, Gateway, NoticeSettings, Notification
from redprop.core.services import delivery, notifications
from tests.town import a_promise, filed, minutes, posted

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


def test_filing_tells_the_clerk_and_the_firm_and_its_review_the_secretary(town) -> None:
    meeting = filed(
        town, a_promise(town.qingchuan), a_promise(town.qingchuan, problem="路灯不亮"), accept=False
    )
    told = {n.user: (n.kind, n.text, n.address) for n in Notification.objects.all()}
    assert told == {
        town.clerk: ("meeting", "甲一社区已报送2026年10月联席会纪要", f"/desk/meetings/{meeting.pk}/"),
        town.huanan_contact: (
            "commitment",
            "晴川里项目在甲一社区联席会上作出2项承诺，最早到期日2026-10-30",
            "/desk/commitments/",
        ),
    }
    meetings.return_meeting(meeting=meeting, reason="缺网格员签到", acting_user=town.clerk)
    back = Notification.objects.get(user=town.secretary)
    assert (back.text, back.due_on) == ("2026年10月联席会纪要被退回：缺网格员签到", meeting.due_on)
    meetings.submit_meeting(meeting=meeting, acting_user=town.secretary)
    meetings.accept_meeting(meeting=meeting, acting_user=town.clerk)
    # One thing, one unread notice: what was last said of it.
    assert [n.text for n in Notification.objects.filter(user=town.secretary)] == [
        "2026年10月联席会纪要已受理"
    ]
    assert Notification.objects.filter(user=town.huanan_contact).count() == 1


@pytest.mark.parametrize(
    ("day", "told"),
    [
        # September 2026 is due on Saturday 10 October, a working day: its third after the holiday of 1 to 7.
        (dt.date(2026, 9, 25), set()),
        (dt.date(2026, 9, 30), set()),
        (dt.date(2026, 10, 8), {"请在", "secretary"}),
        (dt.date(2026, 10, 10), {"最后一天", "secretary"}),
        (dt.date(2026, 10, 12), {"已逾期", "secretary", "clerk"}),
        (dt.date(2026, 10, 31), set()),
    ],
)
def test_filing_is_reminded_of_once_at_each_stage(town, day, told) -> None:
    town.district.clock = dt.datetime(day.year, day.month, day.day, 2, tzinfo=dt.UTC)
    town.district.save()
    for _time in range(2):
        reminders.remind_of_filing(district=town.district)
        notifications.mark_read(user=town.secretary)
    found = list(Notification.objects.filter(user=town.secretary))
    assert len(found) == bool(told)
    assert all(word in found[0].text for word in told - {"secretary", "clerk"})
    late = Notification.objects.filter(user=town.clerk).values_list("text", flat=True)
    assert list(late) == (["2个社区未报送2026年9月联席会纪要：甲一社区、甲二社区"] if "clerk" in told else [])


def test_nobody_is_reminded_of_what_is_filed(town) -> None:
    save = meetings.save_meeting(
        community=town.a1,
        month=Period.parse("2026-09"),
        minutes=minutes(town, held_on=dt.date(2026, 9, 20)),
        version=None,
        acting_user=town.secretary,
    )
    meetings.submit_meeting(meeting=save, acting_user=town.secretary)
    Notification.objects.all().delete()
    reminders.remind_of_filing(district=town.district)
    assert not Notification.objects.filter(user=town.secretary).exists()
    assert Notification.objects.filter(user=town.other_secretary).exists()


def test_orders_tell_the_levels_they_go_to(town) -> None:
    filed(town, a_promise(town.qingchuan))
    evaluator = posted("kp", "沈考评", "evaluator", town.district)
    for day, told in (
        (dt.date(2026, 10, 28), {town.huanan_contact, town.secretary}),
        (dt.date(2026, 11, 2), {town.huanan_contact, town.secretary, town.clerk}),
        (dt.date(2026, 11, 6), {town.huanan_contact, town.secretary, town.clerk, evaluator}),
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


def test_a_blue_order_that_turns_red_is_sent_again_though_nobody_read_the_first(town) -> None:
    paced(town.huanan_contact, email="at_once")
    now = timezone.now()
    tell(town.huanan_contact, "蓝色督办", subject="commitment:1", kind="supervision", at=now)
    notifications.gather(now=now)
    delivery.send_out()
    later = now + dt.timedelta(days=1)
    tell(town.huanan_contact, "红色督办", subject="commitment:1", kind="supervision", at=later)
    for _time in range(2):
        notifications.gather(now=later)
        delivery.send_out(now=later)
    assert ["蓝色督办" in message.body for message in mail.outbox] == [True, False]
    assert "红色督办" in mail.outbox[1].body


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


def test_a_gateway_that_is_down_is_not_asked_for_every_message_of_a_run(town, gateway) -> None:
    gateway.answer = 503
    for user in (town.secretary, town.other_secretary, town.clerk, town.other_clerk, town.registrar):
        paced(user, gateway="at_once")
        tell(user)
    paced(town.huanan_contact, email="at_once")
    tell(town.huanan_contact)
    notifications.gather(now=MORNING)
    assert delivery.send_out() == 1  # the e-mail: another channel goes on
    assert len(gateway.calls) == 3
    gateway.answer = 200
    assert delivery.send_out(now=timezone.now() + dt.timedelta(hours=1)) == 5


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_never_send_one_message_twice(settings, tmp_path) -> None:
    from tests.town import build_town

    settings.DEMO = True
    town = build_town()
    Heard.calls, Heard.answer = [], 200
    server = HTTPServer(("127.0.0.1", 0), Heard)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    delivery.set_gateway(
        district=town.district,
        url=f"http://127.0.0.1:{server.server_port}/in",
        secret="gemeinsam",
        acting_user=None,
    )
    for user in (town.secretary, town.clerk, town.registrar, town.other_clerk):
        paced(user, gateway="at_once")
        tell(user)
    notifications.gather(now=MORNING)
    gate = threading.Barrier(2)

    def send() -> None:
        gate.wait()
        try:
            delivery.send_out()
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.shutdown()
    server.server_close()
    numbers = [headers["X-Redprop-Delivery"] for headers, _body in Heard.calls]
    assert len(numbers) == len(set(numbers)) == 4


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
    others = {"supervision", "request", "result", "file", "deadline", "facts", "work", "party"}
    assert set(chosen.muted) == others


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
