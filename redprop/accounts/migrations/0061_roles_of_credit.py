"""Permissions of the roles again: the credit ledger.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0031_roles_of_merging"),
        ("evaluations", "0062_credit_never_changes"),
    ]
    operations = []
