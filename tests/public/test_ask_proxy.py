"""A resident asks on the public page for something to be done in their place, follows it and takes it back."""

import re

import pytest
from django.test import Client

from communities.models import ProxyHandling, ResidentRequest
from communities.services import proxies
from redprop.core.models import Notification
from redprop.public import quiet
from tests.town import build_town

ASKED = {"kind": "errand", "matter": "代交医保材料", "reach": "13800138000", "agreed": "1"}


@pytest.fixture
def town(db, settings, tmp_path, monkeypatch):
    settings.DEMO = True
    settings.PUBLISHED_ROOT = tmp_path
    monkeypatch.setattr(quiet, "FASTEST_SECONDS", 0)
    return build_town()


def ask(address, **changes):
    page = Client().get("/r/XP1/help/").content.decode()
    data = {"stamp": re.search(r'name="stamp" value="([^"]+)"', page)[1]} | ASKED | changes
    return data, Client().post("/r/XP1/help/", data, REMOTE_ADDR=address)


def test_what_is_asked_for_reaches_the_secretary_alone_and_counts_nowhere(town) -> None:
    data, answer = ask("10.9.0.1")
    assert answer.status_code == 302, re.search(r"<ul><li>(.*?)</li>", answer.content.decode())
    code = answer["Location"].split("/")[2]
    row = ProxyHandling.objects.get()
    assert (row.state, row.consent_how, row.community) == ("running", "online", town.a1)
    assert "138" not in row.sign_cipher + row.matter_cipher
    assert proxies.opened(row.sign_cipher) == "13800138000"
    assert not ResidentRequest.objects.exists(), "it is no request, nobody is scored by it"
    told = Notification.objects.get()
    assert told.user == town.secretary
    assert "医保" not in told.text
    page = Client().get(f"/follow/{code}/?new=1").content.decode()
    assert "代交医保材料" in page
    Client().post("/r/XP1/help/", data, REMOTE_ADDR="10.9.0.1")
    assert ProxyHandling.objects.count() == 1, "sent twice it is one"
    Client().post(f"/follow/{code}/", {"do": "withdraw"})
    row.refresh_from_db()
    assert (row.state, row.sign_cipher, row.matter_cipher) == ("withdrawn", "", "")


@pytest.mark.parametrize(
    "changes",
    [
        {"agreed": ""},
        {"kind": "x"},
        {"reach": ""},
        {"matter": ""},
        {"matter": "电话13800138000"},
        {"website": "x"},
    ],
)
def test_without_consent_or_with_a_number_in_the_matter_nothing_begins(town, changes) -> None:
    _data, answer = ask("10.9.0.2", **changes)
    assert answer.status_code == 400
    assert not ProxyHandling.objects.exists()
    assert "代交医保材料" in answer.content.decode() or "matter" in changes, "the words are still there"
