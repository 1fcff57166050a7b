"""The watch over marks at the desk: who and where marks stand out against the district, and how second markings agree."""

from decimal import Decimal

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _

from evaluations.inspecting import rule_on
from evaluations.inspection_watch import agreement_of, flags_of, pair_rows, watch_rows
from evaluations.models import Scheme
from redprop.common.periods import Period, PeriodKind
from redprop.desk.inspection_tabs import WATCHERS, inspection_tabs, opens
from redprop.desk.ledgers import Choice, Ledger, in_words, show_ledger, value_choice
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.page import Desk, desk_page

QUARTERS_OFFERED = 16
YOUNG = 31
"""Days of a quarter in which the one before is shown first: this one has hardly begun."""


def require_watcher(desk: Desk) -> None:
    """Raise Http404 for whoever does not read the watch."""
    if not opens(desk, WATCHERS) or desk.district is None:
        raise Http404


def _period(desk: Desk, query: QueryDict) -> tuple[Choice, Period]:
    this = Period.of(PeriodKind.QUARTER, desk.today)
    first = this.shift(-1) if (desk.today - this.start).days < YOUNG else this
    offered = [this.shift(-back) for back in range(QUARTERS_OFFERED)]
    chosen = next((one for one in offered if str(one) == query.get("period")), first)
    choices = [(str(one), one.label) for one in offered]
    return Choice("period", _("Period"), choices, str(chosen)), chosen


def _chosen(desk: Desk, query: QueryDict) -> tuple[Period, str, list[Choice]]:
    choice, period = _period(desk, query)
    scheme = query.get("scheme", "")
    scheme = scheme if scheme in Scheme.values else Scheme.ON_SITE.value
    return period, scheme, [choice, Choice("scheme", _("Kind of marks"), Scheme.choices, scheme)]


def _by(query: QueryDict) -> Choice:
    by = query.get("by", "")
    offered = [
        ("marker", _("by marker")),
        ("subdistrict", _("by subdistrict")),
        ("both", _("by marker and subdistrict")),
    ]
    return Choice("by", _("Shown"), offered, by if by in dict(offered) else "marker")


@desk_list("inspection-watch")
def watch_list(desk: Desk, query: QueryDict) -> DeskList:
    """How marks are spread, by marker or subdistrict, with what stands out."""
    require_watcher(desk)
    period, scheme, choices = _chosen(desk, query)
    by = _by(query)
    rule = rule_on(desk.district, min(desk.today, period.end))
    rows, total = watch_rows(desk.district, period.start, period.end, scheme=scheme, by=by.chosen)
    pairs = pair_rows(desk.district, period.start, period.end, scheme=scheme) if rows else []
    for row in rows:
        row["flags"] = "、".join(flags_of(row, total, rule)) if total else ""
        mine = [p for p in pairs if row["inspector_id"] in (p["first_id"], p["second_id"])]
        found = agreement_of(mine, rule)
        row["pairs"], row["gap"] = found.n, _two(found.mean_difference)
    if total and len(rows) > 1:
        rows.append(
            total
            | {
                "inspector": _("the district"),
                "subdistrict": _("the district"),
                "flags": "",
                "pairs": len(pairs),
            }
            | {"gap": _two(agreement_of(pairs, rule).mean_difference)}
        )
    columns: list = []
    if by.chosen != "subdistrict":
        columns.append((_("Marker"), "inspector"))
    if by.chosen != "marker":
        columns.append((_("Subdistrict"), "subdistrict"))
    columns += [
        (_("Inspections"), "n"),
        (_("at full marks, %"), "full_share"),
        (_("Mean of 100"), "mean"),
        (_("Standard deviation"), "spread"),
    ]
    if by.chosen == "marker":
        columns += [(_("Second markings"), "pairs"), (_("mean difference"), "gap")]
    columns.append((_("Stands out"), "flags"))
    return DeskList(_("Watch over marks"), rows, columns, filters=in_words([*choices, by]))


def _two(value: Decimal | None) -> Decimal | None:
    return None if value is None else round(value, 2)


