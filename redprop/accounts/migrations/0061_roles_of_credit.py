"""Permissions of the roles again: the credit ledger."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0031_roles_of_merging"),
        ("evaluations", "0062_credit_never_changes"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
