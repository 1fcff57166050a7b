"""Permissions of the roles again: merges of compounds, pairs that are two, outlines of districts.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0052_roles_of_volunteers"),
        ("communities", "0031_merging"),
    ]
    operations = []
