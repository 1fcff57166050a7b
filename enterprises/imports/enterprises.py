"""Registers `enterprises` and `projects`, and how other registers refer to them."""

from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.models import Enterprise, ServiceProject
from enterprises.services.search_keys import fill_enterprise, fill_project
from redprop.common.tabular import codes, kinds, saving
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Pending, Plan, Row
from redprop.common.tabular.saving import by_paths, offer_names, scoped
from redprop.common.text import name_key

enterprise_rows = scoped(Enterprise)
project_rows = scoped(ServiceProject)

ENTERPRISE_KINDS = (
    (Enterprise.Kind.MARKET.value, "市场化物业企业"),
    (Enterprise.Kind.PUBLIC_WELFARE.value, "公益性物业企业"),
)


def enterprise_reference() -> kinds.Reference:
    """An enterprise by credit code, name or short name."""
    return kinds.Reference(
        resolve=by_paths(enterprise_rows, "uscc", "name", "short_name"),
        what=gettext_lazy("enterprise"),
        offer=offer_names(enterprise_rows, code="uscc"),
        personal=True,
    )


def project_reference() -> kinds.Reference:
    """A service project by own code or name."""
    return kinds.Reference(
        resolve=by_paths(project_rows, "code", "name"),
        what=gettext_lazy("service project"),
        offer=offer_names(project_rows),
    )


def _own_project(context: Context, instance: Any) -> None:
    instance.district_id = context.district.pk
    fill_project(instance)


# --- enterprises -----------------------------------------------------------------------------------


def _own_enterprise(context: Context, instance: Model) -> None:
    assert isinstance(instance, Enterprise)
    instance.district_id = context.district.pk
    fill_enterprise(instance)
    if instance.registered_from is None:
        instance.registered_from = context.day


def _check_enterprises(context: Context, plan: Plan) -> None:
    saving.refuse_out_of_order(plan, "registered_from", "left_on")
    branches = set(
        enterprise_rows(saving.of_system(context)).filter(head__isnull=False).values_list("pk", flat=True)
    )
    own_branches = set()
    for row in plan.good():
        if plan.value(row, "head") is not None:
            own_branches.add(row.at)
            branches.add(row.pk)
    for row in plan.of(NEW, CHANGED):
        head = plan.value(row, "head")
        own_head = head.at if isinstance(head, Pending) else None
        if own_head == row.at or (head is not None and head == row.pk):
            plan.refuse(row, "head", _("An enterprise cannot be its own head company."))
        elif head in branches or own_head in own_branches:
            plan.refuse(row, "head", _("This enterprise is a branch itself. Choose its head company."))


register(
    Register(
        name="enterprises",
        title=gettext_lazy("enterprises"),
        model=Enterprise,
        key=("uscc",),
        rows=enterprise_rows,
        order=("uscc",),
        prepare=_own_enterprise,
        derived=("pinyin",),
        derived_from=("name", "short_name"),
        check=_check_enterprises,
        columns=(
            Column(
                "uscc",
                "统一社会信用代码",
                kinds.Uscc(),
                ("信用代码", "社会信用代码", "统一信用代码"),
                required=True,
                help="18 位，照营业执照填写",
                example="91350100M000100Y43",
            ),
            Column(
                "name",
                "企业名称",
                kinds.Name(longest=100),
                ("名称", "物业企业", "物业服务企业", "企业全称", "单位名称", "公司名称"),
                required=True,
                example="示范物业服务有限公司",
            ),
            Column("short_name", "企业简称", kinds.Name(longest=30), ("简称",), example="示范物业"),
            Column(
                "kind",
                "企业类型",
                kinds.Choice(
                    choices=ENTERPRISE_KINDS,
                    also=tuple(Enterprise.Kind.choices),
                    aliases={
                        "市场": "market",
                        "市场化": "market",
                        "公益": "public_welfare",
                        "公益性": "public_welfare",
                    },
                ),
                ("类型", "企业性质", "性质"),
                required=True,
                example="市场化物业企业",
            ),
            Column(
                "head",
                "总公司",
                enterprise_reference(),
                ("总公司信用代码", "上级公司", "所属总公司"),
                attr="head_id",
                shown="head__uscc",
                own=("uscc", "name", "short_name"),
                help="分公司填写总公司的信用代码或名称；总公司须已在册或在同一文件中",
            ),
            Column("address", "地址", kinds.Text(longest=200), ("注册地址", "办公地址", "企业地址")),
            Column(
                "work_phone",
                "工作电话",
                kinds.Text(longest=30, personal=True),
                ("联系电话", "办公电话", "电话"),
                example="027-82000000",
            ),
            Column(
                "registered_from",
                "登记日期",
                kinds.Date(),
                ("入册日期", "在册起始日期", "备案日期", "进入本区日期"),
                help="不填为导入当天",
                example="2017-03-01",
            ),
            Column("left_on", "退出日期", kinds.Date(end=True), ("离开本区日期", "退出本区日期")),
        ),
    )
)

