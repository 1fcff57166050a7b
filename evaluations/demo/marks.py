"""Marks given for the evaluation: inspections, survey answers, vetoes and deductions."""

import datetime as dt
import hashlib

from evaluations.demo import texts
from evaluations.demo.inspections import mark_again, place_of, prepare_visits
from evaluations.demo.quality import BAD, BREACH, QUARTERS, SILENT, is_young
from evaluations.demo.world import LAST_DAY, PROFESSIONAL, Home, Project, World, days_after, stamp
from evaluations.models import Deduction, DeductionGround, Inspection, InspectionMark, SurveyAnswer, Veto
from redprop.common.periods import Period

ON_SITE = ("cleaning", "security", "greening", "repair", "order")
GUARANTEES = ("cleaning", "security", "greening", "repair", "order", "drainage", "lighting", "notices")
"""The district's list of eight guarantees (八保) as the demo has it: a sample, see domain.md section 3."""

CHANNELS, CHANNEL_WEIGHTS = ("link", "letter", "phone", "visit"), (52, 22, 4, 22)


def quarters(world: World) -> list[tuple[int, Period]]:
    """The quarters that have facts, each with its place among the twelve."""
    last = Period.of("quarter", LAST_DAY)
    found = [(QUARTERS - 1 - back, last.shift(-back)) for back in range(QUARTERS)]
    return [(index, period) for index, period in reversed(found) if period.start >= world.facts_from]


def served_in(project: Project, period: Period) -> list[tuple[Home, dt.date, dt.date]]:
    """Compounds that the project served in the period, with the days."""
    found = []
    for home, first, last in project.served:
        begin, end = max(first, period.start), min(last or dt.date.max, period.end)
        if begin <= end:
            found.append((home, begin, end))
    return found


def make_marks(world: World) -> None:
    """Everything the evaluation itself collects, quarter by quarter."""
    world.book.flush()
    found = quarters(world)
    visits = prepare_visits(world, *found[-1])
    for index, period in found:
        for project in world.projects:
            served = served_in(project, period)
            if served:
                _inspect(world, visits, project, index, served)
                _survey(world, project, index, served)
    _vetoes(world)


def _inspect(world, visits, project, index, served):  # type: ignore[no-untyped-def]
    """One inspection of one compound of the project; old compounds also by the eight guarantees."""
    chance = world.chances("inspections")
    chosen = served[index % len(served)]
    day = days_after(chosen[1], chance.randrange(0, (chosen[2] - chosen[1]).days + 1))
    home, day, task = place_of(visits, project, index, chosen, day, served)
    form = project.form[index]
    marks = []
    for item in ON_SITE:
        mark = min(20.0, max(4.0, chance.gauss(20 * (0.12 + 0.885 * form), 0.55)))
        marks.append(
            {
                "scheme": "on_site",
                "item": item,
                "mark": f"{round(mark * 2) / 2:.2f}",
                "full_mark": "20.00",
                "finding": chance.choice(texts.FINDINGS) if mark < 18.5 else "",
            }
        )
    if project.kind != PROFESSIONAL:
        for item in GUARANTEES:
            mark = min(10.0, max(2.0, chance.gauss(10 * (0.10 + 0.905 * form), 0.35)))
            marks.append(
                {
                    "scheme": "guarantees",
                    "item": item,
                    "mark": f"{round(mark * 2) / 2:.2f}",
                    "full_mark": "10.00",
                }
            )
    first = {
        "project_id": project.id,
        "compound_id": home.id,
        "inspected_on": day,
        "inspector_id": task.inspector_id if task else visits.marker(home, index),
        "recorded_at": stamp(min(day, LAST_DAY), 540),
        "on_site_set_id": visits.sets["on_site"],
    }
    if project.kind != PROFESSIONAL:
        first["guarantee_set_id"] = visits.sets["guarantees"]
    if task:
        first["task_id"] = task.pk
    inspection = world.book.sheet(Inspection, recorded_by="demo").add(**first)
    sheet = world.book.sheet(InspectionMark)
    for mark in marks:
        sheet.add(inspection_id=inspection, **mark)
    mark_again(world, visits, first, marks)


