"""Permissions of the roles again: home visits."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0056_roles_of_photos"),
        ("communities", "0051_visits"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
