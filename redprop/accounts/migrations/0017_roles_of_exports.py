"""Permissions of the roles again: the log of exports."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0019_roles_of_the_divisions"),
        ("core", "0011_export_log_never_changes"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
