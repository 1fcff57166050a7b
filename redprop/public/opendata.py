"""The open data as files: catalogue, schema and files of each table, chain of the releases, feed.

`render` yields them below `open-data/`. Everything is made from the values of the pages, so what leaves
the pages (a withdrawn name) leaves these files in the same publication.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from redprop.public import content, feed, languages, recompute, sheets, wording
from redprop.public.frame import Frame
from redprop.public.open_table import NUMBER, Table
from redprop.public.results import Results
from redprop.public.tables import tables

FOLDER = "open-data"
ENDINGS = ("csv", "json", "xlsx")
TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
PLACE = "opendata"


@dataclass
class Measures:
    """Size and digest of each file that was rendered, by its path: the catalogue names them."""

    found: dict[str, tuple[int, str]] = field(default_factory=dict)

    def take(self, path: str, data: bytes) -> bytes:
        """Note a file and hand it on."""
        self.found[path] = (len(data), sha256(data).hexdigest())
        return data


def address(path: str = "") -> str:
    """Return an address with the name of the site before it."""
    return f"{settings.SITE_ADDRESS.rstrip('/')}/{path.lstrip('/')}"


def render(site: content.Site, measures: Measures, *, with_data: bool = True) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of the open data; without the data the pages and, in English, the CSV tables.

    `measures` knows the bundles of the releases, and learns the files that are made here.
    """
    results = Results(site)
    found = tables()
    rows = {table.name: [list(row) for row in table.rows(results)] for table in found}
    if not with_data:
        for table in found:
            yield from _english_files(table, rows[table.name], measures)
    else:
        with override(languages.ENGLISH):
            in_english = {table.name: table for table in tables()}
        for table in found:
            yield from _files(site, table, rows[table.name], measures)
            yield f"{FOLDER}/{table.name}/schema.json", schema_json(table, in_english[table.name])
        yield f"{FOLDER}/recompute.zip", measures.take(f"{FOLDER}/recompute.zip", recompute.program())
        yield f"{FOLDER}/chain.json", measures.take(f"{FOLDER}/chain.json", chain_json(site, measures))
        yield f"{FOLDER}/feed.xml", feed.atom(site)
        yield f"{FOLDER}/catalogue.json", catalogue_json(site, found, rows, measures)
    yield from _pages(site, found, rows, measures)


def years_of(table: Table, rows: list[list[Any]]) -> dict[str, list[list[Any]]]:
    """Return the rows by year, newest first; nothing for a table that is not cut."""
    if not table.year:
        return {}
    place, cut = table.names.index(table.year), {}
    for row in rows:
        cut.setdefault(str(row[place])[:4], []).append(row)
    return dict(sorted(cut.items(), reverse=True))


def _files(
    site: content.Site, table: Table, rows: list[list[Any]], measures: Measures
) -> Iterator[tuple[str, bytes]]:
    base = f"{FOLDER}/{table.name}"
    headers = heads(table)
    numbers = [i for i, f in enumerate(table.fields) if f.type == NUMBER]
    told = {
        "table": table.name,
        "title": table.title,
        "district": site.code,
        "as_of": site.today.isoformat(),
        "licence": settings.OPEN_DATA_LICENCE,
        "schema": address(f"{base}/schema.json"),
    }
    for year, cut in {"": rows, **years_of(table, rows)}.items():
        name = f"{base}/{table.name}{'-' if year else ''}{year}"
        above = (
            f"{site.name} {table.title} {year}".strip(),
            _("As of %(day)s") % {"day": site.today.isoformat()},
        )
        more = told | ({"year": year} if year else {}) | {"count": len(cut)}
        for path, data in (
            (f"{name}.csv", sheets.as_csv(headers, cut)),
            (f"{name}.json", sheets.as_json(table.names, cut, **more)),
            (f"{name}.xlsx", sheets.workbook(table.name, headers, cut, above=above, numbers=numbers)),
        ):
            yield path, measures.take(path, data)


def heads(table: Table) -> list[str]:
    """Return the heads of a table's columns, with their units."""
    return [wording.head(field.title, field.unit) for field in table.fields]


