"""Permissions of the roles again: volunteer teams and activities.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0051_roles_of_visits"),
        ("communities", "0052_volunteers"),
    ]
    operations = []
