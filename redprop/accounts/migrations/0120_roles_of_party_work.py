"""Permissions of the roles again: party work, its rules, party development, namesakes."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0081_roles_of_hand_marks"),
        ("core", "0120_namesakes_told_apart"),
        ("enterprises", "0122_organisation_without_counts"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
