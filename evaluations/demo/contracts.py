"""Contracts of the projects, the compounds under each, and the market rounds before them."""

import datetime as dt

from communities.models import MarketRound, ServiceAssignment, ServiceContract
from evaluations.demo.world import (
    LAST_DAY,
    PROFESSIONAL,
    TAKEOVER,
    TRUSTEESHIP,
    Project,
    World,
    days_after,
    stamp,
)

KINDS = {PROFESSIONAL: "service", TAKEOVER: "takeover", TRUSTEESHIP: "trusteeship"}
SCOPES = {
    PROFESSIONAL: "保洁、秩序维护、绿化养护、共用部位和设施设备维护",
    TAKEOVER: "老旧小区基本物业服务“八保”",
    TRUSTEESHIP: "老旧小区公益托管“八保”",
}
SAFE_END = dt.date(2026, 11, 30)
"""No contract ends before this day unseen: the demo goes on into October."""


def make_contracts(world: World) -> None:
    """Contracts of two to four years each, renewed until today, with their compounds."""
    chance = world.chance("contracts")
    contracts = world.book.sheet(ServiceContract, district_id=world.district.pk, recorded_by="demo")
    assignments = world.book.sheet(ServiceAssignment, recorded_by="demo")
    for project in world.projects:
        fee = None
        if project.kind == PROFESSIONAL:
            fee = f"{chance.randint(120, 310) / 100:.2f}"
        for number, (first, last) in enumerate(terms(project, chance.choice((2, 3, 3, 4))), 1):
            signed = days_after(first, -chance.randint(3, 20))
            contract = contracts.add(
                project_id=project.id,
                number=f"{world.code('HT', int(project.code.rsplit('FW')[-1].split('-')[-1]))}-{number}",
                kind=KINDS[project.kind],
                signed_on=signed,
                scope=SCOPES[project.kind],
                monthly_fee=fee,
                valid_from=first,
                valid_to=last,
                recorded_at=stamp(signed, 420),
            )
            for home, since, until in project.served:
                begin = max(since, first)
                close = min(until, last) if until else last
                if begin > close:
                    continue
                assignments.add(
                    contract_id=contract,
                    compound_id=home.id,
                    valid_from=begin,
                    valid_to=None if close == last and last > LAST_DAY else close,
                    recorded_at=stamp(signed, 430),
                )
    make_rounds(world)


def terms(project: Project, years: int) -> list[tuple[dt.date, dt.date]]:
    """Days of the contracts of a project, one after the other; the last one runs beyond the demo."""
    found, first = [], project.start
    while True:
        last = days_after(first.replace(year=first.year + years, day=min(first.day, 28)), -1)
        if project.end and last >= project.end:
            return [*found, (first, project.end)]
        if not project.end and last > LAST_DAY:
            return [*found, (first, max(last, SAFE_END))]
        found.append((first, last))
        first = days_after(last, 1)


def make_rounds(world: World) -> None:
    """Market first, public welfare as backstop: each old compound was offered before it was taken or entrusted."""
    chance = world.chance("rounds")
    sheet = world.book.sheet(MarketRound, district_id=world.district.pk, recorded_by="demo")
    for project in world.projects:
        if project.kind == PROFESSIONAL:
            continue
        for home, since, _until in project.served:
            closed = days_after(since, -chance.randint(10, 24))
            opened = days_after(closed, -chance.randint(14, 28))
            taken = project.kind == TAKEOVER
            sheet.add(
                compound_id=home.id,
                opened_on=opened,
                closed_on=closed,
                outcome="taken" if taken else "no_taker",
                taker_id=project.firm.id if taken else None,
                document=f"演示物招〔{opened.year}〕{chance.randint(1, 60)}号",
                recorded_at=stamp(closed, 300),
            )
