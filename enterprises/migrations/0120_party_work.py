"""Members counted over time, terms, advisers' visits, the guide book, and the rules as dated data."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from redprop.common.creation import together


class Migration(migrations.Migration):

    dependencies = [
        ('areas', '0002_editions_and_changes'),
        ('core', '0120_namesakes_told_apart'),
        ('enterprises', '0001_initial'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = together([
        migrations.CreateModel(
            name='AdviserVisit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('visited_on', models.DateField(verbose_name='visited on')),
                ('subject', models.CharField(blank=True, max_length=100, verbose_name='what it was about')),
            ],
            options={
                'verbose_name': "adviser's visit",
                'verbose_name_plural': "advisers' visits",
                'ordering': ['-visited_on', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='AdviserVisitEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('visited_on', models.DateField(verbose_name='visited on')),
                ('subject', models.CharField(blank=True, max_length=100, verbose_name='what it was about')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='GuideCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('period', models.CharField(max_length=7, verbose_name='period')),
                ('done_on', models.DateField(verbose_name='done on')),
                ('note', models.CharField(max_length=300, verbose_name='what was done')),
                ('state', models.CharField(choices=[('reported', 'to be confirmed'), ('confirmed', 'done'), ('returned', 'returned')], default='reported', max_length=9, verbose_name='state')),
                ('decided_on', models.DateField(blank=True, null=True, verbose_name='decided on')),
                ('decided_by', models.CharField(blank=True, max_length=150, verbose_name='decided by')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
            ],
            options={
                'verbose_name': 'guide-book work',
                'verbose_name_plural': 'guide-book work',
                'ordering': ['-done_on', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='GuideCheckEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('period', models.CharField(max_length=7, verbose_name='period')),
                ('done_on', models.DateField(verbose_name='done on')),
                ('state', models.CharField(choices=[('reported', 'to be confirmed'), ('confirmed', 'done'), ('returned', 'returned')], default='reported', max_length=9, verbose_name='state')),
                ('decided_on', models.DateField(blank=True, null=True, verbose_name='decided on')),
                ('decided_by', models.CharField(blank=True, max_length=150, verbose_name='decided by')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='GuideItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('code', models.CharField(max_length=20, verbose_name='own code')),
                ('title', models.CharField(max_length=100, verbose_name='what is to be done')),
                ('explanation', models.CharField(blank=True, max_length=300, verbose_name='what counts as done')),
                ('every', models.CharField(choices=[('month', 'every month'), ('quarter', 'every quarter'), ('half', 'every half-year'), ('year', 'every year')], max_length=7, verbose_name='how often')),
                ('of', models.CharField(choices=[('all', 'all'), ('organisations', 'party organisations'), ('advisers', "advisers' groups")], default='all', max_length=13, verbose_name='for whom')),
                ('place', models.PositiveSmallIntegerField(default=100, verbose_name='place in the list')),
                ('document', models.CharField(blank=True, max_length=100, verbose_name='document number')),
            ],
            options={
                'verbose_name': 'item of the guide book',
                'verbose_name_plural': 'items of the guide book',
                'ordering': ['place', 'code'],
            },
        ),
        migrations.CreateModel(
            name='GuideItemEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('code', models.CharField(max_length=20, verbose_name='own code')),
                ('title', models.CharField(max_length=100, verbose_name='what is to be done')),
                ('explanation', models.CharField(blank=True, max_length=300, verbose_name='what counts as done')),
                ('every', models.CharField(choices=[('month', 'every month'), ('quarter', 'every quarter'), ('half', 'every half-year'), ('year', 'every year')], max_length=7, verbose_name='how often')),
                ('of', models.CharField(choices=[('all', 'all'), ('organisations', 'party organisations'), ('advisers', "advisers' groups")], default='all', max_length=13, verbose_name='for whom')),
                ('place', models.PositiveSmallIntegerField(default=100, verbose_name='place in the list')),
                ('document', models.CharField(blank=True, max_length=100, verbose_name='document number')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PartyCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('full_members', models.PositiveIntegerField(default=0, verbose_name='full members')),
                ('probationary_members', models.PositiveIntegerField(default=0, verbose_name='probationary members')),
                ('activists', models.PositiveIntegerField(default=0, verbose_name='party activists')),
            ],
            options={
                'verbose_name': 'count of members',
                'verbose_name_plural': 'counts of members',
                'ordering': ['organisation', 'valid_from'],
            },
        ),
        migrations.CreateModel(
            name='PartyCountEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('full_members', models.PositiveIntegerField(default=0, verbose_name='full members')),
                ('probationary_members', models.PositiveIntegerField(default=0, verbose_name='probationary members')),
                ('activists', models.PositiveIntegerField(default=0, verbose_name='party activists')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PartyRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('document', models.CharField(blank=True, max_length=100, verbose_name='document number')),
                ('branch_min', models.PositiveSmallIntegerField(default=3, verbose_name='full members of a branch, at least')),
                ('branch_max', models.PositiveSmallIntegerField(default=50, verbose_name='members of a branch, at most')),
                ('branch_committee_min', models.PositiveSmallIntegerField(default=7, verbose_name='full members from which a branch elects a committee')),
                ('general_branch_min', models.PositiveSmallIntegerField(default=50, verbose_name='members of a general branch, at least')),
                ('committee_min', models.PositiveSmallIntegerField(default=100, verbose_name='members of a party committee, at least')),
                ('joint_max_units', models.PositiveSmallIntegerField(default=5, verbose_name='units of a joint branch, at most')),
                ('adviser_max_units', models.PositiveSmallIntegerField(default=3, verbose_name='units of an adviser, at most')),
                ('adviser_visits_month', models.PositiveSmallIntegerField(default=1, verbose_name="adviser's visits to a unit in a month, at least")),
                ('branch_term_years', models.PositiveSmallIntegerField(default=3, verbose_name='term of a branch, years')),
                ('committee_term_years', models.PositiveSmallIntegerField(default=5, verbose_name='term of a party committee or general branch, years')),
                ('remind_months', models.PositiveSmallIntegerField(default=6, verbose_name='reminder of an election, months before')),
                ('first_load_until', models.DateField(blank=True, help_text='What is entered up to this day counts in the evaluation of earlier periods too: the registers were taken over from paper. Once the day has passed it stays as it is.', null=True, verbose_name='first load until')),
            ],
            options={
                'verbose_name': 'rule of party organisations',
                'verbose_name_plural': 'rules of party organisations',
                'ordering': ['valid_from'],
            },
        ),
        migrations.CreateModel(
            name='PartyRuleEvent',
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
                ('branch_min', models.PositiveSmallIntegerField(default=3, verbose_name='full members of a branch, at least')),
                ('branch_max', models.PositiveSmallIntegerField(default=50, verbose_name='members of a branch, at most')),
                ('branch_committee_min', models.PositiveSmallIntegerField(default=7, verbose_name='full members from which a branch elects a committee')),
                ('general_branch_min', models.PositiveSmallIntegerField(default=50, verbose_name='members of a general branch, at least')),
                ('committee_min', models.PositiveSmallIntegerField(default=100, verbose_name='members of a party committee, at least')),
                ('joint_max_units', models.PositiveSmallIntegerField(default=5, verbose_name='units of a joint branch, at most')),
                ('adviser_max_units', models.PositiveSmallIntegerField(default=3, verbose_name='units of an adviser, at most')),
                ('adviser_visits_month', models.PositiveSmallIntegerField(default=1, verbose_name="adviser's visits to a unit in a month, at least")),
                ('branch_term_years', models.PositiveSmallIntegerField(default=3, verbose_name='term of a branch, years')),
                ('committee_term_years', models.PositiveSmallIntegerField(default=5, verbose_name='term of a party committee or general branch, years')),
                ('remind_months', models.PositiveSmallIntegerField(default=6, verbose_name='reminder of an election, months before')),
                ('first_load_until', models.DateField(blank=True, help_text='What is entered up to this day counts in the evaluation of earlier periods too: the registers were taken over from paper. Once the day has passed it stays as it is.', null=True, verbose_name='first load until')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PartyTerm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('ends_on', models.DateField(verbose_name='term ends on')),
                ('extended_to', models.DateField(blank=True, null=True, verbose_name='extended to')),
                ('approval', models.CharField(blank=True, help_text='Document by which a longer term, or an early or late election was approved.', max_length=100, verbose_name='approval')),
            ],
            options={
                'verbose_name': 'term of a party organisation',
                'verbose_name_plural': 'terms of party organisations',
                'ordering': ['organisation', 'valid_from'],
            },
        ),
        migrations.CreateModel(
            name='PartyTermEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('ends_on', models.DateField(verbose_name='term ends on')),
                ('extended_to', models.DateField(blank=True, null=True, verbose_name='extended to')),
                ('approval', models.CharField(blank=True, help_text='Document by which a longer term, or an early or late election was approved.', max_length=100, verbose_name='approval')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='StageRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('stage', models.CharField(choices=[('applicant', 'applicant'), ('activist', 'party activist'), ('development_target', 'development target'), ('probationary_member', 'probationary member'), ('full_member', 'full member')], max_length=20, verbose_name='step to')),
                ('least_months', models.PositiveSmallIntegerField(default=0, verbose_name='months in the stage before, at least')),
                ('due_months', models.PositiveSmallIntegerField(blank=True, help_text='Empty: the step is never reminded of.', null=True, verbose_name='due after months in the stage before')),
                ('remind_days', models.PositiveSmallIntegerField(default=30, verbose_name='reminder, days before')),
                ('document', models.CharField(blank=True, max_length=100, verbose_name='document number')),
            ],
            options={
                'verbose_name': 'rule of party development',
                'verbose_name_plural': 'rules of party development',
                'ordering': ['valid_from', 'stage'],
            },
        ),
        migrations.CreateModel(
            name='StageRuleEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('stage', models.CharField(choices=[('applicant', 'applicant'), ('activist', 'party activist'), ('development_target', 'development target'), ('probationary_member', 'probationary member'), ('full_member', 'full member')], max_length=20, verbose_name='step to')),
                ('least_months', models.PositiveSmallIntegerField(default=0, verbose_name='months in the stage before, at least')),
                ('due_months', models.PositiveSmallIntegerField(blank=True, help_text='Empty: the step is never reminded of.', null=True, verbose_name='due after months in the stage before')),
                ('remind_days', models.PositiveSmallIntegerField(default=30, verbose_name='reminder, days before')),
                ('document', models.CharField(blank=True, max_length=100, verbose_name='document number')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='TeamStandard',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('kind', models.CharField(blank=True, choices=[('committee', 'party committee'), ('general_branch', 'general party branch'), ('branch', 'party branch'), ('joint_branch', 'joint party branch')], help_text='Empty: groups of advisers.', max_length=20, verbose_name='type')),
                ('post', models.CharField(choices=[('secretary', 'party secretary'), ('deputy_secretary', 'deputy party secretary'), ('organisation_member', 'organisation member'), ('publicity_member', 'publicity member'), ('discipline_member', 'discipline member'), ('adviser', 'party-building adviser')], max_length=20, verbose_name='post')),
                ('members_from', models.PositiveSmallIntegerField(default=0, verbose_name='from full members')),
            ],
            options={
                'verbose_name': 'post of a leadership team',
                'verbose_name_plural': 'posts of leadership teams',
                'ordering': ['kind', 'members_from', 'post'],
            },
        ),
        migrations.CreateModel(
            name='TeamStandardEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('kind', models.CharField(blank=True, choices=[('committee', 'party committee'), ('general_branch', 'general party branch'), ('branch', 'party branch'), ('joint_branch', 'joint party branch')], help_text='Empty: groups of advisers.', max_length=20, verbose_name='type')),
                ('post', models.CharField(choices=[('secretary', 'party secretary'), ('deputy_secretary', 'deputy party secretary'), ('organisation_member', 'organisation member'), ('publicity_member', 'publicity member'), ('discipline_member', 'discipline member'), ('adviser', 'party-building adviser')], max_length=20, verbose_name='post')),
                ('members_from', models.PositiveSmallIntegerField(default=0, verbose_name='from full members')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AlterModelOptions(
            name='partystage',
            options={'ordering': ['person', 'valid_from'], 'verbose_name': 'stage of party membership', 'verbose_name_plural': 'stages of party membership'},
        ),
        migrations.AddField(
            model_name='partypost',
            name='qualified_on',
            field=models.DateField(blank=True, help_text='The day on which the organisation department found that the holder fits the post.', null=True, verbose_name='qualification confirmed on'),
        ),
        migrations.AddField(
            model_name='partypostevent',
            name='qualified_on',
            field=models.DateField(blank=True, help_text='The day on which the organisation department found that the holder fits the post.', null=True, verbose_name='qualification confirmed on'),
        ),
        migrations.AddField(
            model_name='partystage',
            name='extension_months',
            field=models.PositiveSmallIntegerField(default=0, help_text='Only for probation: 6 to 12 months; 0 for none.', verbose_name='probation extended by months'),
        ),
        migrations.AddConstraint(
            model_name='partystage',
            constraint=models.CheckConstraint(condition=models.Q(('extension_months', 0), models.Q(('extension_months__gte', 6), ('extension_months__lte', 12), ('stage', 'probationary_member')), _connector='OR'), name='partystage_extension', violation_error_message='Only a probation is extended, by 6 to 12 months. Enter 0 for none.'),
        ),
        migrations.AddField(
            model_name='adviservisit',
            name='enterprise',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adviser_visits', to='enterprises.enterprise', verbose_name='enterprise'),
        ),
        migrations.AddField(
            model_name='adviservisit',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='visits', to='enterprises.partyorganisation', verbose_name="adviser's group"),
        ),
        migrations.AddField(
            model_name='adviservisit',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adviser_visits', to='core.person', verbose_name='adviser'),
        ),
        migrations.AddField(
            model_name='adviservisitevent',
            name='enterprise',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='enterprises.enterprise', verbose_name='enterprise'),
        ),
        migrations.AddField(
            model_name='adviservisitevent',
            name='organisation',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='enterprises.partyorganisation', verbose_name="adviser's group"),
        ),
        migrations.AddField(
            model_name='adviservisitevent',
            name='person',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='core.person', verbose_name='adviser'),
        ),
        migrations.AddField(
            model_name='adviservisitevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='adviservisitevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='enterprises.adviservisit'),
        ),
        migrations.AddField(
            model_name='guidecheck',
            name='evidence',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.attachment', verbose_name='evidence'),
        ),
        migrations.AddField(
            model_name='guidecheck',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='guide_checks', to='enterprises.partyorganisation', verbose_name='party organisation'),
        ),
        migrations.AddField(
            model_name='guidecheckevent',
            name='evidence',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='core.attachment', verbose_name='evidence'),
        ),
        migrations.AddField(
            model_name='guidecheckevent',
            name='organisation',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='enterprises.partyorganisation', verbose_name='party organisation'),
        ),
        migrations.AddField(
            model_name='guidecheckevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='guidecheckevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='enterprises.guidecheck'),
        ),
        migrations.AddField(
            model_name='guideitem',
            name='district',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.district', verbose_name='district'),
        ),
        migrations.AddField(
            model_name='guidecheckevent',
            name='item',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='enterprises.guideitem', verbose_name='item of the guide book'),
        ),
        migrations.AddField(
            model_name='guidecheck',
            name='item',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checks', to='enterprises.guideitem', verbose_name='item of the guide book'),
        ),
        migrations.AddField(
            model_name='guideitemevent',
            name='district',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.district', verbose_name='district'),
        ),
        migrations.AddField(
            model_name='guideitemevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='guideitemevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='enterprises.guideitem'),
        ),
        migrations.AddField(
            model_name='partycount',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='counts', to='enterprises.partyorganisation', verbose_name='party organisation'),
        ),
        migrations.AddField(
            model_name='partycountevent',
            name='organisation',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='enterprises.partyorganisation', verbose_name='party organisation'),
        ),
        migrations.AddField(
            model_name='partycountevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='partycountevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='enterprises.partycount'),
        ),
        migrations.AddField(
            model_name='partyrule',
            name='district',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.district', verbose_name='district'),
        ),
        migrations.AddField(
            model_name='partyruleevent',
            name='district',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.district', verbose_name='district'),
        ),
        migrations.AddField(
            model_name='partyruleevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='partyruleevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='enterprises.partyrule'),
        ),
        migrations.AddField(
            model_name='partyterm',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='terms', to='enterprises.partyorganisation', verbose_name='party organisation'),
        ),
        migrations.AddField(
            model_name='partytermevent',
            name='organisation',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='enterprises.partyorganisation', verbose_name='party organisation'),
        ),
        migrations.AddField(
            model_name='partytermevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='partytermevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='enterprises.partyterm'),
        ),
        migrations.AddField(
            model_name='stagerule',
            name='district',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.district', verbose_name='district'),
        ),
        migrations.AddField(
            model_name='stageruleevent',
            name='district',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.district', verbose_name='district'),
        ),
        migrations.AddField(
            model_name='stageruleevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='stageruleevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='enterprises.stagerule'),
        ),
        migrations.AddField(
            model_name='teamstandard',
            name='district',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.district', verbose_name='district'),
        ),
        migrations.AddField(
            model_name='teamstandardevent',
            name='district',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.district', verbose_name='district'),
        ),
        migrations.AddField(
            model_name='teamstandardevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='teamstandardevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='enterprises.teamstandard'),
        ),
        migrations.AddIndex(
            model_name='adviservisit',
            index=models.Index(fields=['organisation', 'visited_on'], name='adviservisit_by_organisation'),
        ),
        migrations.AddConstraint(
            model_name='adviservisit',
            constraint=models.UniqueConstraint(fields=('enterprise', 'person', 'visited_on'), name='adviservisit_once_a_day', violation_error_message='This visit is already recorded.'),
        ),
        migrations.AddConstraint(
            model_name='guideitem',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='guideitem_in_order', violation_error_message='The last day is before the first day. Correct one of the two dates.'),
        ),
        migrations.AddConstraint(
            model_name='guideitem',
            constraint=models.UniqueConstraint(fields=('district', 'code'), name='guideitem_code_once', violation_error_message='This code is already given to another item.'),
        ),
        migrations.AddIndex(
            model_name='guidecheck',
            index=models.Index(fields=['item', 'period'], name='guidecheck_by_item'),
        ),
        migrations.AddConstraint(
            model_name='guidecheck',
            constraint=models.UniqueConstraint(fields=('organisation', 'item', 'period'), name='guidecheck_once', violation_error_message='This work is already recorded for this period.'),
        ),
        migrations.AddConstraint(
            model_name='guidecheck',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'reported'), ('decided_on__isnull', False), _connector='OR'), name='guidecheck_decided_dated', violation_error_message='A decision needs its day.'),
        ),
        migrations.AddConstraint(
            model_name='guidecheck',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'returned'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='guidecheck_returned_reason', violation_error_message='Say why it is returned.'),
        ),
        migrations.AddConstraint(
            model_name='partycount',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='partycount_in_order', violation_error_message='The last day is before the first day. Correct one of the two dates.'),
        ),
        migrations.AddConstraint(
            model_name='partycount',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('organisation', '='), (models.Func(models.F('valid_from'), models.F('valid_to'), models.Value('[]'), function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='partycount_no_overlap', violation_error_message='Another count of this organisation holds on some of these days. End that one first.'),
        ),
        migrations.AddConstraint(
            model_name='partyrule',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='partyrule_in_order', violation_error_message='The last day is before the first day. Correct one of the two dates.'),
        ),
        migrations.AddConstraint(
            model_name='partyrule',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('district', '='), (models.Func(models.F('valid_from'), models.F('valid_to'), models.Value('[]'), function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='partyrule_one_a_day', violation_error_message='Another rule of party organisations is in force on these days. End that one first.'),
        ),
        migrations.AddConstraint(
            model_name='partyrule',
            constraint=models.CheckConstraint(condition=models.Q(('adviser_max_units__gte', 1), ('branch_committee_min__gte', models.F('branch_min')), ('branch_max__gte', models.F('branch_min')), ('branch_min__gte', 1), ('branch_term_years__gte', 1), ('committee_term_years__gte', 1), ('joint_max_units__gte', 2)), name='partyrule_numbers', violation_error_message='Enter at least 1 member and year, 2 units of a joint branch, and no upper number below a lower one.'),
        ),
        migrations.AddConstraint(
            model_name='partyterm',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='partyterm_in_order', violation_error_message='The last day is before the first day. Correct one of the two dates.'),
        ),
        migrations.AddConstraint(
            model_name='partyterm',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('organisation', '='), (models.Func(models.F('valid_from'), models.F('valid_to'), models.Value('[]'), function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='partyterm_no_overlap', violation_error_message='Another term of this organisation holds on some of these days. End that one first.'),
        ),
        migrations.AddConstraint(
            model_name='partyterm',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on__gt', models.F('valid_from'))), name='partyterm_ends_later', violation_error_message='The term ends after the election. Correct one of the two dates.'),
        ),
        migrations.AddConstraint(
            model_name='partyterm',
            constraint=models.CheckConstraint(condition=models.Q(('extended_to__isnull', True), models.Q(('extended_to__gt', models.F('ends_on')), models.Q(('approval', ''), _negated=True)), _connector='OR'), name='partyterm_extension_approved', violation_error_message='A term is extended to a later day, by a document. Enter both, or leave both empty.'),
        ),
        migrations.AddConstraint(
            model_name='stagerule',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='stagerule_in_order', violation_error_message='The last day is before the first day. Correct one of the two dates.'),
        ),
        migrations.AddConstraint(
            model_name='stagerule',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('district', '='), ('stage', '='), (models.Func(models.F('valid_from'), models.F('valid_to'), models.Value('[]'), function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='stagerule_one_a_day', violation_error_message='Another rule of this step is in force on these days. End that one first.'),
        ),
        migrations.AddConstraint(
            model_name='stagerule',
            constraint=models.CheckConstraint(condition=models.Q(('due_months__isnull', True), ('due_months__gte', models.F('least_months')), _connector='OR'), name='stagerule_due_after_least', violation_error_message='A step cannot be due before it is allowed.'),
        ),
        migrations.AddConstraint(
            model_name='teamstandard',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='teamstandard_in_order', violation_error_message='The last day is before the first day. Correct one of the two dates.'),
        ),
        migrations.AddConstraint(
            model_name='teamstandard',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('district', '='), ('kind', '='), ('post', '='), (models.Func(models.F('valid_from'), models.F('valid_to'), models.Value('[]'), function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='teamstandard_once', violation_error_message='This post already stands in the standard on some of these days.'),
        ),
    ])
