"""The signed interface: what docs/interface.md promises, tried with its own example and with every wrong call."""

import datetime as dt
import io
import json
import re
import shutil
import subprocess
import threading
import time
import uuid
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.utils import timezone
from PIL import Image

from communities.models import InterfaceCall, ResidentRequest
from communities.services import request_steps
from communities.services.interface import forget_calls, sign
from communities.services.interface_keys import end_key, issue_key
from redprop.core.models import Delivery
from redprop.core.services.delivery import set_gateway
from tests.town import build_town

URL = "/api/v1/requests/"
REPORT = {"compound": "XP1", "category": "repair", "text": "三栋二楼楼道灯不亮"}


@pytest.fixture
def town(db, settings):
    settings.DEMO = True
    return build_town()


class Platform:
    """A connected platform with its key, as its programmers would write it."""

    def __init__(self, town, client="aishequ") -> None:
        self.key, self.secret = issue_key(district=town.district, client=client, acting_user=None)

    def call(self, method, path, content=None, *, nonce="", at=None, body=None, **headers):
        if body is None:
            body = b"" if content is None else json.dumps(content, ensure_ascii=False).encode()
        stamp = str(at or int(time.time()))
        nonce = nonce or uuid.uuid4().hex
        signed = {
            "X-Redprop-Key": self.key.key_id,
            "X-Redprop-Timestamp": stamp,
            "X-Redprop-Nonce": nonce,
            "X-Redprop-Signature": sign(self.secret, method, path, stamp, nonce, body),
        } | headers
        return Client().generic(method, path, body, content_type="application/json", headers=signed)

    def report(self, **changes):
        return self.call("POST", URL, REPORT | changes).json()


