"""Register `compounds`: keys, matching by name, and the dated facts of a compound."""

from decimal import Decimal
from typing import Any

from django.db.models import CharField, DateField, FilteredRelation, Model, Value
from django.utils.translation import gettext_lazy

from communities.imports import compound_checks, matching
from communities.imports.compound_kinds import (
    COMPOUND_KINDS,
    CONDITION_ALIASES,
    CONDITIONS,
    class_kind,
    compound_rows,
)
from communities.models import Compound, CompoundKind
from communities.services.search_keys import fill_compound
from redprop.areas.imports import community_reference, subdistrict_reference
from redprop.areas.models.dated import dated_on
from redprop.common.tabular import codes, kinds
from redprop.common.tabular.declare import Column, Context, Register, register

_HEADERS = {
    "lng": ("高德经度", "百度经度", "GPS经度", "amap_lng", "gcj_lng", "bd_lng", "wgs_lng"),
    "lat": ("高德纬度", "百度纬度", "GPS纬度", "amap_lat", "gcj_lat", "bd_lat", "wgs_lat"),
}
"""Headers that tell the datum, too."""


def _rows(context: Context) -> Any:
    """Compounds with what holds on the context's day, one join for each dated fact."""
    return compound_rows(context).annotate(
        change_from=Value(None, DateField()),
        handling=Value("", CharField()),
        district_name=Value("", CharField()),
        placement=FilteredRelation("placements", condition=dated_on(context.day, "placements__")),
        present_kind=FilteredRelation("kinds", condition=dated_on(context.day, "kinds__")),
        present_class=FilteredRelation("classes", condition=dated_on(context.day, "classes__")),
    )


def _prepare(context: Context, instance: Model) -> None:
    assert isinstance(instance, Compound)
    instance.district_id = context.district.pk
    fill_compound(instance)
    if instance.registered_from is None:
        instance.registered_from = context.day


