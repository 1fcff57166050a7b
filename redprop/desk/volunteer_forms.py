"""The forms of volunteer teams, their activities and help for households."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from communities.models import HelpKind, VolunteerTeam
from communities.services.volunteers import SIGN_LENGTH
from redprop.desk.forms import DayInput

Choices = list[tuple[Any, str]]


class TeamForm(forms.Form):
    """A team."""

    community = forms.ChoiceField(label=_("Community"))
    name = forms.CharField(label=_("Name of the team"), max_length=60)
    kind = forms.ChoiceField(label=_("Who they are"), choices=VolunteerTeam.Kind)
    members = forms.IntegerField(label=_("Members (number only)"), min_value=1, max_value=9999)
    founded_on = forms.DateField(label=_("Founded on"), widget=DayInput)
    project = forms.ChoiceField(label=_("Service project, if a property firm runs it"), required=False)

    def __init__(self, *args: Any, communities: Choices, projects: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["community"].choices = communities
        self.fields["project"].choices = [("", gettext("none")), *projects]


class ActivityForm(forms.Form):
    """What a team did on a day."""

    team = forms.ChoiceField(label=_("Volunteer team"))
    held_on = forms.DateField(label=_("Day of the activity"), widget=DayInput)
    kind = forms.ChoiceField(label=_("Kind"), choices=HelpKind)
    title = forms.CharField(label=_("What was done"), max_length=80)
    compound = forms.ChoiceField(label=_("Compound"), required=False)
    participants = forms.IntegerField(label=_("Participants (number only)"), min_value=1, max_value=9999)
    hours = forms.DecimalField(
        label=_("Hours of all together"),
        min_value=0,
        max_value=99999,
        decimal_places=1,
        help_text=_("10 people for 2 hours are 20."),
    )
    firm_hours = forms.DecimalField(
        label=_("Of these by the property firm's staff"),
        min_value=0,
        max_value=99999,
        decimal_places=1,
        required=False,
        help_text=_("Counts in the indicator “volunteer hours” of the project that served the compound."),
    )
    is_free_help = forms.BooleanField(label=_("Free help for households in need"), required=False)

    def __init__(self, *args: Any, teams: Choices, compounds: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].choices = teams if len(teams) == 1 else [("", gettext("Choose …")), *teams]
        self.fields["compound"].choices = [("", gettext("whole community")), *compounds]


class ReasonForm(forms.Form):
    """A reason."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class HelpForm(forms.Form):
    """Help for a household that agreed."""

    sign = forms.CharField(
        label=_("Sign of the household"),
        max_length=SIGN_LENGTH,
        help_text=_("A short sign that only you understand (such as 甲3). No name, number or circumstances."),
    )
    service = forms.ChoiceField(label=_("Help"), choices=HelpKind)
    consent_on = forms.DateField(label=_("Consent given on"), widget=DayInput)
    agreed = forms.BooleanField(label=_("The household agreed that this is noted for a year"))


class GivenForm(forms.Form):
    """One time of help."""

    given_on = forms.DateField(label=_("Day of help"), widget=DayInput)
    team = forms.ChoiceField(label=_("Volunteer team"), required=False)

    def __init__(self, *args: Any, teams: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].choices = [("", gettext("none")), *teams]


class ConsentForm(forms.Form):
    """A new consent."""

    consent_on = forms.DateField(label=_("Consent given on"), widget=DayInput)
