"""Does a rubric make sense as a whole? Each problem is a sentence that names the item and the way out."""

from collections import Counter
from decimal import Decimal

from evaluations.scoring.problems import Problem, gettext_noop
from evaluations.scoring.rubric import Item, Kind, ListRule, Rubric, number
from redprop.common.rounding import MODES

ONE = Decimal(1)


def problems(rubric: Rubric, sources: frozenset[str] | None = None) -> list[Problem]:
    """Return everything that is wrong with the rubric, an empty list if nothing is.

    `sources` are the registered indicators; without them sources are not checked.
    """
    found: list[Problem] = []

    def add(code: str, template: str, **values: object) -> None:
        found.append(Problem(code, template, {k: str(v) for k, v in values.items()}))

    if not rubric.items and rubric.own_share > 0:
        add("no-items", gettext_noop("The rubric has no items. Add at least one."))
    for code, count in Counter(item.code for item in rubric.items).items():
        if count > 1:
            add(
                "item-twice",
                gettext_noop(
                    "The item code “%(item)s” stands in the rubric %(count)s times. Give each item its own code."
                ),
                item=code,
                count=count,
            )
    points = sum((item.points for item in rubric.items if not item.adds), Decimal(0))
    if rubric.items and points != rubric.total_scale:
        add(
            "points-sum",
            gettext_noop(
                "The points of the items add up to %(points)s, but the total scale of the rubric is %(scale)s. "
                "Change the points of the items or the scale so that both agree (bonuses and pure deductions do not count)."
            ),
            points=number(points),
            scale=number(rubric.total_scale),
        )
    for item in rubric.items:
        found += _item_problems(item)
        if sources is not None and item.source != "marks" and item.source not in sources:
            add(
                "source-unknown",
                gettext_noop(
                    "The item “%(item)s” takes its value from “%(source)s”, which is not a known indicator. Choose one of: %(known)s."
                ),
                item=item.title or item.code,
                source=item.source,
                known="、".join(sorted(sources)),
            )
    if rubric.mode not in MODES:
        add(
            "rounding-mode",
            gettext_noop("The rounding mode “%(mode)s” is not known. Use one of: %(known)s."),
            mode=rubric.mode,
            known="、".join(MODES),
        )
    if rubric.quantum <= 0:
        add(
            "rounding-quantum",
            gettext_noop(
                "Totals cannot be rounded to a multiple of %(quantum)s. Use a positive step such as 0.01."
            ),
            quantum=number(rubric.quantum),
        )
    if not 0 <= rubric.min_available <= rubric.total_scale:
        add(
            "min-available",
            gettext_noop(
                "The points that must be available (%(points)s) have to lie between 0 and the total scale %(scale)s."
            ),
            points=number(rubric.min_available),
            scale=number(rubric.total_scale),
        )
    lowers = [band.lower for band in rubric.bands]
    if len(set(lowers)) != len(lowers) or len({band.code for band in rubric.bands}) != len(lowers):
        add(
            "bands",
            gettext_noop("Two bands of the total share a lower bound or a code. Make each of them unique."),
        )
    if not 0 <= rubric.own_share <= ONE:
        add(
            "own-share",
            gettext_noop("The share of the rubric's own items (%(share)s) has to lie between 0 and 1."),
            share=number(rubric.own_share),
        )
    if (
        len(rubric.quarter_weights) != 4
        or min(rubric.quarter_weights, default=Decimal(-1)) < 0
        or not any(rubric.quarter_weights)
    ):
        add(
            "quarter-weights",
            gettext_noop("The rubric needs four quarter weights that are not negative and not all zero."),
        )
    found += _satisfaction_problems(rubric)
    for rule in (rubric.list_rule, rubric.enterprise_rule):
        found += _rule_problems(rule)
    return found


