"""Permissions of the roles again: the ledger of requests in full, terms of answer, keys of the interface."""

from django.db import migrations

from redprop.accounts.permissions import set_role_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0061_roles_of_credit"),
        ("communities", "0048_request_steps_never_change"),
        ("core", "0047_events_for_platforms"),
    ]
    operations = [migrations.RunPython(set_role_permissions, migrations.RunPython.noop)]
