"""Counts and terms stand in rows of their own now: the columns go."""

from django.db import migrations

from redprop.common.creation import together


class Migration(migrations.Migration):
    dependencies = [("enterprises", "0121_counts_and_terms_move")]

    operations = together([
        migrations.RemoveField(
            model_name='partyorganisation',
            name='activists',
        ),
        migrations.RemoveField(
            model_name='partyorganisation',
            name='full_members',
        ),
        migrations.RemoveField(
            model_name='partyorganisation',
            name='probationary_members',
        ),
        migrations.RemoveField(
            model_name='partyorganisation',
            name='term_ends_on',
        ),
        migrations.RemoveField(
            model_name='partyorganisationevent',
            name='activists',
        ),
        migrations.RemoveField(
            model_name='partyorganisationevent',
            name='full_members',
        ),
        migrations.RemoveField(
            model_name='partyorganisationevent',
            name='probationary_members',
        ),
        migrations.RemoveField(
            model_name='partyorganisationevent',
            name='term_ends_on',
        ),
    ])
