"""Taking over an edition of the divisions on the page of communities: upload, preview by outcome, confirm.

The preview is worked out anew from the kept file each time it is looked at; what a person decides there
goes to `redprop.core.services.editions.confirm_edition`. Also the communities of any day.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from redprop.areas.models import Community, DivisionEdition, Subdistrict
from redprop.areas.selectors import communities_on
from redprop.areas.services.editions import (
    ADDED,
    AS_NEW,
    MOVED,
    RECODED,
    REMOVED,
    RENAMED,
    Comparison,
    Line,
)
from redprop.common.errors import Refused
from redprop.common.tabular import declare
from redprop.core.admin.base import districts_of, today_of
from redprop.core.admin.exchange_base import ExchangePage
from redprop.core.admin.import_views import FILE_TYPES
from redprop.core.models import ImportBatch
from redprop.core.services import editions

GROUPS = [
    (REMOVED, gettext_lazy("Removed"), gettext_lazy("They end on that day; nothing of theirs is deleted. What hangs on them goes to the worklist of dissolved communities, where you name their successors.")),
    (RENAMED, gettext_lazy("Renamed"), gettext_lazy("Same code, another name: taken for the same community.")),
    (RECODED, gettext_lazy("Another code"), gettext_lazy("Another code, same name: probably the same community. It keeps its compounds and filings only if you say so.")),
    (MOVED, gettext_lazy("Moved to another subdistrict"), gettext_lazy("Same code and name under another subdistrict.")),
    (ADDED, gettext_lazy("Added"), gettext_lazy("New in the list.")),
]  # fmt: skip


class EditionForm(forms.Form):
    """The list, and which edition it is."""

    file = forms.FileField(allow_empty_file=True)
    edition = forms.CharField(max_length=20)
    as_of = forms.DateField(required=False)


class EditionPages(ExchangePage):
    """Adds the pages to the page of communities."""

    list_before_template = "admin/core/division_links.html"

    def exchange_urls(self, name: str, wrap: Any) -> list[Any]:
        """Return the addresses of the edition's pages and of the communities of a day."""
        return [
            path("edition/", wrap(self.edition_view), name=f"{name}_edition"),
            path("edition/<int:batch>/", wrap(self.edition_preview), name=f"{name}_edition_preview"),
            path("on/", wrap(self.day_view), name=f"{name}_on"),
            *super().exchange_urls(name, wrap),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list with links to the edition's pages."""
        may_import = self._may_take_over(request)
        more = {
            "edition_url": self._url("edition") if may_import else "",
            "day_url": self._url("on"),
            "worklist_url": reverse("admin:communities_compound_dissolved"),
            **(extra_context or {}),
        }
        return super().changelist_view(request, more)

    def _may_take_over(self, request: HttpRequest) -> bool:
        try:
            self._register(request, editions.REGISTER, to_import=True)
        except PermissionDenied:
            return False
        return True

    def edition_view(self, request: HttpRequest) -> HttpResponse:
        """Take the list of an edition and lead to its preview; a list that cannot be taken gets its sentence."""
        register = self._register(request, editions.REGISTER, to_import=True)
        form = EditionForm(request.POST or None, request.FILES or None)
        refusal = ""
        if request.method == "POST":
            if form.is_valid():
                try:
                    found = editions.stage_edition(
                        upload=form.cleaned_data["file"],
                        context=self._context(request),
                        edition=form.cleaned_data["edition"],
                        as_of=form.cleaned_data["as_of"],
                    )
                    assert found.batch is not None
                    return HttpResponseRedirect(self._url("edition_preview", found.batch.pk))
                except Refused as refused:
                    refusal = str(refused)
            else:
                refusal = _("Choose the file and name its edition.")
        return self._page(
            request,
            "admin/core/edition.html",
            register,
            title=_("Take over an edition of the divisions"),
            form=form,
            refusal=refusal,
            file_types=FILE_TYPES,
            taken=DivisionEdition.objects.for_user(request.user)[:10],
        )

    def edition_preview(self, request: HttpRequest, batch: int) -> HttpResponse:
        """Show what the list changes, by outcome; a POST with the decisions writes it."""
        register = self._register(request, editions.REGISTER, to_import=True)
        found = get_object_or_404(
            ImportBatch.objects.for_user(request.user).filter(options__has_key="edition"),
            pk=batch,
            register=editions.REGISTER,
        )
        context = self._context(request, found.district)
        refusal = ""
        decided = {k[4:]: v for k, v in request.POST.items() if k.startswith("row-") and v}
        is_open = found.state == ImportBatch.State.CHECKED
        if request.method == "POST":
            try:
                editions.confirm_edition(
                    batch=found,
                    context=context,
                    decisions=self._decisions(request, found, context, decided),
                    seal=request.POST.get("seal", ""),
                )
                messages.success(
                    request,
                    _("Edition %(edition)s is taken over.") % {"edition": found.options["edition"]},
                )
                return HttpResponseRedirect(self._url("edition_preview", found.pk))
            except Refused as refused:
                refusal = str(refused)
        more: dict[str, Any] = {}
        if is_open:
            try:
                now = editions.look_again(batch=found, context=context)
            except Refused as refused:
                refusal, now = str(refused), None
            if now is not None and now.comparison is not None:
                more = _shown(now.comparison, decided)
        return self._page(
            request,
            "admin/core/edition_preview.html",
            register,
            title=_("Edition %(edition)s of the divisions, as of %(day)s")
            % {"edition": found.options["edition"], "day": found.options["as_of"]},
            batch=found,
            is_open=is_open,
            refusal=refusal,
            written=_written(found) if not is_open else [],
            edition_url=self._url("edition"),
            record_url=self._url("preview", register.name, found.pk),
            accept_all=request.POST.get("accept_all") == "1",
            **more,
        )

    def _as_edition(self, request: HttpRequest, batch: int) -> HttpResponse | None:
        """Lead to the edition's own preview: as a plain import its list would end nobody."""
        staged = ImportBatch.objects.for_user(request.user).filter(
            pk=batch, options__has_key="edition", state=ImportBatch.State.CHECKED
        )
        return HttpResponseRedirect(self._url("edition_preview", batch)) if staged.exists() else None

    def preview_view(self, request: HttpRequest, register: str, batch: int) -> HttpResponse:
        """Show a batch; of a staged edition its own preview."""
        return self._as_edition(request, batch) or super().preview_view(request, register, batch)  # type: ignore[misc]

    def confirm_view(self, request: HttpRequest, register: str, batch: int) -> HttpResponse:
        """Write a checked upload; an edition is confirmed on its own preview."""
        return self._as_edition(request, batch) or super().confirm_view(request, register, batch)  # type: ignore[misc]

    def check_view(self, request: HttpRequest, register: str, batch: int) -> HttpResponse:
        """Check a kept file again; an edition is compared anew on its own preview."""
        return self._as_edition(request, batch) or super().check_view(request, register, batch)  # type: ignore[misc]

    def _decisions(
        self, request: HttpRequest, batch: ImportBatch, context: Any, decided: dict[str, str]
    ) -> dict[str, str]:
        """What the person chose for each row; "same" stands for the proposal. Refused while a row is open."""
        now = editions.look_again(batch=batch, context=context)
        accept_all = request.POST.get("accept_all") == "1"
        decisions: dict[str, str] = {}
        open_rows = []
        for line in now.comparison.of(RENAMED, RECODED, ADDED) if now.comparison else []:
            assert line.listed is not None
            choice = decided.get(line.listed.code) or ("same" if accept_all and _proposal(line) else "")
            if not choice and (line.kind != ADDED or line.is_guess):
                open_rows.append(f"{line.listed.code} {line.listed.name}")
            elif line.kind == RECODED and choice == "same" and line.community:
                decisions[line.listed.code] = str(line.community.pk)
            elif choice and choice != "same":
                decisions[line.listed.code] = choice
        if open_rows:
            raise Refused(
                _("Still to be decided: %(rows)s. Choose for each row, or take all proposals.")
                % {"rows": "、".join(open_rows)},
                code="undecided",
            )
        return decisions

    # The communities of a day

    def day_view(self, request: HttpRequest) -> HttpResponse:
        """Show code, name and subdistrict of every community on a day."""
        if not request.user.has_perm("areas.view_community") or not districts_of(request):
            raise PermissionDenied
        today = today_of(request)
        form = DayForm(request.GET or None)
        day = form.cleaned_data["day"] if form.is_valid() else today
        streets = dict(
            Subdistrict.objects.for_user(request.user)
            .filter(district=districts_of(request)[0])
            .values_list("code", "name")
        )
        named = [
            (one.code, one.name, streets[one.code[:9]])
            for one in communities_on(districts_of(request)[0], day)
            if one.code[:9] in streets
        ]
        return self._page(
            request,
            "admin/core/communities_on.html",
            declare.get(editions.REGISTER),
            title=_("Communities on %(day)s") % {"day": day.isoformat()},
            rows=named,
            day=day,
            is_wrong=bool(request.GET) and not form.is_valid(),
            taken=DivisionEdition.objects.for_user(request.user)[:10],
        )


class DayForm(forms.Form):
    """A day."""

    day = forms.DateField()


def _proposal(line: Line) -> bool:
    """Whether the line itself says what to do, so that a person can take it as it is."""
    return line.kind in (RENAMED, RECODED)


def _shown(comparison: Comparison, decided: dict[str, str]) -> dict[str, Any]:
    streets = {
        pk: name
        for pk, name in Subdistrict.objects.filter(
            pk__in={side.subdistrict_id for line in comparison.lines for side in (line.community, line.listed) if side}
        ).values_list("pk", "name")
    }  # fmt: skip
    ending = [line.community for line in comparison.of(REMOVED)]
    groups = []
    for kind, title, help_text in GROUPS:
        rows = [
            {
                "line": line,
                "old": _side(line.community, streets),
                "new": _side(line.listed, streets),
                "moves": line.moves and kind != MOVED,
                "choices": _choices(line, ending),
                "chosen": decided.get(line.listed.code, "") if line.listed else "",
            }
            for line in comparison.of(kind)
        ]
        if rows:
            groups.append(
                {
                    "kind": kind,
                    "title": title,
                    "help": help_text,
                    "rows": rows,
                    "decides": any(r["choices"] for r in rows),
                }
            )
    return {
        "groups": groups,
        "unchanged": comparison.unchanged,
        "seal": comparison.seal(),
        "blocked": any(line.refusal for line in comparison.lines),
    }


def _side(one: Any, streets: dict[int, str]) -> dict[str, str] | None:
    if one is None:
        return None
    return {"code": one.code, "name": one.name, "street": streets.get(one.subdistrict_id, "")}


def _choices(line: Line, ending: list[Community | None]) -> list[tuple[str, str]]:
    """What a person may say of a row; empty where there is nothing to choose."""
    if line.kind == RENAMED:
        return [
            ("same", _("the same community, renamed")),
            (AS_NEW, _("another one: the old one ends, this one is new")),
        ]
    if line.kind == RECODED:
        return [
            ("same", _("the same community under a new code")),
            (AS_NEW, _("another one: the old one ends, this one is new")),
        ]
    if line.kind == ADDED:
        found = line.candidates or [one for one in ending if one is not None]
        if not found:
            return []
        return [
            (AS_NEW, _("a new community")),
            *((str(one.pk), _("continues %(old)s") % {"old": f"{one.name} {one.code}"}) for one in found),
        ]
    return []


def _written(batch: ImportBatch) -> list[dict[str, Any]]:
    """The lines of a written edition by outcome, as they were kept with it."""
    lines = batch.options.get("lines", [])
    return [
        {"title": title, "rows": [line for line in lines if line["change"] == kind]}
        for kind, title, _help in GROUPS
        if any(line["change"] == kind for line in lines)
    ]
