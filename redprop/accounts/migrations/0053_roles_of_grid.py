"""Permissions of the roles again: the grid and its rosters."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0043_roles_of_the_council"),
        ("communities", "0053_grid"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
