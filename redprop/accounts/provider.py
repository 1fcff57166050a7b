"""A district's own identity provider by OpenID Connect: what it says of itself, and whom it says is signing in.

mozilla-django-oidc fetches tokens and checks signature and nonce; here the algorithm is pinned, and issuer,
audience and subject are checked, which it leaves out. Nobody gets an account or a role this way.
"""

from typing import Any

import jwt
import requests
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation
from django.http import HttpRequest
from django.urls import reverse
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.utils import import_from_settings

TIMEOUT = 10
KEPT = 3600
ENDPOINTS = {
    "OIDC_OP_AUTHORIZATION_ENDPOINT": "authorization_endpoint",
    "OIDC_OP_TOKEN_ENDPOINT": "token_endpoint",
    "OIDC_OP_USER_ENDPOINT": "userinfo_endpoint",
    "OIDC_OP_JWKS_ENDPOINT": "jwks_uri",
}
FAULTS = (
    SuspiciousOperation,
    requests.RequestException,
    jwt.PyJWTError,
    ImproperlyConfigured,
    KeyError,
    ValueError,
)
"""What goes wrong between provider and portal; all of it means: not signed in."""


def is_configured() -> bool:
    """Whether the district has named its provider."""
    return bool(settings.OIDC_ISSUER and settings.OIDC_CLIENT_ID)


def described() -> dict[str, str]:
    """Return what the provider says of itself, kept for an hour; its issuer must be the one configured."""
    key = f"oidc:{settings.OIDC_ISSUER}"
    found: dict[str, str] | None = cache.get(key)
    if found is None:
        address = settings.OIDC_ISSUER.rstrip("/") + "/.well-known/openid-configuration"
        answer = requests.get(address, timeout=TIMEOUT)
        answer.raise_for_status()
        found = answer.json()
        if found.get("issuer") != settings.OIDC_ISSUER:
            raise SuspiciousOperation("The provider names another issuer than OIDC_ISSUER.")
        cache.set(key, found, KEPT)
    return found


def setting(name: str, *otherwise: Any) -> Any:
    """Return a setting by mozilla-django-oidc's name."""
    if name in ENDPOINTS:
        return described()[ENDPOINTS[name]]
    ours = {
        "OIDC_RP_CLIENT_ID": settings.OIDC_CLIENT_ID,
        "OIDC_RP_CLIENT_SECRET": settings.OIDC_CLIENT_SECRET,
        "OIDC_RP_SIGN_ALGO": settings.OIDC_ALGORITHM,
        "OIDC_RP_SCOPES": settings.OIDC_SCOPES,
        "OIDC_AUTHENTICATION_CALLBACK_URL": "accounts:provider-back",
        "OIDC_USE_NONCE": True,
        "OIDC_USE_PKCE": True,
        "OIDC_CREATE_USER": False,
        "OIDC_ALLOW_UNSECURED_JWT": False,
        "OIDC_TIMEOUT": TIMEOUT,
    }
    return ours[name] if name in ours else import_from_settings(name, *otherwise)


class Provider(OIDCAuthenticationBackend):
    """Asks the provider who came back with a code."""

    get_settings = staticmethod(setting)

    def claims(self, request: HttpRequest, *, code: str, nonce: str, verifier: str) -> dict[str, Any]:
        """Return the claims of whoever signed in there; raises one of FAULTS when anything does not fit."""
        token = self.get_token(
            {
                "client_id": self.OIDC_RP_CLIENT_ID,
                "client_secret": self.OIDC_RP_CLIENT_SECRET,
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": request.build_absolute_uri(reverse("accounts:provider-back")),
                "code_verifier": verifier,
            }
        )
        said: dict[str, Any] = self.verify_token(token["id_token"], nonce=nonce)
        user: dict[str, Any] = self.get_userinfo(token["access_token"], token["id_token"], said)
        if user.get("sub") != said["sub"]:
            raise SuspiciousOperation("The provider's two answers are about two persons.")
        return {**user, **said}

    def retrieve_matching_jwk(self, token: str) -> jwt.PyJWK:
        """Return the one key of the provider that fits the token; a provider with one key need not name it."""
        answer = requests.get(self.OIDC_OP_JWKS_ENDPOINT, timeout=TIMEOUT)
        answer.raise_for_status()
        kid, algorithm = jwt.get_unverified_header(token).get("kid"), self.OIDC_RP_SIGN_ALGO
        fitting = [
            key
            for key in answer.json()["keys"]
            if key.get("use", "sig") == "sig"
            and key.get("alg", algorithm) == algorithm
            and kid in (None, key.get("kid"))
        ]
        if len(fitting) != 1:
            raise SuspiciousOperation("No key of the provider fits the token, or several do.")
        return jwt.PyJWK(fitting[0], algorithm=algorithm)

    def _verify_jws(self, payload: str, key: Any) -> dict[str, Any]:
        """Check signature, algorithm, issuer, audience and times; the package checks the first two alone."""
        found: dict[str, Any] = jwt.decode(
            payload,
            key,
            algorithms=[self.OIDC_RP_SIGN_ALGO],
            audience=settings.OIDC_CLIENT_ID,
            issuer=settings.OIDC_ISSUER,
            leeway=30,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
        return found
