"""Permissions of the roles again: registrars and clerks take over ledgers of meetings and requests by file.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0018_roles_of_mappings_and_reports")]
    operations = []