def _item_problems(item: Item) -> list[Problem]:
    transform = item.transform
    name = {"item": item.title or item.code}

    def problem(code: str, template: str, **values: str) -> Problem:
        return Problem(code, template, {**name, **values})

    found: list[Problem] = []
    if item.points < 0 or (item.points == 0 and not item.adds):
        found.append(
            problem("item-points", gettext_noop("The item “%(item)s” needs points greater than zero."))
        )
    if item.min_n < 0:
        found.append(
            problem("min-n", gettext_noop("The least number of answers of “%(item)s” cannot be negative."))
        )
    if transform.kind is Kind.LINEAR and transform.zero_at == transform.full_at:
        found.append(
            problem(
                "linear",
                gettext_noop(
                    "The item “%(item)s” gives nothing and everything at the same share. Set two different shares."
                ),
            )
        )
    if transform.kind is Kind.MEAN and transform.low >= transform.high:
        found.append(
            problem(
                "mean-scale",
                gettext_noop(
                    "The scale of marks of “%(item)s” must end above its beginning (now %(low)s to %(high)s)."
                ),
                low=number(transform.low),
                high=number(transform.high),
            )
        )
    if transform.kind is Kind.BANDS:
        lowers = [band.lower for band in transform.bands]
        if not lowers or lowers != sorted(set(lowers), reverse=True):
            found.append(
                problem(
                    "item-bands",
                    gettext_noop(
                        "The bands of “%(item)s” must go down from the highest lower bound, each given once."
                    ),
                )
            )
        if any(not 0 <= band.points <= item.points for band in transform.bands):
            found.append(
                problem(
                    "item-band-points",
                    gettext_noop("A band of “%(item)s” gives points outside 0 to %(points)s."),
                    points=number(item.points),
                )
            )
    if transform.kind in (Kind.DEDUCTION, Kind.BONUS) and transform.per_event <= 0:
        found.append(
            problem(
                "per-event", gettext_noop("The item “%(item)s” needs points per event greater than zero.")
            )
        )
    if transform.kind is Kind.DEDUCTION and transform.floor > item.points:
        found.append(
            problem(
                "floor",
                gettext_noop("The floor of “%(item)s” (%(floor)s) lies above its points (%(points)s)."),
                floor=number(transform.floor),
                points=number(item.points),
            )
        )
    return found


def _satisfaction_problems(rubric: Rubric) -> list[Problem]:
    code = rubric.satisfaction_item
    needs = rubric.list_rule.retest or rubric.list_rule.red_needs_satisfaction
    if code is None:
        if not needs:
            return []
        return [
            Problem(
                "satisfaction-none",
                gettext_noop(
                    "The list rule asks for a valid satisfaction, but the rubric does not say which item it is. Name it, or switch the clause off."
                ),
            )
        ]
    for item in rubric.items:
        if item.code == code:
            if item.transform.kind in (Kind.LINEAR, Kind.BANDS):
                return []
            return [
                Problem(
                    "satisfaction-transform",
                    gettext_noop(
                        "The satisfaction item “%(item)s” must be a share of satisfied answers (linear or bands), so that it can be tested again."
                    ),
                    {"item": item.title or code},
                )
            ]
    return [
        Problem(
            "satisfaction-unknown",
            gettext_noop("The rubric names “%(item)s” as its satisfaction item, but has no such item."),
            {"item": code},
        )
    ]


def _rule_problems(rule: ListRule) -> list[Problem]:
    found: list[Problem] = []
    for share in (rule.red_share, rule.black_share):
        if share is not None and not 0 <= share <= ONE:
            found.append(
                Problem(
                    "list-share",
                    gettext_noop(
                        "A share of the list rule (%(share)s) has to lie between 0 and 1; 10 %% is 0.10."
                    ),
                    {"share": number(share)},
                )
            )
    red, black, watch = rule.red_min, rule.black_min, rule.watch_max
    if red is not None and ((black is not None and black > red) or (watch is not None and watch > red)):
        found.append(
            Problem(
                "list-order",
                gettext_noop(
                    "The red list begins at %(red)s, below the limit of the black or the watch list. Raise it or lower those."
                ),
                {"red": number(red)},
            )
        )
    if rule.black_share is not None and watch is None:
        found.append(
            Problem(
                "list-watch",
                gettext_noop(
                    "The last places count as black only below the watch limit; set that limit or switch the clause off."
                ),
            )
        )
    if rule.min_days < 0 or rule.min_projects < 0:
        found.append(
            Problem(
                "list-minimum",
                gettext_noop("The least days of service and least projects cannot be negative."),
            )
        )
    return found
