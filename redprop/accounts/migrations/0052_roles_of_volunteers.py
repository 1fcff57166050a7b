"""Permissions of the roles again: volunteer teams and activities."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0051_roles_of_visits"),
        ("communities", "0052_volunteers"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
