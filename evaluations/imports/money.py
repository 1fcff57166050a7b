"""Register `funds`, and how lines that stand in one cell (ceilings, rates, bands) are read and written.

Lines are added and changed by a file, never taken away: what a cell leaves out is refused.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Model, OuterRef, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations.models import Fund, FundYear
from redprop.common.money import format_yuan
from redprop.common.tabular import bulk, kinds, parts
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan, Row
from redprop.common.tabular.saving import recorded, scoped


def own(context: Context, instance: Any) -> None:
    instance.district_id = context.district.pk


def text_of(expression: Any) -> Any:
    return Cast(expression, CharField())


def lines_of(model: type[Model], owner: str, left: Any, right: str, order: str) -> ArraySubquery:
    rows = model._default_manager.filter(**{owner: OuterRef("pk")}).order_by(order)  # type: ignore[misc]
    return ArraySubquery(rows.annotate(_line=Concat(left, Value(":"), text_of(right))).values("_line"))


Parts = dict[Any, Decimal]


def _stored_lines(
    plan: Plan, rows: list[Row], model: type[Model], owner: str, key: Callable[[Any], Any]
) -> dict[Any, dict[Any, Any]]:
    """Return owner → key → row of what stands below these rows (one query)."""
    found: dict[Any, dict[Any, Any]] = {}
    pks = [row.pk for row in rows if row.old is not None]
    for one in model._default_manager.filter(**{f"{owner}__among": pks}):
        found.setdefault(getattr(one, f"{owner}_id"), {})[key(one)] = one
    return found


def refuse_left_out(
    plan: Plan, name: str, model: type[Model], owner: str, key: Callable[[Any], Any]
) -> dict[Any, dict[Any, Any]]:
    """Refuse cells that leave out a stored line; returns the stored lines of the rows that say something."""
    rows = [row for row in plan.of(CHANGED) if plan.given(row, name)]
    stored = _stored_lines(plan, rows, model, owner, key)
    for row in rows:
        kept = {left for left, _right in plan.value(row, name) or ()}
        if stored.get(row.pk, {}).keys() - kept:
            plan.refuse(
                row,
                name,
                _(
                    "This leaves out a line of the register: %(stored)s. Lines are never deleted by a file; write them all, with the new ones."
                )
                % {"stored": plan.stored_text(row, name)},
            )
    return stored


def save_lines(
    context: Context,
    plan: Plan,
    name: str,
    model: type[Model],
    owner: str,
    attribute: str,
    key: Callable[[Any], Any],
    fill: Callable[[Any], dict[str, Any]],
) -> None:
    """Add and change the lines of new and changed rows: one query, one insert, one update."""
    rows = [row for row in plan.of(NEW, CHANGED) if plan.given(row, name)]
    stored = _stored_lines(plan, rows, model, owner, key)
    made, changed = [], []
    for row in rows:
        known = stored.get(row.pk, {})
        for left, right in plan.value(row, name) or ():
            one = known.get(left)
            if one is None:
                line = model(**{f"{owner}_id": row.pk, attribute: right, **fill(left)})
                made.append(recorded(context, line))
            elif getattr(one, attribute) != right:
                setattr(one, attribute, right)
                changed.append(one)
    bulk.update(changed, [attribute])
    bulk.insert(made)


# --- funds -------------------------------------------------------------------------------------------


def _year(one: FundYear) -> Decimal:
    return Decimal(one.year)


def _check_funds(context: Context, plan: Plan) -> None:
    stored = refuse_left_out(plan, "ceilings", FundYear, "fund", _year)
    for row in plan.of(NEW, CHANGED):
        for year, ceiling in plan.value(row, "ceilings") or () if plan.given(row, "ceilings") else ():
            known = stored.get(row.pk, {}).get(year)
            if year != int(year) or not 2000 <= year <= 2100 or ceiling < 0:
                plan.refuse(
                    row,
                    "ceilings",
                    _(
                        "“%(line)s” is not a year and its ceiling in yuan. Write 2026:20000000, with ; between the years."
                    )
                    % {"line": f"{year}:{ceiling}"},
                )
            elif known is not None and ceiling < known.committed:
                plan.refuse(
                    row,
                    "ceilings",
                    _("%(committed)s are committed already. The ceiling cannot be lower than that.")
                    % {"committed": format_yuan(known.committed)},
                )


def _save_funds(context: Context, plan: Plan) -> None:
    save_lines(
        context, plan, "ceilings", FundYear, "fund", "ceiling", _year, lambda left: {"year": int(left)}
    )


def _fund_rows(context: Context) -> Any:
    return scoped(Fund)(context).annotate(
        ceilings=lines_of(FundYear, "fund", text_of("year"), "ceiling", "-year")
    )


register(
    Register(
        name="funds",
        title=gettext_lazy("funds"),
        model=Fund,
        key=("code",),
        rows=_fund_rows,
        order=("code",),
        prepare=own,
        derived_from=(),
        check=_check_funds,
        after=_save_funds,
        columns=(
            Column(
                "code",
                "资金编号",
                kinds.Code(longest=20),
                ("编号", "资金代码"),
                required=True,
                help="字母、数字和短横线",
                example="services",
            ),
            Column(
                "name",
                "资金名称",
                kinds.Name(longest=60),
                ("名称",),
                required=True,
                example="购买物业服务专项资金",
            ),
            Column("document", "文号", kinds.Text(longest=60), ("依据文号",), example="岸财〔2026〕1号"),
            Column(
                "notice_days",
                "公示工作日",
                kinds.Integer(most=365),
                ("公示天数", "公示期"),
                help="名单贴出后至少公示几个工作日，才能批准",
                example="5",
            ),
            Column(
                "ceilings",
                "年度上限（元）",
                parts.Table(places=2, most=10**12),
                ("年度上限", "年度额度", "资金上限"),
                attr=None,
                help="年份:金额，多年用分号隔开；已有年份要写全",
                example="2026:20000000",
            ),
        ),
    )
)
