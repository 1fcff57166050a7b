"""Permissions of the roles again: the message gateway and what was sent out."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0023_roles_of_minutes"),
        ("core", "0026_notices_that_leave"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
