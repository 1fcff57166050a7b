"""Words typed before a session ended are not lost: they wait, encrypted, for the same person's sign-in.

A form that comes in after the time is up is kept in the new session of this browser and shown after signing in,
from where it goes to its page again. Only the browser's own expired session vouches for whose words they are;
files and passwords are not kept. Where the words go is the path of the form itself, never an address sent along.
"""

import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from redprop.accounts.models import SignInSession
from redprop.common.errors import Refused
from redprop.common.secrets import seal, unseal

WORDS = "kept_words"
ABOUT = "kept-words"
MINUTES = 30
LARGEST = 200_000
"""Characters; a form beyond is not kept."""


def keep(request: HttpRequest, owner: int) -> bool:
    """Keep the words of the request's form for its owner; False when they are too many."""
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != "csrfmiddlewaretoken" and "password" not in name
    ]
    files = [file.name for _name, files in request.FILES.lists() for file in files]
    text = json.dumps(
        {
            "owner": owner,
            "path": request.path,
            "query": request.GET.urlencode(),
            "fields": fields,
            "files": files,
        }
    )
    if len(text) > LARGEST:
        return False
    request.session[WORDS] = seal(text, about=ABOUT)
    request.session.set_expiry(MINUTES * 60)
    return True


def kept(request: HttpRequest) -> dict[str, Any] | None:
    """Return the words that wait for the signed-in user; those of somebody else are dropped."""
    sealed = request.session.get(WORDS)
    if sealed is None:
        return None
    try:
        found: dict[str, Any] = json.loads(unseal(sealed, about=ABOUT))
    except Refused:
        found = {}
    if found.get("owner") != request.user.pk:
        forget(request)
        return None
    return found


def forget(request: HttpRequest) -> None:
    """Drop them."""
    request.session.pop(WORDS, None)


def _owner(request: HttpRequest) -> int | None:
    """Return whose session the browser had until its time was up."""
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    ended = SignInSession.objects.filter(pk=key, user__is_active=True, expire_date__lte=timezone.now())
    found: int | None = ended.values_list("user", flat=True).first()
    return found


def _is_a_page(request: HttpRequest) -> bool:
    """Whether the browser shows the answer; drafts that a script saves have a way of their own."""
    mode = request.headers.get("Sec-Fetch-Mode", "navigate")
    return mode == "navigate" and "HX-Request" not in request.headers


class KeptWordsMiddleware:
    """Catches forms that come in after the session ended. Stands behind the check against forged forms."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Keep the words and lead to the sign-in page; forget them once they have been sent again."""
        work = (reverse("desk:home"), reverse("admin:index"))
        if request.method != "POST" or not request.path.startswith(work):
            return None
        if request.user.is_authenticated:
            if WORDS in request.session:
                found = kept(request)
                if found is not None and found["path"] == request.path:
                    forget(request)
            return None
        owner = _owner(request) if _is_a_page(request) else None
        if owner is None or not keep(request, owner):
            return None
        return redirect(
            f"{reverse('accounts:sign-in')}?{urlencode({'next': reverse('accounts:kept-words')})}"
        )


class IdleMiddleware:
    """Ends the session of staff who have done nothing for SESSION_IDLE_MINUTES, and any session after its age."""

    SEEN, BEGAN = "seen", "began"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        idle = settings.SESSION_IDLE_MINUTES * 60
        if idle and settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            now = int(timezone.now().timestamp())
            session = request.session
            began, seen = session.setdefault(self.BEGAN, now), session.get(self.SEEN, now)
            late = request.user.is_staff and now - seen > idle
            if late or now - began > settings.SESSION_COOKIE_AGE:
                self._end(request)
            elif self.SEEN not in session or now - seen >= 60:
                session[self.SEEN] = now
        return self.get_response(request)

    @staticmethod
    def _end(request: HttpRequest) -> None:
        """The row stays with its time up, so that it can still say whose words come in."""
        SignInSession.objects.filter(pk=request.session.session_key).update(expire_date=timezone.now())
        request.session = type(request.session)()
        request.user = AnonymousUser()
