"""Permissions of the roles again: registrars and clerks take over ledgers of meetings and requests by file."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [("accounts", "0018_roles_of_mappings_and_reports")]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
