"""Steps of commitments are append-only."""

from django.db import migrations

from redprop.common.history import refuse_changes


class Migration(migrations.Migration):
    dependencies = [("communities", "0001_initial")]
    operations = refuse_changes("communities_commitmentstep")
