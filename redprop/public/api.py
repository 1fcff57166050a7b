"""The open data as a read-only interface below `/api/v1/`: pages, filters, ETag, open to other sites.

Below `/en/api/v1/` its words are English. It answers from the published files alone, so it knows nothing that they do not say (a withdrawn name is gone
with the file), and it answers with the database and the broker stopped. Made when it is first asked: the
other processes of the portal do not pay for it.
"""

import json
import math
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import Resolver404, URLResolver
from django.urls.resolvers import RegexPattern
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from redprop.common.errors import Refused
from redprop.common.senders import sender
from redprop.public import languages, quiet, search, wording
from redprop.public.open_table import Table
from redprop.public.opendata import FOLDER
from redprop.public.tables import tables
from redprop.public.views import current_tree, packed

BASE = "/api/v1/"
METHODS = ("GET", "HEAD", "OPTIONS")
MOST, USUAL = 500, 100
STATUS = {"no-table": 404, "no-row": 404, "nothing-published": 404, "method": 405, "too-often": 429}
"""Status of each code; 422 for parameters that cannot be read."""


class Loaded:
    """A published file of rows, read once for each version of it."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        self.digest = sha256(data).hexdigest()
        found = json.loads(data)
        self.rows: list[Any] = found["rows"] if isinstance(found, dict) else found
        self.as_of: str = found.get("as_of", "") if isinstance(found, dict) else ""


@lru_cache(maxsize=6)
def _loaded(path: Path, version: tuple[int, int, int]) -> Loaded:
    return Loaded(path)


def load(name: str) -> Loaded:
    """Return a published file; raises Refused before there is one."""
    tree = current_tree()
    path = tree / name if tree else None
    try:
        stat = path.stat() if path else None
        if path is None or stat is None:
            raise FileNotFoundError
        return _loaded(path, (stat.st_mtime_ns, stat.st_size, stat.st_ino))
    except (OSError, ValueError, KeyError) as error:
        raise Refused(_("Nothing has been published yet."), code="nothing-published") from error


def load_table(table: Table) -> Loaded:
    """Return the rows of a table as its file has them."""
    return load(f"{FOLDER}/{table.name}/{table.name}.json")


@csrf_exempt
def answer(request: HttpRequest, path: str = "") -> HttpResponseBase:
    """Answer a call: counted, in the language of its address, with what other sites need to read it."""
    try:
        response = _answer(request, path)
    except Refused as refused:
        response = refusal(refused)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "ETag, Link, Retry-After"
    return packed(request, response)


def _answer(request: HttpRequest, path: str) -> HttpResponseBase:
    if request.method == "OPTIONS":
        return _allowed(HttpResponse(status=204))
    if request.method not in METHODS:
        message = _("This address takes %(methods)s.") % {"methods": wording.between().join(METHODS)}
        return _allowed(refusal(Refused(message, code="method")))
    quiet.count("api", sender(request))
    try:
        match = resolver(languages.spoken()).resolve(path)
    except Resolver404:
        raise Refused(
            _("There is no such address. See %(base)s.") % {"base": languages.address(BASE)}, code="no-table"
        ) from None
    head, request.method = request.method == "HEAD", "GET"
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    if response.status_code == 200:
        patch_cache_control(response, public=True, max_age=60)
        if _has_it(request, response.headers.get("ETag", "")):
            response.status_code, response.content = 304, b""
    if head:
        length = len(response.content)
        response.content = b""
        response.headers["Content-Length"] = str(length)
    return response


def _allowed(response: HttpResponse) -> HttpResponse:
    response.headers["Allow"] = response.headers["Access-Control-Allow-Methods"] = ", ".join(METHODS)
    response.headers["Access-Control-Allow-Headers"] = "If-None-Match, Accept"
    response.headers["Access-Control-Max-Age"] = "86400"
    return response


def _has_it(request: HttpRequest, tag: str) -> bool:
    """Whether the caller has this version already."""
    given = request.headers.get("If-None-Match", "")
    return bool(tag) and (
        given.strip() == "*" or tag in [one.strip().removeprefix("W/") for one in given.split(",")]
    )


def refusal(refused: Refused) -> HttpResponse:
    """Return the answer to a call that is refused: a code that stays, a sentence for people."""
    response = as_json({"error": {"code": refused.code, "message": str(refused)}})
    response.status_code = STATUS.get(refused.code, 422)
    response.headers["Cache-Control"] = "no-store"
    if refused.code == "too-often":
        response.headers["Retry-After"] = "60"
    return response


def as_json(content: Any, tag: str = "") -> HttpResponse:
    """Return content as JSON, with the tag of its version."""
    response = HttpResponse(json.dumps(content, ensure_ascii=False), content_type="application/json")
    if tag:
        response.headers["ETag"] = f'"{tag}"'
    return response


def tag_of(request: HttpRequest, loaded: Loaded) -> str:
    """Return the tag of an answer: the version of the file, and what was asked of it."""
    return sha256(f"{loaded.digest} {request.get_full_path()}".encode()).hexdigest()[:32]


def rows_page(request: HttpRequest, loaded: Loaded, rows: list[Any], page: int, size: int) -> HttpResponse:
    """Return one page of rows, with the addresses of the one before and after."""
    last = max(1, math.ceil(len(rows) / size))

    def at(number: int) -> str | None:
        if not 1 <= number <= last or number == page:
            return None
        given = [(name, value) for name, value in request.GET.items() if name != "page"]
        return f"{request.path}?{urlencode([*given, ('page', str(number))])}"

    content = {
        "as_of": loaded.as_of,
        "count": len(rows),
        "page": page,
        "pages": last,
        "next": at(page + 1),
        "previous": at(min(page - 1, last)) if page > 1 else None,
        "rows": rows[(page - 1) * size : page * size],
    }
    response = as_json(content, tag_of(request, loaded))
    links = [(content["next"], "next"), (content["previous"], "prev")]
    if told := [f'<{link}>; rel="{rel}"' for link, rel in links if link]:
        response.headers["Link"] = ", ".join(told)
    return response


def known(request: HttpRequest, *names: str) -> None:
    """Refuse a parameter that this address does not know, instead of answering with everything."""
    unknown = sorted(set(request.GET) - set(names))
    if unknown:
        raise Refused(
            _("Unknown: %(names)s. Known are %(allowed)s.")
            % {
                "names": wording.between().join(unknown)[:100],
                "allowed": wording.between().join(names) or "—",
            },
            code="unknown-parameter",
        )


def table_view(table: Table) -> Callable[[HttpRequest, dict[str, Any]], HttpResponse]:
    """Return what answers a page of a table from its checked parameters."""

    def view(request: HttpRequest, asked: dict[str, Any]) -> HttpResponse:
        known(request, "page", "size", *table.filters)
        loaded, rows = load_table(table), None
        wanted = {name: asked[name] for name in table.filters if asked.get(name) is not None}
        rows = loaded.rows
        for name, value in wanted.items():
            rows = [row for row in rows if str(row[name]) == value]
        return rows_page(request, loaded, rows, asked["page"], asked["size"])

    return view


def one_view(table: Table) -> Callable[[HttpRequest, str], HttpResponse]:
    """Return what answers one row of a table by its key."""

    def view(request: HttpRequest, key: str) -> HttpResponse:
        known(request)
        loaded = load_table(table)
        row = next((row for row in loaded.rows if str(row[table.key[0]]) == key), None)
        if row is None:
            raise Refused(_("There is no row with this key."), code="no-row")
        return as_json(row, tag_of(request, loaded))

    return view


def search_view(request: HttpRequest, q: str, page: int, size: int) -> HttpResponse:
    """Answer a search over compounds, enterprises and subdistricts."""
    known(request, "q", "page", "size")
    loaded = load(search.FILE)
    kinds = {search.COMPOUND: "compound", search.ENTERPRISE: "enterprise", search.AREA: "subdistrict"}
    rows = [
        {"kind": kinds[one.kind], "code": one.code, "name": one.name, "place": one.place, "page": one.path}
        for one in search.matching(loaded.rows, q)
    ]
    return rows_page(request, loaded, rows, page, size)


def index_view(request: HttpRequest) -> HttpResponse:
    """Answer the start: what there is."""
    known(request)
    found = [
        {
            "name": table.name,
            "title": table.title,
            "rows": languages.address(f"{BASE}{table.name}/"),
            "fields": f"/{FOLDER}/{table.name}/schema.json",
            "filters": list(table.filters),
        }
        for table in tables()
    ]
    content = {
        "tables": found,
        "search": languages.address(f"{BASE}search/"),
        "openapi": languages.address(f"{BASE}openapi.json"),
        "catalogue": f"/{FOLDER}/catalogue.json",
        "feed": f"/{FOLDER}/feed.xml",
    }
    return as_json(content, sha256(json.dumps(content).encode()).hexdigest()[:32])


@lru_cache(maxsize=2)
def resolver(language: str) -> URLResolver:
    """Return the addresses of the interface in a language, made with the first call."""
    from redprop.public.openapi import routes

    return URLResolver(RegexPattern(r""), routes(language))
