"""Joint meetings attended (参加联席会): only meetings filed and accepted count, and an excused absence leaves the sum.

A firm never pays for a month that its community did not file.
"""

from django.utils.translation import gettext_lazy as _

from communities.models import MeetingAttendance
from evaluations.indicators.base import Indicator, register

INDICATOR = register(
    Indicator(
        code="joint_meetings",
        title=_("joint meetings attended"),
        explanation=_(
            "Attended meetings of those filed and accepted; an excused absence is left out, an unfiled month never counts."
        ),
        model="communities.JointMeeting",
        labels=MeetingAttendance.Kind,
        facts="""
    SELECT a.project_id, m.id AS source_id, m.held_on AS day,
           CASE WHEN a.kind IN ('present', 'observer') THEN 1 ELSE 0 END AS numerator, 1 AS denominator,
           a.kind AS label
    FROM communities_meetingattendance a
    JOIN communities_jointmeeting m ON m.id = a.meeting_id
    WHERE a.project_id IS NOT NULL AND a.kind <> 'excused'
      AND m.state = 'accepted' AND m.held_on BETWEEN %(start)s AND %(end)s AND m.decided_at < %(cutoff)s""",
    )
)
