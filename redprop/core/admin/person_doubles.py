"""The page of persons who may be recorded twice: look at two records side by side, merge them or tell them apart."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from redprop.common.errors import Refused
from redprop.core.admin.base import districts_of
from redprop.core.models import Person
from redprop.core.services.people import masked_id_number
from redprop.core.services.person_merges import MOST, merge_persons, proposals, tell_apart


class PersonDoubles:
    """Adds the page to that of persons."""

    def get_urls(self) -> list[Any]:
        """The address in front of the usual ones."""
        view = self.admin_site.admin_view(self.doubles_view)  # type: ignore[attr-defined]
        return [path("doubles/", view, name="core_person_doubles"), *super().get_urls()]  # type: ignore[misc]

    def doubles_view(self, request: HttpRequest) -> HttpResponse:
        """Show the proposals; a POST merges one pair or tells it apart."""
        if not request.user.has_perms(["core.change_person", "core.add_distinctpersons"]):
            raise PermissionDenied
        districts = districts_of(request)
        if not districts:
            raise PermissionDenied
        if request.method == "POST":
            self._decide(request)
            return HttpResponseRedirect(reverse("admin:core_person_doubles"))
        found = proposals(districts[0])
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.model._meta,  # type: ignore[attr-defined]
            "title": _("Persons who may be recorded twice"),
            "pairs": [(one, self._facts(one.first), self._facts(one.second)) for one in found[:50]],
            "count": len(found),
            "more": len(found) == MOST,
            "list_url": reverse("admin:core_person_changelist"),
        }
        return TemplateResponse(request, "admin/core/person_doubles.html", context)

    @staticmethod
    def _facts(person: Person) -> dict[str, Any]:
        return {
            "person": person,
            "url": reverse("admin:core_person_change", args=[person.pk]),
            "number": masked_id_number(person),
        }

    def _decide(self, request: HttpRequest) -> None:
        rows = Person.objects.for_user(request.user)
        keys = [request.POST.get(name, "") for name in ("kept", "other")]
        if not all(key.isdecimal() for key in keys):
            raise Http404
        kept, other = (rows.filter(pk=key).first() for key in keys)
        if kept is None or other is None:
            raise Http404
        try:
            if request.POST.get("act") == "apart":
                tell_apart(first=kept, second=other, acting_user=request.user)  # type: ignore[arg-type]
                messages.success(request, _("Told apart: %(name)s stays two persons.") % {"name": kept.name})
            else:
                moved = merge_persons(kept=kept, gone=other, acting_user=request.user)  # type: ignore[arg-type]
                messages.success(
                    request,
                    _("%(gone)s was merged into %(kept)s; %(count)s rows moved.")
                    % {"gone": other.code, "kept": kept.code, "count": moved},
                )
        except Refused as refused:
            messages.error(request, _("Nothing was written.") + " " + str(refused))
