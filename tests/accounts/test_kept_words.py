"""Words that were typed before the session ended wait for the same person, and go nowhere else."""

import datetime as dt

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from redprop.accounts.models import SignInSession
from redprop.common.secrets import unseal

pytestmark = pytest.mark.django_db

FORM = "/desk/requests/new/"
WORDS = {
    "text": "三楼楼道灯不亮，已经一周",
    "password": "geheim",
    "csrfmiddlewaretoken": "x",
    "tags": ["a", "b"],
}


def timed_out(cast) -> Client:
    """The secretary signed in, and the session's time is up."""
    client = Client()
    client.post("/accounts/sign-in/", {"username": "community_secretary", "password": "pw"})
    SignInSession.objects.update(expire_date=timezone.now() - dt.timedelta(seconds=1))
    return client


def signed_in_again(client: Client, where: str, username: str = "community_secretary"):
    return client.post(where, {"username": username, "password": "pw", "next": where.partition("next=")[2]})


def test_a_form_sent_too_late_waits_behind_the_sign_in(cast):
    client = timed_out(cast)
    answer = client.post(FORM + "?from=desk", WORDS)
    assert answer["Location"] == "/accounts/sign-in/?next=%2Faccounts%2Fkept-words%2F"
    answer = client.post(
        "/accounts/sign-in/",
        {"username": "community_secretary", "password": "pw", "next": "/accounts/kept-words/"},
    )
    assert answer["Location"] == "/accounts/kept-words/"
    page = client.get("/accounts/kept-words/").content.decode()
    assert 'action="/desk/requests/new/?from=desk"' in page
    assert 'name="text" value="三楼楼道灯不亮，已经一周"' in page
    assert page.count('name="tags"') == 2
    assert "geheim" not in page
    # Stored encrypted, and for the usual time of a session from now on
    session = SignInSession.objects.get(user=cast.community_secretary, expire_date__gt=timezone.now())
    assert "三楼" not in str(session.get_decoded())
    assert "三楼" in unseal(session.get_decoded()["kept_words"], about="kept-words").encode().decode(
        "unicode_escape"
    )
    assert session.expire_date > timezone.now() + dt.timedelta(
        seconds=django_settings.SESSION_COOKIE_AGE - 60
    )
    client.post(FORM, {"text": "三楼"})
    assert client.get("/accounts/kept-words/").status_code == 302


def test_somebody_else_at_the_same_browser_sees_nothing_of_them(cast):
    client = timed_out(cast)
    client.post(FORM, WORDS)
    client.post("/accounts/sign-in/", {"username": "registrar", "password": "pw"})
    assert client.get("/accounts/kept-words/").status_code == 302
    client.post("/accounts/sign-out/")
    client.post("/accounts/sign-in/", {"username": "community_secretary", "password": "pw"})
    assert client.get("/accounts/kept-words/").status_code == 302


def test_whoever_was_never_signed_in_and_forged_forms_keep_nothing(cast):
    client = Client()
    assert "kept-words" not in client.post(FORM, WORDS)["Location"]
    strict = Client(enforce_csrf_checks=True)
    strict.cookies.update(timed_out(cast).cookies)
    assert strict.post(FORM, WORDS).status_code == 403


def test_a_draft_that_a_script_saves_and_a_form_beyond_all_measure_are_not_kept(cast):
    client = timed_out(cast)
    answer = client.post(FORM, WORDS, headers={"sec-fetch-mode": "cors"})
    assert "kept-words" not in answer["Location"]
    client = timed_out(cast)
    assert "kept-words" not in client.post(FORM, {"text": "字" * 200_000})["Location"]


def test_idle_staff_are_signed_out_and_their_words_are_kept(cast, settings):
    settings.SESSION_IDLE_MINUTES = 60
    client = Client()
    client.post("/accounts/sign-in/", {"username": "registrar", "password": "pw"})
    assert client.get("/admin/").status_code == 200

    def idle_for(minutes: int) -> None:
        session = client.session
        session["seen"] -= minutes * 60
        session.save()

    idle_for(59)
    assert client.get("/admin/").status_code == 200
    idle_for(61)
    assert "kept-words" in client.post("/admin/core/person/add/", {"name": "王"})["Location"]
    # A secretary on the phone is left in peace
    client.post("/accounts/sign-in/", {"username": "community_secretary", "password": "pw"})
    client.get("/desk/")
    idle_for(61)
    assert client.get("/desk/").status_code == 200


def test_no_session_outlives_its_age_however_busy_it_is(cast, settings):
    settings.SESSION_IDLE_MINUTES = 60
    client = Client()
    client.post("/accounts/sign-in/", {"username": "community_secretary", "password": "pw"})
    client.get("/desk/")
    session = client.session
    session["began"] -= settings.SESSION_COOKIE_AGE + 1
    session.save()
    assert client.get("/desk/").status_code == 302
