"""Permissions of the roles again: the audit trail under its own name.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_roles_of_subsidies"),
        ("core", "0004_audit_entries"),
    ]
    operations = []
