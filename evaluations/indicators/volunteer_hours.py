"""Volunteer hours (志愿服务时长) given by the property firm's own people, as its communities recorded them.

Hours count for the project that served the compound that day. Residents' hours are never a firm's.
"""

from django.utils.translation import gettext_lazy as _

from evaluations.indicators.base import Indicator, register

INDICATOR = register(
    Indicator(
        code="volunteer_hours",
        title=_("volunteer hours"),
        explanation=_(
            "Hours that the firm's staff gave in volunteer activities recorded by the community; withdrawn ones do not count."
        ),
        model="communities.VolunteerActivity",
        counts_events=True,
        facts="""
    SELECT v.project_id, v.id AS source_id, v.held_on AS day, v.firm_hours AS numerator,
           NULL::numeric AS denominator, v.title AS label
    FROM communities_volunteeractivity v
    JOIN communities_compound c ON c.id = v.compound_id AND c.district_id = %(district)s
    WHERE v.project_id IS NOT NULL AND v.firm_hours > 0 AND v.withdrawn_reason = ''
      AND v.held_on BETWEEN %(start)s AND %(end)s AND v.recorded_at < %(cutoff)s""",
    )
)
