"""Plans drawn, shared out and confirmed; tasks marked once, independently, never at home; how marks count."""

import datetime as dt
import io
import uuid
from dataclasses import replace
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, connection, transaction
from PIL import Image

from communities.models import ServiceAssignment
from evaluations.indicators import REGISTRY, evidence
from evaluations.models import (
    EvaluationPeriod,
    Inspection,
    InspectionItem,
    InspectionItemSet,
    InspectionMark,
    InspectionPhoto,
    InspectionPlan,
    InspectionTask,
    OwnSubdistrict,
    Rubric,
)
from evaluations.sampling import allocate
from evaluations.services import inspection_plans, inspections, rubrics
from evaluations.services.inspections import Given, mark_task
from redprop.accounts.models import Posting
from redprop.common.errors import Refused
from redprop.core.models import Notification
from tests.evaluations.inspection_cast import DAY, build, confirmed, item_set, mark, marking, plan_of
from tests.evaluations.quarter import SINCE, inspect, move_clock
from tests.evaluations.test_documented_tables import table

Q4 = {"start": dt.date(2026, 10, 1), "end": dt.date(2026, 12, 31)}


@pytest.fixture
def made(cast, settings, tmp_path):
    settings.DEMO = True
    settings.MEDIA_ROOT = tmp_path
    return build(cast)


def photo():
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "grey").save(out, "JPEG")
    return SimpleUploadedFile("stair.jpg", out.getvalue(), "image/jpeg")


def of(made, code, plan, *, second=False):
    return InspectionTask.objects.get(plan=plan, compound__code=code, is_second=second)


def onsite(made, project):
    found = evidence(
        REGISTRY["onsite_inspection"],
        project.pk,
        {"district": made.district.pk, **Q4, "cutoff": dt.datetime(2027, 1, 8, tzinfo=dt.UTC)},
    )
    return [(row.numerator, row.denominator) for row in found]


# The draw


def test_a_plan_is_drawn_by_stratum_and_the_same_seed_draws_the_same(made) -> None:
    plan = plan_of(made, sample_size=5, second_share=Decimal(40))
    # Strata: old of class two and professional in both subdistricts: 2, 2, 1, 3 of 8. Five drawn: 1.25, 1.25,
    # 0.6, 1.9; the third gets one, four are left for seven: 1.14, 1.14, 1.71: the last gets the second.
    assert [(len(one["codes"]), len(one["drawn"])) for one in plan.draw["strata"]] == [
        (2, 1),
        (2, 1),
        (1, 1),
        (3, 2),
    ]
    assert plan.tasks.filter(is_second=False).count() == 5
    assert plan.tasks.filter(is_second=True).count() == 2
    before = list(
        plan.tasks.order_by("pk").values_list("compound__code", "is_second", "inspector", "planned_on")
    )
    again = inspection_plans.draw_plan(plan=plan, acting_user=made.cast.evaluator)
    assert (
        list(again.tasks.order_by("pk").values_list("compound__code", "is_second", "inspector", "planned_on"))
        == before
    )
    assert inspection_plans.repeat_draw(again)
    again.draw["strata"][3]["drawn"] = again.draw["strata"][3]["codes"][:1]
    assert not inspection_plans.repeat_draw(again)


def test_earlier_draws_stay_told_when_the_seed_is_changed(made) -> None:
    plan = plan_of(made, seed=7)
    plan = inspection_plans.save_plan(
        district=made.district,
        plan=plan,
        wanted=inspection_plans.Wanted("四季度检查", "2026Q4", 8, sample_size=8),
        acting_user=made.cast.evaluator,
    )
    assert plan.tasks.count() == 0
    plan = inspection_plans.draw_plan(plan=plan, acting_user=made.cast.evaluator)
    assert [one["seed"] for one in plan.draw["earlier"]] == [7]


def test_one_compound_of_each_project_can_be_drawn_from(made) -> None:
    contract = ServiceAssignment.objects.get(compound=made.compounds[0]).contract
    ServiceAssignment.objects.filter(compound=made.compounds[1]).update(contract=contract)
    plan = plan_of(
        made, frame="projects", sample_size=None, sample_share=Decimal(100), second_share=Decimal(0)
    )
    codes = list(plan.tasks.values_list("compound__code", flat=True))
    assert len(codes) == 7
    assert len({"X1", "X2"} & set(codes)) == 1
    assert inspection_plans.repeat_draw(plan)


