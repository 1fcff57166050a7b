"""The lists as data: JSON, CSV and XLSX beside each page, and the index that the compound search reads."""

import json
from typing import Any

from django.utils.translation import gettext as _

from redprop.public import content, languages, sheets, wording


def list_json(site: content.Site, release: content.Release) -> bytes:
    """Return a release as JSON; numbers are decimal strings."""
    data = {
        "district": site.code,
        "period": release.period,
        "kind": release.kind,
        "sequence": release.sequence,
        "index_number": release.index_number,
        "issuer": release.issuer,
        "published_on": release.published_on.isoformat(),
        "objection_until": wording.day_in_table(release.window_to) if release.is_notice else "",
        "ranked": release.ranked,
        "digest": release.digest,
        "projects": [entry_data(entry) for entry in shown(release)],
        "enterprises": [entry_data(entry) for entry in release.enterprises if entry.colour in content.NAMED],
    }
    return json.dumps(data, ensure_ascii=False, sort_keys=True, indent=1).encode()


def shown(release: content.Release) -> list[content.Entry]:
    """Return the named entries, colour by colour."""
    return [entry for colour in content.NAMED for entry in release.of_colour(colour)]


def entry_data(entry: content.Entry) -> dict[str, Any]:
    """Return one entry as it stands in the JSON file."""
    return {
        "project": entry.key,
        "name": entry.name,
        "enterprise": entry.enterprise,
        "uscc": entry.uscc,
        "compounds": [{"code": code, "name": name} for code, name in entry.compounds],
        "colour": entry.colour,
        "rank": entry.rank,
        "total": f"{entry.total:f}" if entry.total is not None else None,
        "reasons": [str(reason) for reason in entry.reasons],
        "reply": entry.reply,
    }


def list_csv(release: content.Release) -> bytes:
    """Return a release as CSV that Excel opens in Chinese (UTF-8 with mark)."""
    return sheets.as_csv(list_headers(), list_rows(release))


def list_xlsx(release: content.Release) -> bytes:
    """Return a release as a workbook; above its table stand issuer, index number and day."""
    title = f"{release.period_label} {wording.release_name(release)}"
    above = (title, f"{release.issuer}　{release.index_number}　{release.published_on.isoformat()}")
    return sheets.workbook(release.slug, list_headers(), list_rows(release), above=above, numbers=(6,))


def list_headers() -> list[str]:
    """Return the headers of a list as a table."""
    return [
        _("Result"),
        _("Rank"),
        _("Service project"),
        _("Enterprise"),
        _("Credit code"),
        _("Compounds"),
        _("Total score"),
        _("Reasons"),
        _("Reply of the enterprise"),
    ]


def list_rows(release: content.Release) -> list[list[Any]]:
    """Return the named entries of a release as rows of a table."""
    return [
        [
            wording.colour_name(entry.colour),
            entry.rank,
            entry.name,
            entry.enterprise,
            entry.uscc,
            wording.between().join(name for _code, name in entry.compounds),
            wording.number(entry.total) if entry.total is not None else "",
            ("; " if languages.is_english() else "；").join(str(reason) for reason in entry.reasons),
            entry.reply,
        ]
        for entry in shown(release)
    ]


def compound_index(site: content.Site) -> bytes:
    """Return what the search reads: code, name, subdistrict, search key of each compound."""
    rows = [[c.code, c.name, c.subdistrict, c.search] for c in site.compounds]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def site_note(site: content.Site) -> bytes:
    """Return what the fallback server must know without a database: the district and whether it is a demo."""
    note = {"code": site.code, "name": site.name, "is_demo": site.is_demo, "today": site.today.isoformat()}
    return json.dumps(note, ensure_ascii=False, sort_keys=True).encode()
