"""Rounds of the satisfaction survey: prepared, opened with the drawing, closed, forgotten.

Opening draws the households of every project that serves a compound on that day and freezes questions,
sizes and seed. The list of the drawn is needed while answers come in, and erased a month after the end:
counts stay in `SurveySample`, answers in `SurveyAnswer`.
"""

import datetime as dt
import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from communities.models import Compound, ServiceAssignment
from enterprises.models import ServiceProject
from evaluations.models import (
    Colour,
    EvaluationPeriod,
    HouseholdNumber,
    ListEntry,
    SurveyAnswer,
    SurveyHousehold,
    SurveyQuestion,
    SurveyRound,
    SurveySample,
)
from evaluations.services.access import require_role
from evaluations.services.corrections import resurvey_due_on
from evaluations.services.rubrics import value_of
from evaluations.surveys.drawing import Household, Size, draw, sample_size, serial_numbers
from evaluations.surveys.questions import SAMPLES
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.common.secrets import keyed_hash

State = SurveyRound.State

KEPT_DAYS = 30
"""Days after the end of a round for which the list of the drawn households is kept."""

LEAST_VALID = 30
"""Where the rubric names no least number (domain.md section 7)."""

EXTRA_DAYS = 10
"""How long a second survey runs that is begun when it was due already."""

LARGEST_SEED = 999_999
BATCH = 5000


def household_digest(period_id: int, compound_id: int, number: str) -> str:
    """Return what stands in an answer for its household: the same in every survey of the period, whatever channel."""
    return keyed_hash(f"{period_id}:{compound_id}:{number}", about="survey-household")


def least_valid(period: EvaluationPeriod) -> int:
    """Return the least number of valid answers by the period's rubric."""
    rubric = value_of(period.rubric)
    item = next((one for one in rubric.items if one.source == "satisfaction"), None)
    return (item.min_n if item else 0) or LEAST_VALID


def prepare_round(
    *,
    period: EvaluationPeriod,
    opens_on: dt.date,
    ends_on: dt.date,
    title: str = "",
    asked_by: str = "",
    purpose: str = "",
    seed: int | None = None,
    margin: object = None,
    expected_response: int | None = None,
    acting_user: User | None,
) -> SurveyRound:
    """Create a survey of an open period with the sample questions, to be edited until it opens."""
    district = period.district
    require_role(acting_user, district, Role.EVALUATOR)
    with transaction.atomic(), acting(acting_user, "prepare survey"):
        period = EvaluationPeriod.objects.select_for_update(of=("self",)).get(pk=period.pk)
        row = _new_round(period, SurveyRound.Kind.REGULAR, opens_on, ends_on, acting_user)
        row.title, row.asked_by, row.purpose = (
            title or row.title,
            asked_by or row.asked_by,
            purpose or row.purpose,
        )
        row.seed = row.seed if seed is None else seed
        row.margin = row.margin if margin is None else margin
        row.expected_response = expected_response or row.expected_response
        require_dates(row)
        row.full_clean(exclude=["state"])
        row.save()
        _ask(row, SAMPLES)
    return row


def _new_round(
    period: EvaluationPeriod, kind: str, opens_on: dt.date, ends_on: dt.date, user: User | None
) -> SurveyRound:
    """A round with what it is called and asked for, in the official language."""
    last = SurveyRound.objects.filter(period=period).aggregate(last=Max("number"))["last"] or 0
    with override("zh-hans"):
        words = {
            "title": _("Residents' survey on property service, %(period)s") % {"period": period},
            "asked_by": _("Red Property office of %(district)s") % {"district": period.district},
            "purpose": _(
                "How residents judge the service counts for the evaluation of the property enterprise that serves your compound."
            ),
        }
    return SurveyRound(
        district=period.district,
        period=period,
        kind=kind,
        number=last + 1,
        opens_on=opens_on,
        ends_on=ends_on,
        seed=secrets.randbelow(LARGEST_SEED) + 1,
        min_valid=least_valid(period),
        recorded_at=business_now(period.district),
        recorded_by=str(user or ""),
        **words,
    )


def _ask(row: SurveyRound, questions: Iterable[object]) -> None:
    SurveyQuestion.objects.bulk_create(
        SurveyQuestion(
            round=row, position=place, code=q.code, text=q.text, text_en=q.text_en, counts=q.counts
        )
        for place, q in enumerate(questions, start=1)
    )


def require_dates(row: SurveyRound) -> None:
    """Raise Refused unless the survey's days lie within its period, whose answers they are."""
    period = row.period
    if row.kind == SurveyRound.Kind.AGAIN:
        return
    if period.state != EvaluationPeriod.State.OPEN:
        raise Refused(
            _("%(period)s is closed: its answers are in. Choose an open period.") % {"period": period},
            code="period-closed",
            field="period",
        )
    if row.opens_on and row.ends_on and not period.starts_on <= row.opens_on <= row.ends_on <= period.ends_on:
        raise Refused(
            _("A survey of %(period)s runs between %(first)s and %(last)s: answers count by their day.")
            % {"period": period, "first": period.starts_on, "last": period.ends_on},
            code="outside-period",
            field="ends_on",
        )


