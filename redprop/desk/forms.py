"""The forms of a month's joint meeting, field by field. What stands in them beforehand is said in `minutes`."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from communities.models import MeetingAttendance, ResidentRequest
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


class ProblemForm(forms.Form):
    """One problem of residents: a request of the ledger to tick, or a new one to type."""

    request = forms.IntegerField(required=False, widget=forms.HiddenInput)
    raised = forms.BooleanField(required=False)
    compound = forms.ChoiceField(label=_("Compound"), required=False)
    category = forms.ChoiceField(
        label=_("Category"),
        choices=ResidentRequest.Category.choices,
        initial=ResidentRequest.Category.REPAIR,
        required=False,
    )
    text = forms.CharField(
        label=_("What residents said (no names, no numbers)"), max_length=300, required=False
    )

    def __init__(self, *args: Any, compounds: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["compound"].choices = [("", gettext("Choose …")), *compounds]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("text", "").strip() and not found.get("request") and not found.get("compound"):
            self.add_error("compound", gettext("Choose the compound that the problem is about."))
        return found


class PromiseForm(forms.Form):
    """One promise of an enterprise: where, what is wrong, what will be done, by whom, by when."""

    pk = forms.IntegerField(required=False, widget=forms.HiddenInput)
    about = forms.IntegerField(required=False, widget=forms.HiddenInput)
    where = forms.ChoiceField(label=_("Compound and service project"))
    problem = forms.CharField(label=_("Problem"), max_length=300)
    promise = forms.CharField(label=_("Promise"), max_length=300)
    responsible_post = forms.CharField(
        label=_("Responsible post"),
        max_length=50,
        initial=_("project manager"),
        widget=forms.TextInput(attrs={"list": "usual-posts"}),
    )
    due_on = forms.DateField(label=_("Due on"), widget=DayInput)

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["where"].choices = [("", gettext("Choose …")), *places]


AttendeeFormSet = forms.formset_factory(AttendeeForm, extra=1, max_num=60, absolute_max=80)
ProblemFormSet = forms.formset_factory(ProblemForm, extra=0, max_num=60, absolute_max=80)
PromiseFormSet = forms.formset_factory(
    PromiseForm, extra=0, can_delete=True, max_num=MAX_ROWS, absolute_max=MAX_ROWS
)
