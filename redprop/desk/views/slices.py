"""The first review (初审) of subsidies at the desk: a clerk sees the own street's lines, confirms, holds or returns."""

from django.core.paginator import Paginator
from django.db.models import Case, Count, F, Max, Min, Q, QuerySet, Sum, When
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from evaluations.models import PaymentLine, SubsidySlice
from evaluations.models.subsidies.batches import BatchState, SliceState
from evaluations.models.subsidies.lines import LineState
from evaluations.services import batches
from evaluations.subsidies.words import explain
from redprop.common.errors import Refused
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.page import Desk, carry_out, desk_page, show

PAGE = 50
SUBJECT = ("entitlement__benefit", "entitlement__compound", "entitlement__person")
REWARDED = Case(When(entitlement__benefit="reward", then=F("entitlement__project")))
"""What a row of a slice is about: a compound, a person, or the project that a reward is for."""


def slices_of(desk: Desk) -> QuerySet[SubsidySlice]:
    """Slices of the user's own subdistricts that were ever filled."""
    return (
        SubsidySlice.objects.filter(subdistrict__in=desk.subdistrict_ids)
        .exclude(lines=None)
        .select_related("batch__fund", "subdistrict", "reviewed_by")
    )


@desk_list("slices")
def slices_list(desk: Desk, query: QueryDict) -> DeskList:
    """The slices of the own street, those that wait first."""
    return DeskList(
        title=_("First review of subsidies"),
        rows=slices_of(desk).order_by("-batch__pk", "subdistrict__code").distinct(),
        columns=[
            (_("Fund"), "batch.fund"),
            (_("Period"), "batch.period_label"),
            (_("Subdistrict"), "subdistrict"),
            (_("State"), "get_state_display"),
            (_("Lines"), "line_count"),
            (_("Total amount (yuan)"), "total"),
            (_("First review by"), "reviewed_by"),
        ],
        money=[_("Total amount (yuan)")],
    )


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """The slices of the own street."""
    page = Paginator(slices_list(request.desk, request.GET).rows, PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.sum = f"{row.total:,.2f}"
    return show(request, "desk/slices.html", {"page_obj": page, "page_query": ""})


@desk_list("slice")
def slice_list(desk: Desk, query: QueryDict) -> DeskList:
    """The lines of one slice, a row for each; `of` is the slice."""
    of = query.get("of", "")
    piece = get_object_or_404(slices_of(desk), pk=int(of) if of.isdecimal() and len(of) < 18 else 0)
    rows = PaymentLine.objects.filter(slice=piece).exclude(state=LineState.DROPPED)
    return DeskList(
        title=_("Subsidy lines"),
        rows=rows.select_related("entitlement").order_by("number"),
        columns=[
            (_("Number"), "number"),
            (_("Subject"), "subject_name"),
            (_("Payee"), "payee_name"),
            (_("Month"), "entitlement.unit"),
            (_("Amount (yuan)"), "amount"),
            (_("State"), "get_state_display"),
            (_("How it was calculated"), lambda row: " ".join(explain(row.entitlement))),
        ],
        filters=[(_("Batch"), piece.batch.number), (_("Subdistrict"), piece.subdistrict)],
        money=[_("Amount (yuan)")],
    )


def waits(piece: SubsidySlice) -> bool:
    """Whether the slice waits for its first review."""
    return piece.state == SliceState.PREPARED and piece.batch.state == BatchState.PREPARED


@desk_page
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One slice: a row per subject with its months, sum and how it was calculated; then the buttons."""
    piece = get_object_or_404(slices_of(request.desk), pk=pk)
    lines = PaymentLine.objects.filter(slice=piece).exclude(state=LineState.DROPPED)
    subjects = (
        lines.order_by()
        .values(*SUBJECT, "subject_name", "payee_name", rewarded=REWARDED)
        .annotate(
            first=Min("number"),
            months=Count("pk"),
            total=Sum("amount"),
            held=Count("pk", filter=Q(state=LineState.HELD)),
            since=Min("entitlement__unit"),
            until=Max("entitlement__unit"),
        )
        .order_by("first")
    )
    page = Paginator(subjects, PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    of_subject: dict[tuple[str, int | None, int | None, int | None], list[PaymentLine]] = {}
    shown = lines.filter(
        Q(entitlement__compound__in=[row["entitlement__compound"] for row in rows])
        | Q(entitlement__person__in=[row["entitlement__person"] for row in rows])
        | Q(entitlement__project__in=[row["rewarded"] for row in rows], entitlement__benefit="reward")
    )
    for line in shown.select_related("entitlement").order_by("number"):
        owed = line.entitlement
        rewarded = owed.project_id if owed.benefit == "reward" else None
        key = (owed.benefit, owed.compound_id, owed.person_id, rewarded)
        of_subject.setdefault(key, []).append(line)
    for row in rows:
        benefit, compound, person = (row[name] for name in SUBJECT)
        found = of_subject[benefit, compound, person, row["rewarded"]]
        row["sum"] = f"{row['total']:,.2f}"
        row["words"] = explain(found[0].entitlement)
        if len({line.amount for line in found}) > 1:
            row["by_month"] = [f"{line.entitlement.unit}: {explain(line.entitlement)[0]}" for line in found]
    page.object_list = rows
    context = {
        "piece": piece,
        "sum": f"{piece.total:,.2f}",
        "page_obj": page,
        "page_query": "",
        "waits": waits(piece),
        "held": lines.filter(state=LineState.HELD).order_by("number"),
    }
    return show(request, "desk/slice.html", context)


@require_POST
@desk_page
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm the slice."""
    piece = get_object_or_404(slices_of(request.desk), pk=pk)
    return carry_out(
        request,
        lambda: batches.review_slice(
            batch=piece.batch, subdistrict=piece.subdistrict, acting_user=request.user
        ),
        _("First review done."),
        reverse("desk:slice", args=[pk]),
    )


@require_POST
@desk_page
def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the slice with a reason."""
    piece = get_object_or_404(slices_of(request.desk), pk=pk)
    return carry_out(
        request,
        lambda: batches.return_slice(
            batch=piece.batch,
            subdistrict=piece.subdistrict,
            reason=request.POST.get("reason", ""),
            acting_user=request.user,
        ),
        _("Returned. Who prepared the batch sees your reason."),
        reverse("desk:slice", args=[pk]),
    )


@require_POST
@desk_page
def hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Hold all open lines of one subject, or release the held ones: the number of one of its lines is posted."""
    piece = get_object_or_404(slices_of(request.desk), pk=pk)
    reason, releasing = request.POST.get("reason", ""), request.POST.get("do") == "release"

    def act() -> None:
        lines = same_subject(piece, request.POST.get("line", ""))
        if releasing:
            batches.release_lines_of_subject(
                lines=list(lines.filter(state=LineState.HELD)), reason=reason, acting_user=request.user
            )
        else:
            batches.hold_lines_of_subject(
                lines=list(lines.filter(state=LineState.OPEN)), reason=reason, acting_user=request.user
            )

    return carry_out(
        request,
        act,
        _("Released.") if releasing else _("Held: these lines are not paid with this batch."),
        reverse("desk:slice", args=[pk]),
    )


def same_subject(piece: SubsidySlice, number: str) -> QuerySet[PaymentLine]:
    """Lines of the slice about the same compound, person or rewarded project and benefit as line `number`.

    Raises Refused without such a line.
    """
    lines = PaymentLine.objects.filter(slice=piece)
    known = number.isdecimal() and len(number) < 9
    line = lines.filter(number=int(number)).select_related("entitlement").first() if known else None
    if line is None:
        raise Refused(
            _("%(batch)s has no line %(number)s.") % {"batch": piece.batch, "number": number or "–"},
            code="no-line",
        )
    owed = line.entitlement
    same = lines.filter(
        entitlement__benefit=owed.benefit,
        entitlement__compound=owed.compound_id,
        entitlement__person=owed.person_id,
    )
    if owed.benefit == "reward":
        same = same.filter(entitlement__project=owed.project_id)
    return same.order_by("number")
