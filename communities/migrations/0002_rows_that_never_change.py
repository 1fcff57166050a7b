"""Steps, addenda and what a council resolved are append-only; accepted minutes never change: what is missing is an addendum."""

from django.db import migrations

from redprop.common.history import refuse_changes, with_triggers

ACCEPTED_MINUTES = """
CREATE TRIGGER accepted_never_changes BEFORE UPDATE OR DELETE ON communities_jointmeeting
  FOR EACH ROW WHEN (OLD.state = 'accepted') EXECUTE FUNCTION redprop_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("communities", "0001_initial")]
    operations = [
        *refuse_changes(
            "communities_commitmentstep",
            "communities_requeststep",
            "communities_meetingaddendum",
            "communities_councilresolution",
            "communities_councilattendance",
        ),
        with_triggers(ACCEPTED_MINUTES),
    ]