def _english_files(table: Table, rows: list[list[Any]], measures: Measures) -> Iterator[tuple[str, bytes]]:
    """Yield the CSV files of a table with English heads; they stand below `/en/`."""
    for year, cut in {"": rows, **years_of(table, rows)}.items():
        path = f"{FOLDER}/{table.name}/{table.name}{'-' if year else ''}{year}.csv"
        yield path, measures.take(path, sheets.as_csv(heads(table), cut))


def schema_json(table: Table, english: Table) -> bytes:
    """Return the schema of a table as a Table Schema (Frictionless), with units beside it, in both languages."""
    fields = []
    for f, e in zip(table.fields, english.fields, strict=True):
        one: dict[str, Any] = {"name": f.name, "type": f.type, "title": f.title, "description": f.meaning}
        one |= {"title_en": e.title, "description_en": e.meaning}
        if f.unit:
            one |= {"unit": f.unit, "unit_en": e.unit}
        if f.choices:
            one["constraints"] = {"enum": list(f.choices)}
        if f.type == NUMBER:
            one["bareNumber"] = True
        fields.append(one)
    return dumped(
        {
            "name": table.name,
            "title": table.title,
            "title_en": english.title,
            "description": table.meaning,
            "description_en": english.meaning,
            "source": table.source,
            "updated": table.updated,
            "fields": fields,
            "primaryKey": list(table.key),
            "missingValues": [""],
        }
    )


