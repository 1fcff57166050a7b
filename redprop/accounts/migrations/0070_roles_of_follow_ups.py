"""Permissions of the roles again: follow-ups of a second black in a row.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0069_roles_of_replies"),
        ("evaluations", "0070_follow_ups"),
    ]
    operations = []
