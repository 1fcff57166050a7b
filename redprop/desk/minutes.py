"""The form of a month's joint meeting as a whole: what is known already stands in it, only the new is typed."""

import datetime as dt
from typing import Any

from communities.models import Commitment, JointMeeting, ResidentRequest
from communities.services.entered import Attendee, Minutes, Problem, Promise
from enterprises.models import ServiceProject
from redprop.accounts.models import User
from redprop.areas.models import Community
from redprop.common.identifiers import mask_personal_numbers
from redprop.common.periods import Period
from redprop.desk.forms import MAX_ROWS, AttendeeFormSet, MeetingForm, ProblemFormSet, PromiseFormSet
from redprop.desk.usual import (
    compounds_to_choose,
    places_of,
    requests_to_choose,
    serving_on,
    usual_minutes,
    usual_posts,
)

HEAD = ("held_on", "place", "chair", "recorder", "nothing_new", "topics", "decisions")
ROWS = {
    "attendance": ("project", "unit", "known", "kind"),
    "problems": ("request", "raised", "compound", "category", "text"),
    "promises": ("pk", "about", "where", "problem", "promise", "responsible_post", "due_on"),
}
"""Lists of the form and the fields of their rows."""


class MinutesForms:
    """The forms of one month's minutes, filled from the draft or from what is known."""

    def __init__(
        self,
        *,
        community: Community,
        month: Period,
        meeting: JointMeeting | None,
        user: User,
        today: dt.date,
        data: Any = None,
        more: str = "",
    ) -> None:
        """`data` is what was posted; `more` names the list that gets another row (without JavaScript)."""
        self.community, self.month, self.meeting, self.data = community, month, meeting, data
        self.masked: dict[str, str] = {}
        day = (meeting and meeting.held_on) or min(today, month.end)
        self.projects = serving_on(community, day)
        usual = usual_minutes(community, month, user, today, list(self.projects.values()))
        self.offered, self.posts = usual.offered, usual_posts(list(self.projects.values()), day)
        waiting = requests_to_choose(community, day)
        initial: dict[str, Any] = entered(meeting) if meeting else {}
        head = initial.get("head", usual.head)
        people = initial.get("attendance", usual.people)
        known = [row["request"] for row in initial.get("problems", [])]
        problems = initial.get("problems", []) + [
            {"request": r.pk, "raised": False} for r in waiting if r.pk not in known
        ]
        promises = initial.get("promises", [])
        self.fixed = [c for c in _rows(meeting) if _is_fixed(c)]
        loose = [c for c in _rows(meeting) if not _is_fixed(c)]
        if more and data is not None:
            # Another row without JavaScript: what was typed stays, nothing is judged yet.
            typed = typed_rows(data)
            head, people = typed["head"], typed["attendance"]
            problems, promises, data = typed["problems"], typed["promises"], None
        if data is not None:
            # A posted row that equals an initial one would count as untouched and be left out.
            people = problems = promises = None
        self.head = MeetingForm(data, initial=head, month=month, today=today)
        self.attendees = AttendeeFormSet(data, initial=people, prefix="attendance")
        self.problems = ProblemFormSet(
            data,
            initial=problems,
            prefix="problems",
            form_kwargs={"compounds": compounds_to_choose(community, day)},
        )
        self.promises = PromiseFormSet(
            data,
            initial=promises,
            prefix="promises",
            form_kwargs={"places": places_of(community, day, loose)},
        )
        self.problems.extra, self.promises.extra = int(more == "problems"), int(more == "promises")
        self._label(waiting)

    def _label(self, waiting: list[ResidentRequest]) -> None:
        """Say beside each row what it stands for."""
        numbers = [int(v) for form in self.attendees if str(v := form["project"].value() or "").isdigit()]
        for project in ServiceProject.objects.filter(pk__in=set(numbers) - self.projects.keys()):
            self.projects[project.pk] = project
        for form in self.attendees:
            value = form["project"].value()
            project = self.projects.get(int(value)) if str(value or "").isdigit() else None
            form.is_usual = bool(project) or str(form["known"].value()) in ("True", "on", "true")
            form.label = project or form["unit"].value()
            form.sublabel = project.enterprise if project else ""
        requests = {r.pk: r for r in waiting}
        numbers = [int(v) for form in self.problems if str(v := form["request"].value() or "").isdigit()]
        if set(numbers) - requests.keys():
            missing = ResidentRequest.objects.filter(pk__in=set(numbers) - requests.keys())
            requests |= {r.pk: r for r in missing.select_related("compound")}
        for form in self.problems:
            value = form["request"].value()
            form.of_ledger = requests.get(int(value)) if str(value or "").isdigit() else None

    def is_valid(self) -> bool:
        """Whether all forms are; each error stands at its field."""
        return all(
            [
                self.head.is_valid(),
                self.attendees.is_valid(),
                self.problems.is_valid(),
                self.promises.is_valid(),
            ]
        )

    @property
    def error_count(self) -> int:
        """Fields with errors."""
        sets = (self.attendees, self.problems, self.promises)
        return len(self.head.errors) + sum(rows.total_error_count() for rows in sets)

    @property
    def version(self) -> int | None:
        """The version the writer has seen."""
        return self.head.cleaned_data.get("stamp")

    def minutes(self) -> Minutes:
        """What was entered, for the service, with phone and ID numbers masked. Only after `is_valid`.

        `masked` tells afterwards which fields were masked, and their new values.
        """
        facts = {k: v for k, v in self.head.cleaned_data.items() if k != "stamp"}
        for name in ("place", "chair", "recorder", "topics", "decisions"):
            facts[name] = self._mask(name, facts[name])
        attendance = []
        for number, row in enumerate(self.attendees.cleaned_data):
            if row.get("project") or row.get("unit"):
                unit = "" if row.get("project") else self._mask(f"attendance-{number}-unit", row["unit"])
                attendance.append(Attendee(kind=row["kind"], project_id=row.get("project"), unit=unit))
        chosen: dict[int, Problem] = {}
        for number, row in enumerate(self.problems.cleaned_data):
            text = self._mask(f"problems-{number}-text", row.get("text", "").strip())
            if row.get("request"):
                if row.get("raised"):
                    chosen[number] = Problem(request_id=row["request"])
            elif text:
                chosen[number] = Problem(
                    text=text, compound_id=int(row["compound"]), category=row.get("category") or "other"
                )
        promises: list[Promise] = []
        settled: dict[int, int] = {}
        for number, row in enumerate(self.promises.cleaned_data):
            if not row or row.get("DELETE"):
                continue
            project, _colon, compound = row["where"].partition(":")
            if row.get("about") in chosen:
                settled.setdefault(row["about"], len(promises))
            texts = {
                name: self._mask(f"promises-{number}-{name}", row[name])
                for name in ("problem", "promise", "responsible_post")
            }
            promises.append(
                Promise(
                    pk=row.get("pk"),
                    project_id=int(project),
                    compound_id=int(compound) if compound else None,
                    due_on=row["due_on"],
                    **texts,
                )
            )
        problems = [
            Problem(**{**problem.__dict__, "promise": settled.get(number)})
            for number, problem in chosen.items()
        ]
        return Minutes(**facts, attendance=attendance, problems=problems, promises=promises)

    def _mask(self, name: str, text: str) -> str:
        text, found = mask_personal_numbers(text)
        if found:
            self.masked[name] = text
        return text


