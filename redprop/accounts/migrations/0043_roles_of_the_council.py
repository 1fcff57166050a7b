"""Permissions of the roles again: the council of compounds."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0047_roles_of_requests"),
        ("communities", "0043_council"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
