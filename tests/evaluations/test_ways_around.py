"""Found in review: ways around a rule of the lists, each closed by one change (design section 7)."""

import datetime as dt
import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from communities.models import Commitment
from communities.services import commitments
from enterprises.models import EnterpriseContact
from evaluations.models import (
    ClosingRun,
    EvaluationPeriod,
    IndicatorValue,
    Inspection,
    ListEntry,
    Release,
)
from evaluations.services import bundles, objections, releases
from redprop.accounts.models import Posting, User
from redprop.common.errors import Refused
from tests.conftest import SHANGHAI
from tests.evaluations.quarter import (
    SINCE,
    build_quarter,
    closed_quarter,
    inspect,
    move_clock,
    noticed_quarter,
    open_quarter,
    promise,
    veto,
)


@pytest.fixture
def quarter(cast, settings):
    settings.DEMO = True
    return build_quarter(cast)


def kept(period, project):
    """Numerator and denominator of the commitments kept in time."""
    value = IndicatorValue.objects.filter(
        run_id=period.runs.get().pk, project_id=project.pk, item="commitments_in_time"
    ).first()
    return (int(value.numerator), int(value.denominator)) if value else None


def named(quarter):
    """The notice of the quarter, with the first project on the black list by a veto."""
    veto(quarter.projects[0], quarter.cast.evaluator)
    period = noticed_quarter(quarter)
    return period, ListEntry.objects.get(project=quarter.projects[0], level="project")


def upheld(objection, decider):
    objections.admit_objection(objection=objection, acting_user=decider)
    objections.decide_objection(objection=objection, upheld=True, result="查证属实", acting_user=decider)


def test_a_confirmation_after_the_cutoff_costs_the_firm_nothing(quarter):
    project = quarter.projects[0]
    late = dt.datetime(2026, 10, 14, 9, tzinfo=SHANGHAI)
    promise(quarter, project, kept=True, confirmed_at=late)
    move_clock(quarter.district, dt.date(2026, 10, 15))
    assert kept(closed_quarter(quarter), project) == (1, 1)


def test_what_was_not_fixed_and_closed_late_without_a_new_answer_was_not_kept(quarter):
    Commitment.objects.all().delete()
    project, secretary = quarter.projects[0], quarter.cast.community_secretary
    made = promise(
        quarter, project, kept=True, state="answered", confirmed_at=None, due_on=dt.date(2026, 9, 1)
    )
    move_clock(quarter.district, dt.date(2026, 9, 5))
    commitments.reopen_commitment(commitment=made, reason="没修好", acting_user=secretary)
    move_clock(quarter.district, dt.date(2026, 9, 25))
    commitments.confirm_commitment(commitment=made, acting_user=secretary)
    move_clock(quarter.district, dt.date(2026, 10, 12))
    assert kept(closed_quarter(quarter), project) == (0, 1)


def test_adding_to_an_answer_given_in_time_keeps_its_day(quarter):
    contact = quarter.cast.enterprise_contact
    EnterpriseContact.objects.create(user=contact, enterprise=quarter.enterprises[0], valid_from=SINCE)
    made = promise(quarter, quarter.projects[0], kept=False)
    move_clock(quarter.district, dt.date(2026, 8, 9))
    commitments.answer_commitment(commitment=made, text="已更换", acting_user=contact)
    move_clock(quarter.district, dt.date(2026, 8, 12))
    made = commitments.answer_commitment(commitment=made, text="已更换，补充说明", acting_user=contact)
    assert (made.answered_at.date(), made.answer) == (dt.date(2026, 8, 9), "已更换，补充说明")


def test_the_published_reason_of_a_strike_holds_no_telephone(quarter):
    veto(quarter.projects[0], quarter.cast.evaluator)
    closed_quarter(quarter)
    entry = ListEntry.objects.get(project=quarter.projects[0], level="project")
    with pytest.raises(Refused) as refusal:
        releases.strike_entry(entry=entry, reason="业主13812345678反映", acting_user=quarter.cast.evaluator)
    assert refusal.value.code != "reason-missing"


def test_who_entered_the_marks_is_a_scorer_though_not_named_as_inspector(quarter):
    decider = quarter.cast.objection_decider
    inspection = inspect(quarter.projects[0], quarter.compounds[0], 100)
    Inspection.objects.filter(pk=inspection.pk).update(recorded_by=decider.username)
    _period, entry = named(quarter)
    objection = objections.file_objection(entry=entry, by="resident", text="不属实", acting_user=None)
    with pytest.raises(Refused) as refusal:
        upheld(objection, decider)
    assert refusal.value.code == "scorer"


