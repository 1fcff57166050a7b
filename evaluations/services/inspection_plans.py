"""Plans of inspections: made, drawn from their seed, shared out among inspectors, confirmed. Tasks: `inspections`."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from evaluations.inspecting import Framed, by_stratum, frame_on, inspectors_of, own_subdistricts
from evaluations.models import InspectionPlan, InspectionTask
from evaluations.sampling import (
    NobodyLeft,
    Unit,
    allocate,
    assign,
    draw,
    draw_second,
    one_of_each,
    sample_size,
    spread,
)
from evaluations.services.access import require_role
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.areas.models import District, Subdistrict
from redprop.common.errors import Refused
from redprop.common.periods import Period
from redprop.common.workdays import NoCalendarForYear, WorkCalendar, is_workday
from redprop.core.models import NoticeKind
from redprop.core.selectors import work_calendar
from redprop.core.services.notifications import notify

State = InspectionPlan.State


@dataclass(frozen=True)
class Wanted:
    """What a plan is drawn by. Either `sample_size` or `sample_share` (per cent)."""

    name: str
    period: str
    seed: int
    frame: str = InspectionPlan.Frame.COMPOUNDS.value
    sample_size: int | None = None
    sample_share: Decimal | None = None
    second_share: Decimal = Decimal(10)
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None


def save_plan(
    *, district: District, wanted: Wanted, plan: InspectionPlan | None = None, acting_user: User | None
) -> InspectionPlan:
    """Make a plan, or change one that is not confirmed; what was drawn of it is given up. Returns the draft."""
    require_role(acting_user, district, Role.EVALUATOR)
    period = _period(wanted.period)
    starts_on, ends_on = wanted.starts_on or period.start, wanted.ends_on or period.end
    if not (period.start <= starts_on <= ends_on <= period.end):
        raise Refused(
            _("First and last day of the plan lie in %(period)s, in this order.") % {"period": period.label},
            code="days",
            field="starts_on",
        )
    if (wanted.sample_size is None) == (wanted.sample_share is None):
        raise Refused(
            _("Give either the number of compounds or their share, not both."),
            code="size",
            field="sample_size",
        )
    if not wanted.name.strip():
        raise Refused(_("Name: give the plan a name."), code="name", field="name")
    with transaction.atomic(), acting(acting_user, "inspection plan"):
        others = InspectionPlan.objects.filter(
            district=district, period=str(period), name=wanted.name.strip()
        ).exclude(pk=plan.pk if plan else None)
        if others.exists():
            raise Refused(
                _("A plan of this name for this period is there already."), code="name", field="name"
            )
        values = {
            "name": wanted.name.strip(),
            "period": str(period),
            "starts_on": starts_on,
            "ends_on": ends_on,
            "frame": wanted.frame,
            "seed": wanted.seed,
            "sample_size": wanted.sample_size,
            "sample_share": wanted.sample_share,
            "second_share": wanted.second_share,
        }
        if plan is None:
            return InspectionPlan.objects.create(
                district=district,
                frame_on=starts_on,
                recorded_at=business_now(district),
                recorded_by=str(acting_user or ""),
                **values,
            )
        row = _lock_draft(plan)
        # What was drawn before stays told: nobody tries seeds until a wished compound comes up.
        row.draw = {"earlier": _earlier(row)} if row.draw else None
        for name, value in values.items():
            setattr(row, name, value)
        row.frame_on = starts_on
        row.tasks.all().delete()
        row.drawn_at = None
        row.save(update_fields=[*values, "frame_on", "drawn_at", "draw"])
        return row


def _period(text: str) -> Period:
    try:
        return Period.parse(text.strip())
    except ValueError:
        raise Refused(
            _("“%(text)s” is no period. Write 2026Q4, or 2026-11 for a month.") % {"text": text},
            code="period",
            field="period",
        ) from None


def _lock_draft(plan: InspectionPlan) -> InspectionPlan:
    row = InspectionPlan.objects.select_for_update(of=("self",)).select_related("district").get(pk=plan.pk)
    if row.state != State.DRAFT:
        raise Refused(
            _("%(plan)s is confirmed: its draw stays. Make another plan for what is missing.")
            % {"plan": row},
            code="confirmed",
        )
    return row


def _earlier(plan: InspectionPlan) -> list[dict[str, Any]]:
    before = list((plan.draw or {}).get("earlier", []))
    if plan.drawn_at:
        before.append({"seed": plan.draw["seed"], "n": plan.draw["n"], "at": plan.drawn_at.isoformat()})
    return before


def draw_plan(
    *, plan: InspectionPlan, inspectors: Collection[int] | None = None, acting_user: User | None
) -> InspectionPlan:
    """Draw the plan's compounds by its seed and share them out; again as often as wanted until it is confirmed.

    `inspectors` are the users who take part, by default all who hold that post. Raises Refused when the
    number does not fit the strata, or when somewhere nobody may mark.
    """
    require_role(acting_user, plan.district, Role.EVALUATOR)
    with transaction.atomic(), acting(acting_user, "draw of inspections"):
        row = _lock_draft(plan)
        frame = frame_on(row.district, row.frame_on)
        if not frame:
            raise Refused(
                _("No compound is under service on %(day)s. Enter the contracts first.")
                % {"day": row.frame_on},
                code="no-frame",
            )
        drawn, told = drawn_of(row, frame)
        able = _taking_part(row, inspectors)
        tasks = make_tasks(row, drawn, told["second"], able, business_today(row.district))
        row.tasks.all().delete()
        InspectionTask.objects.bulk_create(tasks)
        told["inspectors"] = [user.username for user in able]
        told["earlier"] = [one for one in _earlier(row) if (one["seed"], one["n"]) != (row.seed, told["n"])]
        row.draw, row.drawn_at = told, business_now(row.district)
        row.save(update_fields=["draw", "drawn_at"])
    return row


def drawn_of(plan: InspectionPlan, frame: Sequence[Framed]) -> tuple[list[Framed], dict[str, Any]]:
    """Return the compounds that the plan's seed draws from the frame, in order, and the draw as it is kept and told."""
    by_code = {one.code: one for one in frame}
    groups: dict[str, list[str]] = {}
    if plan.frame == InspectionPlan.Frame.PROJECTS:
        for one in frame:
            groups.setdefault(one.project, []).append(one.code)
        chosen = one_of_each(groups, plan.seed)
        frame = [by_code[code] for code in sorted(chosen.values())]
    strata = by_stratum(frame)
    n = sample_size(len(frame), size=plan.sample_size, share=plan.sample_share)
    try:
        allocate({name: len(rows) for name, rows in strata.items()}, n)
    except ValueError:
        raise Refused(
            _(
                "%(n)s of %(total)s compounds cannot be drawn from %(strata)s strata: at least one of each, at most all. "
                "Draw between %(strata)s and %(total)s."
            )
            % {"n": n, "total": len(frame), "strata": len(strata)},
            code="size",
            field="sample_size" if plan.sample_size else "sample_share",
            least=len(strata),
            most=len(frame),
        ) from None
    found = draw({name: [one.code for one in rows] for name, rows in strata.items()}, n, plan.seed)
    codes = [code for name in strata for code in found[name]]
    told = {
        "seed": plan.seed,
        "on": plan.frame_on.isoformat(),
        "total": len(frame),
        "n": n,
        "strata": [
            {
                "stratum": name,
                "label": rows[0].label,
                "codes": [one.code for one in rows],
                "drawn": found[name],
            }
            for name, rows in strata.items()
        ],
        "second": draw_second(codes, plan.second_share, plan.seed),
    }
    if groups:
        told["projects"] = groups
    return [by_code[code] for code in codes], told