@desk_page
def watch(request: HttpRequest) -> HttpResponse:
    """Who and where marks stand out."""
    desk = request.desk
    found = watch_list(desk, request.GET)
    period, _scheme, choices = _chosen(desk, request.GET)
    rule = rule_on(desk.district, min(desk.today, period.end))
    note = _(
        "Stands out, from %(n)s inspections: share at full marks more than %(share)s points above the district's, "
        "mean more than %(mean)s points above, or a standard deviation below %(spread)s %% of the district's. It is a "
        "reason to look, not a finding: compare the second markings."
    ) % {
        "n": rule.least_n,
        "share": f"{Decimal(rule.full_share_over).normalize():f}",
        "mean": f"{Decimal(rule.mean_over).normalize():f}",
        "spread": f"{Decimal(rule.spread_under).normalize():f}",
    }
    sample = _("Sample rule: the district enters its own in the admin.")
    ledger = Ledger(
        lead=_(
            "Every marker and subdistrict against the whole district, over all inspections of the period."
        ),
        why=_("No inspection of this period is marked."),
        todo=_("Choose another period above."),
        list_name="inspection-watch",
        choices=[*choices, _by(request.GET)],
        tabs=inspection_tabs(desk, "desk:inspection-watch"),
        note=note if rule.pk else f"{note} {sample}",
    )
    return show_ledger(request, found, ledger)


@desk_list("inspection-pairs")
def pairs_list(desk: Desk, query: QueryDict) -> DeskList:
    """Compounds that two inspectors marked, the widest apart first."""
    require_watcher(desk)
    period, scheme, choices = _chosen(desk, query)
    rule = rule_on(desk.district, min(desk.today, period.end))
    rows = pair_rows(desk.district, period.start, period.end, scheme=scheme)
    apart = value_choice(query, "apart", _("Shown"), [("wide", _("only those further apart"))])
    if apart.chosen:
        rows = [row for row in rows if abs(row["difference"]) > rule.agree_within]
    return DeskList(
        _("Second markings"),
        rows,
        [
            (_("Compound"), "compound"),
            (_("Subdistrict"), "subdistrict"),
            (_("First marking"), lambda row: _two(row["first_reached"])),
            (_("First marked by"), "first_by"),
            (_("Second marking"), lambda row: _two(row["second_reached"])),
            (_("Second marked by"), "second_by"),
            (_("Difference"), lambda row: _two(row["difference"])),
            (_("Days between"), "days"),
            (_("Inspection plan"), "plan"),
        ],
        filters=in_words([*choices, apart]),
    )


@desk_page
def pairs(request: HttpRequest) -> HttpResponse:
    """How well two markings agree."""
    desk = request.desk
    found = pairs_list(desk, request.GET)
    period, scheme, choices = _chosen(desk, request.GET)
    rule = rule_on(desk.district, min(desk.today, period.end))
    together = agreement_of(pair_rows(desk.district, period.start, period.end, scheme=scheme), rule)
    within = f"{Decimal(rule.agree_within).normalize():f}"
    figures = [(_("Compounds marked twice"), together.n)]
    if together.n:
        figures += [
            (_("mean difference, points"), _two(together.mean_difference)),
            (
                _("within %(points)s points") % {"points": within},
                f"{round(together.share_within * 100)} %" if together.share_within is not None else "—",
            ),
            (_("ICC(1,1)"), _two(together.icc) if together.icc is not None else "—"),
        ]
    apart = value_choice(request.GET, "apart", _("Shown"), [("wide", _("only those further apart"))])
    ledger = Ledger(
        lead=_(
            "Two inspectors mark independently; neither sees the other's marks first. The second never counts in a score."
        ),
        why=_("No compound of this period is marked twice yet."),
        todo=_("The share marked a second time stands in the inspection plan."),
        list_name="inspection-pairs",
        choices=[*choices, apart],
        tabs=inspection_tabs(desk, "desk:inspection-pairs"),
        figures=figures,
        note=_(
            "ICC: the part of the variance that lies between compounds; 1 is perfect agreement, 0 no more than chance."
        ),
    )
    return show_ledger(request, found, ledger)
