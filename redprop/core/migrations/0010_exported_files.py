"""The log of exports, and files made in the background."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from redprop.common.creation import together


class Migration(migrations.Migration):

    dependencies = [
        ('areas', '0001_initial'),
        ('core', '0015_import_matches'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = together([
        migrations.CreateModel(
            name='ExportFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('page', models.CharField(max_length=100, verbose_name='list')),
                ('register', models.CharField(max_length=40, verbose_name='register')),
                ('title', models.CharField(max_length=200, verbose_name='what was exported')),
                ('ending', models.CharField(max_length=4, verbose_name='format')),
                ('query', models.TextField(blank=True, verbose_name='search and filters')),
                ('way', models.CharField(choices=[('screen', 'on the page'), ('job', 'in the background'), ('schedule', 'scheduled report'), ('command', 'command')], max_length=10, verbose_name='how')),
                ('file', models.CharField(blank=True, help_text='below the media folder', max_length=200, verbose_name='file')),
                ('rows', models.PositiveIntegerField(default=0, verbose_name='rows')),
                ('size', models.PositiveBigIntegerField(default=0, verbose_name='size (bytes)')),
                ('expires_at', models.DateTimeField(null=True, verbose_name='kept until')),
                ('district', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.district', verbose_name='district')),
                ('job', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='core.job', verbose_name='job')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'exported file',
                'verbose_name_plural': 'my exported files',
                'ordering': ['-pk'],
                'default_permissions': ['view'],
            },
        ),
        migrations.CreateModel(
            name='ExportLog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('page', models.CharField(max_length=100, verbose_name='list')),
                ('register', models.CharField(max_length=40, verbose_name='register')),
                ('title', models.CharField(max_length=200, verbose_name='what was exported')),
                ('ending', models.CharField(max_length=4, verbose_name='format')),
                ('query', models.TextField(blank=True, verbose_name='search and filters')),
                ('filters', models.TextField(blank=True, verbose_name='filters in words')),
                ('rows', models.PositiveIntegerField(verbose_name='rows')),
                ('way', models.CharField(choices=[('screen', 'on the page'), ('job', 'in the background'), ('schedule', 'scheduled report'), ('command', 'command')], max_length=10, verbose_name='how')),
                ('district', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.district', verbose_name='district')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='exported by')),
            ],
            options={
                'verbose_name': 'export',
                'verbose_name_plural': 'log of exports',
                'ordering': ['-pk'],
                'default_permissions': ['view'],
            },
        ),
    ])