def repeat_draw(plan: InspectionPlan) -> bool:
    """Whether the seed draws the same compounds again from the codes that were kept with the draw (no query)."""
    kept = plan.draw or {}
    if plan.drawn_at is None:
        return False
    frame = {one["stratum"]: one["codes"] for one in kept["strata"]}
    if plan.frame == InspectionPlan.Frame.PROJECTS:
        chosen = set(one_of_each(kept["projects"], kept["seed"]).values())
        if chosen != {code for codes in frame.values() for code in codes}:
            return False
    found = draw(frame, kept["n"], kept["seed"])
    codes = [code for one in kept["strata"] for code in one["drawn"]]
    return (
        found == {one["stratum"]: one["drawn"] for one in kept["strata"]}
        and draw_second(codes, plan.second_share, kept["seed"]) == kept["second"]
    )


def _taking_part(plan: InspectionPlan, chosen: Collection[int] | None) -> list[User]:
    able = inspectors_of(plan.district, max(plan.starts_on, min(business_today(plan.district), plan.ends_on)))
    if chosen is not None:
        able = [user for user in able if user.pk in set(chosen)]
    if not able:
        raise Refused(
            _("Nobody holds the post of inspector. The security administrator posts inspectors first."),
            code="no-inspectors",
            field="inspectors",
        )
    return able