def _served(
    district: District, day: dt.date, projects: Sequence[int] | None
) -> tuple[list[ServiceAssignment], dict[int, list[str]]]:
    """Return the assignments in force on `day`, and the listed household numbers by compound (two queries)."""
    served = ServiceAssignment.objects.on(day).filter(contract__project__district=district)
    if projects is not None:
        served = served.filter(contract__project__in=projects)
    rows = list(
        served.filter(compound__in=Compound.objects.registered_on(day))
        .select_related("compound", "contract__project__enterprise")
        .order_by("contract__project__code", "compound__code")
    )
    listed: dict[int, list[str]] = defaultdict(list)
    numbers = HouseholdNumber.objects.filter(compound__in={row.compound_id for row in rows})
    for compound, number in numbers.values_list("compound", "number"):
        listed[compound].append(number)
    return rows, listed


def frames(
    district: District, day: dt.date, projects: Sequence[int] | None = None
) -> dict[ServiceProject, list[Household]]:
    """Return the households of each project that serves on `day`, by the codes of its compounds (two queries).

    Listed numbers where a compound has them, else serial numbers up to its count of households.
    """
    rows, listed = _served(district, day, projects)
    found: dict[ServiceProject, list[Household]] = {}
    for row in rows:
        code, own = row.compound.code, listed.get(row.compound_id)
        homes = (
            [Household(code, number) for number in own]
            if own
            else serial_numbers(code, row.compound.households or 0)
        )
        found.setdefault(row.contract.project, []).extend(homes)
    return found


def foreseen_sizes(row: SurveyRound) -> dict[ServiceProject, Size]:
    """Return what opening the round today would draw, by project (two queries)."""
    rows, listed = _served(row.district, max(row.opens_on, business_today(row.district)), None)
    population: dict[ServiceProject, int] = defaultdict(int)
    for one in rows:
        own = listed.get(one.compound_id)
        population[one.contract.project] += len(own) if own else one.compound.households or 0
    return {project: size_of(row, count) for project, count in population.items()}


def size_of(row: SurveyRound, population: int) -> Size:
    """Return how many households of a project the round asks."""
    return sample_size(
        population,
        min_valid=row.min_valid,
        margin=row.margin,
        expected_response=row.expected_response,
    )


def open_round(*, row: SurveyRound, acting_user: User | None) -> SurveyRound:
    """Draw the households and open the survey. Raises Refused when it is open, out of its days, or asks nothing."""
    require_role(acting_user, row.district, Role.EVALUATOR)
    with transaction.atomic(), acting(acting_user, "open survey"):
        row = (
            SurveyRound.objects.select_for_update(of=("self",))
            .select_related("period__district", "period__rubric", "district")
            .get(pk=row.pk)
        )
        require_openable(row)
        _draw(row, None)
        _open(row, acting_user)
    return row


def require_openable(row: SurveyRound) -> None:
    """Raise Refused with what stands in the way of opening the round today."""
    if row.state != State.DRAFT:
        raise Refused(_("%(what)s is already open.") % {"what": row}, code="not-draft")
    require_dates(row)
    today = business_today(row.district)
    if today > row.ends_on:
        raise Refused(
            _("The last day of %(what)s, %(day)s, is over. Enter a later one.")
            % {"what": row, "day": row.ends_on},
            code="ended",
        )
    if not row.questions.filter(counts=True).exists():
        raise Refused(
            _("Mark the question that counts for the score: without it no answer is valid."),
            code="no-question-counts",
        )
    for text in (row.title, row.asked_by, row.purpose):
        refuse_personal_numbers(text, field=_("text"))


def _open(row: SurveyRound, user: User | None) -> None:
    row.state, row.opened_at, row.opened_by = State.OPEN, business_now(row.district), user
    row.save(update_fields=["state", "opened_at", "opened_by"])


def _draw(row: SurveyRound, projects: Sequence[int] | None) -> None:
    """Write sample and households; who has answered in another survey of the period is not asked twice."""
    day = max(row.opens_on, business_today(row.district))
    found = frames(row.district, day, projects)
    if row.kind == SurveyRound.Kind.AGAIN and not found:  # served in the period, no longer today
        found = frames(row.district, row.period.ends_on, projects)
    if not any(found.values()):
        raise Refused(
            _(
                "No household can be drawn: no project serves a compound whose households are known. Enter the number of households of the compounds first."
            ),
            code="no-frame",
        )
    codes = {home.compound for frame in found.values() for home in frame}
    compounds = dict(Compound.objects.filter(district=row.district, code__in=codes).values_list("code", "pk"))
    answered = set(
        SurveyAnswer.objects.filter(round__period=row.period_id).values_list("token_digest", flat=True)
    )
    samples, households = [], []
    for project, frame in found.items():
        size = size_of(row, len(frame))
        free = frame
        if answered:
            free = [
                home
                for home in frame
                if household_digest(row.period_id, compounds[home.compound], home.number) not in answered
            ]
        drawn = draw(row.seed, project.code, free, size.drawn)
        samples.append(
            SurveySample(
                round=row,
                project=project,
                population=size.population,
                needed=min(size.needed, size.population),
                drawn=len(drawn),
            )
        )
        households += [
            SurveyHousehold(
                round=row,
                project=project,
                compound_id=compounds[home.compound],
                number=home.number,
                place=place,
            )
            for place, home in enumerate(drawn, start=1)
        ]
    SurveySample.objects.bulk_create(samples, batch_size=BATCH)
    SurveyHousehold.objects.bulk_create(households, batch_size=BATCH)


