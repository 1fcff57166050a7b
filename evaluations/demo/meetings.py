"""Joint meetings month by month, who attended, what was promised and how it went on."""

import datetime as dt
import random
from collections import Counter, defaultdict

from communities.lights import filing_deadline
from communities.models import (
    Commitment,
    CommitmentStep,
    JointMeeting,
    MeetingAddendum,
    MeetingAttendance,
    MeetingProblem,
)
from evaluations.demo import texts
from evaluations.demo.orders import Orders, Waiting
from evaluations.demo.quality import quarter_of
from evaluations.demo.world import (
    CLOCK,
    LAST_DAY,
    Home,
    Meeting,
    Place,
    Project,
    World,
    days_after,
    months_of_facts,
    stamp,
)
from redprop.common.periods import Period
from redprop.common.workdays import add_workdays, is_workday
from redprop.core.models import FormBurden

TODAY = CLOCK.date()
NEVER_FILED, FILED_LATE = 0.012, 0.035
PROMISES_PER_PROJECT = 0.36
ADDED_TO, RAISED = 0.01, 0.6
FORM_OPEN, FIELD_TYPED = 55, 11
"""Seconds that a meeting's form and each typed field take."""


def make_meetings(world: World) -> None:
    """One meeting per community and month with its minutes; the last month still has some to accept."""
    chance = world.chance("meetings")
    sheet = world.book.sheet(JointMeeting, recorded_by="demo")
    people = world.book.sheet(MeetingAttendance, recorded_by="demo")
    addenda, added = world.book.sheet(MeetingAddendum, recorded_by="演示数据"), world.chance("addenda")
    times: Counter[dt.date] = Counter()
    typed: Counter[dt.date] = Counter()
    for month in months_of_facts(world):
        period = Period.of("month", month)
        due = filing_deadline(period, world.calendar)
        for place in world.places:
            if chance.random() < NEVER_FILED:
                continue
            held = days_after(month, chance.randint(8, 24))
            while not is_workday(held, world.calendar):
                held = days_after(held, 1)
            state, submitted = "accepted", days_after(held, chance.randint(0, 5))
            if chance.random() < FILED_LATE:
                submitted = days_after(due, chance.randint(1, 6))
            decided = add_workdays(submitted, chance.randint(1, 2), world.calendar)
            if decided >= TODAY:
                state = "submitted"
            if month == LAST_DAY.replace(day=1) and chance.random() < 0.05:
                state = chance.choice(("submitted", "submitted", "returned", "draft"))
            chair = f"{place.name.removesuffix('社区')}社区党组织书记 {world.secretaries[place.id][1]}"
            topic, decision = texts.agenda(chance)
            at, done = stamp(submitted, chance.randint(20, 480)), stamp(decided, chance.randint(20, 480))
            typed[month] += chance.choice((3, 4, 4, 5, 5, 6))
            key = sheet.add(
                community_id=place.id,
                month=month,
                state=state,
                held_on=held,
                place=f"{place.name}党群服务中心会议室",
                chair=chair,
                recorder="社区副书记",
                topics=topic,
                decisions=decision,
                due_on=due,
                submitted_at=None if state == "draft" else at,
                submitted_by="" if state == "draft" else world.secretaries[place.id][1],
                decided_at=done if state in ("accepted", "returned") else None,
                decided_by="街道专干" if state in ("accepted", "returned") else "",
                return_reason="请补充上月未办结事项的进展。" if state == "returned" else "",
                version=chance.randint(2, 5),
                recorded_at=stamp(held, 400),
            )
            times[month] += 1
            if state == "accepted" and added.random() < ADDED_TO:
                addenda.add(meeting_id=key, number=1, added_on=decided, text=texts.ADDENDUM, recorded_at=done)
            for unit, kind in texts.others(chance):
                people.add(meeting_id=key, unit=unit, kind=kind, recorded_at=stamp(held, 405))
            world.meetings[place.id, month] = Meeting(key, held, at, done, state == "accepted")
    burden = world.book.sheet(FormBurden, district_id=world.district.pk)
    for month in times:
        seconds = times[month] * FORM_OPEN + typed[month] * FIELD_TYPED
        burden.add(
            form="meeting", month=month, times=times[month], typed_fields=typed[month], seconds=seconds
        )


def serving(world: World) -> dict[int, list[tuple[Project, Home, dt.date, dt.date]]]:
    """Who served which compound of each community, from when until when."""
    found: dict[int, list[tuple[Project, Home, dt.date, dt.date]]] = defaultdict(list)
    for project in world.projects:
        for home, first, last in project.served:
            found[home.place.id].append((project, home, first, last or dt.date.max))
    return found


