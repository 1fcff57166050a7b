"""The rubric as data: items with their transforms, bands, rounding, roll-up and list rules.

Canonical JSON in both directions (`to_json`, `from_json`). Whether the numbers make sense
together is the business of `validation.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from evaluations.scoring.canonical import decimal
from evaluations.scoring.problems import NotUsable, Problem, gettext_noop


class Level(StrEnum):
    """Where the fact of an item is recorded; an enterprise's fact counts in each of its projects."""

    PROJECT = "project"
    ENTERPRISE = "enterprise"


class Missing(StrEnum):
    """What a missing or not applicable value does."""

    LEAVE = "leave"
    ZERO = "zero"
    BLOCK = "block"


class Kind(StrEnum):
    """How a value becomes points."""

    LINEAR = "linear"
    BANDS = "bands"
    DEDUCTION = "deduction"
    BONUS = "bonus"
    MEAN = "mean"


class RollUp(StrEnum):
    """By what the projects of an enterprise are weighted."""

    HOUSEHOLDS = "households"
    AREA = "area"
    EQUAL = "equal"


@dataclass(frozen=True)
class PointsBand:
    """From `lower` (inclusive) up to the next band the item gives `points`."""

    lower: Decimal
    points: Decimal


@dataclass(frozen=True)
class Transform:
    """How a value becomes points; only the fields of its kind are used.

    linear: nothing at `zero_at`, all points at `full_at`, in between by the share.
    bands: the highest band whose `lower` is reached, nothing below the lowest.
    deduction: points less `per_event` for each event, not below `floor`.
    bonus: `per_event` for each event, at most the item's points.
    mean: the mean mark on the scale `low` to `high`, as a share of the points.
    """

    kind: Kind
    zero_at: Decimal = Decimal(0)
    full_at: Decimal = Decimal(1)
    bands: tuple[PointsBand, ...] = ()
    per_event: Decimal = Decimal(0)
    floor: Decimal = Decimal(0)
    low: Decimal = Decimal(0)
    high: Decimal = Decimal(100)


@dataclass(frozen=True)
class Item:
    """One scored item of a rubric. `source` names an indicator, or is `marks` for marks by hand.

    `min_n`: fewer valid answers than this (or than all households, if there are fewer) are no score.
    """

    code: str
    title: str
    points: Decimal
    transform: Transform
    source: str
    pillar: str = ""
    level: Level = Level.PROJECT
    missing: Missing = Missing.LEAVE
    min_n: int = 0

    @property
    def adds(self) -> bool:
        """True for bonuses and pure deductions, which stand outside the total scale."""
        return self.transform.kind is Kind.BONUS or (
            self.transform.kind is Kind.DEDUCTION and self.points == 0
        )


@dataclass(frozen=True)
class ResultBand:
    """A named band of the total with an inclusive lower bound."""

    lower: Decimal
    code: str
    title: str


@dataclass(frozen=True)
class ListRule:
    """Who comes on which list (design section 7). A clause that is None is switched off.

    Shares are parts of 1; minima and maxima are points of the total scale; `min_days` are days of
    service in the period; `min_projects` applies to enterprises.
    """

    red_min: Decimal | None = Decimal(90)
    red_share: Decimal | None = Decimal("0.10")
    red_needs_satisfaction: bool = True
    red_needs_no_black: bool = False
    black_veto: bool = True
    black_min: Decimal | None = Decimal(70)
    black_share: Decimal | None = Decimal("0.03")
    watch_max: Decimal | None = Decimal(75)
    retest: bool = True
    min_days: int = 45
    min_projects: int = 1


ENTERPRISE_SAMPLE = ListRule(
    red_needs_satisfaction=False,
    red_needs_no_black=True,
    black_share=None,
    retest=True,
    min_days=0,
    min_projects=2,
)


