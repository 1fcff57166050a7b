"""Permissions of the roles again: replies of enterprises."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0043_roles_of_the_council"),
        ("evaluations", "0069_replies"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
