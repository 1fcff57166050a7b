"""Permissions of the roles again: the log of exports.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0019_roles_of_the_divisions"),
        ("core", "0011_export_log_never_changes"),
    ]
    operations = []
