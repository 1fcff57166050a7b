"""The form of a month's joint meeting: what is known already stands in it, only the new is typed."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from communities.models import Commitment, JointMeeting, MeetingAttendance, ServiceAssignment
from communities.selectors import compounds_of, last_meeting_before, projects_serving
from communities.services.meetings import Attendee, Minutes, Promise
from enterprises.models import ServiceProject
from redprop.accounts.models import User
from redprop.areas.models import Community
from redprop.common.periods import Period

Kind = MeetingAttendance.Kind
MAX_ROWS = 30


class DayInput(forms.DateInput):
    """The browser's own date field, which wants ISO dates in every language."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class MeetingForm(forms.Form):
    """When, where, who led it, and what was discussed."""

    held_on = forms.DateField(label=_("Held on"), required=False, widget=DayInput)
    place = forms.CharField(label=_("Place"), max_length=100, required=False)
    chair = forms.CharField(label=_("Chair"), max_length=50, required=False)
    recorder = forms.CharField(label=_("Recorder"), max_length=50, required=False)
    nothing_new = forms.BooleanField(label=_("Nothing new this month"), required=False)
    topics = forms.CharField(
        label=_("What was discussed"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    decisions = forms.CharField(
        label=_("What was decided"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    stamp = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, month: Period, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["held_on"].widget.attrs.update(
            min=month.start.isoformat(), max=min(month.end, today).isoformat()
        )


class AttendeeForm(forms.Form):
    """One line of attendance: a project, a usual unit, or another unit typed in."""

    project = forms.IntegerField(required=False, widget=forms.HiddenInput)
    unit = forms.CharField(label=_("Other participant (unit and post)"), max_length=100, required=False)
    known = forms.BooleanField(required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("Attendance"), choices=Kind.choices, initial=Kind.PRESENT)


class PromiseForm(forms.Form):
    """One promise of an enterprise: where, what is wrong, what will be done, by whom, by when."""

    pk = forms.IntegerField(required=False, widget=forms.HiddenInput)
    where = forms.ChoiceField(label=_("Compound and service project"))
    problem = forms.CharField(label=_("Problem"), max_length=300)
    promise = forms.CharField(label=_("Promise"), max_length=300)
    responsible_post = forms.CharField(
        label=_("Responsible post"), max_length=50, initial=_("project manager")
    )
    due_on = forms.DateField(label=_("Due on"), widget=DayInput)

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["where"].choices = [("", gettext("Choose …")), *places]


AttendeeFormSet = forms.formset_factory(AttendeeForm, extra=1, max_num=60, absolute_max=80)
PromiseFormSet = forms.formset_factory(
    PromiseForm, extra=0, can_delete=True, max_num=MAX_ROWS, absolute_max=MAX_ROWS
)


class MinutesForms:
    """The three forms of one month's minutes, filled from the draft or from what is known."""

    def __init__(
        self,
        *,
        community: Community,
        month: Period,
        meeting: JointMeeting | None,
        user: User,
        today: dt.date,
        data: Any = None,
        more_rows: int = 0,
    ) -> None:
        self.community, self.month, self.meeting, self.data = community, month, meeting, data
        day = (meeting and meeting.held_on) or min(today, month.end)
        self.projects = {p.pk: p for p in projects_serving(community, day)}
        rows = (
            list(meeting.commitments.prefetch_related("steps").select_related("project", "compound"))
            if meeting
            else []
        )
        self.fixed = [c for c in rows if c.state != Commitment.State.OPEN or c.steps.all()]
        loose = [c for c in rows if c not in self.fixed]
        self.usual = usual_minutes(community, month, user, today, list(self.projects.values()))
        places = places_of(community, day, loose)
        initial, attendance = _entered(meeting) if meeting else self.usual
        for row in attendance:
            if row["project"] and row["project"] not in self.projects:
                self.projects[row["project"]] = ServiceProject.objects.get(pk=row["project"])
        promises = [_promise_row(c) for c in loose]
        if more_rows and data is not None:
            # Another row without JavaScript: what was typed stays, nothing is judged yet.
            initial, attendance, promises = _typed(data)
            data = None
        self.head = MeetingForm(data, initial=initial, month=month, today=today)
        self.attendees = AttendeeFormSet(data, initial=attendance, prefix="attendance")
        self.promises = PromiseFormSet(
            data, initial=promises, prefix="promises", form_kwargs={"places": places}
        )
        self.promises.extra = more_rows
        for form in self.attendees:
            value = form["project"].value()
            project = self.projects.get(int(value)) if str(value or "").isdigit() else None
            form.is_usual = bool(project) or str(form["known"].value()) in ("True", "on", "true")
            form.label = project or form["unit"].value()
            form.sublabel = project.enterprise if project else ""

    def is_valid(self) -> bool:
        """Whether all three forms are; each error stands at its field."""
        return all([self.head.is_valid(), self.attendees.is_valid(), self.promises.is_valid()])

    @property
    def version(self) -> int | None:
        """The version the writer has seen."""
        return self.head.cleaned_data.get("stamp")

    def minutes(self) -> Minutes:
        """What was entered, for the service. Only after `is_valid`."""
        facts = {k: v for k, v in self.head.cleaned_data.items() if k != "stamp"}
        attendance = []
        for row in self.attendees.cleaned_data:
            if row.get("project") or row.get("unit"):
                attendance.append(
                    Attendee(
                        kind=row["kind"],
                        project_id=row.get("project"),
                        unit="" if row.get("project") else row["unit"],
                    )
                )
        promises = []
        for row in self.promises.cleaned_data:
            if not row or row.get("DELETE"):
                continue
            project, _colon, compound = row["where"].partition(":")
            promises.append(
                Promise(
                    pk=row.get("pk"),
                    project_id=int(project),
                    compound_id=int(compound) if compound else None,
                    **{name: row[name] for name in ("problem", "promise", "responsible_post", "due_on")},
                )
            )
        typed = self._typed_fields(facts, attendance, promises)
        return Minutes(**facts, attendance=attendance, promises=promises, typed_fields=typed)

    def _typed_fields(
        self, facts: dict[str, Any], attendance: list[Attendee], promises: list[Promise]
    ) -> int:
        """How many fields differ from what stood in them: the burden of this month (ticks are not typing)."""
        usual, people = self.usual
        count = sum(
            bool(facts[name]) and facts[name] != usual[name]
            for name in ("held_on", "place", "chair", "recorder", "topics", "decisions")
        )
        units = {row["unit"] for row in people}
        count += sum(bool(a.unit) and a.unit not in units for a in attendance)
        return count + sum(4 if p.responsible_post != gettext("project manager") else 3 for p in promises)


def usual_minutes(
    community: Community, month: Period, user: User, today: dt.date, projects: list[ServiceProject]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What is known before anything is typed: day, place, chair, and the people who usually come."""
    before = last_meeting_before(community, month.start)
    units = (
        list(before.attendance.filter(project=None).order_by("pk").values_list("unit", flat=True))
        if before
        else []
    ) or [
        gettext("subdistrict liaison officer"),
        gettext("community grid worker"),
        gettext("community police officer"),
        gettext("owners' committee"),
    ]
    head = {
        "held_on": today if month.contains(today) else None,
        "place": before.place if before else gettext("community meeting room"),
        "chair": before.chair if before and user.full_name in before.chair else user.full_name,
        "recorder": before.recorder if before else "",
        "topics": "",
        "decisions": "",
    }
    people = [{"project": p.pk, "unit": "", "kind": Kind.PRESENT} for p in projects]
    people += [{"project": None, "unit": unit, "known": True, "kind": Kind.PRESENT} for unit in units]
    return head, people


def places_of(community: Community, day: dt.date, rows: list[Commitment]) -> list[tuple[str, str]]:
    """Choices of a promise: each compound of the community with the project that serves it on `day`."""
    found = {
        f"{a.contract.project_id}:{a.compound_id}": f"{a.compound}（{a.contract.project.enterprise}）"
        for a in ServiceAssignment.objects.on(day)
        .filter(compound__in=compounds_of(community, day))
        .select_related("compound", "contract__project__enterprise")
        .order_by("compound__code")
    }
    for row in rows:
        found.setdefault(f"{row.project_id}:{row.compound_id or ''}", str(row.compound or row.project))
    return list(found.items())


def _entered(meeting: JointMeeting) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    names = ("held_on", "place", "chair", "recorder", "nothing_new", "topics", "decisions")
    head = {name: getattr(meeting, name) for name in names} | {"stamp": meeting.version}
    rows = meeting.attendance.order_by("pk").values("project", "unit", "kind")
    return head, [{**row, "known": True} for row in rows]


def _promise_row(c: Commitment) -> dict[str, Any]:
    return {
        "pk": c.pk,
        "where": f"{c.project_id}:{c.compound_id or ''}",
        "problem": c.problem,
        "promise": c.promise,
        "responsible_post": c.responsible_post,
        "due_on": c.due_on,
    }


def _typed(data: Any) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    """The raw values of a posted form, as initial values of a fresh one."""

    def rows(prefix: str, names: tuple[str, ...]) -> list[dict[str, Any]]:
        total = data.get(f"{prefix}-TOTAL_FORMS", "0")
        count = min(int(total), MAX_ROWS * 2) if total.isdigit() else 0
        return [{n: data.get(f"{prefix}-{i}-{n}", "") for n in names} for i in range(count)]

    people = [
        r for r in rows("attendance", ("project", "unit", "known", "kind")) if r["project"] or r["unit"]
    ]
    promises = rows("promises", ("pk", "where", "problem", "promise", "responsible_post", "due_on"))
    promises = [r for r in promises if any(r[n] for n in ("pk", "where", "problem", "promise", "due_on"))]
    head = {name: data.get(name, "") for name in MeetingForm.base_fields}
    return head, people, promises
