"""Two versions of a rubric side by side: heads, items, bands and list rules, each line said to be changed or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from evaluations.indicators import REGISTRY
from evaluations.models import Rubric, RubricItem
from evaluations.scoring import rubric as pure
from evaluations.services.rubrics import value_of
from evaluations.words import percent, rule_text

SAME, CHANGED, ADDED, REMOVED = "same", "changed", "added", "removed"


@dataclass(frozen=True)
class Cell:
    """One thing on both sides."""

    label: str
    left: str
    right: str
    state: str

    @property
    def state_label(self) -> str:
        """What has become of it, in one word."""
        return {
            SAME: _("the same"),
            CHANGED: _("changed"),
            ADDED: _("added"),
            REMOVED: _("left out"),
        }[self.state]


@dataclass(frozen=True)
class Section:
    """One part of the comparison."""

    title: str
    cells: list[Cell]

    @property
    def differing(self) -> int:
        """How many lines differ."""
        return sum(cell.state != SAME for cell in self.cells)


def compare(left: Rubric, right: Rubric) -> list[Section]:
    """Return the differences of two recorded rubrics, part by part, in their order."""
    one, other = value_of(left), value_of(right)
    return [
        Section(_("Standard"), _lines(_head(left, one), _head(right, other))),
        Section(_("Items"), _lines(_items(one), _items(other))),
        Section(_("Bands"), _lines(_bands(one), _bands(other))),
        Section(_("List rule for projects"), _lines(_rule(one.list_rule), _rule(other.list_rule))),
        Section(
            _("List rule for enterprises"), _lines(_rule(one.enterprise_rule), _rule(other.enterprise_rule))
        ),
    ]


Lines = Mapping[str, tuple[str, str]]
"""Key → label and text."""


def _lines(left: Lines, right: Lines) -> list[Cell]:
    cells = []
    for key in [*left, *(key for key in right if key not in left)]:
        label = (right.get(key) or left[key])[0]
        if key not in right:
            cells.append(Cell(label, left[key][1], "", REMOVED))
        elif key not in left:
            cells.append(Cell(label, "", right[key][1], ADDED))
        else:
            state = SAME if left[key] == right[key] else CHANGED
            cells.append(Cell(label, left[key][1], right[key][1], state))
    return cells


def _head(row: Rubric, value: pure.Rubric) -> Lines:
    def field(name: str, text: Any) -> tuple[str, str]:
        label = str(Rubric._meta.get_field(name).verbose_name)
        return label, str(text)

    found = {
        "title": field("title", row.title),
        "document": field("document", row.document),
        "period_kind": field("period_kind", row.get_period_kind_display()),
        "valid_from": field("valid_from", row.valid_from),
        "points": (_("sum of points"), pure.number(points_sum(value))),
        "total_scale": field("total_scale", pure.number(value.total_scale)),
        "quantum": field("quantum", pure.number(value.quantum)),
        "mode": field("mode", row.get_mode_display()),
        "min_available": field("min_available", pure.number(value.min_available)),
        "cap_total": field("cap_total", _yes(value.cap_total)),
        "rollup": field("rollup", row.get_rollup_display()),
        "rank_groups": field("rank_groups", _yes(value.rank_groups)),
        "satisfaction_item": field("satisfaction_item", row.satisfaction_item or "–"),
        "own_share": field("own_share", percent(value.own_share)),
        "quarter_weights": field("quarter_weights", " : ".join(map(pure.number, value.quarter_weights))),
        "notice_workdays": field("notice_workdays", row.notice_workdays),
        "objection_workdays": field("objection_workdays", row.objection_workdays),
    }
    return found


def points_sum(value: pure.Rubric) -> Decimal:
    """Return the points of the items on the scale; bonuses and pure deductions stand outside."""
    return sum((item.points for item in value.items if not item.adds), Decimal(0))


def _items(value: pure.Rubric) -> Lines:
    levels = dict(RubricItem.Level.choices)
    found = {}
    for item in value.items:
        what = _("%(points)s points · %(source)s · %(level)s. %(rule)s") % {
            "points": pure.number(item.points),
            "source": source_label(item.source),
            "level": levels[str(item.level)],
            "rule": rule_text(item),
        }
        found[item.code] = (f"{item.title}（{item.code}）", what)
    return found


def source_label(source: str) -> str:
    """Return a source in words: the indicator's title, or marks by hand."""
    if source == "marks":
        return _("marks by hand")
    return str(REGISTRY[source].title) if source in REGISTRY else source


def _bands(value: pure.Rubric) -> Lines:
    return {
        band.code: (
            band.code,
            _("%(title)s, from %(lower)s") % {"title": band.title, "lower": pure.number(band.lower)},
        )
        for band in value.bands
    }


def _rule(rule: pure.ListRule) -> Lines:
    def maybe(value: Decimal | None, share: bool = False) -> str:
        if value is None:
            return _("switched off")
        return percent(value) if share else pure.number(value)

    return {
        "red_min": (_("red list from"), maybe(rule.red_min)),
        "red_share": (_("red list: first share"), maybe(rule.red_share, share=True)),
        "red_needs_satisfaction": (
            _("red list needs a valid satisfaction"),
            _yes(rule.red_needs_satisfaction),
        ),
        "red_needs_no_black": (_("red list needs no black project"), _yes(rule.red_needs_no_black)),
        "black_veto": (_("a veto leads to the black list"), _yes(rule.black_veto)),
        "black_min": (_("black list below"), maybe(rule.black_min)),
        "black_share": (_("black list: last share, twice in a row"), maybe(rule.black_share, share=True)),
        "watch_max": (_("key supervision below"), maybe(rule.watch_max)),
        "retest": (_("tested again at the upper bound of satisfaction"), _yes(rule.retest)),
        "min_days": (_("least days of service"), str(rule.min_days)),
        "min_projects": (_("least ranked projects"), str(rule.min_projects)),
    }


def _yes(value: bool) -> str:
    return _("yes") if value else _("no")


def differing(sections: Sequence[Section]) -> int:
    """Return how many lines differ in all."""
    return sum(section.differing for section in sections)
