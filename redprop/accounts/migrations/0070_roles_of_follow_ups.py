"""Permissions of the roles again: follow-ups of a second black in a row."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0069_roles_of_replies"),
        ("evaluations", "0070_follow_ups"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
