"""Permissions of the roles again: problems, addenda and scans of minutes, and the burden of forms.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0017_roles_of_exports"),
        ("core", "0023_burden_of_forms"),
        ("communities", "0021_addenda_never_change"),
    ]
    operations = []
