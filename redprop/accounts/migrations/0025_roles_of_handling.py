"""Permissions of the roles again: orders, parts, extensions and exclusions of commitments."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_roles_of_the_audit_trail"),
        ("communities", "0030_handling_of_commitments"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
