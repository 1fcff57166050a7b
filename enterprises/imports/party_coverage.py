"""Registers `party-coverage` and `party-posts`: whom an organisation covers, and its leadership team."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.imports.enterprises import enterprise_reference, project_reference, project_rows
from enterprises.imports.party import organisation_reference, organisation_rows
from enterprises.models import PartyCoverage, PartyOrganisation, PartyPost
from enterprises.party_checks import Standing, breaches, hard
from enterprises.services.party_rules import numbers_on
from redprop.common.tabular import kinds, saving
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan
from redprop.common.tabular.saving import scoped
from redprop.core.imports import person_reference

PARTY_POSTS = (
    (PartyPost.Kind.SECRETARY.value, "书记"),
    (PartyPost.Kind.DEPUTY.value, "副书记"),
    (PartyPost.Kind.ORGANISATION.value, "组织委员"),
    (PartyPost.Kind.PUBLICITY.value, "宣传委员"),
    (PartyPost.Kind.DISCIPLINE.value, "纪检委员"),
    (PartyPost.Kind.ADVISER.value, "党建指导员"),
)


def _refuse_too_many(context: Context, plan: Plan) -> None:
    """Refuse rows by which an organisation has more enterprises than its form allows on the row's first day."""
    rows = [row for row in plan.of(NEW, CHANGED) if plan.value(row, "project") is None]
    pks = {plan.value(row, "organisation") for row in rows}
    organisations = PartyOrganisation.objects.in_bulk([pk for pk in pks if isinstance(pk, int)])
    spans: dict[Any, list[tuple[Any, dt.date, dt.date | None]]] = {}
    known = {row.pk for row in plan.good() if row.pk is not None}
    stored = PartyCoverage.objects.filter(organisation__in=organisations, project=None)
    for pk, organisation, *span in stored.values_list(
        "pk", "organisation", "enterprise", "valid_from", "valid_to"
    ):
        if pk not in known:
            spans.setdefault(organisation, []).append(tuple(span))  # type: ignore[arg-type]
    for row in plan.good():
        if plan.value(row, "project") is None and plan.value(row, "organisation") in organisations:
            spans.setdefault(plan.value(row, "organisation"), []).append(
                (plan.value(row, "enterprise"), plan.value(row, "valid_from"), plan.value(row, "valid_to"))
            )
    numbers = numbers_on(context.district, context.day)
    for row in rows:
        organisation, day = organisations.get(plan.value(row, "organisation")), plan.value(row, "valid_from")
        if organisation is None or day is None:
            continue
        units = {
            enterprise
            for enterprise, first, last in spans[organisation.pk]
            if first and first <= day and (last is None or day <= last)
        }
        found = hard(breaches(Standing(organisation.form, organisation.kind, len(units), 3), numbers, day))
        if found and found.code.endswith("-units"):
            plan.refuse(row, "organisation", found.sentence)


def _check_coverage(context: Context, plan: Plan) -> None:
    saving.refuse_out_of_order(plan)
    of_enterprise = dict(project_rows(saving.of_system(context)).values_list("pk", "enterprise"))
    for row in plan.of(NEW, CHANGED):
        project = plan.value(row, "project")
        if project and of_enterprise.get(project) != plan.value(row, "enterprise"):
            plan.refuse(
                row, "project", _("This project belongs to another enterprise. Correct one of the two.")
            )
    _refuse_too_many(context, plan)
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
            Column(
                "qualified_on",
                "任职资格确认日期",
                kinds.Date(),
                ("资格确认日期",),
                help="组织部门确认符合任职条件之日",
                example="2017-06-20",
            ),
        ),
    )
)
