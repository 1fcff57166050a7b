"""Permissions of the roles again: photos with commitments.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0021_roles_of_ledgers"),
        ("communities", "0056_photos_with_commitments"),
    ]
    operations = []
