"""The way into the party as pure rules: the order of the stages, and how long each must have lasted. No ORM.

The least times follow the party's own rules (docs: domain S55R, S56T); a district's dated rows replace them.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext as _

from enterprises.party_checks import add_months

PATH = ("applicant", "activist", "development_target", "probationary_member", "full_member")
"""The stages in their order; none is left out."""

PROBATIONARY, FULL = PATH[3], PATH[4]


@dataclass(frozen=True)
class Terms:
    """Of the step to a stage: months in the stage before at least, when it is due, days of the reminder, least age."""

    least_months: int = 0
    due_months: int | None = None
    remind_days: int = 30
    least_age: int | None = None


SAMPLE_STAGES: dict[str, Terms] = {
    "applicant": Terms(least_age=18),
    "activist": Terms(0, 6),
    "development_target": Terms(12, None),
    "probationary_member": Terms(0, 6),
    "full_member": Terms(12, 12, 45),
}


@dataclass(frozen=True)
class Held:
    """A stage that a person is or was in."""

    stage: str
    first: dt.date
    last: dt.date | None = None
    extension_months: int = 0


@dataclass(frozen=True)
class Fault:
    """Why a way is not possible: a code, a sentence, and the earliest day where there is one."""

    code: str
    sentence: str
    field: str = "valid_from"
    earliest: dt.date | None = None


def earliest_step(before: Held, stage: str, rules: Mapping[str, Terms]) -> dt.date:
    """The first day on which the step from the stage before may be taken."""
    months = rules.get(stage, Terms()).least_months
    if before.stage == PROBATIONARY:
        months += before.extension_months
    return max(add_months(before.first, months), before.first + dt.timedelta(days=1))


def due_on(before: Held, stage: str, rules: Mapping[str, Terms]) -> dt.date | None:
    """The day by which the step from the stage before is due; None where nothing is due."""
    months = rules.get(stage, Terms()).due_months
    if months is None:
        return None
    if before.stage == PROBATIONARY:
        months += before.extension_months
    return add_months(before.first, months)


def next_stage(stage: str) -> str | None:
    """The stage that follows."""
    place = PATH.index(stage) + 1
    return PATH[place] if place < len(PATH) else None


def fault_of_way(way: Sequence[Held], rules: Mapping[str, Terms], labels: Mapping[str, str]) -> Fault | None:
    """The first thing that is wrong with a person's stages in the order of their days; None when all fits.

    The first stage may be any: who was a member before is entered as one.
    """
    for before, after in pairwise(way):
        wanted = next_stage(before.stage)
        names = {
            "before": labels[before.stage],
            "after": labels[after.stage],
            "wanted": labels[wanted] if wanted else "",
        }
        if wanted is None:
            return Fault("final", _("After “%(before)s” no step follows.") % names, "stage")
        if after.stage != wanted:
            return Fault(
                "order",
                _("After “%(before)s” comes “%(wanted)s”, not “%(after)s”. No step is left out.") % names,
                "stage",
            )
        earliest = earliest_step(before, after.stage, rules)
        if after.first < earliest:
            return Fault(
                "too-early",
                _(
                    "“%(before)s” began on %(since)s; the step to “%(after)s” is possible from %(earliest)s on. Enter that day or a later one."
                )
                % {**names, "since": before.first.isoformat(), "earliest": earliest.isoformat()},
                earliest=earliest,
            )
    return None


def fault_of_age(
    stage: str,
    on: dt.date,
    born_on: dt.date | None,
    rules: Mapping[str, Terms],
    labels: Mapping[str, str],
    *,
    is_first: bool = True,
) -> Fault | None:
    """Why the person is too young for the step on the day; None when old enough or the rule does not ask.

    Who begins with a later stage must be old enough for the first one too, where the day of birth is known.
    """
    asked = rules.get(stage, Terms()).least_age
    least = asked or (rules.get(PATH[0], Terms()).least_age if is_first else None)
    if least is None:
        return None
    if born_on is None:
        if asked is None:
            return None
        return Fault(
            "age-unknown",
            _(
                "“%(after)s” is possible from %(age)s years of age, and the day of birth is not known. "
                "Enter it here; it is looked at once and not kept."
            )
            % {"after": labels[stage], "age": least},
            "born_on",
        )
    earliest = add_months(born_on, 12 * least)
    if on >= earliest:
        return None
    return Fault(
        "too-young",
        _(
            "The person is %(age)s years old on %(earliest)s; “%(after)s” is possible from that day on. Correct the day, or wait."
        )
        % {"after": labels[stage], "age": least, "earliest": earliest.isoformat()},
        earliest=earliest,
    )
