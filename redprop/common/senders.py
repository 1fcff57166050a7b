"""From which network address a request came: what counts against guessing and flooding."""

from django.conf import settings
from django.http import HttpRequest


def sender(request: HttpRequest) -> str:
    """Return the network address of the sender, as the proxies in front of us saw it."""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    place = settings.TRUSTED_PROXIES
    if place and len(hops) >= place:
        return hops[-place]
    return request.META.get("REMOTE_ADDR", "")
