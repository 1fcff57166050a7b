"""Register `visits`: rounds of home visits with what was told and, in homes, what is needed. No resident, no door."""

from collections import defaultdict
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, OuterRef, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.imports.compound_kinds import compound_reference
from communities.models import CompoundPlacement, HomeVisit, VisitCount, VisitItem
from communities.services.serving import ServedCompounds
from communities.services.visits import MAX_HOMES, clean_building
from redprop.accounts.clock import business_now
from redprop.common.errors import Refused
from redprop.common.tabular import kinds, parts
from redprop.common.tabular.cells import CellError
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan, Row
from redprop.common.tabular.saving import scoped

VISITORS = (
    (HomeVisit.Visitor.COMMUNITY.value, "社区工作者"),
    (HomeVisit.Visitor.STAFF.value, "物业人员"),
    (HomeVisit.Visitor.PARTY.value, "在职党员"),
)
_of_user = scoped(HomeVisit, "community__district")


class Building(kinds.Kind):
    """A building as the desk takes it: never down to the door."""

    def parse(self, raw: object, factor: int = 1) -> str:
        """Return the building and unit."""
        try:
            return clean_building(super().parse(raw, factor))
        except Refused as refused:
            raise CellError(str(refused)) from refused


def _counted(kind: str, *, with_homes: bool) -> ArraySubquery:
    rows = VisitCount.objects.filter(visit=OuterRef("pk"), item__kind=kind).order_by("item__text")
    text: Any = (
        Concat("item__text", Value(":"), Cast("homes", CharField()), output_field=CharField())
        if with_homes
        else "item__text"
    )
    return ArraySubquery(rows.annotate(shown=text).values("shown") if with_homes else rows.values(text))


def _rows(context: Context) -> Any:
    return (
        _of_user(context)
        .filter(withdrawn_reason="")
        .annotate(
            told=_counted(VisitItem.Kind.POLICY, with_homes=False),
            needed=_counted(VisitItem.Kind.NEED, with_homes=True),
        )
    )


def _check(context: Context, plan: Plan) -> None:
    rows = plan.of(NEW, CHANGED)
    placed = defaultdict(list)
    compounds = {plan.value(row, "compound") for row in rows}
    for placement in CompoundPlacement.objects.filter(compound__in=compounds):
        placed[placement.compound_id].append(placement)
    served = ServedCompounds(compounds)
    items = list(VisitItem.objects.filter(district=context.district))
    for row in rows:
        day, compound = plan.value(row, "visited_on"), plan.value(row, "compound")
        homes = plan.value(row, "homes")
        community = next((p.community_id for p in placed[compound] if p.is_valid_on(day)), None)
        if day > context.day:
            plan.refuse(row, "visited_on", _("%(day)s is in the future. Correct the date.") % {"day": day})
        elif community is None:
            plan.refuse(
                row,
                "compound",
                _("This compound is in no community on %(day)s. Enter its community first.") % {"day": day},
            )
        elif homes is not None and not 1 <= homes <= MAX_HOMES:
            plan.refuse(row, "homes", _("Homes visited: a number from 1 to %(most)s.") % {"most": MAX_HOMES})
        else:
            _check_staff(plan, row, served)
            _read_counts(plan, row, [item for item in items if item.is_valid_on(day)])


def _check_staff(plan: Plan, row: Row, served: ServedCompounds) -> None:
    staff = plan.value(row, "visitor") == HomeVisit.Visitor.STAFF
    day = plan.value(row, "visited_on")
    if staff and served.project_on(plan.value(row, "compound"), day) is None:
        plan.refuse(
            row,
            "visitor",
            _("No project served this compound on %(day)s, so no property staff visited.") % {"day": day},
        )


def _read_counts(plan: Plan, row: Row, items: list[VisitItem]) -> None:
    """Remember which item was counted in how many homes; a text that is no item is refused."""
    homes = plan.value(row, "homes")
    found: dict[int, int] = {}
    for name, kind in (("told", VisitItem.Kind.POLICY), ("needed", VisitItem.Kind.NEED)):
        by_text = {item.text: item.pk for item in items if item.kind == kind}
        for text in plan.value(row, name) or ():
            label, mark, number = text.rpartition(":") if name == "needed" else (text, ":", str(homes))
            if label not in by_text or not mark or not number.isdigit():
                plan.refuse(
                    row,
                    name,
                    _("“%(text)s” is not on the district's list of that day. On it: %(items)s.")
                    % {"text": text[:40], "items": "、".join(by_text)},
                )
            elif not 1 <= int(number) <= homes:
                plan.refuse(
                    row,
                    name,
                    _("%(item)s: %(n)s homes, but only %(homes)s were visited.")
                    % {"item": label, "n": number, "homes": homes},
                )
            else:
                found[by_text[label]] = int(number)
    plan.memory.setdefault("counts", {})[row.number] = found


