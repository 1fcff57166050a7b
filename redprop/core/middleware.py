"""Refuses what is far too large before anything of it is read, and relaxes the content security policy below
/admin/ alone, because Unfold's Alpine evaluates and styles inline.
"""

from collections.abc import Callable

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from redprop.core.services.attachments import MAX_BYTES, too_large

ADMIN_POLICY = {
    "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
    "frame-ancestors": [SELF],
}


class AdminPolicyMiddleware:
    """Marks answers of the admin for the middleware that writes the policy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(reverse("admin:index")):
            response._csp_replace = ADMIN_POLICY  # type: ignore[attr-defined]
        return response


ROOM_FOR_FIELDS = 1024 * 1024


class UploadLimitMiddleware:
    """Answers a request of the desk whose body is far beyond the largest file, without reading the body.

    Stands before the middleware that looks into forms, which would take in all 200 MB first.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        size = int(length) if length.isdigit() else 0
        if size > MAX_BYTES + ROOM_FOR_FIELDS and request.path.startswith(reverse("desk:home")):
            return render(request, "413.html", {"why": str(too_large(size))}, status=413)
        return self.get_response(request)
