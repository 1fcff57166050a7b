"""A list on its way to the public: confirmation, notice, objection, final, supplement; what the database refuses."""

import datetime as dt
from decimal import Decimal as D

import pytest
from django.db import IntegrityError, connection, transaction

from evaluations.models import (
    CreditEvent,
    CreditScheme,
    EvaluationPeriod,
    IndicatorValue,
    ListEntry,
    Objection,
    Release,
    ReleaseEntry,
)
from evaluations.scoring.__main__ import main
from evaluations.selectors import final_factor_inputs, final_totals
from evaluations.services import objections, releases
from evaluations.services.bundles import write_bundle
from evaluations.services.credit import record_release_events
from redprop.common.errors import Refused
from redprop.core.models import Holiday
from tests.evaluations.quarter import (
    build_quarter,
    clear_survey,
    close,
    closed_quarter,
    inspect,
    move_clock,
    noticed_quarter,
    open_quarter,
    survey,
    veto,
)

pytestmark = pytest.mark.django_db
LAST_DAY, NEXT_DAY = dt.date(2026, 10, 19), dt.date(2026, 10, 20)


@pytest.fixture
def quarter(cast):
    """Two black projects by veto, one on the watch list, the others good; N = 8, so nobody is among 10 %."""
    quarter = build_quarter(cast)
    veto(quarter.projects[0], cast.registrar)
    veto(quarter.projects[1], cast.registrar)
    quarter.projects[2].inspections.get(marks__scheme="on_site").marks.update(mark=10)
    clear_survey(quarter.projects[2])
    survey(quarter.projects[2], quarter.compounds[2], 23, 30)
    return quarter


def refused(code, call):
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code, str(caught.value)
    return str(caught.value)


def entry(project):
    return ListEntry.objects.get(project=project)


def fresh(period):
    return EvaluationPeriod.objects.get(pk=period.pk)


def finalise(period, user):
    return releases.finalise(period=fresh(period), acting_user=user)


def test_a_notice_needs_every_entry_confirmed_by_a_person(quarter, cast):
    period = closed_quarter(quarter)
    assert {entry(p).colour for p in quarter.projects[:3]} == {"black", "watch"}
    said = refused("unconfirmed", lambda: releases.publish_notice(period=period, acting_user=cast.publisher))
    assert said.startswith("3 entries")
    refused("person-missing", lambda: releases.confirm_entries(period=period, acting_user=None))
    refused("not-allowed", lambda: releases.confirm_entries(period=period, acting_user=cast.publisher))
    assert releases.confirm_entries(period=period, acting_user=cast.evaluator, remark="属实") == 3
    assert entry(quarter.projects[0]).confirmed_by == cast.evaluator
    refused("not-allowed", lambda: releases.publish_notice(period=period, acting_user=cast.evaluator))
    refused(
        "not-allowed", lambda: releases.publish_notice(period=period, acting_user=cast.foreign["publisher"])
    )
    notice = releases.publish_notice(period=period, acting_user=cast.publisher)
    assert (notice.window_ends_on, notice.counts["project"]) == (LAST_DAY, {"black": 2, "watch": 1})
    refused("nothing-to-notice", lambda: releases.publish_notice(period=period, acting_user=cast.publisher))


def test_a_black_entry_cannot_be_noticed_without_a_confirming_person(quarter):
    closed_quarter(quarter)
    with pytest.raises(IntegrityError, match="listentry_black_is_confirmed"), transaction.atomic():
        ListEntry.objects.filter(colour="black").update(state="confirmed")


def test_the_list_is_final_on_the_day_after_the_window(quarter, cast):
    period = noticed_quarter(quarter)
    move_clock(quarter.district, LAST_DAY, hour=23)
    said = refused("window-open", lambda: finalise(period, cast.publisher))
    assert "2026-10-19" in said
    move_clock(quarter.district, NEXT_DAY)
    final = finalise(period, cast.publisher)
    assert (final.kind, final.sequence) == ("final", 2)
    assert final.counts["project"] == {"black": 2, "unlisted": 5, "watch": 1}
    assert final.previous_digest == Release.objects.get(sequence=1).digest
    assert entry(quarter.projects[0]).state == "final"
    refused("nothing-to-finalise", lambda: finalise(period, cast.publisher))


