"""Proposes which party organisation fits an enterprise, from the number of its members, with the way to it."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from enterprises.coverage import Reach, organisations_on, with_cover
from enterprises.models import Enterprise, PartyCount, PartyOrganisation
from enterprises.party_checks import JOINT, Numbers, propose_form
from enterprises.services.party_rules import numbers_on
from redprop.areas.models.dated import dated_on
from redprop.common.text import normalise
from redprop.core.admin.base import districts_of, today_of

SHOWN = 10


class ProposalForm(forms.Form):
    """Which enterprise, and how many members work there."""

    enterprise = forms.CharField(
        label=gettext_lazy("Enterprise (name or credit code)"),
        max_length=100,
        widget=UnfoldAdminTextInputWidget(),
    )
    full = forms.IntegerField(
        label=gettext_lazy("Full members who work there"),
        min_value=0,
        max_value=9999,
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    probationary = forms.IntegerField(
        label=gettext_lazy("Probationary members who work there"),
        min_value=0,
        max_value=9999,
        initial=0,
        widget=UnfoldAdminIntegerFieldWidget(),
    )

    def __init__(self, *args: Any, offered: QuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = offered

    def clean_enterprise(self) -> Enterprise:
        """The one enterprise of this name or code."""
        text = normalise(self.cleaned_data["enterprise"])
        rows = self.offered.filter(Q(uscc=text) | Q(name=text) | Q(short_name=text))
        found = list(rows[:2]) or list(self.offered.filter(name__icontains=text)[:6])
        if not found:
            raise forms.ValidationError(
                _("No enterprise of the register is called “%(text)s”. Correct the name, or enter it first.")
                % {"text": text}
            )
        if len(found) > 1:
            raise forms.ValidationError(
                _("Several enterprises fit: %(names)s. Write one name in full.")
                % {"names": "、".join(one.name for one in found[:5])}
            )
        return found[0]


def with_room(reach: Reach, numbers: Numbers) -> QuerySet[PartyOrganisation]:
    """Joint branches that could take one more unit, the emptiest first."""
    now = dated_on(reach.day, "coverage__") & Q(coverage__project=None)
    return (
        organisations_on(reach)
        .filter(form=JOINT)
        .annotate(units=Count("coverage__enterprise", filter=now, distinct=True))
        .filter(units__lt=numbers.joint_max_units)
        .order_by("units", "code")
    )


class WizardPage:
    """Adds the page to that of party organisations."""

    def get_urls(self) -> list[Any]:
        """The address in front of the usual ones."""
        view = self.admin_site.admin_view(self.propose_view)  # type: ignore[attr-defined]
        return [
            path("propose/", view, name="enterprises_partyorganisation_propose"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def propose_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for the numbers and show what fits, why, and the next step."""
        if not self.has_add_permission(request) or not districts_of(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        reach = Reach(districts_of(request)[0], today_of(request), request.user)  # type: ignore[arg-type]
        offered = Enterprise.objects.for_user(request.user).filter(left_on=None)
        first = offered.filter(pk=request.GET.get("of", "")) if request.GET.get("of", "").isdigit() else None
        chosen = first.first() if first is not None else None
        initial = {"enterprise": chosen.name, **self._known(chosen, reach)} if chosen else {}
        form = ProposalForm(request.POST or None, offered=offered, initial=initial)
        more: dict[str, Any] = {}
        if request.method == "POST" and form.is_valid():
            more = self._answer(reach, **form.cleaned_data)
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.model._meta,  # type: ignore[attr-defined]
            "title": _("Propose a form"),
            "form": form,
            "list_url": reverse("admin:enterprises_partyorganisation_changelist"),
            **more,
        }
        return TemplateResponse(request, "admin/enterprises/propose.html", context)

    @staticmethod
    def _known(enterprise: Enterprise, reach: Reach) -> dict[str, int]:
        """Members as last counted, where the enterprise has an organisation of its own."""
        count = (
            PartyCount.objects.on(reach.day)
            .filter(
                organisation__form="single",
                organisation__coverage__enterprise=enterprise,
                organisation__coverage__project=None,
            )
            .first()
        )
        return {"full": count.full_members, "probationary": count.probationary_members} if count else {}

    @staticmethod
    def _answer(reach: Reach, *, enterprise: Enterprise, full: int, probationary: int) -> dict[str, Any]:
        numbers = numbers_on(reach.district, reach.day)
        rooms = with_room(reach, numbers)
        proposal = propose_form(full, probationary, numbers, joint_with_room=rooms.count())
        now = with_cover(Enterprise.objects.filter(pk=enterprise.pk), reach.day).get()
        same = now.cover_form == proposal.form
        name = (
            f"中共{enterprise.short_name or enterprise.name}支部委员会" if proposal.form == "single" else ""
        )
        blank = reverse("admin:enterprises_partyorganisation_add")
        return {
            "enterprise": enterprise,
            "proposal": proposal,
            "form_label": dict(PartyOrganisation.Form.choices)[proposal.form],
            "kind_label": dict(PartyOrganisation.Kind.choices).get(proposal.kind, ""),
            "now": now,
            "same": same,
            "rooms": rooms[:SHOWN] if proposal.form == JOINT else [],
            "create_url": f"{blank}?{urlencode({'form': proposal.form, 'kind': proposal.kind, 'name': name})}",
        }