def make_tasks(
    plan: InspectionPlan,
    drawn: Sequence[Framed],
    second: Collection[str],
    inspectors: Sequence[User],
    today: dt.date,
) -> list[InspectionTask]:
    """Share the compounds out among the inspectors and the working days from `today` on; nothing is written."""
    own = own_subdistricts([user.pk for user in inspectors], plan.starts_on, plan.ends_on)
    again = [one for one in drawn if one.code in set(second)]
    try:
        first_by = assign([Unit(one.code, one.subdistrict) for one in drawn], own, plan.seed)
        second_by = assign(
            [Unit(one.code, one.subdistrict, first_by[one.code]) for one in again], own, plan.seed + 1
        )
    except NobodyLeft as left:
        street = Subdistrict.objects.get(pk=left.unit.subdistrict)
        raise Refused(
            _(
                "Nobody is left who may mark in %(street)s: it is the inspectors' own subdistrict, or a second "
                "marking needs another person. Let a further inspector take part."
            )
            % {"street": street},
            code="nobody-left",
            field="inspectors",
        ) from None
    days = _days(plan, today)
    planned: dict[tuple[str, bool], dt.date] = {}
    for user in inspectors:
        mine = [(one, False) for one in drawn if first_by[one.code] == user.pk]
        mine += [(one, True) for one in again if second_by[one.code] == user.pk]
        keys = {f"{one.code}|{twice}": (one.code, twice) for one, twice in mine}
        placed = spread([(f"{one.code}|{twice}", one.subdistrict) for one, twice in mine], len(days))
        planned.update({keys[key]: days[place] for key, place in placed.items()})
    now = business_now(plan.district)
    return [
        InspectionTask(
            plan=plan,
            number=number,
            compound_id=one.pk,
            subdistrict_id=one.subdistrict,
            stratum=one.label[:60],
            is_second=twice,
            inspector_id=by[one.code],
            planned_on=planned[one.code, twice],
            recorded_at=now,
        )
        for twice, by, rows in ((False, first_by, drawn), (True, second_by, again))
        for number, one in enumerate(rows, 1)
    ]


def _days(plan: InspectionPlan, today: dt.date) -> list[dt.date]:
    """The working days of the plan that are left; weekdays where the calendar has no table."""
    first = max(plan.starts_on, min(today, plan.ends_on))
    calendar: WorkCalendar = work_calendar(plan.district)
    days = [first + dt.timedelta(days=i) for i in range((plan.ends_on - first).days + 1)]
    try:
        worked = [day for day in days if is_workday(day, calendar)]
    except NoCalendarForYear:
        worked = [day for day in days if day.weekday() < 5]
    return worked or days


def confirm_plan(*, plan: InspectionPlan, acting_user: User) -> InspectionPlan:
    """Confirm the draw: it never changes any more, and the inspectors are told of their tasks."""
    require_role(acting_user, plan.district, Role.EVALUATOR)
    with transaction.atomic(), acting(acting_user, "confirm inspection plan"):
        row = _lock_draft(plan)
        if row.drawn_at is None:
            raise Refused(_("Draw the plan and look at the draw before it is confirmed."), code="not-drawn")
        row.state = State.CONFIRMED
        row.confirmed_at = business_now(row.district)
        row.confirmed_by = acting_user
        row.save(update_fields=["state", "confirmed_at", "confirmed_by"])
        for user in User.objects.filter(pk__in=row.tasks.values("inspector")):
            tell_inspectors(row, [user])
    return row


def tell_inspectors(plan: InspectionPlan, users: Sequence[User]) -> None:
    notify(
        users=users,
        kind=NoticeKind.DEADLINE,
        text=lambda: (
            _("Inspections of %(plan)s are given to you, to be marked by %(day)s.")
            % {"plan": plan, "day": plan.ends_on}
        ),
        address=reverse("desk:inspections"),
        subject=f"plan-{plan.pk}",
        due_on=plan.ends_on,
    )