@pytest.mark.parametrize(
    ("contact_until", "posting_until", "may"),
    [
        (None, None, True),
        (None, dt.date(2026, 10, 11), False),
        (dt.date(2026, 10, 11), None, False),
        # by the clock of the district, which stands at 12 October
        (dt.date(2026, 10, 12), dt.date(2026, 10, 12), True),
    ],
)
def test_a_contact_needs_contact_and_posting_in_force(quarter, contact_until, posting_until, may):
    contact = quarter.cast.enterprise_contact
    EnterpriseContact.objects.create(
        user=contact, enterprise=quarter.enterprises[0], valid_from=SINCE, valid_to=contact_until
    )
    Posting.objects.filter(user=contact).update(valid_to=posting_until)
    contact = User.objects.get(pk=contact.pk)
    made = promise(quarter, quarter.projects[0], kept=False)
    assert Commitment.objects.for_user(contact).filter(pk=made.pk).exists() == may
    if may:
        commitments.answer_commitment(commitment=made, text="已更换", acting_user=contact)
    else:
        with pytest.raises(Refused):
            commitments.answer_commitment(commitment=made, text="已更换", acting_user=contact)


def test_an_upheld_objection_takes_the_names_out_of_the_notices_bundle(quarter):
    _period, entry = named(quarter)
    notice = Release.objects.get()
    assert quarter.projects[0].name.encode() in bundles.packed(notice).files["entries.jsonl"]
    Release.objects.update(files_published_at=dt.datetime(2026, 10, 12, tzinfo=SHANGHAI))
    objection = objections.file_objection(entry=entry, by="resident", text="不属实", acting_user=None)
    upheld(objection, quarter.cast.objection_decider)
    packed = bundles.packed(Release.objects.get())
    assert packed.digest == notice.digest
    assert quarter.projects[0].name.encode() not in packed.files["entries.jsonl"]
    assert b'"struck"' in packed.files["entries.jsonl"]
    assert Release.objects.get().files_published_at is None


def second_quarter(quarter, **entry):
    """A second quarter of 2026 with one entry that is held, written directly."""
    period = open_quarter(quarter, "2026Q2")
    EvaluationPeriod.objects.filter(pk=period.pk).update(state="closed", closed_at=timezone.now())
    run = ClosingRun.objects.create(period=period, state="done", started_at=timezone.now())
    return ListEntry.objects.create(
        period=period,
        run=run,
        place="ranked",
        colour="watch",
        state="held",
        tail=True,
        notice_starts_on=dt.date(2026, 7, 13),
        notice_ends_on=dt.date(2026, 7, 17),
        **entry,
    )


def test_a_bundle_keeps_its_digest_when_an_entry_of_the_quarter_before_is_struck(quarter):
    entry = second_quarter(quarter, level="enterprise", enterprise=quarter.enterprises[0])
    named(quarter)
    release = Release.objects.get()
    ListEntry.objects.filter(pk=entry.pk).update(state="struck")
    assert bundles.packed(release).digest == release.digest


@pytest.mark.parametrize(("state", "tail"), [("held", True), ("struck", False)])
def test_last_places_of_an_entry_that_was_struck_do_not_count_as_the_first_time(quarter, state, tail):
    project = quarter.projects[0]
    entry = second_quarter(quarter, level="project", project=project, enterprise=project.enterprise)
    ListEntry.objects.filter(pk=entry.pk).update(state=state)
    run = closed_quarter(quarter).runs.get()
    assert run.subjects.get(project=project).preceding_tail == tail


@pytest.mark.django_db(transaction=True)
def test_objections_to_two_entries_at_once_get_two_numbers(quarter):
    veto(quarter.projects[1], quarter.cast.evaluator)
    named(quarter)
    first, second = ListEntry.objects.filter(project__in=quarter.projects[:2], level="project")
    failed = []

    def objecting():
        try:
            objections.file_objection(entry=second, by="resident", text="不属实", acting_user=None)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    worker = threading.Thread(target=objecting)
    with transaction.atomic():
        one = objections.file_objection(entry=first, by="resident", text="不属实", acting_user=None)
        worker.start()
        worker.join(2)
    worker.join()
    assert not failed
    assert sorted([first.objections.get().code, second.objections.get().code])[0] == one.code
