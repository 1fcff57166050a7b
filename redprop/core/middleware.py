"""Refuses what is far too large before anything of it is read, and relaxes the content security policy below
/admin/ alone, because Unfold's Alpine evaluates and styles inline.
"""

from collections.abc import Callable
from contextlib import suppress

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from redprop.common.disk import is_full, no_room
from redprop.common.tabular import limits
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


def _drop_unfinished(request: HttpRequest) -> None:
    """Remove the temporary file of the upload that broke off; Django leaves it to the garbage collector."""
    for handler in request.upload_handlers:
        if (file := getattr(handler, "file", None)) is not None:
            with suppress(OSError):  # what was not written yet cannot be written now either
                file.close()


class UploadLimitMiddleware:
    """Answers a request whose body is far beyond the largest file without reading it, and tells of a full disk.

    Stands before the middleware that looks into forms: that would take in the whole gigabyte first, and
    a disk that is full while a file comes in would be a fault of the program.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        size = int(length) if length.isdigit() else 0
        home, most, refusal = self._limits(request)
        if size > most + ROOM_FOR_FIELDS:
            return render(request, "413.html", {"why": str(refusal(size)), "home": home}, status=413)
        if most and request.content_type == "multipart/form-data":
            try:
                request.POST  # noqa: B018  (takes the files in)
            except OSError as error:
                if is_full(error):
                    _drop_unfinished(request)
                    return render(request, "507.html", {"why": str(no_room()), "home": home}, status=507)
        return self.get_response(request)

    @staticmethod
    def _limits(request: HttpRequest) -> tuple[str, int, Callable[[int], object]]:
        """Return where the way back leads, the largest file there, and its refusal.

        Elsewhere no files come in: whoever sent one to the sign-in page filled the disk with it before anything
        asked who that is.
        """
        for name, most, refusal in (
            ("desk:home", MAX_BYTES, too_large),
            ("public:report", MAX_BYTES, too_large),
            ("public:follow-entry", MAX_BYTES, too_large),
            ("public:api-requests", MAX_BYTES, too_large),
            ("admin:index", limits.MAX_BYTES, limits.too_large),
        ):
            if request.path.startswith(home := reverse(name)):
                return home, most, refusal
        return reverse("public:home"), 0, too_large
