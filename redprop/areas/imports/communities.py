"""Registers `subdistricts` and `communities`: columns, natural keys and how their dated versions are written."""

import datetime as dt
from typing import Any

from django.db.models import DateField, FilteredRelation, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from redprop.areas.models import Community, CommunityVersion, Subdistrict
from redprop.areas.models.dated import dated_on
from redprop.areas.services.search_keys import fill_community, fill_subdistrict
from redprop.common.tabular import facets, kinds
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import NEW, Plan, Row
from redprop.common.tabular.saving import by_paths, offer_names, scoped

subdistrict_rows = scoped(Subdistrict)


def open_communities(context: Context) -> Any:
    """Communities of the district that are not dissolved."""
    return scoped(Community)(context).filter(closed_on__isnull=True)


def any_community_reference() -> kinds.Reference:
    """A community by code or name, dissolved ones included: papers of the past keep theirs."""
    rows = scoped(Community)
    return kinds.Reference(
        resolve=by_paths(rows, "code", "name"),
        what=gettext_lazy("community"),
        offer=offer_names(open_communities),
    )


def subdistrict_reference() -> kinds.Reference:
    """A subdistrict by code or name."""
    return kinds.Reference(
        resolve=by_paths(subdistrict_rows, "code", "name"),
        what=gettext_lazy("subdistrict"),
        offer=offer_names(subdistrict_rows),
    )


def community_reference() -> kinds.Reference:
    """A community by code or name."""
    return kinds.Reference(
        resolve=by_paths(open_communities, "code", "name"),
        what=gettext_lazy("community"),
        offer=offer_names(open_communities),
    )


def _own_subdistrict(context: Context, instance: Any) -> None:
    instance.district_id = context.district.pk
    fill_subdistrict(instance)


def _own_community(context: Context, instance: Any) -> None:
    instance.district_id = context.district.pk
    fill_community(instance)


def check_inside_district(context: Context, plan: Plan, field: str = "code") -> None:
    """Official codes begin with the code of the district (the nine-digit ones of subdistricts too)."""
    for row in plan.of(NEW):
        code = plan.value(row, field)
        if code and not code.startswith(context.district.code[:6]):
            plan.refuse(
                row,
                field,
                _("The code %(code)s does not begin with %(district)s, the code of this district.")
                % {"code": code, "district": context.district.code[:6]},
            )


register(
    Register(
        name="subdistricts",
        title=gettext_lazy("subdistricts"),
        model=Subdistrict,
        key=("code",),
        rows=subdistrict_rows,
        order=("code",),
        prepare=_own_subdistrict,
        derived=("pinyin",),
        check=check_inside_district,
        columns=(
            Column(
                "code",
                "街道代码",
                kinds.Code(longest=12),
                ("代码", "编码", "区划代码", "统计用区划代码", "街道编码", "street_code"),
                required=True,
                help="统计用区划代码，9 位",
                example="420102002",
            ),
            Column(
                "name",
                "街道名称",
                kinds.Name(longest=50),
                ("名称", "街道", "街道办事处", "单位名称", "street_name"),
                required=True,
                example="大智街道",
            ),
        ),
    )
)


# --- communities -----------------------------------------------------------------------------------

VERSIONS = (
    facets.Facet(
        CommunityVersion,
        "community",
        {"name": "name", "code": "code", "subdistrict": "subdistrict_id", "edition": "edition"},
    ),
)


def _community_rows(context: Context) -> Any:
    return (
        scoped(Community)(context)
        .filter(closed_on__isnull=True)
        .annotate(
            change_from=Value(None, DateField()),
            version=FilteredRelation("versions", condition=dated_on(context.day, "versions__")),
        )
    )


def _start(context: Context, plan: Plan, row: Row) -> dt.date:
    return plan.value(row, "change_from") or context.day


def _check_communities(context: Context, plan: Plan) -> None:
    check_inside_district(context, plan)
    facets.check(context, plan, VERSIONS, _start)


def _save_versions(context: Context, plan: Plan) -> None:
    facets.save(context, plan, VERSIONS, _start)


COMMUNITIES = register(
    Register(
        name="communities",
        title=gettext_lazy("communities"),
        model=Community,
        key=("code",),
        rows=_community_rows,
        order=("code",),
        prepare=_own_community,
        derived=("pinyin",),
        check=_check_communities,
        after=_save_versions,
        columns=(
            Column(
                "code",
                "社区代码",
                kinds.Code(longest=12),
                ("代码", "编码", "区划代码", "统计用区划代码", "社区编码", "居委会代码"),
                required=True,
                help="统计用区划代码，12 位",
                example="420102002003",
            ),
            Column(
                "name",
                "社区名称",
                kinds.Name(longest=50),
                ("名称", "社区", "居委会", "社区居委会"),
                required=True,
                example="保成社区",
            ),
            Column(
                "subdistrict",
                "街道",
                subdistrict_reference(),
                ("街道代码", "街道编码", "所属街道", "街道名称", "street_code", "street_name", "街道办事处"),
                required=True,
                attr="subdistrict_id",
                shown="subdistrict__name",
                help="街道名称或代码",
                example="大智街道",
            ),
            Column(
                "edition",
                "区划版本",
                kinds.Text(longest=20),
                ("版本", "as_of"),
                attr=None,
                source="version__edition",
                help="统计用区划代码的年度版本",
                example="2023",
            ),
            Column(
                "change_from",
                "变更生效日期",
                kinds.Date(),
                ("生效日期", "启用日期"),
                attr=None,
                transient=True,
                help="新社区的启用日期，或更名、调整街道的生效日期；不填为导入当天",
                example="2023-06-30",
            ),
        ),
    )
)
