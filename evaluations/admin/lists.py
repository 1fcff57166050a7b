"""Scorecards with their lines and facts, list entries."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluations.admin.corrections import CorrectingMixin, correct_address
from evaluations.admin.stepping import Step, SteppingMixin
from evaluations.models import (
    Colour,
    EvaluationPeriod,
    Level,
    ListEntry,
    Place,
    Scorecard,
)
from evaluations.models.severity import MOST_MONTHS, Severity
from evaluations.selectors import card_lines, line_evidence
from evaluations.services import corrections, releases
from evaluations.services.severity import set_severity
from evaluations.words import reason_text
from redprop.accounts.roles import Role
from redprop.core.admin.base import ReadOnly, RegisterAdmin
from redprop.core.admin.filters import choice_filter, row_filter


class WithTotal:
    """Shows a total with two places, numbers under each other."""

    @admin.display(description=_("total (points)"), ordering="total")
    def total_points(self, row: Any) -> str:
        return "–" if row.total is None else f"{row.total:.2f}"


EVALUATORS = frozenset({Role.EVALUATOR})


@admin.register(Scorecard)
class ScorecardAdmin(WithTotal, ReadOnly, SteppingMixin, RegisterAdmin):
    """Scorecards: one line for each item, and for each line the facts it was computed from."""

    has_district = False
    list_display = ["project", "enterprise", "period", "total_points", "band", "satisfaction_valid"]
    list_select_related = ["project", "enterprise", "run__period"]
    list_filter = [row_filter(EvaluationPeriod, "run__period", _("evaluation period"), "period")]
    search_fields = ["project__name", "project__code", "project__pinyin", "enterprise__name"]
    fields = ["project", "enterprise", "total_points", "band", "satisfaction_valid"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("run__period__rubric", "run__period__district")

    @admin.display(description=_("evaluation period"), ordering="run__period")
    def period(self, card: Scorecard) -> str:
        return str(card.run.period)

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.facts_view)
        page = path("<int:pk>/facts/<slug:item>/", view, name="evaluations_scorecard_facts")
        return [page, *super().get_urls()]

    readonly_fields = ["total_points"]

    def panel(self, request: HttpRequest, row: Scorecard) -> dict[str, Any]:
        lines = []
        for line in card_lines(row):
            url = reverse("admin:evaluations_scorecard_facts", args=[row.pk, line.item])
            shown = {
                name: _plain(getattr(line, name))
                for name in ("points", "full", "numerator", "denominator", "n")
            }
            lines.append({"url": url, "title": line.title, "rule": line.rule, **shown})
        facts = [
            (_("evaluation period"), row.run.period),
            (_("total (points)"), _plain(row.total)),
            (_("band"), row.band),
        ]
        return {"facts": facts, "lines": lines}

    def facts_view(self, request: HttpRequest, pk: int, item: str) -> HttpResponse:
        """Where a line comes from: the rows it counted."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        card = self.get_queryset(request).filter(pk=pk).first()
        if card is None or not card.run.period.rubric.items.filter(code=item).exists():
            raise Http404
        indicator, found = line_evidence(card.run, card.project_id, item)
        kind = apps.get_model(indicator.model)._meta
        facts = [
            {
                "day": fact.day,
                "label": fact.label,
                "numerator": _plain(fact.numerator),
                "denominator": _plain(fact.denominator),
                "source_id": fact.source_id,
                "kind": kind.verbose_name,
                "url": _row_address(kind, fact.source_id),
            }
            for fact in found
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{indicator.title} · {card.project}",
            "card": card,
            "explanation": indicator.explanation,
            "facts": facts,
            "back": reverse("admin:evaluations_scorecard_change", args=[pk]),
        }
        return TemplateResponse(request, "admin/evaluations/facts.html", context)


def _row_address(kind: Any, pk: int | None) -> str:
    try:
        return reverse(f"admin:{kind.app_label}_{kind.model_name}_change", args=[pk])
    except NoReverseMatch:
        return ""


def _plain(value: Any) -> str:
    if value is None:
        return "–"
    text = f"{value:f}" if hasattr(value, "as_tuple") else str(value)
    return text.rstrip("0").rstrip(".") if "." in text and text.endswith("00") else text


