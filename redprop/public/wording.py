"""Dates, numbers and results in the words of the public pages. Formatted here once, not in templates."""

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from evaluations.scoring.wilson import interval
from redprop.common.drawings import Series, line_chart
from redprop.common.rounding import quantize
from redprop.public import content, languages

NO_VALUE = "–"
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
TWO_PLACES = Decimal("0.01")


def day_in_text(day: dt.date | None) -> str:
    """Return `2026年10月20日`, as in running text; `20 October 2026` in English."""
    if day is None:
        return ""
    if languages.is_english():
        return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"


def day_in_table(day: dt.date | None) -> str:
    """Return `2026-10-20`, as in tables."""
    return day.isoformat() if day else ""


def number(value: Decimal | None) -> str:
    """Return a total with the places it was rounded to, or a dash."""
    if value is None:
        return NO_VALUE
    places = quantize(value, TWO_PLACES)
    return f"{places:f}" if places == value else plain(value)


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
        content.NOTICE: _("Public notice"),
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
        between(),
        "{}",
        (
            (format_html('<a href="/compounds/{}/">{}</a>', code, name) if code in known else name,)
            for code, name in compounds
        ),
    )


def between() -> str:
    """Return what stands between the names of a list."""
    return ", " if languages.is_english() else "、"


def head(title: str, unit: str) -> str:
    """Return the head of a column with its unit."""
    if not unit:
        return title
    return f"{title} ({unit})" if languages.is_english() else f"{title}（{unit}）"


def enterprise_link(uscc: str, name: str, known: set[str]) -> SafeString | str:
    """Return an enterprise's name, linked to its page where there is one."""
    return format_html('<a href="/enterprises/{}/">{}</a>', uscc, name) if uscc in known else name


def service_span(service: content.Service) -> str:
    """Return `2021-01-01 – 2023-12-31`, or `2024-01-01 –` while it lasts."""
    return f"{day_in_table(service.since)} – {day_in_table(service.until)}".rstrip()


def drawing(pairs: list[tuple[content.Release, content.Entry]]) -> SafeString:
    """Return the totals of quarters as a line, oldest first; nothing with fewer than two."""
    shown: dict[str, tuple[str, Decimal | None]] = {}
    for release, entry in pairs:
        if "Q" in release.period and entry.colour != content.WITHDRAWN:
            shown.setdefault(release.period, (release.period_label, entry.total))
    periods = sorted(shown)
    totals = [shown[period][1] for period in periods]
    if sum(total is not None for total in totals) < 2:
        return SafeString("")
    points = [None if total is None else quantize(total, TWO_PLACES) for total in totals]
    return SafeString(
        line_chart(
            [period[2:] for period in periods],
            [Series(_("Total score"), points)],
            title=_("Totals over the quarters"),
            description=_("From %(first)s to %(last)s")
            % {"first": shown[periods[0]][0], "last": shown[periods[-1]][0]},
            unit=_("pts"),
            height=240,
        )
    )


def mean_drawing(means: list[tuple[str, Decimal]]) -> SafeString:
    """Return the district's mean over the quarters as a line; nothing with fewer than two."""
    if len(means) < 2:
        return SafeString("")
    return SafeString(
        line_chart(
            [period[2:] for period, _mean in means],
            [Series(_("Mean of all projects"), [mean for _period, mean in means])],
            title=_("Mean of all projects over the quarters"),
            unit=_("pts"),
            height=240,
        )
    )


def column_labels() -> dict[str, str]:
    """Return the column heads that a table repeats in each row for its cards on a phone: looked up once."""
    return {
        "raw": _("Figure"),
        "points": _("Points"),
        "out_of": _("Points possible"),
        "rule": _("Rule"),
        "result": _("Result"),
        "total": _("Total score"),
        "project": _("Service project"),
        "by": _("Way of service"),
        "span": _("From – until"),
        "months": _("Months"),
        "approved": _("Approved"),
        "paid": _("Paid"),
        "compounds": _("Compounds"),
        "reasons": _("Reasons"),
        "rank": _("Rank"),
        "kind": _("Kind"),
        "find": _("Find your compound"),
    }


def plain(value: object) -> str:
    """Return a decimal string without trailing zeros; other text as it is."""
    try:
        text = f"{Decimal(str(value)):f}"
    except InvalidOperation:
        return str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(value: object) -> str:
    """Return a share of 1 as `91.7%`."""
    return f"{plain(quantize(Decimal(str(value)) * 100, Decimal('0.1')))}%"


