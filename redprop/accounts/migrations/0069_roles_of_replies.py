"""Permissions of the roles again: replies of enterprises.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0054_roles_of_joint_projects"),
        ("evaluations", "0069_replies"),
    ]
    operations = []
