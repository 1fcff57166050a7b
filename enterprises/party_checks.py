"""The rules of party organisations as pure functions: which form fits, and what is wrong with one. No ORM, no clock.

Numbers follow the regulations on branches (docs: domain S48R, S49R) and are the district's dated parameters.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

COMMITTEE, GENERAL_BRANCH, BRANCH, JOINT_BRANCH = "committee", "general_branch", "branch", "joint_branch"
SINGLE, JOINT, ADVISER = "single", "joint", "adviser"

KINDS_OF_FORM = {SINGLE: (COMMITTEE, GENERAL_BRANCH, BRANCH), JOINT: (JOINT_BRANCH,), ADVISER: ("",)}
"""Which types an organisation of a form may have."""


@dataclass(frozen=True)
class Numbers:
    """The parameters in force on a day; the sample where the district has none."""

    branch_min: int = 3
    branch_max: int = 50
    branch_committee_min: int = 7
    general_branch_min: int = 50
    committee_min: int = 100
    joint_max_units: int = 5
    adviser_max_units: int = 3
    adviser_visits_month: int = 1
    branch_term_years: int = 3
    committee_term_years: int = 5
    remind_months: int = 6


@dataclass(frozen=True)
class Proposal:
    """The form and type that fit an enterprise, whether its branch elects a committee, and why."""

    form: str
    kind: str
    elects_committee: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Standing:
    """An organisation on a day. `full` None: never counted. `term_due` None: no term entered."""

    form: str
    kind: str
    units: int
    full: int | None
    probationary: int = 0
    term_due: dt.date | None = None
    posts: Collection[str] = ()


@dataclass(frozen=True)
class Breach:
    """What is wrong and what to do; `is_hard` ones are refused when somebody enters them."""

    code: str
    sentence: str
    is_hard: bool = False


def propose_form(full: int, probationary: int, numbers: Numbers, *, joint_with_room: int = 0) -> Proposal:
    """The form for an enterprise with so many members; `joint_with_room` joint branches could take one more unit."""
    members = full + probationary
    values = {"full": full, "members": members}
    if full >= numbers.branch_min:
        for kind, least, text in (
            (
                COMMITTEE,
                numbers.committee_min,
                _("%(members)s members: from %(least)s on a party committee."),
            ),
            (
                GENERAL_BRANCH,
                numbers.general_branch_min,
                _("%(members)s members: from %(least)s on a general branch."),
            ),
        ):
            if members >= least:
                return Proposal(SINGLE, kind, True, (text % {**values, "least": least},))
        reasons = [
            _("%(full)s full members: from %(least)s on the enterprise has a branch of its own.")
            % {**values, "least": numbers.branch_min}
        ]
        elects = full >= numbers.branch_committee_min
        if elects:
            reasons.append(
                _("From %(least)s full members on the branch elects a committee of 3 to 5.")
                % {"least": numbers.branch_committee_min}
            )
        else:
            reasons.append(
                _("Below %(least)s full members the branch elects a secretary, where needed a deputy.")
                % {"least": numbers.branch_committee_min}
            )
        return Proposal(SINGLE, BRANCH, elects, tuple(reasons))
    if members:
        reasons = [
            _("%(full)s full members: below %(least)s an enterprise joins others in a joint branch.")
            % {**values, "least": numbers.branch_min}
        ]
        if joint_with_room:
            reasons.append(
                _("%(count)s joint branches have room for one more unit (at most %(most)s).")
                % {"count": joint_with_room, "most": numbers.joint_max_units}
            )
        else:
            reasons.append(
                _("No joint branch has room: found a new one with neighbours (at most %(most)s units).")
                % {"most": numbers.joint_max_units}
            )
        return Proposal(JOINT, JOINT_BRANCH, False, tuple(reasons))
    return Proposal(
        ADVISER,
        "",
        False,
        (
            _("No member yet: an adviser is sent, who looks after %(most)s enterprises at most.")
            % {"most": numbers.adviser_max_units},
        ),
    )


def breaches(
    one: Standing, numbers: Numbers, day: dt.date, team: Sequence[tuple[str, str]] = ()
) -> list[Breach]:
    """What is wrong with the organisation on the day. `team`: posts (code, label) that it must have."""
    found = [*_of_form(one), *_of_units(one, numbers)]
    if one.form != ADVISER:
        found += [*_of_members(one, numbers), *_of_term(one, numbers, day)]
    found += [
        Breach(
            "post-" + post,
            _("The post “%(post)s” stands empty. Elect or appoint somebody.") % {"post": label},
        )
        for post, label in team
        if post not in one.posts
    ]
    return found


def hard(found: Sequence[Breach]) -> Breach | None:
    """The first breach for which an entry is refused."""
    return next((one for one in found if one.is_hard), None)


def _of_form(one: Standing) -> list[Breach]:
    if one.kind in KINDS_OF_FORM[one.form]:
        return []
    if not one.kind:
        return [Breach("no-kind", _("The type is not entered. Choose it."))]
    sentence = {
        SINGLE: _("A joint branch has the form “joint establishment”. Correct the form or the type."),
        JOINT: _("Several units together have a joint branch. Correct the form or the type."),
        ADVISER: _("An adviser's group is no party organisation and has no type. Leave the type empty."),
    }[one.form]
    return [Breach("kind-form", sentence, True)]


def _of_units(one: Standing, numbers: Numbers) -> list[Breach]:
    if one.form == JOINT and one.units > numbers.joint_max_units:
        return [
            Breach(
                "joint-units",
                _(
                    "%(units)s units: a joint branch covers %(most)s at most. Let some units found another joint branch."
                )
                % {"units": one.units, "most": numbers.joint_max_units},
                True,
            )
        ]
    if one.form == ADVISER and one.units > numbers.adviser_max_units:
        return [
            Breach(
                "adviser-units",
                _("%(units)s units: an adviser looks after %(most)s at most. Send another adviser.")
                % {"units": one.units, "most": numbers.adviser_max_units},
                True,
            )
        ]
    if one.form == SINGLE and one.units > 1:
        return [
            Breach(
                "single-units",
                _(
                    "%(units)s enterprises: an organisation of one's own covers one. Choose the form “joint establishment”."
                )
                % {"units": one.units},
                True,
            )
        ]
    if one.form == JOINT and one.units == 1:
        return [
            Breach(
                "joint-alone",
                _("Only one unit is left in the joint branch. Join others, or change the form."),
            )
        ]
    if one.units == 0:
        return [
            Breach(
                "no-unit", _("It covers no enterprise. Enter whom it covers, or the day it was dissolved.")
            )
        ]
    return []


def _of_members(one: Standing, numbers: Numbers) -> list[Breach]:
    if one.full is None:
        return [Breach("not-counted", _("Its members were never counted. Enter the count."))]
    members, found = one.full + one.probationary, []
    if one.full < numbers.branch_min:
        way_out = (
            _("Take another unit in, or send an adviser.")
            if one.kind == JOINT_BRANCH
            else _("Join others in a joint branch, or send an adviser.")
        )
        found.append(
            Breach(
                "too-few",
                _("%(full)s full members: a branch needs %(least)s.")
                % {"full": one.full, "least": numbers.branch_min}
                + " "
                + way_out,
            )
        )
    if one.kind in (BRANCH, JOINT_BRANCH) and members > numbers.branch_max:
        found.append(
            Breach(
                "too-many",
                _("%(members)s members: a branch has %(most)s at most. Found a general branch.")
                % {"members": members, "most": numbers.branch_max},
            )
        )
    least = {COMMITTEE: numbers.committee_min, GENERAL_BRANCH: numbers.general_branch_min}.get(one.kind, 0)
    if members < least:
        found.append(
            Breach(
                "too-few-for-kind",
                _("%(members)s members: this type needs %(least)s. Change the type, or enter the approval.")
                % {"members": members, "least": least},
            )
        )
    return found


def _of_term(one: Standing, numbers: Numbers, day: dt.date) -> list[Breach]:
    if one.term_due is None:
        return [Breach("no-term", _("No term is entered. Enter the last election."))]
    if one.term_due < day:
        return [
            Breach(
                "term-late",
                _("The term ended on %(day)s. Hold the election, or enter the approved extension.")
                % {"day": one.term_due.isoformat()},
            )
        ]
    if one.term_due <= add_months(day, numbers.remind_months):
        return [
            Breach(
                "term-soon",
                _("The term ends on %(day)s. Prepare the election.") % {"day": one.term_due.isoformat()},
            )
        ]
    return []


def term_years(kind: str, numbers: Numbers) -> int:
    """How many years a term of such an organisation lasts."""
    return numbers.committee_term_years if kind in (COMMITTEE, GENERAL_BRANCH) else numbers.branch_term_years


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day so many months later (the month's last day where there is no such day)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = (dt.date(year + (month == 11), (month + 1) % 12 + 1, 1) - dt.timedelta(days=1)).day
    return dt.date(year, month + 1, min(day.day, last))
