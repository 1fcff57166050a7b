"""The lists as data: JSON and CSV beside each page, and the index that the compound search reads."""

import csv
import io
import json
from typing import Any

from django.utils.translation import gettext as _

from redprop.common.tabular.sheets import FORMULA
from redprop.public import content, wording


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
    """Return a release as CSV that Excel opens in Chinese (UTF-8 with mark); formula starts are defused."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(
        [
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
    )
    for entry in shown(release):
        cells = [
            wording.colour_name(entry.colour),
            entry.rank or "",
            entry.name,
            entry.enterprise,
            entry.uscc,
            "、".join(name for _code, name in entry.compounds),
            wording.number(entry.total) if entry.total is not None else "",
            "；".join(str(reason) for reason in entry.reasons),
            entry.reply,
        ]
        table.writerow([defused(cell) for cell in cells])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def defused(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def compound_index(site: content.Site) -> bytes:
    """Return what the search reads: code, name, subdistrict, search key of each compound."""
    rows = [[c.code, c.name, c.subdistrict, c.search] for c in site.compounds]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def site_note(site: content.Site) -> bytes:
    """Return what the fallback server must know without a database: the district and whether it is a demo."""
    note = {"code": site.code, "name": site.name, "is_demo": site.is_demo, "today": site.today.isoformat()}
    return json.dumps(note, ensure_ascii=False, sort_keys=True).encode()
