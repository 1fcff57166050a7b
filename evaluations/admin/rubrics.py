"""Scoring standards: the editor with its sum of points, copies, versions side by side, trial runs."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluations.admin.rubric_views import EVALUATORS, RubricViews, is_frozen
from evaluations.admin.stepping import Step, SteppingMixin
from evaluations.indicators import REGISTRY
from evaluations.models import Rubric, RubricBand, RubricItem
from evaluations.scoring.problems import NotUsable
from evaluations.scoring.rubric import Item, Missing, number, transform_from_json
from evaluations.scoring.rubric import Rubric as RubricValue
from evaluations.scoring.validation import problems
from evaluations.services.rubrics import copy_rubric, translated, value_of
from evaluations.trials.versions import points_sum
from evaluations.words import rule_text
from redprop.common.errors import Refused
from redprop.core.admin.base import RegisterAdmin, RegisterInline
from redprop.core.admin.exchange import ImportExportMixin


class ItemInline(RegisterInline):
    """Items of a rubric."""

    model = RubricItem
    fields = ["position", "code", "title", "pillar", "points", "source", "transform", "missing", "min_n"]
    readonly_fields = ["in_words"]
    per_page = 50

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A frozen rubric is read, not edited: its rules stand in words instead of data."""
        if obj is None or not is_frozen(obj):
            return self.fields
        return ["position", "code", "title", "pillar", "points", "source", "in_words"]

    @admin.display(description=_("rule"))
    def in_words(self, item: RubricItem) -> str:
        try:
            return rule_text(item_value(item))
        except NotUsable:
            return "–"


class BandInline(RegisterInline):
    """Bands of the total."""

    model = RubricBand
    fields = ["lower", "code", "title"]


@admin.register(Rubric)
class RubricAdmin(RubricViews, SteppingMixin, ImportExportMixin, RegisterAdmin):
    """Scoring standards; frozen once a period was closed with one."""

    list_display = ["title", "code", "version", "document", "valid_from", "total_scale", "is_sample"]
    search_fields = ["title", "code", "document"]
    fieldsets = [
        (None, {"fields": ["district", "code", "version", "title", "document", "valid_from", "is_sample"]}),
        (
            _("Scale and rounding"),
            {"fields": ["total_scale", "quantum", "mode", "min_available", "cap_total", "satisfaction_item"]},
        ),
        (
            _("Lists"),
            {
                "fields": [
                    "rollup",
                    "rank_groups",
                    "list_rule",
                    "enterprise_rule",
                ]
            },
        ),
        (
            _("Working days"),
            {
                "fields": [
                    "recording_workdays",
                    "notice_workdays",
                    "objection_workdays",
                    "resurvey_workdays",
                    "reinspection_workdays",
                    "interview_workdays",
                    "manager_workdays",
                    "advice_workdays",
                ]
            },
        ),
    ]
    inlines = [ItemInline, BandInline]
    steps = [
        Step(
            "copy",
            _("Copy as a new version"),
            EVALUATORS,
            lambda rubric: True,
            lambda rubric: [
                gettext("A copy of %(rubric)s with all its items and bands is recorded, in force from today.")
                % {"rubric": rubric},
                gettext("It can be changed until a period is closed with it."),
            ],
            lambda rubric, user, version: copy_rubric(rubric=rubric, version=version, acting_user=user),
            reason_label=_("New version"),
            is_plain=True,
        )
    ]

    def get_urls(self) -> list:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/trial/", wrap(self.trial_view), name="evaluations_rubric_trial"),
            path("<int:pk>/compare/", wrap(self.compare_view), name="evaluations_rubric_compare"),
            *super().get_urls(),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and is_frozen(obj):
            return False
        return super().has_change_permission(request, obj)

    def panel(self, request: HttpRequest, row: Rubric) -> dict[str, Any]:
        facts: list[tuple[Any, Any]] = []
        try:
            value = value_of(row)
            facts = _points(value)
            notes = [translated(problem) for problem in problems(value, frozenset(REGISTRY))]
        except Refused as wrong:
            notes = [str(wrong)]
        periods = [str(period) for period in row.periods.order_by("starts_on")]
        facts += [
            (_("document number"), row.document),
            (_("in force from"), row.valid_from),
            (_("periods"), "、".join(periods) or _("none yet")),
        ]
        if is_frozen(row):
            notes = [
                gettext(
                    "A period was closed with this rubric: it is frozen, so that every published score can be recomputed."
                ),
                gettext("To change it, copy it as a new version below and change the copy."),
            ]
        elif not notes:
            notes = [
                gettext(
                    "The rubric adds up and can be used. It can be changed until a period is closed with it."
                )
            ]
        links = [
            {
                "url": reverse("admin:evaluations_rubric_compare", args=[row.pk]),
                "title": _("Compare with another version"),
            }
        ]
        if self.may_try(request):
            links.insert(
                0,
                {
                    "url": reverse("admin:evaluations_rubric_trial", args=[row.pk]),
                    "title": _("Trial run: on a table of marks or a past period"),
                },
            )
        return {"facts": facts, "notes": notes, "links": links}


def item_value(item: RubricItem) -> Item:
    """Return what the rule of a stored item says; raises NotUsable."""
    return Item(
        item.code,
        item.title,
        item.points,
        transform_from_json(item.transform),
        item.source,
        missing=Missing(item.missing),
        min_n=item.min_n,
    )


def _points(value: RubricValue) -> list[tuple[Any, Any]]:
    """Return the sum of points at a glance: in all, by pillar, and what stands outside."""
    total = points_sum(value)
    scale = number(value.total_scale)
    fits = gettext("adds up") if total == value.total_scale else gettext("does not add up")
    facts: list[tuple[Any, Any]] = [
        (
            _("sum of points"),
            gettext("%(points)s of %(scale)s: %(fits)s")
            % {"points": number(total), "scale": scale, "fits": fits},
        ),
        (_("items"), len(value.items)),
    ]
    pillars: dict[str, Any] = {}
    for item in value.items:
        if not item.adds and item.pillar:
            pillars[item.pillar] = pillars.get(item.pillar, 0) + item.points
    if pillars:
        told = "、".join(f"{name} {number(points)}" for name, points in pillars.items())
        facts.append((_("by pillar"), told))
    outside = "、".join(item.title for item in value.items if item.adds)
    if outside:
        facts.append((_("outside the sum"), outside))
    return facts
