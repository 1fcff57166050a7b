"""Permissions of the roles again: orders, parts, extensions and exclusions of commitments.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_roles_of_the_audit_trail"),
        ("communities", "0030_handling_of_commitments"),
    ]
    operations = []
