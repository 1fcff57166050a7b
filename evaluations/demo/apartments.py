"""Talent apartments of the demo: month by month free units go to whoever stands first in the order of that day.

Draws from chance of its own, so that everything else stays what it is.
"""

import datetime as dt
from dataclasses import dataclass, field, fields

from enterprises.apartment_rules import ApartmentTerms, Waiting, in_order
from enterprises.models import (
    ApartmentApplication,
    ApartmentLease,
    ApartmentOffer,
    ApartmentPause,
    ApartmentRule,
    TalentApartment,
)
from enterprises.party_checks import add_months
from evaluations.demo.world import LAST_DAY, World, days_after, months_between, stamp

BEGAN = dt.date(2019, 7, 1)
STOCK = ((dt.date(2019, 7, 1), 26), (dt.date(2022, 7, 1), 14), (dt.date(2024, 7, 1), 12))
"""From when on so many units more."""
LAST_OFFERS = dt.date(2026, 10, 9)
"""Offers of this day still wait for an answer when the demo is served."""
TERMS = ApartmentTerms(answer_days=14, document="演示人才〔2019〕2号")
SHARE_APPLYING = 0.36
OVERSTAYED_FROM = dt.date(2025, 12, 1)
LATE = 2
"""Tenants who have left the trade and still live in their unit."""


@dataclass
class _Unit:
    id: int
    since: dt.date
    rooms: int
    rent: int
    market: int
    free_from: dt.date = field(init=False)

    def __post_init__(self) -> None:
        self.free_from = self.since


@dataclass
class _Person:
    id: int
    began: dt.date
    ended: dt.date | None
    degree: str
    applied: dt.date
    application: int = 0
    declined: int = 0
    end: tuple[str, dt.date | None, str] = ("waiting", None, "")


def make_apartments(world: World) -> None:
    """Units, rules, and seven years of the waiting list."""
    always = {"district_id": world.district.pk, "recorded_by": "demo"}
    rule = {one.name: getattr(TERMS, one.name) for one in fields(ApartmentTerms)}
    world.book.sheet(ApartmentRule, **always).add(**rule, valid_from=BEGAN, recorded_at=stamp(BEGAN))
    chance = world.chance("apartments")
    sheet = world.book.sheet(TalentApartment, **always)
    pauses = world.book.sheet(ApartmentPause, recorded_by="demo")
    units: list[_Unit] = []
    for since, count in STOCK:
        for _ in range(count):
            number = len(units) + 1
            place = chance.choice(world.places)
            rooms = chance.choice((1, 1, 1, 2))
            rent = 500 + 250 * rooms + chance.randint(0, 4) * 20
            key = sheet.add(
                code=f"GY{number:04d}",
                community_id=place.id,
                address=f"{place.name.removesuffix('社区')}人才公寓{chance.randint(1, 9)}栋{number:03d}室",
                rooms=rooms,
                floor_area=f"{rooms * 24 + chance.randint(6, 14)}.00",
                rent=f"{rent}.00",
                market_rent=f"{rent + 600}.00",
                available_from=since,
                recorded_at=stamp(since),
            )
            units.append(_Unit(key, since, rooms, rent, rent + 600))
    for unit in units[-2:]:
        first = dt.date(2026, 8, 1)
        pauses.add(apartment_id=unit.id, reason="墙面渗水维修", valid_from=first, recorded_at=stamp(first))
        unit.free_from = dt.date.max
    _List(world, units).run()