def _survey(world, project, index, served):  # type: ignore[no-untyped-def]
    """Answers of some 30 to 40 households; of a few projects too few to count."""
    chance = world.chances("surveys")
    sheet = world.book.sheet(SurveyAnswer, recorded_by="demo")
    form = project.form[index]
    count = 30 + int(chance.random() ** 2 * 9)
    if (project.part == SILENT and index == QUARTERS - 1) or chance.random() < 0.006:
        count = chance.randint(6, 17)
    satisfied = 0.07 + 0.91 * form
    for _ in range(count):
        home, first, last = served[int(chance.random() * len(served))]
        day = days_after(first, int(chance.random() * ((last - first).days + 1)))
        yes = chance.random() < satisfied
        score = (5 if chance.random() < 0.6 else 4) if yes else (3, 3, 2, 1)[int(chance.random() * 4)]
        digest = hashlib.sha256(f"{world.seed}/{sheet.last_id}".encode()).hexdigest()
        sheet.add(
            project_id=project.id,
            compound_id=home.id,
            answered_on=day,
            score=score,
            is_satisfied=yes,
            channel=chance.choices(CHANNELS, CHANNEL_WEIGHTS)[0],
            token_digest=digest,
            recorded_at=stamp(day, int(chance.random() * 600)),
        )


def _grounds(world: World) -> dict[str, int]:
    """Ids of the district's grounds of a deduction, which further replicas share."""
    if not world.grounds:
        sheet = world.book.sheet(DeductionGround, recorded_by="demo", district_id=world.district.pk)
        world.grounds = {
            code: sheet.add(
                code=code,
                title=title,
                points=points,
                most=most,
                document=texts.GROUNDS_DOCUMENT,
                valid_from=dt.date(2017, 1, 1),
                recorded_at=stamp(dt.date(2023, 9, 1), 0),
            )
            for code, title, points, most in texts.GROUNDS
        }
    return world.grounds


def _vetoes(world: World) -> None:
    """One breach in the last quarter and three earlier ones; a few deductions every quarter."""
    chance = world.chance("vetoes")
    vetoes = world.book.sheet(Veto, recorded_by="demo", decided_by_id=world.users["evaluator"])
    deductions = world.book.sheet(Deduction, recorded_by="demo", decided_by_id=world.users["evaluator"])
    ground_points = {code: points for code, _title, points, _most in texts.GROUNDS}
    ground_ids = _grounds(world)
    plain = [
        p for p in world.projects if p.end is None and not p.part and not is_young(p) and p.start.year < 2023
    ]
    guilty = [p for p in world.projects if p.part == BREACH]
    for index, period in quarters(world):
        breaches = guilty if index == QUARTERS - 1 else chance.sample(plain, 1) if index in (2, 5, 8) else []
        for project in breaches:
            day = days_after(period.start, chance.randint(20, 55))
            vetoes.add(
                project_id=project.id,
                code="funds",
                happened_on=day,
                evidence=texts.BREACH,
                document=texts.BREACH_DOCUMENT,
                heard_on=days_after(day, 10),
                hearing=texts.BREACH_HEARING,
                decided_on=days_after(day, 14),
                recorded_at=stamp(days_after(day, 14), 200),
            )
        for project in chance.sample(plain, 6) + [p for p in world.projects if p.part == BAD][: index % 2]:
            code, evidence = chance.choice(texts.DEDUCTIONS)
            day = days_after(period.start, chance.randint(5, 80))
            deductions.add(
                project_id=project.id,
                ground_id=ground_ids[code],
                points=ground_points[code],
                happened_on=day,
                decided_on=day,
                evidence=evidence,
                recorded_at=stamp(day, 300),
            )