def test_a_final_quarter_list_gives_each_black_project_its_credit_event_once(quarter, cast):
    scheme = CreditScheme.objects.create(
        district=cast.district,
        code="S",
        title="示例方案",
        document="示例1号",
        valid_from=dt.date(2026, 1, 1),
        start=100,
    )
    period = noticed_quarter(quarter)
    move_clock(quarter.district, NEXT_DAY)
    final = finalise(period, cast.publisher)
    assert [record_release_events(release=final, acting_user=None) for _run in range(2)] == [2, 0]
    events = CreditEvent.objects.filter(scheme=scheme)
    assert {event.project for event in events} == set(quarter.projects[:2])
    # −2 points for an ordinary finding, counting one year from the day of the list
    assert {(e.part, str(e.points), e.starts_on, e.ends_on) for e in events} == {
        ("bad", "2.00", NEXT_DAY, dt.date(2027, 10, 19))
    }


def test_nothing_is_final_without_a_notice_and_before_closing(quarter, cast):
    period = open_quarter(quarter)
    refused("period-not-closed", lambda: releases.publish_notice(period=period, acting_user=cast.publisher))
    refused("period-not-closed", lambda: finalise(period, cast.publisher))
    close(period, cast.evaluator)
    refused("not-noticed", lambda: finalise(period, cast.publisher))
    releases.confirm_entries(period=period, acting_user=cast.evaluator)
    refused("not-noticed", lambda: finalise(period, cast.publisher))


def test_a_missing_table_of_holidays_blocks_the_notice_with_a_sentence(quarter, cast):
    period = closed_quarter(quarter)
    releases.confirm_entries(period=period, acting_user=cast.evaluator)
    Holiday.objects.all().delete()
    refused("no-holidays", lambda: releases.publish_notice(period=period, acting_user=cast.publisher))
    assert not Release.objects.exists()


def test_a_struck_entry_leaves_the_list_with_its_reason(quarter, cast, tmp_path):
    period = closed_quarter(quarter)
    first = quarter.projects[0]
    refused(
        "reason-missing",
        lambda: releases.strike_entry(entry=entry(first), reason=" ", acting_user=cast.evaluator),
    )
    releases.strike_entry(entry=entry(first), reason="认定书撤销", acting_user=cast.evaluator)
    releases.confirm_entries(period=period, acting_user=cast.evaluator)
    notice = releases.publish_notice(period=period, acting_user=cast.publisher)
    assert notice.counts["project"] == {"black": 1, "watch": 1}
    move_clock(quarter.district, NEXT_DAY)
    final = finalise(period, cast.publisher)
    row = ReleaseEntry.objects.get(release=final, project=first)
    assert (row.colour, row.is_named, row.reasons) == (
        "unlisted",
        False,
        [{"code": "struck", "why": "认定书撤销"}],
    )
    for release in (notice, final):
        write_bundle(release=Release.objects.get(pk=release.pk), path=tmp_path / "x.zip")
        assert main([str(tmp_path / "x.zip")]) == 0


def test_an_objection_holds_the_entry_and_a_supplement_follows(quarter, cast, tmp_path):
    period = noticed_quarter(quarter)
    first = entry(quarter.projects[0])
    objection = objections.file_objection(
        entry=first, by="resident", text="事故与该公司无关", acting_user=None
    )
    assert objection.due_on == LAST_DAY
    assert entry(quarter.projects[0]).state == "held"
    move_clock(quarter.district, NEXT_DAY)
    final = finalise(period, cast.publisher)
    assert final.counts["project"] == {"black": 1, "unlisted": 5, "watch": 1}
    assert list(final.left_out.values()) == ["held"]
    refused("nothing-to-finalise", lambda: finalise(period, cast.publisher))
    decider = cast.objection_decider
    refused(
        "state",
        lambda: objections.decide_objection(
            objection=objection, upheld=False, result="x", acting_user=decider
        ),
    )
    objections.admit_objection(objection=objection, acting_user=decider)
    refused(
        "result-missing",
        lambda: objections.decide_objection(
            objection=objection, upheld=False, result=" ", acting_user=decider
        ),
    )
    objections.decide_objection(
        objection=objection, upheld=False, result="事故调查已认定责任", acting_user=decider
    )
    supplement = finalise(period, cast.publisher)
    assert (supplement.kind, supplement.counts["project"]) == ("supplement", {"black": 1})
    for release in Release.objects.all():
        write_bundle(release=release, path=tmp_path / f"{release.sequence}.zip")
        assert main([str(tmp_path / f"{release.sequence}.zip")]) == 0
    assert main([str(tmp_path / "3.zip"), "--previous", str(tmp_path / "2.zip")]) == 0


