"""Scorecards with their lines and facts, list entries, releases with their frozen rows, objections."""

import tempfile
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
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
    Objection,
    Place,
    Release,
    ReleaseEntry,
    Scorecard,
)
from evaluations.models.severity import MOST_MONTHS, Severity
from evaluations.selectors import card_lines, line_evidence
from evaluations.services import corrections, objections, releases
from evaluations.services.bundles import write_bundle
from evaluations.services.differences import differences
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
DECIDERS = frozenset({Role.OBJECTION_DECIDER})


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


@admin.register(Release)
class ReleaseAdmin(ReadOnly, SteppingMixin, RegisterAdmin):
    """Published lists: frozen, chained, each with its bundle."""

    list_display = ["sequence", "title", "kind", "state", "published_at", "published_by", "window_ends_on"]
    list_select_related = ["published_by"]
    list_filter = [choice_filter("kind", _("kind"), Release.Kind.choices)]
    search_fields = ["title", "index_number", "digest"]
    fields = [
        "sequence", "kind", "state", "title", "index_number", "issuer", "rubric_label", "published_at",
        "published_by", "window_ends_on", "digest", "previous_digest", "files_published_at",
    ]  # fmt: skip

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.bundle_view)
        return [path("<int:pk>/bundle/", view, name="evaluations_release_bundle"), *super().get_urls()]

    def panel(self, request: HttpRequest, row: Release) -> dict[str, Any]:
        counts = row.counts.get("project", {})
        facts = [(Colour(colour).label, n) for colour, n in counts.items()]
        if row.state == Release.State.DRAFT:
            return {"facts": facts}
        rows = reverse("admin:evaluations_releaseentry_changelist") + f"?release={row.pk}"
        links = [
            {"url": rows, "title": _("Published entries")},
            {
                "url": reverse("admin:evaluations_release_bundle", args=[row.pk]),
                "title": _("Bundle to recompute it (.zip)"),
            },
        ]
        facts, notes = list(facts), []
        for one in differences(row.period):
            name = Colour(one.colour).label
            facts.append(
                (
                    name,
                    gettext(
                        "notice %(first)s + added %(added)s − not final %(dropped)s − waiting %(waiting)s = final %(final)s"
                    )
                    % {
                        "first": one.first,
                        "added": len(one.added),
                        "dropped": len(one.dropped),
                        "waiting": len(one.waiting),
                        "final": one.final,
                    },
                )
            )
            notes += [
                gettext("%(colour)s: %(what)s was added by a later notice.")
                % {"colour": name, "what": published.project_name}
                for published in one.added
            ]
            notes += [
                gettext("%(colour)s: %(what)s did not become final. %(why)s")
                % {"colour": name, "what": published.project_name, "why": published.entry.remark}
                for published in one.dropped
            ]
        return {"facts": facts, "links": links, "notes": notes}

    def bundle_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Hand out the bundle of a published release."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_queryset(request).select_related("district", "period", "run__period__rubric")
        release = found.filter(pk=pk).exclude(state=Release.State.DRAFT).first()
        if release is None:
            raise Http404
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "bundle.zip"
            write_bundle(release=release, path=out)
            name = f"{release.index_number}.zip"
            return FileResponse(out.open("rb"), as_attachment=True, filename=name)


@admin.register(ReleaseEntry)
class ReleaseEntryAdmin(WithTotal, ReadOnly, SteppingMixin, RegisterAdmin):
    """Rows as they were published."""

    has_district = False
    list_display = [
        "name",
        "level",
        "release",
        "rank",
        "total_points",
        "colour",
        "is_named",
        "preceding_label",
    ]
    list_select_related = ["release"]
    list_filter = [
        row_filter(Release, "release", _("release")),
        choice_filter("colour", _("list"), Colour.choices),
        choice_filter("level", _("level"), Level.choices),
    ]
    search_fields = ["project_name", "enterprise_name", "project_code", "pseudonym"]
    fields = [
        "release", "pseudonym", "project_name", "project_code", "enterprise_name", "enterprise_uscc", "manager_post",
        "colour", "total_points", "band", "rank", "ranked", "notice_starts_on", "notice_ends_on", "digest",
    ]  # fmt: skip

    @admin.display(description=_("project or enterprise"))
    def name(self, row: ReleaseEntry) -> str:
        return row.project_name or row.enterprise_name

    @admin.display(description=_("colour in the preceding period"))
    def preceding_label(self, row: ReleaseEntry) -> str:
        code = row.preceding_colour
        return str(Colour(code).label) if code in Colour.values else code or "–"

    readonly_fields = ["total_points"]

    def panel(self, request: HttpRequest, row: ReleaseEntry) -> dict[str, Any]:
        return {"notes": [reason_text(reason) for reason in row.reasons]}


