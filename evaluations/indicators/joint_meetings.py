"""Joint meetings attended (参加联席会): only meetings filed and accepted count, and an excused absence leaves the sum.

A firm never pays for a month that its community did not file.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.models import JointMeeting, MeetingAttendance
from evaluations.indicators.base import Evidence, Indicator, Lost, register


def explain(facts: Sequence[Evidence], parameters: Mapping[str, Any]) -> list[Lost]:
    """Each meeting that the project missed without an excuse (one query)."""
    missed = {fact.source_id: fact for fact in facts if fact.missing > 0}
    rows = JointMeeting.objects.filter(pk__in=missed).select_related("community").order_by("held_on", "pk")
    return [
        Lost(
            row.held_on,
            _("joint meeting of %(community)s, %(month)s")
            % {"community": row.community, "month": f"{row.month:%Y-%m}"},
            _("absent without an excuse"),
            missed[row.pk].missing,
            "communities.JointMeeting",
            row.pk,
        )
        for row in rows
    ]


INDICATOR = register(
    Indicator(
        code="joint_meetings",
        title=gettext_lazy("joint meetings attended"),
        explanation=gettext_lazy(
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
        explain=explain,
    )
)
