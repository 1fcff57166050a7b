"""Openings of ID numbers and the log of exports are append-only."""

from django.db import migrations

from redprop.common.history import refuse_changes


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = refuse_changes("core_numberopening", "core_exportlog")