register(
    Register(
        name="compounds",
        title=gettext_lazy("compounds"),
        model=Compound,
        key=("code",),
        rows=_rows,
        order=("code",),
        prepare=_prepare,
        derived=("pinyin", "normalised_name", "match_key"),
        derived_from=("name", "aliases"),
        match=matching.match,
        check=compound_checks.check,
        allot=lambda context, plan: codes.allot(context, plan, prefix="XQ", digits=4),
        after=compound_checks.after,
        allotted_key=True,
        part_wise=True,
        columns=(
            Column(
                "code",
                "小区编号",
                kinds.Code(longest=20),
                ("编号", "小区编码", "小区代码", "编码"),
                help="新小区留空，系统自动编号；编号不重复使用",
                example="XQ0001",
            ),
            Column(
                "name",
                "小区名称",
                kinds.Name(longest=100),
                ("名称", "楼盘名称", "小区", "楼盘", "住宅小区名称"),
                required=True,
                example="红旗小区",
            ),
            Column("aliases", "别名", kinds.Several(), ("曾用名", "其他名称"), help="多个别名用顿号隔开"),
            Column(
                "address",
                "地址",
                kinds.Text(longest=200),
                ("小区地址", "楼盘地址", "坐落", "详细地址"),
                example="解放大道1号",
            ),
            Column(
                "subdistrict",
                "街道",
                subdistrict_reference(),
                ("所属街道", "街道名称", "街道代码", "街道办事处"),
                attr=None,
                transient=True,
                source="placement__community__subdistrict",
                shown="placement__community__subdistrict__name",
                help="用于核对社区和按名称匹配",
                example="大智街道",
            ),
            Column(
                "community",
                "社区代码",
                community_reference(),
                ("社区", "所属社区", "社区名称", "社区编码", "社区居委会"),
                attr=None,
                source="placement__community",
                shown="placement__community__code",
                help="社区代码或名称；留空的小区列入“待归属”清单",
                example="420102002003",
            ),
            Column(
                "community_name",
                "现属社区",
                kinds.Text(),
                read_only=True,
                source="placement__community__name",
            ),
            Column(
                "kind",
                "小区类型",
                kinds.Choice(
                    choices=COMPOUND_KINDS,
                    also=tuple(CompoundKind.Kind.choices),
                    aliases={
                        "专业": "professional",
                        "专业物业": "professional",
                        "专业物业服务": "professional",
                        "老旧": "old",
                    },
                ),
                ("类型",),
                attr=None,
                source="present_kind__kind",
                example="老旧小区",
            ),
            Column(
                "compound_class",
                "小区类别",
                class_kind(),
                ("类别", "老旧小区类别", "档次"),
                attr=None,
                source="present_class__compound_class",
                help="仅老旧小区填写",
                example="二类",
            ),
            Column(
                "change_from",
                "变更生效日期",
                kinds.Date(),
                ("生效日期",),
                attr=None,
                transient=True,
                help="社区、类型、类别自哪天起生效；不填：新小区为登记日期，已有小区为导入当天",
                example="2017-03-01",
            ),
            Column(
                "year_built",
                "建成年份",
                kinds.Year(),
                ("建成年代", "建筑年代", "竣工年份", "buildYear"),
                example="1992",
            ),
            Column("buildings", "楼栋数", kinds.Integer(units=("栋", "幢")), ("栋数", "楼栋"), example="12"),
            Column("households", "户数", kinds.Integer(units=("户",)), ("总户数", "住户数"), example="480"),
            Column(
                "residents",
                "人口",
                kinds.Integer(units=("人",)),
                ("居民人数", "人口数", "常住人口"),
                example="1320",
            ),
            Column(
                "floor_area",
                "建筑面积（㎡）",
                kinds.Number(
                    places=2,
                    least=Decimal("0.01"),
                    most=Decimal("9999999999"),
                    units=("平方米", "m2", "平米", "平方"),
                ),
                ("建筑面积", "面积", "总建筑面积"),
                example="36000.00",
            ),
            *(
                Column(
                    name,
                    header,
                    kinds.Choice(
                        choices=CONDITIONS, also=tuple(Compound.Condition.choices), aliases=CONDITION_ALIASES
                    ),
                    aliases,
                    example="一般",
                )
                for name, header, aliases in (
                    ("building_condition", "房屋状况", ("建筑状况", "楼体状况")),
                    ("road_condition", "路面状况", ("道路状况", "路面")),
                    ("wiring_condition", "线路状况", ("管线状况", "线路")),
                    ("greening_condition", "绿化状况", ("绿化",)),
                )
            ),
            Column("surveyed_on", "摸底日期", kinds.Date(), ("调查日期", "普查日期"), example="2017-03-20"),
            Column(
                "longitude",
                "经度",
                kinds.Number(places=6, least=73, most=136),
                ("lng", "lon", *_HEADERS["lng"]),
            ),
            Column("latitude", "纬度", kinds.Number(places=6, least=3, most=54), ("lat", *_HEADERS["lat"])),
            Column(
                "datum",
                "坐标系",
                kinds.Choice(choices=tuple((d.value, str(d.label)) for d in Compound.Datum)),
                help="有经纬度时必填；表头写明高德、百度等的可不填",
            ),
            Column(
                "registered_from",
                "登记日期",
                kinds.Date(),
                ("入册日期", "在册起始日期", "登记起始日期"),
                help="不填为导入当天",
                example="2017-03-01",
            ),
            Column(
                "district_name",
                "所属区",
                kinds.Text(longest=40),
                ("行政区", "区县", "城区", "amap_adname", "municipal_district"),
                attr=None,
                transient=True,
                help="只用于核对：写有外区的行不导入",
            ),
            Column(
                "handling",
                "处理",
                kinds.Choice(choices=((matching.IS_NEW, "新建"),), aliases={"新增": matching.IS_NEW}),
                ("处理方式",),
                attr=None,
                transient=True,
                help="没有编号、名称又与已有小区相近的新小区，写“新建”",
            ),
            Column("retired_on", "注销日期", kinds.Date(end=True), ("拆除日期", "退出日期")),
        ),
    )
)
