"""Opens the audit context for every request that may change something; asks for the second factor, then for a
password of one's own, before anything else.
"""

from collections.abc import Callable

import pghistory
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from redprop.accounts.second_step import keep_wish, next_page, owes_second_factor
from redprop.common.senders import sender


class AuditContextMiddleware:
    """Records the signed-in user and the address beside every change made during a request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return self.get_response(request)
        user = request.user if request.user.is_authenticated else None
        with pghistory.context(
            user=user.pk if user else None,
            username=user.username if user else "anonymous",
            url=request.path,
            **({"stands_in_for": user.stands_in_for} if user and user.stands_in_for else {}),
            address=sender(request),
        ):
            return self.get_response(request)


class SecondFactorMiddleware:
    """A session that owes the second factor reaches its page and the way out; elsewhere nobody is signed in."""

    OPEN = frozenset({"accounts:code", "accounts:enrol", "accounts:sign-out", "accounts:sign-in"})

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        work = (reverse("desk:home"), reverse("admin:index"), reverse("accounts:account"))
        if not request.path.startswith(work):
            if settings.SESSION_COOKIE_NAME in request.COOKIES:
                user = request.user
                request.user = SimpleLazyObject(  # type: ignore[assignment]
                    lambda: AnonymousUser() if owes_second_factor(request, user) else user
                )
        elif owes_second_factor(request) and request.path not in {reverse(name) for name in self.OPEN}:
            if request.method == "GET":
                keep_wish(request, request.get_full_path())
            return redirect(next_page(request.user))
        return self.get_response(request)


class FirstPasswordMiddleware:
    """Leads whoever signed in with a password given by another to the page where he chooses his own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        inside = request.path.startswith((reverse("desk:home"), reverse("admin:index")))
        if (
            inside
            and request.user.is_authenticated
            and request.user.must_choose_password
            and not request.session.get("by_provider")
        ):
            return redirect("accounts:password")
        return self.get_response(request)