def test_too_few_for_the_strata_are_refused_with_the_number_that_fits(made) -> None:
    with pytest.raises(Refused, match="Draw between 4 and 8"):
        plan_of(made, sample_size=3)
    with pytest.raises(Refused, match="not both"):
        plan_of(made, sample_size=3, sample_share=Decimal(20))


def test_nobody_is_given_a_task_in_his_own_subdistrict_nor_both_markings(made) -> None:
    plan = plan_of(made, second_share=Decimal(100))
    home = {made.anna.pk: made.cast.subdistrict.pk, made.bert.pk: made.cast.other_subdistrict.pk}
    home[made.carl.pk] = made.cast.subdistrict.pk
    pairs = {}
    for task in plan.tasks.all():
        assert home.get(task.inspector_id) != task.subdistrict_id
        pairs.setdefault(task.compound_id, []).append(task.inspector_id)
    assert all(len(pair) == len(set(pair)) == 2 for pair in pairs.values())
    # The first subdistrict is left to two of the four, the other to three.
    firsts = plan.tasks.filter(is_second=False)
    assert {t.inspector_id for t in firsts if t.subdistrict_id == made.cast.subdistrict.pk} == {
        made.free.pk,
        made.bert.pk,
    }
    assert sorted(
        firsts.filter(inspector=who).count() for who in (made.free, made.anna, made.bert, made.carl)
    ) == [
        2,
        2,
        2,
        2,
    ]


def test_a_post_in_a_subdistrict_makes_it_the_own_one_too(made, cast) -> None:
    Posting.objects.create(
        user=made.free,
        role="subdistrict_clerk",
        district=made.district,
        subdistrict=cast.subdistrict,
        valid_from=SINCE,
    )
    plan = plan_of(made, second_share=Decimal(0))
    here = plan.tasks.filter(subdistrict=cast.subdistrict)
    assert {task.inspector_id for task in here} == {made.bert.pk}
    with pytest.raises(Refused, match="Nobody is left"):
        plan_of(made, name="另一次", second_share=Decimal(100))