def test_an_upheld_objection_takes_the_entry_off_the_list(quarter, cast):
    period = noticed_quarter(quarter)
    first = entry(quarter.projects[0])
    objection = objections.file_objection(entry=first, by="resident", text="不属实", acting_user=None)
    objections.admit_objection(objection=objection, acting_user=cast.objection_decider)
    objections.decide_objection(
        objection=objection, upheld=True, result="经查不属实", acting_user=cast.objection_decider
    )
    assert (entry(quarter.projects[0]).state, entry(quarter.projects[0]).remark) == ("struck", "经查不属实")
    move_clock(quarter.district, NEXT_DAY)
    assert finalise(period, cast.publisher).counts["project"] == {"black": 1, "unlisted": 6, "watch": 1}


def test_a_refused_objection_gives_the_entry_back_to_its_notice(quarter, cast):
    noticed_quarter(quarter)
    first = entry(quarter.projects[0])
    one = objections.file_objection(entry=first, by="resident", text="甲", acting_user=None)
    two = objections.file_objection(entry=first, by="resident", text="乙", acting_user=None)
    objections.refuse_objection(objection=one, result="未说明事实", acting_user=cast.objection_decider)
    assert entry(quarter.projects[0]).state == "held"
    objections.refuse_objection(objection=two, result="未说明事实", acting_user=cast.objection_decider)
    assert entry(quarter.projects[0]).state == "noticed"


def test_objections_outside_the_window_without_text_with_numbers_or_twice_are_refused(quarter, cast):
    period = closed_quarter(quarter)
    first = entry(quarter.projects[0])

    def file(text="有异议", by="resident", item="", user=None):
        return objections.file_objection(entry=first, by=by, text=text, item=item, acting_user=user)

    refused("not-noticed", file)
    releases.confirm_entries(period=period, acting_user=cast.evaluator)
    releases.publish_notice(period=period, acting_user=cast.publisher)
    refused("text-missing", lambda: file(text="  "))
    refused("personal-number", lambda: file(text="请回电 13812341234"))
    refused("not-contact", lambda: file(by="enterprise", user=cast.enterprise_contact))
    file(by="enterprise", item="satisfaction")
    refused("item-twice", lambda: file(by="enterprise", item="satisfaction"))
    move_clock(quarter.district, NEXT_DAY)
    refused("window-over", file)


def test_no_scorer_decides_an_objection(quarter, cast):
    from redprop.accounts.models import Posting

    inspect(quarter.projects[0], quarter.compounds[0], 100, inspector=cast.inspector)
    survey(quarter.projects[0], quarter.compounds[0], 1, 1, channel="phone", by=cast.reviewer.username)
    noticed_quarter(quarter)
    first = entry(quarter.projects[0])
    objection = objections.file_objection(entry=first, by="resident", text="不属实", acting_user=None)
    objections.admit_objection(objection=objection, acting_user=cast.objection_decider)
    scorers = {"evaluator": "closed", "registrar": "veto", "inspector": "inspected", "reviewer": "phone"}
    for role, word in scorers.items():
        user = cast.by_role[role]
        Posting.objects.create(
            user=user, role="objection_decider", district=cast.district, valid_from=dt.date(2026, 1, 1)
        )
        user.__dict__.pop("current_postings", None)
        said = refused(
            "scorer",
            lambda user=user: objections.decide_objection(
                objection=objection, upheld=True, result="成立", acting_user=user
            ),
        )
        assert word in said
        with pytest.raises(IntegrityError, match="scorer"), transaction.atomic():
            Objection.objects.filter(pk=objection.pk).update(
                state="upheld", decided_by=user, decided_at=dt.datetime.now(dt.UTC), result="成立"
            )
    done = objections.decide_objection(
        objection=objection, upheld=True, result="成立", acting_user=cast.objection_decider
    )
    assert done.state == "upheld"
    with pytest.raises(IntegrityError), transaction.atomic():
        Objection.objects.filter(pk=objection.pk).update(result="改写")


