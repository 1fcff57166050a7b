"""Campus campaigns and offers, mentors, growth channels, duties of posts, reasons of leaving."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.utils.timezone
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from redprop.common.creation import together


class Migration(migrations.Migration):

    dependencies = [
        ('areas', '0002_editions_and_changes'),
        ('core', '0120_namesakes_told_apart'),
        ('enterprises', '0140_apartments_and_lead_geese'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = together([
        migrations.CreateModel(
            name='Campaign',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('code', models.CharField(max_length=20, verbose_name='own code')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('school', models.CharField(max_length=100, verbose_name='school')),
                ('school_class', models.CharField(blank=True, choices=[('first_class', 'double first-class university'), ('university', 'other university'), ('college', 'vocational college'), ('abroad', 'school abroad')], max_length=20, verbose_name='class of school')),
                ('held_from', models.DateField(verbose_name='first day')),
                ('held_to', models.DateField(verbose_name='last day')),
                ('posts_offered', models.PositiveIntegerField(verbose_name='posts offered')),
                ('document', models.CharField(blank=True, max_length=100, verbose_name='document number')),
            ],
            options={
                'verbose_name': 'campus recruiting campaign',
                'verbose_name_plural': 'campus recruiting campaigns',
                'ordering': ['-held_from', 'code'],
            },
        ),
        migrations.CreateModel(
            name='CampaignEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('code', models.CharField(max_length=20, verbose_name='own code')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('school', models.CharField(max_length=100, verbose_name='school')),
                ('school_class', models.CharField(blank=True, choices=[('first_class', 'double first-class university'), ('university', 'other university'), ('college', 'vocational college'), ('abroad', 'school abroad')], max_length=20, verbose_name='class of school')),
                ('held_from', models.DateField(verbose_name='first day')),
                ('held_to', models.DateField(verbose_name='last day')),
                ('posts_offered', models.PositiveIntegerField(verbose_name='posts offered')),
                ('document', models.CharField(blank=True, max_length=100, verbose_name='document number')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CampusOffer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('code', models.CharField(max_length=20, verbose_name='own code')),
                ('candidate', models.CharField(blank=True, help_text='Kept only until the candidate has answered.', max_length=50, verbose_name='candidate')),
                ('degree', models.CharField(choices=[('college', 'college diploma'), ('bachelor', 'bachelor'), ('master', 'master'), ('doctor', 'doctor')], max_length=10, verbose_name='degree')),
                ('kind', models.CharField(choices=[('project_manager', 'project manager'), ('management', 'management'), ('staff', 'staff')], default='staff', max_length=20, verbose_name='kind of post')),
                ('title', models.CharField(blank=True, max_length=50, verbose_name='post title')),
                ('made_on', models.DateField(verbose_name='offer made on')),
                ('answer_by', models.DateField(blank=True, null=True, verbose_name='answer by')),
                ('state', models.CharField(choices=[('made', 'waiting for the answer'), ('accepted', 'offer accepted'), ('declined', 'offer declined'), ('lapsed', 'no answer in time'), ('taken_up', 'started work'), ('broken_off', 'accepted, never started')], default='made', max_length=10, verbose_name='state')),
                ('answered_on', models.DateField(blank=True, null=True, verbose_name='answered on')),
                ('started_on', models.DateField(blank=True, null=True, verbose_name='first day in post')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
            ],
            options={
                'verbose_name': 'campus offer',
                'verbose_name_plural': 'campus offers',
                'ordering': ['-made_on', 'code'],
            },
        ),
        migrations.CreateModel(
            name='CampusOfferEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('code', models.CharField(max_length=20, verbose_name='own code')),
                ('degree', models.CharField(choices=[('college', 'college diploma'), ('bachelor', 'bachelor'), ('master', 'master'), ('doctor', 'doctor')], max_length=10, verbose_name='degree')),
                ('kind', models.CharField(choices=[('project_manager', 'project manager'), ('management', 'management'), ('staff', 'staff')], default='staff', max_length=20, verbose_name='kind of post')),
                ('title', models.CharField(blank=True, max_length=50, verbose_name='post title')),
                ('made_on', models.DateField(verbose_name='offer made on')),
                ('answer_by', models.DateField(blank=True, null=True, verbose_name='answer by')),
                ('state', models.CharField(choices=[('made', 'waiting for the answer'), ('accepted', 'offer accepted'), ('declined', 'offer declined'), ('lapsed', 'no answer in time'), ('taken_up', 'started work'), ('broken_off', 'accepted, never started')], default='made', max_length=10, verbose_name='state')),
                ('answered_on', models.DateField(blank=True, null=True, verbose_name='answered on')),
                ('started_on', models.DateField(blank=True, null=True, verbose_name='first day in post')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='GrowthRung',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('channel', models.CharField(choices=[('management', 'management channel'), ('professional', 'professional channel'), ('community', 'community channel')], max_length=12, verbose_name='growth channel')),
                ('code', models.CharField(max_length=20, verbose_name='own code')),
                ('title', models.CharField(max_length=50, verbose_name='rung')),
                ('place', models.PositiveSmallIntegerField(verbose_name='place in the channel')),
                ('least_months', models.PositiveSmallIntegerField(default=0, help_text='For the first rung: months since the first day in post.', verbose_name='months since the rung before, at least')),
                ('document', models.CharField(blank=True, max_length=100, verbose_name='document number')),
            ],
            options={
                'verbose_name': 'rung of a growth channel',
                'verbose_name_plural': 'rungs of growth channels',
                'ordering': ['channel', 'place', 'valid_from'],
            },
        ),
        migrations.CreateModel(
            name='GrowthRungEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('channel', models.CharField(choices=[('management', 'management channel'), ('professional', 'professional channel'), ('community', 'community channel')], max_length=12, verbose_name='growth channel')),
                ('code', models.CharField(max_length=20, verbose_name='own code')),
                ('title', models.CharField(max_length=50, verbose_name='rung')),
                ('place', models.PositiveSmallIntegerField(verbose_name='place in the channel')),
                ('least_months', models.PositiveSmallIntegerField(default=0, help_text='For the first rung: months since the first day in post.', verbose_name='months since the rung before, at least')),
                ('document', models.CharField(blank=True, max_length=100, verbose_name='document number')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='GrowthStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('reached_on', models.DateField(verbose_name='reached on')),
                ('document', models.CharField(blank=True, max_length=100, verbose_name='evidence')),
            ],
            options={
                'verbose_name': 'growth step',
                'verbose_name_plural': 'growth steps',
                'ordering': ['-reached_on', 'person'],
            },
        ),
        migrations.CreateModel(
            name='GrowthStepEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('reached_on', models.DateField(verbose_name='reached on')),
                ('document', models.CharField(blank=True, max_length=100, verbose_name='evidence')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Mentorship',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('side', models.CharField(choices=[('firm', 'from the enterprise'), ('community', 'from the community')], max_length=10, verbose_name='side')),
                ('end_reason', models.CharField(blank=True, choices=[('done', 'time completed'), ('mentor_left', 'mentor left'), ('person_left', 'graduate left'), ('changed', 'another mentor')], max_length=12, verbose_name='why it ended')),
            ],
            options={
                'verbose_name': 'mentor',
                'verbose_name_plural': 'mentors',
                'ordering': ['person', 'side', 'valid_from'],
            },
        ),
        migrations.CreateModel(
            name='MentorshipEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('side', models.CharField(choices=[('firm', 'from the enterprise'), ('community', 'from the community')], max_length=10, verbose_name='side')),
                ('end_reason', models.CharField(blank=True, choices=[('done', 'time completed'), ('mentor_left', 'mentor left'), ('person_left', 'graduate left'), ('changed', 'another mentor')], max_length=12, verbose_name='why it ended')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PostDuty',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('title', models.CharField(max_length=50, verbose_name='post title')),
                ('duties', models.TextField(max_length=1000, verbose_name='duties')),
                ('document', models.CharField(blank=True, max_length=100, verbose_name='document number')),
            ],
            options={
                'verbose_name': 'duties of a post',
                'verbose_name_plural': 'duties of posts',
                'ordering': ['title', 'valid_from'],
            },
        ),
        migrations.CreateModel(
            name='PostDutyEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('title', models.CharField(max_length=50, verbose_name='post title')),
                ('duties', models.TextField(max_length=1000, verbose_name='duties')),
                ('document', models.CharField(blank=True, max_length=100, verbose_name='document number')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='TalentRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('document', models.CharField(blank=True, max_length=100, verbose_name='document number')),
                ('mentor_months', models.PositiveSmallIntegerField(default=24, verbose_name='two mentors for so many months after recruitment')),
                ('firm_mentor_most', models.PositiveSmallIntegerField(default=3, verbose_name='graduates of a mentor from the enterprise, at most')),
                ('community_mentor_most', models.PositiveSmallIntegerField(default=5, verbose_name='graduates of a mentor from the community, at most')),
                ('mentor_days', models.PositiveSmallIntegerField(default=30, verbose_name='days to name both mentors after recruitment')),
                ('least_age', models.PositiveSmallIntegerField(default=18, verbose_name='age on the first day in post, at least')),
            ],
            options={
                'verbose_name': 'rule of talent work',
                'verbose_name_plural': 'rules of talent work',
                'ordering': ['valid_from'],
            },
        ),
        migrations.CreateModel(
            name='TalentRuleEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('document', models.CharField(blank=True, max_length=100, verbose_name='document number')),
                ('mentor_months', models.PositiveSmallIntegerField(default=24, verbose_name='two mentors for so many months after recruitment')),
                ('firm_mentor_most', models.PositiveSmallIntegerField(default=3, verbose_name='graduates of a mentor from the enterprise, at most')),
                ('community_mentor_most', models.PositiveSmallIntegerField(default=5, verbose_name='graduates of a mentor from the community, at most')),
                ('mentor_days', models.PositiveSmallIntegerField(default=30, verbose_name='days to name both mentors after recruitment')),
                ('least_age', models.PositiveSmallIntegerField(default=18, verbose_name='age on the first day in post, at least')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='graduate',
            name='school_class',
            field=models.CharField(blank=True, choices=[('first_class', 'double first-class university'), ('university', 'other university'), ('college', 'vocational college'), ('abroad', 'school abroad')], max_length=20, verbose_name='class of school'),
        ),
        migrations.AddField(
            model_name='graduateevent',
            name='school_class',
            field=models.CharField(blank=True, choices=[('first_class', 'double first-class university'), ('university', 'other university'), ('college', 'vocational college'), ('abroad', 'school abroad')], max_length=20, verbose_name='class of school'),
        ),
        migrations.AddField(
            model_name='post',
            name='end_reason',
            field=models.CharField(blank=True, choices=[('changed', 'another post in the enterprise'), ('moved', 'to another enterprise of the district'), ('pay', 'pay or prospects'), ('public', 'civil service or public institution'), ('community', 'to community work'), ('study', 'further study'), ('family', 'family or another city'), ('contract', 'contract ended'), ('dismissed', 'dismissed'), ('other', 'other reasons')], max_length=12, verbose_name='why it ended'),
        ),
        migrations.AddField(
            model_name='postevent',
            name='end_reason',
            field=models.CharField(blank=True, choices=[('changed', 'another post in the enterprise'), ('moved', 'to another enterprise of the district'), ('pay', 'pay or prospects'), ('public', 'civil service or public institution'), ('community', 'to community work'), ('study', 'further study'), ('family', 'family or another city'), ('contract', 'contract ended'), ('dismissed', 'dismissed'), ('other', 'other reasons')], max_length=12, verbose_name='why it ended'),
        ),
        AddConstraintNotValid(
            model_name='graduate',
            constraint=models.CheckConstraint(condition=models.Q(('recruited_on__isnull', True), ('recruited_on__gte', models.F('graduated_on')), _connector='OR'), name='graduate_degree_before_hire', violation_error_message='The degree is after the day of recruitment. Correct one of the two dates; time before the degree is an internship, and recruitment begins after it.'),
        ),
        migrations.AddConstraint(
            model_name='post',
            constraint=models.CheckConstraint(condition=models.Q(('end_reason', ''), ('valid_to__isnull', False), _connector='OR'), name='post_reason_of_an_end', violation_error_message='A reason for the end needs the last day, too.'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='district',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.district', verbose_name='district'),
        ),
        migrations.AddField(
            model_name='campaignevent',
            name='district',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.district', verbose_name='district'),
        ),
        migrations.AddField(
            model_name='campaignevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='campaignevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='enterprises.campaign'),
        ),
        migrations.AddField(
            model_name='campusoffer',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='enterprises.campaign', verbose_name='campus recruiting campaign'),
        ),
        migrations.AddField(
            model_name='campusoffer',
            name='district',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.district', verbose_name='district'),
        ),
        migrations.AddField(
            model_name='campusoffer',
            name='enterprise',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='campus_offers', to='enterprises.enterprise', verbose_name='enterprise'),
        ),
        migrations.AddField(
            model_name='campusoffer',
            name='person',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='campus_offers', to='core.person', verbose_name='person'),
        ),
        migrations.AddField(
            model_name='campusofferevent',
            name='campaign',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='enterprises.campaign', verbose_name='campus recruiting campaign'),
        ),
        migrations.AddField(
            model_name='campusofferevent',
            name='district',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.district', verbose_name='district'),
        ),
        migrations.AddField(
            model_name='campusofferevent',
            name='enterprise',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='enterprises.enterprise', verbose_name='enterprise'),
        ),
        migrations.AddField(
            model_name='campusofferevent',
            name='person',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='core.person', verbose_name='person'),
        ),
        migrations.AddField(
            model_name='campusofferevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='campusofferevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='enterprises.campusoffer'),
        ),
        migrations.AddField(
            model_name='growthrung',
            name='district',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.district', verbose_name='district'),
        ),
        migrations.AddField(
            model_name='growthrungevent',
            name='district',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.district', verbose_name='district'),
        ),
        migrations.AddField(
            model_name='growthrungevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='growthrungevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='enterprises.growthrung'),
        ),
        migrations.AddField(
            model_name='growthstep',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='growth_steps', to='core.person', verbose_name='graduate'),
        ),
        migrations.AddField(
            model_name='growthstep',
            name='rung',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='enterprises.growthrung', verbose_name='rung'),
        ),
        migrations.AddField(
            model_name='growthstepevent',
            name='person',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='core.person', verbose_name='graduate'),
        ),
        migrations.AddField(
            model_name='growthstepevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='growthstepevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='enterprises.growthstep'),
        ),
        migrations.AddField(
            model_name='growthstepevent',
            name='rung',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='enterprises.growthrung', verbose_name='rung'),
        ),
        migrations.AddField(
            model_name='mentorship',
            name='community',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.community', verbose_name="mentor's community"),
        ),
        migrations.AddField(
            model_name='mentorship',
            name='enterprise',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='mentorships', to='enterprises.enterprise', verbose_name="mentor's enterprise"),
        ),
        migrations.AddField(
            model_name='mentorship',
            name='mentor',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mentees', to='core.person', verbose_name='mentor'),
        ),
        migrations.AddField(
            model_name='mentorship',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mentorships', to='core.person', verbose_name='graduate'),
        ),
        migrations.AddField(
            model_name='mentorshipevent',
            name='community',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.community', verbose_name="mentor's community"),
        ),
        migrations.AddField(
            model_name='mentorshipevent',
            name='enterprise',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='enterprises.enterprise', verbose_name="mentor's enterprise"),
        ),
        migrations.AddField(
            model_name='mentorshipevent',
            name='mentor',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='core.person', verbose_name='mentor'),
        ),
        migrations.AddField(
            model_name='mentorshipevent',
            name='person',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='core.person', verbose_name='graduate'),
        ),
        migrations.AddField(
            model_name='mentorshipevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='mentorshipevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='enterprises.mentorship'),
        ),
        migrations.AddField(
            model_name='postduty',
            name='district',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.district', verbose_name='district'),
        ),
        migrations.AddField(
            model_name='postdutyevent',
            name='district',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.district', verbose_name='district'),
        ),
        migrations.AddField(
            model_name='postdutyevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='postdutyevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='enterprises.postduty'),
        ),
        migrations.AddField(
            model_name='talentrule',
            name='district',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.district', verbose_name='district'),
        ),
        migrations.AddField(
            model_name='talentruleevent',
            name='district',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.district', verbose_name='district'),
        ),
        migrations.AddField(
            model_name='talentruleevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='talentruleevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='enterprises.talentrule'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.UniqueConstraint(fields=('district', 'code'), name='campaign_code_once', violation_error_message='This code is already given to another campaign.'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.UniqueConstraint(fields=('district', 'school', 'held_from'), name='campaign_once_a_day', violation_error_message='A campaign at this school on this day is already recorded. Use that one.'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(('held_to__gte', models.F('held_from'))), name='campaign_in_order', violation_error_message='The last day is before the first day. Correct one of the two dates.'),
        ),
        migrations.AddIndex(
            model_name='campusoffer',
            index=models.Index(fields=['person'], name='campusoffer_by_person'),
        ),
        migrations.AddConstraint(
            model_name='campusoffer',
            constraint=models.UniqueConstraint(fields=('district', 'code'), name='campusoffer_code_once', violation_error_message='This code is already given to another offer.'),
        ),
        migrations.AddConstraint(
            model_name='campusoffer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('person__isnull', False), ('state__in', ['accepted', 'taken_up', 'broken_off'])), models.Q(('person__isnull', True), ('state__in', ['made', 'declined', 'lapsed'])), _connector='OR'), name='campusoffer_person_when_accepted', violation_error_message='From its acceptance on an offer belongs to a person, before and after a refusal to none.'),
        ),
        migrations.AddConstraint(
            model_name='campusoffer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'made'), models.Q(('candidate', ''), _negated=True)), models.Q(models.Q(('state', 'made'), _negated=True), ('candidate', '')), _connector='OR'), name='campusoffer_name_while_open', violation_error_message="The candidate's name is kept until the answer, and no longer."),
        ),
        migrations.AddConstraint(
            model_name='campusoffer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answered_on__isnull', True), ('state', 'made')), models.Q(models.Q(('state', 'made'), _negated=True), ('answered_on__gte', models.F('made_on'))), _connector='OR'), name='campusoffer_answered', violation_error_message='Enter the day of the answer; it is not before the day of the offer.'),
        ),
        migrations.AddConstraint(
            model_name='campusoffer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('started_on__gte', models.F('answered_on')), ('state', 'taken_up')), models.Q(models.Q(('state', 'taken_up'), _negated=True), ('started_on__isnull', True)), _connector='OR'), name='campusoffer_started', violation_error_message='The first day in post is entered by the hire, and is not before the acceptance.'),
        ),
        migrations.AddConstraint(
            model_name='campusoffer',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'accepted')), fields=('person',), name='campusoffer_one_acceptance', violation_error_message='This person has accepted another offer that is still open. Close that one first.'),
        ),
        migrations.AddConstraint(
            model_name='growthrung',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='growthrung_in_order', violation_error_message='The last day is before the first day. Correct one of the two dates.'),
        ),
        migrations.AddConstraint(
            model_name='growthrung',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('district', '='), ('channel', '='), ('place', '='), (models.Func(models.F('valid_from'), models.F('valid_to'), models.Value('[]'), function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='growthrung_place_once', violation_error_message='Another rung stands at this place of the channel on some of these days.'),
        ),
        migrations.AddConstraint(
            model_name='growthrung',
            constraint=models.UniqueConstraint(fields=('district', 'code'), name='growthrung_code_once', violation_error_message='This code is already given to another rung.'),
        ),
        migrations.AddConstraint(
            model_name='growthstep',
            constraint=models.UniqueConstraint(fields=('person', 'rung'), name='growthstep_once', violation_error_message='This step of this person is already recorded. Change that row.'),
        ),
        migrations.AddIndex(
            model_name='mentorship',
            index=models.Index(fields=['mentor'], name='mentorship_by_mentor'),
        ),
        migrations.AddConstraint(
            model_name='mentorship',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='mentorship_in_order', violation_error_message='The last day is before the first day. Correct one of the two dates.'),
        ),
        migrations.AddConstraint(
            model_name='mentorship',
            constraint=models.CheckConstraint(condition=models.Q(('person', models.F('mentor')), _negated=True), name='mentorship_not_oneself', violation_error_message='Nobody is their own mentor. Choose somebody else.'),
        ),
        migrations.AddConstraint(
            model_name='mentorship',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('community__isnull', True), ('enterprise__isnull', False), ('side', 'firm')), models.Q(('community__isnull', False), ('enterprise__isnull', True), ('side', 'community')), _connector='OR'), name='mentorship_side', violation_error_message='A mentor from the enterprise names the enterprise alone, one from the community the community alone.'),
        ),
        migrations.AddConstraint(
            model_name='mentorship',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('person', '='), ('side', '='), (models.Func(models.F('valid_from'), models.F('valid_to'), models.Value('[]'), function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='mentorship_one_a_side', violation_error_message='This graduate already has a mentor of this side on some of these days. End that one first.'),
        ),
        migrations.AddConstraint(
            model_name='postduty',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='postduty_in_order', violation_error_message='The last day is before the first day. Correct one of the two dates.'),
        ),
        migrations.AddConstraint(
            model_name='postduty',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('district', '='), ('title', '='), (models.Func(models.F('valid_from'), models.F('valid_to'), models.Value('[]'), function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='postduty_one_a_day', violation_error_message='The duties of this post are already written for some of these days. End that row first.'),
        ),
        migrations.AddConstraint(
            model_name='talentrule',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='talentrule_in_order', violation_error_message='The last day is before the first day. Correct one of the two dates.'),
        ),
        migrations.AddConstraint(
            model_name='talentrule',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('district', '='), (models.Func(models.F('valid_from'), models.F('valid_to'), models.Value('[]'), function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='talentrule_one_a_day', violation_error_message='Another rule of talent work is in force on these days. End that one first.'),
        ),
        migrations.AddConstraint(
            model_name='talentrule',
            constraint=models.CheckConstraint(condition=models.Q(('community_mentor_most__gte', 1), ('firm_mentor_most__gte', 1), ('least_age__gte', 16)), name='talentrule_numbers', violation_error_message='Enter at least 1 graduate a mentor, and an age of 16 or more.'),
        ),
    ])
