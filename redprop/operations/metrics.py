"""Figures of this host's web processes, and the page that gives them out together with those of the rows.

With several processes prometheus-client keeps the counters in files of PROMETHEUS_MULTIPROC_DIR,
which `manage.py serve` makes and empties; every process then tells the sum of all.
"""

import hmac
import os
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from redprop.operations.gauges import Rows

_own = CollectorRegistry()

REQUESTS = Counter("redprop_requests", "Requests answered", ["view", "method", "status"], registry=_own)
LATENCY = Histogram(
    "redprop_request_seconds",
    "Seconds until the answer stood",
    ["area"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=_own,
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def count(*, view: str, method: str, status: int, seconds: float) -> None:
    """Count one answered request; `view` is its name in the URL table, never its address."""
    REQUESTS.labels(view, method if method in METHODS else "other", str(status)).inc()
    LATENCY.labels(view.partition(":")[0] if ":" in view else "other").observe(seconds)


def exposition() -> bytes:
    """Return all figures in Prometheus' text format."""
    several = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    registry = CollectorRegistry() if several else _own
    if several:
        MultiProcessCollector(registry, path=several)
    rows = CollectorRegistry()
    rows.register(Rows())
    return generate_latest(registry) + generate_latest(rows)


def may_read(request: HttpRequest) -> bool:
    """Whether the figures may be given out: to this host itself, or to who brings METRICS_TOKEN."""
    brought = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN and hmac.compare_digest(brought.encode(), settings.METRICS_TOKEN.encode()):
        return True
    if any(name in request.headers for name in ("X-Forwarded-For", "X-Real-Ip", "Forwarded")):
        return False  # came through a proxy: its own address says nothing
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
