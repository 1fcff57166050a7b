"""An inspection behind a score, as the enterprise reads it: every item with its marks and its finding."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from evaluations.models import Inspection, Scorecard
from redprop.accounts.models import User
from redprop.desk.page import desk_page, show
from redprop.desk.results import cards_for


def _found(user: User, pk: int, inspection: int) -> tuple[Scorecard, Inspection]:
    """A card in the user's reach and an inspection that counted for it; the inspector is not shown."""
    card = get_object_or_404(cards_for(user), pk=pk)
    period = card.run.period
    rows = Inspection.objects.filter(
        project=card.project_id,
        state=Inspection.State.MARKED,
        inspected_on__range=(period.starts_on, period.ends_on),
    )
    return card, get_object_or_404(rows.select_related("compound"), pk=inspection)


@desk_page
def detail(request: HttpRequest, pk: int, inspection: int) -> HttpResponse:
    """The marks of one inspection, those below full marks first."""
    card, found = _found(request.user, pk, inspection)
    marks = sorted(found.marks.all(), key=lambda mark: (mark.mark >= mark.full_mark, mark.scheme, mark.pk))
    return show(request, "desk/score_inspection.html", {"card": card, "inspection": found, "marks": marks})
