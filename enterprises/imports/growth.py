"""Registers `growth-rungs`, `growth-steps` and `post-duties`."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.imports.mentoring import holds
from enterprises.imports.posts import FROM, PERSON, PERSON_NAME, TO
from enterprises.models import GrowthRung, GrowthStep, Post, PostDuty
from enterprises.talent_checks import Rung, check_step
from redprop.common.errors import Refused
from redprop.common.tabular import kinds, saving
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan
from redprop.common.tabular.saving import by_paths, offer_names, scoped

CHANNELS = (
    (GrowthRung.Channel.MANAGEMENT.value, "管理通道"),
    (GrowthRung.Channel.PROFESSIONAL.value, "专业通道"),
    (GrowthRung.Channel.COMMUNITY.value, "社区通道"),
)
rung_rows = scoped(GrowthRung)


def _own(context: Context, instance: Any) -> None:
    instance.district_id = context.district.pk


def _check_rungs(context: Context, plan: Plan) -> None:
    saving.refuse_out_of_order(plan)
    saving.refuse_overlaps(
        context,
        plan,
        by=("channel", "place"),
        message=_("Another rung stands at this place of the channel on some of these days."),
    )


register(
    Register(
        name="growth-rungs",
        title=gettext_lazy("rungs of growth channels"),
        model=GrowthRung,
        key=("code",),
        rows=rung_rows,
        order=("channel", "place", "valid_from"),
        prepare=_own,
        check=_check_rungs,
        columns=(
            Column("code", "台阶编号", kinds.Code(longest=20), ("编号",), required=True, example="GL1"),
            Column(
                "channel",
                "成长通道",
                kinds.Choice(choices=CHANNELS, also=tuple(GrowthRung.Channel.choices)),
                ("通道",),
                required=True,
                example="管理通道",
            ),
            Column("title", "台阶名称", kinds.Name(longest=50), ("名称",), required=True, example="项目助理"),
            Column("place", "次序", kinds.Integer(), ("序号",), required=True, example="1"),
            Column(
                "least_months",
                "间隔月数",
                kinds.Integer(units=("个月", "月")),
                required=True,
                help="距上一台阶至少几个月；第一台阶从入职算起",
                example="12",
            ),
            Column("document", "文号", kinds.Text(longest=100)),
            FROM,
            TO,
        ),
    )
)


def _check_steps(context: Context, plan: Plan) -> None:
    """The rules of `services.growth.check_growth_step`, for all rows at once (four queries)."""
    rows = [row for row in plan.of(NEW, CHANGED) if plan.value(row, "reached_on")]
    rungs = {one.pk: one for one in GrowthRung.objects.filter(district=context.district)}
    people = {plan.value(row, "person") for row in rows} - {None}
    posts: dict[Any, list[Any]] = {}
    for person, *span in Post.objects.filter(person__among=people).values_list(
        "person", "valid_from", "valid_to"
    ):
        posts.setdefault(person, []).append(tuple(span))
    known = {row.pk for row in plan.good() if row.pk is not None}
    reached: dict[Any, dict[int, dt.date]] = {}
    for pk, person, rung, day in GrowthStep.objects.filter(person__among=people).values_list(
        "pk", "person", "rung", "reached_on"
    ):
        if pk not in known:
            reached.setdefault((person, rungs[rung].channel), {})[rungs[rung].place] = day
    for row in plan.good():
        rung = rungs.get(plan.value(row, "rung"))
        if rung is not None and plan.value(row, "person") in people:
            key = (plan.value(row, "person"), rung.channel)
            reached.setdefault(key, {})[rung.place] = plan.value(row, "reached_on")
    for row in rows:
        rung, day = rungs[plan.value(row, "rung")], plan.value(row, "reached_on")
        if day > context.day:
            plan.refuse(
                row, "reached_on", _("%(day)s is in the future. Correct the date.") % {"day": day.isoformat()}
            )
            continue
        if not rung.is_valid_on(day):
            plan.refuse(
                row,
                "rung",
                _("“%(rung)s” is not a rung of this channel on %(day)s. Choose one that is in force.")
                % {"rung": rung.title, "day": day.isoformat()},
            )
            continue
        spans = posts.get(plan.value(row, "person"), [])
        of_person = reached[plan.value(row, "person"), rung.channel]
        ladder = [
            Rung(one.place, one.title, one.least_months, of_person.get(one.place))
            for one in rungs.values()
            if one.channel == rung.channel and one.is_valid_on(day)
        ]
        since = min(first for first, _last in spans) if holds(spans, day) else None
        try:
            if since is None:
                raise Refused(
                    _("On %(day)s this person is not in post. Enter the post first.")
                    % {"day": day.isoformat()},
                    field="reached_on",
                )
            check_step(ladder, rung.place, day, since)
        except Refused as refused:
            plan.refuse(row, str(refused.fields["field"]), str(refused))


register(
    Register(
        name="growth-steps",
        title=gettext_lazy("growth steps"),
        model=GrowthStep,
        key=("person", "rung"),
        rows=scoped(GrowthStep, "person__district"),
        order=("person__code", "rung__code"),
        check=_check_steps,
        columns=(
            PERSON,
            PERSON_NAME,
            Column(
                "rung",
                "台阶编号",
                kinds.Reference(
                    resolve=by_paths(rung_rows, "code", "title"),
                    what=gettext_lazy("rung of a growth channel"),
                    offer=offer_names(rung_rows, name="title"),
                ),
                ("台阶", "台阶名称"),
                required=True,
                attr="rung_id",
                shown="rung__code",
                example="GL1",
            ),
            Column(
                "reached_on",
                "达到日期",
                kinds.Date(),
                ("任命日期", "日期"),
                required=True,
                example="2026-07-01",
            ),
            Column("document", "依据", kinds.Text(longest=100), ("文号", "证书")),
        ),
    )
)


def _check_duties(context: Context, plan: Plan) -> None:
    saving.refuse_out_of_order(plan)
    saving.refuse_overlaps(
        context,
        plan,
        by=("title",),
        message=_("The duties of this post are already written for some of these days. End that row first."),
    )


register(
    Register(
        name="post-duties",
        title=gettext_lazy("duties of posts"),
        model=PostDuty,
        key=("title", "valid_from"),
        rows=scoped(PostDuty),
        order=("title", "valid_from"),
        prepare=_own,
        check=_check_duties,
        columns=(
            Column(
                "title",
                "岗位名称",
                kinds.Name(longest=50),
                ("岗位", "职务"),
                required=True,
                example="楼栋管家",
            ),
            Column(
                "duties",
                "岗位职责",
                kinds.Text(longest=1000),
                ("职责",),
                required=True,
                example="联系住户，收集诉求，巡查楼栋",
            ),
            Column("document", "文号", kinds.Text(longest=100)),
            FROM,
            TO,
        ),
    )
)
