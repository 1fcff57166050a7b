"""Permissions of the roles again: changes and editions of the official divisions."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0025_roles_of_handling"),
        ("areas", "0002_editions_and_changes"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