@dataclass(frozen=True)
class Rubric:
    """A complete rule for one period: scale, rounding, items, bands, roll-up and list rules.

    `own_share` is the part of a half-year's or year's total that its own items make; the rest is
    the weighted mean of the final quarter totals (`quarter_weights`, by number 1 to 4). For a
    quarter it is 1.
    """

    code: str
    version: str
    title: str
    document: str
    items: tuple[Item, ...]
    total_scale: Decimal = Decimal(100)
    quantum: Decimal = Decimal("0.01")
    mode: str = "HALF_UP"
    min_available: Decimal = Decimal(0)
    cap_total: bool = True
    rollup: RollUp = RollUp.HOUSEHOLDS
    rank_groups: bool = False
    bands: tuple[ResultBand, ...] = ()
    list_rule: ListRule = field(default_factory=ListRule)
    enterprise_rule: ListRule = ENTERPRISE_SAMPLE
    satisfaction_item: str | None = None
    own_share: Decimal = Decimal(1)
    quarter_weights: tuple[Decimal, ...] = (Decimal(1), Decimal(1), Decimal(1), Decimal(1))

    @property
    def line_quantum(self) -> Decimal:
        """To what the points of one item are rounded: to 0.01, finer if the total is.

        Only the total is rounded to coarser steps: twenty marks worth 1.25 points each make 25, not 20.
        """
        return min(self.quantum, Decimal("0.01"))

    def item(self, code: str) -> Item:
        """Return the item with that code; raises KeyError."""
        for item in self.items:
            if item.code == code:
                return item
        raise KeyError(code)


# ---- canonical JSON: numbers as decimal strings ----------------------------------------------

_USED = {
    Kind.LINEAR: ("zero_at", "full_at"),
    Kind.BANDS: ("bands",),
    Kind.DEDUCTION: ("per_event", "floor"),
    Kind.BONUS: ("per_event",),
    Kind.MEAN: ("low", "high"),
}


