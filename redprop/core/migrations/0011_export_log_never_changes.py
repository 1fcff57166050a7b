"""The log of exports is append-only."""

from django.db import migrations

from redprop.common.history import refuse_changes


class Migration(migrations.Migration):
    dependencies = [("core", "0010_exported_files")]
    operations = refuse_changes("core_exportlog")
