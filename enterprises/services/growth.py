"""Dated steps of graduates in the three growth channels."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from enterprises.models import GrowthRung, GrowthStep, Post
from enterprises.talent_checks import Rung, check_step
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.tabular.saving import readable
from redprop.core.models import Person


def check_growth_step(step: GrowthStep) -> None:
    """Refuse a step in the future, one that leaves a rung out, and one that comes too early (four queries)."""
    person, rung, day = step.person, step.rung, step.reached_on
    if day > business_today(person.district):
        raise Refused(
            _("%(day)s is in the future. Correct the date.") % {"day": day.isoformat()},
            code="future",
            field="reached_on",
        )
    if not rung.is_valid_on(day):
        raise Refused(
            _("“%(rung)s” is not a rung of this channel on %(day)s. Choose one that is in force.")
            % {"rung": rung.title, "day": day.isoformat()},
            code="rung-not-in-force",
            field="rung",
        )
    reached = dict(
        GrowthStep.objects.filter(person=person, rung__channel=rung.channel)
        .exclude(pk=step.pk)
        .values_list("rung__place", "reached_on")
    )
    ladder = [
        Rung(one.place, one.title, one.least_months, reached.get(one.place))
        for one in GrowthRung.objects.on(day).filter(district=person.district_id, channel=rung.channel)
    ]
    in_post = Post.objects.on(day).filter(person=person).exists()
    first = Post.objects.filter(person=person).order_by("valid_from").values_list("valid_from", flat=True)
    check_step(ladder, rung.place, day, first.first() if in_post else None)
    if not in_post:
        raise Refused(
            _("On %(day)s this person is not in post. Enter the post first.") % {"day": day.isoformat()},
            code="no-post",
            field="reached_on",
        )


def record_step(
    *, person: Person, rung: GrowthRung, reached_on: dt.date, acting_user: User | None, document: str = ""
) -> GrowthStep:
    """Record that a graduate reached a rung."""
    step = GrowthStep(person=person, rung=rung, reached_on=reached_on, document=document[:100])
    return save_step(step=step, acting_user=acting_user)


def save_step(*, step: GrowthStep, acting_user: User | None) -> GrowthStep:
    """Write a new or corrected step."""
    with transaction.atomic(), acting(acting_user, "growth step"), readable():
        Person.objects.select_for_update(of=("self",)).get(pk=step.person_id)
        check_growth_step(step)
        if step._state.adding:
            step.recorded_by = acting_user.username if acting_user else "system"
        step.save()
    return step
