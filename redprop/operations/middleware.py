"""Stands before everything else: numbers each request, counts and times it, and answers the watchers' own pages.

/health/live, /health/ready and /metrics need no host name, session or database: a balancer or
Prometheus asks by address, and asks most when the rest does not work.
"""

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST

from redprop.common import logs
from redprop.operations import health, metrics

logger = logging.getLogger("redprop.requests")


class WatchMiddleware:
    """Numbers, counts, times; answers health and metrics."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (page := PAGES.get(request.path)) is not None:
            response = page(request) if request.method in ("GET", "HEAD") else HttpResponse(status=405)
            response["Cache-Control"] = "no-store"
            return response
        number = logs.new_request_id(request.headers.get("X-Request-Id", ""))
        token = logs.request_id.set(number)
        start = time.perf_counter()
        try:
            response = self.get_response(request)
            seconds = time.perf_counter() - start
            match = request.resolver_match
            view = (match.view_name or "unnamed") if match else "unknown"
            metrics.count(view=view, method=str(request.method), status=response.status_code, seconds=seconds)
            logger.info(
                "request",
                extra={
                    "view": view,
                    "method": request.method,
                    "status": response.status_code,
                    "ms": round(seconds * 1000, 1),
                },
            )
            response["X-Request-Id"] = number
            return response
        finally:
            logs.request_id.reset(token)


def live(request: HttpRequest) -> HttpResponse:
    """Answer at all: the process lives."""
    return JsonResponse({"status": "live"})


def ready(request: HttpRequest) -> HttpResponse:
    """Tell whether this host is fit to answer; what is wrong only to those who may read the figures."""
    found = health.examine()
    verdict = health.verdict(found)
    told = {"status": verdict} | ({"checks": found} if metrics.may_read(request) else {})
    return JsonResponse(told, status=503 if verdict == "not ready" else 200)


def figures(request: HttpRequest) -> HttpResponse:
    """Give out the figures to this host itself or to who brings the token; others see nothing there."""
    if not metrics.may_read(request):
        return HttpResponse(status=404)
    return HttpResponse(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)


PAGES = {"/health/live": live, "/health/ready": ready, "/metrics": figures}