def test_only_what_is_drawn_is_confirmed_and_then_the_draw_stays(made) -> None:
    plan = inspection_plans.save_plan(
        district=made.district,
        wanted=inspection_plans.Wanted("四季度检查", "2026Q4", 8, sample_size=8),
        acting_user=made.cast.evaluator,
    )
    with pytest.raises(Refused, match="Draw the plan"):
        inspection_plans.confirm_plan(plan=plan, acting_user=made.cast.evaluator)
    inspection_plans.draw_plan(plan=plan, acting_user=made.cast.evaluator)
    plan = inspection_plans.confirm_plan(plan=plan, acting_user=made.cast.evaluator)
    assert Notification.objects.filter(user=made.anna, subject=f"plan-{plan.pk}").exists()
    for act in (
        lambda: inspection_plans.draw_plan(plan=plan, acting_user=made.cast.evaluator),
        lambda: inspection_plans.confirm_plan(plan=plan, acting_user=made.cast.evaluator),
    ):
        with pytest.raises(Refused, match="is confirmed"):
            act()
    task = plan.tasks.first()
    for change in (
        lambda: InspectionPlan.objects.filter(pk=plan.pk).update(seed=9),
        lambda: InspectionTask.objects.filter(pk=task.pk).delete(),
        lambda: InspectionTask.objects.filter(pk=task.pk).update(number=99),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_only_the_evaluator_draws(made) -> None:
    plan = plan_of(made)
    with pytest.raises(Refused, match="Only the"):
        inspection_plans.draw_plan(plan=plan, acting_user=made.free)
    with pytest.raises(Refused, match="Only the"):
        inspection_plans.confirm_plan(plan=plan, acting_user=made.cast.foreign["evaluator"])


def test_the_database_refuses_the_own_subdistrict_and_the_second_marking_by_the_first(made) -> None:
    plan = confirmed(made)
    task = of(made, "X1", plan)
    with pytest.raises(IntegrityError, match="own subdistrict"), transaction.atomic():
        InspectionTask.objects.filter(pk=task.pk).update(inspector=made.anna)
    twice = plan.tasks.filter(is_second=True).first()
    first = of(made, twice.compound.code, plan)
    with pytest.raises(IntegrityError, match="second_by_another"), transaction.atomic():
        InspectionTask.objects.filter(pk=twice.pk).update(inspector=first.inspector)
    with pytest.raises(IntegrityError, match="given to"), transaction.atomic():
        Inspection.objects.create(
            project=made.projects[0], compound=task.compound, inspected_on=DAY, inspector=made.carl, task=task
        )


def test_a_task_is_handed_over_with_a_reason_to_whoever_may_mark(made) -> None:
    plan = confirmed(made, second_share=Decimal(0))
    task = plan.tasks.filter(subdistrict=made.cast.subdistrict, inspector=made.bert).first()

    def hand(user, reason="请假"):
        return inspections.hand_task_over(
            task=task, inspector=user, reason=reason, acting_user=made.cast.evaluator
        )

    with pytest.raises(Refused, match="own subdistrict"):
        hand(made.anna)
    with pytest.raises(Refused, match="post of inspector"):
        hand(made.cast.evaluator)
    with pytest.raises(Refused, match="reason"):
        hand(made.free, " ")
    assert hand(made.free).inspector == made.free
    with pytest.raises(Refused, match="given to"):
        mark_task(task=task, marking=marking(task), client_key=uuid.uuid4(), acting_user=made.bert)


# Marking


def test_marks_go_against_the_items_of_the_day_and_count_for_the_project_that_serves(made) -> None:
    plan = confirmed(made)
    task = of(made, "X1", plan)
    found = mark(task, less=Decimal("2.5"), photos=[(("on_site", "cleaning"), photo())], remark="雨天")
    assert found.project == made.projects[0]
    assert found.on_site_set == item_set(made, "on_site")
    assert found.guarantee_set == item_set(made, "guarantees")
    assert found.marks.count() == 13
    lost = found.marks.get(scheme="on_site", item="cleaning")
    assert (lost.mark, lost.full_mark, lost.finding) == (Decimal("17.5"), 20, "楼道有堆物")
    assert InspectionPhoto.objects.get().item == "cleaning"
    assert onsite(made, made.projects[0]) == [(Decimal("97.5"), 1)]
    professional = mark(of(made, "X3", plan))
    assert professional.guarantee_set is None
    assert professional.marks.count() == 5


def test_the_same_submission_twice_is_one(made) -> None:
    task = of(made, "X1", confirmed(made))
    key = uuid.uuid4()
    one = mark(task, key=key, photos=[(("on_site", "repair"), photo())])
    two = mark(task, key=key, photos=[(("on_site", "repair"), photo())])
    assert one == two
    assert (InspectionMark.objects.filter(inspection=one).count(), InspectionPhoto.objects.count()) == (13, 1)
    with pytest.raises(Refused, match="marked already"):
        mark(task)
    other = InspectionTask.objects.filter(inspector=task.inspector, inspection__isnull=True).first()
    with pytest.raises(Refused, match="another inspection"):
        mark(other, key=key)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda m: replace(m, marks=dict(list(m.marks.items())[1:])), "Still without a mark: 保洁"),
        (
            lambda m: replace(m, marks={**m.marks, ("on_site", "cleaning"): Given(Decimal(21))}),
            "between 0 and 20",
        ),
        (
            lambda m: replace(m, marks={**m.marks, ("on_site", "cleaning"): Given(Decimal(-1), "x")}),
            "between 0",
        ),
        (
            lambda m: replace(m, marks={**m.marks, ("on_site", "cleaning"): Given(Decimal("1.005"), "x")}),
            "decimals",
        ),
        (
            lambda m: replace(m, marks={**m.marks, ("on_site", "cleaning"): Given(Decimal(19))}),
            "what was found",
        ),
        (
            lambda m: replace(m, marks={**m.marks, ("on_site", "lift"): Given(Decimal(1))}),
            "items have changed",
        ),
        (lambda m: replace(m, inspected_on=DAY + dt.timedelta(days=1)), "not in the future"),
        (lambda m: replace(m, inspected_on=dt.date(2026, 9, 30)), "between 2026-10-01"),
    ],
)
def test_what_cannot_stand_is_refused_and_nothing_is_kept(made, spoil, words) -> None:
    task = of(made, "X1", confirmed(made))
    with pytest.raises(Refused, match=words):
        mark_task(
            task=task,
            marking=spoil(marking(task)),
            client_key=uuid.uuid4(),
            acting_user=task.inspector,
        )
    assert not Inspection.objects.filter(task=task).exists()


