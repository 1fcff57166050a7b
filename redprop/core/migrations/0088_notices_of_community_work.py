"""Notices of community work: stand-ins."""

import django.contrib.postgres.fields
from django.db import migrations, models

from redprop.common.creation import together


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0084_notices_of_facts'),
    ]

    operations = together([
        migrations.AlterField(
            model_name='noticesettings',
            name='muted',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('commitment', 'promises'), ('supervision', 'supervision orders'), ('meeting', 'joint meetings'), ('request', "residents' requests"), ('result', 'scores and lists'), ('file', 'files that are ready'), ('deadline', 'deadlines'), ('facts', 'facts of compounds'), ('work', 'community work')], max_length=20), blank=True, default=list, size=None, verbose_name='muted'),
        ),
        migrations.AlterField(
            model_name='noticesettingsevent',
            name='muted',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('commitment', 'promises'), ('supervision', 'supervision orders'), ('meeting', 'joint meetings'), ('request', "residents' requests"), ('result', 'scores and lists'), ('file', 'files that are ready'), ('deadline', 'deadlines'), ('facts', 'facts of compounds'), ('work', 'community work')], max_length=20), blank=True, default=list, size=None, verbose_name='muted'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='kind',
            field=models.CharField(choices=[('commitment', 'promises'), ('supervision', 'supervision orders'), ('meeting', 'joint meetings'), ('request', "residents' requests"), ('result', 'scores and lists'), ('file', 'files that are ready'), ('deadline', 'deadlines'), ('facts', 'facts of compounds'), ('work', 'community work')], default='commitment', max_length=20, verbose_name='kind'),
        ),
    ])
