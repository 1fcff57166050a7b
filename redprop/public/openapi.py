"""The interface described and checked by django-ninja: parameters, answers, the OpenAPI document of all of `/api/v1/`.

What is answered stands in `api`; the signed calls of the residents' platforms in `interface`, described here too.
"""

import datetime as dt
import json
from functools import lru_cache
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver
from django.utils import translation
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Path, Query, Schema
from ninja.errors import ValidationError
from pydantic import Field as Limits
from pydantic import create_model

from redprop.common.errors import Refused
from redprop.public import api as answers
from redprop.public import interface_paths, languages, wording
from redprop.public.open_table import DATE, INTEGER, LIST, Field, Table
from redprop.public.tables import tables

TYPES: dict[str, Any] = {INTEGER: int, DATE: dt.date, LIST: list[str]}
TEXT = r"^[^\x00]*$"


class Problem(Schema):
    """What is wrong with a call."""

    code: str
    message: str


class Refusal(Schema):
    """The answer to a call that is refused."""

    error: Problem


class Dataset(Schema):
    """A table of the open data."""

    name: str
    title: str
    rows: str
    fields: str
    filters: list[str]


class Start(Schema):
    """What there is."""

    tables: list[Dataset]
    search: str
    openapi: str
    catalogue: str
    feed: str


class Hit(Schema):
    """A page that was found."""

    kind: str
    code: str
    name: str
    place: str
    page: str


def page_of(row: Any, name: str) -> Any:
    """Return the model of one page of rows."""
    return create_model(
        f"{name}Page",
        __base__=Schema,
        as_of=(str, Limits(description=_("Day of the data"))),
        count=(int, ...),
        page=(int, ...),
        pages=(int, ...),
        next=(str | None, None),
        previous=(str | None, None),
        rows=(list[row], ...),
    )


def row_of(table: Table) -> Any:
    """Return the model of one row of a table."""

    def typed(field: Field) -> Any:
        kind = TYPES.get(field.type, str)
        told = wording.head(field.title, field.unit)
        if field.meaning:
            told += f". {field.meaning}" if languages.is_english() else f"。{field.meaning}"
        return kind if field.type == LIST else kind | None, Limits(description=told)

    return create_model(_name(table), __base__=Schema, **{f.name: typed(f) for f in table.fields})


def _name(table: Table) -> str:
    return "".join(part.capitalize() for part in table.name.split("-"))


def _asked(table: Table) -> Any:
    """Return the model of what may be asked of a table."""
    by_name = {field.name: field for field in table.fields}
    filters = {
        name: (str | None, Limits(None, max_length=100, pattern=TEXT, description=by_name[name].title))
        for name in table.filters
    }
    return create_model(f"{_name(table)}Asked", __base__=Schema, **filters, **_paging())


def _paging() -> dict[str, Any]:
    return {
        "page": (int, Limits(1, ge=1, le=1_000_000)),
        "size": (int, Limits(answers.USUAL, ge=1, le=answers.MOST)),
    }


@lru_cache(maxsize=2)
def interface(language: str) -> NinjaAPI:
    """Return the interface with all its operations, described in a language."""
    with translation.override(language):
        found = NinjaAPI(
            title=_("Open data of the red and black list"),
            version="1",
            description=_(
                "Read only, no key. At most 300 calls a minute from one address; for everything at once take the files of the catalogue. The calls below requests/ are signed (docs/interface.md)."
            ),
            urls_namespace=f"open-data-1-{language}",
            openapi_url=None,
            docs_url=None,
        )
        found.add_exception_handler(ValidationError, _wrong_parameter)
        found.add_exception_handler(Refused, lambda request, error: answers.refusal(error))
        refused = {404: Refusal, 422: Refusal, 429: Refusal}

        @found.get(
            "/",
            response={200: Start, 422: Refusal, 429: Refusal},
            summary=_("What there is"),
            operation_id="start",
            tags=["open-data"],
        )
        def start(request: HttpRequest) -> HttpResponse:
            return answers.index_view(request)

        Search = create_model("SearchAsked", __base__=Schema, q=(str, Limits(max_length=50, pattern=TEXT, description=_("Part of a name, pinyin, initials or code"))), **_paging())  # fmt: skip

        @found.get(
            "/search/",
            response={200: page_of(Hit, "Hit"), **refused},
            summary=_("Search"),
            operation_id="search",
            tags=["open-data"],
        )
        def find(request: HttpRequest, asked: Query[Search]) -> HttpResponse:  # type: ignore[valid-type]
            return answers.search_view(request, asked.q, asked.page, asked.size)

        for table in tables():
            _add(found, table, refused)
    return found


def _add(found: NinjaAPI, table: Table, refused: dict[int, Any]) -> None:
    """Add the operations of one table."""
    Asked, Row = _asked(table), row_of(table)
    many, one = answers.table_view(table), answers.one_view(table)

    @found.get(
        f"/{table.name}/",
        response={200: page_of(Row, _name(table)), **refused},
        summary=table.title,
        description=table.meaning,
        operation_id=f"list-{table.name}",
        tags=["open-data"],
    )
    def rows(request: HttpRequest, asked: Query[Asked]) -> HttpResponse:  # type: ignore[valid-type]
        return many(request, asked.dict())

    if len(table.key) == 1:

        @found.get(
            f"/{table.name}/{{key}}/",
            response={200: Row, **refused},
            summary=_("%(title)s: one row") % {"title": table.title},
            operation_id=f"one-{table.name}",
            tags=["open-data"],
        )
        def row(
            request: HttpRequest, key: str = Path(..., max_length=100, pattern=r"^[^/\x00]+$")
        ) -> HttpResponse:
            return one(request, key)


def _wrong_parameter(request: HttpRequest, error: Any) -> HttpResponse:
    """Say which parameters cannot be read."""
    names = wording.between().join(dict.fromkeys(str(one["loc"][-1]) for one in error.errors))
    message = _("Cannot be read: %(names)s. See openapi.json for what is allowed.") % {"names": names[:100]}
    return answers.refusal(Refused(message, code="parameter"))


@lru_cache(maxsize=2)
def document(language: str = languages.CHINESE) -> dict[str, Any]:
    """Return the OpenAPI document in a language: what is read here, and the signed calls."""
    with translation.override(language):
        schema = interface(language).get_openapi_schema(path_prefix=languages.address(answers.BASE))
        found: dict[str, Any] = json.loads(json.dumps(schema, default=str))
        return interface_paths.added(found)


def document_view(request: HttpRequest) -> HttpResponse:
    """Answer the document."""
    answers.known(request)
    text = json.dumps(document(languages.spoken()), ensure_ascii=False, sort_keys=True)
    response = HttpResponse(text, content_type="application/json")
    response.headers["ETag"] = f'"{sha256(text.encode()).hexdigest()[:32]}"'
    return response


def routes(language: str) -> list[URLPattern | URLResolver]:
    """Return the addresses below `/api/v1/` that are read."""
    from django.urls import path

    return [path("openapi.json", document_view), *interface(language).urls[0]]
