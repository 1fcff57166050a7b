"""Permissions of the roles again: joint service projects.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0053_roles_of_grid"),
        ("communities", "0054_joint_projects_and_situations"),
    ]
    operations = []
