"""Register `community-changes`: the recorded changes of the official divisions, as history.

Nothing in the registers moves by it; rows about divisions that never stood there are taken all the
same. After writing, each row is linked to the community and subdistrict it speaks of.
"""

from typing import Any

from django.db.models import F, Value
from django.db.models.functions import NullIf
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from redprop.areas.imports.communities import check_inside_district
from redprop.areas.models import DivisionChange
from redprop.areas.services.changes import link_changes
from redprop.common.tabular import kinds, saving
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan, Row

Change = DivisionChange.Change

LEVELS = (
    (DivisionChange.Level.SUBDISTRICT.value, "街道"),
    (DivisionChange.Level.COMMUNITY.value, "社区"),
)
CHANGES = (
    (Change.ADDED.value, "新增"),
    (Change.REMOVED.value, "撤销"),
    (Change.RENAMED.value, "更名"),
    (Change.RECODED.value, "代码变更"),
    (Change.MERGED.value, "合并"),
    (Change.SPLIT.value, "拆分"),
)


def _rows(context: Context) -> Any:
    blank = Value("")
    return saving.scoped(DivisionChange)(context).annotate(
        old_key=NullIf(F("old_code"), blank), new_key=NullIf(F("new_code"), blank)
    )


def _own(context: Context, instance: Any) -> None:
    instance.district_id = context.district.pk
    for name in ("old_code", "old_name", "new_code", "new_name"):
        setattr(instance, name, getattr(instance, name) or "")


def _check(context: Context, plan: Plan) -> None:
    check_inside_district(context, plan, "old_code")
    check_inside_district(context, plan, "new_code")
    for row in plan.of(NEW, CHANGED):
        _check_sides(plan, row)
        before, on = plan.value(row, "from_as_of"), plan.value(row, "on")
        if before and on and before >= on:
            plan.refuse(
                row, "from_as_of", _("“Not before” lies on or after the day from which the change holds.")
            )


def _check_sides(plan: Plan, row: Row) -> None:
    """Refuse rows whose codes and names do not fit their kind of change."""
    change = plan.value(row, "change")
    old, new = plan.value(row, "old_code"), plan.value(row, "new_code")
    needed = {
        Change.ADDED: ("new_code", "new_name"),
        Change.REMOVED: ("old_code", "old_name"),
    }.get(change, ("old_code", "old_name", "new_code", "new_name"))
    for name in ("old_code", "old_name", "new_code", "new_name"):
        given = plan.value(row, name)
        if name in needed and not given:
            plan.refuse(row, name, _("A row of this kind of change needs this field."))
            return
        if name not in needed and given:
            plan.refuse(
                row,
                name,
                _("What is added has no old code and name, what is removed no new ones. Empty this cell."),
            )
            return
    if change == Change.RENAMED and old != new:
        plan.refuse(
            row, "new_code", _("Who is renamed keeps the code. With another code it is “given another code”.")
        )
    elif change == Change.RENAMED and plan.value(row, "old_name") == plan.value(row, "new_name"):
        plan.refuse(row, "new_name", _("The old and the new name are the same."))
    elif change in (Change.RECODED, Change.MERGED, Change.SPLIT) and old == new:
        plan.refuse(row, "new_code", _("The old and the new code are the same."))


def _link(context: Context, plan: Plan) -> None:
    link_changes(context.district)


register(
    Register(
        name="community-changes",
        title=gettext_lazy("changes of the divisions"),
        model=DivisionChange,
        key=("level", "change", "on", "old_code", "new_code"),
        optional_key=("old_code", "new_code"),
        rows=_rows,
        order=("on", "level", "change", "old_code", "new_code"),
        prepare=_own,
        check=_check,
        after=_link,
        columns=(
            Column(
                "level",
                "层级",
                kinds.Choice(
                    choices=LEVELS,
                    also=tuple(DivisionChange.Level.choices),
                    aliases={
                        "street": "subdistrict",
                        "街道办事处": "subdistrict",
                        "居委会": "community",
                        "村委会": "community",
                    },
                ),
                ("级别", "区划层级", "kind"),
                required=True,
                example="社区",
            ),
            Column(
                "change",
                "变更类型",
                kinds.Choice(
                    choices=CHANGES,
                    also=tuple(Change.choices),
                    aliases={
                        "设立": "added",
                        "新设": "added",
                        "取消": "removed",
                        "改名": "renamed",
                        "代码调整": "recoded",
                        "并入": "merged",
                        "析出": "split",
                    },
                ),
                ("变更", "变动类型", "调整类型"),
                required=True,
                example="更名",
            ),
            Column(
                "from_as_of",
                "不早于",
                kinds.Date(),
                ("上一版本日期", "上一版截止日期"),
                help="只知道在两个版本之间发生时，填上一版本的截止日期",
                example="2021-10-31",
            ),
            Column(
                "on",
                "生效日期",
                kinds.Date(),
                ("变更日期", "本版本日期", "截止日期", "to_as_of"),
                required=True,
                help="从这一天起按新的区划；只知道两个版本时，填后一版本的截止日期",
                example="2022-10-31",
            ),
            Column(
                "old_code",
                "原代码",
                kinds.Code(longest=12),
                ("变更前代码", "旧代码"),
                source="old_key",
                help="新增的留空",
                example="420102018002",
            ),
            Column(
                "old_name", "原名称", kinds.Name(longest=50), ("变更前名称", "旧名称"), example="塔子湖社区"
            ),
            Column(
                "new_code",
                "新代码",
                kinds.Code(longest=12),
                ("变更后代码", "现代码"),
                source="new_key",
                help="撤销的留空",
                example="420102018002",
            ),
            Column(
                "new_name", "新名称", kinds.Name(longest=50), ("变更后名称", "现名称"), example="塔新社区"
            ),
            Column(
                "document",
                "批准文件",
                kinds.Text(longest=200),
                ("文件", "文号", "依据"),
                example="江民发〔2022〕18号",
            ),
        ),
    )
)
