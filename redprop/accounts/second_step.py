"""Between password and work: whether a session still owes the second factor, and where the user wanted to go.

Until the code is taken the session is worth nothing: the middleware leads it to the code's page wherever work
is done, and everywhere else it is as if nobody had signed in. It ends by itself after a quarter of an hour.
"""

from typing import Any

import django_otp
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from redprop.accounts.models import SecondFactor, second_factor_required

WISH = "after_second_factor"
PATIENCE = 15 * 60


def owes_second_factor(request: HttpRequest, user: Any = None) -> bool:
    """Whether the signed-in session has still to show a code, or to set up the second factor."""
    user = user or request.user
    if not user.is_authenticated or django_otp.DEVICE_ID_SESSION_KEY in request.session:
        return False
    return bool(user.has_second_factor or second_factor_required(user))


def next_page(user: Any) -> str:
    """The page on which the second step is taken."""
    return "accounts:code" if user.has_second_factor else "accounts:enrol"


def begin(request: HttpRequest, wish: str) -> HttpResponse | None:
    """Lead a fresh sign-in to its second step, if it owes one; `wish` is where it goes afterwards."""
    request.session.set_expiry(None)
    if not owes_second_factor(request):
        return None
    request.session.set_expiry(PATIENCE)
    keep_wish(request, wish)
    return redirect(next_page(request.user))


def keep_wish(request: HttpRequest, wish: str) -> None:
    """Remember an address of this site; any other is dropped."""
    if url_has_allowed_host_and_scheme(
        wish, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        request.session[WISH] = wish


def complete(request: HttpRequest, device: SecondFactor) -> None:
    """The second step is done: a new session key, the usual time."""
    request.session.cycle_key()
    request.session.set_expiry(None)
    django_otp.login(request, device)


def take_wish(request: HttpRequest, otherwise: str) -> str:
    """Return where the user wanted to go, once."""
    return str(request.session.pop(WISH, "") or otherwise)
