"""Permissions of the roles again: marks by hand."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0071_roles_of_rectification"),
        ("evaluations", "0082_who_marks_by_hand_scores"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
