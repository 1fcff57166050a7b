"""Kept mappings of headers."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('areas', '0002_editions_and_changes'),
        ('core', '0026_notices_that_leave'),
    ]

    operations = [
        migrations.CreateModel(
            name='MappingProfile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('register', models.CharField(max_length=40, verbose_name='register')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('headers', models.JSONField(default=list, verbose_name='headers of the file')),
                ('mapping', models.JSONField(default=dict, verbose_name='mapping of headers')),
                ('sheet', models.CharField(blank=True, max_length=100, verbose_name='sheet')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='changed at')),
                ('changed_by', models.CharField(blank=True, max_length=150, verbose_name='changed by')),
                ('district', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.district', verbose_name='district')),
            ],
            options={
                'verbose_name': 'column mapping',
                'verbose_name_plural': 'column mappings',
                'ordering': ['register', 'name'],
                'constraints': [models.UniqueConstraint(fields=('district', 'register', 'name'), name='mappingprofile_name_once', violation_error_message='A column mapping of this register has this name already. Choose another name.')],
            },
        ),
    ]
