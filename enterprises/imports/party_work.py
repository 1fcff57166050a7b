"""Registers `party-counts`, `party-terms` and `adviser-visits`: what is known of party organisations over time."""

import datetime as dt
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.imports.party import MEMBERS, organisation_reference, organisation_rows
from enterprises.imports.posts import ENTERPRISE, PERSON, PERSON_NAME
from enterprises.models import (
    AdviserVisit,
    PartyCount,
    PartyCoverage,
    PartyOrganisation,
    PartyPost,
    PartyTerm,
)
from enterprises.party_checks import add_months, term_years
from enterprises.services.party_rules import numbers_on
from redprop.common.tabular import bulk, kinds, saving
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan
from redprop.common.tabular.saving import scoped

A_DAY = dt.timedelta(days=1)

ORGANISATION = Column(
    "organisation",
    "党组织编号",
    organisation_reference(),
    ("党组织名称", "党组织"),
    required=True,
    attr="organisation_id",
    shown="organisation__code",
    example="DZ0001",
)
ORGANISATION_NAME = Column(
    "organisation_name",
    "党组织全称",
    kinds.Text(),
    read_only=True,
    source="organisation__name",
    help="仅供查看",
)
UNTIL = Column(
    "valid_to",
    "终止日期",
    kinds.Date(end=True),
    ("截止日期", "至", "止"),
    help="最后一天；最近一条留空，新的一条自动结束上一条",
)


def _people(field: str, header: str, *more: str, example: str) -> Column:
    return Column(field, header, kinds.Integer(units=("人", "名")), more, example=example)


def _uncounted(context: Context, instance: Any) -> None:
    """What the file does not count is none."""
    for name in MEMBERS:
        if getattr(instance, name) is None:
            setattr(instance, name, 0)


ENDED = "counts that a new one ends"


def _end_open_counts(plan: Plan) -> set[tuple[Any, Any]]:
    """Let each new count end the one before it: in the file at once, in the register when it is written (one query).

    Returns organisation and first day of the stored rows that end.
    """
    rows = [row for row in plan.good() if plan.value(row, "valid_from")]
    for older, newer in pairwise(
        sorted(rows, key=lambda row: (str(plan.value(row, "organisation")), plan.value(row, "valid_from")))
    ):
        same = plan.value(older, "organisation") == plan.value(newer, "organisation")
        open_end = older.old is None and not plan.given(older, "valid_to")
        if same and open_end and plan.value(older, "valid_from") < plan.value(newer, "valid_from"):
            plan.set(older, "valid_to", plan.value(newer, "valid_from") - A_DAY)
    first: dict[Any, Any] = {}
    for row in rows:
        if row.old is None:
            owner, day = plan.value(row, "organisation"), plan.value(row, "valid_from")
            first[owner] = min(day, first.get(owner, day))
    known = {row.pk for row in rows if row.pk is not None}
    stored = PartyCount.objects.filter(organisation__in=first, valid_to=None).exclude(pk__in=known)
    ended = {
        one: first[one.organisation_id] - A_DAY
        for one in stored
        if one.valid_from < first[one.organisation_id]
    }
    plan.memory[ENDED] = [(one.pk, day) for one, day in ended.items()]
    return {(one.organisation_id, one.valid_from) for one in ended}


def _save_ended(context: Context, plan: Plan) -> None:
    """Write the ends (one query, one update)."""
    days = dict(plan.memory.get(ENDED, ()))
    rows = list(PartyCount.objects.select_for_update().filter(pk__in=days, valid_to=None))
    for row in rows:
        row.valid_to = days[row.pk]
    bulk.update(rows, ["valid_to"])


def _check_counts(context: Context, plan: Plan) -> None:
    saving.refuse_out_of_order(plan)
    ended = _end_open_counts(plan)
    saving.refuse_overlaps(
        context,
        plan,
        by=("organisation",),
        only=lambda value: (value("organisation"), value("valid_from")) not in ended,
        message=_("Another count of this organisation holds on some of these days. End that one first."),
    )


register(
    Register(
        name="party-counts",
        prepare=_uncounted,
        derived=MEMBERS,
        derived_from=MEMBERS,
        page_path="organisation",
        title=gettext_lazy("counts of members"),
        model=PartyCount,
        key=("organisation", "valid_from"),
        rows=scoped(PartyCount, "organisation__district"),
        before=_save_ended,
        order=("organisation__code", "valid_from"),
        check=_check_counts,
        columns=(
            ORGANISATION,
            ORGANISATION_NAME,
            Column(
                "valid_from",
                "统计日期",
                kinds.Date(),
                ("截至日期", "起始日期"),
                required=True,
                example="2026-06-30",
            ),
            UNTIL,
            _people("full_members", "正式党员人数", "正式党员", "正式党员数", example="5"),
            _people("probationary_members", "预备党员人数", "预备党员", "预备党员数", example="1"),
            _people("activists", "入党积极分子人数", "入党积极分子", "积极分子人数", example="2"),
        ),
    )
)


