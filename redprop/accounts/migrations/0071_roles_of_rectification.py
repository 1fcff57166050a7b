"""Permissions of the roles again: rectifications of entries.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0070_roles_of_follow_ups"),
        ("evaluations", "0071_rectification"),
    ]
    operations = []
