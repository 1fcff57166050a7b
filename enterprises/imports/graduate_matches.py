"""Who a row of a list of graduates may be: compared with the register and with the rows above, proposed, never taken in silence."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from enterprises.models import Graduate, Post
from redprop.common.matching import Candidate, Score, stands_out
from redprop.common.matching.reasons import Reason, reason
from redprop.common.tabular import matches
from redprop.common.tabular.declare import Context
from redprop.common.tabular.engine import Plan, Row, stored_rows
from redprop.common.text import pinyin_full
from redprop.core.imports.ground import people_in_register
from redprop.core.models import Person

PEOPLE_SHOWN = 5
SURE = 95
"""From these points on the row is taken for the person, as a proposal that changes nothing unasked."""


class _Known:
    """A person of the register, with what the comparison reads."""

    __slots__ = ("code", "degree_on", "graduate", "name", "phone", "pk", "posts", "school", "sound")

    def __init__(self, person: Person, graduate: tuple[Any, str, dt.date] | None, posts: list[Any]) -> None:
        self.pk, self.code, self.name, self.phone = person.pk, person.code, person.name, person.work_phone
        self.sound = person.pinyin.split(" ", 1)[0]
        self.graduate, self.school, self.degree_on = graduate or (None, "", None)
        self.posts = posts


def compare(row: tuple[str, str, str, dt.date | None, str, dt.date | None], known: _Known) -> Score | None:
    """The score of (name, sound, school, day of the degree, telephone, day of hire) against a known person."""
    name, sound, school, degree_on, phone, hired_on = row
    if sound != known.sound:
        return None
    same_name = name == known.name
    why: list[Reason] = [
        reason(gettext_noop("same name") if same_name else gettext_noop("same sound of the name"))
    ]
    same_phone = bool(phone and phone == known.phone)
    same_degree = _same_degree(school, degree_on, known.school, known.degree_on, same_name)
    if same_degree:
        why.append(reason(gettext_noop("same school and day of the degree")))
    if same_phone:
        why.append(reason(gettext_noop("same telephone")))
    hired = (
        known.graduate is None
        and hired_on is not None
        and any(first <= hired_on and (last is None or hired_on <= last) for first, last in known.posts)
    )
    if hired:
        why.append(reason(gettext_noop("in post on the day of recruitment")))
    if not (same_name or same_degree or same_phone):
        return None
    agree = same_degree or same_phone or hired
    points = (97 if agree else 80) if same_name else 86
    return Score(points, tuple(why), same_name=same_name)


def _same_degree(
    school: str, day: dt.date | None, other_school: str, other_day: dt.date | None, same_name: bool
) -> bool:
    """One degree: the same day, and the same school; with the same name one of the schools may be unknown."""
    if day is None or day != other_day:
        return False
    return school == other_school if school and other_school else same_name


def _described(plan: Plan, row: Row) -> tuple[str, str, str, dt.date | None, str, dt.date | None]:
    name = plan.value(row, "name") or ""
    return (
        name,
        pinyin_full(name),
        plan.value(row, "school") or "",
        plan.value(row, "graduated_on"),
        plan.value(row, "work_phone") or "",
        plan.value(row, "recruited_on"),
    )


def _people_of_sounds(context: Context, sounds: set[str]) -> dict[str, list[_Known]]:
    """Persons of the register by the sound of their names (three queries)."""
    found: dict[str, list[_Known]] = {}
    people = [
        one
        for one in people_in_register(context).only("pk", "code", "name", "pinyin", "work_phone")
        if one.pinyin.split(" ", 1)[0] in sounds
    ]
    pks = {one.pk for one in people}
    graduates = {
        person: (pk, school, day)
        for pk, person, school, day in Graduate.objects.filter(person__among=pks).values_list(
            "pk", "person", "school", "graduated_on"
        )
    }
    posts: dict[Any, list[Any]] = {}
    for person, *span in Post.objects.filter(person__among=pks).values_list(
        "person", "valid_from", "valid_to"
    ):
        posts.setdefault(person, []).append(span)
    for one in sorted(people, key=lambda person: person.code):
        known = _Known(one, graduates.get(one.pk), posts.get(one.pk, []))
        found.setdefault(known.sound, []).append(known)
    return found


def match_graduates(context: Context, plan: Plan, rows: list[Row]) -> None:
    """Propose the persons of rows without a code; rows of the file that may be one person stand against each other."""
    described = {}
    for row in rows:
        if plan.value(row, "name"):
            described[row.number] = _described(plan, row)
        else:
            plan.refuse(row, "name", _("This field is required."))
    known = _people_of_sounds(context, {one[1] for one in described.values()})
    above: dict[str, list[tuple[int, Any]]] = plan.memory.setdefault("graduates above", {})
    wanted: dict[Any, Row] = {}
    for row in rows:
        if row.number not in described:
            continue
        one = described[row.number]
        is_new = plan.value(row, "handling") == matches.IS_NEW
        decision = context.decisions.get(row.number) or (matches.IS_NEW if is_new else "")
        twin = None if decision == matches.IS_NEW else _twin(one, above.get(one[1], ()))
        above.setdefault(one[1], []).append((row.number, one))
        if decision == matches.IS_NEW:
            continue
        if twin is not None:
            plan.refuse(row, "name", _twin_sentence(*twin))
            continue
        scored = [(compare(one, person), person) for person in known.get(one[1], ())]
        candidates = [
            Candidate(person.pk, person.code, person.name, score) for score, person in scored if score
        ]
        candidates.sort(key=lambda candidate: (-candidate.score.points, candidate.code))
        if not candidates:
            continue
        row.candidates = candidates[:PEOPLE_SHOWN]
        target = matches.target_of(context, candidates, decision)
        if target is None and stands_out(candidates) and candidates[0].score.points >= SURE:
            target, row.proposed = candidates[0].pk, True
        if target is None:
            plan.refuse(row, "name", matches.sentence_of(candidates))
            continue
        first = plan.keys.setdefault(plan.register.by_field["person"].kind.key(target), row.number)
        if first != row.number:
            plan.refuse(
                row,
                "name",
                _("Row %(row)s is already the same row of the register. Delete one of them, or give a code.")
                % {"row": first},
            )
            continue
        plan.labels.setdefault("person", {})[target] = next(
            (c.code for c in candidates if c.pk == target), str(target)
        )
        plan.set(row, "person", target)
        wanted[target] = row
    _take(context, plan, wanted)


def _twin(one: Any, above: Any) -> tuple[int, Any, list[Reason]] | None:
    """The row above that may be the same person, with the reasons."""
    name, _sound, school, degree_on, phone, _hired = one
    for number, other in above:
        same_name = name == other[0]
        same_degree = _same_degree(school, degree_on, other[2], other[3], same_name)
        same_phone = bool(phone and phone == other[4])
        if same_name or same_degree or same_phone:
            why = [reason(gettext_noop("same name") if same_name else gettext_noop("same sound of the name"))]
            if same_degree:
                why.append(reason(gettext_noop("same school and day of the degree")))
            if same_phone:
                why.append(reason(gettext_noop("same telephone")))
            return number, other, why
    return None


def _twin_sentence(number: int, other: Any, why: list[Reason]) -> str:
    return _(
        "Perhaps the same person as row %(row)s, “%(name)s” (%(why)s). Keep one of the two rows and enter the second enterprise as a post; if it is somebody else, write 新建 in the column 处理."
    ) % {"row": number, "name": other[0], "why": "；".join(map(str, why))}


def _take(context: Context, plan: Plan, wanted: dict[Any, Row]) -> None:
    """Give rows whose person has a row in the register that row's stored values (two queries)."""
    if not wanted:
        return
    pks = dict(Graduate.objects.filter(person__among=wanted).values_list("pk", "person"))
    stored = stored_rows(plan.register, context, set(pks))
    for pk, person in pks.items():
        row = wanted[person]
        if pk not in stored:
            plan.refuse(
                row, "name", _("This row belongs to an area or enterprise outside yours. Leave it out.")
            )
            continue
        row.pk, row.old = pk, stored[pk]
    for person, row in wanted.items():
        if row.pk is None and not row.errors:
            row.proposed = False
            plan.labels.setdefault("person", {}).setdefault(person, "")
