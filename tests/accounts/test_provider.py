"""Signing in by a district's own identity provider: a real one, in real HTTP, with everything that may be wrong."""

import datetime as dt
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from urllib.parse import parse_qs, urlparse

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from oidc_provider_mock import User as Known
from oidc_provider_mock import run_server_in_thread

from redprop.accounts import provider
from redprop.accounts.models import SignInEntry, User
from redprop.checks import check_signing_in

pytestmark = pytest.mark.django_db

START, BACK = "/accounts/provider/", "/accounts/provider/back/"


@pytest.fixture(scope="module")
def server():
    people = [
        Known(sub="s-1", claims={"preferred_username": "registrar"}),
        Known(sub="s-2", claims={"preferred_username": "nobody-here"}),
        Known(sub="s-3", claims={"preferred_username": "registrar"}),
    ]
    with run_server_in_thread(user_claims=people, require_nonce=True) as running:
        yield f"http://localhost:{running.server_port}"


@pytest.fixture(autouse=True)
def _configured(server, settings, cast):
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = server, "portal", "secret"
    cache.delete(f"oidc:{server}")


def went_there(client: Client, query: str = "") -> str:
    """Start at the portal; returns the provider's address."""
    return client.get(START + query)["Location"]


def came_back(address: str, subject: str = "s-1") -> str:
    """Sign in at the provider; returns the address of the portal that it leads to, with the code."""
    answer = requests.post(address, data={"sub": subject}, allow_redirects=False, timeout=10)
    assert answer.status_code == 302
    found = urlparse(answer.headers["Location"])
    return f"{found.path}?{found.query}"


def test_whoever_signed_in_there_is_signed_in_here_with_the_roles_given_here(cast):
    assert "统一身份认证" in Client().get("/accounts/sign-in/").content.decode()
    client = Client()
    there = went_there(client, "?next=/admin/accounts/user/")
    asked = {name: values[0] for name, values in parse_qs(urlparse(there).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["state"]) >= 32
    assert len(asked["nonce"]) >= 32
    before = User.objects.count()
    assert client.get(came_back(there))["Location"] == "/admin/accounts/user/"
    assert client.get("/admin/accounts/user/").status_code == 200
    assert User.objects.count() == before
    assert SignInEntry.objects.get(kind="provider").user == cast.registrar


def test_the_verifier_of_the_challenge_goes_with_the_code(monkeypatch):
    sent, post = [], requests.post
    monkeypatch.setattr(requests, "post", lambda url, **kw: (sent.append(kw), post(url, **kw))[1])
    client = Client()
    there = went_there(client)
    challenge = parse_qs(urlparse(there).query)["code_challenge"][0]
    back = came_back(there)
    client.get(back)
    verifier = sent[-1]["data"]["code_verifier"]
    assert urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=") == challenge


def test_whoever_has_no_account_is_refused_with_a_sentence(cast):
    client = Client()
    before = User.objects.count()
    page = client.get(came_back(went_there(client), "s-2"))
    assert page.status_code == 403
    assert "nobody-here" in page.content.decode()
    assert User.objects.count() == before
    assert not page.wsgi_request.user.is_authenticated
    assert SignInEntry.objects.get().kind == "provider_refused"


def test_a_user_name_given_to_somebody_else_opens_nothing(cast):
    client = Client()
    client.get(came_back(went_there(client), "s-1"))
    other = Client()
    page = other.get(came_back(went_there(other), "s-3"))
    assert page.status_code == 403
    assert "另一个人" in page.content.decode()


def test_a_closed_account_is_refused(cast):
    User.objects.filter(username="registrar").update(is_active=False)
    client = Client()
    assert client.get(came_back(went_there(client))).status_code == 403


def test_a_state_of_another_browser_and_a_state_used_twice_are_refused(cast):
    client = Client()
    back = came_back(went_there(client))
    assert Client().get(back).status_code == 403
    assert client.get(back).status_code == 302
    client.post("/accounts/sign-out/")
    assert client.get(back).status_code == 403


def test_a_wrong_nonce_is_refused(cast):
    client = Client()
    back = came_back(went_there(client))
    session = client.session
    for one in session["oidc_states"].values():
        one["nonce"] = "another"
    session.save()
    assert client.get(back).status_code == 403
    assert SignInEntry.objects.get().detail == "SuspiciousOperation"


def test_a_provider_that_is_away_is_told_of(settings):
    settings.OIDC_ISSUER = "http://localhost:9"
    page = Client().get(START)
    assert page.status_code == 403
    assert "连不上" in page.content.decode()


def test_the_provider_must_be_the_one_that_is_named(settings, server):
    settings.OIDC_ISSUER = server.replace("localhost", "127.0.0.1") + "/"
    assert Client().get(START).status_code == 403


def test_no_next_page_on_another_site(cast):
    client = Client()
    answer = client.get(came_back(went_there(client, "?next=https://evil.example/")))
    assert answer["Location"] == "/admin/"


def test_the_second_factor_is_asked_for_all_the_same(cast, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    client = Client()
    assert client.get(came_back(went_there(client)))["Location"] == "/accounts/second-factor/new/"
    assert client.get("/admin/")["Location"] == "/accounts/second-factor/new/"


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def token(settings, **wrong) -> str:
    now = timezone.now()
    said = {
        "iss": settings.OIDC_ISSUER,
        "aud": "portal",
        "sub": "s-1",
        "nonce": "n",
        "iat": now,
        "exp": now + dt.timedelta(minutes=5),
    }
    return jwt.encode({k: v for k, v in (said | wrong).items() if v is not None}, KEY, "RS256")


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://other.example"},
        {"aud": "another-client"},
        {"exp": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)},
        {"exp": None},
        {"sub": None},
        {"nonce": "m"},
    ],
)
def test_a_token_for_another_expired_or_incomplete_is_refused(settings, monkeypatch, wrong):
    ours = provider.Provider()
    monkeypatch.setattr(ours, "retrieve_matching_jwk", lambda token: KEY.public_key())
    assert ours.verify_token(token(settings), nonce="n")["sub"] == "s-1"
    with pytest.raises(provider.FAULTS):
        ours.verify_token(token(settings, **wrong), nonce="n")


def test_a_token_by_another_algorithm_is_refused(settings, monkeypatch):
    ours = provider.Provider()
    monkeypatch.setattr(ours, "retrieve_matching_jwk", lambda token: KEY.public_key())
    head, body, _signature = token(settings).split(".")
    assert b"RS256" in urlsafe_b64decode(head + "==")
    none = urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    secret = jwt.encode(
        jwt.decode(token(settings), options={"verify_signature": False}), "secret" * 8, "HS256"
    )
    for bad in (f"{none}.{body}.", secret):
        with pytest.raises(provider.FAULTS):
            ours.verify_token(bad, nonce="n")


def test_checks_refuse_a_provider_without_tls_or_with_a_shared_key(settings):
    settings.DEMO, settings.SECOND_FACTOR_REQUIRED, settings.OIDC_ALGORITHM = False, True, "HS256"
    assert [one.id for one in check_signing_in(None)] == ["redprop.E004", "redprop.E005"]
