"""The forms of guide-book work."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from redprop.common.periods import Period
from redprop.desk.forms import DayInput


class GuideForm(forms.Form):
    """What was done, on which day, with a photo or a scan."""

    done_on = forms.DateField(label=_("completed on"), widget=DayInput)
    note = forms.CharField(
        label=_("What was done"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One or two sentences: what, how many took part. No names."),
    )
    evidence = forms.FileField(
        label=_("Photo or scan (if there is one)"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/*,application/pdf"}),
    )

    def __init__(self, *args: Any, period: Period, today: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].wide = True  # type: ignore[attr-defined]
        self.fields["done_on"].widget.attrs.update(
            min=period.start.isoformat(), max=min(period.end, today).isoformat()
        )


class BackForm(forms.Form):
    """Why it is returned."""

    reason = forms.CharField(label=_("Reason"), max_length=200)
