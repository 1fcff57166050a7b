"""Register `guarantee-items`: the items of inspections (现场检查) and of the eight guarantees (八保), led by their sets.

A row is one item. Its set is found or begun by scheme, kind of compound and first day; a new set ends the
one before it. Sets that marks stand against take nothing but a last day.
"""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations.imports.shared import stamp
from evaluations.models import Inspection, InspectionItem, InspectionItemSet, Scheme
from redprop.common.tabular import bulk, kinds
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, UNCHANGED, Plan, Row
from redprop.common.tabular.saving import recorded, scoped

AppliesTo = InspectionItemSet.AppliesTo
SCHEMES = ((Scheme.ON_SITE.value, "现场检查"), (Scheme.GUARANTEES.value, "八保"))
COMPOUNDS = (
    (AppliesTo.ALL.value, "全部小区"),
    (AppliesTo.PROFESSIONAL.value, "专业物业小区"),
    (AppliesTo.OLD.value, "老旧小区"),
    (AppliesTo.FIRST.value, "一类老旧小区"),
    (AppliesTo.SECOND.value, "二类老旧小区"),
    (AppliesTo.THIRD.value, "三类老旧小区"),
)
A_DAY = dt.timedelta(days=1)
OF_SET = ("scheme", "applies_to", "valid_from")
Key = tuple[Any, Any, Any]


def _key(plan: Plan, row: Row) -> Key:
    return plan.value(row, "scheme"), plan.value(row, "applies_to"), plan.value(row, "valid_from")


def _sets(context: Context) -> dict[Key, InspectionItemSet]:
    rows = InspectionItemSet.objects.filter(district=context.district)
    return {(row.scheme, row.applies_to, row.valid_from): row for row in rows}


def _last_used(context: Context) -> dict[int, dt.date]:
    """Set → the last day on which it was marked against (two queries)."""
    found: dict[int, dt.date] = {}
    for name in ("on_site_set", "guarantee_set"):
        rows = Inspection.objects.filter(compound__district=context.district).exclude(**{name: None})
        for pk, day in rows.order_by(name, "inspected_on").values_list(name, "inspected_on"):
            found[pk] = max(day, found.get(pk, day))
    return found


def _check(context: Context, plan: Plan) -> None:
    sets, used = _sets(context), _last_used(context)
    ends: dict[Key, Any] = {}
    for row in plan.of(NEW, CHANGED, UNCHANGED):
        key = _key(plan, row)
        said = (plan.value(row, "valid_to"), plan.value(row, "document") or "")
        if ends.setdefault(key, said) != said:
            plan.refuse(row, "valid_to", _("The rows of one set name the same last day and document."))
            continue
        held = sets.get(key)
        last = used.get(held.pk) if held else None
        if last is None:
            continue
        if row.old is None or any(
            plan.differs(row, name) for name in ("title", "guidance", "full_mark", "position", "document")
        ):
            plan.refuse(
                row,
                "code",
                _(
                    "Compounds were marked against this set: it stays as it was. Enter its last day, and a new set from the day after."
                ),
            )
        elif said[0] and said[0] < last:
            plan.refuse(
                row,
                "valid_to",
                _(
                    "Compounds were marked against this set up to %(day)s: it ends on that day at the earliest."
                )
                % {"day": last},
            )
    _refuse_overlaps(plan, sets, used, ends)


def _refuse_overlaps(
    plan: Plan, sets: dict[Key, InspectionItemSet], used: dict[int, dt.date], ends: dict[Key, Any]
) -> None:
    """Refuse sets that would hold on a day of another one; an open one before a new one is ended, if it may."""
    for row in plan.of(NEW, CHANGED):
        scheme, applies_to, first = key = _key(plan, row)
        last = ends[key][0] if key in ends else None
        if last and last < first:
            plan.refuse(
                row, "valid_to", _("The last day is before the first day. Correct one of the two dates.")
            )
            continue
        others = {k: held.valid_to for k, held in sets.items()} | {k: said[0] for k, said in ends.items()}
        for (scheme_of, applies_of, begins), end in others.items():
            if (scheme_of, applies_of) != (scheme, applies_to) or begins == first:
                continue
            held = sets.get((scheme_of, applies_of, begins))
            ends_before = end is None and begins < first and key not in sets
            if ends_before and (held is None or used.get(held.pk, begins) < first):
                continue
            if begins <= (last or dt.date.max) and first <= (end or dt.date.max):
                plan.refuse(
                    row,
                    "valid_from",
                    _(
                        "Another set for these compounds is in force on some of these days. End that one first."
                    ),
                )
                break


