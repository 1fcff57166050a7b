"""Addenda to minutes are append-only, and accepted minutes never change: what is missing is an addendum."""

from django.db import migrations

from redprop.common.history import refuse_changes


class Migration(migrations.Migration):
    dependencies = [("communities", "0020_minutes_in_full")]
    operations = [
        *refuse_changes("communities_meetingaddendum"),
        migrations.RunSQL(
            "CREATE TRIGGER accepted_never_changes BEFORE UPDATE OR DELETE ON communities_jointmeeting "
            "FOR EACH ROW WHEN (OLD.state = 'accepted') EXECUTE FUNCTION redprop_refuse_change();",
            "DROP TRIGGER accepted_never_changes ON communities_jointmeeting;",
        ),
    ]
