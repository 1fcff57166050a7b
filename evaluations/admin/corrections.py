"""Correcting results in the admin: several projects of one period at once, with a preview of what moves and of the money."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from enterprises.models import ServiceProject
from evaluations.models import Colour, EvaluationPeriod, Level, ListEntry, Release
from evaluations.services import corrections
from evaluations.services.after_correction import payments_of
from evaluations.words import reason_text
from redprop.accounts.roles import Role
from redprop.common.errors import Refused

CORRECTORS = frozenset({Role.EVALUATOR})
MOST = 50
"""Projects corrected at once: what a person can read through before the button."""


class CorrectingMixin:
    """Adds to the page of list entries the choice of several, the preview and the correction."""

    actions: Any = ["correct_chosen"]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found = super().get_actions(request)  # type: ignore[misc]
        if not CORRECTORS & request.user.roles:  # type: ignore[union-attr]
            found.pop("correct_chosen", None)
        return found

    @admin.action(description=_("Correct the results of the chosen projects (preview first)"))
    def correct_chosen(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Go to the preview of the chosen entries; they are of one period and of projects."""
        rows = list(
            queryset.filter(level=Level.PROJECT).values_list("period", "project").distinct()[: MOST + 1]
        )
        periods = {period for period, _project in rows}
        if len(periods) != 1 or len(rows) > MOST:
            messages.error(
                request,
                gettext("Choose entries of projects of one period, at most %(most)s.") % {"most": MOST},
            )
            return None
        return HttpResponseRedirect(correct_address(periods.pop(), [project for _period, project in rows]))

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.correct_view)  # type: ignore[attr-defined]
        own = path("correct/<int:period>/", view, name="evaluations_listentry_correct")
        return [own, *super().get_urls()]  # type: ignore[misc]

    def correct_view(self, request: HttpRequest, period: int) -> HttpResponse:
        """Show what a correction of the named projects moves; correct on POST."""
        if not self.has_view_permission(request) or not CORRECTORS & request.user.roles:  # type: ignore[union-attr, attr-defined]
            raise PermissionDenied
        found = EvaluationPeriod.objects.for_user(request.user).select_related("district", "rubric")
        row = found.filter(pk=period).first()
        keys = [int(key) for key in request.GET.get("projects", "").split(",") if key.isdecimal()][:MOST]
        projects = list(ServiceProject.objects.for_user(request.user).filter(pk__in=keys).order_by("code"))
        if row is None or not projects:
            raise Http404
        reason = request.POST.get("reason", "")
        if request.method == "POST":
            try:
                made = corrections.correct_results(
                    period=row, projects=projects, reason=reason, acting_user=request.user
                )
            except Refused as refused:
                messages.error(request, str(refused))
            else:
                messages.success(
                    request,
                    gettext("%(n)s results were corrected. Expected next: confirm those under a name.")
                    % {"n": len(made)},
                )
                rows = reverse("admin:evaluations_listentry_changelist")
                return HttpResponseRedirect(f"{rows}?period={row.pk}&run={made[0].run_id}")
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": gettext("Correct results of %(period)s") % {"period": row},
            "period": row,
            "projects": projects,
            "reason": reason,
            "back": reverse("admin:evaluations_listentry_changelist") + f"?period={row.pk}&level=project",
            **_preview(row, projects, request.user),
        }
        return TemplateResponse(request, "admin/evaluations/correct.html", context)


def correct_address(period: int, projects: list[int]) -> str:
    """Return the address of the preview of these projects."""
    found = ",".join(str(pk) for pk in sorted(set(projects)))
    return reverse("admin:evaluations_listentry_correct", args=[period]) + f"?projects={found}"


def _preview(period: EvaluationPeriod, projects: list[ServiceProject], user: Any) -> dict[str, Any]:
    is_final = Release.objects.filter(period=period, kind=Release.Kind.FINAL).exists()
    told: dict[str, Any] = {"is_final": is_final}
    try:
        moves = corrections.preview_correction(period=period, projects=projects, acting_user=user)
    except Refused as refused:
        return {**told, "refusal": str(refused)}
    moved = {move.new.project_id for move in moves if move.new.project_id}
    named = {project.pk for project in projects}
    told["rows"] = [_row(move.old, move.new) for move in moves]
    told["named"] = sum(row["is_named"] for row in told["rows"])
    told["still"] = [project for project in projects if project.pk not in moved]
    told["others"] = len(moved - named)
    told["payments"] = payments_of(period=period, projects=moved) if is_final else None
    return told


def _row(old: ListEntry, new: ListEntry) -> dict[str, Any]:
    return {
        "subject": old.project or old.enterprise,
        "level": old.get_level_display(),
        "was": _standing(old),
        "becomes": _standing(new),
        "colour_moves": old.colour != new.colour,
        "is_named": new.is_named,
        "why": " ".join(reason_text(reason) for reason in new.reasons),
    }


def _standing(entry: ListEntry) -> str:
    parts = [str(Colour(entry.colour).label)]
    if entry.total is not None:
        parts.append(gettext("%(total)s points") % {"total": f"{entry.total:.2f}"})
    if entry.rank is not None:
        parts.append(gettext("rank %(rank)s of %(ranked)s") % {"rank": entry.rank, "ranked": entry.ranked})
    return " · ".join(parts)
