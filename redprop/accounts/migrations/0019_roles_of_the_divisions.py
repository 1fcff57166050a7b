"""Permissions of the roles again: changes and editions of the official divisions.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0025_roles_of_handling"),
        ("areas", "0002_editions_and_changes"),
    ]
    operations = []
