"""Pairs of persons whom somebody told apart, and notices of party building."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from redprop.common.creation import together


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0088_notices_of_community_work'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = together([
        migrations.AlterField(
            model_name='noticesettings',
            name='muted',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('commitment', 'promises'), ('supervision', 'supervision orders'), ('meeting', 'joint meetings'), ('request', "residents' requests"), ('result', 'scores and lists'), ('file', 'files that are ready'), ('deadline', 'deadlines'), ('facts', 'facts of compounds'), ('work', 'community work'), ('party', 'party building')], max_length=20), blank=True, default=list, size=None, verbose_name='muted'),
        ),
        migrations.AlterField(
            model_name='noticesettingsevent',
            name='muted',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('commitment', 'promises'), ('supervision', 'supervision orders'), ('meeting', 'joint meetings'), ('request', "residents' requests"), ('result', 'scores and lists'), ('file', 'files that are ready'), ('deadline', 'deadlines'), ('facts', 'facts of compounds'), ('work', 'community work'), ('party', 'party building')], max_length=20), blank=True, default=list, size=None, verbose_name='muted'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='kind',
            field=models.CharField(choices=[('commitment', 'promises'), ('supervision', 'supervision orders'), ('meeting', 'joint meetings'), ('request', "residents' requests"), ('result', 'scores and lists'), ('file', 'files that are ready'), ('deadline', 'deadlines'), ('facts', 'facts of compounds'), ('work', 'community work'), ('party', 'party building')], default='commitment', max_length=20, verbose_name='kind'),
        ),
        migrations.CreateModel(
            name='DistinctPersons',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('first', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.person', verbose_name='person')),
                ('second', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.person', verbose_name='other person')),
            ],
            options={
                'verbose_name': 'namesakes told apart',
                'verbose_name_plural': 'namesakes told apart',
            },
        ),
        migrations.CreateModel(
            name='DistinctPersonsEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('first', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='core.person', verbose_name='person')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='core.distinctpersons')),
                ('second', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='core.person', verbose_name='other person')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddConstraint(
            model_name='distinctpersons',
            constraint=models.UniqueConstraint(fields=('first', 'second'), name='distinctpersons_once', violation_error_message='These two are already told apart.'),
        ),
        migrations.AddConstraint(
            model_name='distinctpersons',
            constraint=models.CheckConstraint(condition=models.Q(('first__lt', models.F('second'))), name='distinctpersons_in_order', violation_error_message='A person cannot be told apart from itself.'),
        ),
    ])
