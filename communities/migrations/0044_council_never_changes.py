"""What a council resolved, and who was there, is never changed: a correction is a further row."""

from django.db import migrations

from redprop.common.history import refuse_changes


class Migration(migrations.Migration):
    dependencies = [("communities", "0043_council")]
    operations = refuse_changes("communities_councilresolution", "communities_councilattendance")
