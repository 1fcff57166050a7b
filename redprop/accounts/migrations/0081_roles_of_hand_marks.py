"""Permissions of the roles again: marks by hand.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0071_roles_of_rectification"),
        ("evaluations", "0082_who_marks_by_hand_scores"),
    ]
    operations = []
