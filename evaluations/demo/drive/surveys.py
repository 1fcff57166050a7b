"""October's survey of the fourth quarter, half answered, and the second survey of one undetermined project."""

import datetime as dt
import random

from django.utils.translation import gettext as _

from evaluations.demo.drive.quarters import LAST, SHANGHAI
from evaluations.demo.drive.stage import Stage
from evaluations.models import EvaluationPeriod, SurveyAnswer, SurveyHousehold, SurveyRound
from evaluations.services import periods, surveys
from evaluations.services.survey_reminders import waiting_entries
from redprop.accounts.clock import business_now, business_today

FIRST, END = dt.date(2026, 10, 14), dt.date(2026, 11, 30)
SEED = 20261014 % surveys.LARGEST_SEED
PROJECTS = 60
"""So many projects have answers by the day the demo begins; letters to the others are on their way."""

CHANNELS = ("letter", "letter", "letter", "link", "phone", "phone", "paper")


def drive_surveys(stage: Stage) -> None:
    """Open the survey of the quarter that runs, and fill in what residents have answered since."""
    quarter = str(LAST.shift(1))
    period = EvaluationPeriod.objects.filter(district=stage.district, code=quarter).first()
    period = period or periods.open_period(
        district=stage.district, code=quarter, acting_user=stage.user("evaluator")
    )
    if period.state != EvaluationPeriod.State.OPEN or period.survey_rounds.exists():
        return
    row = surveys.prepare_round(
        period=period,
        opens_on=FIRST,
        ends_on=END,
        seed=SEED,
        margin=25,
        expected_response=60,
        acting_user=stage.user("evaluator"),
    )
    row = surveys.open_round(row=row, acting_user=stage.user("evaluator"))
    asked = list(row.samples.order_by("project__code")[:PROJECTS])
    answers = sum(_answer(stage, row, sample.project_id, place) for place, sample in enumerate(asked))
    stage.say(
        _("Survey of %(period)s: %(drawn)s households drawn, %(answers)s have answered.")
        % {"period": period, "drawn": row.households.count(), "answers": answers}
    )
    entry = waiting_entries().filter(period__district=stage.district, period__code=str(LAST)).first()
    if entry is not None:
        again = surveys.open_second_survey(entry=entry, acting_user=stage.user("evaluator"))
        _answer(stage, again, entry.project_id, 1)


def _answer(stage: Stage, row: SurveyRound, project: int, place: int) -> int:
    """Answers of a third to two thirds of a project's drawn households, in the days since the survey began."""
    chance = random.Random(f"{SEED}/{project}")
    homes = list(SurveyHousehold.objects.filter(round=row, project=project))
    homes = homes[: len(homes) * chance.randint(30, 66) // 100]
    today = business_today(stage.district)
    days = max((today - max(FIRST, row.opens_on)).days, 0)
    caller = stage.user("inspector")
    codes = list(row.questions.values_list("code", "counts"))
    made = []
    for home in homes:
        channel = chance.choice(CHANNELS)
        overall = chance.choices((5, 4, 3, 2, 1), (38, 34, 16, 8, 4))[0]
        day = today - dt.timedelta(days=chance.randint(0, days))
        made.append(
            SurveyAnswer(
                project_id=project,
                compound_id=home.compound_id,
                answered_on=day,
                score=overall,
                is_satisfied=overall >= 4,
                channel=channel,
                token_digest=surveys.household_digest(row.period_id, home.compound_id, home.number),
                round=row,
                marks={
                    code: overall if counts else min(5, max(1, overall + chance.choice((-1, 0, 0, 1))))
                    for code, counts in codes
                },
                pooled_with_id=row.period_id if row.kind == SurveyRound.Kind.AGAIN else None,
                entered_by=caller if channel in ("phone", "paper") else None,
                recorded_at=min(
                    dt.datetime.combine(day, dt.time(chance.randint(9, 20)), SHANGHAI),
                    business_now(stage.district),
                ),
                recorded_by="demo",
            )
        )
    SurveyAnswer.objects.bulk_create(made)
    SurveyHousehold.objects.filter(pk__in=[home.pk for home in homes]).update(answered=True)
    tried = SurveyHousehold.objects.filter(round=row, project=project, answered=False)
    tried.filter(place__gte=40).update(calls=1, outcome="no_answer", called_on=today)
    tried.filter(place__gte=47).update(calls=2, outcome="refused", called_on=today)
    return len(made)