def _check_terms(context: Context, plan: Plan) -> None:
    saving.refuse_out_of_order(plan)
    known = {
        pk: (kind, founded)
        for pk, kind, founded in organisation_rows(saving.of_system(context)).values_list(
            "pk", "kind", "founded_on"
        )
    }
    numbers: dict[Any, Any] = {}
    for row in plan.of(NEW, CHANGED):
        first, ends = plan.value(row, "valid_from"), plan.value(row, "ends_on")
        kind, founded = known.get(plan.value(row, "organisation"), ("", None))
        if first is None or ends is None:
            continue
        if founded and first < founded:
            plan.refuse(
                row,
                "valid_from",
                _("The election is before the organisation was founded (%(day)s). Correct the date.")
                % {"day": founded.isoformat()},
            )
            continue
        if first not in numbers:
            numbers[first] = numbers_on(context.district, first)
        years = term_years(kind, numbers[first])
        latest = add_months(first, 12 * years)
        extended, approval = plan.value(row, "extended_to"), plan.value(row, "approval")
        if ends <= first:
            plan.refuse(row, "ends_on", _("The term ends after the election. Correct one of the two dates."))
        elif ends > latest and not approval:
            plan.refuse(
                row,
                "ends_on",
                _(
                    "A term lasts %(years)s years, until %(day)s. Correct the day, or enter the document that allowed a longer one."
                )
                % {"years": years, "day": latest.isoformat()},
            )
        elif extended and (extended <= ends or not approval):
            plan.refuse(
                row,
                "extended_to",
                _("A term is extended to a later day, by a document. Enter both, or leave both empty."),
            )
    saving.refuse_overlaps(
        context,
        plan,
        by=("organisation",),
        message=_("Another term of this organisation holds on some of these days. End that one first."),
    )


register(
    Register(
        name="party-terms",
        page_path="organisation",
        title=gettext_lazy("terms of party organisations"),
        model=PartyTerm,
        key=("organisation", "valid_from"),
        rows=scoped(PartyTerm, "organisation__district"),
        order=("organisation__code", "valid_from"),
        check=_check_terms,
        columns=(
            ORGANISATION,
            ORGANISATION_NAME,
            Column(
                "valid_from",
                "选举日期",
                kinds.Date(),
                ("换届日期", "起始日期"),
                required=True,
                example="2024-07-01",
            ),
            Column(
                "ends_on",
                "届满日期",
                kinds.Date(end=True),
                ("任期届满日期",),
                required=True,
                example="2027-06-30",
            ),
            UNTIL,
            Column("extended_to", "延期至", kinds.Date(end=True), ("延期换届至",)),
            Column("approval", "批准文号", kinds.Text(longest=100), ("批复",), help="延期、提前换届的批复"),
        ),
    )
)


def _check_visits(context: Context, plan: Plan) -> None:
    """Visits by advisers in post, to units that their group looked after (three queries)."""
    rows = list(plan.of(NEW, CHANGED))
    pks = {plan.value(row, "organisation") for row in rows}
    advisers = set(PartyOrganisation.objects.filter(pk__in=pks, form="adviser").values_list("pk", flat=True))
    covered: dict[Any, list[Any]] = {}
    for organisation, enterprise, *span in PartyCoverage.objects.filter(
        organisation__in=advisers
    ).values_list("organisation", "enterprise", "valid_from", "valid_to"):
        covered.setdefault((organisation, enterprise), []).append(span)
    posts: dict[Any, list[Any]] = {}
    for organisation, person, *span in PartyPost.objects.filter(
        organisation__in=advisers, kind="adviser"
    ).values_list("organisation", "person", "valid_from", "valid_to"):
        posts.setdefault((organisation, person), []).append(span)

    def holds(spans: list[Any], day: Any) -> bool:
        return any(first <= day and (last is None or day <= last) for first, last in spans)

    for row in rows:
        organisation, day = plan.value(row, "organisation"), plan.value(row, "visited_on")
        if day > context.day:
            plan.refuse(row, "visited_on", _("%(day)s is in the future. Correct the date.") % {"day": day})
        elif organisation not in advisers:
            plan.refuse(
                row, "organisation", _("This is no adviser's group. Name the group that sends the adviser.")
            )
        elif not holds(covered.get((organisation, plan.value(row, "enterprise")), []), day):
            plan.refuse(
                row,
                "enterprise",
                _(
                    "On %(day)s this group did not look after the enterprise. Correct the day or the enterprise."
                )
                % {"day": day},
            )
        elif not holds(posts.get((organisation, plan.value(row, "person")), []), day):
            plan.refuse(
                row,
                "person",
                _(
                    "Nobody of this name was the group's adviser on %(day)s. Enter the post first, or correct it."
                )
                % {"day": day},
            )


register(
    Register(
        name="adviser-visits",
        title=gettext_lazy("advisers' visits"),
        model=AdviserVisit,
        key=("enterprise", "person", "visited_on"),
        rows=scoped(AdviserVisit, "organisation__district"),
        order=("organisation__code", "visited_on", "enterprise__uscc"),
        check=_check_visits,
        columns=(
            ORGANISATION,
            ORGANISATION_NAME,
            ENTERPRISE,
            PERSON,
            PERSON_NAME,
            Column(
                "visited_on",
                "走访日期",
                kinds.Date(),
                ("日期", "指导日期"),
                required=True,
                example="2026-09-10",
            ),
            Column(
                "subject", "工作内容", kinds.Text(longest=100), ("内容", "指导内容"), example="指导筹建党支部"
            ),
        ),
    )
)

__all__ = ["ORGANISATION", "ORGANISATION_NAME"]
