"""Openings of ID numbers are append-only."""

from django.db import migrations

from redprop.common.history import refuse_changes


class Migration(migrations.Migration):
    dependencies = [("core", "0002_saved_filters_and_openings")]
    operations = refuse_changes("core_numberopening")
