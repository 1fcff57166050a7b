"""Registers `party-organisations`, `party-coverage` and `party-posts`."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.imports.enterprises import (
    enterprise_reference,
    project_reference,
    project_rows,
)
from enterprises.models import PartyCoverage, PartyOrganisation, PartyPost
from enterprises.services.search_keys import fill_party_organisation
from redprop.common.tabular import codes, kinds, saving
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan
from redprop.common.tabular.saving import by_paths, offer_names, scoped
from redprop.core.imports import person_reference

organisation_rows = scoped(PartyOrganisation)

ORGANISATION_KINDS = (
    (PartyOrganisation.Kind.COMMITTEE.value, "党委"),
    (PartyOrganisation.Kind.GENERAL_BRANCH.value, "党总支"),
    (PartyOrganisation.Kind.BRANCH.value, "党支部"),
    (PartyOrganisation.Kind.JOINT_BRANCH.value, "联合党支部"),
)
FORMS = (
    (PartyOrganisation.Form.SINGLE.value, "单建"),
    (PartyOrganisation.Form.JOINT.value, "联建"),
    (PartyOrganisation.Form.ADVISER.value, "党建指导员"),
)
PARTY_POSTS = (
    (PartyPost.Kind.SECRETARY.value, "书记"),
    (PartyPost.Kind.DEPUTY.value, "副书记"),
    (PartyPost.Kind.ORGANISATION.value, "组织委员"),
    (PartyPost.Kind.PUBLICITY.value, "宣传委员"),
    (PartyPost.Kind.DISCIPLINE.value, "纪检委员"),
    (PartyPost.Kind.ADVISER.value, "党建指导员"),
)


def organisation_reference() -> kinds.Reference:
    """A party organisation by own code or name."""
    return kinds.Reference(
        resolve=by_paths(organisation_rows, "code", "name"),
        what=gettext_lazy("party organisation"),
        offer=offer_names(organisation_rows),
    )


def _own_organisation(context: Context, instance: Any) -> None:
    instance.district_id = context.district.pk
    fill_party_organisation(instance)


def _check_organisations(context: Context, plan: Plan) -> None:
    codes.refuse_reused(context, plan)
    saving.refuse_out_of_order(plan, "founded_on", "dissolved_on")


register(
    Register(
        name="party-organisations",
        title=gettext_lazy("party organisations"),
        model=PartyOrganisation,
        key=("code",),
        rows=organisation_rows,
        order=("code",),
        prepare=_own_organisation,
        derived=("pinyin",),
        allot=lambda context, plan: codes.allot(context, plan, prefix="DZ", digits=4),
        allotted_key=True,
        check=_check_organisations,
        columns=(
            Column(
                "code",
                "党组织编号",
                kinds.Code(longest=20),
                ("编号", "党组织编码", "编码"),
                help="新建党组织留空，系统自动编号",
                example="DZ0001",
            ),
            Column(
                "name",
                "党组织名称",
                kinds.Name(longest=100),
                ("名称", "党组织全称"),
                required=True,
                help="与印章一致的全称",
                example="中共示范物业支部委员会",
            ),
            Column(
                "kind",
                "党组织类别",
                kinds.Choice(choices=ORGANISATION_KINDS, also=tuple(PartyOrganisation.Kind.choices)),
                ("类别",),
                example="党支部",
            ),
            Column(
                "form",
                "组建形式",
                kinds.Choice(
                    choices=FORMS,
                    also=tuple(PartyOrganisation.Form.choices),
                    aliases={
                        "单独组建": "single",
                        "联合组建": "joint",
                        "指导员": "adviser",
                        "选派指导员": "adviser",
                    },
                ),
                ("组建方式", "建立形式"),
                required=True,
                example="单建",
            ),
            Column(
                "founded_on", "成立日期", kinds.Date(), ("组建日期",), required=True, example="2017-07-01"
            ),
            Column("dissolved_on", "撤销日期", kinds.Date(end=True)),
            Column(
                "term_ends_on",
                "届满日期",
                kinds.Date(end=True),
                ("换届日期", "任期届满日期"),
                example="2027-06-30",
            ),
            Column(
                "full_members",
                "正式党员人数",
                kinds.Integer(units=("人", "名")),
                ("正式党员", "正式党员数"),
                example="5",
            ),
            Column(
                "probationary_members",
                "预备党员人数",
                kinds.Integer(units=("人", "名")),
                ("预备党员", "预备党员数"),
                example="1",
            ),
            Column(
                "activists",
                "入党积极分子人数",
                kinds.Integer(units=("人", "名")),
                ("入党积极分子", "积极分子人数"),
                example="2",
            ),
        ),
    )
)


def _check_coverage(context: Context, plan: Plan) -> None:
    saving.refuse_out_of_order(plan)
    of_enterprise = dict(project_rows(saving.of_system(context)).values_list("pk", "enterprise"))
    for row in plan.of(NEW, CHANGED):
        project = plan.value(row, "project")
        if project and of_enterprise.get(project) != plan.value(row, "enterprise"):
            plan.refuse(
                row, "project", _("This project belongs to another enterprise. Correct one of the two.")
            )
    saving.refuse_overlaps(
        context,
        plan,
        by=("project",),
        message=_("Another party organisation covers this project on some of these days."),
        only=lambda value: value("project") is not None,
    )
    saving.refuse_overlaps(
        context,
        plan,
        by=("enterprise",),
        message=_("Another party organisation covers this enterprise on some of these days."),
        only=lambda value: value("project") is None,
    )


_FROM = Column(
    "valid_from", "起始日期", kinds.Date(), ("开始日期", "自", "起"), required=True, example="2017-07-01"
)
_TO = Column(
    "valid_to",
    "终止日期",
    kinds.Date(end=True),
    ("结束日期", "截止日期", "至", "止"),
    help="最后一天；仍有效的留空",
)

register(
    Register(
        name="party-coverage",
        page_path="organisation",
        title=gettext_lazy("coverage by party organisations"),
        model=PartyCoverage,
        key=("organisation", "enterprise", "project", "valid_from"),
        rows=scoped(PartyCoverage, "organisation__district"),
        order=("organisation__code", "enterprise__uscc", "project__code", "valid_from"),
        check=_check_coverage,
        optional_key=("project",),
        columns=(
            Column(
                "organisation",
                "党组织编号",
                organisation_reference(),
                ("党组织名称", "党组织"),
                required=True,
                attr="organisation_id",
                shown="organisation__code",
                example="DZ0001",
            ),
            Column(
                "enterprise",
                "统一社会信用代码",
                enterprise_reference(),
                ("企业名称", "物业企业", "企业"),
                required=True,
                attr="enterprise_id",
                shown="enterprise__uscc",
                example="91350100M000100Y43",
            ),
            Column(
                "project",
                "项目编号",
                project_reference(),
                ("项目名称", "项目"),
                attr="project_id",
                shown="project__code",
                help="覆盖企业本部的留空",
                example="FW0001",
            ),
            _FROM,
            _TO,
        ),
    )
)


def _check_posts(context: Context, plan: Plan) -> None:
    saving.refuse_out_of_order(plan)
    founded = dict(organisation_rows(saving.of_system(context)).values_list("pk", "founded_on"))
    for row in plan.of(NEW, CHANGED):
        first: dt.date | None = founded.get(plan.value(row, "organisation"))
        if first and plan.value(row, "valid_from") < first:
            plan.refuse(
                row,
                "valid_from",
                _("The post begins before the party organisation was founded (%(day)s). Correct the date.")
                % {"day": first.isoformat()},
            )
    saving.refuse_overlaps(
        context,
        plan,
        by=("organisation",),
        message=_("This organisation already has a secretary on some of these days. End that post first."),
        only=lambda value: value("kind") == PartyPost.Kind.SECRETARY,
    )
    saving.refuse_overlaps(
        context,
        plan,
        by=("organisation", "person", "kind"),
        message=_("This person already holds this post on some of these days."),
    )


register(
    Register(
        name="party-posts",
        title=gettext_lazy("party posts"),
        model=PartyPost,
        key=("organisation", "person", "kind", "valid_from"),
        rows=scoped(PartyPost, "organisation__district"),
        order=("organisation__code", "person__code", "kind", "valid_from"),
        check=_check_posts,
        columns=(
            Column(
                "organisation",
                "党组织编号",
                organisation_reference(),
                ("党组织名称", "党组织"),
                required=True,
                attr="organisation_id",
                shown="organisation__code",
                example="DZ0001",
            ),
            Column(
                "person",
                "人员编号",
                person_reference(),
                ("姓名", "人员"),
                required=True,
                attr="person_id",
                shown="person__code",
                help="人员编号；无重名时可填姓名",
                example="RY00001",
            ),
            Column(
                "person_name",
                "人员姓名",
                kinds.Text(),
                read_only=True,
                source="person__name",
                help="仅供查看",
            ),
            Column(
                "kind",
                "职务",
                kinds.Choice(
                    choices=PARTY_POSTS,
                    also=tuple(PartyPost.Kind.choices),
                    aliases={"党组织书记": "secretary", "支部书记": "secretary", "党支部书记": "secretary"},
                ),
                ("党内职务",),
                required=True,
                example="书记",
            ),
            _FROM,
            _TO,
        ),
    )
)
