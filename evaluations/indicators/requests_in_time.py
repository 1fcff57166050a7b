"""Residents' requests answered in time (诉求按期答复), for the project that served the compound that day.

Their number never counts, only the share answered by its date; none at all is "not applicable".
Joined duplicates, requests that are not the firm's business or that the community has not given to it yet, and
those left out by two signatures do not count. Nor does anything about proxy requests.
"""

from django.utils.translation import gettext_lazy as _

from evaluations.indicators.base import Indicator, register

INDICATOR = register(
    Indicator(
        code="requests_in_time",
        title=_("requests answered in time"),
        explanation=_(
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
    )
)