def test_the_database_refuses_a_black_entry_that_is_final_too_early(quarter, cast):
    noticed_quarter(quarter)
    for day, held in ((LAST_DAY, False), (NEXT_DAY, True)):
        move_clock(quarter.district, day)
        if held:
            Objection.objects.create(
                code="O1", entry=entry(quarter.projects[0]), by="resident", text="x",
                filed_at=dt.datetime.now(dt.UTC), due_on=day,
            )  # fmt: skip
        with (
            pytest.raises(IntegrityError, match="window has ended"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(
                "UPDATE evaluations_listentry SET state = 'final' WHERE project_id = %s",
                [quarter.projects[0].pk],
            )
    other = entry(quarter.projects[1])
    ListEntry.objects.filter(pk=other.pk).update(state="final")
    assert entry(quarter.projects[1]).state == "final"


def test_the_database_refuses_a_black_row_in_a_final_release_too_early(quarter, cast):
    period = noticed_quarter(quarter)
    notice = Release.objects.get()
    draft = Release.objects.create(
        district=quarter.district, period=period, run=notice.run, kind="final", sequence=9, title="x",
        index_number="x", issuer="x", rubric_label="x",
    )  # fmt: skip
    row = ReleaseEntry.objects.get(release=notice, project=quarter.projects[0])
    row.pk, row.release, row._state.adding = None, draft, True
    with pytest.raises(IntegrityError, match="window has ended"), transaction.atomic():
        row.save(force_insert=True)
    move_clock(quarter.district, NEXT_DAY)
    row.save(force_insert=True)


def test_published_rows_refuse_every_change(quarter, cast):
    noticed_quarter(quarter)
    release = Release.objects.get()
    Release.objects.update(files_published_at=dt.datetime.now(dt.UTC))
    for change in (
        lambda: Release.objects.update(title="x"),
        lambda: Release.objects.update(digest="0" * 64),
        lambda: release.delete(),
        lambda: ReleaseEntry.objects.update(colour="red"),
        lambda: ReleaseEntry.objects.all().delete(),
        lambda: ReleaseEntry.objects.create(
            release=release, entry=entry(quarter.projects[5]), level="project", project=quarter.projects[5],
            enterprise=quarter.projects[5].enterprise, pseudonym="P", colour="red", is_named=True, place="ranked",
            enterprise_name="x", enterprise_uscc="x",
        ),
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_a_published_row_carries_names_compounds_post_and_lines_but_no_person(quarter, cast):
    from enterprises.models import Post
    from tests.evaluations.quarter import person

    Post.objects.create(
        person=person(quarter, "M1"), enterprise=quarter.enterprises[0], project=quarter.projects[0],
        kind="project_manager", title="项目经理", valid_from=dt.date(2024, 1, 1),
    )  # fmt: skip
    noticed_quarter(quarter)
    row = ReleaseEntry.objects.get(project=quarter.projects[0])
    assert (row.project_name, row.enterprise_name) == ("1号项目", "第1物业")
    assert row.compounds == [
        {"code": "X1", "name": "1号小区", "community": "甲区1社区", "subdistrict": "甲区1街道"}
    ]
    assert (row.manager_post, row.manager_name) == ("项目经理", "")
    line = {line["item"]: line for line in row.lines}["satisfaction"]
    assert (line["points"], line["full"], line["n"], line["raw"]) == ("25.00", "25", "30", "1")


def test_a_manager_is_named_only_where_the_district_has_the_basis_on_record(quarter, cast):
    from enterprises.models import Post
    from redprop.areas.models import District
    from tests.evaluations.quarter import person

    Post.objects.create(
        person=person(quarter, "M1"), enterprise=quarter.enterprises[0], project=quarter.projects[0],
        kind="project_manager", title="项目经理", valid_from=dt.date(2024, 1, 1),
    )  # fmt: skip
    District.objects.filter(pk=quarter.district.pk).update(names_of_persons_since=dt.date(2026, 10, 1))
    quarter.district.refresh_from_db()
    noticed_quarter(quarter)
    assert ReleaseEntry.objects.get(project=quarter.projects[0]).manager_name == "人M1"


def test_an_altered_value_in_the_database_no_longer_gives_the_digest(quarter, cast, tmp_path):
    noticed_quarter(quarter)
    release = Release.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    IndicatorValue.objects.filter(project_id=quarter.projects[4].pk, item="satisfaction").update(numerator=29)
    refused("digest", lambda: write_bundle(release=release, path=tmp_path / "x.zip"))


def test_final_results_are_read_by_project_also_after_a_supplement(quarter, cast):
    period = noticed_quarter(quarter)
    first = quarter.projects[0]
    objection = objections.file_objection(entry=entry(first), by="resident", text="不属实", acting_user=None)
    move_clock(quarter.district, NEXT_DAY)
    finalise(period, cast.publisher)
    totals = final_totals(quarter.district, "2026Q3")
    assert first.pk not in totals
    assert totals[quarter.projects[5].pk] == (D("100"), "unlisted")
    objections.refuse_objection(objection=objection, result="无事实", acting_user=cast.objection_decider)
    finalise(period, cast.publisher)
    assert final_totals(quarter.district, "2026Q3")[first.pk] == (D("100"), "black")
    results = final_factor_inputs(quarter.district, dt.date(2026, 9, 30))
    assert (results[first.pk].period, results[first.pk].colour) == ("2026Q3", "black")
    assert final_factor_inputs(quarter.district, dt.date(2026, 9, 29)) == {}


def test_the_chain_of_two_districts_is_apart(quarter, cast):
    noticed_quarter(quarter)
    assert Release.objects.get().previous_digest == ""
    assert not Release.objects.for_user(cast.foreign["publisher"]).exists()
    assert not ReleaseEntry.objects.for_user(cast.foreign["publisher"]).exists()
    assert not Objection.objects.for_user(cast.foreign["objection_decider"]).exists()
    assert Release.objects.for_user(cast.publisher).exists()


def test_a_contact_sees_the_results_of_the_own_enterprise_only(quarter, cast):
    from enterprises.models import EnterpriseContact

    EnterpriseContact.objects.create(
        user=cast.enterprise_contact, enterprise=quarter.enterprises[0], valid_from=dt.date(2020, 1, 1)
    )
    noticed_quarter(quarter)
    seen = ListEntry.objects.for_user(cast.enterprise_contact)
    assert set(seen.filter(level="project").values_list("project", flat=True)) == {
        p.pk for p in quarter.projects[:2]
    }
    assert {e.enterprise_id for e in seen} == {quarter.enterprises[0].pk}


def test_publication_calls_for_the_public_files_and_the_sweeper_calls_again(
    quarter, cast, monkeypatch, django_capture_on_commit_callbacks
):
    from evaluations import tasks

    sent = []
    monkeypatch.setattr("redprop.common.queue.send_now", lambda task, *a, times=1: sent.append((task, a)))
    monkeypatch.setattr(tasks, "send_now", lambda task, *a, times=1: sent.append((task, a)))
    with django_capture_on_commit_callbacks(execute=True):
        noticed_quarter(quarter)
    release = Release.objects.get()
    assert ("redprop.public.tasks.publish_release", (release.pk,)) in sent
    sent.clear()
    tasks.sweep_runs()
    assert sent == []
    monkeypatch.setattr(tasks, "FILES_AFTER", dt.timedelta(0))
    tasks.sweep_runs()
    assert sent == [("redprop.public.tasks.publish_release", (release.pk,))]
    Release.objects.update(files_published_at=dt.datetime.now(dt.UTC))
    sent.clear()
    tasks.sweep_runs()
    assert sent == []
