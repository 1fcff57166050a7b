"""Seconds and queries of every list of the admin and of the desk, at several sizes of the district.

A page counts for the ratio when it is as full at both sizes (its bytes differ by a tenth at most);
queries are compared on those pages too. Each is asked as the first user of the demo who may see it, the
desk's as one of each kind.
"""

import logging
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, get_resolver, reverse

from redprop.accounts.models import User

STAFF = (
    *("registrar", "evaluator", "inspector", "reviewer", "decider", "publisher", "maker", "checker"),
    *("approver", "organisation", "sysadmin", "secadmin", "auditadmin"),
)
DESK = ("registrar", "clerk-dazhi", "secretary-baocheng", "contact-1")
AREAS = ("admin", "desk")
AS_FULL = 0.1


@dataclass
class Page:
    """One page as one user sees it: how full, how many queries, seconds of each round."""

    size: int
    queries: int
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The median in milliseconds."""
        return statistics.median(self.seconds) * 1000


Found = dict[str, Page]


def addresses() -> Iterator[tuple[str, str, str]]:
    """Yield (area, name, address) of what may be a list: the admin's change lists, the desk's plain addresses."""
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}_changelist"
        yield "admin", model._meta.label_lower, reverse(f"admin:{name}")
    _prefix, desk = get_resolver().namespace_dict["desk"]
    for name in sorted(key for key in desk.reverse_dict if isinstance(key, str)):
        try:
            yield "desk", name, reverse(f"desk:{name}")
        except NoReverseMatch:
            continue  # needs a row


def measure(rounds: int, say: Callable[[str], Any]) -> dict[str, Found]:
    """Return what each area's pages cost in the district that Django's connection leads to."""
    logging.getLogger("django.request").setLevel(logging.CRITICAL)  # who may not see a page is refused, often
    clients = {name: _client(name) for name in dict.fromkeys((*STAFF, *DESK))}
    found: dict[str, Found] = {area: {} for area in AREAS}
    for area, name, address in addresses():
        for user in STAFF if area == "admin" else DESK:
            page = _first(clients[user], address)
            if page is None:
                continue
            for _round in range(rounds):
                start = time.perf_counter()
                clients[user].get(address)
                page.seconds.append(time.perf_counter() - start)
            found[area][f"{name} ({user})"] = page
            if area == "admin":
                break
    for area in AREAS:
        say(f"  {area}: {told(found[area])}")
    return found


def _client(username: str) -> Client:
    host = next((name.strip(".") for name in settings.ALLOWED_HOSTS if name != "*"), "localhost")
    client = Client(SERVER_NAME=host, raise_request_exception=False)
    client.force_login(User.objects.get(username=username))
    return client


def _first(client: Client, address: str) -> Page | None:
    """Ask twice, the second time counting, as caches are then filled; None for what is no page of this user."""
    answer = client.get(address)
    if answer.status_code != 200 or answer.streaming or "html" not in answer["Content-Type"]:
        return None
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(address)
    return Page(len(answer.content), len(asked))


def percentile(values: list[float], share: float) -> float:
    """Return the smallest value that at least `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)]


def told(pages: Found) -> dict[str, Any]:
    """Return the figures of some pages in milliseconds."""
    seconds = [one * 1000 for page in pages.values() for one in page.seconds]
    slowest = sorted(pages, key=lambda name: -pages[name].median)[:3]
    return {
        "pages": len(pages),
        "p50_ms": round(percentile(seconds, 0.5)),
        "p95_ms": round(percentile(seconds, 0.95)),
        "queries_at_most": max(page.queries for page in pages.values()),
        "slowest": {name: round(pages[name].median) for name in slowest},
    }


def compare(small: Found, large: Found) -> dict[str, Any]:
    """Return how the p95 of the pages that are as full at both sizes has grown, and the pages that stand out."""
    both = [
        name
        for name, page in small.items()
        if name in large and abs(large[name].size - page.size) <= AS_FULL * page.size
    ]
    p95 = [
        percentile([one for name in both for one in pages[name].seconds], 0.95) for pages in (small, large)
    ]
    return {
        "as_full": len(both),
        "p95_ratio": round(p95[1] / p95[0], 2),
        "slower": {
            name: f"{small[name].median:.0f} → {large[name].median:.0f} ms"
            for name in both
            if large[name].median > max(1.5 * small[name].median, small[name].median + 30)
        },
        "more_queries": {
            name: f"{small[name].queries} → {large[name].queries}"
            for name in both
            if large[name].queries > small[name].queries
        },
    }
