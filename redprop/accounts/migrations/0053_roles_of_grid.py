"""Permissions of the roles again: the grid and its rosters.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0043_roles_of_the_council"),
        ("communities", "0053_grid"),
    ]
    operations = []
