"""Permissions of the roles again: merges of compounds, pairs that are two, outlines of districts."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0052_roles_of_volunteers"),
        ("communities", "0031_merging"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
