"""The list of Wuhan 2020 replayed: notice 367 red and 13 black, one added by a notice of its own, final 365 and 14.

The events come from a file of public figures (S3N); where it is missing, the test says so. Every project
has one inspection; the mark alone decides. What residents reported is a veto recorded after the closing.
"""

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from communities.models import (
    Compound,
    CompoundKind,
    CompoundPlacement,
    ServiceAssignment,
    ServiceContract,
)
from enterprises.models import Enterprise, ServiceProject
from evaluations.models import EvaluationPeriod, Inspection, InspectionMark, ListEntry, Release, Rubric, Veto
from evaluations.scoring.__main__ import main
from evaluations.services import objections, periods, releases, rubrics
from evaluations.services.bundles import write_bundle
from evaluations.services.corrections import correct_results
from evaluations.services.differences import differences
from redprop.public import adapters
from redprop.public.content import Site
from redprop.public.pages import Pages
from redprop.public.results import Results
from tests.evaluations.quarter import DAY, SHANGHAI, SINCE, WHEN, close, holidays, move_clock

pytestmark = pytest.mark.django_db
EVENTS = next(
    (
        found
        for root in Path(__file__).resolve().parents
        if (found := root / "shared/data/credit/wuhan_red_black_2020_events.csv").exists()
    ),
    None,
)


def events() -> list[dict[str, str]]:
    if EVENTS is None:
        pytest.skip("wuhan_red_black_2020_events.csv is not on this machine (shared/data/credit)")
    with EVENTS.open(encoding="utf-8-sig", newline="") as rows:
        return list(csv.DictReader(rows))


def numbers(rows: list[dict[str, str]], stage: str) -> dict[str, int]:
    return {r["list"]: int(r["value"]) for r in rows if r["stage"] == stage and r["event"] == "小区数"}


def build(cast, red: int, black: int) -> list[ServiceProject]:
    """Projects of one compound each: `red` with the mark 95, `black` with 50, and one with 80."""
    district = cast.district
    holidays(district)
    firm = Enterprise.objects.create(
        district=district, uscc="91420100MA00000011", name="示例物业", kind="market", registered_from=SINCE
    )
    marks = [95] * red + [50] * black + [80]
    codes = [f"P{i:04d}" for i in range(len(marks))]
    projects = ServiceProject.objects.bulk_create(
        ServiceProject(district=district, enterprise=firm, code=c, name=f"{c}项目", started_on=SINCE)
        for c in codes
    )
    compounds = Compound.objects.bulk_create(
        Compound(
            district=district,
            code=c,
            name=f"{c}小区",
            registered_from=SINCE,
            households=100,
            floor_area=10_000,
        )
        for c in codes
    )
    CompoundPlacement.objects.bulk_create(
        CompoundPlacement(compound=c, community=cast.community, valid_from=SINCE) for c in compounds
    )
    CompoundKind.objects.bulk_create(
        CompoundKind(compound=c, kind="professional", valid_from=SINCE) for c in compounds
    )
    contracts = ServiceContract.objects.bulk_create(
        ServiceContract(
            district=district, project=p, number=p.code, kind="service", signed_on=SINCE, valid_from=SINCE
        )
        for p in projects
    )
    ServiceAssignment.objects.bulk_create(
        ServiceAssignment(contract=k, compound=c, valid_from=SINCE)
        for k, c in zip(contracts, compounds, strict=True)
    )
    inspections = Inspection.objects.bulk_create(
        Inspection(project=p, compound=c, inspected_on=DAY, recorded_at=WHEN)
        for p, c in zip(projects, compounds, strict=True)
    )
    InspectionMark.objects.bulk_create(
        InspectionMark(inspection=i, scheme="on_site", item="1", mark=m, full_mark=100)
        for i, m in zip(inspections, marks, strict=True)
    )
    return projects


