"""The worklist of dissolved communities on the page of compounds: what hangs on each, and who follows.

Both pages lead to `services.successions.assign_successors`; nothing is decided here.
"""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from communities.dissolved import (
    Dissolved,
    all_dissolved,
    open_commitments_of,
    open_requests_of,
    suggested_day,
)
from communities.models import CompoundPlacement
from communities.services.successions import Moved, assign_successors, may_assign
from redprop.areas.models import Community
from redprop.common.errors import Refused
from redprop.core.admin.base import districts_of, today_of

PREFIX = "compound-"
PROMISED, ASKED = "commitment-", "request-"


class AssignForm(forms.Form):
    """Who follows, from which day, by which document."""

    rest = forms.ModelChoiceField(Community.objects.none(), required=False)
    day = forms.DateField()
    document = forms.CharField(max_length=200, required=False)

    def __init__(self, *args: Any, living: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["rest"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = living


class DissolvedPages:
    """Adds the worklist and the page of one dissolved community."""

    def get_urls(self) -> list[Any]:
        """Return the two addresses in front of the usual ones."""
        wrap = self.admin_site.admin_view  # type: ignore[attr-defined]
        return [
            path("dissolved/", wrap(self.dissolved_view), name="communities_compound_dissolved"),
            path("dissolved/<int:pk>/", wrap(self.successor_view), name="communities_compound_successor"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def _must_see(self, request: HttpRequest) -> None:
        if not request.user.has_perms(["areas.view_community", "communities.view_compound"]):
            raise PermissionDenied
        if not districts_of(request):
            raise PermissionDenied

    def dissolved_view(self, request: HttpRequest) -> HttpResponse:
        """Show every dissolved community with something to do; a POST names one successor for the chosen ones."""
        self._must_see(request)
        day = today_of(request)
        may = may_assign(request.user)  # type: ignore[arg-type]
        form = AssignForm(
            request.POST or None, living=_living(request, day), initial={"day": day.isoformat()}
        )
        chosen = set(request.POST.getlist("community"))
        refusal = ""
        if request.method == "POST":
            mine = Community.objects.for_user(request.user).filter(closed_on__lte=day)
            rows = list(mine.filter(pk__in=[pk for pk in chosen if pk.isdigit()]))
            if not may:
                raise PermissionDenied
            if not rows:
                refusal = _("Tick at least one community.")
            elif not form.is_valid():
                refusal = _("Choose the successor and the day.")
            else:
                try:
                    moved = assign_successors(communities=rows, acting_user=request.user, **form.cleaned_data)  # type: ignore[arg-type]
                    messages.success(request, sentence(moved))
                    return HttpResponseRedirect(reverse("admin:communities_compound_dissolved"))
                except Refused as refused:
                    refusal = str(refused)
        found = all_dissolved(Community.objects.for_user(request.user), day)
        return self._dissolved_page(
            request,
            "admin/communities/dissolved.html",
            title=_("Dissolved communities"),
            rows=sorted(
                (one for one in found if not one.is_done), key=lambda one: -(one.to_move + one.postings)
            ),
            done=[one for one in found if one.is_done],
            form=form,
            may=may,
            chosen=chosen,
            refusal=refusal,
            living=form.fields["rest"].queryset,  # type: ignore[attr-defined]
        )

    def successor_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what hangs on one dissolved community; a POST names its successors, compound by compound."""
        self._must_see(request)
        day = today_of(request)
        mine = Community.objects.for_user(request.user).filter(pk=pk)
        found: Dissolved | None = next(iter(all_dissolved(mine, day)), None)
        if found is None:
            raise Http404
        may = may_assign(request.user)  # type: ignore[arg-type]
        placed = list(
            CompoundPlacement.objects.on(day)
            .filter(community=pk)
            .select_related("compound")
            .order_by("compound__code")
        )
        promised = (
            open_commitments_of([pk])
            .select_related("meeting", "project", "compound")
            .order_by("due_on", "pk")
        )
        asked = open_requests_of([pk], day).select_related("compound").order_by("due_on", "pk")
        living = _living(request, day)
        by_pk = {one.pk: one for one in living}
        form = AssignForm(
            request.POST or None,
            living=living,
            initial={"day": suggested_day(found.community).isoformat(), "rest": _only(found.successors)},
        )
        refusal = ""
        if request.method == "POST":
            if not may:
                raise PermissionDenied
            if form.is_valid():
                try:
                    moved = assign_successors(
                        communities=[found.community],
                        compounds=_chosen(request, PREFIX, by_pk),
                        commitments=_chosen(request, PROMISED, by_pk),
                        requests=_chosen(request, ASKED, by_pk),
                        acting_user=request.user,  # type: ignore[arg-type]
                        **form.cleaned_data,
                    )
                    messages.success(request, sentence(moved))
                    return HttpResponseRedirect(reverse("admin:communities_compound_dissolved"))
                except Refused as refused:
                    refusal = str(refused)
            else:
                refusal = _("Choose the successor and the day.")
        return self._dissolved_page(
            request,
            "admin/communities/successor.html",
            title=_("Who follows %(community)s") % {"community": found.community},
            one=found,
            compounds=[(row.compound, request.POST.get(f"{PREFIX}{row.compound_id}", "")) for row in placed],
            commitments=[(row, request.POST.get(f"{PROMISED}{row.pk}", "")) for row in promised],
            requests=[(row, request.POST.get(f"{ASKED}{row.pk}", "")) for row in asked],
            form=form,
            may=may,
            refusal=refusal,
            living=living,
        )

    def _dissolved_page(self, request: HttpRequest, template: str, **more: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.model._meta,  # type: ignore[attr-defined]
            "list_url": reverse("admin:areas_community_changelist"),
            "worklist_url": reverse("admin:communities_compound_dissolved"),
            **more,
        }
        return TemplateResponse(request, template, context)


def _living(request: HttpRequest, day: dt.date) -> Any:
    rows = Community.objects.for_user(request.user).open_on(day)
    return rows.select_related("subdistrict").order_by("code")


def _only(successors: list[Community]) -> int | None:
    """The one successor that is known already."""
    return successors[0].pk if len(successors) == 1 else None


def _chosen(request: HttpRequest, prefix: str, living: dict[int, Community]) -> dict[int, Community]:
    """What was chosen for single rows: id → community."""
    chosen = {}
    for name, value in request.POST.items():
        if name.startswith(prefix) and name[len(prefix) :].isdigit() and value:
            community = living.get(int(value)) if value.isdigit() else None
            if community is None:
                raise Refused(_("Choose a community that exists."), code="no-successor")
            chosen[int(name[len(prefix) :])] = community
    return chosen


def sentence(moved: Moved) -> str:
    """What an assignment did."""
    said = _(
        "Moved: %(compounds)s compounds, %(meetings)s open minutes, %(commitments)s open commitments, %(appointments)s cross-appointments; %(requests)s requests given to another community than their compound’s."
    ) % {
        "compounds": moved.compounds,
        "meetings": moved.meetings,
        "commitments": moved.commitments,
        "requests": moved.requests,
        "appointments": moved.appointments,
    }
    if moved.meetings_left:
        said += " " + _(
            "%(count)s open minutes stay: the successor has its own of the same month. Let them be filed or name another successor."
        ) % {"count": moved.meetings_left}
    return said
