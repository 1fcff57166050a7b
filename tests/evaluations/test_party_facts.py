"""Party facts in a quarter: what counts at the cut-off, the first load, and guide-book work counted by hand."""

import datetime as dt

import pytest

from enterprises.models import GuideCheck, GuideItem, PartyCoverage, PartyOrganisation, PartyRule
from evaluations.indicators import REGISTRY, evidence
from evaluations.services.run_data import sql_parameters
from tests.evaluations.quarter import SHANGHAI, SINCE, WHEN, build_quarter, closed_quarter
from tests.evaluations.test_closing import run_of, value

LATE = dt.datetime(2026, 10, 20, 9, tzinfo=SHANGHAI)


@pytest.fixture
def quarter(cast):
    return build_quarter(cast)


def test_coverage_entered_after_the_cut_off_does_not_count(quarter):
    PartyCoverage.objects.filter(organisation__code="DZZ1").update(recorded_at=LATE)
    run = run_of(closed_quarter(quarter))
    assert value(run, quarter.projects[0], "party_organisation")[:2] == (1, 1)
    assert value(run, quarter.projects[2], "party_organisation")[:2] == (0, 1)
    assert value(run, quarter.projects[2], "leadership_team")[0] == 0


def test_what_the_first_load_took_over_counts_as_known_all_along(quarter):
    PartyCoverage.objects.filter(organisation__code="DZZ1").update(recorded_at=LATE)
    PartyRule.objects.create(
        district=quarter.district, valid_from=SINCE, first_load_until=dt.date(2026, 10, 20)
    )
    run = run_of(closed_quarter(quarter))
    assert value(run, quarter.projects[2], "party_organisation")[:2] == (1, 1)


def test_the_day_after_the_first_load_counts_no_more(quarter):
    PartyCoverage.objects.filter(organisation__code="DZZ1").update(recorded_at=LATE)
    PartyRule.objects.create(
        district=quarter.district, valid_from=SINCE, first_load_until=dt.date(2026, 10, 19)
    )
    run = run_of(closed_quarter(quarter))
    assert value(run, quarter.projects[2], "party_organisation")[:2] == (0, 1)


def guide(quarter, code, every, of="organisations", since=SINCE):
    return GuideItem.objects.create(
        district=quarter.district, code=code, title=code, every=every, of=of, valid_from=since
    )


def done(organisation, item, period, *, state="confirmed", recorded=WHEN):
    GuideCheck.objects.create(
        organisation=organisation,
        item=item,
        period=period,
        done_on=dt.date(2026, 8, 10),
        note="—",
        state=state,
        decided_on=None if state == "reported" else dt.date(2026, 8, 12),
        reason="—" if state == "returned" else "",
        recorded_at=recorded,
    )


def test_guide_book_work_is_what_was_done_and_confirmed_of_what_fell_due(quarter):
    """Owed in 2026Q3: three months and the quarter make 4; the half-year ends in June, advisers' work is not theirs.

    Done: July, August, the quarter's reported too late, September only waits. 2 of 4.
    """
    monthly, quarterly = guide(quarter, "A", "month"), guide(quarter, "B", "quarter")
    guide(quarter, "C", "half")
    guide(quarter, "D", "month", of="advisers")
    guide(quarter, "E", "month", since=dt.date(2026, 10, 1))
    branch = PartyOrganisation.objects.get(code="DZZ0")
    done(branch, monthly, "2026-07")
    done(branch, monthly, "2026-08")
    done(branch, monthly, "2026-09", state="reported")
    done(branch, quarterly, "2026Q3", recorded=LATE)
    done(branch, monthly, "2026-06")
    run = run_of(closed_quarter(quarter))
    assert counted(run, quarter.projects[0]) == (2, 4)
    assert counted(run, quarter.projects[2]) == (0, 4)


def counted(run, project, **changes):
    """Numerator and denominator of the project's guide-book work."""
    facts = evidence(REGISTRY["guide_work"], project.pk, {**sql_parameters(run.period, run.pk), **changes})
    return sum(fact.numerator for fact in facts), sum(fact.denominator for fact in facts)


def test_without_guide_book_the_indicator_is_not_applicable(quarter):
    run = run_of(closed_quarter(quarter))
    assert counted(run, quarter.projects[0]) == (0, 0)


def test_half_years_and_years_fall_due_at_their_end(quarter):
    """In the fourth quarter: three months, the quarter, the second half and the year are 6."""
    for code, every in (("A", "month"), ("B", "quarter"), ("C", "half"), ("D", "year")):
        guide(quarter, code, every)
    run = run_of(closed_quarter(quarter))
    found = counted(run, quarter.projects[0], start=dt.date(2026, 10, 1), end=dt.date(2026, 12, 31))
    assert found == (0, 6)
