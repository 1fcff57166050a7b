"""Steps of party development: recorded one after the other, refused when too early. For the organisation department alone."""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from enterprises.models import PartyStage, StageRule
from enterprises.stage_rules import SAMPLE_STAGES, Held, Terms, due_on, fault_of_age, fault_of_way, next_stage
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.tabular.saving import readable
from redprop.core.models import Person
from redprop.core.services.people import birth_date_of

PERMISSION = "enterprises.change_partystage"
A_DAY = dt.timedelta(days=1)


def rules_on(district: District, day: dt.date) -> dict[str, Terms]:
    """Stage → terms of the step to it, as of the day (one query); the sample for what has no row."""
    rows = StageRule.objects.on(day).filter(district=district)
    own = {
        stage: Terms(*terms)
        for stage, *terms in rows.values_list(
            "stage", "least_months", "due_months", "remind_days", "least_age"
        )
    }
    return {**SAMPLE_STAGES, **own}


def require_kept() -> None:
    """Refuse where this installation does not keep stages of membership."""
    if not settings.PARTY_DEVELOPMENT:
        raise Refused(
            _("This installation keeps no stages of party membership. Use the internal one."),
            code="kept-elsewhere",
        )


def check_stage(row: PartyStage, born_on: dt.date | None = None) -> None:
    """Refuse a stage that does not fit the person's others: order, least times, age, the future (three queries).

    The day of birth comes from the person's ID number, else from `born_on`, which is not kept.
    """
    require_kept()
    district = row.person.district
    today = business_today(district)
    if row.valid_from > today:
        raise Refused(
            _("%(day)s is in the future. Enter the step when it has been taken.")
            % {"day": row.valid_from.isoformat()},
            code="future",
            field="valid_from",
        )
    labels = {value: str(label) for value, label in PartyStage.Stage.choices}
    others = PartyStage.objects.filter(person=row.person_id).exclude(pk=row.pk)
    way = sorted([*others, row], key=lambda one: one.valid_from)
    held = [Held(one.stage, one.valid_from, one.valid_to, one.extension_months) for one in way]
    place = next(i for i, one in enumerate(way) if one is row)
    stored = (
        PartyStage.objects.filter(pk=row.pk).values_list("stage", "valid_from").first() if row.pk else None
    )
    if stored != (row.stage, row.valid_from):
        rules = rules_on(district, row.valid_from)
        born = birth_date_of(row.person) or born_on
        young = fault_of_age(row.stage, row.valid_from, born, rules, labels, is_first=place == 0)
        if young:
            raise Refused(young.sentence, code=young.code, field=young.field, earliest=young.earliest)
    # Only the steps to and from this row: what was entered before under other rules stays.
    for pair in (held[max(place - 1, 0) : place + 1], held[place : place + 2]):
        fault = fault_of_way(pair, rules_on(district, pair[-1].first), labels) if len(pair) == 2 else None
        if fault:
            raise Refused(fault.sentence, code=fault.code, field=fault.field, earliest=fault.earliest)


def record_step(
    *, person: Person, stage: str, on: dt.date, acting_user: User, born_on: dt.date | None = None
) -> PartyStage:
    """Begin a stage on a day; the one before ends the day before. Refuses a step too early with the reason."""
    require_kept()
    if not acting_user.has_perm(PERMISSION):
        raise Refused(_("The organisation department alone keeps these steps."), code="not-yours")
    with transaction.atomic(), acting(acting_user, "step of party development"):
        Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
        last = PartyStage.objects.filter(person=person).order_by("-valid_from").first()
        if last is not None and on <= last.valid_from:
            raise Refused(
                _("The stage before began on %(day)s. Enter a later day.")
                % {"day": last.valid_from.isoformat()},
                code="order",
                field="valid_from",
            )
        row = PartyStage(person=person, stage=stage, valid_from=on, recorded_by=acting_user.username)
        check_stage(row, born_on)
        if last is not None and last.valid_to is None:
            last.valid_to = on - A_DAY
            last.save(update_fields=["valid_to"])
        with readable():
            row.save()
    return row


def save_stage(*, row: PartyStage, acting_user: User, born_on: dt.date | None = None) -> PartyStage:
    """Write a stage as entered on its page: a new open one ends the one before, a changed one is checked again."""
    if row.pk is None and row.valid_to is None:
        made = record_step(
            person=row.person,
            stage=row.stage,
            on=row.valid_from,
            acting_user=acting_user,
            born_on=born_on,
        )
        if row.extension_months:
            made.extension_months = row.extension_months
            made.save(update_fields=["extension_months"])
        row.pk = made.pk
        row._state.adding = False
        return made
    with transaction.atomic(), acting(acting_user, "stage of party development"):
        Person.objects.select_for_update(of=("self",)).get(pk=row.person_id)
        check_stage(row, born_on)
        with readable():
            row.save()
    return row


def steps_due(district: District, day: dt.date) -> list[tuple[PartyStage, str, dt.date]]:
    """Open stages whose next step is due within its reminder: (stage, next stage, due on), the first due first."""
    if not settings.PARTY_DEVELOPMENT:
        return []
    rules, found = rules_on(district, day), []
    rows = PartyStage.objects.on(day).filter(person__district=district).select_related("person")
    for row in rows.exclude(stage=PartyStage.Stage.FULL):
        following = next_stage(row.stage)
        if following is None:
            continue
        held = Held(row.stage, row.valid_from, row.valid_to, row.extension_months)
        due = due_on(held, following, rules)
        if due is not None and day >= due - dt.timedelta(days=rules[following].remind_days):
            found.append((row, following, due))
    return sorted(found, key=lambda one: (one[2], one[0].pk))
