"""Answers the public addresses from the published files: no database, no session, no broker.

In production nginx serves the files; here is the fallback, the page before the first
publication, and the search for those without JavaScript.
"""

import json
import sys
from pathlib import Path

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.db import OperationalError
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotModified,
    JsonResponse,
)
from django.middleware.gzip import GZipMiddleware
from django.template.loader import render_to_string
from django.utils._os import safe_join
from django.utils.cache import patch_cache_control
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.defaults import server_error
from django.views.static import was_modified_since
from redis.exceptions import RedisError

from redprop.common.text import normalise
from redprop.public import languages, search
from redprop.public.frame import Frame

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".zip": "application/zip",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "application/xml",
    ".txt": "text/plain; charset=utf-8",
}
SAVED = (".zip", ".csv", ".xlsx")
"""What a browser saves instead of showing it."""
PACKED = (".zip", ".xlsx")
FOUND_AT_MOST = 50


def current_tree() -> Path | None:
    """Return the folder of the district this site shows: PUBLIC_DISTRICT, or the first one published.

    A name that begins with a dot is an edition that is still being written.
    """
    root = Path(settings.PUBLISHED_ROOT)
    if settings.PUBLIC_DISTRICT:
        return root / settings.PUBLIC_DISTRICT
    notes = sorted(root.glob("[!.]*/site.json"))
    return notes[0].parent if notes else None


@require_safe
def published(request: HttpRequest, path: str = "") -> HttpResponseBase:
    """Answer from the file of this address; before the first publication say why there is none."""
    tree = current_tree()
    name = f"{path}index.html" if path == "" or path.endswith("/") else path
    folder = tree / languages.FOLDER if tree and languages.is_english() else tree
    file = find(folder, name) if folder else None
    if file is None:
        if folder is None or not (folder / "index.html").exists():
            return not_yet(request)
        return HttpResponse(missing(folder), status=404)
    return answer(request, file)


def find(tree: Path, name: str) -> Path | None:
    """Return the file of that name inside the tree, or None; no part of the name may begin with a dot."""
    if any(part.startswith(".") for part in name.split("/")):
        return None
    try:
        file = Path(safe_join(tree, name))
    except SuspiciousFileOperation:
        return None
    if file.suffix not in TYPES or not file.is_file():
        return None
    return file


def answer(request: HttpRequest, file: Path) -> HttpResponseBase:
    """Return the file's bytes, or "not modified"."""
    stat = file.stat()
    if not was_modified_since(request.headers.get("If-Modified-Since"), stat.st_mtime):
        return HttpResponseNotModified()
    response = FileResponse(file.open("rb"), content_type=TYPES[file.suffix])
    if file.suffix in SAVED:
        response["Content-Disposition"] = f'attachment; filename="{saved_name(file)}"'
    if file.suffix != ".html":
        response["Access-Control-Allow-Origin"] = "*"
    response["Last-Modified"] = http_date(stat.st_mtime)
    patch_cache_control(response, public=True, max_age=60)
    return response if file.suffix in PACKED else packed(request, response)


def packed(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Return the answer compressed for who takes it: a third of the time to the first word on a slow line."""
    return GZipMiddleware(lambda _request: response).process_response(request, response)


def saved_name(file: Path) -> str:
    """Return the name under which a file is saved: those of a list say which list."""
    if file.parent.parent.parent.name == "lists":
        return f"{file.parent.parent.name}-{file.parent.name}-{file.name}"
    return file.name


def missing(tree: Path) -> bytes:
    """Return the published page for addresses that do not exist."""
    try:
        return (tree / "404.html").read_bytes()
    except OSError as error:
        raise Http404 from error


def failed(request: HttpRequest) -> HttpResponse:
    """The page after an error of ours. Below the public addresses it is a published file, with links that work; programs get JSON."""
    error = sys.exc_info()[1]
    status = 503 if isinstance(error, OperationalError | RedisError) else 500
    if request.path_info.startswith("/api/"):
        message = _("The portal cannot answer just now. Please try again later.")
        told = {"error": {"code": "unavailable" if status == 503 else "failed", "message": message}}
        return JsonResponse(told, status=status, headers={"Cache-Control": "no-store"})
    tree = current_tree() if languages.asked.get() else None
    if tree is not None:
        try:
            body = (tree / (languages.FOLDER if languages.is_english() else "") / "500.html").read_bytes()
            return HttpResponse(body, status=status, headers={"Cache-Control": "no-store"})
        except OSError:
            pass
    answer = server_error(request)
    answer.status_code = status
    return answer


def frame_here() -> Frame:
    """Return the frame of the district shown here, from its published note alone."""
    tree = current_tree()
    try:
        note = json.loads((tree / "site.json").read_text()) if tree else {}
    except (OSError, ValueError):
        note = {}
    return Frame(note.get("name", ""), is_demo=note.get("is_demo", settings.DEMO))


def not_yet(request: HttpRequest) -> HttpResponse:
    """The page before anything was published: it says why it is empty."""
    title = _("Nothing has been published yet")
    body = render_to_string("public/not_yet.html", {"title": title})
    page = frame_here().page(title, body, robots="noindex")
    in_menu = request.path_info in ("/", "/find/", "/lists/", "/compounds/", "/enterprises/")
    return HttpResponse(page, status=200 if in_menu else 404)


@require_safe
def find_compound(request: HttpRequest) -> HttpResponse:
    """Search the published index by part of a name, pinyin, initials or code."""
    tree = current_tree()
    if tree is None:
        return not_yet(request)
    query = normalise(request.GET.get("q", ""))[: search.LONGEST]
    found = search.matching(search.read(tree), query)
    title = _("Find your compound")
    context = {
        "title": title,
        "query": query,
        "found": found[:FOUND_AT_MOST],
        "more": len(found) - FOUND_AT_MOST,
        "kinds": {search.ENTERPRISE: _("enterprise"), search.AREA: _("subdistrict")},
    }
    body = render_to_string("public/found.html", context)
    page = frame_here().page(
        title, body, place="compounds", crumbs=[("/compounds/", _("Compounds"))], robots="noindex"
    )
    return HttpResponse(page)
