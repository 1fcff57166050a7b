"""The forms of home visits: one round on one screen, and the request that came out of it."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from communities.models import Compound, HomeVisit, ResidentRequest, VisitItem
from communities.services.visits import MAX_HOMES, Round
from redprop.desk.forms import DayInput


class VisitForm(forms.Form):
    """One round through one building. The questions of the district's list follow as `item_<id>`."""

    compound = forms.ChoiceField(label=_("Compound"))
    building = forms.CharField(
        label=_("Building"),
        max_length=20,
        help_text=_("Building and unit only (3栋2单元). No floor, no door, no name."),
    )
    visited_on = forms.DateField(label=_("Visited on"), widget=DayInput)
    visitor = forms.ChoiceField(label=_("Visited by"), choices=HomeVisit.Visitor)
    homes = forms.IntegerField(label=_("Homes visited"), min_value=1, max_value=MAX_HOMES)
    outcome = forms.CharField(
        label=_("What came out of it"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "What residents said about the compound. No names, no telephone numbers, nobody's circumstances."
        ),
    )

    def __init__(
        self,
        *args: Any,
        compounds: list[Compound],
        items: list[VisitItem],
        today: dt.date,
        only_staff: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.compounds = {str(row.pk): row for row in compounds}
        self.items = items
        chosen = [(str(row.pk), row.name) for row in compounds]
        self.fields["compound"].choices = chosen if len(chosen) == 1 else [("", gettext("Choose …")), *chosen]
        self.fields["visited_on"].widget.attrs["max"] = today.isoformat()
        self.fields["outcome"].wide = True
        if only_staff:
            self.fields["visitor"].choices = [(HomeVisit.Visitor.STAFF.value, HomeVisit.Visitor.STAFF.label)]
        for item in items:
            name = f"item_{item.pk}"
            if item.kind == VisitItem.Kind.POLICY:
                self.fields[name] = forms.BooleanField(label=item.text, required=False)
            else:
                self.fields[name] = forms.IntegerField(
                    label=item.text, required=False, min_value=0, max_value=MAX_HOMES
                )

    @property
    def of_round(self) -> list[forms.BoundField]:
        """Where, when, who, how many."""
        return [self[name] for name in ("compound", "building", "visited_on", "visitor", "homes")]

    @property
    def policies(self) -> list[forms.BoundField]:
        """What was told."""
        return [self[f"item_{item.pk}"] for item in self.items if item.kind == VisitItem.Kind.POLICY]

    @property
    def needs(self) -> list[forms.BoundField]:
        """What is needed, in homes."""
        return [self[f"item_{item.pk}"] for item in self.items if item.kind == VisitItem.Kind.NEED]

    @property
    def chosen(self) -> Compound:
        """The compound chosen."""
        return self.compounds[self.cleaned_data["compound"]]

    def entered(self) -> Round:
        """The round as the service takes it; a policy told of reached every home of the round."""
        data = self.cleaned_data
        counts = {}
        for item in self.items:
            value = data.get(f"item_{item.pk}")
            if value:
                counts[item.pk] = data["homes"] if value is True else value
        return Round(
            compound=self.chosen,
            building=data["building"],
            visited_on=data["visited_on"],
            visitor=data["visitor"],
            homes=data["homes"],
            outcome=data["outcome"],
            counts=counts,
        )


class RaisedForm(forms.Form):
    """A request that came out of a visit."""

    category = forms.ChoiceField(
        label=_("Category"), choices=ResidentRequest.Category, initial=ResidentRequest.Category.REPAIR
    )
    text = forms.CharField(
        label=_("What residents said (no names, no numbers)"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    is_for_the_enterprise = forms.BooleanField(
        label=_("for the property enterprise"), required=False, initial=True
    )
