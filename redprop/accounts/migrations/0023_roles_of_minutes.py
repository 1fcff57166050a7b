"""Permissions of the roles again: problems, addenda and scans of minutes, and the burden of forms."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0017_roles_of_exports"),
        ("core", "0023_burden_of_forms"),
        ("communities", "0021_addenda_never_change"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
