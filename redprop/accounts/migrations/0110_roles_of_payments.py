"""Permissions of the roles again: payee accounts, bank orders and results, the ledger, transfers, tiers."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0081_roles_of_hand_marks"),
        ("evaluations", "0111_ledger_balances"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
