"""Forms that could not be carried out, held in the session over one redirect: no page is ever the answer to a POST.

A page that answers a POST cannot be gone back to (the browser shows ERR_CACHE_MISS); what was typed would be lost.
"""

import secrets
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseRedirect, QueryDict

SESSION_KEY = "held_forms"
MOST_HELD = 3
MOST_CHARACTERS = 100_000


def hold(request: HttpRequest, data: QueryDict, back: str, **about: str) -> HttpResponseRedirect:
    """Keep what was typed and redirect to the page at `back`, which finds it again by `held`."""
    name = secrets.token_urlsafe(8)
    kept = dict(list(request.session.get(SESSION_KEY, {}).items())[-(MOST_HELD - 1) :])
    text = data.urlencode()
    if len(text) <= MOST_CHARACTERS:
        kept[name] = {"path": back, "data": text, **about}
    request.session[SESSION_KEY] = kept
    return HttpResponseRedirect(f"{back}?{urlencode({'held': name})}")


def held(request: HttpRequest) -> tuple[QueryDict | None, dict[str, str]]:
    """What `hold` kept for this page (it may be read again: a reload shows the same), and what it is about."""
    found = request.session.get(SESSION_KEY, {}).get(request.GET.get("held", ""))
    if not found or found["path"] != request.path:
        return None, {}
    return QueryDict(found["data"], mutable=True), {
        k: v for k, v in found.items() if k not in ("path", "data")
    }


def let_go(request: HttpRequest, path: str = "") -> None:
    """Forget what is held for the page at `path` (this one): it has been carried out."""
    kept = request.session.get(SESSION_KEY, {})
    left = {name: form for name, form in kept.items() if form["path"] != (path or request.path)}
    if len(left) != len(kept):
        request.session[SESSION_KEY] = left
