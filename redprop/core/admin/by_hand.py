"""A merger, split or renaming of communities by hand: one form on the page of communities."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from redprop.areas.models import Community, DivisionChange, Subdistrict
from redprop.areas.services.by_hand import KINDS, Fresh, record_change
from redprop.common.errors import Refused
from redprop.common.tabular import declare
from redprop.common.text import normalise
from redprop.core.admin.base import districts_of, today_of
from redprop.core.admin.exchange_base import ExchangePage


class ByHandForm(forms.Form):
    """Kind, day, document, from and to."""

    change = forms.ChoiceField(
        label=gettext_lazy("kind of change"),
        choices=[("", gettext_lazy("Please choose")), *((kind.value, kind.label) for kind in KINDS)],
    )
    on = forms.DateField(label=gettext_lazy("holds from"))
    document = forms.CharField(label=gettext_lazy("document"), max_length=200)
    former = forms.ModelMultipleChoiceField(Community.objects.none(), required=False)
    following = forms.ModelMultipleChoiceField(Community.objects.none(), required=False)
    fresh = forms.CharField(required=False, max_length=4000)

    def __init__(self, *args: Any, living: Any, streets: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.streets = streets
        for name in ("former", "following"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelMultipleChoiceField)
            field.queryset = living

    def clean_fresh(self) -> list[Fresh]:
        """One community a line: code, name, subdistrict."""
        known = {key: one for one in self.streets for key in (one.name, one.code)}
        found = []
        for line in filter(None, map(normalise, self.cleaned_data["fresh"].splitlines())):
            parts = line.split(" ")
            street = known.get(parts[-1])
            if len(parts) != 3 or street is None or not parts[0].isdigit() or len(parts[0]) > 12:
                raise forms.ValidationError(
                    _("“%(line)s”: write code, name and subdistrict with spaces between them.")
                    % {"line": line}
                )
            found.append(Fresh(parts[0], parts[1], street))
        return found


class ByHandPages(ExchangePage):
    """Adds the form."""

    def exchange_urls(self, name: str, wrap: Any) -> list[Any]:
        """Return the address of the form."""
        return [
            path("by-hand/", wrap(self.by_hand_view), name=f"{name}_by_hand"),
            *super().exchange_urls(name, wrap),
        ]

    def _may_by_hand(self, request: HttpRequest) -> bool:
        return request.user.has_perms(
            ["areas.add_community", "areas.change_community", "areas.add_divisionchange"]
        ) and bool(districts_of(request))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list with a link to the form."""
        more = {"by_hand_url": self._url("by_hand") if self._may_by_hand(request) else ""}
        return super().changelist_view(request, {**more, **(extra_context or {})})

    def by_hand_view(self, request: HttpRequest) -> HttpResponse:
        """Carry a change out and record it; what does not fit is answered with its sentence."""
        if not self._may_by_hand(request):
            raise PermissionDenied
        district = districts_of(request)[0]
        living = Community.objects.for_user(request.user).filter(district=district, closed_on=None)
        living = living.select_related("subdistrict").order_by("code")
        streets = Subdistrict.objects.for_user(request.user).filter(district=district)
        form = ByHandForm(request.POST or None, living=living, streets=streets)
        refusal = ""
        if request.method == "POST":
            if form.is_valid():
                try:
                    rows = record_change(district=district, acting_user=request.user, **form.cleaned_data)
                    messages.success(request, _("Recorded: %(rows)s") % {"rows": "；".join(map(str, rows))})
                    ends = any(
                        row.change in (DivisionChange.Change.MERGED, DivisionChange.Change.REMOVED)
                        for row in rows
                    )
                    address = (
                        "admin:communities_compound_dissolved" if ends else "admin:areas_community_changelist"
                    )
                    return HttpResponseRedirect(reverse(address))
                except Refused as refused:
                    refusal = str(refused)
            else:
                refusal = " ".join(
                    f"{form.fields[name].label or ''}：{' '.join(errors)}"
                    if form.fields[name].label
                    else " ".join(errors)
                    for name, errors in form.errors.items()
                )
        return self._page(
            request,
            "admin/core/by_hand.html",
            declare.get("communities"),
            title=_("Merge, split, rename"),
            form=form,
            refusal=refusal,
            living=living,
            today=today_of(request),
            former_chosen=request.POST.getlist("former"),
            following_chosen=request.POST.getlist("following"),
        )
