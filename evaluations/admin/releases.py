"""Releases with their frozen rows and the difference of notice and final list, objections."""

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluations.admin.lists import WithTotal
from evaluations.admin.stepping import Step, SteppingMixin
from evaluations.models import Colour, Level, Objection, Release, ReleaseEntry, Scorecard
from evaluations.selectors import card_lines
from evaluations.services import objections
from evaluations.services.bundles import write_bundle
from evaluations.services.differences import differences
from evaluations.words import reason_text
from redprop.accounts.roles import Role
from redprop.core.admin.base import ReadOnly, RegisterAdmin
from redprop.core.admin.filters import choice_filter, row_filter

DECIDERS = frozenset({Role.OBJECTION_DECIDER})


def _difference_tables(release: Release) -> list[dict[str, Any]]:
    """Notice and final list of the release's period with their difference: the numbers, then the projects behind them."""
    found = differences(release.period)
    numbers = [
        [Colour(one.colour).label, one.first, len(one.added), len(one.dropped), len(one.waiting), one.final]
        for one in found
    ]
    moved = [
        [published.project_name, Colour(one.colour).label, what, published.entry.remark or "–"]
        for one in found
        for what, rows in (
            (gettext("added by a later notice"), one.added),
            (gettext("did not become final"), one.dropped),
            (gettext("still waits"), one.waiting),
        )
        for published in rows
    ]
    tables = [
        {
            "caption": gettext("Notice and final list of %(period)s, projects") % {"period": release.period},
            "head": [
                gettext("list"),
                gettext("first notice"),
                gettext("+ added"),
                gettext("− not final"),
                gettext("− waiting"),
                gettext("= final"),
            ],
            "rows": numbers,
        }
    ]
    if moved:
        tables.append(
            {
                "caption": gettext("What makes the difference"),
                "head": [gettext("service project"), gettext("list"), gettext("what"), gettext("why")],
                "rows": moved,
                "is_words": True,
            }
        )
    return tables


@admin.register(Release)
class ReleaseAdmin(ReadOnly, SteppingMixin, RegisterAdmin):
    """Published lists: frozen, chained, each with its bundle."""

    list_display = ["sequence", "title", "kind", "state", "published_at", "published_by", "window_ends_on"]
    list_select_related = ["published_by"]
    list_filter = [choice_filter("kind", _("kind"), Release.Kind.choices)]
    search_fields = ["title", "index_number", "digest"]
    fields = [
        "sequence",
        "kind",
        "state",
        "title",
        "index_number",
        "issuer",
        "rubric_label",
        "published_at",
        "published_by",
        "window_ends_on",
        "digest",
        "previous_digest",
        "files_published_at",
    ]

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
        notes = []
        if row.run.corrects_id is not None:
            notes.append(gettext("What was corrected, and why: %(why)s") % {"why": row.run.message})
        return {"facts": facts, "notes": notes, "links": links, "tables": _difference_tables(row)}

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
        "release",
        "pseudonym",
        "project_name",
        "project_code",
        "enterprise_name",
        "enterprise_uscc",
        "manager_post",
        "colour",
        "total_points",
        "band",
        "rank",
        "ranked",
        "notice_starts_on",
        "notice_ends_on",
        "digest",
    ]

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


def _card_of(objection: Objection) -> Scorecard | None:
    """The scorecard behind the entry: of the newest run that scored the project anew."""
    cards = Scorecard.objects.filter(
        run__period=objection.entry.period_id, project=objection.entry.project_id
    )
    return (
        cards.filter(run__lte=objection.entry.run_id)
        .select_related("run__period__rubric")
        .order_by("-run")
        .first()
    )


def _disputed_lines(objection: Objection) -> list[dict[str, Any]]:
    """The line of the scorecard that is disputed; all lines when the objection names none."""
    card = _card_of(objection) if objection.entry.project_id else None
    if card is None:
        return []
    lines = [line for line in card_lines(card) if objection.item in ("", line.item)]
    return [
        {
            "caption": gettext("What was scored"),
            "head": [gettext("item"), gettext("points"), gettext("of"), gettext("rule")],
            "rows": [
                [
                    line.title,
                    "–" if line.points is None else f"{line.points:.2f}",
                    f"{line.full:.2f}",
                    line.rule,
                ]
                for line in lines
            ],
            "is_words": True,
        }
    ]


def _disputed_links(objection: Objection) -> list[dict[str, str]]:
    card = _card_of(objection) if objection.entry.project_id else None
    if card is None:
        return []
    title = gettext("Scorecard with the facts behind each line")
    return [{"url": reverse("admin:evaluations_scorecard_change", args=[card.pk]), "title": title}]


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
        entry = row.entry
        notes = [_says(row)]
        role = objections.scorer_role(entry, request.user) if row.is_open else ""
        if role:
            notes.append(
                gettext("You may not decide this objection: you %(role)s. Somebody else decides it.")
                % {"role": role}
            )
        elif row.state == Objection.State.FILED:
            notes.append(
                gettext(
                    "Expected next: admitted or refused, then decided by %(day)s. The entry is held until then."
                )
                % {"day": row.due_on}
            )
        elif row.state == Objection.State.ADMITTED:
            notes.append(
                gettext("Expected next: upheld or rejected with written reasons by %(day)s.")
                % {"day": row.due_on}
            )
        facts = [
            (_("list entry"), str(entry)),
            (_("total (points)"), "–" if entry.total is None else f"{entry.total:.2f}"),
            (_("rank"), f"{entry.rank or '–'} / {entry.ranked}"),
        ]
        return {"facts": facts, "notes": notes, "tables": _disputed_lines(row), "links": _disputed_links(row)}