def number(value: Decimal) -> str:
    """Return the shortest plain decimal string: 30, 0.1, never 3E+1 or 0.10."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def to_json(rubric: Rubric) -> dict[str, Any]:
    """Return the rubric as plain JSON data."""
    return {
        "code": rubric.code,
        "version": rubric.version,
        "title": rubric.title,
        "document": rubric.document,
        "total_scale": number(rubric.total_scale),
        "rounding": {"quantum": format(rubric.quantum, "f"), "mode": rubric.mode},
        "min_available": number(rubric.min_available),
        "cap_total": rubric.cap_total,
        "rollup": str(rubric.rollup),
        "rank_groups": rubric.rank_groups,
        "satisfaction_item": rubric.satisfaction_item,
        "own_share": number(rubric.own_share),
        "quarter_weights": [number(weight) for weight in rubric.quarter_weights],
        "bands": [{"lower": number(b.lower), "code": b.code, "title": b.title} for b in rubric.bands],
        "list_rule": _rule_to_json(rubric.list_rule),
        "enterprise_rule": _rule_to_json(rubric.enterprise_rule),
        "items": [_item_to_json(item) for item in rubric.items],
    }


def transform_to_json(transform: Transform) -> dict[str, Any]:
    """Return the transform with only the fields its kind uses."""
    data: dict[str, Any] = {"kind": str(transform.kind)}
    for name in _USED[transform.kind]:
        value = getattr(transform, name)
        if name == "bands":
            data[name] = [{"lower": number(b.lower), "points": number(b.points)} for b in value]
        else:
            data[name] = number(value)
    return data


def _item_to_json(item: Item) -> dict[str, Any]:
    return {
        "code": item.code,
        "title": item.title,
        "points": number(item.points),
        "pillar": item.pillar,
        "level": str(item.level),
        "source": item.source,
        "missing": str(item.missing),
        "min_n": str(item.min_n),
        "transform": transform_to_json(item.transform),
    }


def _rule_to_json(rule: ListRule) -> dict[str, Any]:
    def maybe(value: Decimal | None) -> str | None:
        return None if value is None else number(value)

    return {
        "red_min": maybe(rule.red_min),
        "red_share": maybe(rule.red_share),
        "red_needs_satisfaction": rule.red_needs_satisfaction,
        "red_needs_no_black": rule.red_needs_no_black,
        "black_veto": rule.black_veto,
        "black_min": maybe(rule.black_min),
        "black_share": maybe(rule.black_share),
        "watch_max": maybe(rule.watch_max),
        "retest": rule.retest,
        "min_days": str(rule.min_days),
        "min_projects": str(rule.min_projects),
    }


class _Reader:
    """Reads typed values out of JSON data; every failure names the place."""

    def __init__(self, data: Mapping[str, Any], where: str) -> None:
        if not isinstance(data, Mapping):
            raise self._wrong(where, "object")
        self.data, self.where = data, where

    @staticmethod
    def _wrong(where: str, wanted: str) -> NotUsable:
        template = gettext_noop("The rubric cannot be read: “%(where)s” is missing or is not %(wanted)s.")
        return NotUsable(Problem("rubric-unreadable", template, {"where": where, "wanted": wanted}))

    def place(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name

    def text(self, name: str) -> str:
        value = self.data.get(name)
        if not isinstance(value, str):
            raise self._wrong(self.place(name), "text")
        return value

    def decimal(self, name: str) -> Decimal:
        value = self.data.get(name)
        try:
            return decimal(value if isinstance(value, str) else "")
        except ValueError:
            raise self._wrong(self.place(name), "a decimal string") from None

    def maybe(self, name: str) -> Decimal | None:
        return None if self.data.get(name, "") is None else self.decimal(name)

    def whole(self, name: str) -> int:
        value = self.decimal(name)
        if value != int(value):
            raise self._wrong(self.place(name), "a whole number")
        return int(value)

    def flag(self, name: str) -> bool:
        value = self.data.get(name)
        if not isinstance(value, bool):
            raise self._wrong(self.place(name), "true or false")
        return value

    def choice(self, name: str, choices: type[StrEnum]) -> Any:
        value = self.data.get(name)
        if value not in [str(choice) for choice in choices]:
            raise self._wrong(self.place(name), " / ".join(choices))
        return choices(value)

    def parts(self, name: str) -> list["_Reader"]:
        value = self.data.get(name)
        if not isinstance(value, list):
            raise self._wrong(self.place(name), "a list")
        return [_Reader(part, f"{self.place(name)}[{i}]") for i, part in enumerate(value)]

    def part(self, name: str) -> "_Reader":
        return _Reader(self.data.get(name) or {}, self.place(name))


def from_json(data: Mapping[str, Any]) -> Rubric:
    """Return the rubric of JSON data; raises NotUsable naming the place that cannot be read."""
    read = _Reader(data, "")
    rounding = read.part("rounding")
    weights = data.get("quarter_weights")
    satisfaction = data.get("satisfaction_item")
    return Rubric(
        code=read.text("code"),
        version=read.text("version"),
        title=read.text("title"),
        document=read.text("document"),
        total_scale=read.decimal("total_scale"),
        quantum=rounding.decimal("quantum"),
        mode=rounding.text("mode"),
        min_available=read.decimal("min_available"),
        cap_total=read.flag("cap_total"),
        rollup=read.choice("rollup", RollUp),
        rank_groups=read.flag("rank_groups"),
        satisfaction_item=None if satisfaction is None else read.text("satisfaction_item"),
        own_share=read.decimal("own_share"),
        quarter_weights=tuple(
            _Reader({"weight": weight}, f"quarter_weights[{i}]").decimal("weight")
            for i, weight in enumerate(weights if isinstance(weights, list) else [None])
        ),
        bands=tuple(
            ResultBand(b.decimal("lower"), b.text("code"), b.text("title")) for b in read.parts("bands")
        ),
        list_rule=_rule_from_json(read.part("list_rule")),
        enterprise_rule=_rule_from_json(read.part("enterprise_rule")),
        items=tuple(_item_from_json(part) for part in read.parts("items")),
    )


def transform_from_json(data: Mapping[str, Any], where: str = "transform") -> Transform:
    """Return the transform of JSON data; raises NotUsable."""
    read = _Reader(data, where)
    kind: Kind = read.choice("kind", Kind)
    given: dict[str, Any] = {}
    for name in _USED[kind]:
        if name == "bands":
            given[name] = tuple(
                PointsBand(b.decimal("lower"), b.decimal("points")) for b in read.parts("bands")
            )
        else:
            given[name] = read.decimal(name)
    return Transform(kind, **given)


def _item_from_json(read: _Reader) -> Item:
    return Item(
        code=read.text("code"),
        title=read.text("title"),
        points=read.decimal("points"),
        transform=transform_from_json(read.data.get("transform") or {}, read.place("transform")),
        source=read.text("source"),
        pillar=read.text("pillar"),
        level=read.choice("level", Level),
        missing=read.choice("missing", Missing),
        min_n=read.whole("min_n"),
    )


def _rule_from_json(read: _Reader) -> ListRule:
    return ListRule(
        red_min=read.maybe("red_min"),
        red_share=read.maybe("red_share"),
        red_needs_satisfaction=read.flag("red_needs_satisfaction"),
        red_needs_no_black=read.flag("red_needs_no_black"),
        black_veto=read.flag("black_veto"),
        black_min=read.maybe("black_min"),
        black_share=read.maybe("black_share"),
        watch_max=read.maybe("watch_max"),
        retest=read.flag("retest"),
        min_days=read.whole("min_days"),
        min_projects=read.whole("min_projects"),
    )
