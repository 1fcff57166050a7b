"""Permissions of the roles again: the ledger of requests in full, terms of answer, keys of the interface.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0061_roles_of_credit"),
        ("communities", "0048_request_steps_never_change"),
        ("core", "0047_events_for_platforms"),
    ]
    operations = []
