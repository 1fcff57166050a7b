"""Permissions of the roles again: the audit trail under its own name."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_roles_of_subsidies"),
        ("core", "0004_audit_entries"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