@admin.register(ListEntry)
class ListEntryAdmin(CorrectingMixin, WithTotal, ReadOnly, SteppingMixin, RegisterAdmin):
    """Entries of the lists in work: confirmed together on the period's page, struck and corrected here."""

    has_district = False
    list_display = [
        "subject",
        "level",
        "period",
        "rank",
        "ranked",
        "total_points",
        "colour",
        "state",
        "notice_ends_on",
    ]
    list_select_related = ["project", "enterprise", "period"]
    list_filter = [
        row_filter(EvaluationPeriod, "period", _("evaluation period")),
        choice_filter("colour", _("list"), Colour.choices),
        choice_filter("state", _("state"), ListEntry.State.choices),
        choice_filter("level", _("level"), Level.choices),
        choice_filter("place", _("ranking"), Place.choices),
    ]
    search_fields = [
        "project__name",
        "project__pinyin",
        "project__code",
        "enterprise__name",
        "enterprise__pinyin",
    ]
    fields = [
        "period", "project", "enterprise", "total_points", "band", "place", "rank", "ranked", "colour", "severity", "state", "remark",
        "confirmed_by", "confirmed_at", "notice_starts_on", "notice_ends_on",
    ]  # fmt: skip
    steps = [
        Step(
            "strike",
            _("Strike from the list"),
            EVALUATORS,
            lambda e: e.is_named and e.state in (ListEntry.State.PROPOSED, ListEntry.State.CONFIRMED),
            lambda e: [
                gettext(
                    "%(entry)s leaves the list before its notice. The reason is published with the result."
                )
                % {"entry": e}
            ],
            lambda e, user, reason: releases.strike_entry(entry=e, reason=reason, acting_user=user),
            reason_label=_("Reason (published)"),
            is_plain=True,
        ),
        *(
            Step(
                f"severity-{severity}",
                _("Severity: %(severity)s") % {"severity": severity.label},
                EVALUATORS,
                lambda e, severity=severity: (
                    e.colour in (Colour.BLACK, Colour.WATCH)
                    and e.severity != severity
                    and e.state in (ListEntry.State.PROPOSED, ListEntry.State.CONFIRMED)
                ),
                lambda e, severity=severity: [
                    gettext("%(entry)s is shown in public for at most %(months)s months after it is final.")
                    % {"entry": e, "months": MOST_MONTHS[severity]}
                ],
                lambda e, user, reason, severity=severity: set_severity(
                    entry=e, severity=severity, reason=reason, acting_user=user
                ),
                reason_label=_("Reason"),
            )
            for severity in Severity
        ),
        Step(
            "pool",
            _("Decide by the second survey"),
            EVALUATORS,
            lambda e: (
                e.colour == Colour.UNDETERMINED
                and e.project_id is not None
                and e.state != ListEntry.State.WITHDRAWN
            ),
            lambda e: [
                gettext(
                    "The answers of both surveys are pooled. Still undetermined goes to key supervision."
                ),
                gettext("The second survey is due by %(day)s.")
                % {"day": corrections.resurvey_due_on(e.period) or "–"},
            ],
            lambda e, user, reason: corrections.resolve_undetermined(entry=e, acting_user=user),
        ),
        Step(
            "confirm",
            _("Confirm"),
            EVALUATORS,
            lambda e: e.is_named and e.state == ListEntry.State.PROPOSED,
            lambda e: [gettext("You confirm %(entry)s under your own name.") % {"entry": e}],
            lambda e, user, reason: releases.confirm_entries(
                period=e.period, entries=[e.pk], acting_user=user
            ),
        ),
    ]

    @admin.display(description=_("project or enterprise"), ordering="project__pinyin")
    def subject(self, entry: ListEntry) -> str:
        return str(entry.project or entry.enterprise)

    readonly_fields = ["total_points"]
    ordering = ["-period__ends_on", "-level", "rank", "pk"]

    def panel(self, request: HttpRequest, row: ListEntry) -> dict[str, Any]:
        notes = [reason_text(reason) for reason in row.reasons] or [gettext("No list rule applies.")]
        if row.colour == Colour.UNDETERMINED:
            due = corrections.resurvey_due_on(row.period)
            notes.append(gettext("To be surveyed again by %(day)s, answers pooled.") % {"day": due or "–"})
        for reply in row.replies.filter(replaced_at__isnull=True):
            notes.append(gettext("Reply of the enterprise: %(text)s") % {"text": reply.text})
        links = []
        may_correct = EVALUATORS & request.user.roles  # type: ignore[union-attr]
        if may_correct and row.project_id is not None and row.state != ListEntry.State.WITHDRAWN:
            links.append(
                {
                    "url": correct_address(row.period_id, [row.project_id]),
                    "title": _("Correct the result (preview first)"),
                }
            )
        return {"notes": notes, "links": links}
