"""Signing in by the district's own identity provider: out to it, and back with a code."""

import logging
from typing import Any

from django.contrib import auth
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from mozilla_django_oidc.views import OIDCAuthenticationRequestView

from redprop.accounts import provider
from redprop.accounts.models import SignInEntry
from redprop.accounts.second_step import begin
from redprop.accounts.services import sign_in
from redprop.accounts.services.provider import match_user
from redprop.accounts.services.sign_in_log import record
from redprop.accounts.views.sign_in import start_page
from redprop.common.errors import Refused

logger = logging.getLogger(__name__)

BY_PROVIDER = "by_provider"
BACKEND = "redprop.accounts.backends.PostingBackend"


class _Start(OIDCAuthenticationRequestView):
    get_settings = staticmethod(provider.setting)


@never_cache
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Lead to the provider with state, nonce and the challenge of PKCE."""
    if not provider.is_configured():
        raise Http404
    if request.user.is_authenticated:
        return redirect(start_page(request.user))
    try:
        answer: HttpResponse = _Start.as_view()(request)
    except provider.FAULTS:
        return _refused(
            request, _("The identity provider cannot be reached. Try again, or sign in by password.")
        )
    return answer


@never_cache
@require_GET
def back(request: HttpRequest) -> HttpResponse:
    """Take the code, ask who it was, and sign the matching account in."""
    if not provider.is_configured():
        raise Http404
    states: dict[str, Any] = request.session.get("oidc_states", {})
    sent = states.pop(request.GET.get("state", ""), None)
    request.session["oidc_states"] = states  # a state counts once
    wish = request.session.pop("oidc_login_next", None)
    if sent is None or "code" not in request.GET:
        return _refused(request, _("The sign-in at the identity provider was broken off. Start again."))
    try:
        claims = provider.Provider().claims(
            request, code=request.GET["code"], nonce=sent["nonce"], verifier=sent["code_verifier"]
        )
    except provider.FAULTS as fault:
        logger.warning("The identity provider's answer was refused: %s: %s", type(fault).__name__, fault)
        return _refused(
            request,
            _("The identity provider's answer could not be verified. Start again, or sign in by password."),
            detail=type(fault).__name__,
        )
    try:
        user = match_user(claims)
    except Refused as refused:
        return _refused(request, str(refused), detail=refused.code)
    auth.login(request, user, backend=BACKEND)
    request.session[BY_PROVIDER] = True
    sign_in.remember_device(request)
    record(SignInEntry.Kind.PROVIDER, request=request, user=user)
    onward = wish or start_page(user)
    return begin(request, onward) or redirect(onward)


def _refused(request: HttpRequest, sentence: str, detail: str = "") -> HttpResponse:
    record(SignInEntry.Kind.PROVIDER_REFUSED, request=request, detail=detail)
    return render(request, "accounts/provider_refused.html", {"sentence": sentence}, status=403)
