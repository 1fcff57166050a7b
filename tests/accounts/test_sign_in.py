"""Signing in: guessing is stopped, given passwords are changed first, devices are seen and signed out."""

import datetime as dt

import pytest
import time_machine
from django.contrib.auth.hashers import check_password
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from redprop.accounts.devices import device_of
from redprop.accounts.models import SignInEntry, SignInSession, User
from redprop.accounts.services.sign_in import forget_old, mark_of

pytestmark = pytest.mark.django_db

SIGN_IN = "/accounts/sign-in/"
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"
DESKTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0"


def attempt(username: str, password: str, *, address: str = "203.0.113.7", agent: str = PHONE):
    """One attempt from a fresh browser; returns the client and the answer."""
    client = Client(REMOTE_ADDR=address, headers={"user-agent": agent})
    return client, client.post(SIGN_IN, {"username": username, "password": password})


def test_after_five_wrong_passwords_the_right_one_must_wait_but_only_from_that_address(cast):
    for _ in range(5):
        _client, answer = attempt("registrar", "wrong")
    assert answer.status_code == 429
    assert "15" in answer.content.decode()
    assert attempt("registrar", "pw")[1].status_code == 429
    # A rival elsewhere locks nobody out, and a colleague at the same address signs in.
    assert attempt("registrar", "pw", address="198.51.100.9")[1].status_code == 302
    assert attempt("evaluator", "pw")[1].status_code == 302


def test_one_password_tried_on_many_names_holds_up_strange_names_at_that_address_alone(cast, settings):
    settings.SIGN_IN_ATTEMPTS_FROM_ADDRESS = 4
    assert attempt("evaluator", "pw")[1].status_code == 302  # is known at this address from now on
    for name in ("registrar", "publisher", "approver", "no-such-name"):
        assert attempt(name, "Spring-2026")[1].status_code == 200
    assert attempt("registrar", "pw")[1].status_code == 429
    assert attempt("evaluator", "pw")[1].status_code == 302
    assert attempt("registrar", "pw", address="198.51.100.9")[1].status_code == 302


def test_the_lock_opens_by_itself_after_a_quarter_of_an_hour(cast):
    with time_machine.travel(dt.datetime(2026, 11, 1, 9, 0, tzinfo=dt.UTC), tick=True) as traveller:
        for _ in range(5):
            attempt("registrar", "wrong")
        traveller.shift(dt.timedelta(minutes=14))
        assert attempt("registrar", "pw")[1].status_code == 429
        traveller.shift(dt.timedelta(minutes=2))
        assert attempt("registrar", "pw")[1].status_code == 302


def test_whoever_got_a_password_from_another_chooses_his_own_before_anything_else(cast):
    User.objects.filter(username="registrar").update(must_change_password=True)
    client, answer = attempt("registrar", "pw")
    assert client.get(reverse("admin:index")).headers["Location"] == reverse("accounts:password")
    assert client.get(reverse("desk:home")).headers["Location"] == reverse("accounts:password")
    own = "qingchuan-2026-chunfeng"
    answer = client.post(
        reverse("accounts:password"), {"old_password": "pw", "new_password1": own, "new_password2": own}
    )
    assert answer.status_code == 302
    assert client.get(reverse("admin:index")).status_code == 200
    user = User.objects.get(username="registrar")
    assert check_password(own, user.password)
    assert not user.must_change_password


def test_a_password_that_the_administrator_gives_is_changed_at_the_next_sign_in(cast, client):
    client.force_login(cast.system_administrator)
    user = User.objects.get(username="evaluator")
    User.objects.filter(pk=user.pk).update(district=cast.district)
    given = "gei-ni-yi-ge-xin-mima-7"
    answer = client.post(
        reverse("admin:auth_user_password_change", args=[user.pk]), {"password1": given, "password2": given}
    )
    assert answer.status_code == 302
    user.refresh_from_db()
    assert user.must_change_password


def test_devices_are_listed_and_ended_and_a_new_password_ends_the_others(cast):
    here, _answer = attempt("registrar", "pw", agent=DESKTOP)
    phone, _answer = attempt("registrar", "pw", address="198.51.100.9")
    other, _answer = attempt("evaluator", "pw")
    page = here.get(reverse("accounts:account")).content.decode()
    assert "Windows · Edge" in page
    assert "Android · Chrome" in page
    assert "198.51.100.9" in page
    assert not any(key in page for key in SignInSession.objects.values_list("session_key", flat=True))
    here.post(reverse("accounts:end-sessions"))
    assert here.get(reverse("admin:index")).status_code == 200
    assert phone.get(reverse("admin:index")).status_code == 302
    assert other.get(reverse("admin:index")).status_code == 200
    phone, _answer = attempt("registrar", "pw", address="198.51.100.9")
    own = "qingchuan-2026-chunfeng"
    here.post(
        reverse("accounts:password"), {"old_password": "pw", "new_password1": own, "new_password2": own}
    )
    assert here.get(reverse("admin:index")).status_code == 200
    assert phone.get(reverse("admin:index")).status_code == 302


def test_nobody_ends_the_session_of_another(cast):
    mine, _answer = attempt("registrar", "pw")
    other, _answer = attempt("evaluator", "pw")
    mark = mark_of(SignInSession.objects.get(user__username="evaluator"))
    mine.post(reverse("accounts:end-sessions"), {"mark": mark})
    assert other.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize(
    ("agent", "device"),
    [(PHONE, "Android · Chrome"), (DESKTOP, "Windows · Edge"), ("curl/8.5", ""), ("", "")],
)
def test_a_device_is_named_in_two_words(agent, device):
    assert device_of(agent) == device


def test_the_log_of_signing_in_is_kept_for_a_year_and_ended_sessions_go(cast):
    attempt("registrar", "wrong")
    attempt("registrar", "pw")
    failed, entered = SignInEntry.objects.order_by("pk")
    assert (failed.kind, failed.user, failed.address) == ("wrong_password", cast.registrar, "203.0.113.7")
    assert (entered.kind, entered.device, entered.district) == (
        "signed_in",
        "Android · Chrome",
        cast.district,
    )
    now = timezone.now()
    SignInSession.objects.update(expire_date=now - dt.timedelta(days=1))
    SignInEntry.objects.create(kind="signed_in", username="a", at=now - dt.timedelta(days=366))
    kept = SignInEntry.objects.create(kind="signed_in", username="b", at=now - dt.timedelta(days=364))
    forget_old()
    assert set(SignInEntry.objects.all()) == {failed, entered, kept}
    assert not SignInSession.objects.exists()


def test_a_name_that_no_account_has_is_not_kept_in_full(cast):
    """It may be a password, typed into the wrong field."""
    attempt("Hongqi-2026!", "x")
    assert SignInEntry.objects.get().username == "Ho…"


def test_the_attempts_of_a_locked_user_are_logged_as_such(cast):
    for _ in range(6):
        attempt("registrar", "wrong")
    kinds = list(SignInEntry.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["wrong_password"] * 4 + ["locked_out"] * 2