def make_attendance(world: World) -> None:
    """Attendance of the projects that serve the community on the day, and what they promise."""
    chance = world.chance("attendance")
    sheet = world.book.sheet(MeetingAttendance, recorded_by="demo")
    by_place = serving(world)
    promises = _Promises(world, chance)
    months = months_of_facts(world)
    for index, month in enumerate(months):
        quarter = quarter_of(index, len(months))
        for place in world.places:
            meeting = world.meetings.get((place.id, month))
            if meeting is None:
                continue
            here: dict[int, tuple[Project, list[Home]]] = {}
            for project, home, first, last in by_place[place.id]:
                if first <= meeting.held <= last:
                    here.setdefault(project.id, (project, []))[1].append(home)
            entered = stamp(meeting.held, 410)
            for project, homes in here.values():
                form = project.form[quarter]
                kind = "present"
                if chance.random() > 0.40 + 0.61 * form:
                    kind = "excused" if chance.random() < 0.3 else "absent"
                sheet.add(meeting_id=meeting.id, project_id=project.id, kind=kind, recorded_at=entered)
                if kind == "present" and chance.random() < PROMISES_PER_PROJECT:
                    promises.add(place, meeting, project, chance.choice(homes), form)
    promises.orders.write()


class _Promises:
    """Writes commitments with their steps, each dated by what happened."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.chance, self.calendar, self.made = chance, world.calendar, world.promises
        self.sheet = world.book.sheet(Commitment, recorded_by="demo")
        self.steps = world.book.sheet(CommitmentStep, recorded_by="演示数据")
        self.orders = Orders(world)
        self.raised, self.by_residents = (
            world.book.sheet(MeetingProblem, recorded_by="demo"),
            world.chance("raised"),
        )

    def add(self, place: Place, meeting: Meeting, project: Project, home: Home, form: float) -> None:
        chance = self.chance
        problem, promise = texts.promise(chance, home.name)
        made = meeting.held
        due = first_due = days_after(made, chance.choice((7, 10, 14, 14, 20, 30)))
        history: list[tuple[str, dt.date, str]] = []
        kept = chance.random() < 0.30 + 0.70 * form
        if not kept and chance.random() < 0.35:
            due = days_after(first_due, chance.choice((7, 10)))
            history.append(("extended", days_after(first_due, -2), "等待配件到货，经社区同意延期"))
        answered = days_after(made, max(1, int((due - made).days * chance.uniform(0.3, 0.8))))
        if not kept and chance.random() < 0.75:
            answered = days_after(due, chance.randint(2, 25))
        reopened = chance.random() > 0.55 + 0.46 * form
        history.append(("answered", answered, texts.ANSWER))
        closed = days_after(answered, chance.randint(1, 2))
        if reopened:
            history.append(("reopened", closed, "现场查看仍未修好"))
            answered = days_after(closed, chance.randint(3, 12))
            history.append(("answered", answered, texts.ANSWER))
            closed = days_after(answered, chance.randint(1, 2))
        history.append(("confirmed", closed, "社区现场确认"))
        happened = [step for step in sorted(history, key=lambda s: s[1]) if step[1] < TODAY]
        if not meeting.accepted:
            happened = []
        kinds = [kind for kind, _day, _text in happened]
        state, last = "open", [k for k in kinds if k != "extended"][-1:]
        if last:
            state = last[0]
        at = {kind: stamp(day, chance.randint(10, 500)) for kind, day, _text in happened}
        key = self.sheet.add(
            meeting_id=meeting.id,
            project_id=project.id,
            compound_id=home.id,
            problem=problem,
            promise=promise,
            responsible_post="项目经理",
            made_on=made,
            first_due_on=first_due,
            due_on=due if "extended" in kinds else first_due,
            state=state,
            answer=texts.ANSWER if "answered" in kinds else "",
            answered_at=at.get("answered"),
            confirmed_at=at.get("confirmed"),
            times_reopened=kinds.count("reopened"),
            recorded_at=stamp(made, 415),
        )
        self.made.setdefault(home.id, []).append((key, project.id, made, first_due, problem, promise))
        if self.by_residents.random() < RAISED:
            self.raised.add(
                meeting_id=meeting.id,
                compound_id=home.id,
                category=texts.category_of(problem, home.name),
                text=problem,
                commitment_id=key,
                recorded_at=stamp(made, 413),
            )
        if meeting.accepted:
            self._step(key, "promised", meeting.submitted, promise)
        for kind, day, text in happened:
            self._step(key, kind, stamp(day, chance.randint(10, 500)), text)
        if meeting.accepted:
            self.orders.add(
                key, _waited_for(dt.date.fromisoformat(meeting.decided[:10]), first_due, due, happened)
            )

    def _step(self, commitment: int, kind: str, at: str, text: str) -> None:
        self.steps.add(commitment_id=commitment, kind=kind, at=at, text=text, recorded_at=at)


def _waited_for(
    accepted: dt.date, first_due: dt.date, due: dt.date, happened: list[tuple[str, dt.date, str]]
) -> list[Waiting]:
    """The spans in which the enterprise owed an answer, up to the day before it came."""
    spans, since, until = [], accepted, first_due
    for kind, day, _text in happened:
        if kind in ("answered", "extended") and since is not None:
            spans.append(Waiting(since, days_after(day, -1), until))
        if kind == "extended":
            since, until = day, due
        elif kind == "reopened":
            since = day
        elif kind == "answered":
            since = None
    if since is not None:
        spans.append(Waiting(since, TODAY, until))
    return spans
