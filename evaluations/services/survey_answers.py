"""Answers of drawn households: by the code of a letter, or entered by staff for a call, a visit or a paper.

One answer a household, whatever the channel: the household's row is locked while it answers, and the
answer carries a digest of the household that is unique in the database. The code of a letter is stored
as its keyed hash only. Nothing is written down of who in the household answered.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from communities.services.request_codes import CODE_LETTERS
from evaluations.models import SurveyAnswer, SurveyHousehold, SurveyRound
from evaluations.services.access import require_role
from evaluations.services.surveys import household_digest
from evaluations.surveys.questions import LEAST, MOST
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.common.errors import Refused
from redprop.common.secrets import keyed_hash
from redprop.common.text import normalise

LENGTH, GROUP = 12, 4
ENTERED = (SurveyAnswer.Channel.PHONE, SurveyAnswer.Channel.VISIT, SurveyAnswer.Channel.PAPER)
"""Channels by which staff enter an answer; whoever does is a scorer of the project's entry."""

CALLERS = (Role.EVALUATOR, Role.INSPECTOR, Role.SUBDISTRICT_CLERK)


def new_code() -> str:
    """Return a random code for a letter: 12 letters of 31, some 59 bits."""
    return "".join(secrets.choice(CODE_LETTERS) for _letter in range(LENGTH))


def plain_code(typed: str) -> str:
    """Return a code as typed, without spaces and dashes, in capitals."""
    return "".join(char for char in normalise(typed).upper() if char.isalnum())[:20]


def shown_code(code: str) -> str:
    """Return the code in groups of four, as it is printed and read aloud."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def hash_of(code: str) -> str:
    """Return what is stored of a letter's code."""
    return keyed_hash(plain_code(code), about="survey-code")


def find_household(code: str) -> SurveyHousehold:
    """Return the household of a letter's code; raises Refused when no letter has it, or a newer one replaced it."""
    found = (
        SurveyHousehold.objects.filter(token_hash=hash_of(code))
        .select_related("round__district", "round__period", "project__enterprise", "compound")
        .first()
        if plain_code(code)
        else None
    )
    if found is None:
        raise Refused(
            _(
                "No letter has this code, or a newer letter has replaced it. Please compare it with your letter."
            ),
            code="unknown-code",
        )
    return found


def already_answered() -> Refused:
    """The sentence for a household that has answered."""
    return Refused(
        _("Your household has answered already, and one answer a household counts. Thank you!"),
        code="already-answered",
    )


def require_running(row: SurveyRound) -> None:
    """Raise Refused before the survey begins and after it has ended."""
    today = business_today(row.district)
    if row.state == SurveyRound.State.OPEN and today < row.opens_on:
        raise Refused(
            _("This survey begins on %(day)s. Please come back then.") % {"day": row.opens_on},
            code="not-begun",
        )
    if row.state != SurveyRound.State.OPEN or today > row.ends_on:
        raise Refused(
            _("This survey ended on %(day)s. Thank you for wanting to take part.") % {"day": row.ends_on},
            code="ended",
        )


def answer_by_code(*, code: str, marks: Mapping[str, object], typed: bool = False) -> SurveyAnswer:
    """Take the answer that somebody gives with the code of a letter; `typed`: by hand instead of the QR code."""
    household = find_household(code)
    channel = SurveyAnswer.Channel.LINK if typed else SurveyAnswer.Channel.LETTER
    return _keep(household, channel, marks, None, code=code)


def enter_answer(
    *, household: SurveyHousehold, channel: str, marks: Mapping[str, object], acting_user: User
) -> SurveyAnswer:
    """Enter what a drawn household said on the telephone, at the door or on paper."""
    _require_caller(household, acting_user)
    if channel not in ENTERED:
        raise Refused(_("Choose how the household answered."), code="channel", field="channel")
    return _keep(household, channel, marks, acting_user)


def record_call(*, household: SurveyHousehold, outcome: str, acting_user: User) -> SurveyHousehold:
    """Count a call that brought no answer, with how it ended. Nobody's number or name is kept."""
    _require_caller(household, acting_user)
    if outcome not in SurveyHousehold.Outcome:
        raise Refused(_("Choose how the call ended."), code="outcome", field="outcome")
    require_running(household.round)
    today = business_today(household.round.district)
    changed = SurveyHousehold.objects.filter(pk=household.pk, answered=False).update(
        calls=F("calls") + 1, outcome=outcome, called_on=today
    )
    if not changed:
        raise already_answered()
    household.refresh_from_db()
    return household


def _require_caller(household: SurveyHousehold, user: User | None) -> None:
    require_role(user, household.round.district, *CALLERS)
    if not SurveyHousehold.objects.for_user(user).filter(pk=household.pk).exists():
        raise Refused(_("This household lies outside your area."), code="not-yours")


def checked_marks(row: SurveyRound, marks: Mapping[str, object]) -> tuple[dict[str, int], int]:
    """Return the marks by dimension, and the one that counts; raises Refused for what is no mark from 1 to 5."""
    found: dict[str, int] = {}
    overall = 0
    for question in row.questions.all():
        given = str(marks.get(question.code, "") or "").strip()
        if not given:
            continue
        if given not in {str(mark) for mark in range(LEAST, MOST + 1)}:
            raise Refused(
                _("“%(question)s”: choose one of the five answers.") % {"question": question.text},
                code="no-mark",
                field=question.code,
            )
        found[question.code] = int(given)
        if question.counts:
            overall = int(given)
    if not overall:
        raise Refused(
            _(
                "Please answer the first question: how satisfied you are all in all. The others may stay open."
            ),
            code="overall-missing",
        )
    return found, overall


def _keep(
    household: SurveyHousehold,
    channel: str,
    marks: Mapping[str, object],
    user: User | None,
    *,
    code: str = "",
) -> SurveyAnswer:
    row = household.round
    require_running(row)
    found, overall = checked_marks(row, marks)
    values: dict[str, Any] = {
        "project_id": household.project_id,
        "compound_id": household.compound_id,
        "answered_on": business_today(row.district),
        "score": overall,
        "is_satisfied": overall >= 4,
        "channel": channel,
        "token_digest": household_digest(row.period_id, household.compound_id, household.number),
        "round": row,
        "marks": found,
        "pooled_with_id": row.period_id if row.kind == SurveyRound.Kind.AGAIN else None,
        "entered_by": user,
        "recorded_at": business_now(row.district),
        "recorded_by": str(user or ""),
    }
    try:
        with transaction.atomic(), acting(user, "survey answer"):
            locked = SurveyHousehold.objects.select_for_update(of=("self",)).get(pk=household.pk)
            if locked.answered:
                raise already_answered()
            if code and locked.token_hash != hash_of(code):
                find_household(code)  # a newer letter was printed meanwhile
            answer = SurveyAnswer.objects.create(**values)
            locked.answered = True
            locked.save(update_fields=["answered"])
    except IntegrityError as error:
        if "surveyanswer_household_once" not in str(error):
            raise
        raise already_answered() from error
    return answer
