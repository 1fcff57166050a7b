"""Permissions of the roles again: rectifications of entries."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0070_roles_of_follow_ups"),
        ("evaluations", "0071_rectification"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
