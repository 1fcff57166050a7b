"""Residents' requests answered in time (诉求按期答复), for the project that served the compound that day.

Their number never counts, only the share answered by its date; none at all is "not applicable".
Joined duplicates, requests that are not the firm's business or that the community has not given to it yet, and
those left out by two signatures do not count. Nor does anything about proxy requests.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.models import ResidentRequest
from evaluations.indicators.base import Evidence, Indicator, Lost, register


def explain(facts: Sequence[Evidence], parameters: Mapping[str, Any]) -> list[Lost]:
    """Each request not answered by its date, with the days it was late (one query). The words of residents stay out."""
    late = {fact.source_id: fact for fact in facts if fact.missing > 0}
    rows = (
        ResidentRequest.objects.filter(pk__in=late).select_related("compound").order_by("received_on", "pk")
    )
    last = timezone.localdate(parameters["cutoff"]) - dt.timedelta(days=1)
    found = []
    for row in rows:
        day = row.answered_on or last
        words = {"due": row.due_on, "day": day, "days": max(0, (day - row.due_on).days)}
        why = (
            _("to be answered by %(due)s, answered on %(day)s: %(days)s days late")
            if row.answered_on
            else _("to be answered by %(due)s, not answered by %(day)s: %(days)s days late")
        )
        what = f"{row.code} {row.compound} {row.get_category_display()}"
        missing = late[row.pk].missing
        found.append(Lost(row.received_on, what, why % words, missing, "communities.ResidentRequest", row.pk))
    return found


INDICATOR = register(
    Indicator(
        code="requests_in_time",
        title=gettext_lazy("requests answered in time"),
        explanation=gettext_lazy(
            "Requests of the period for the property firm that were answered by their date, of all that were due."
        ),
        model="communities.ResidentRequest",
        facts="""
    SELECT k.project_id, r.id AS source_id, r.received_on AS day,
           CASE WHEN r.answered_on <= r.due_on THEN 1 ELSE 0 END AS numerator, 1 AS denominator,
           r.code AS label
    FROM communities_residentrequest r
    JOIN communities_serviceassignment a ON a.compound_id = r.compound_id
      AND a.valid_from <= r.received_on AND (a.valid_to IS NULL OR a.valid_to >= r.received_on)
    JOIN communities_servicecontract k ON k.id = a.contract_id
    WHERE k.district_id = %(district)s AND r.is_for_the_enterprise AND r.state NOT IN ('duplicate', 'received')
      AND r.received_on BETWEEN %(start)s AND %(end)s AND r.recorded_at < %(cutoff)s
      AND NOT EXISTS (SELECT 1 FROM communities_exclusion x
                      WHERE x.request_id = r.id AND x.state = 'signed' AND x.decided_at < %(cutoff)s)
      AND (r.answered_on IS NOT NULL OR r.due_on < (%(cutoff)s AT TIME ZONE 'Asia/Shanghai')::date)""",
        explain=explain,
    )
)
