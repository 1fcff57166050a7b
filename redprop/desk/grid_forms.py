"""The forms of the grid."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from communities.models import GridMode, GridWorker
from redprop.desk.forms import DayInput

Choices = list[tuple[Any, str]]


class TimeInput(forms.TimeInput):
    """The browser's own time field."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


def _optional(choices: Choices, none: str) -> Choices:
    return [("", none), *choices]


class CellForm(forms.Form):
    """A new cell."""

    community = forms.ChoiceField(label=_("Community"))
    name = forms.CharField(label=_("Name of the cell"), max_length=40)
    hours = forms.TypedChoiceField(label=_("Cover"), choices=GridMode.HOURS, coerce=int)
    opened_on = forms.DateField(label=_("From"), widget=DayInput)

    def __init__(self, *args: Any, communities: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["community"].choices = communities


class AreaForm(forms.Form):
    """A compound that the cell takes in."""

    compound = forms.ChoiceField(label=_("Compound"))
    buildings = forms.CharField(
        label=_("Buildings"),
        max_length=60,
        required=False,
        help_text=_("Empty: the whole compound. Otherwise 1栋、2栋."),
    )
    valid_from = forms.DateField(label=_("From"), widget=DayInput)

    def __init__(self, *args: Any, compounds: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["compound"].choices = _optional(compounds, gettext("Choose …"))


class EndAreaForm(forms.Form):
    """A compound that the cell gives up."""

    area = forms.ChoiceField(label=_("Compound"))

    def __init__(self, *args: Any, areas: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].choices = _optional(areas, gettext("Choose …"))


class CoverForm(forms.Form):
    """How the cell is covered from a day on."""

    hours = forms.TypedChoiceField(label=_("Cover"), choices=GridMode.HOURS, coerce=int)
    starts = forms.TimeField(label=_("Begins at (8 hours)"), widget=TimeInput, initial=dt.time(9))
    only_workdays = forms.BooleanField(
        label=_("On working days only (8 hours)"), required=False, initial=True
    )
    project = forms.ChoiceField(label=_("Pilot: staff of this service project"), required=False)
    valid_from = forms.DateField(label=_("From"), widget=DayInput)

    def __init__(self, *args: Any, projects: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["project"].choices = _optional(projects, gettext("no pilot: grid workers"))


class WorkerForm(forms.Form):
    """Somebody who may be on duty."""

    community = forms.ChoiceField(label=_("Community"))
    name = forms.CharField(
        label=_("Name"), max_length=30, help_text=_("Shown in rosters inside the portal only.")
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=GridWorker.Kind)
    project = forms.ChoiceField(label=_("Service project (property staff)"), required=False)
    valid_from = forms.DateField(label=_("From"), widget=DayInput)

    def __init__(self, *args: Any, communities: Choices, projects: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["community"].choices = communities
        self.fields["project"].choices = _optional(projects, gettext("none"))


class LastDayForm(forms.Form):
    """The last day of somebody."""

    last_day = forms.DateField(label=_("Last day"), widget=DayInput)


class ShiftForm(forms.Form):
    """Shifts of one person in one cell on each day of a stretch."""

    cell = forms.ChoiceField(label=_("Grid cell"))
    worker = forms.ChoiceField(label=_("Person on duty"))
    first_day = forms.DateField(label=_("First day"), widget=DayInput)
    last_day = forms.DateField(label=_("Last day"), widget=DayInput)
    starts = forms.TimeField(label=_("From"), widget=TimeInput, initial=dt.time(9))
    ends = forms.TimeField(
        label=_("Until"),
        widget=TimeInput,
        initial=dt.time(17),
        help_text=_("An end not after the start is on the next day."),
    )
    only_workdays = forms.BooleanField(label=_("Working days only"), required=False)

    def __init__(self, *args: Any, cells: Choices, workers: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cell"].choices = cells if len(cells) == 1 else _optional(cells, gettext("Choose …"))
        self.fields["worker"].choices = _optional(workers, gettext("Choose …"))


class StandInForm(forms.Form):
    """Who takes a shift."""

    worker = forms.ChoiceField(label=_("Stand-in"))

    def __init__(self, *args: Any, workers: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["worker"].choices = _optional(workers, gettext("Choose …"))


class CopyForm(forms.Form):
    """Which month is filled from the month before."""

    community = forms.ChoiceField(label=_("Community"))
    month = forms.ChoiceField(label=_("Month"))

    def __init__(self, *args: Any, communities: Choices, months: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["community"].choices = communities
        self.fields["month"].choices = months
