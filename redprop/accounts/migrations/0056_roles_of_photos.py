"""Permissions of the roles again: photos with commitments."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0021_roles_of_ledgers"),
        ("communities", "0056_photos_with_commitments"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
