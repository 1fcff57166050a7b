"""Permissions of the roles again: who reviews, puts up and exports subsidy batches.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_roles"),
        ("evaluations", "0023_score_with_four_places"),
    ]
    operations = []
