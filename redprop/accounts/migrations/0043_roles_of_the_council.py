"""Permissions of the roles again: the council of compounds.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0047_roles_of_requests"),
        ("communities", "0043_council"),
    ]
    operations = []
