"""Credit events, their ends and issued reports are written once."""

from django.db import migrations

from redprop.common.history import refuse_changes


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0061_credit")]
    operations = refuse_changes(
        "evaluations_creditevent", "evaluations_crediteventend", "evaluations_creditreport"
    )