def _says(objection: Objection) -> str:
    """Whoever decides has the objection's own words in sight."""
    return gettext("The objection says: %(text)s") % {"text": objection.text}


@admin.register(Objection)
class ObjectionAdmin(ReadOnly, SteppingMixin, RegisterAdmin):
    """Objections: admitted or refused, then decided by somebody who did not score."""

    has_district = False
    list_display = ["code", "entry", "by", "item_title", "state", "filed_at", "due_on", "decided_by"]
    list_select_related = ["entry__project", "entry__enterprise", "decided_by"]
    list_filter = [choice_filter("state", _("state"), Objection.State.choices)]
    search_fields = ["code", "text", "entry__project__name"]
    fields = [
        "code",
        "entry",
        "by",
        "item_title",
        "text",
        "state",
        "filed_at",
        "due_on",
        "decided_by",
        "decided_at",
        "result",
    ]
    steps = [
        Step(
            "admit",
            _("Admit"),
            DECIDERS,
            lambda o: o.state == Objection.State.FILED,
            lambda o: [
                _says(o),
                gettext("The objection is examined; it is to be decided by %(day)s.") % {"day": o.due_on},
            ],
            lambda o, user, reason: objections.admit_objection(objection=o, acting_user=user),
        ),
        Step(
            "refuse",
            _("Refuse"),
            DECIDERS,
            lambda o: o.state == Objection.State.FILED,
            lambda o: [
                _says(o),
                gettext("The objection is not examined; the entry goes back into its notice."),
            ],
            lambda o, user, reason: objections.refuse_objection(objection=o, result=reason, acting_user=user),
            reason_label=_("Written reasons"),
            is_plain=True,
        ),
        Step(
            "uphold",
            _("Uphold"),
            DECIDERS,
            lambda o: o.state == Objection.State.ADMITTED,
            lambda o: [
                _says(o),
                gettext("The objection is right: %(entry)s leaves the list.") % {"entry": o.entry},
            ],
            lambda o, user, reason: objections.decide_objection(
                objection=o, upheld=True, result=reason, acting_user=user
            ),
            reason_label=_("Written reasons"),
        ),
        Step(
            "reject",
            _("Reject"),
            DECIDERS,
            lambda o: o.state == Objection.State.ADMITTED,
            lambda o: [
                _says(o),
                gettext("The objection is not right: %(entry)s stays and can become final.")
                % {"entry": o.entry},
            ],
            lambda o, user, reason: objections.decide_objection(
                objection=o, upheld=False, result=reason, acting_user=user
            ),
            reason_label=_("Written reasons"),
            is_plain=True,
        ),
    ]

    readonly_fields = ["item_title"]

    @admin.display(description=_("item"), ordering="item")
    def item_title(self, objection: Objection) -> str:
        items = objection.entry.period.rubric.items.all()
        return next((i.title for i in items if i.code == objection.item), objection.item or "–")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("entry__period__rubric__items")

    def panel(self, request: HttpRequest, row: Objection) -> dict[str, Any]:
        role = objections.scorer_role(row.entry, request.user) if row.is_open else ""
        if role:
            return {
                "notes": [
                    gettext("You may not decide this objection: you %(role)s. Somebody else decides it.")
                    % {"role": role}
                ]
            }
        return {}
