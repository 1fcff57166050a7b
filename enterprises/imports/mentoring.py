"""Register `mentors`: two at once, one from the firm and one from the community."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.imports.enterprises import enterprise_reference
from enterprises.imports.posts import FROM, PERSON_NAME, TO
from enterprises.models import Graduate, Mentorship, Post
from enterprises.services.talent_rules import talent_numbers_on
from enterprises.talent_checks import check_load
from redprop.areas.imports import community_reference
from redprop.common.errors import Refused
from redprop.common.tabular import kinds, saving
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan
from redprop.common.tabular.saving import scoped
from redprop.core.imports import person_reference

SIDES = ((Mentorship.Side.FIRM.value, "企业导师"), (Mentorship.Side.COMMUNITY.value, "社区导师"))
ENDS = (
    (Mentorship.End.DONE.value, "期满"),
    (Mentorship.End.MENTOR_LEFT.value, "导师离岗"),
    (Mentorship.End.PERSON_LEFT.value, "学员离岗"),
    (Mentorship.End.CHANGED.value, "更换导师"),
)


def holds(spans: Any, day: dt.date) -> bool:
    return any(first <= day and (last is None or day <= last) for first, last in spans)


def _posts_of(people: set[Any]) -> dict[Any, dict[Any, list[Any]]]:
    """Person → enterprise → spans of posts (one query)."""
    found: dict[Any, dict[Any, list[Any]]] = {}
    for person, firm, *span in Post.objects.filter(person__among=people).values_list(
        "person", "enterprise", "valid_from", "valid_to"
    ):
        found.setdefault(person, {}).setdefault(firm, []).append(tuple(span))
    return found


def _check_mentors(context: Context, plan: Plan) -> None:
    """The rules of `services.mentors.check_mentorship`, for all rows at once (three queries)."""
    saving.refuse_out_of_order(plan)
    rows = [row for row in plan.of(NEW, CHANGED) if plan.value(row, "valid_from")]
    people = {plan.value(row, name) for row in rows for name in ("person", "mentor")} - {None}
    posts = _posts_of(people)
    graduates = set(Graduate.objects.filter(person__among=people).values_list("person", flat=True))
    for row in rows:
        if wrong := _wrong_mentor(context, plan, row, posts, graduates):
            plan.refuse(row, *wrong)
    _check_loads(context, plan)
    saving.refuse_overlaps(
        context,
        plan,
        by=("person", "side"),
        message=_(
            "This graduate already has a mentor of this side on some of these days. End that one first."
        ),
    )


def _wrong_mentor(
    context: Context, plan: Plan, row: Any, posts: Any, graduates: set[Any]
) -> tuple[str, str] | None:
    person, mentor, side = (plan.value(row, name) for name in ("person", "mentor", "side"))
    day = plan.value(row, "valid_from")
    if person == mentor:
        return "mentor", _("Nobody is their own mentor. Choose somebody else.")
    if day > context.day:
        return "valid_from", _("%(day)s is in the future. Correct the date.") % {"day": day.isoformat()}
    if not plan.differs(row, "person", "mentor", "side", "valid_from", "enterprise", "community"):
        return None
    if person not in graduates:
        return "person", _("This person is not in the register of graduates. Enter the degree there first.")
    firms = {firm for firm, spans in posts.get(person, {}).items() if holds(spans, day)}
    if not firms:
        return "person", _(
            "This graduate is not in post on %(day)s. Enter the post first, or correct the day."
        ) % {"day": day.isoformat()}
    there = {firm for firm in firms if holds(posts.get(mentor, {}).get(firm, ()), day)}
    if side == Mentorship.Side.FIRM:
        if plan.value(row, "community"):
            return "community", _("A mentor from the enterprise has no community. Leave it empty.")
        if not there:
            return "mentor", _(
                "On %(day)s the mentor is not in post at the graduate's enterprise. Enter the post first, or choose somebody who works there."
            ) % {"day": day.isoformat()}
        named = plan.value(row, "enterprise")
        if named is None:
            plan.set(row, "enterprise", min(there))
        elif named not in there:
            return "enterprise", _("Mentor and graduate do not both work at this enterprise on that day.")
        return None
    if plan.value(row, "enterprise"):
        return "enterprise", _("A mentor from the community has no enterprise. Leave it empty.")
    if not plan.value(row, "community"):
        return "community", _("Name the community the mentor works in.")
    if there:
        return "mentor", _(
            "The mentor works at the graduate's own enterprise. The second mentor comes from the community."
        )
    return None


def _check_loads(context: Context, plan: Plan) -> None:
    """Refuse rows beyond the load of their mentor, counting the file and the register (one query, one a day)."""
    rows = [row for row in plan.good() if plan.value(row, "valid_from")]
    known = {row.pk for row in rows if row.pk is not None}
    spans: dict[Any, list[Any]] = {}
    stored = Mentorship.objects.filter(mentor__among={plan.value(row, "mentor") for row in rows})
    for pk, mentor, side, *span in stored.values_list("pk", "mentor", "side", "valid_from", "valid_to"):
        if pk not in known:
            spans.setdefault((mentor, side), []).append(tuple(span))
    numbers: dict[dt.date, Any] = {}
    for row in rows:
        key = (plan.value(row, "mentor"), plan.value(row, "side"))
        span = (plan.value(row, "valid_from"), plan.value(row, "valid_to"))
        if plan.differs(row, "mentor", "side", "valid_from", "valid_to"):
            if span[0] not in numbers:
                numbers[span[0]] = talent_numbers_on(context.district, span[0])
            name = plan.show("mentor", key[0])
            try:
                check_load(name, span, spans.get(key, ()), numbers[span[0]].most(key[1]))
            except Refused as refused:
                plan.refuse(row, "mentor", str(refused))
                continue
        spans.setdefault(key, []).append(span)


MENTEE = Column(
    "person",
    "人员编号",
    person_reference(),
    ("学员", "姓名", "大学生"),
    required=True,
    attr="person_id",
    shown="person__code",
    help="大学生的人员编号；无重名时可填姓名",
    example="RY00001",
)

register(
    Register(
        name="mentors",
        title=gettext_lazy("mentors"),
        model=Mentorship,
        key=("person", "side", "valid_from"),
        rows=scoped(Mentorship, "person__district"),
        order=("person__code", "side", "valid_from"),
        check=_check_mentors,
        columns=(
            MENTEE,
            PERSON_NAME,
            Column(
                "side",
                "导师类别",
                kinds.Choice(
                    choices=SIDES,
                    also=tuple(Mentorship.Side.choices),
                    aliases={"企业": "firm", "社区": "community"},
                ),
                ("类别",),
                required=True,
                example="企业导师",
            ),
            Column(
                "mentor",
                "导师编号",
                person_reference(),
                ("导师", "导师姓名"),
                required=True,
                attr="mentor_id",
                shown="mentor__code",
                help="导师的人员编号；无重名时可填姓名",
                example="RY00002",
            ),
            Column(
                "mentor_name",
                "导师姓名（查看）",
                kinds.Text(),
                read_only=True,
                source="mentor__name",
                help="仅供查看",
            ),
            Column(
                "enterprise",
                "统一社会信用代码",
                enterprise_reference(),
                ("企业名称", "企业"),
                attr="enterprise_id",
                shown="enterprise__uscc",
                help="企业导师：不填则取双方共同任职的企业",
                example="91350100M000100Y43",
            ),
            Column(
                "community",
                "社区代码",
                community_reference(),
                ("社区", "社区名称"),
                attr="community_id",
                shown="community__code",
                help="社区导师必填",
            ),
            FROM,
            TO,
            Column(
                "end_reason",
                "结束原因",
                kinds.Choice(choices=ENDS, also=tuple(Mentorship.End.choices)),
                help="有终止日期时填",
            ),
        ),
    )
)
