"""Severity decides how long an adverse entry is displayed; what was put right and re-inspected is repaired."""

import datetime as dt

import pytest

from enterprises.models import EnterpriseContact
from evaluations.models import CreditEvent, CreditScheme, ListEntry, Rectification, Release, Veto
from evaluations.scoring.__main__ import main
from evaluations.services import releases
from evaluations.services.bundles import write_bundle
from evaluations.services.credit import record_release_events
from evaluations.services.display import expire_display
from evaluations.services.rectification import decide_rectification, report_rectification
from evaluations.services.severity import set_severity
from redprop.common.errors import Refused
from tests.evaluations.quarter import (
    SHANGHAI,
    build_quarter,
    closed_quarter,
    inspect,
    move_clock,
    noticed_quarter,
    veto,
)

pytestmark = pytest.mark.django_db
FINAL_DAY = dt.date(2026, 10, 20)


@pytest.fixture
def quarter(cast):
    """The first three projects are black by a minor, an ordinary and a serious finding."""
    quarter = build_quarter(cast)
    for project, severity in zip(quarter.projects, ("minor", "ordinary", "serious"), strict=False):
        found = veto(project, cast.registrar)
        Veto.objects.filter(pk=found.pk).update(severity=severity)
    EnterpriseContact.objects.create(
        user=cast.enterprise_contact, enterprise=quarter.enterprises[0], valid_from=dt.date(2020, 1, 1)
    )
    CreditScheme.objects.create(
        district=cast.district,
        code="S",
        title="示例方案",
        document="示例1号",
        valid_from=dt.date(2026, 1, 1),
        start=100,
    )
    return quarter


@pytest.fixture
def final(quarter, cast):
    """The list final on 20 October 2026, with its credit events."""
    period = noticed_quarter(quarter)
    move_clock(quarter.district, FINAL_DAY)
    quarter.release = releases.finalise(period=period, acting_user=cast.publisher)
    record_release_events(release=quarter.release, acting_user=None)
    return quarter


def refused(code, call):
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code, str(caught.value)


def entry(project):
    return ListEntry.objects.get(project=project)


def states(quarter):
    return [entry(project).state for project in quarter.projects[:3]]


def look_again(quarter, project, day):
    compound = quarter.compounds[quarter.projects.index(project)]
    when = dt.datetime.combine(day, dt.time(12), SHANGHAI)
    return inspect(project, compound, 100, day=day, recorded=when, inspector=quarter.cast.inspector)


def test_each_severity_ends_its_display_on_its_own_day(final):
    # final on 20 October 2026: 3 months, 12 months, 36 months later
    days = [
        (dt.date(2027, 1, 19), ["final", "final", "final"]),
        (dt.date(2027, 1, 20), ["expired", "final", "final"]),
        (dt.date(2027, 10, 19), ["expired", "final", "final"]),
        (dt.date(2027, 10, 20), ["expired", "expired", "final"]),
        (dt.date(2029, 10, 19), ["expired", "expired", "final"]),
        (dt.date(2029, 10, 20), ["expired", "expired", "expired"]),
    ]
    for day, expected in days:
        move_clock(final.district, day)
        expire_display(district=final.district)
        assert states(final) == expected, day


def test_the_severity_is_set_before_the_notice_and_stands_after_it(quarter, cast):
    period = closed_quarter(quarter)
    first = entry(quarter.projects[0])
    assert first.severity == "minor"
    assert set_severity(entry=first, severity="serious", acting_user=cast.evaluator).severity == "serious"
    refused("not-allowed", lambda: set_severity(entry=first, severity="minor", acting_user=cast.publisher))
    releases.confirm_entries(period=period, acting_user=cast.evaluator)
    releases.publish_notice(period=period, acting_user=cast.publisher)
    refused("noticed", lambda: set_severity(entry=first, severity="minor", acting_user=cast.evaluator))


def test_a_minor_fault_put_right_is_repaired_at_once_and_its_credit_event_ends(final, cast, tmp_path):
    first = entry(final.projects[0])
    report = report_rectification(entry=first, text="电梯已更换", acting_user=cast.enterprise_contact)
    refused("reported", lambda: report_rectification(entry=first, text="再报", acting_user=None))

    def decide():
        return decide_rectification(
            rectification=Rectification.objects.get(pk=report.pk),
            passed=True,
            result="复查合格",
            acting_user=cast.evaluator,
        )

    refused("not-inspected", decide)
    look_again(final, final.projects[0], dt.date(2026, 10, 21))
    move_clock(final.district, dt.date(2026, 10, 22))
    decide()
    assert states(final) == ["repaired", "final", "final"]
    report.refresh_from_db()
    assert report.repaired_on == dt.date(2026, 10, 22)
    event = CreditEvent.objects.get(release_entry__entry=first)
    assert (event.end.reason, event.end.ended_on) == ("repaired", dt.date(2026, 10, 22))
    assert not Release.objects.filter(files_published_at__isnull=False).exists()
    for release in Release.objects.all():
        path = tmp_path / f"{release.sequence}.zip"
        write_bundle(release=release, path=path)
        assert main([str(path)]) == 0


def test_an_ordinary_fault_put_right_is_shown_for_three_months_all_the_same(final, cast):
    second = entry(final.projects[1])
    report = report_rectification(entry=second, text="已整改", acting_user=cast.enterprise_contact)
    look_again(final, final.projects[1], dt.date(2026, 10, 21))
    move_clock(final.district, dt.date(2026, 10, 22))
    decide_rectification(rectification=report, passed=True, result="复查合格", acting_user=cast.evaluator)
    assert entry(final.projects[1]).state == "final"
    move_clock(final.district, dt.date(2027, 1, 19))
    expire_display(district=final.district)
    assert entry(final.projects[1]).state == "final"
    move_clock(final.district, dt.date(2027, 1, 20))
    expire_display(district=final.district)
    assert entry(final.projects[1]).state == "repaired"


def test_what_is_not_put_right_stays_and_may_be_reported_again(final, cast):
    first = entry(final.projects[0])
    report = report_rectification(entry=first, text="已整改", acting_user=cast.enterprise_contact)
    look_again(final, final.projects[0], dt.date(2026, 10, 20))
    refused(
        "result-missing",
        lambda: decide_rectification(
            rectification=report, passed=False, result=" ", acting_user=cast.evaluator
        ),
    )
    decide_rectification(rectification=report, passed=False, result="仍有停梯", acting_user=cast.evaluator)
    assert entry(final.projects[0]).state == "final"
    assert (
        report_rectification(entry=first, text="再次整改", acting_user=cast.enterprise_contact).pk
        != report.pk
    )


def test_only_the_contact_reports_and_only_on_a_final_adverse_entry(final, cast):
    plain = entry(final.projects[5])
    refused("not-final", lambda: report_rectification(entry=plain, text="整改", acting_user=None))
    refused(
        "not-contact",
        lambda: report_rectification(entry=entry(final.projects[0]), text="整改", acting_user=cast.registrar),
    )
