"""Register `party-organisations`, with the members counted and the present term as dated facts."""

import datetime as dt
from typing import Any

from django.db.models import DateField, FilteredRelation, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.models import PartyCount, PartyOrganisation, PartyTerm
from enterprises.party_checks import Numbers, Standing, add_months, breaches, hard, term_years
from enterprises.services.party_rules import numbers_on
from enterprises.services.search_keys import fill_party_organisation
from redprop.areas.models.dated import dated_on
from redprop.common.tabular import codes, facets, kinds, saving
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan, Row
from redprop.common.tabular.saving import by_paths, offer_names, scoped

organisation_rows = scoped(PartyOrganisation)

MEMBERS = ("full_members", "probationary_members", "activists")
FACETS = (
    facets.Facet(PartyCount, "organisation", {name: name for name in MEMBERS}, nothing=0),
    facets.Facet(PartyTerm, "organisation", {"term_ends_on": "ends_on"}),
)

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


def _rows(context: Context) -> Any:
    """Organisations with the count and the term of the context's day."""
    return organisation_rows(context).annotate(
        counted_on=Value(None, DateField()),
        present_count=FilteredRelation("counts", condition=dated_on(context.day, "counts__")),
        present_term=FilteredRelation("terms", condition=dated_on(context.day, "terms__")),
    )


def _counted(context: Context, plan: Plan, row: Row) -> dt.date:
    given = plan.value(row, "counted_on")
    if given:
        return given
    return context.day if row.old else plan.value(row, "founded_on") or context.day


def _elected(context: Context, plan: Plan, row: Row) -> dt.date:
    return plan.value(row, "elected_on") or plan.value(row, "founded_on") or context.day


def _check_organisations(context: Context, plan: Plan) -> None:
    codes.refuse_reused(context, plan)
    saving.refuse_out_of_order(plan, "founded_on", "dissolved_on")
    years: dict[dt.date, Any] = {}
    for row in plan.of(NEW, CHANGED):
        kind, form = plan.value(row, "kind") or "", plan.value(row, "form")
        if plan.differs(row, "kind", "form") and (kind or plan.given(row, "kind")):
            found = hard(breaches(Standing(form, kind, 1, 3), Numbers(), dt.date.max))
            if found:
                plan.refuse(row, "kind", found.sentence)
        elected, ends = plan.value(row, "elected_on"), plan.value(row, "term_ends_on")
        if elected and not ends and plan.differs(row, "elected_on"):
            plan.refuse(row, "elected_on", _("Enter the end of the term, too."))
        elif elected and ends and plan.differs(row, "elected_on", "term_ends_on"):
            if elected not in years:
                years[elected] = numbers_on(context.district, elected)
            latest = add_months(elected, 12 * term_years(kind, years[elected]))
            if not plan.differs(row, "term_ends_on"):
                plan.refuse(row, "elected_on", _("A new election needs the end of the new term. Enter it."))
            elif not elected < ends <= latest:
                plan.refuse(
                    row,
                    "term_ends_on",
                    _(
                        "The term of %(elected)s ends by %(day)s. Correct one of the two dates; a longer one is entered in the register of terms with its approval."
                    )
                    % {"elected": elected.isoformat(), "day": latest.isoformat()},
                )
    for facet, start in zip(FACETS, (_counted, _elected), strict=True):
        facets.check(context, plan, [facet], start)


def _after_organisations(context: Context, plan: Plan) -> None:
    for facet, start in zip(FACETS, (_counted, _elected), strict=True):
        facets.save(context, plan, [facet], start)


register(
    Register(
        name="party-organisations",
        title=gettext_lazy("party organisations"),
        model=PartyOrganisation,
        key=("code",),
        rows=_rows,
        order=("code",),
        prepare=_own_organisation,
        after=_after_organisations,
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
                "elected_on",
                "本届选举日期",
                kinds.Date(),
                ("换届日期", "选举日期"),
                attr=None,
                source="present_term__valid_from",
                help="不填：成立之日",
                example="2024-07-01",
            ),
            Column(
                "term_ends_on",
                "届满日期",
                kinds.Date(end=True),
                ("任期届满日期",),
                attr=None,
                source="present_term__ends_on",
                example="2027-06-30",
            ),
            Column(
                "counted_on",
                "人数截至日期",
                kinds.Date(),
                ("统计日期",),
                attr=None,
                transient=True,
                help="人数有变时填；不填为今天",
            ),
            Column(
                "full_members",
                "正式党员人数",
                kinds.Integer(units=("人", "名")),
                ("正式党员", "正式党员数"),
                attr=None,
                source="present_count__full_members",
                example="5",
            ),
            Column(
                "probationary_members",
                "预备党员人数",
                kinds.Integer(units=("人", "名")),
                ("预备党员", "预备党员数"),
                attr=None,
                source="present_count__probationary_members",
                example="1",
            ),
            Column(
                "activists",
                "入党积极分子人数",
                kinds.Integer(units=("人", "名")),
                ("入党积极分子", "积极分子人数"),
                attr=None,
                source="present_count__activists",
                example="2",
            ),
        ),
    )
)
