"""An inspection behind a score, as the enterprise reads it: every item with its marks, its finding and its photos."""

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from evaluations.models import Inspection, InspectionItem, InspectionMark, InspectionPhoto, Scorecard
from redprop.accounts.models import User
from redprop.desk.files import file_of
from redprop.desk.page import desk_page, show
from redprop.desk.results import cards_for


def _found(user: User, pk: int, inspection: int) -> tuple[Scorecard, Inspection]:
    """A card in the user's reach and an inspection that counted for it; the inspector is not shown.

    A second marking of the same compound never counts and is not shown.
    """
    card = get_object_or_404(cards_for(user), pk=pk)
    period = card.run.period
    rows = Inspection.objects.counting().filter(
        project=card.project_id,
        state=Inspection.State.MARKED,
        inspected_on__range=(period.starts_on, period.ends_on),
    )
    return card, get_object_or_404(rows.select_related("compound"), pk=inspection)


@desk_page
def detail(request: HttpRequest, pk: int, inspection: int) -> HttpResponse:
    """The marks of one inspection, those below full marks first."""
    card, found = _found(request.user, pk, inspection)
    rows = InspectionMark.objects.filter(inspection=found).annotate(title=Subquery(_title(found)))
    marks = sorted(rows, key=lambda mark: (mark.mark >= mark.full_mark, mark.scheme, mark.pk))
    photos: dict[tuple[str, str], list[InspectionPhoto]] = {}
    for one in InspectionPhoto.objects.filter(inspection=found):
        photos.setdefault((one.scheme, one.item), []).append(one)
    for mark in marks:
        mark.shown = photos.get((mark.scheme, mark.item), [])
    return show(request, "desk/score_inspection.html", {"card": card, "inspection": found, "marks": marks})


def _title(found: Inspection) -> QuerySet:
    """The item's title in the set that the inspection was marked by."""
    sets = [found.on_site_set_id, found.guarantee_set_id]
    return InspectionItem.objects.filter(item_set__in=sets, code=OuterRef("item")).values("title")[:1]


@desk_page
def photo(request: HttpRequest, pk: int, inspection: int, photo: int) -> HttpResponseBase:
    """A photo taken at one item of an inspection behind a card in the user's reach."""
    _card, found = _found(request.user, pk, inspection)
    rows = InspectionPhoto.objects.filter(inspection=found).select_related("attachment")
    return file_of(get_object_or_404(rows, pk=photo).attachment)
