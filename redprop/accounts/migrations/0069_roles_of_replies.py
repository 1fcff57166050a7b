"""Permissions of the roles again: replies of enterprises."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0054_roles_of_joint_projects"),
        ("evaluations", "0069_replies"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