def _rows(meeting: JointMeeting | None) -> list[Commitment]:
    if meeting is None:
        return []
    found = meeting.commitments.prefetch_related("steps").select_related("project", "compound")
    return list(found.order_by("pk"))


def _is_fixed(row: Commitment) -> bool:
    """Whether the enterprise has answered already: such a promise stays as it is."""
    return row.state != Commitment.State.OPEN or bool(row.steps.all())


def entered(meeting: JointMeeting) -> dict[str, Any]:
    """The saved draft as initial values of the forms."""
    head = {name: getattr(meeting, name) for name in HEAD} | {"stamp": meeting.version}
    people = [
        {**row, "known": True} for row in meeting.attendance.order_by("pk").values("project", "unit", "kind")
    ]
    problems = list(meeting.problems.order_by("pk"))
    place = {p.commitment_id: number for number, p in enumerate(problems) if p.commitment_id}
    promises = [
        {
            "pk": c.pk,
            "about": place.get(c.pk),
            "where": f"{c.project_id}:{c.compound_id or ''}",
            "problem": c.problem,
            "promise": c.promise,
            "responsible_post": c.responsible_post,
            "due_on": c.due_on,
        }
        for c in _rows(meeting)
        if not _is_fixed(c)
    ]
    raised = [
        {
            "request": p.request_id,
            "raised": bool(p.request_id),
            "compound": p.compound_id,
            "category": p.category,
            "text": "" if p.request_id else p.text,
        }
        for p in problems
    ]
    return {"head": head, "attendance": people, "problems": raised, "promises": promises}


def typed_rows(data: Any) -> dict[str, Any]:
    """The raw values of a posted form, as initial values of a fresh one."""

    def rows(prefix: str) -> list[dict[str, Any]]:
        total = data.get(f"{prefix}-TOTAL_FORMS", "0")
        count = min(int(total), MAX_ROWS * 2) if total.isdigit() else 0
        return [{n: data.get(f"{prefix}-{i}-{n}", "") for n in ROWS[prefix]} for i in range(count)]

    return {
        "head": {name: data.get(name, "") for name in MeetingForm.base_fields},
        "attendance": [r for r in rows("attendance") if r["project"] or r["unit"]],
        # Every row: a promise names the problem that it settles by the place of its row.
        "problems": rows("problems"),
        "promises": [
            r for r in rows("promises") if any(r[n] for n in ("pk", "where", "problem", "promise", "due_on"))
        ],
    }
