"""Registers `campaigns` and `campus-offers`: campus recruiting, from the posts offered to the first day in post."""

import datetime as dt
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.imports.enterprises import enterprise_reference
from enterprises.imports.graduates import DEGREE_NAMES, DEGREES, SCHOOL_CLASSES
from enterprises.imports.posts import POSTS
from enterprises.models import Campaign, CampusOffer, Graduate, Post, SchoolClass
from redprop.common.tabular import codes, kinds, saving
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan
from redprop.common.tabular.saving import by_paths, offer_names, scoped
from redprop.core.imports import person_reference

State = CampusOffer.State
STATES = (
    (State.MADE.value, "待答复"),
    (State.ACCEPTED.value, "已接受"),
    (State.DECLINED.value, "已谢绝"),
    (State.LAPSED.value, "逾期未答复"),
    (State.TAKEN_UP.value, "已到岗"),
    (State.BROKEN_OFF.value, "接受后未到岗"),
)
WITH_PERSON = (State.ACCEPTED, State.TAKEN_UP, State.BROKEN_OFF)

campaign_rows = scoped(Campaign)
offer_rows = scoped(CampusOffer, "campaign__district")


def campaign_reference() -> kinds.Reference:
    """A campaign by own code or name."""
    return kinds.Reference(
        resolve=by_paths(campaign_rows, "code", "name"),
        what=gettext_lazy("campus recruiting campaign"),
        offer=offer_names(campaign_rows),
    )


def _own(context: Context, instance: Any) -> None:
    instance.district_id = context.district.pk


def _counted(context: Context) -> Any:
    """Campaigns with how far their offers came."""
    return campaign_rows(context).annotate(
        offers_made=Count("offers"),
        offers_accepted=Count("offers", filter=Q(offers__state__in=WITH_PERSON)),
        offers_declined=Count("offers", filter=Q(offers__state__in=[State.DECLINED, State.LAPSED])),
        offers_taken_up=Count("offers", filter=Q(offers__state=State.TAKEN_UP)),
    )


def _check_campaigns(context: Context, plan: Plan) -> None:
    codes.refuse_reused(context, plan)
    saving.refuse_out_of_order(plan, "held_from", "held_to")
    seen: dict[Any, int] = {}
    days = {plan.value(row, "held_from") for row in plan.of(NEW, CHANGED)}
    stored = {
        (school, day): pk
        for pk, school, day in campaign_rows(saving.of_system(context))
        .filter(held_from__in=days)
        .values_list("pk", "school", "held_from")
    }
    for row in plan.of(NEW, CHANGED):
        key = (plan.value(row, "school"), plan.value(row, "held_from"))
        if seen.setdefault(key, row.number) != row.number or stored.get(key, row.pk) != row.pk:
            plan.refuse(
                row,
                "school",
                _("A campaign at this school on this day is already recorded. Use that one."),
            )


def _count(field: str, header: str) -> Column:
    return Column(field, header, kinds.Integer(), read_only=True, help="仅供查看，由录用记录算出")