def dumped(value: Any) -> bytes:
    """Return JSON that people can read too."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def chain_rows(site: content.Site, measures: Measures) -> list[dict[str, Any]]:
    """Return the releases as links of their chain, newest first."""
    found = []
    for r in site.releases:
        path = f"{r.path.strip('/')}/bundle.zip"
        size, digest = measures.found.get(path, (0, ""))
        found.append(
            {
                "sequence": r.sequence,
                "period": r.period,
                "kind": r.kind,
                "published_on": r.published_on.isoformat(),
                "page": address(r.path),
                "digest": r.digest,
                "previous_digest": r.previous_digest,
                "bundle": address(path),
                "bundle_bytes": size,
                "bundle_sha256": digest,
                "withdrawn": len([e for e in (*r.entries, *r.enterprises) if e.colour == content.WITHDRAWN]),
            }
        )
    return found


def chain_json(site: content.Site, measures: Measures) -> bytes:
    """Return the chain as JSON."""
    return dumped(
        {"district": site.code, "as_of": site.today.isoformat(), "releases": chain_rows(site, measures)}
    )


def distributions(table: Table, rows: list[list[Any]]) -> list[tuple[str, str, int]]:
    """Return the files of a table: year or nothing, path without ending, number of rows."""
    base = f"{FOLDER}/{table.name}/{table.name}"
    cut = years_of(table, rows)
    return [("", base, len(rows)), *((year, f"{base}-{year}", len(part)) for year, part in cut.items())]


def catalogue_json(
    site: content.Site, found: tuple[Table, ...], rows: dict[str, list[list[Any]]], measures: Measures
) -> bytes:
    """Return the catalogue in the words of DCAT (JSON-LD)."""
    licence = settings.OPEN_DATA_LICENCE_URL or settings.OPEN_DATA_LICENCE
    datasets = [
        {
            "@id": address(f"{FOLDER}/{table.name}/"),
            "@type": "dcat:Dataset",
            "identifier": table.name,
            "title": table.title,
            "description": table.meaning,
            "source": table.source,
            "accrualPeriodicity": table.updated,
            "modified": site.today.isoformat(),
            "license": licence,
            "conformsTo": address(f"{FOLDER}/{table.name}/schema.json"),
            "landingPage": address(f"{FOLDER}/{table.name}/"),
            "distribution": [
                {
                    "@type": "dcat:Distribution",
                    "title": f"{table.title} {year}".strip(),
                    "downloadURL": address(f"{path}.{ending}"),
                    "mediaType": TYPES[ending],
                    "byteSize": measures.found[f"{path}.{ending}"][0],
                    "checksum": {"algorithm": "sha256", "value": measures.found[f"{path}.{ending}"][1]},
                    "rows": count,
                }
                for year, path, count in distributions(table, rows[table.name])
                for ending in ENDINGS
            ],
        }
        for table in found
    ]
    return dumped(
        {
            "@context": {"@vocab": "http://www.w3.org/ns/dcat#", "dcat": "http://www.w3.org/ns/dcat#"},
            "@id": address(f"{FOLDER}/"),
            "@type": "dcat:Catalog",
            "title": _("Open data of the red and black list, %(district)s") % {"district": site.name},
            "modified": site.today.isoformat(),
            "language": "zh-Hans",
            "license": licence,
            "publisher": site.releases[0].issuer if site.releases else site.name,
            "is_demo": site.is_demo,
            "api": address("api/v1/openapi.json"),
            "feed": address(f"{FOLDER}/feed.xml"),
            "chain": address(f"{FOLDER}/chain.json"),
            "recompute": address(f"{FOLDER}/recompute.zip"),
            "dataset": datasets,
        }
    )


def _pages(
    site: content.Site, found: tuple[Table, ...], rows: dict[str, list[list[Any]]], measures: Measures
) -> Iterator[tuple[str, bytes]]:
    frame = Frame(site.name, is_demo=site.is_demo)

    def page(
        path: str, title: str, template: str, crumbs: list[tuple[str, str]], context: dict[str, Any]
    ) -> tuple[str, bytes]:
        body = render_to_string(f"public/{template}.html", {"title": title, "site": site, **context})
        return f"{path.strip('/')}/index.html", frame.page(title, body, place=PLACE, crumbs=crumbs)

    listed = [
        {
            "table": table,
            "path": f"/{FOLDER}/{table.name}/",
            "count": len(rows[table.name]),
            "files": _shown(table, rows[table.name][:0], measures, len(rows[table.name])),
        }
        for table in found
    ]
    gone = [row for row in chain_rows(site, measures) if row["withdrawn"]]
    up = [(f"/{FOLDER}/", _("Open data"))]
    context = {
        "tables": listed,
        "as_of": wording.day_in_text(site.today),
        "licence": settings.OPEN_DATA_LICENCE,
        "licence_url": settings.OPEN_DATA_LICENCE_URL,
        "releases": len(site.releases),
        "withdrawn": sum(row["withdrawn"] for row in gone),
        "withdrawn_releases": len(gone),
        "corrections": len([r for r in site.releases if r.kind == content.CORRECTION]),
        "api": "/api/v1/",
    }
    yield page(FOLDER, _("Open data"), "opendata", [], context)
    for table in found:
        more = {
            "table": table,
            "files": _shown(table, rows[table.name], measures),
            "as_of": context["as_of"],
            "count": len(rows[table.name]),
            "base": f"/{FOLDER}/{table.name}/",
            "sample": [
                dict(zip(table.names, map(sheets.flat, row), strict=True)) for row in rows[table.name][:1]
            ],
            "fields": [
                (f, sheets.flat(rows[table.name][0][i]) if rows[table.name] else "")
                for i, f in enumerate(table.fields)
            ],
        }
        yield page(f"{FOLDER}/{table.name}", table.title, "opendata_table", up, more)
    chain = [
        row
        | {
            "label": r.period_label,
            "name": wording.release_name(r),
            "path": r.path,
            "kb": kilobytes(row["bundle_bytes"]),
        }
        for row, r in zip(chain_rows(site, measures), site.releases, strict=True)
    ]
    yield page(
        f"{FOLDER}/chain",
        _("Chain and recomputing"),
        "opendata_chain",
        up,
        {"chain": chain, "newest": chain[0] if chain else None},
    )


def _shown(
    table: Table, rows: list[list[Any]], measures: Measures, count: int | None = None
) -> list[dict[str, Any]]:
    return [
        {
            "year": year,
            "count": number if count is None else count,
            "links": [
                (
                    ending.upper(),
                    f"/{path}.{ending}",
                    kilobytes(measures.found.get(f"{path}.{ending}", (0, ""))[0]),
                )
                for ending in ENDINGS
            ],
        }
        for year, path, number in distributions(table, rows)
    ]


def kilobytes(size: int) -> str:
    """Return a size as people read it."""
    return "" if not size else f"{max(1, round(size / 1024)):,} KB"