def code_of(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_a_request_is_created_followed_reopened_and_closed(town) -> None:
    platform = Platform(town)
    created = platform.call("POST", URL, REPORT | {"urgency": "urgent", "contact": "13800138000"})
    assert created.status_code == 201
    told = created.json()
    # Two working days after Wednesday 21 October 2026.
    assert (told["state"], told["state_text"], told["due_on"]) == ("received", "已收到", "2026-10-23")
    row = ResidentRequest.objects.get(code=told["number"])
    assert (row.source, row.client, row.contact.sealed.count("138")) == ("platform", "aishequ", 0)
    request_steps.assign_request(request=row, to_enterprise=True, acting_user=town.secretary)
    request_steps.answer_request(request=row, text="已换灯", acting_user=town.huanan_contact)
    one = f"{URL}{told['number']}/"
    assert platform.call("GET", one).json()["answer"] == "已换灯"
    again = platform.call("POST", f"{one}reopen/", {"code": told["code"], "text": "还是不亮"})
    assert (again.status_code, again.json()["state"]) == (200, "reopened")
    request_steps.answer_request(request=row, text="换了线路", acting_user=town.huanan_contact)
    closed = platform.call("POST", f"{one}confirm/", {"code": told["code"]})
    assert (closed.json()["state"], closed.json()["closed_on"]) == ("confirmed", "2026-10-21")


def test_a_photo_is_sent_as_itself_and_written_anew(town, settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path
    platform = Platform(town)
    told = platform.report()
    picture = io.BytesIO()
    Image.new("RGB", (30, 30), "red").save(picture, "JPEG")
    path = f"{URL}{told['number']}/photos/?code={told['code']}"
    sent = platform.call("POST", path, body=picture.getvalue())
    assert (sent.status_code, sent.json()["photos"]) == (201, 1)
    assert code_of(platform.call("POST", path, body=b"no picture")) == (422, "wrong-type")


# By hand from docs/interface.md: what is wrong, and what the answer is.
WRONG = {
    "unknown-key": ({"X-Redprop-Key": "rk_nobody"}, 401),
    "bad-signature": ({"X-Redprop-Signature": "0" * 64}, 401),
    "nonce": ({"X-Redprop-Nonce": "short"}, 400),
    "timestamp": ({"X-Redprop-Timestamp": "now"}, 400),
}


@pytest.mark.parametrize("code", WRONG)
def test_a_wrong_call_is_told_what_is_wrong(town, code) -> None:
    headers, status = WRONG[code]
    assert code_of(Platform(town).call("POST", URL, REPORT, **headers)) == (status, code)
    assert not ResidentRequest.objects.exists()


@pytest.mark.parametrize(("off", "answer"), [(-301, 401), (301, 401), (-295, 201), (295, 201)])
def test_a_clock_may_differ_by_five_minutes(town, off, answer) -> None:
    assert Platform(town).call("POST", URL, REPORT, at=int(time.time()) + off).status_code == answer


def test_a_changed_body_or_address_breaks_the_signature(town) -> None:
    platform = Platform(town)
    stamp, nonce = str(int(time.time())), uuid.uuid4().hex
    signature = sign(platform.secret, "POST", URL, stamp, nonce, b"{}")
    answer = platform.call("POST", URL, REPORT, nonce=nonce, **{"X-Redprop-Signature": signature})
    assert code_of(answer) == (401, "bad-signature")


def test_the_same_call_twice_makes_one_request_and_gets_the_same_answer(town) -> None:
    platform = Platform(town)
    first = platform.call("POST", URL, REPORT, nonce="order-0001")
    second = platform.call("POST", URL, REPORT, nonce="order-0001", at=int(time.time()) + 60)
    assert (first.json(), second.status_code) == (second.json(), 201)
    assert second.headers["X-Redprop-Repeated"] == "true"
    assert ResidentRequest.objects.count() == 1


def test_the_same_key_with_other_words_is_refused(town) -> None:
    platform = Platform(town)
    platform.call("POST", URL, REPORT, nonce="order-0001")
    other = platform.call("POST", URL, REPORT | {"text": "电梯停了"}, nonce="order-0001")
    assert code_of(other) == (409, "idempotency-conflict")
    assert ResidentRequest.objects.count() == 1


def test_a_refused_call_may_be_mended_under_the_same_key(town) -> None:
    platform = Platform(town)
    assert code_of(platform.call("POST", URL, REPORT | {"text": " "}, nonce="order-0001")) == (
        422,
        "text-missing",
    )
    assert platform.call("POST", URL, REPORT, nonce="order-0001").status_code == 201


def test_a_reading_call_is_good_once(town) -> None:
    platform = Platform(town)
    path = f"{URL}{platform.report()['number']}/"
    nonce = uuid.uuid4().hex
    assert platform.call("GET", path, nonce=nonce).status_code == 200
    assert code_of(platform.call("GET", path, nonce=nonce)) == (401, "replayed")


def test_another_platform_finds_nothing_of_ours(town) -> None:
    told = Platform(town).report()
    stranger = Platform(town, "other-app")
    assert code_of(stranger.call("GET", f"{URL}{told['number']}/")) == (404, "no-request")


def test_closing_needs_the_resident_s_own_code(town) -> None:
    platform = Platform(town)
    told = platform.report()
    path = f"{URL}{told['number']}/confirm/"
    assert code_of(platform.call("POST", path, {"code": "AAAAAAAAAA"})) == (403, "code")
    assert code_of(platform.call("POST", path, {"code": told["code"]})) == (409, "state")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"compound": "NONE"}, "no-compound"),
        ({"category": "x"}, "category"),
        ({"urgency": "x"}, "urgency"),
        ({"name": "张三"}, "json"),
        ({"text": 5}, "json"),
        ({"text": "漏水\x00"}, "json"),
        ({"received_on": "2026-10-01"}, "received_on"),
        ({"received_on": "tomorrow"}, "received_on"),
    ],
)
def test_what_cannot_be_is_refused_by_name(town, changes, code) -> None:
    answer = Platform(town).call("POST", URL, REPORT | changes)
    assert code_of(answer)[1] == code
    assert not ResidentRequest.objects.exists()


