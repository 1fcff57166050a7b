"""Steps of a request are append-only."""

from django.db import migrations

from redprop.common.history import refuse_changes


class Migration(migrations.Migration):
    dependencies = [("communities", "0047_requests_in_full")]
    operations = [*refuse_changes("communities_requeststep")]