def test_a_day_of_a_closed_period_or_without_service_cannot_be_marked(made) -> None:
    plan = confirmed(made)
    task = of(made, "X1", plan)
    ServiceAssignment.objects.filter(compound=task.compound).update(valid_to=dt.date(2026, 10, 5))
    with pytest.raises(Refused, match="No project served"):
        mark(task)
    inspections.drop_task(task=task, reason="合同终止", acting_user=made.cast.evaluator)
    with pytest.raises(Refused, match="was dropped: 合同终止"):
        mark(task)
    other = of(made, "X3", plan)
    rubrics.load_sample(district=made.district, acting_user=None)
    EvaluationPeriod.objects.create(
        district=made.district,
        code="2026Q4",
        kind="quarter",
        starts_on=Q4["start"],
        ends_on=Q4["end"],
        cutoff_on=dt.date(2027, 1, 7),
        rubric=Rubric.objects.first(),
        state="closed",
        closed_at=dt.datetime(2027, 1, 8, tzinfo=dt.UTC),
        closed_by=made.cast.evaluator,
    )
    with pytest.raises(Refused, match="is closed"):
        mark(other)


def test_an_own_subdistrict_entered_later_stops_the_marking(made) -> None:
    task = of(made, "X1", confirmed(made))
    OwnSubdistrict.objects.create(
        user=task.inspector, subdistrict=made.cast.subdistrict, reason="home", valid_from=SINCE
    )
    with pytest.raises(Refused, match="own subdistrict"):
        mark(task)


# Independence


def test_the_second_does_not_see_the_first_marks_before_his_own_are_in(made) -> None:
    plan = confirmed(made)
    second = plan.tasks.filter(is_second=True).first()
    first = of(made, second.compound.code, plan)
    found = mark(first)
    mine = made.district.pk and type(second.inspector).objects.get(pk=second.inspector_id)
    assert found not in Inspection.objects.for_user(mine)
    assert found in Inspection.objects.for_user(made.cast.evaluator)
    own = mark(second, less=Decimal(4))
    assert set(Inspection.objects.for_user(mine).filter(compound=second.compound_id, task__plan=plan)) == {
        found,
        own,
    }


def test_a_second_marking_never_counts(made) -> None:
    plan = confirmed(made)
    second = (
        plan.tasks.filter(is_second=True, compound__code__in=["X1", "X2", "X5"]).first()
        or plan.tasks.filter(is_second=True).first()
    )
    first = of(made, second.compound.code, plan)
    project = made.projects[int(second.compound.code[1:]) - 1]
    mark(second, less=Decimal(10))
    assert onsite(made, project) == []
    mark(first, less=Decimal(2))
    assert onsite(made, project) == [(Decimal(98), 1)]


# Items


