"""The forms of joint service projects and situation reports."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from communities.models import ResidentRequest, SituationReport
from redprop.desk.forms import DayInput

Choices = list[tuple[Any, str]]
LONG = forms.Textarea(attrs={"rows": 3})


class ProposalForm(forms.Form):
    """A joint service project to propose."""

    community = forms.ChoiceField(label=_("Community"))
    title = forms.CharField(label=_("Title"), max_length=80)
    need = forms.ChoiceField(label=_("Need from the survey that it answers"), required=False)
    category = forms.ChoiceField(label=_("Or: category of requests that it answers"), required=False)
    compound = forms.ChoiceField(label=_("Compound"), required=False)
    project = forms.ChoiceField(label=_("Service project that takes part"), required=False)
    partners = forms.CharField(label=_("Other units that take part"), max_length=200, required=False)
    due_on = forms.DateField(label=_("To be done by"), widget=DayInput)
    plan = forms.CharField(label=_("What is to be done"), max_length=1000, widget=LONG)

    def __init__(
        self,
        *args: Any,
        communities: Choices,
        needs: Choices,
        compounds: Choices,
        projects: Choices,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["community"].choices = communities
        self.fields["need"].choices = [("", gettext("none")), *needs]
        self.fields["category"].choices = [("", gettext("none")), *ResidentRequest.Category.choices]
        self.fields["compound"].choices = [("", gettext("whole community")), *compounds]
        self.fields["project"].choices = [("", gettext("none")), *projects]
        self.fields["plan"].wide = True


class ResultForm(forms.Form):
    """What came of a project."""

    homes_served = forms.IntegerField(label=_("Homes served"), min_value=0, max_value=99999)
    result = forms.CharField(label=_("Result"), max_length=1000, widget=LONG)


class DropForm(forms.Form):
    """Why it is not carried out."""

    reason = forms.CharField(label=_("Reason"), max_length=500)


class MomentInput(forms.DateTimeInput):
    """The browser's own field for day and time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class SituationForm(forms.Form):
    """An important situation: no person, no kind of person."""

    compound = forms.ChoiceField(label=_("Compound"))
    happened_at = forms.DateTimeField(
        label=_("Happened at"), widget=MomentInput, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=SituationReport.Kind)
    place = forms.CharField(
        label=_("Place"), max_length=60, help_text=_("Building or part of the compound, no door.")
    )
    handled_by = forms.CharField(label=_("Handled by (post)"), max_length=50)
    text = forms.CharField(
        label=_("What happened"),
        max_length=600,
        widget=LONG,
        help_text=_("The situation only: no name, no number, no kind of person."),
    )
    measures = forms.CharField(label=_("What was done"), max_length=600, required=False, widget=LONG)

    def __init__(self, *args: Any, compounds: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["compound"].choices = (
            compounds if len(compounds) == 1 else [("", gettext("Choose …")), *compounds]
        )
        self.fields["text"].wide = self.fields["measures"].wide = True


class SettleForm(forms.Form):
    """What was done."""

    measures = forms.CharField(label=_("What was done"), max_length=600, widget=LONG)
