"""A council in the town: six representatives of Qingchuanli, a topic, and minutes of 2026-10-20."""

import datetime as dt
from types import SimpleNamespace

from communities.models import Compound
from communities.services import council_people, councils
from communities.services.council_minutes import AgendaItem, CouncilMinutes
from tests.town import START

HELD = dt.date(2026, 10, 20)
NAMES = ("陈一楠", "陈二楠", "陈三楠", "陈四楠", "陈五楠", "陈六楠")


def seat(town: SimpleNamespace, count: int = 6) -> list:
    """Representatives of Qingchuanli in office since 2020."""
    town.qingchuanli = Compound.objects.get(code="XP1")
    town.tanlixiaoqu = Compound.objects.get(code="XP2")
    return [
        council_people.add_representative(
            compound=town.qingchuanli,
            name=NAMES[i] if i < len(NAMES) else f"代表{i}号",
            stands_for=f"{i + 1}栋",
            chosen="elected",
            valid_from=START,
            valid_to=None,
            acting_user=town.secretary,
        )
        for i in range(count)
    ]


def convene(town: SimpleNamespace, **changes):
    """The draft of the council of Qingchuanli."""
    values = {
        "community": town.a1,
        "compounds": [town.qingchuanli],
        "held_on": HELD,
        "session": "evening",
        "acting_user": town.secretary,
        **changes,
    }
    return councils.convene_council(**values)


def resolved(votes_for: int = 5, against: int = 0, abstained: int = 0, **changes) -> AgendaItem:
    """One topic put to the vote."""
    values = {
        "outcome": "resolved",
        "title": "楼道堆物整治",
        "text": "每月第一个周末集中清理楼道。",
        "votes_for": votes_for,
        "votes_against": against,
        "votes_abstained": abstained,
        **changes,
    }
    return AgendaItem(**values)


def said(representatives: list, present: int, *items: AgendaItem, **changes) -> CouncilMinutes:
    """Minutes with the first `present` representatives there, the others absent."""
    values = {
        "held_on": HELD,
        "session": "evening",
        "place": "党群服务中心",
        "chair": "社区书记",
        "recorder": "社区干事",
        "attendance": {r.pk: "present" if i < present else "absent" for i, r in enumerate(representatives)},
        "items": items,
        **changes,
    }
    return CouncilMinutes(**values)


def file(town: SimpleNamespace, meeting, minutes: CouncilMinutes):
    """File it as the secretary."""
    return councils.file_council(
        meeting=meeting, minutes=minutes, version=meeting.version, acting_user=town.secretary
    )
