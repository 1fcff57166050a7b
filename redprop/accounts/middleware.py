"""Opens the audit context for every request that may change something."""

from collections.abc import Callable

import pghistory
from django.http import HttpRequest, HttpResponse


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
