"""Permissions of the roles again: grounds for deductions."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0081_roles_of_hand_marks"),
        ("evaluations", "0108_who_deducts_scores"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