def score_line(line: dict[str, Any]) -> content.Line:
    """Return a frozen score line in words: `11 / 12 (91.7%)`."""
    status = line.get("status")
    points = line.get("points")
    if status == "missing":
        raw = _("nothing to measure")
    elif status == "too_few":
        raw = _("only %(count)s valid answers: no score") % {"count": plain(line.get("n") or 0)}
    else:
        raw = raw_figure(line)
    return content.Line(
        title=str(line.get("title", "")),
        raw=raw,
        points=NO_VALUE if points is None else str(points),
        out_of=plain(line.get("full", "")),
        rule=str(line.get("rule", "")),
    )


def scaling(entry: content.Entry) -> str:
    """Return how the points make the total when items without a value left the denominator; else nothing."""
    counted = [line for line in entry.lines if line.points != NO_VALUE]
    reached = sum((Decimal(line.points) for line in counted), Decimal(0))
    possible = sum((Decimal(line.out_of) for line in counted), Decimal(0))
    if entry.total is None or entry.full is None or possible == entry.full:
        return ""
    return _(
        "Points add up to %(reached)s of %(possible)s; items with nothing to measure are left out, "
        "and the sum is scaled to %(full)s points: %(total)s."
    ) % {
        "reached": number(reached),
        "possible": plain(possible),
        "full": plain(entry.full),
        "total": number(entry.total),
    }


def satisfaction_note(line: dict[str, Any], population: int | None, drawn: int | None) -> str:
    """Return what stands beside a satisfaction: valid answers, response rate, 95 % interval."""
    n = int(line.get("n") or 0)
    scored = line.get("status") == "scored" and n
    parts = [_("%(n)s valid answers") % {"n": n}] if scored else []
    if drawn and n <= drawn:
        parts.append(_("response %(rate)s") % {"rate": percent(Decimal(n) / drawn)})
    if scored:
        low, high = interval(Decimal(str(line["numerator"])), Decimal(str(line["denominator"])), population)
        parts.append(
            _("confidence interval %(low)s to %(high)s") % {"low": percent(low), "high": percent(high)}
        )
    return (", " if languages.is_english() else "，").join(parts)


def raw_figure(line: dict[str, Any]) -> str:
    """Return what was measured: a share with its two numbers, else the figure itself."""
    numerator, denominator, raw = line.get("numerator"), line.get("denominator"), line.get("raw")
    if raw is None:
        return NO_VALUE if numerator is None else plain(numerator)
    is_share = numerator is not None and denominator not in (None, "", "0") and Decimal(str(denominator)) > 0
    if is_share and 0 <= Decimal(str(raw)) <= 1:
        shares = f"{plain(numerator)} / {plain(denominator)}"
        return f"{shares} ({percent(raw)})" if languages.is_english() else f"{shares}（{percent(raw)}）"
    return plain(quantize(Decimal(str(raw)), Decimal("0.01")))


def list_rule(rule: dict[str, Any]) -> list[str]:
    """Return the clauses of a list rule that are switched on, each as a sentence."""
    clauses = []
    if rule.get("red_min") is not None or rule.get("red_share") is not None:
        parts = []
        if rule.get("red_min") is not None:
            parts.append(_("a total of at least %(points)s points") % {"points": plain(rule["red_min"])})
        if rule.get("red_share") is not None:
            parts.append(_("a place among the first %(share)s") % {"share": percent(rule["red_share"])})
        if rule.get("red_needs_satisfaction"):
            parts.append(_("enough valid answers of residents"))
        parts.append(_("no veto"))
        clauses.append(_("Red list: %(conditions)s.") % {"conditions": _(", ").join(parts)})
    parts = []
    if rule.get("black_veto"):
        parts.append(_("a veto for a proven serious breach"))
    if rule.get("black_min") is not None:
        parts.append(_("a total below %(points)s points") % {"points": plain(rule["black_min"])})
    if rule.get("black_share") is not None:
        parts.append(
            _("among the last %(share)s and below %(points)s points, twice in a row")
            % {"share": percent(rule["black_share"]), "points": plain(rule.get("watch_max"))}
        )
    if parts:
        clauses.append(_("Black list: %(conditions)s.") % {"conditions": _(", or ").join(parts)})
    if rule.get("watch_max") is not None:
        clauses.append(
            _("Watch list: a total below %(points)s points, but not black.")
            % {"points": plain(rule["watch_max"])}
        )
    if rule.get("retest"):
        clauses.append(
            _(
                "A project that would be black by its score is tested again with the upper bound of residents' "
                "satisfaction; if it is no longer black then, it is undetermined."
            )
        )
    if rule.get("min_days"):
        clauses.append(
            _("Projects with fewer than %(days)s days of service are scored, but not ranked.")
            % {"days": plain(rule["min_days"])}
        )
    return clauses