def open_second_survey(*, entry: ListEntry, acting_user: User | None) -> SurveyRound:
    """Survey an undetermined project again: drawn and open at once, due 20 working days after the closing.

    The questions are those of the period's survey; answers are pooled with it when the entry is resolved.
    """
    require_role(acting_user, entry.period.district, Role.EVALUATOR)
    with transaction.atomic(), acting(acting_user, "second survey"):
        entry = (
            ListEntry.objects.select_for_update(of=("self",))
            .select_related("period__district", "period__rubric", "project")
            .get(pk=entry.pk)
        )
        if (
            entry.colour != Colour.UNDETERMINED
            or entry.project is None
            or entry.state == ListEntry.State.WITHDRAWN
        ):
            raise Refused(_("%(entry)s is not undetermined.") % {"entry": entry}, code="not-undetermined")
        if SurveyRound.objects.filter(entry=entry).exists():
            raise Refused(
                _("The second survey of %(project)s is already open.") % {"project": entry.project},
                code="already-open",
            )
        period = entry.period
        EvaluationPeriod.objects.select_for_update(of=("self",)).get(pk=period.pk)
        today = business_today(period.district)
        due = resurvey_due_on(period) or today
        ends_on = due if due >= today else today + dt.timedelta(days=EXTRA_DAYS)
        before = SurveyRound.objects.filter(period=period).order_by("number").first()
        row = _new_round(period, SurveyRound.Kind.AGAIN, today, ends_on, acting_user)
        with override("zh-hans"):
            row.title = _("Second residents' survey, %(period)s: %(project)s") % {
                "period": period,
                "project": entry.project,
            }
        row.entry = entry
        row.save()
        _ask(row, before.questions.all() if before and before.questions.exists() else SAMPLES)
        _draw(row, [entry.project.pk])
        _open(row, acting_user)
    return row


def close_round(*, row: SurveyRound, acting_user: User | None) -> SurveyRound:
    """End the survey: its codes open nothing any more, and what the calls came to is counted."""
    require_role(acting_user, row.district, Role.EVALUATOR)
    with transaction.atomic(), acting(acting_user, "close survey"):
        row = SurveyRound.objects.select_for_update(of=("self",)).select_related("district").get(pk=row.pk)
        if row.state != State.OPEN:
            raise Refused(_("%(what)s is not open.") % {"what": row}, code="not-open")
        _count_calls(row)
        row.state, row.closed_at = State.CLOSED, business_now(row.district)
        row.save(update_fields=["state", "closed_at"])
    return row


def _count_calls(row: SurveyRound) -> None:
    Outcome = SurveyHousehold.Outcome
    unreached = [Outcome.NO_ANSWER, Outcome.LATER, Outcome.UNREACHABLE]
    counted = {
        found["project"]: found
        for found in SurveyHousehold.objects.filter(round=row)
        .order_by()
        .values("project")
        .annotate(
            refused=Count("pk", filter=Q(outcome=Outcome.REFUSED, answered=False)),
            unreached=Count("pk", filter=Q(outcome__in=unreached, answered=False)),
        )
    }
    samples = list(SurveySample.objects.filter(round=row))
    for sample in samples:
        found = counted.get(sample.project_id, {})
        sample.refused, sample.unreached = found.get("refused", 0), found.get("unreached", 0)
    SurveySample.objects.bulk_update(samples, ["refused", "unreached"], batch_size=BATCH)


def tend_rounds(*, district: District) -> int:
    """Close the surveys whose last day is over and erase lists that are no longer needed; returns how many. Safe to run twice."""
    today = business_today(district)
    rows = SurveyRound.objects.filter(district=district).select_related("district")
    done = 0
    for row in rows.filter(state=State.OPEN, ends_on__lt=today).order_by("pk"):
        close_round(row=row, acting_user=None)
        done += 1
    before = business_now(district) - dt.timedelta(days=KEPT_DAYS)
    for row in rows.filter(state=State.CLOSED, erased_at__isnull=True, closed_at__lt=before).order_by("pk"):
        erase_households(row=row)
        done += 1
    return done


def erase_households(*, row: SurveyRound) -> None:
    """Delete the drawn households of a closed survey with the hashes of their codes."""
    with transaction.atomic(), acting(None, "list of drawn households erased"):
        row = SurveyRound.objects.select_for_update(of=("self",)).get(pk=row.pk)
        SurveyHousehold.objects.filter(round=row).delete()
        row.erased_at = business_now(row.district)
        row.save(update_fields=["erased_at"])
