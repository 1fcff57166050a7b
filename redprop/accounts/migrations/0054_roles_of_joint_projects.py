"""Permissions of the roles again: joint service projects."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0053_roles_of_grid"),
        ("communities", "0054_joint_projects_and_situations"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