def test_a_used_set_is_frozen_and_the_next_one_holds_from_its_day(made) -> None:
    plan = confirmed(made)
    mark(of(made, "X1", plan))
    held = item_set(made, "guarantees")
    item = held.items.first()
    for change in (
        lambda: InspectionItem.objects.filter(pk=item.pk).update(full_mark=5),
        lambda: InspectionItem.objects.filter(pk=item.pk).delete(),
        lambda: InspectionItem.objects.create(item_set=held, code="new", title="新", full_mark=5),
        lambda: InspectionItemSet.objects.filter(pk=held.pk).update(applies_to="all"),
        lambda: InspectionItemSet.objects.filter(pk=held.pk).update(valid_to=dt.date(2026, 10, 11)),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    InspectionItemSet.objects.filter(pk=held.pk).update(valid_to=DAY)
    later = InspectionItemSet.objects.create(
        district=made.district,
        scheme="guarantees",
        applies_to="old",
        document="岸房〔2026〕9号",
        valid_from=DAY + dt.timedelta(days=1),
    )
    InspectionItem.objects.create(item_set=later, code="lift", title="电梯", full_mark=10)
    move_clock(made.district, DAY + dt.timedelta(days=1))
    found = mark(of(made, "X2", plan), day=DAY + dt.timedelta(days=1))
    assert found.guarantee_set == later
    assert list(found.marks.filter(scheme="guarantees").values_list("item", flat=True)) == ["lift"]


def test_the_most_particular_set_holds(made) -> None:
    particular = InspectionItemSet.objects.create(
        district=made.district, scheme="guarantees", applies_to="class_2", valid_from=DAY
    )
    InspectionItem.objects.create(item_set=particular, code="gate", title="大门", full_mark=10)
    sets = inspections.items_of(of(made, "X1", plan_of(made)), DAY)
    assert sets["guarantees"] == particular
    assert (
        inspections.items_of(of(made, "X1", plan_of(made, name="二")), DAY - dt.timedelta(days=1))[
            "guarantees"
        ].applies_to
        == "old"
    )


def test_a_changed_mark_keeps_its_former_value_in_history(made) -> None:
    found = mark(of(made, "X1", confirmed(made)))
    row = found.marks.first()
    InspectionMark.objects.filter(pk=row.pk).update(mark=1)
    event = row.events.get()
    assert (event.pgh_label, event.mark) == ("update", row.mark)


# How marks count: see docs/scoring.md, section 7


def test_whole_marks_stay_readable(made) -> None:
    inspect(made.projects[0], made.compounds[0], Decimal("96.5"), day=dt.date(2026, 11, 13))
    assert onsite(made, made.projects[0]) == [(Decimal("96.5"), 1)]


@pytest.mark.parametrize(("given", "numerator", "denominator", "of_hundred"), table("inspections"))
def test_the_documented_means_of_inspections(made, given, numerator, denominator, of_hundred) -> None:
    project, compound = made.projects[0], made.compounds[0]
    for day, one in enumerate(given.split(), 13):
        mark_given, full = one.strip("*").split("/")
        found = inspect(project, compound, 0, day=dt.date(2026, 11, day))
        InspectionMark.objects.filter(inspection=found).update(
            mark=Decimal(mark_given), full_mark=Decimal(full)
        )
        Inspection.objects.filter(pk=found.pk).update(is_second=one.startswith("*"))
    rows = onsite(made, project)
    assert sum(row[0] for row in rows) == Decimal(numerator)
    assert sum(row[1] for row in rows) == Decimal(denominator)
    assert Decimal(numerator) / Decimal(denominator) == Decimal(of_hundred)


@pytest.mark.parametrize(("sizes", "n", "parts"), table("allocation"))
def test_the_documented_allocations(sizes, n, parts) -> None:
    strata = {chr(97 + place): int(size) for place, size in enumerate(sizes.split())}
    assert " ".join(map(str, allocate(strata, int(n)).values())) == parts


# Two at once


@pytest.mark.django_db(transaction=True)
def test_two_devices_at_once_leave_one_inspection_and_a_handed_over_task_one_marker(
    transactional_db, cast, settings, tmp_path
) -> None:
    settings.DEMO = True
    settings.MEDIA_ROOT = tmp_path
    made = build(cast)
    plan = confirmed(made, second_share=Decimal(0))
    for code in ("X1", "X2", "X3", "X4"):
        task = of(made, code, plan)
        taker = made.free if task.inspector_id == made.bert.pk else made.bert
        start, answers = Barrier(3), []

        def send(who, start=start, task=task, taker=taker, answers=answers):
            try:
                start.wait()
                if who == "hand over":
                    inspections.hand_task_over(
                        task=task, inspector=taker, reason="换人", acting_user=cast.evaluator
                    )
                else:
                    mark_task(
                        task=task,
                        marking=marking(task),
                        client_key=uuid.uuid4(),
                        acting_user=task.inspector,
                    )
                answers.append((who, "done"))
            except Refused as refused:
                answers.append((who, refused.code))
            finally:
                connection.close()

        threads = [Thread(target=send, args=(who,)) for who in ("phone", "tablet", "hand over")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told = dict(answers)
        task.refresh_from_db()
        marked = Inspection.objects.filter(task=task)
        assert marked.count() == (1 if "done" in (told["phone"], told["tablet"]) else 0), told
        assert [*told.values()].count("done") == 1, told
        assert all(one.inspector_id == task.inspector_id for one in marked)