def _begin_sets(context: Context, plan: Plan) -> None:
    sets = _sets(context)
    begun: dict[Key, InspectionItemSet] = {}
    changed: dict[int, InspectionItemSet] = {}
    for row in plan.of(NEW, CHANGED):
        key = _key(plan, row)
        scheme, applies_to, first = key
        if key not in sets:
            for (scheme_of, applies_of, begins), held in sets.items():
                same = (scheme_of, applies_of) == (scheme, applies_to)
                if same and begins < first and held.valid_to is None:
                    held.valid_to = first - A_DAY
                    if held.pk:
                        changed[held.pk] = held
            sets[key] = begun[key] = InspectionItemSet(
                district=context.district,
                scheme=scheme,
                applies_to=applies_to,
                valid_from=first,
                valid_to=plan.value(row, "valid_to"),
                document=plan.value(row, "document") or "",
            )
            stamp(context, recorded(context, begun[key]))
        elif key not in begun:
            held = sets[key]
            wanted = (plan.value(row, "valid_to"), plan.value(row, "document") or "")
            if (held.valid_to, held.document) != wanted:
                held.valid_to, held.document = wanted
                changed[held.pk] = held
    bulk.update(list(changed.values()), ["valid_to", "document"])
    bulk.insert(list(begun.values()))
    for row in plan.of(NEW):
        plan.set(row, "item_set", sets[_key(plan, row)].pk)


def _choice(field: str, header: str, choices: Any, aliases: tuple[str, ...], **more: Any) -> Column:
    return Column(
        field,
        header,
        kinds.Choice(choices=choices, also=tuple((value, value) for value, _label in choices)),
        aliases,
        required=True,
        fixed=True,
        attr=None,
        source=f"item_set__{field}",
        **more,
    )


register(
    Register(
        name="guarantee-items",
        title=gettext_lazy("inspection items"),
        model=InspectionItem,
        key=(*OF_SET, "code"),
        rows=scoped(InspectionItem, "item_set__district"),
        order=("item_set__scheme", "item_set__applies_to", "item_set__valid_from", "position", "pk"),
        page_path="item_set",
        derived_from=(),
        check=_check,
        before=_begin_sets,
        columns=(
            _choice("scheme", "类别", SCHEMES, ("检查类别",), example="八保"),
            _choice("applies_to", "适用小区", COMPOUNDS, ("适用类别", "小区类别"), example="二类老旧小区"),
            Column(
                "valid_from",
                "施行日期",
                kinds.Date(),
                ("起始日期", "生效日期"),
                required=True,
                fixed=True,
                attr=None,
                source="item_set__valid_from",
                help="同类小区的上一版在前一日自动终止",
                example="2026-01-01",
            ),
            Column(
                "valid_to",
                "终止日期",
                kinds.Date(end=True),
                ("截止日期", "失效日期"),
                attr=None,
                source="item_set__valid_to",
            ),
            Column(
                "document",
                "文号",
                kinds.Text(longest=100),
                ("文件依据", "依据"),
                attr=None,
                source="item_set__document",
                example="岸房〔2026〕1号",
            ),
            Column("code", "项目代码", kinds.Text(longest=30), ("代码",), required=True, example="lighting"),
            Column(
                "title",
                "项目",
                kinds.Text(longest=100),
                ("检查项目", "项目名称"),
                required=True,
                example="保亮",
            ),
            Column("guidance", "检查内容", kinds.Text(longest=300), ("标准", "检查标准")),
            Column(
                "full_mark",
                "满分",
                kinds.Number(places=2, least=1, most=9999),
                ("分值", "标准分"),
                required=True,
                example="10",
            ),
            Column("position", "序号", kinds.Integer(least=0, most=999), ("次序",)),
            Column(
                "item_set",
                "清单",
                kinds.Integer(),
                read_only=True,
                hidden=True,
                source="item_set",
                attr="item_set_id",
            ),
        ),
    )
)
