"""What the subsidies read: fees and what is collected, diverted income, hand-overs, months in post, evidence."""

import datetime as dt

from communities.models import FeeCollection, IncomeDiversion, ResidentFee
from enterprises.models import HireEvidence, InPostMonth
from evaluations.demo.world import LAST_DAY, TAKEOVER, Home, World, days_after, months_between, stamp

TALENT_FROM = dt.date(2026, 1, 1)
"""From this month the sample rules pay for graduates, so months in post are confirmed."""
COLLECTED_QUARTERS = [
    dt.date(2024, 10, 1),
    dt.date(2025, 1, 1),
    dt.date(2025, 4, 1),
    dt.date(2025, 7, 1),
    dt.date(2025, 10, 1),
    dt.date(2026, 1, 1),
    dt.date(2026, 4, 1),
    dt.date(2026, 7, 1),
]
DIVERTED = 6


def make_market(world: World) -> None:
    """Fees agreed and charged in two thirds of the compounds taken over, what was collected, some diversions."""
    chance = world.chance("fees")
    fees = world.book.sheet(ResidentFee, recorded_by="demo")
    collections = world.book.sheet(FeeCollection, recorded_by="demo")
    taken = _taken_over(world)
    for number, home in enumerate(taken):
        if chance.random() < 0.34:
            continue
        began = dt.date(chance.randint(2019, 2025), chance.choice((1, 4, 7, 10)), 1)
        agreed = chance.choice((30, 35, 40, 45, 50, 60, 70, 80))
        first = chance.randint(15, agreed)
        if began < dt.date(2024, 1, 1):
            raised = dt.date(2025, 1, 1)
            _fee(fees, home, agreed, first, began, days_after(raised, -1))
            began_now, charged = raised, chance.randint(first, agreed)
        else:
            began_now, charged = began, first
        _fee(fees, home, agreed, charged, began_now, None)
        steadiness = chance.choice((0.45, 0.58, 0.66, 0.74, 0.82, 0.94))
        for quarter in COLLECTED_QUARTERS:
            if quarter < began:
                continue
            due = home.floor_area * charged * 3
            share = min(1.0, max(0.2, steadiness + chance.uniform(-0.04, 0.05)))
            collections.add(
                compound_id=home.id,
                quarter=quarter,
                due=f"{due / 100:.2f}",
                collected=f"{round(due * share) / 100:.2f}",
                other_income=f"{chance.randint(0, 60) * 100}.00" if number % 3 else "0.00",
                recorded_at=stamp(days_after(quarter, 96)),
            )
    _diversions(world, taken)


def _taken_over(world: World) -> list[Home]:
    found: dict[int, Home] = {}
    for project in world.projects:
        if project.kind == TAKEOVER:
            for home in project.compounds_on(LAST_DAY):
                found[home.id] = home
    return [found[key] for key in sorted(found)]


def _fee(sheet, home, agreed, charged, first, last):  # type: ignore[no-untyped-def]
    sheet.add(
        compound_id=home.id,
        agreed_fee=f"{agreed / 100:.2f}",
        charged_fee=f"{charged / 100:.2f}",
        document=f"{first.year}年业主大会表决通过（演示）",
        valid_from=first,
        valid_to=last,
        recorded_at=stamp(first, 30),
    )


def _diversions(world: World, taken: list[Home]) -> None:
    chance = world.chance("diversions")
    sheet = world.book.sheet(IncomeDiversion, recorded_by="demo")
    for number, home in enumerate(chance.sample(taken, min(DIVERTED, len(taken))), 1):
        found = dt.date(2026, chance.randint(1, 5), chance.randint(2, 27))
        sheet.add(
            compound_id=home.id,
            found_on=found,
            amount=f"{chance.randint(8, 60) * 100}.00",
            deduct_from=dt.date(2026, 7, 1),
            deduct_months=6,
            document=f"岸房查〔2026〕{number}号（演示）",
            reason="公共停车收益未入账",
            recorded_at=stamp(found, 60),
        )


def make_staff(world: World) -> None:
    """Months in post of the recruits, but for one firm's last month; most of their evidence, some of it waiting."""
    chance = world.chance("months in post")
    months = world.book.sheet(InPostMonth, recorded_by="demo")
    evidence = world.book.sheet(HireEvidence, recorded_by="demo", state="accepted")
    for person, firm, began, ended, degree in world.recruits:
        pay = chance.randint(35, 52) * 100 + (800 if degree == "master" else 0)
        if chance.random() < 0.03:
            pay = 3300
        for month in months_between(TALENT_FROM, LAST_DAY):
            day = month.replace(day=15)
            if began > day or (ended is not None and ended < day):
                continue
            if firm in world.contact_firms and month == dt.date(2026, 9, 1):
                continue  # left for the contact to confirm
            months.add(
                person_id=person,
                enterprise_id=firm,
                month=month,
                in_post=True,
                pay=f"{pay}.00",
                note="试用期工资，转正后调整" if pay < 3500 and person % 2 else "",
                recorded_at=stamp(days_after(day, 3)),
            )
        if ended is not None and ended < TALENT_FROM:
            continue
        given = days_after(max(began, TALENT_FROM), 20)
        draw = chance.random()
        if firm in world.contact_firms and draw < 0.5:
            draw = 0.99
        if draw < 0.9:
            _evidence(world, evidence, person, firm, "contract", began, None, given)
        elif draw < 0.94:
            _evidence(world, evidence, person, firm, "contract", began, None, given, state="submitted")
        if chance.random() < 0.85:
            _evidence(world, evidence, person, firm, "diploma", None, None, given)
        if began >= TALENT_FROM and chance.random() < 0.8:
            last = dt.date(2026, 9, 30)
            _evidence(
                world, evidence, person, firm, "insurance", began.replace(day=1), last, dt.date(2026, 10, 9)
            )


def _evidence(world, sheet, person, firm, kind, first, last, given, *, state="accepted"):  # type: ignore[no-untyped-def]
    sheet.add(
        person_id=person,
        enterprise_id=firm,
        kind=kind,
        valid_from=first,
        valid_to=last,
        state=state,
        decided_by_id=world.users["maker"] if state == "accepted" else None,
        decided_at=stamp(days_after(given, 2)) if state == "accepted" else None,
        recorded_at=stamp(given),
    )
