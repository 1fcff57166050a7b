"""Permissions of the roles again: column mappings."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0026_roles_of_notices"),
        ("core", "0012_column_mappings"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
