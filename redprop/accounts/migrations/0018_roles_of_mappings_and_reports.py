"""Permissions of the roles again: column mappings.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0026_roles_of_notices"),
        ("core", "0012_column_mappings"),
    ]
    operations = []