def test_errors_speak_chinese_whatever_the_caller_prefers(town) -> None:
    answer = Platform(town).call("POST", URL, REPORT, **{"X-Redprop-Key": "x", "Accept-Language": "en"})
    assert re.search(r"[\u4e00-\u9fff]", answer.json()["error"]["message"])


def test_a_key_is_rotated_without_a_pause(town) -> None:
    old = Platform(town)
    told = old.report()
    new = Platform(town)
    path = f"{URL}{told['number']}/"
    assert new.call("GET", path).status_code == old.call("GET", path).status_code == 200
    end_key(key=old.key, acting_user=None)
    assert code_of(old.call("GET", path)) == (401, "unknown-key")
    assert new.call("GET", path).status_code == 200
    assert new.secret not in new.key.secret


def test_the_platform_is_told_of_each_new_state(town) -> None:
    set_gateway(district=town.district, url="https://gw.example/hook", secret="s", acting_user=None)
    told = Platform(town).report()
    row = ResidentRequest.objects.get(code=told["number"])
    request_steps.assign_request(request=row, to_enterprise=True, acting_user=town.secretary)
    request_steps.answer_request(request=row, text="已换灯", acting_user=town.huanan_contact)
    events = list(Delivery.objects.filter(user=None).order_by("pk").values_list("event", flat=True))
    assert [e["state"] for e in events] == ["received", "assigned", "answered"]
    assert (events[-1]["client"], events[-1]["answer"]) == ("aishequ", "已换灯")


@pytest.mark.django_db(transaction=True)
def test_the_same_call_at_the_same_moment_makes_one_request(transactional_db, settings) -> None:
    settings.DEMO = True
    platform = Platform(build_town())
    answers = []

    def send() -> None:
        answers.append(platform.call("POST", URL, REPORT, nonce="order-0001").status_code)
        connection.close()

    threads = [threading.Thread(target=send) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [201] * 6
    assert (ResidentRequest.objects.count(), InterfaceCall.objects.count()) == (1, 1)


def test_old_answers_are_forgotten(town) -> None:
    Platform(town).report()
    assert forget_calls() == 0
    assert forget_calls(now=timezone.now() + dt.timedelta(days=31)) == 1


@pytest.mark.django_db(transaction=True)
def test_the_example_of_the_documentation_runs(transactional_db, settings, live_server) -> None:
    document = (Path(django_settings.BASE_DIR) / "docs" / "interface.md").read_text(encoding="utf-8")
    example = re.search(r"```python\n(.*?)```", document, re.S)[1]
    settings.DEMO = True
    platform = Platform(build_town())
    example = example.replace("https://example.gov.cn", live_server.url)
    example = example.replace("rk_0123456789ab", platform.key.key_id)
    example = example.replace("<secret>", platform.secret).replace("XQ0001", "XP1")
    names: dict[str, object] = {}
    exec(compile(example, "docs/interface.md", "exec"), names)
    assert names["status"]["state"] == "received"
    assert ResidentRequest.objects.get().client == "aishequ"


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("openssl")), reason="needs curl and openssl")
@pytest.mark.django_db(transaction=True)
def test_the_shell_example_of_the_documentation_runs(transactional_db, settings, live_server) -> None:
    settings.DEMO = True
    platform = Platform(build_town())
    document = (Path(django_settings.BASE_DIR) / "docs" / "interface.md").read_text(encoding="utf-8")
    example = re.search(r"```bash\n(.*?)```", document, re.S)[1]
    example = example.replace("https://example.gov.cn", live_server.url).replace("XQ0001", "XP1")
    example = example.replace("rk_0123456789ab", platform.key.key_id).replace("<secret>", platform.secret)
    done = subprocess.run(["bash", "-ec", example], capture_output=True, text=True, timeout=60, check=False)
    assert json.loads(done.stdout)["state"] == "received", done
