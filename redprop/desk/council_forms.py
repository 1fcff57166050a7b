"""The form of a council meeting as a whole: who was there, what became of each topic, what follows from it.

While it is typed nothing is judged: the draft is the typed values by name. Judged it is when it is filed.
"""

import datetime as dt
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from communities.models import CouncilAttendance, CouncilMeeting, CouncilTopic
from communities.selectors import projects_serving_compounds, with_predecessors
from communities.services.council_minutes import AgendaItem, CouncilMinutes, Follow
from communities.services.councils import in_office
from redprop.common.identifiers import mask_personal_numbers
from redprop.desk.forms import DayInput

Kind = CouncilAttendance.Kind
NOT_TYPED = {"csrfmiddlewaretoken", "action", "stamp", "burden_fields", "burden_seconds"}
MOST_NEW = 10
VOTES = ("votes_for", "votes_against", "votes_abstained")


class CouncilHeadForm(forms.Form):
    """When, where, who led it, who observed."""

    held_on = forms.DateField(label=_("Held on"), widget=DayInput)
    session = forms.ChoiceField(label=_("Time of day"), choices=CouncilMeeting.Session.choices)
    place = forms.CharField(label=_("Place"), max_length=100)
    chair = forms.CharField(label=_("Chair"), max_length=50)
    recorder = forms.CharField(label=_("Recorder"), max_length=50, required=False)
    observers = forms.MultipleChoiceField(
        label=_("Observers"), required=False, widget=forms.CheckboxSelectMultiple
    )
    others = forms.CharField(
        label=_("Other observers (units and posts, one a line)"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    stamp = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, today: dt.date, observers: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["held_on"].widget.attrs["max"] = today.isoformat()
        self.fields["observers"].choices = observers


class PresenceForm(forms.Form):
    """Whether one representative was there."""

    kind = forms.ChoiceField(
        label=_("Attendance"),
        choices=[c for c in Kind.choices if c[0] != Kind.OBSERVER],
        initial=Kind.PRESENT,
    )


class ItemForm(forms.Form):
    """What became of one topic."""

    title = forms.CharField(label=_("Topic"), max_length=100, required=False)
    proposer = forms.ChoiceField(
        label=_("Proposed by"),
        choices=CouncilTopic.Proposer.choices,
        initial=CouncilTopic.Proposer.REPRESENTATIVE,
        required=False,
    )
    outcome = forms.ChoiceField(
        label=_("What became of it"),
        choices=[
            ("", _("not dealt with")),
            ("resolved", _("put to the vote")),
            ("deferred", _("deferred")),
            ("refused", _("not taken on")),
        ],
        required=False,
    )
    text = forms.CharField(
        label=_("Resolution, or why it was deferred (no names, no numbers: it is published)"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    votes_for = forms.IntegerField(label=_("For"), min_value=0, max_value=999, required=False)
    votes_against = forms.IntegerField(label=_("Against"), min_value=0, max_value=999, required=False)
    votes_abstained = forms.IntegerField(label=_("Abstained"), min_value=0, max_value=999, required=False)
    follow = forms.ChoiceField(
        label=_("What follows"),
        choices=[
            ("", _("nothing to follow up")),
            ("task", _("a task of the community")),
            ("promise", _("a promise of the enterprise")),
        ],
        required=False,
    )
    what = forms.CharField(label=_("What is to be done"), max_length=300, required=False)
    project = forms.ChoiceField(label=_("Service project"), required=False)
    responsible = forms.CharField(label=_("Responsible post"), max_length=50, required=False)
    due_on = forms.DateField(label=_("Due on"), required=False, widget=DayInput)

    def __init__(
        self, *args: Any, projects: list[tuple[str, str]], topic: CouncilTopic | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.topic = topic
        self.fields["project"].choices = [("", gettext("Choose …")), *projects]
        for name in VOTES:
            self.fields[name].widget.attrs["inputmode"] = "numeric"
        if topic is not None:
            del self.fields["title"], self.fields["proposer"]

    @property
    def has_follow(self) -> bool:
        """Whether something follows, as typed."""
        return bool(self["follow"].value())

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        outcome, typed = found.get("outcome"), [found.get(n) for n in ("text", "follow", *VOTES)]
        if not outcome:
            if any(value not in (None, "") for value in typed):
                self.add_error("outcome", gettext("Say what became of the topic."))
            return found
        if self.topic is None:
            self._want(found, "title")
        self._want(found, "text")
        if outcome == "resolved":
            for name in VOTES:
                if found.get(name) is None:
                    self._want(found, name)
        elif found.get("follow"):
            self.add_error("follow", gettext("Only from a resolution can something follow."))
        if outcome == "resolved" and found.get("follow"):
            for name in ("what", "responsible", "due_on"):
                self._want(found, name)
            if found["follow"] == "promise":
                self._want(found, "project")
        return found

    def _want(self, found: dict[str, Any], name: str) -> None:
        if name not in self.errors and found.get(name) in (None, ""):
            self.add_error(name, gettext("This is still missing."))


NewItems = forms.formset_factory(ItemForm, extra=0, max_num=MOST_NEW, absolute_max=MOST_NEW)


class CouncilForms:
    """The forms of one meeting, from what is posted, or from the draft, or from what is known."""

    def __init__(
        self, *, meeting: CouncilMeeting, today: dt.date, data: QueryDict | None = None, more: bool = False
    ) -> None:
        """`more` gives another row for a topic (without JavaScript): what is typed stays, nothing is judged."""
        self.meeting, self.masked = meeting, {}
        typed = typed_values(data) if data is not None else dict(meeting.draft)
        self.compounds = list(meeting.compounds.order_by("code"))
        day = _day(typed.get("held_on")) or meeting.held_on
        self.representatives = in_office(self.compounds, day)
        projects = list(projects_serving_compounds(self.compounds, day))
        places = [(str(p.pk), f"{p}（{p.enterprise}）") for p in projects]
        units = [
            gettext("owners' committee"),
            gettext("community grid worker"),
            gettext("subdistrict liaison officer"),
        ]
        observers = [(f"p{pk}", label) for pk, label in places] + [(unit, unit) for unit in units]
        bound = data if data is not None and not more else None
        head = {
            "held_on": meeting.held_on,
            "session": meeting.session,
            "place": f"{meeting.community.name}党群服务中心会议室" if not typed else "",
            "observers": [value for value, _label in observers[: len(places)]] if not typed else [],
            **{k: v for k, v in typed.items() if k in CouncilHeadForm.base_fields},
            "stamp": meeting.version,
        }
        self.head = CouncilHeadForm(bound, initial=head, today=today, observers=observers)
        self.presence = [
            (row, PresenceForm(bound, initial=_of(typed, f"rep-{row.pk}"), prefix=f"rep-{row.pk}"))
            for row in self.representatives
        ]
        topics = CouncilTopic.objects.waiting(
            with_predecessors([meeting.community_id]), self.compounds
        ).select_related("compound")
        self.items = [
            ItemForm(
                bound,
                initial=_of(typed, f"topic-{topic.pk}"),
                prefix=f"topic-{topic.pk}",
                projects=places,
                topic=topic,
            )
            for topic in topics.order_by("proposed_on", "pk")
        ]
        count = str(typed.get("new-TOTAL_FORMS", "0"))
        rows = [_of(typed, f"new-{i}") for i in range(min(int(count), MOST_NEW) if count.isdigit() else 0)]
        self.new = NewItems(bound, initial=rows or None, prefix="new", form_kwargs={"projects": places})
        self.new.extra = int(more)
        if data is not None and "new-TOTAL_FORMS" not in data:
            self.new = NewItems(None, prefix="new", form_kwargs={"projects": places})

    @property
    def all(self) -> list[Any]:
        """Every form with fields of its own."""
        return [self.head, *(form for _row, form in self.presence), *self.items, *self.new]

    def is_valid(self) -> bool:
        """Whether it could be filed; each error stands at its field."""
        return all([form.is_valid() for form in self.all])

    @property
    def error_count(self) -> int:
        """Fields with errors."""
        return sum(len(form.errors) for form in self.all)

    def labels(self) -> dict[str, tuple[str, dict[str, str]]]:
        """Name of each field → how it is called, and the words of its choices."""
        found = {}
        groups: list[tuple[str, Any]] = [("", self.head)]
        groups += [(row.name, form) for row, form in self.presence]
        groups += [(form.topic.title, form) for form in self.items]
        groups += [(gettext("Further topic"), form) for form in self.new]
        for title, form in groups:
            for field in form:
                label = " · ".join(filter(None, [title, str(field.label)]))
                choices = {str(k): str(v) for k, v in getattr(field.field, "choices", [])}
                found[field.html_name] = (label, choices)
        return found

    def minutes(self) -> CouncilMinutes:
        """What was entered, for the service. Only after `is_valid`."""
        head = self.head.cleaned_data
        observers: list[tuple[int | None, str]] = [
            (int(v[1:]), "") if v[:1] == "p" and v[1:].isdigit() else (None, v) for v in head["observers"]
        ]
        observers += [(None, line.strip()[:100]) for line in head["others"].splitlines() if line.strip()]
        items = [_item(form) for form in [*self.items, *self.new] if form.cleaned_data.get("outcome")]
        return CouncilMinutes(
            held_on=head["held_on"],
            session=head["session"],
            place=head["place"],
            chair=head["chair"],
            recorder=head["recorder"],
            attendance={row.pk: form.cleaned_data["kind"] for row, form in self.presence},
            observers=observers,
            items=items,
        )


def _item(form: ItemForm) -> AgendaItem:
    found = form.cleaned_data
    follow = None
    if found.get("follow"):
        follow = Follow(
            what=found["what"],
            responsible=found["responsible"],
            due_on=found["due_on"],
            project_id=int(found["project"]) if found["follow"] == "promise" else None,
        )
    return AgendaItem(
        outcome=found["outcome"],
        text=found["text"],
        topic_id=form.topic.pk if form.topic else None,
        title=form.topic.title if form.topic else found["title"],
        proposer=found.get("proposer") or CouncilTopic.Proposer.COMMUNITY,
        **{name: found.get(name) or 0 for name in VOTES},
        follow=follow,
    )


def typed_values(data: QueryDict) -> dict[str, Any]:
    """What was typed, by name: texts, and a list for the ticked observers."""
    found: dict[str, Any] = {
        name: data.get(name, "") for name in data if name not in NOT_TYPED and name != "observers"
    }
    found["observers"] = data.getlist("observers")
    return found


def mask_typed(typed: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the typed values with phone and ID numbers masked, and the names that were masked with their new text."""
    masked = {}
    for name, text in typed.items():
        if isinstance(text, str):
            new, found = mask_personal_numbers(text)
            if found:
                masked[name] = new
    return {**typed, **masked}, masked


def _of(typed: dict[str, Any], prefix: str) -> dict[str, Any]:
    start = f"{prefix}-"
    return {name.removeprefix(start): value for name, value in typed.items() if name.startswith(start)}


def _day(value: object) -> dt.date | None:
    try:
        return parse_date(str(value or ""))
    except ValueError:
        return None
