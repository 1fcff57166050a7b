"""The page on which a person decides what rows without a code are: file and register side by side."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _

from redprop.common.errors import Refused
from redprop.common.matching import LOW, Reason
from redprop.common.tabular.declare import Context, Register
from redprop.common.tabular.engine import stored_rows
from redprop.common.tabular.kinds import Reference
from redprop.core.admin.import_views import ImportPages, State
from redprop.core.models import ImportBatch, ImportMatch
from redprop.core.services import matches, uploads

MATCHES_A_PAGE = 20
COMPARED = 3
"""Candidates shown beside the row of the file."""

LINE = 85
"""The line that the page suggests."""


class MatchPages(ImportPages):
    """The page of proposals and what its buttons do."""

    def exchange_urls(self, name: str, wrap: Any) -> list[Any]:
        """Return the address of the page."""
        one = "import/<slug:register>/<int:batch>/matches/"
        return [
            path(one, wrap(self.matches_view), name=f"{name}_matches"),
            *super().exchange_urls(name, wrap),
        ]

    def matches_view(self, request: HttpRequest, register: str, batch: int) -> HttpResponse:
        """Show the proposals of a batch, or take what a person has decided."""
        declared = self._register(request, register, to_import=True)
        found = self._batch(request, declared, batch)
        if declared.match is None:
            raise Http404
        if request.method == "POST":
            return self._take(request, declared, found)
        counts = found.matches.aggregate(
            open=Count("pk", filter=Q(decision="")),
            same=Count("pk", filter=Q(decision="same")),
            new=Count("pk", filter=Q(decision="new")),
        )
        shown = request.GET.get("show", "open")
        if shown not in counts:
            shown = "open"
        rows = found.matches.filter(decision="" if shown == "open" else shown).order_by("-points", "number")
        page = Paginator(rows, MATCHES_A_PAGE).get_page(request.GET.get("page"))
        line = _line(request.GET.get("line"))
        context = self._context(request, found.district)
        return self._page(
            request,
            "admin/core/import_matches.html",
            declared,
            batch=found,
            tabs=[
                ("open", _("To decide"), counts["open"]),
                ("same", _("The same"), counts["same"]),
                ("new", _("New"), counts["new"]),
            ],
            counts=counts,
            shown=shown,
            page=page,
            proposals=_side_by_side(declared, context, page.object_list),
            line=line,
            low=LOW,
            above=matches.above(found, line).count(),
            is_open=found.state == State.CHECKED,
            decided=counts["same"] + counts["new"],
            here=self._url("matches", declared.name, found.pk),
            preview_url=self._url("preview", declared.name, found.pk),
        )

    def _take(self, request: HttpRequest, register: Register, batch: ImportBatch) -> HttpResponse:
        here = f"{self._url('matches', register.name, batch.pk)}?{request.GET.urlencode()}"
        user: Any = request.user
        try:
            if "apply" in request.POST:
                uploads.start_check(batch=batch, acting_user=user)
                return HttpResponseRedirect(self._url("preview", register.name, batch.pk))
            if "above" in request.POST:
                count = matches.decide_above(
                    batch=batch,
                    points=_line(request.POST.get("above")),
                    expected=_number(request.POST.get("expected")),
                    acting_user=user,
                )
                messages.success(
                    request, _("%(count)s rows are taken for their proposal.") % {"count": count}
                )
            else:
                match = get_object_or_404(batch.matches, pk=_number(request.POST.get("match")) or 0)
                target = request.POST.get("same", "")
                decision = ImportMatch.Decision.SAME if target else request.POST.get("decision", "")
                if decision not in ImportMatch.Decision.values:
                    raise Http404
                matches.decide(match=match, decision=decision, target=target, acting_user=user)
        except Refused as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(here)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 12 else None


def _line(text: str | None) -> int:
    number = _number(text)
    return LINE if number is None else max(LOW, min(100, number))


def _side_by_side(register: Register, context: Context, proposals: Any) -> list[dict[str, Any]]:
    """Return each proposal with its candidates and, by column, what file and register say. Two queries."""
    wanted = {one["pk"] for match in proposals for one in match.candidates[:COMPARED]}
    stored = stored_rows(register, context, wanted) if wanted else {}
    shown = []
    for match in proposals:
        candidates = match.candidates[:COMPARED]
        lines = []
        for i, column in enumerate(register.columns):
            sent = match.values.get(column.header, "")
            if not sent and column.field == "name":
                # a row taken by its name leaves the register's name as it is; the file's own is its label
                sent = match.label
            kept = [
                (one["code"], _text(column, stored.get(one["pk"]), i, len(register.columns)))
                for one in candidates
            ]
            if sent or any(text for _code, text in kept):
                sides = [(code, text, bool(sent) and text == sent) for code, text in kept]
                lines.append((column.header, sent, sides))
        for one in candidates:
            one["reasons"] = [Reason.from_list(kept) for kept in one["reasons"]]
            one["chosen"] = match.decision == ImportMatch.Decision.SAME and match.target == str(one["pk"])
        shown.append({"match": match, "candidates": candidates, "lines": lines})
    return shown


def _text(column: Any, values: tuple[Any, ...] | None, i: int, width: int) -> str:
    if values is None or column.transient:
        return ""
    return str(values[width + i] or "") if isinstance(column.kind, Reference) else column.kind.show(values[i])