def _place(context: Context, plan: Plan) -> None:
    """Set the community and, for visits by staff, the project of the day."""
    rows = plan.of(NEW)
    served = ServedCompounds({plan.value(row, "compound") for row in rows})
    placed = defaultdict(list)
    for one in CompoundPlacement.objects.filter(compound__in={plan.value(row, "compound") for row in rows}):
        placed[one.compound_id].append(one)
    for row in rows:
        compound, day = plan.value(row, "compound"), plan.value(row, "visited_on")
        plan.set(row, "community", next(p.community_id for p in placed[compound] if p.is_valid_on(day)))
        if plan.value(row, "visitor") == HomeVisit.Visitor.STAFF:
            plan.set(row, "project", served.project_on(compound, day))


def _save_counts(context: Context, plan: Plan) -> None:
    counts = plan.memory.get("counts", {})
    rows = plan.of(NEW, CHANGED)
    VisitCount.objects.filter(visit__in=[row.pk for row in plan.of(CHANGED)]).delete()
    VisitCount.objects.bulk_create(
        [
            VisitCount(visit_id=row.pk, item_id=item, homes=homes)
            for row in rows
            for item, homes in counts.get(row.number, {}).items()
        ],
        batch_size=2000,
    )


def _own(context: Context, instance: Any) -> None:
    if instance._state.adding:
        instance.recorded_at = business_now(context.district)


register(
    Register(
        name="visits",
        title=gettext_lazy("home visits"),
        model=HomeVisit,
        key=("compound", "building", "visited_on", "visitor"),
        rows=_rows,
        order=("visited_on", "compound__code", "building", "visitor"),
        prepare=_own,
        check=_check,
        before=_place,
        after=_save_counts,
        columns=(
            Column(
                "compound",
                "小区编号",
                compound_reference(),
                ("小区名称", "小区"),
                required=True,
                attr="compound_id",
                shown="compound__code",
                help="小区编号；无重名时可填名称",
                example="XQ0001",
            ),
            Column("compound_name", "所指小区", kinds.Text(), read_only=True, source="compound__name"),
            Column(
                "building",
                "楼栋",
                Building(longest=20),
                ("栋号", "楼栋号", "单元"),
                required=True,
                help="只到栋和单元，不写门牌号",
                example="3栋2单元",
            ),
            Column(
                "visited_on",
                "走访日期",
                kinds.Date(),
                ("日期", "走访时间"),
                required=True,
                example="2026-08-10",
            ),
            Column(
                "visitor",
                "走访人员类别",
                kinds.Choice(
                    choices=VISITORS,
                    also=tuple(HomeVisit.Visitor.choices),
                    aliases={"社区": "community", "物业": "staff", "党员": "party", "下沉党员": "party"},
                ),
                ("走访人", "走访人员"),
                required=True,
                help="只写类别，不写姓名",
                example="社区工作者",
            ),
            Column("homes", "走访户数", kinds.Integer(), ("户数",), required=True, example="12"),
            Column(
                "told",
                "宣传政策",
                parts.Names(),
                ("政策宣传", "宣传内容"),
                attr=None,
                help="区里清单上的政策，多个用顿号隔开",
            ),
            Column(
                "needed",
                "服务需求",
                parts.Names(),
                ("需求", "需求调查"),
                attr=None,
                help="区里清单上的服务和有需求的户数，如“家电维修:3”，多个用顿号隔开",
            ),
            Column(
                "outcome",
                "走访情况",
                kinds.Text(longest=1000),
                ("情况", "备注"),
                help="不写居民姓名、电话、门牌号和家庭情况",
            ),
            Column("community_name", "社区", kinds.Text(), read_only=True, source="community__name"),
            Column(
                "community",
                "社区键",
                kinds.Integer(),
                read_only=True,
                hidden=True,
                source="community_id",
                attr="community_id",
            ),
            Column(
                "project",
                "项目键",
                kinds.Integer(),
                read_only=True,
                hidden=True,
                source="project_id",
                attr="project_id",
            ),
        ),
    )
)
