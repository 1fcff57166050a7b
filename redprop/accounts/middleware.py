"""Opens the audit context for every request that may change something; asks for a password of one's own first."""

from collections.abc import Callable

import pghistory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse


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
        ):
            return self.get_response(request)


class FirstPasswordMiddleware:
    """Leads whoever signed in with a password given by another to the page where he chooses his own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        inside = request.path.startswith((reverse("desk:home"), reverse("admin:index")))
        if inside and request.user.is_authenticated and request.user.must_change_password:
            return redirect("accounts:password")
        return self.get_response(request)
