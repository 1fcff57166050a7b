"""A survey of the fourth quarter of 2026 over the projects of `quarter.py`: 100 households each, drawn with seed 7."""

import datetime as dt

from evaluations.models import SurveyHousehold
from evaluations.services import survey_letters, surveys
from redprop.core.services import jobs
from tests.evaluations.quarter import build_quarter, move_clock, open_quarter

FIRST, LAST = dt.date(2026, 10, 14), dt.date(2026, 11, 30)
ALL = {"overall": "5", "cleaning": "4", "repairs": "2"}


def prepared(cast, projects=2, **changes):
    """A survey that is not open yet."""
    quarter = build_quarter(cast, projects=projects)
    quarter.period = open_quarter(quarter, "2026Q4")
    move_clock(quarter.district, FIRST)
    quarter.round = surveys.prepare_round(
        period=quarter.period,
        opens_on=FIRST,
        ends_on=LAST,
        seed=7,
        acting_user=cast.evaluator,
        **changes,
    )
    return quarter


def opened(cast, projects=2, **changes):
    """A survey that runs."""
    quarter = prepared(cast, projects, **changes)
    quarter.round = surveys.open_round(row=quarter.round, acting_user=cast.evaluator)
    return quarter


def households(quarter, project=0):
    return list(SurveyHousehold.objects.filter(round=quarter.round, project=quarter.projects[project]))


def letters(quarter, cast, monkeypatch, project=0):
    """Have letters of a project made; returns the codes by household number, as a reader of the paper finds them."""
    seen = {}

    def paper(frame, pages):
        for page in pages:
            seen[page.addressee] = page
        return b"%PDF"

    monkeypatch.setattr(survey_letters, "letters_pdf", paper)
    made = survey_letters.request_letters(
        row=quarter.round,
        project=None if project is None else quarter.projects[project],
        acting_user=cast.evaluator,
    )
    job = jobs.run(made.job_id)
    assert job.state == "done", job.message
    made.refresh_from_db()
    return made, seen
