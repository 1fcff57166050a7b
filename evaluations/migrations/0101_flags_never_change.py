"""Flags and their ends are written once."""

from django.db import migrations

from redprop.common.history import refuse_changes


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0100_rotating_flags")]
    operations = refuse_changes("evaluations_rotatingflag", "evaluations_flagend")