class _List:
    """The waiting list as it went."""

    def __init__(self, world: World, units: list[_Unit]) -> None:
        self.chance = world.chance("apartment list")
        self.units = units
        book = world.book
        self.applications = book.sheet(ApartmentApplication, recorded_by="demo")
        self.offers = book.sheet(ApartmentOffer, recorded_by="demo")
        self.leases = book.sheet(ApartmentLease, recorded_by="demo")
        self.late = LATE
        self.people: list[_Person] = []
        for person, _firm, began, ended, degree in world.recruits:
            late = ended is not None and ended > OVERSTAYED_FROM
            share = SHARE_APPLYING if began.year < 2024 else SHARE_APPLYING / 2
            drawn = self.chance.random() <= share
            applied = days_after(began, self.chance.randint(5, 60))
            if began < dt.date(2019, 6, 1) or not (drawn or late):
                continue
            if late and ended is not None:
                latest = dt.date(began.year + 3, 6, 1)
                applied = min(max(applied, days_after(ended, -600)), latest)
            if applied <= LAST_DAY and (ended is None or ended > applied):
                self.people.append(_Person(person, began, ended, degree, applied))
        self.people.sort(key=lambda one: (one.applied, one.id))
        self.last_application = self.applications.last_id
        for number, one in enumerate(self.people, 1):
            one.application = self.last_application + number

    def run(self) -> None:
        """Go through the months, then write who applied and what became of it."""
        days = [days_after(month, 9) for month in months_between(BEGAN, LAST_DAY)]
        for day in [*days, LAST_OFFERS]:
            self._withdraw(day)
            self._offer(day)
        for one in self.people:
            state, ended, reason = one.end
            self.applications.add(
                person_id=one.id,
                applied_on=one.applied,
                rooms=1,
                state=state,
                ended_on=ended,
                reason=reason,
                recorded_at=stamp(one.applied, 200),
            )

    def _waiting(self, day: dt.date) -> list[_Person]:
        return [one for one in self.people if one.applied <= day and one.end[0] == "waiting"]

    def _withdraw(self, day: dt.date) -> None:
        for one in self._waiting(day):
            if one.ended is not None and one.ended < day:
                one.end = ("struck", max(days_after(one.ended, 1), one.applied), "已离开物业行业")
            elif (day - one.applied).days > 700 and self.chance.random() < 0.3:
                one.end = ("withdrawn", day, "")

    def _offer(self, day: dt.date) -> None:
        free = [unit for unit in self.units if unit.free_from <= day]
        for unit in sorted(free, key=lambda one: one.id):
            waiting = self._waiting(day)
            asked: set[int] = set()
            while True:
                order = in_order(
                    [
                        Waiting(one.application, one.applied, one.degree, is_recruit=True)
                        for one in waiting
                        if one.application not in asked
                    ],
                    day,
                    TERMS,
                )
                if not order:
                    return
                who = next(one for one in waiting if one.application == order[0].who.key)
                asked.add(who.application)
                declines = day < LAST_OFFERS and self.chance.random() < 0.08
                offer = self._write_offer(unit, order, day, declines=declines)
                if not declines:
                    break
                who.declined += 1
                if who.declined >= TERMS.declines_most:
                    who.end = ("struck", days_after(day, 3), "两次未接受安排")
            if day == LAST_OFFERS:
                who.end = ("offered", None, "")  # waits for its answer, and nobody offers it another unit
                unit.free_from = dt.date.max
                continue
            who.end = ("housed", days_after(day, 2), "")
            self._let(unit, who, offer, days_after(day, 5))
        for one in self.people:
            if one.end[0] == "offered":
                one.end = ("waiting", None, "")

    def _write_offer(self, unit: _Unit, order: list, day: dt.date, *, declines: bool) -> int:
        is_open = day == LAST_OFFERS
        answered = None if is_open else days_after(day, 3 if declines else 2)
        return self.offers.add(
            application_id=order[0].who.key,
            apartment_id=unit.id,
            offered_on=day,
            answer_by=days_after(day, TERMS.answer_days),
            place=1,
            waiting=len(order),
            grounds={
                "rule": TERMS.document,
                "by": TERMS.order,
                "points": [list(one) for one in order[0].points],
                "order": [[one.who.key, one.total, one.who.applied_on.isoformat()] for one in order],
            },
            state="open" if is_open else "declined" if declines else "accepted",
            answered_on=answered,
            reason="离工作地点较远" if declines else "",
            recorded_at=stamp(day, 210),
        )

    def _let(self, unit: _Unit, who: _Person, offer: int, first: dt.date) -> None:
        months = self.chance.choice((TERMS.first_months, TERMS.first_months, 24))
        agreed = days_after(add_months(first, months), -1)
        last, reason = agreed, ""
        if who.ended is not None and who.ended <= agreed:
            last, reason = max(first, days_after(who.ended, self.chance.randint(3, 25))), "left"
            if self.late and who.ended > OVERSTAYED_FROM:
                self.late -= 1
                last, reason = agreed, ""
            last = min(last, agreed)
        elif self.chance.random() < 0.25:
            gone = days_after(first, self.chance.randint(300, 1000))
            if gone < min(agreed, LAST_DAY):
                last, reason = gone, "moved"
        self._lease(unit, who, first, last, agreed, unit.rent, reason, offer)
        unit.free_from = days_after(last, 1)
        stays = who.ended is None or who.ended > days_after(last, 200)
        if not reason and last < LAST_DAY and stays and self.chance.random() < 0.45:
            began = days_after(last, 1)
            months = self.chance.choice((12, 24))
            end = days_after(add_months(began, months), -1)
            until, why = end, ""
            if who.ended is not None and who.ended <= end:
                until, why = days_after(who.ended, 10), "left"
            self._lease(unit, who, began, min(until, end), end, unit.market, why, None, longer=True)
            unit.free_from = days_after(min(until, end), 1)

    def _lease(  # type: ignore[no-untyped-def]
        self, unit, who, first, last, agreed, rent, reason, offer, *, longer=False
    ) -> None:
        self.leases.add(
            apartment_id=unit.id,
            person_id=who.id,
            offer_id=offer,
            rent=f"{rent}.00",
            valid_from=first,
            valid_to=last,
            agreed_to=agreed,
            is_longer=longer,
            end_reason=reason if last < agreed else "",
            recorded_at=stamp(first, 220),
        )
