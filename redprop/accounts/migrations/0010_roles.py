"""The roles as groups with their permissions. Depends on every app whose models the table names.

Nothing to do: `accounts.apps` writes the roles after each `migrate`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_accounts_of_districts"),
        ("areas", "0001_initial"),
        ("core", "0003_openings_never_change"),
        ("enterprises", "0001_initial"),
        ("communities", "0002_steps_never_change"),
        ("evaluations", "0021_results_never_change"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = []
