"""Supervision orders of the three years, as the beat would have issued them, numbered by the year."""

import bisect
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from communities.models import CommitmentStep, SupervisionOrder
from communities.services.supervision import SAMPLE, SEVERITY
from evaluations.demo import texts
from evaluations.demo.world import CLOCK, World, days_after, stamp
from redprop.common.workdays import is_workday

TODAY = CLOCK.date()
AFTER: dict[str, tuple[int, str]] = {
    beat.colour: (beat.workdays, beat.level) for beat in SAMPLE
}  # blue, yellow, red
GRADE: dict[str, int] = {str(colour): grade for colour, grade in SEVERITY.items()}
WORDS = {"blue": "蓝色", "yellow": "黄色", "red": "红色"}
REPLIES = 0.7


@dataclass(frozen=True)
class Waiting:
    """Days on which the enterprise's answer was waited for, and the due date that held then."""

    first: dt.date
    last: dt.date
    due_on: dt.date


class Orders:
    """Collects what is called for; `write` numbers it in the order of its days."""

    def __init__(self, world: World) -> None:
        self.world, self.chance = world, world.chance("orders")
        first, last = days_after(world.facts_from, -30), dt.date(max(world.calendar.years), 12, 31)
        span = (days_after(first, n) for n in range((last - first).days + 1))
        self.workdays = [day for day in span if is_workday(day, world.calendar)]
        self.found: list[tuple[dt.date, int, str, dt.date]] = []

    def _beside(self, day: dt.date, count: int) -> dt.date:
        """The working day `count` after `day`, before it when negative."""
        if count < 0:
            return self.workdays[bisect.bisect_left(self.workdays, day) + count]
        return self.workdays[bisect.bisect_right(self.workdays, day) + count - 1]

    def add(self, commitment: int, spans: Iterable[Waiting]) -> None:
        """Note the orders about one commitment: the first day each was called for while it was waited for."""
        worst: dict[dt.date, int] = {}
        for span in spans:
            days = {
                colour: max(span.first, self._beside(span.due_on, workdays))
                for colour, (workdays, _level) in AFTER.items()
            }
            for colour, day in days.items():
                too_late = day > span.last or day >= TODAY or (colour == "blue" and day > span.due_on)
                graver = any(days[other] <= day and GRADE[other] > GRADE[colour] for other in days)
                if too_late or graver or GRADE[colour] <= worst.get(span.due_on, -1):
                    continue
                worst[span.due_on] = GRADE[colour]
                self.found.append((day, commitment, colour, span.due_on))

    def write(self) -> None:
        """Number and enter everything noted."""
        world, chance, serials = self.world, self.chance, self.world.order_serials
        orders = world.book.sheet(SupervisionOrder, recorded_by="")
        steps = world.book.sheet(CommitmentStep, recorded_by="演示数据")
        for day, commitment, colour, due_on in sorted(self.found):
            serials[day.year] += 1
            number, at, reply = serials[day.year], stamp(day, 20), ""
            replied = days_after(day, 1)
            if colour != "blue" and replied < TODAY and chance.random() < REPLIES:
                reply = chance.choice(texts.REPLIES)
            orders.add(
                district_id=world.district.pk,
                commitment_id=commitment,
                colour=colour,
                level=AFTER[colour][1],
                year=day.year,
                serial=number,
                issued_on=day,
                due_on=due_on,
                reply=reply,
                replied_at=stamp(replied, 90) if reply else None,
                replied_by="项目联系人" if reply else "",
                recorded_at=at,
            )
            title = f"督〔{day.year}〕{number}号"
            text = f"{WORDS[colour]} {title}"
            steps.add(commitment_id=commitment, kind="ordered", at=at, text=text, recorded_at=at)
            if reply:
                then = stamp(replied, 90)
                steps.add(
                    commitment_id=commitment,
                    kind="replied",
                    at=then,
                    text=f"{title}: {reply}",
                    recorded_at=then,
                )
