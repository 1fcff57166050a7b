"""Days are those of Shanghai, also for what happened there before eight in the morning."""

import datetime as dt

import pytest

from communities.models import JointMeeting
from redprop.desk.owed import owed_by
from redprop.desk.page import Desk
from tests.communities.test_meetings import filed

pytestmark = pytest.mark.django_db
EARLY = dt.datetime(2026, 11, 3, 17, 30, tzinfo=dt.UTC)  # Wednesday 4 November, 01:30 in Shanghai


def test_minutes_filed_early_on_a_wednesday_are_to_be_reviewed_by_monday(town) -> None:
    """Three working days after Wednesday 4 November: Thursday, Friday, Monday the 9th."""
    meeting = filed(town, accept=False)
    JointMeeting.objects.filter(pk=meeting.pk).update(submitted_at=EARLY)
    due = [item.due_on for item in owed_by(Desk(town.clerk)) if str(meeting.community) in item.what]
    assert due == [dt.date(2026, 11, 9)]
