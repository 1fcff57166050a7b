"""The demo's year through the real services: every case of the list, different hands, nothing twice."""

import datetime as dt
from decimal import Decimal

import pytest

from communities.models import Commitment, JointMeeting
from evaluations.demo.drive.story import run_demo
from evaluations.models import (
    EvaluationPeriod,
    FundYear,
    ListEntry,
    Objection,
    Release,
    ReleaseEntry,
    Subject,
    SubsidyBatch,
    SubsidyStep,
)
from redprop.accounts.clock import business_today
from redprop.common.errors import Refused


@pytest.fixture
def driven(demo_district, settings, tmp_path):
    """The demo without its earlier quarters, closed in this process."""
    settings.MEDIA_ROOT = settings.PUBLISHED_ROOT = tmp_path
    return run_demo(say=lambda text: None, inline=True, history=False)


def project_entries(**wanted):
    return ListEntry.objects.filter(period__code="2026Q3", level="project", **wanted)


def test_the_demo_year_ends_with_final_list_and_approved_money(driven):
    assert business_today(driven.district) == dt.date(2026, 10, 21)
    period = EvaluationPeriod.objects.get(code="2026Q3")
    assert [period.state, period.cutoff_on] == ["closed", dt.date(2026, 10, 10)]

    notice = Release.objects.get(kind="notice")
    assert [notice.published_at.date(), notice.window_ends_on] == [
        dt.date(2026, 10, 12),
        dt.date(2026, 10, 19),
    ]
    assert driven.final.published_at.date() == dt.date(2026, 10, 20)
    assert driven.final.previous_digest == notice.digest

    # the last list shows every case
    counts = driven.final.counts["project"]
    assert counts["red"] == 38  # floor(382 × 10 %), all at 90 points and more
    assert counts["black"] >= 2  # one by its score, one by a veto; a third is held
    assert counts["watch"] >= 3
    assert counts["undetermined"] >= 1
    assert Subject.objects.filter(run=driven.final.run, days__lt=45).count() == 4
    assert project_entries(place="short_service").count() == 4
    assert project_entries(colour="black", reasons__contains=[{"code": "veto"}]).exists()
    assert all(total >= 90 for total in project_entries(colour="red").values_list("total", flat=True))

    # what an objection holds is not in the final list, what was upheld is off it
    assert set(Objection.objects.values_list("state", flat=True)) >= {"rejected", "upheld"}
    for objection in Objection.objects.filter(state="filed"):
        assert objection.entry.state == "held"
        assert not ReleaseEntry.objects.filter(release=driven.final, entry=objection.entry).exists()
    for objection in Objection.objects.filter(state="upheld"):
        assert objection.entry.state == "struck"
        assert not ReleaseEntry.objects.get(release=driven.final, entry=objection.entry).is_named

    # money: every step by another person, within the ceiling
    assert {batch.state for batch in driven.batches} == {"approved"}
    assert {batch.fund.code for batch in driven.batches} == {"services", "party", "talent"}
    for batch in driven.batches:
        hands = {batch.prepared_by_id, batch.second_reviewed_by_id, batch.approved_by_id}
        reviewers = set(batch.slices.exclude(reviewed_by=None).values_list("reviewed_by", flat=True))
        assert len(hands) == 3
        assert not hands & reviewers
        year = FundYear.objects.get(fund=batch.fund, year=2026)
        assert year.committed == batch.total
        assert Decimal(0) < year.committed < year.ceiling

    # the joint meeting of October
    meeting = JointMeeting.objects.get(month=dt.date(2026, 10, 1))
    assert [meeting.state, meeting.is_on_time] == ["accepted", True]
    promise = Commitment.objects.get(meeting=meeting, problem="三号楼二单元楼道灯不亮")
    assert list(promise.steps.values_list("kind", flat=True)) == ["promised", "answered", "confirmed"]


def test_a_second_run_changes_nothing(driven):
    before = [SubsidyStep.objects.count(), Release.objects.count(), Objection.objects.count()]

    again = run_demo(say=lambda text: pytest.fail(text), inline=True, history=False)

    assert [SubsidyStep.objects.count(), Release.objects.count(), Objection.objects.count()] == before
    assert again.final == driven.final
    assert again.district.clock == driven.district.clock


def test_outside_a_demo_nothing_is_driven(demo_district, settings):
    settings.DEMO = False

    with pytest.raises(Refused) as refused:
        run_demo(say=print, inline=True)

    assert refused.value.code == "demo-missing"
    assert not EvaluationPeriod.objects.exists()
    assert not SubsidyBatch.objects.exists()
