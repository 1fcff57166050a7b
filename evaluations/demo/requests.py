"""Residents' requests: where, what kind, when received and answered. No resident is named."""

import datetime as dt

from communities.models import ResidentRequest
from evaluations.demo import texts
from evaluations.demo.quality import QUARTERS
from evaluations.demo.world import CLOCK, LAST_DAY, World, days_after, stamp

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
SOURCES = ("visit", "call", "qr_page", "meeting", "platform")
SOURCE_WEIGHTS = (30, 26, 20, 10, 14)
PER_COMPOUND = 2.1
"""Requests per compound and quarter."""

ANSWER = "已安排人员到场处理，并请反映人查看。"

TODAY = CLOCK.date()


def make_requests(world: World) -> None:
    """Requests of three years and of October's first days, answered by quality."""
    chance = world.chance("requests")
    sheet = world.book.sheet(ResidentRequest, recorded_by="demo")
    seen: set[str] = set()
    horizon = (TODAY - world.facts_from).days
    quarters = max(1, round((LAST_DAY - world.facts_from).days / 91.3))
    for project in world.projects:
        for home, first, last in project.served:
            begin = max(0, (first - world.facts_from).days)
            end = min(horizon, ((last or dt.date.max) - world.facts_from).days)
            if end <= begin:
                continue
            expected = PER_COMPOUND * (end - begin) / 91.3 * min(2.2, 0.5 + home.households / 900)
            for _ in range(int(expected + chance.random())):
                offset = chance.randrange(begin, end)
                day = days_after(world.facts_from, offset)
                quarter = min(QUARTERS - 1, QUARTERS - quarters + int(offset / 91.4))
                form = project.form[quarter]
                due = days_after(day, 7)
                late = chance.random() > 0.32 + 0.68 * form
                answered: dt.date | None = days_after(
                    day, chance.randint(8, 20) if late else chance.randint(0, 6)
                )
                closed = days_after(day, 22) if late else days_after(day, chance.randint(7, 12))
                state = "confirmed" if chance.random() < 0.9 else "answered"
                if answered and answered >= TODAY:
                    answered, state = None, "assigned" if offset < horizon - 1 else "received"
                elif closed >= TODAY:
                    state = "answered"
                while (code := "".join(chance.choices(ALPHABET, k=10))) in seen:
                    pass
                seen.add(code)
                category = texts.category(chance)
                sheet.add(
                    code=code,
                    compound_id=home.id,
                    source=chance.choices(SOURCES, SOURCE_WEIGHTS)[0],
                    category=category,
                    is_for_the_enterprise=chance.random() < 0.9,
                    text=chance.choice(texts.PROBLEMS[category])[0].format(home=home.name),
                    received_on=day,
                    due_on=due,
                    answered_on=answered,
                    answer=ANSWER if answered else "",
                    assigned_on=None if state == "received" else day,
                    closed_on=closed if state == "confirmed" else None,
                    state=state,
                    recorded_at=stamp(day, chance.randint(5, 500)),
                )
