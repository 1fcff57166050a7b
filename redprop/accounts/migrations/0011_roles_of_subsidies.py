"""Permissions of the roles again: who reviews, puts up and exports subsidy batches."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_roles"),
        ("evaluations", "0023_score_with_four_places"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
