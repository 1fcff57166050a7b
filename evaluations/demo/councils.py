"""Councils of compounds: representatives in two terms, a meeting every second month in each community, three years."""

import datetime as dt
import random
from dataclasses import dataclass

from communities.council import SAMPLE
from communities.models import (
    CouncilAttendance,
    CouncilFollowUp,
    CouncilMeeting,
    CouncilResolution,
    CouncilTopic,
    NeighbourRepresentative,
)
from evaluations.demo import names, texts
from evaluations.demo.meetings import serving
from evaluations.demo.world import CLOCK, Home, Place, World, days_after, months_of_facts, stamp

TODAY = CLOCK.date()
TERMS = ((dt.date(2023, 7, 1), dt.date(2025, 6, 30)), (dt.date(2025, 7, 1), dt.date(2027, 6, 30)))
SEATS = 5
WAYS = ("elected", "elected", "elected", "recommended", "jointly")
TOPICS = (
    ("楼道堆物整治", "每月第一个周末集中清理楼道，清理前三日张贴通知。", "张贴通知并组织清理"),
    ("非机动车停放划线", "在单元入口两侧划线停放，消防通道不得停放。", "划线并设置标识"),
    ("公共收益使用公示", "公共收益按季在公示栏公示，大额使用先经议事会讨论。", "张贴本季公共收益明细"),
    ("文明养犬公约", "通过文明养犬公约，设置拾便箱。", "设置拾便箱"),
    ("楼道照明改造", "更换声控灯，费用从公共收益列支。", "核对灯具清单"),
    ("晾衣区设置", "在绿化带外侧增设晾衣区。", "现场选址并公示"),
)

TAKEN_UP_WITHIN = 45
"""Days from a council to the joint meeting that takes up what an enterprise promised there."""
NEXT_PROMISE = ("单元门禁检修", "检修单元门禁，修好后在单元门张贴告示")


