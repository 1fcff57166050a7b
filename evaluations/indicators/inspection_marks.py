"""What inspections took marks for, shared by the two indicators that read them. Not an indicator."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from django.db.models import F, OuterRef, Subquery
from django.utils.translation import gettext as _

from evaluations.indicators.base import Evidence, Lost
from evaluations.models import InspectionItem, InspectionMark, Scheme


def lost_marks(facts: Sequence[Evidence], scheme: str) -> list[Lost]:
    """Return each item below full marks in the inspections of these facts, with its finding (one query).

    `missing` is the item's part of what its inspection lacks.
    """
    of = {fact.source_id: fact for fact in facts}
    sets = {Scheme.ON_SITE: "inspection__on_site_set", Scheme.GUARANTEES: "inspection__guarantee_set"}
    title = InspectionItem.objects.filter(item_set=OuterRef(sets[Scheme(scheme)]), code=OuterRef("item"))
    rows = list(
        InspectionMark.objects.filter(inspection__in=of, scheme=scheme, mark__lt=F("full_mark"))
        .select_related("inspection__compound")
        .annotate(title=Subquery(title.values("title")[:1]))
        .order_by("inspection__inspected_on", "inspection", "pk")
    )
    taken: dict[int, Decimal] = defaultdict(Decimal)
    for row in rows:
        taken[row.inspection_id] += row.full_mark - row.mark
    found = []
    for row in rows:
        share = (row.full_mark - row.mark) / taken[row.inspection_id]
        fact = of[row.inspection_id]
        lacking = (
            fact.missing
            if scheme != Scheme.ON_SITE
            else Decimal(100) - (fact.numerator or 0) / (fact.denominator or 1)
        )
        words = {"mark": f"{row.mark.normalize():f}", "full": f"{row.full_mark.normalize():f}"}
        why = _("%(mark)s of %(full)s marks") % words
        found.append(
            Lost(
                row.inspection.inspected_on,
                f"{row.inspection.compound} · {row.title or row.item}",
                f"{why}：{row.finding}" if row.finding else why,
                lacking * share,
                "evaluations.Inspection",
                row.inspection_id,
            )
        )
    return found