register(
    Register(
        name="campaigns",
        title=gettext_lazy("campus recruiting campaigns"),
        model=Campaign,
        key=("code",),
        rows=_counted,
        order=("held_from", "code"),
        prepare=_own,
        check=_check_campaigns,
        allot=lambda context, plan: codes.allot(context, plan, prefix="XZ", digits=4),
        allotted_key=True,
        columns=(
            Column(
                "code",
                "活动编号",
                kinds.Code(longest=20),
                ("编号", "校招编号"),
                help="新活动留空，系统自动编号",
                example="XZ0001",
            ),
            Column(
                "name",
                "活动名称",
                kinds.Name(longest=100),
                ("名称", "校招名称"),
                required=True,
                example="2026届春季校园招聘（示范大学专场）",
            ),
            Column(
                "school", "学校", kinds.Text(longest=100), ("院校", "高校"), required=True, example="示范大学"
            ),
            Column(
                "school_class",
                "院校类别",
                kinds.Choice(choices=SCHOOL_CLASSES, also=tuple(SchoolClass.choices)),
                ("学校类别",),
                example="普通本科",
            ),
            Column(
                "held_from",
                "开始日期",
                kinds.Date(),
                ("起始日期", "举办日期"),
                required=True,
                example="2026-03-18",
            ),
            Column(
                "held_to",
                "结束日期",
                kinds.Date(end=True),
                ("终止日期", "截止日期"),
                required=True,
                example="2026-03-19",
            ),
            Column(
                "posts_offered",
                "提供岗位数",
                kinds.Integer(units=("个", "人")),
                ("岗位数", "招聘人数", "计划人数"),
                required=True,
                example="40",
            ),
            Column("document", "文号", kinds.Text(longest=100), ("文件",)),
            _count("offers_made", "发出录用数"),
            _count("offers_accepted", "接受数"),
            _count("offers_declined", "谢绝及未答复数"),
            _count("offers_taken_up", "到岗数"),
        ),
    )
)


def _tidy_offer(context: Context, instance: Any) -> None:
    _own(context, instance)
    if instance.state != State.MADE:
        instance.candidate = ""


def _check_offers(context: Context, plan: Plan) -> None:
    """What the states require, and that who has started is in the registers of posts and graduates (three queries)."""
    codes.refuse_reused(context, plan)
    rows = list(plan.of(NEW, CHANGED))
    begun = dict(
        Campaign.objects.filter(pk__among={plan.value(row, "campaign") for row in rows}).values_list(
            "pk", "held_from"
        )
    )
    people = {plan.value(row, "person") for row in rows} - {None}
    graduates = set(Graduate.objects.filter(person__among=people).values_list("person", flat=True))
    posts: dict[Any, list[Any]] = {}
    for person, firm, *span in Post.objects.filter(person__among=people).values_list(
        "person", "enterprise", "valid_from", "valid_to"
    ):
        posts.setdefault((person, firm), []).append(span)
    for row in rows:
        if refused := _wrong(context, plan, row, begun, graduates, posts):
            plan.refuse(row, *refused)
    _refuse_second_acceptance(context, plan, rows)


def _refuse_second_acceptance(context: Context, plan: Plan, rows: list[Any]) -> None:
    """Nobody has two offers accepted and open (one query)."""
    accepted = {
        person: pk
        for pk, person in offer_rows(saving.of_system(context))
        .filter(state=State.ACCEPTED)
        .values_list("pk", "person")
    }
    for row in rows:
        person = plan.value(row, "person")
        if person and plan.value(row, "state") == State.ACCEPTED:
            if accepted.get(person, row.pk) != row.pk:
                plan.refuse(
                    row,
                    "person",
                    _("This person has accepted another offer that is still open. Close that one first."),
                )
            accepted.setdefault(person, row.pk if row.pk is not None else -row.number)


