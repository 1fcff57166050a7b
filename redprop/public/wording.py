"""Dates, numbers and results in the words of the public pages. Formatted here once, not in templates."""

import datetime as dt
from decimal import Decimal

from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from redprop.public import content

NO_VALUE = "–"


def day_in_text(day: dt.date | None) -> str:
    """Return `2026年10月20日`, as in running text."""
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def day_in_table(day: dt.date | None) -> str:
    """Return `2026-10-20`, as in tables."""
    return day.isoformat() if day else ""


def number(value: Decimal | None) -> str:
    """Return a total with the places it was rounded to, or a dash."""
    return f"{value:f}" if value is not None else NO_VALUE


def colour_name(colour: str) -> str:
    """Return the word of a list result."""
    return {
        content.RED: _("Red list"),
        content.BLACK: _("Black list"),
        content.WATCH: _("Watch list"),
        content.UNDETERMINED: _("Undetermined"),
        content.WITHDRAWN: _("Withdrawn"),
    }.get(colour, _("Not listed"))


def badge(colour: str) -> SafeString:
    """Return a list result as colour and word."""
    if colour == content.WITHDRAWN:
        return format_html('<span class="list-colour list-none">{}</span>', colour_name(colour))
    return SafeString(render_to_string("parts/list_colour.html", {"colour": colour}).strip())


def release_name(release: content.Release) -> str:
    """Return what the release is called: notice, final list, supplement or correction."""
    names = {
        content.NOTICE: _("Notice, open to objection"),
        content.FINAL: _("Final list"),
        content.SUPPLEMENT: _("Supplement to the final list"),
        content.CORRECTION: _("Correction of the final list"),
    }
    name = names.get(release.kind, release.kind)
    if release.number > 1:
        return _("%(name)s no. %(number)s") % {"name": name, "number": release.number}
    return name


def meaning(colour: str) -> str:
    """Return one sentence saying what a result means for a reader who knows no rubric."""
    return {
        content.RED: _("The best of the district: a high total, a place at the top and satisfied residents."),
        content.BLACK: _(
            "Failing: a proven serious breach, a total below the limit, or the last places twice in a row."
        ),
        content.WATCH: _("Under closer supervision: a total below the limit for watching, but not black."),
        content.UNDETERMINED: _(
            "Too few survey answers to tell it from the black list. Residents are asked again within 20 working days."
        ),
    }.get(colour, _("Neither praised nor failing: the normal result."))


def compound_links(compounds: tuple[tuple[str, str], ...], known: set[str]) -> SafeString:
    """Return the compounds of an entry, each linked to its page where there is one."""
    return format_html_join(
        "、",
        "{}",
        (
            (format_html('<a href="/compounds/{}/">{}</a>', code, name) if code in known else name,)
            for code, name in compounds
        ),
    )


def enterprise_link(uscc: str, name: str, known: set[str]) -> SafeString | str:
    """Return an enterprise's name, linked to its page where there is one."""
    return format_html('<a href="/enterprises/{}/">{}</a>', uscc, name) if uscc in known else name


def service_span(service: content.Service) -> str:
    """Return `2021-01-01 – 2023-12-31`, or `2024-01-01 –` while it lasts."""
    return f"{day_in_table(service.since)} – {day_in_table(service.until)}".rstrip()


def column_labels() -> dict[str, str]:
    """Return the column heads that a table repeats in each row for its cards on a phone: looked up once."""
    return {
        "raw": _("Figure"),
        "points": _("Points"),
        "out_of": _("Out of"),
        "rule": _("Rule"),
        "result": _("Result"),
        "total": _("Total"),
        "project": _("Service project"),
        "by": _("Way of service"),
        "span": _("From – until"),
        "compounds": _("Compounds"),
        "reasons": _("Reasons"),
        "rank": _("Rank"),
        "kind": _("Kind"),
        "find": _("Find your compound"),
    }
