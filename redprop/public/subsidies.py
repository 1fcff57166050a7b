"""Public pages of subsidies: notices with persons' names masked, and what was approved after them.

While a batch is under notice every line is shown, so that mistakes can be reported. Afterwards the
amounts of compounds stay; those of persons go, only their number and sum are left.
"""

from collections.abc import Iterator
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from evaluations.models import SubsidyBatch, SubsidyRule
from evaluations.models.subsidies.batches import AFTER_APPROVAL, BatchState
from evaluations.subsidies.selectors import notice_rows
from redprop.areas.models import District
from redprop.common.periods import Period
from redprop.public import content, wording
from redprop.public.frame import Frame

FOLDER = "subsidies"


def render(code: str, name: str, *, is_demo: bool) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of the subsidy pages of the district with this code, in the language spoken."""
    frame = Frame(name, is_demo=is_demo)
    found = list(
        SubsidyBatch.objects.filter(
            district__code=code, state__in=[BatchState.NOTICED, *AFTER_APPROVAL]
        ).select_related("fund")
    )
    title = _("Subsidies: notices and approved batches")
    body = render_to_string(
        "public/subsidies.html", {"title": title, "batches": [row(batch) for batch in found]}
    )
    yield f"{FOLDER}/index.html", frame.page(title, body, place="subsidies", crumbs=[])
    for batch in found:
        title = f"{Period.parse(batch.period).label_in(get_language() or 'zh')} {batch.fund}"
        body = render_to_string("public/subsidy.html", {"title": title, "batch": row(batch), **lines(batch)})
        page = frame.page(
            title,
            body,
            place="subsidies",
            crumbs=[(f"/{FOLDER}/", _("Subsidies"))],
            robots="noindex, noarchive",
        )
        yield f"{FOLDER}/{batch.number}/index.html", page


def batches_of(district: District) -> list[content.Batch]:
    """Return the approved batches of a district as sums, newest first (one query)."""
    rows = SubsidyBatch.objects.filter(district=district, state__in=AFTER_APPROVAL).select_related("fund")
    return [
        content.Batch(
            number=batch.number,
            fund=batch.fund.name,
            document=batch.fund.document,
            period=batch.period,
            approved_on=timezone.localdate(batch.approved_at) if batch.approved_at else None,
            payments=batch.line_count,
            total=batch.total,
        )
        for batch in rows.order_by("-approved_at", "-pk")
    ]


def row(batch: SubsidyBatch) -> dict[str, Any]:
    """Return a batch with everything formatted."""
    return {
        "path": f"/{FOLDER}/{batch.number}/",
        "number": batch.number,
        "fund": batch.fund.name,
        "document": batch.fund.document,
        "period": Period.parse(batch.period).label_in(get_language() or "zh"),
        "is_notice": batch.state == BatchState.NOTICED,
        "state": batch.get_state_display() if batch.state == BatchState.NOTICED else _("approved"),
        "ends_on": wording.day_in_text(batch.notice_ends_on),
        "approved_on": wording.day_in_text(
            timezone.localdate(batch.approved_at) if batch.approved_at else None
        ),
        "lines": batch.line_count,
        "total": f"{batch.total:,.2f}",
    }


def lines(batch: SubsidyBatch) -> dict[str, Any]:
    """Return the rows that may be shown, by subdistrict, and how many persons are left out."""
    by_place: dict[str, list[dict[str, Any]]] = {}
    persons = 0
    for found in notice_rows(batch):
        if found["about_person"] and batch.state != BatchState.NOTICED:
            persons += 1
            continue
        place = str(found["subdistrict"]) or _("without a subdistrict")
        benefit = SubsidyRule.Benefit(found["benefit"])
        by_place.setdefault(place, []).append(
            {**found, "benefit": benefit.label, "total": f"{found['total']:,.2f}"}
        )
    return {"places": by_place, "persons": persons}
