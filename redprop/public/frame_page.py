"""One page in the frame of the public site that is made for one reader: never cached, never in a search engine."""

from django.http import HttpResponse
from django.template.loader import render_to_string

from redprop.public.views import frame_here


def page(title: str, template: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    """Render one page in the frame of the public site; never kept in a cache, never in a search engine."""
    body = render_to_string(f"public/{template}.html", {"title": title, **context})
    answer = HttpResponse(frame_here().page(title, body, crumbs=[], robots="noindex"), status=status)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
