"""Permissions of the roles again: the message gateway and what was sent out.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0023_roles_of_minutes"),
        ("core", "0026_notices_that_leave"),
    ]
    operations = []
