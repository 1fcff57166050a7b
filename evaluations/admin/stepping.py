"""Steps of a workflow in the admin: each on a page of its own that says what it will do before the button.

A page lists its `steps`; a step calls one service. What is refused is shown as its sentence.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext

from redprop.common.errors import Refused


@dataclass(frozen=True)
class Step:
    """One step: who may take it, when it is offered, what it does (sentences), and the service behind it."""

    name: str
    title: Any
    roles: frozenset[str]
    offered: Callable[[Any], bool]
    effects: Callable[[Any], Sequence[str]]
    run: Callable[[Any, Any, str], Any]
    reason_label: Any = None
    is_plain: bool = field(default=False)


class SteppingMixin:
    """Adds the steps' pages to a ModelAdmin, and a panel above the row's own page."""

    steps: Sequence[Step] = ()
    change_form_before_template = "admin/evaluations/steps.html"

    def panel(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """More for the panel: `facts` as (label, value), `notes` as sentences, `tables` with caption, head and rows."""
        return {}

    def get_urls(self) -> list:
        name = f"{self.opts.app_label}_{self.opts.model_name}_step"  # type: ignore[attr-defined]
        view = self.admin_site.admin_view(self.step_view)  # type: ignore[attr-defined]
        return [path("<int:pk>/step/<slug:name>/", view, name=name), *super().get_urls()]  # type: ignore[misc]

    def _address(self, what: str, *args: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{what}", args=args)  # type: ignore[attr-defined]

    def _offered(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        return [
            {"step": step, "url": self._address("step", row.pk, step.name)}
            for step in self.steps
            if step.offered(row) and step.roles & request.user.roles  # type: ignore[union-attr]
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if row is not None:
            offered = self._offered(request, row)
            extra_context = {
                **(extra_context or {}),
                "row": row,
                "offered": offered,
                **self.panel(request, row),
            }
            # On a phone every cell carries the head of its column.
            for table in extra_context.get("tables", ()):
                table["rows"] = [list(zip(table["head"], cells, strict=True)) for cells in table["rows"]]
        return super().change_view(request, object_id, form_url, extra_context)  # type: ignore[misc]

    def step_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Say what the step does; take it on POST."""
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=pk).first()  # type: ignore[attr-defined]
        step = next((one for one in self.steps if one.name == name), None)
        if row is None or step is None:
            raise Http404
        if not step.roles & request.user.roles:  # type: ignore[union-attr]
            raise PermissionDenied
        reason = request.POST.get("reason", "")
        if request.method == "POST":
            try:
                step.run(row, request.user, reason)
            except Refused as refused:
                messages.error(request, str(refused))
            else:
                messages.success(
                    request, gettext("%(step)s: done for %(what)s.") % {"step": step.title, "what": row}
                )
                return HttpResponseRedirect(self._address("change", pk))
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": f"{step.title} · {row}",
            "row": row,
            "step": step,
            "effects": step.effects(row),
            "reason": reason,
            "back": self._address("change", pk),
        }
        return TemplateResponse(request, "admin/evaluations/step.html", context)