# --- service projects ------------------------------------------------------------------------------


def _match_projects(context: Context, plan: Plan, rows: list[Row]) -> None:
    known: dict[Any, list[Any]] = {}
    for pk, code, name, enterprise in project_rows(saving.of_system(context)).values_list(
        "pk", "code", "name", "enterprise"
    ):
        known.setdefault((name_key(name), enterprise), []).append((pk, code))

    def name_of(row: Row) -> Any:
        name, enterprise = plan.value(row, "name"), plan.value(row, "enterprise")
        return (name_key(name), enterprise) if name and enterprise else None

    codes.match_by_name(context, plan, rows, name_of=name_of, known=known)


def _check_projects(context: Context, plan: Plan) -> None:
    codes.refuse_reused(context, plan)
    saving.refuse_out_of_order(plan, "started_on", "ended_on")


register(
    Register(
        name="projects",
        title=gettext_lazy("service projects"),
        model=ServiceProject,
        key=("code",),
        rows=project_rows,
        order=("code",),
        prepare=_own_project,
        derived=("pinyin",),
        match=_match_projects,
        allot=lambda context, plan: codes.allot(context, plan, prefix="FW", digits=4),
        allotted_key=True,
        check=_check_projects,
        columns=(
            Column(
                "code",
                "项目编号",
                kinds.Code(longest=20),
                ("编号", "项目编码", "编码", "项目代码"),
                help="新项目留空，系统自动编号",
                example="FW0001",
            ),
            Column(
                "name",
                "项目名称",
                kinds.Name(longest=100),
                ("名称", "物业服务项目", "物业项目"),
                required=True,
                example="红旗小区项目",
            ),
            Column(
                "enterprise",
                "统一社会信用代码",
                enterprise_reference(),
                ("企业名称", "物业企业", "物业服务企业", "企业", "企业信用代码", "信用代码"),
                required=True,
                fixed=True,
                attr="enterprise_id",
                shown="enterprise__uscc",
                help="企业的信用代码或名称；换企业须新建项目",
                example="91350100M000100Y43",
            ),
            Column(
                "enterprise_name",
                "服务企业",
                kinds.Text(),
                read_only=True,
                source="enterprise__name",
                help="仅供查看",
            ),
            Column(
                "started_on",
                "起始日期",
                kinds.Date(),
                ("开始日期", "进场日期", "服务起始日期"),
                required=True,
                example="2017-03-01",
            ),
            Column(
                "ended_on",
                "终止日期",
                kinds.Date(end=True),
                ("结束日期", "退场日期", "服务终止日期"),
                help="最后一天；仍在服务的留空",
            ),
            Column(
                "work_phone",
                "工作电话",
                kinds.Text(longest=30, personal=True),
                ("联系电话", "项目电话", "电话"),
            ),
        ),
    )
)
