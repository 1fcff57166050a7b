"""Permissions of the roles again: home visits.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0056_roles_of_photos"),
        ("communities", "0051_visits"),
    ]
    operations = []