def make_councils(world: World) -> None:
    """Representatives, topics, meetings, votes and follow-ups, two compounds in each community."""
    chance = world.chance("councils")
    people = world.book.sheet(NeighbourRepresentative, recorded_by="demo")
    persons = names.persons(chance)
    by_place: dict[int, list[Home]] = {}
    for home in world.homes:
        if len(by_place.setdefault(home.place.id, [])) < 2:
            by_place[home.place.id].append(home)
    seats: dict[tuple[int, int], list[int]] = {}
    for homes in by_place.values():
        for home in homes:
            for term, (first, last) in enumerate(TERMS):
                chosen: set[str] = set()
                while len(chosen) < SEATS:
                    chosen.add(next(persons))
                seats[home.id, term] = [
                    people.add(
                        compound_id=home.id,
                        name=name,
                        stands_for=f"{number}栋",
                        chosen=chance.choice(WAYS),
                        valid_from=first,
                        valid_to=last,
                        recorded_at=stamp(first, 30),
                    )
                    for number, name in enumerate(sorted(chosen), 1)
                ]
    meetings = _Meetings(world, chance)
    for index, month in enumerate(months_of_facts(world)):
        for number, place in enumerate(world.places):
            homes = by_place.get(place.id, [])
            if homes and (index + number) % 2 == 0:
                held = days_after(month, chance.randint(9, 26))
                home = homes[(index // 2) % len(homes)]
                term = int(held >= TERMS[1][0])
                meetings.add(place, home, held, seats[home.id, term])


@dataclass(frozen=True)
class Promise:
    """What an enterprise is to promise after a council; `commitment` once a joint meeting took it up."""

    topic: str
    what: str
    project: int
    due_on: dt.date
    commitment: int | None


class _Meetings:
    """Writes meetings with what hangs on them."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world, self.chance, book = world, chance, world.book
        self.promised, self.taken = world.chance("council promises"), set[int]()
        self.serving = serving(world)
        self.topics = book.sheet(CouncilTopic, recorded_by="demo")
        self.sheet = book.sheet(CouncilMeeting, recorded_by="demo")
        self.links = book.sheet(CouncilMeeting.compounds.through)
        self.people = book.sheet(CouncilAttendance, recorded_by="demo")
        self.resolutions = book.sheet(CouncilResolution, recorded_by="demo")
        self.follow_ups = book.sheet(CouncilFollowUp, recorded_by="demo")

    def add(self, place: Place, home: Home, held: dt.date, seats: list[int]) -> None:
        chance, quorum = self.chance, SAMPLE.needed_present(SEATS)
        title, text, task = chance.choice(TOPICS)
        promise = self._promise_after(place, home, held)
        if promise:
            title, text = promise.topic, f"请物业服务企业在联席会上承诺并落实：{promise.what}。"
        present = min(SEATS, chance.choice((3, 4, 4, 5, 5, 5, 5)))
        has_quorum, at = present >= quorum, stamp(held, 490)
        topic = self.topics.add(
            community_id=place.id,
            compound_id=home.id,
            title=title,
            proposer=chance.choice(("representative", "representative", "residents", "party", "owners")),
            proposed_on=days_after(held, -chance.randint(4, 12)),
            state="settled" if has_quorum else "deferred",
            reason="" if has_quorum else "未达法定人数，顺延至下次议事会。",
            decided_on=held,
            recorded_at=at,
        )
        meeting = self.sheet.add(
            community_id=place.id,
            held_on=held,
            session=chance.choice(("evening", "evening", "afternoon")),
            state="filed",
            place=f"{place.name}党群服务中心会议室",
            chair="社区党组织书记",
            recorder="社区干事",
            in_office=SEATS,
            present=present,
            quorum=quorum,
            filed_at=stamp(days_after(held, 1), 60),
            filed_by=self.world.secretaries[place.id][1],
            recorded_at=at,
        )
        self.links.add(councilmeeting_id=meeting, compound_id=home.id)
        for number, seat in enumerate(seats):
            kind = "present" if number < present else "excused"
            self.people.add(meeting_id=meeting, representative_id=seat, kind=kind, recorded_at=at)
        self.people.add(meeting_id=meeting, unit="业主委员会", kind="observer", recorded_at=at)
        if has_quorum:
            self._resolve(meeting, topic, home, held, present, (text, task), promise)

    def _promise_after(self, place: Place, home: Home, held: dt.date) -> "Promise | None":
        """What the enterprise promised at the joint meeting after this council, or is to promise at the next."""
        if self.promised.random() < 0.4:
            return None
        for key, project, made, due, problem, what in self.world.promises.get(home.id, ()):
            if held <= made <= days_after(held, TAKEN_UP_WITHIN) and key not in self.taken:
                self.taken.add(key)
                return Promise(problem, what, project, due, key)
        if days_after(held, TAKEN_UP_WITHIN) < TODAY:
            return None
        for server, served, first, last in self.serving[place.id]:
            if served.id == home.id and first <= held <= last:
                return Promise(*NEXT_PROMISE, server.id, days_after(held, 45), None)
        return None

    def _resolve(
        self,
        meeting: int,
        topic: int,
        home: Home,
        held: dt.date,
        present: int,
        words: tuple[str, str],
        promise: "Promise | None",
    ) -> None:
        chance, needed = self.chance, SAMPLE.needed_votes(present)
        against = chance.choice((0, 0, 0, 0, 1, 1, 2))
        abstained = chance.choice((0, 0, 0, 1))
        votes_for, passed = present - against - abstained, present - against - abstained >= needed
        at = stamp(held, 495)
        resolution = self.resolutions.add(
            meeting_id=meeting,
            topic_id=topic,
            compound_id=home.id,
            number=1,
            text=words[0],
            votes_for=votes_for,
            votes_against=against,
            votes_abstained=abstained,
            present=present,
            quorum=SAMPLE.needed_present(SEATS),
            needed=needed,
            passed=passed,
            dated=held,
            recorded_at=at,
        )
        has_task = chance.random() >= 0.4 if passed else False
        if promise and passed:
            self.follow_ups.add(
                resolution_id=resolution,
                kind="promise",
                what=promise.what,
                responsible="项目经理",
                due_on=promise.due_on,
                compound_id=home.id,
                project_id=promise.project,
                commitment_id=promise.commitment,
                recorded_at=at,
            )
            return
        if not has_task:
            return
        due = days_after(held, chance.choice((10, 14, 20)))
        closed = days_after(due, chance.choice((-4, -2, -1, 0, 0, 3)))
        is_done = closed < TODAY
        self.follow_ups.add(
            resolution_id=resolution,
            kind="task",
            what=words[1],
            responsible="社区干事",
            due_on=due,
            compound_id=home.id,
            state="done" if is_done else "open",
            closed_on=closed if is_done else None,
            outcome=texts.ANSWER if is_done else "",
            recorded_at=at,
        )
