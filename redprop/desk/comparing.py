"""Two versions of one month's minutes side by side: what was typed here, what was saved elsewhere, a choice for each.

Head fields are compared one by one, rows as a whole. Nothing is decided by itself: the newer is not the better.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext

from communities.models import JointMeeting, MeetingAttendance, ResidentRequest
from redprop.desk.forms import MeetingForm
from redprop.desk.minutes import HEAD, ROWS, MinutesForms, entered, typed_rows

MINE, THEIRS = "mine", "theirs"


@dataclass(frozen=True)
class Difference:
    """One thing that stands differently: its key in the form, a label, and both texts as shown."""

    key: str
    label: str
    mine: str
    theirs: str


class Comparison:
    """What was typed (`data`) against what is saved; the names of rows come from the form."""

    def __init__(self, data: Any, meeting: JointMeeting, forms: MinutesForms) -> None:
        self.meeting, self.forms = meeting, forms
        mine, theirs = typed_rows(data), entered(meeting)
        self.mine = {name: _keyed(name, mine[name]) for name in ROWS}
        self.theirs = {name: _keyed(name, _as_typed(theirs[name])) for name in ROWS}
        self.mine_problems, self.their_problems = mine["problems"], _as_typed(theirs["problems"])
        _pair_promises(self.mine["promises"], self.theirs["promises"])
        self.head_mine = {n: _text(mine["head"].get(n, "")) for n in HEAD}
        self.head_theirs = {n: _text(theirs["head"].get(n, "")) for n in HEAD}

    def differences(self) -> list[Difference]:
        """All that differs, in the order of the form."""
        found = []
        for name in HEAD:
            mine, theirs = self.head_mine[name], self.head_theirs[name]
            if mine.split() != theirs.split():
                label = str(MeetingForm.base_fields[name].label)
                found.append(Difference(f"head/{name}", label, _shown(name, mine), _shown(name, theirs)))
        show: dict[str, Callable[[dict[str, str]], tuple[str, str]]] = {
            "attendance": self._attendee,
            "problems": self._problem,
            "promises": self._promise,
        }
        for name in ROWS:
            mine_rows, their_rows = self.mine[name], self.theirs[name]
            for key in dict.fromkeys([*their_rows, *mine_rows]):
                here, there = mine_rows.get(key), their_rows.get(key)
                if here and there and _same(name, here, there):
                    continue
                label = show[name](here or there or {})[0]
                texts = [show[name](row)[1] if row else gettext("not there") for row in (here, there)]
                found.append(Difference(f"{name}/{key}", label, *texts))
        return found

    def merged(self, choices: Any) -> QueryDict:
        """The form's data with the chosen side of each difference; what is not chosen stays as typed here."""
        data = QueryDict(mutable=True)
        for name in HEAD:
            value = (self.head_theirs if choices.get(f"head/{name}") == THEIRS else self.head_mine)[name]
            if value:
                data[name] = value
        data["stamp"] = str(self.meeting.version)
        problem_keys: list[str] = []
        for name in ROWS:
            mine_rows, their_rows = self.mine[name], self.theirs[name]
            rows = []
            for key in dict.fromkeys([*their_rows, *mine_rows]):
                side = choices.get(f"{name}/{key}", MINE if key in mine_rows else THEIRS)
                row = (their_rows if side == THEIRS else mine_rows).get(key)
                if row is None:
                    continue
                row = dict(row)
                if name == "problems":
                    problem_keys.append(key)
                if name == "promises":
                    # The saved row is changed, not a second one written; its problem has moved with the rows.
                    row["pk"] = their_rows.get(key, row)["pk"]
                    listed = self.their_problems if side == THEIRS else self.mine_problems
                    about = _key_of_problem(listed, row["about"])
                    row["about"] = str(problem_keys.index(about)) if about in problem_keys else ""
                rows.append(row)
            data[f"{name}-TOTAL_FORMS"], data[f"{name}-INITIAL_FORMS"] = str(len(rows)), "0"
            for number, row in enumerate(rows):
                for field, value in row.items():
                    if value:
                        data[f"{name}-{number}-{field}"] = value
        return data

    def _attendee(self, row: dict[str, str]) -> tuple[str, str]:
        project = row.get("project", "")
        who = str(self.forms.projects.get(int(project), "")) if project.isdigit() else row.get("unit", "")
        kinds = dict(MeetingAttendance.Kind.choices)
        return gettext("Who came: %(who)s") % {"who": who}, str(kinds.get(row.get("kind", ""), ""))

    def _problem(self, row: dict[str, str]) -> tuple[str, str]:
        if row.get("request"):
            found = ResidentRequest.objects.filter(pk=row["request"]).first()
            raised = gettext("dealt with") if row.get("raised") else gettext("not dealt with")
            return gettext("Residents' problem"), f"{found.text if found else ''} · {raised}"
        return gettext("Residents' problem"), row.get("text", "")

    def _promise(self, row: dict[str, str]) -> tuple[str, str]:
        form = self.forms.promises.empty_form
        place = dict(form.fields["where"].choices).get(row.get("where", ""), "")
        words = [
            str(place),
            row.get("problem", ""),
            row.get("promise", ""),
            row.get("responsible_post", ""),
            row.get("due_on", ""),
        ]
        return gettext("Promise"), " · ".join(word for word in words if word)


def _text(value: object) -> str:
    # By identity: the key 1 equals True, the place 0 equals False.
    if value is True or (isinstance(value, str) and value in ("true", "True")):
        return "on"
    if isinstance(value, dt.date):
        return value.isoformat()
    return "" if value is None or value is False else str(value)


def _as_typed(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{name: _text(value) for name, value in row.items()} for row in rows]


def _shown(name: str, value: str) -> str:
    if name == "nothing_new":
        return gettext("ticked") if value else gettext("not ticked")
    return value or gettext("empty")


def _key(name: str, row: dict[str, str]) -> str:
    if name == "attendance":
        return f"project-{row['project']}" if row["project"] else f"unit-{row['unit'].strip()}"
    if name == "problems":
        return f"request-{row['request']}" if row["request"] else f"text-{row['text'].strip()}"
    return f"pk-{row['pk']}" if row["pk"] else f"new-{row['where']}-{row['problem'].strip()}"


def _keyed(name: str, rows: list[dict[str, str]]) -> dict[str, dict[str, str]]:
    if name == "problems":
        rows = [r for r in rows if r["raised"] or (r["text"].strip() and not r["request"])]
    return {_key(name, row): row for row in rows}


def _key_of_problem(rows: list[dict[str, str]], about: str) -> str | None:
    number = int(about) if about.isdigit() else -1
    return _key("problems", rows[number]) if 0 <= number < len(rows) else None


def _pair_promises(mine: dict[str, dict[str, str]], theirs: dict[str, dict[str, str]]) -> None:
    """A promise typed here and saved without this page knowing its key is the same promise."""
    by_words = {(r["where"], r["problem"].strip()): key for key, r in theirs.items()}
    for key in [k for k in mine if k not in theirs]:
        twin = by_words.get((mine[key]["where"], mine[key]["problem"].strip()))
        if twin and twin not in mine:
            mine[twin] = {**mine.pop(key), "pk": theirs[twin]["pk"]}


def _same(name: str, here: dict[str, str], there: dict[str, str]) -> bool:
    fields = {
        "attendance": ("kind",),
        "problems": ("compound", "category", "text"),
        "promises": ("where", "problem", "promise", "responsible_post", "due_on"),
    }[name]
    if name == "problems" and here["request"]:
        fields = ()
    return all(here[f].strip() == there[f].strip() for f in fields)