def _wrong(
    context: Context, plan: Plan, row: Any, begun: Any, graduates: Any, posts: Any
) -> tuple[str, str] | None:
    """Field and sentence of what is wrong with an offer."""
    state, person = plan.value(row, "state") or State.MADE, plan.value(row, "person")
    made, answered, started = (plan.value(row, name) for name in ("made_on", "answered_on", "started_on"))
    if made and made < begun.get(plan.value(row, "campaign"), dt.date.min):
        return "made_on", _(
            "The offer is before the campaign began (%(day)s). Correct one of the two dates."
        ) % {"day": begun[plan.value(row, "campaign")].isoformat()}
    if (made and made > context.day) or (answered and answered > context.day):
        return "made_on" if made > context.day else "answered_on", _(
            "%(day)s is in the future. Correct the date."
        ) % {"day": (made if made > context.day else answered).isoformat()}
    if state == State.MADE:
        if not plan.value(row, "candidate"):
            return "candidate", _("Enter the candidate's name.")
        if answered or person:
            return "state", _("An offer that was answered is no longer waiting. Correct the state.")
        return None
    if not answered or answered < made:
        return "answered_on", _("Enter the day of the answer; it is not before the day of the offer.")
    if state not in WITH_PERSON:
        return ("person", _("Who declined is not kept. Leave the person empty.")) if person else None
    if not person:
        return "person", _("From its acceptance on an offer belongs to a person. Enter the person's code.")
    if state != State.TAKEN_UP:
        return ("started_on", _("Only who started has a first day. Correct the state.")) if started else None
    if not started or started < answered:
        return "started_on", _("Enter the first day in post; it is not before the acceptance.")
    spans = posts.get((person, plan.value(row, "enterprise")), ())
    if not any(first <= started and (last is None or started <= last) for first, last in spans):
        return "started_on", _(
            "The register of posts has no post of this person at this enterprise on %(day)s. Enter the post first."
        ) % {"day": started.isoformat()}
    if person not in graduates:
        return "person", _("This person is not in the register of graduates. Enter the degree there first.")
    return None


register(
    Register(
        name="campus-offers",
        title=gettext_lazy("campus offers"),
        model=CampusOffer,
        key=("code",),
        rows=offer_rows,
        order=("code",),
        prepare=_tidy_offer,
        derived=("candidate",),
        derived_from=("state",),
        check=_check_offers,
        allot=lambda context, plan: codes.allot(context, plan, prefix="LY", digits=5),
        allotted_key=True,
        columns=(
            Column(
                "code",
                "录用编号",
                kinds.Code(longest=20),
                ("编号",),
                help="新增留空，系统自动编号",
                example="LY00001",
            ),
            Column(
                "campaign",
                "活动编号",
                campaign_reference(),
                ("校招编号", "活动名称", "活动"),
                required=True,
                attr="campaign_id",
                shown="campaign__code",
                example="XZ0001",
            ),
            Column(
                "enterprise",
                "统一社会信用代码",
                enterprise_reference(),
                ("企业名称", "物业企业", "企业", "用人单位"),
                required=True,
                attr="enterprise_id",
                shown="enterprise__uscc",
                example="91350100M000100Y43",
            ),
            Column(
                "candidate",
                "应聘人",
                kinds.Text(longest=50),
                ("姓名",),
                help="待答复时必填；答复后不再保存",
                example="张某某",
            ),
            Column(
                "degree",
                "学历",
                kinds.Choice(choices=DEGREES, also=tuple(Graduate.Degree.choices), aliases=DEGREE_NAMES),
                ("学位",),
                required=True,
                example="本科",
            ),
            Column(
                "kind",
                "岗位类别",
                kinds.Choice(choices=POSTS, also=tuple(Post.Kind.choices)),
                ("类别",),
                help="不填为员工",
            ),
            Column("title", "岗位名称", kinds.Text(longest=50), ("岗位",), example="客服主管"),
            Column("made_on", "发出日期", kinds.Date(), ("录用日期",), required=True, example="2026-04-02"),
            Column("answer_by", "答复期限", kinds.Date(end=True), ("答复截止日期",), example="2026-04-16"),
            Column(
                "state",
                "状态",
                kinds.Choice(
                    choices=STATES,
                    also=tuple(State.choices),
                    aliases={"接受": "accepted", "谢绝": "declined", "拒绝": "declined", "到岗": "taken_up"},
                ),
                ("录用状态",),
                help="不填为待答复",
                example="待答复",
            ),
            Column("answered_on", "答复日期", kinds.Date()),
            Column(
                "person",
                "人员编号",
                person_reference(),
                attr="person_id",
                shown="person__code",
                help="接受后填",
            ),
            Column("started_on", "到岗日期", kinds.Date(), ("报到日期",)),
            Column("reason", "原因", kinds.Text(longest=200), ("谢绝原因",)),
        ),
    )
)
