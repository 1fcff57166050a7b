import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.utils.timezone
from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations, models

from redprop.common.creation import together


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = together([
        BtreeGistExtension(),
        TrigramExtension(),
        migrations.CreateModel(
            name='District',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('code', models.CharField(max_length=12, unique=True, verbose_name='official code')),
                ('name', models.CharField(max_length=50, verbose_name='name')),
                ('is_demo', models.BooleanField(default=False, editable=False, verbose_name='demo data')),
                ('clock', models.DateTimeField(blank=True, editable=False, help_text='The time of a demo district. A real district always has the real time.', null=True, verbose_name='demo clock')),
                ('names_of_persons_since', models.DateField(blank=True, help_text='Legal basis, impact assessment and notice to the persons are on record since this day.', null=True, verbose_name='names of persons published since')),
            ],
            options={
                'verbose_name': 'district',
                'verbose_name_plural': 'districts',
                'ordering': ['code'],
                'constraints': [models.CheckConstraint(condition=models.Q(('is_demo', True), ('clock__isnull', True), _connector='OR'), name='district_clock_only_in_demo', violation_error_message='Only a demo district has a clock of its own.')],
            },
        ),
        migrations.CreateModel(
            name='Subdistrict',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('code', models.CharField(max_length=12, verbose_name='official code')),
                ('name', models.CharField(max_length=50, verbose_name='name')),
                ('pinyin', models.CharField(blank=True, editable=False, max_length=200, verbose_name='pinyin')),
                ('district', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subdistricts', to='areas.district', verbose_name='district')),
            ],
            options={
                'verbose_name': 'subdistrict',
                'verbose_name_plural': 'subdistricts',
                'ordering': ['code'],
                'constraints': [models.UniqueConstraint(fields=('district', 'code'), name='subdistrict_code_once', violation_error_message='This district already has a subdistrict with this code.')],
            },
        ),
        migrations.CreateModel(
            name='Community',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('code', models.CharField(max_length=12, verbose_name='official code')),
                ('name', models.CharField(max_length=50, verbose_name='name')),
                ('pinyin', models.CharField(blank=True, editable=False, max_length=200, verbose_name='pinyin')),
                ('closed_on', models.DateField(blank=True, null=True, verbose_name='dissolved on')),
                ('district', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='communities', to='areas.district', verbose_name='district')),
                ('subdistrict', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='communities', to='areas.subdistrict', verbose_name='subdistrict')),
            ],
            options={
                'verbose_name': 'community',
                'verbose_name_plural': 'communities',
                'ordering': ['code'],
                'indexes': [models.Index(fields=['subdistrict'], name='community_by_subdistrict')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_on__isnull', True)), fields=('district', 'code'), name='community_code_once', violation_error_message='This district already has a community with this code.')],
            },
        ),
        migrations.CreateModel(
            name='CommunitySuccession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('on', models.DateField(verbose_name='on')),
                ('source', models.CharField(blank=True, max_length=200, verbose_name='source')),
                ('predecessor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='successions', to='areas.community', verbose_name='former community')),
                ('successor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='predecessions', to='areas.community', verbose_name='successor')),
            ],
            options={
                'verbose_name': 'succession of communities',
                'verbose_name_plural': 'successions of communities',
                'constraints': [models.UniqueConstraint(fields=('predecessor', 'successor'), name='communitysuccession_once'), models.CheckConstraint(condition=models.Q(('predecessor', models.F('successor')), _negated=True), name='communitysuccession_not_itself', violation_error_message='A community cannot succeed itself. Choose another successor.')],
            },
        ),
        migrations.CreateModel(
            name='CommunitySuccessionEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('on', models.DateField(verbose_name='on')),
                ('source', models.CharField(blank=True, max_length=200, verbose_name='source')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='areas.communitysuccession')),
                ('predecessor', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.community', verbose_name='former community')),
                ('successor', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.community', verbose_name='successor')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CommunityVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('code', models.CharField(max_length=12, verbose_name='official code')),
                ('name', models.CharField(max_length=50, verbose_name='name')),
                ('edition', models.CharField(blank=True, max_length=20, verbose_name='edition of the divisions')),
                ('community', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='areas.community', verbose_name='community')),
                ('subdistrict', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.subdistrict', verbose_name='subdistrict')),
            ],
            options={
                'verbose_name': 'version of a community',
                'verbose_name_plural': 'versions of communities',
                'ordering': ['community', 'valid_from'],
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='communityversion_in_order', violation_error_message='The last day is before the first day. Correct one of the two dates.'), django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('community', '='), (models.Func(models.F('valid_from'), models.F('valid_to'), models.Value('[]'), function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='communityversion_no_overlap', violation_error_message='Another version of this community covers some of these days. End that one first.')],
            },
        ),
        migrations.CreateModel(
            name='DistrictEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('code', models.CharField(max_length=12, verbose_name='official code')),
                ('name', models.CharField(max_length=50, verbose_name='name')),
                ('is_demo', models.BooleanField(default=False, editable=False, verbose_name='demo data')),
                ('names_of_persons_since', models.DateField(blank=True, help_text='Legal basis, impact assessment and notice to the persons are on record since this day.', null=True, verbose_name='names of persons published since')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='areas.district')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CommunityVersionEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('code', models.CharField(max_length=12, verbose_name='official code')),
                ('name', models.CharField(max_length=50, verbose_name='name')),
                ('edition', models.CharField(blank=True, max_length=20, verbose_name='edition of the divisions')),
                ('community', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.community', verbose_name='community')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='areas.communityversion')),
                ('subdistrict', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.subdistrict', verbose_name='subdistrict')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CommunityEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('code', models.CharField(max_length=12, verbose_name='official code')),
                ('name', models.CharField(max_length=50, verbose_name='name')),
                ('pinyin', models.CharField(blank=True, editable=False, max_length=200, verbose_name='pinyin')),
                ('closed_on', models.DateField(blank=True, null=True, verbose_name='dissolved on')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='areas.community')),
                ('district', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.district', verbose_name='district')),
                ('subdistrict', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.subdistrict', verbose_name='subdistrict')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='SubdistrictEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('code', models.CharField(max_length=12, verbose_name='official code')),
                ('name', models.CharField(max_length=50, verbose_name='name')),
                ('pinyin', models.CharField(blank=True, editable=False, max_length=200, verbose_name='pinyin')),
                ('district', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.district', verbose_name='district')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='areas.subdistrict')),
            ],
            options={
                'abstract': False,
            },
        ),
    ])