def closed(cast) -> EvaluationPeriod:
    """Close 2026Q3 under a rubric of one item: red from 90 without a share, black below 70."""
    rubrics.load_sample(district=cast.district, acting_user=None)
    rubric = Rubric.objects.get(district=cast.district, period_kind="quarter")
    rubric.items.exclude(source="onsite_inspection").delete()
    rubric.items.update(points=Decimal(100))
    plain = {"red_needs_satisfaction": False, "retest": False, "black_share": None}
    Rubric.objects.filter(pk=rubric.pk).update(
        list_rule=rubric.list_rule | plain | {"red_share": None},
        enterprise_rule=rubric.enterprise_rule | plain,
        satisfaction_item="",
        min_available=Decimal("0.5"),
    )
    period = periods.open_period(district=cast.district, code="2026Q3", acting_user=cast.evaluator)
    run = close(period, cast.evaluator)
    assert run.state == "done", run.message
    return EvaluationPeriod.objects.get(pk=period.pk)


def test_notice_367_and_13_final_365_and_14(cast, tmp_path):
    rows = events()
    notice, final = numbers(rows, "初选公示"), numbers(rows, "最终公布")
    removed = sum(r["event"] == "移出" and r["list"] == "红榜" for r in rows)
    added = sum(r["event"] == "增列" and r["list"] == "黑榜" for r in rows)
    assert (notice, removed, added, final) == (
        {"红榜": 367, "黑榜": 13},
        2,
        1,
        {"红榜": 365, "黑榜": 14},
    )

    projects = build(cast, notice["红榜"], notice["黑榜"])
    period = closed(cast)

    def again() -> EvaluationPeriod:
        return EvaluationPeriod.objects.get(pk=period.pk)

    releases.confirm_entries(period=again(), acting_user=cast.evaluator)
    first = releases.publish_notice(period=again(), acting_user=cast.publisher)
    assert first.counts["project"] == {"black": 13, "red": 367}

    for project in projects[:removed]:
        entry = ListEntry.objects.get(project=project)
        objection = objections.file_objection(
            entry=entry, by="resident", text="与实际服务不符", acting_user=None
        )
        objections.admit_objection(objection=objection, acting_user=cast.objection_decider)
        objections.decide_objection(
            objection=objection, upheld=True, result="查实，移出红榜", acting_user=cast.objection_decider
        )
    move_clock(cast.district, dt.date(2026, 10, 14))
    Veto.objects.create(
        project=projects[-1],
        code="breach",
        happened_on=DAY,
        evidence="居民反映查实",
        decided_on=dt.date(2026, 9, 30),
        decided_by=cast.registrar,
        recorded_at=dt.datetime(2026, 10, 13, 9, tzinfo=SHANGHAI),
    )
    made = correct_results(
        period=again(), projects=[projects[-1]], reason="居民反映查实", acting_user=cast.evaluator
    )
    assert [(e.project, e.colour) for e in made if e.project] == [(projects[-1], "black")]
    releases.confirm_entries(period=again(), acting_user=cast.evaluator)
    second = releases.publish_notice(period=again(), acting_user=cast.publisher)
    assert second.counts["project"] == {"black": added}
    move_clock(cast.district, second.window_ends_on + dt.timedelta(days=1))
    last = releases.finalise(period=again(), acting_user=cast.publisher)
    assert {c: last.counts["project"][c] for c in ("red", "black")} == {"red": 365, "black": 14}

    found = {d.colour: (d.first, len(d.added), len(d.dropped), d.final) for d in differences(again())}
    assert found == {"red": (367, 0, 2, 365), "black": (13, 1, 0, 14), "watch": (0, 0, 0, 0)}
    site = Site(
        code=cast.district.code,
        name=cast.district.name,
        today=dt.date(2026, 11, 1),
        releases=tuple(adapters.releases_of(cast.district)),
    )
    shown = {row[1:] for row in Pages(site).difference(site.releases[0])}
    assert shown == {(367, 0, 2, 365), (13, 1, 0, 14), (0, 0, 0, 0)}
    assert Results(site).results
    for release in Release.objects.order_by("sequence"):
        path = tmp_path / f"{release.sequence}.zip"
        write_bundle(release=release, path=path)
        assert main([str(path)]) == 0
