"""Rotating flags: rules, rounds, candidates, flags with their ends and withdrawals; reports of periods."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from redprop.common.creation import together


class Migration(migrations.Migration):

    dependencies = [
        ('areas', '0002_editions_and_changes'),
        ('core', '0088_notices_of_community_work'),
        ('enterprises', '0001_initial'),
        ('evaluations', '0108_who_deducts_scores'),
        ('pghistory', '0007_auto_20250421_0444'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = together([
        migrations.CreateModel(
            name='FlagCandidate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('group', models.CharField(blank=True, choices=[('professional', 'professional service'), ('old', 'old compounds')], max_length=15, verbose_name='rank group')),
                ('position', models.PositiveSmallIntegerField(verbose_name='place in the round')),
                ('total', models.DecimalField(decimal_places=4, max_digits=10, verbose_name='total (points)')),
                ('rank', models.PositiveIntegerField(blank=True, null=True, verbose_name='rank on the list')),
                ('compounds', models.JSONField(default=list, verbose_name='compounds')),
                ('holds_since', models.DateField(blank=True, null=True, verbose_name='holds a flag since')),
                ('state', models.CharField(choices=[('proposed', 'proposed'), ('awarded', 'awarded'), ('declined', 'declined')], default='proposed', max_length=8, verbose_name='state')),
                ('remark', models.CharField(blank=True, max_length=300, verbose_name='reason given')),
                ('decided_on', models.DateField(blank=True, null=True, verbose_name='decided on')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('enterprise', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enterprises.enterprise', verbose_name='enterprise')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enterprises.serviceproject', verbose_name='service project')),
                ('subdistrict', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.subdistrict', verbose_name='subdistrict')),
            ],
            options={
                'verbose_name': 'candidate for a rotating flag',
                'verbose_name_plural': 'candidates for rotating flags',
                'ordering': ['round', 'subdistrict', 'group', 'position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='FlagRound',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('state', models.CharField(choices=[('open', 'to be decided'), ('closed', 'decided')], default='open', max_length=8, verbose_name='state')),
                ('opened_on', models.DateField(verbose_name='opened on')),
                ('closed_on', models.DateField(blank=True, null=True, verbose_name='decided on')),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='flag_rounds', to='evaluations.evaluationperiod', verbose_name='evaluation period')),
            ],
            options={
                'verbose_name': 'round of rotating flags',
                'verbose_name_plural': 'rounds of rotating flags',
                'ordering': ['-period__ends_on', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='FlagCandidateEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('group', models.CharField(blank=True, choices=[('professional', 'professional service'), ('old', 'old compounds')], max_length=15, verbose_name='rank group')),
                ('position', models.PositiveSmallIntegerField(verbose_name='place in the round')),
                ('total', models.DecimalField(decimal_places=4, max_digits=10, verbose_name='total (points)')),
                ('rank', models.PositiveIntegerField(blank=True, null=True, verbose_name='rank on the list')),
                ('compounds', models.JSONField(default=list, verbose_name='compounds')),
                ('holds_since', models.DateField(blank=True, null=True, verbose_name='holds a flag since')),
                ('state', models.CharField(choices=[('proposed', 'proposed'), ('awarded', 'awarded'), ('declined', 'declined')], default='proposed', max_length=8, verbose_name='state')),
                ('remark', models.CharField(blank=True, max_length=300, verbose_name='reason given')),
                ('decided_on', models.DateField(blank=True, null=True, verbose_name='decided on')),
                ('decided_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('enterprise', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='enterprises.enterprise', verbose_name='enterprise')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='evaluations.flagcandidate')),
                ('project', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='enterprises.serviceproject', verbose_name='service project')),
                ('subdistrict', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.subdistrict', verbose_name='subdistrict')),
                ('round', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='evaluations.flaground', verbose_name='round of rotating flags')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='flagcandidate',
            name='round',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='candidates', to='evaluations.flaground', verbose_name='round of rotating flags'),
        ),
        migrations.CreateModel(
            name='FlagRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('title', models.CharField(max_length=100, verbose_name='title')),
                ('document', models.CharField(max_length=60, verbose_name='document number')),
                ('is_sample', models.BooleanField(default=False, verbose_name='sample')),
                ('period_kind', models.CharField(choices=[('quarter', 'quarter'), ('half', 'half-year'), ('year', 'year')], default='quarter', max_length=8, verbose_name='for periods of')),
                ('area', models.CharField(choices=[('district', 'in the whole district'), ('subdistrict', 'in each subdistrict')], default='district', max_length=12, verbose_name='given')),
                ('by_group', models.BooleanField(default=False, verbose_name='professional and old compounds apart')),
                ('flags', models.PositiveSmallIntegerField(default=1, help_text='For the district, or for each subdistrict; with groups apart, for each group of it.', validators=[django.core.validators.MinValueValidator(1)], verbose_name='flags in each')),
                ('min_total', models.DecimalField(blank=True, decimal_places=2, max_digits=8, null=True, verbose_name='total at least (points)')),
                ('must_be_red', models.BooleanField(default=False, help_text="Of the same period's final list.", verbose_name='only from the red list')),
                ('district', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.district', verbose_name='district')),
            ],
            options={
                'verbose_name': 'rule of rotating flags',
                'verbose_name_plural': 'rules of rotating flags',
                'ordering': ['-valid_from', 'area', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='FlagRoundEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('state', models.CharField(choices=[('open', 'to be decided'), ('closed', 'decided')], default='open', max_length=8, verbose_name='state')),
                ('opened_on', models.DateField(verbose_name='opened on')),
                ('closed_on', models.DateField(blank=True, null=True, verbose_name='decided on')),
                ('closed_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('period', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='evaluations.evaluationperiod', verbose_name='evaluation period')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='evaluations.flaground')),
                ('rule', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='evaluations.flagrule', verbose_name='rule of rotating flags')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='flaground',
            name='rule',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rounds', to='evaluations.flagrule', verbose_name='rule of rotating flags'),
        ),
        migrations.CreateModel(
            name='FlagRuleEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('title', models.CharField(max_length=100, verbose_name='title')),
                ('document', models.CharField(max_length=60, verbose_name='document number')),
                ('is_sample', models.BooleanField(default=False, verbose_name='sample')),
                ('period_kind', models.CharField(choices=[('quarter', 'quarter'), ('half', 'half-year'), ('year', 'year')], default='quarter', max_length=8, verbose_name='for periods of')),
                ('area', models.CharField(choices=[('district', 'in the whole district'), ('subdistrict', 'in each subdistrict')], default='district', max_length=12, verbose_name='given')),
                ('by_group', models.BooleanField(default=False, verbose_name='professional and old compounds apart')),
                ('flags', models.PositiveSmallIntegerField(default=1, help_text='For the district, or for each subdistrict; with groups apart, for each group of it.', validators=[django.core.validators.MinValueValidator(1)], verbose_name='flags in each')),
                ('min_total', models.DecimalField(blank=True, decimal_places=2, max_digits=8, null=True, verbose_name='total at least (points)')),
                ('must_be_red', models.BooleanField(default=False, help_text="Of the same period's final list.", verbose_name='only from the red list')),
                ('district', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.district', verbose_name='district')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='evaluations.flagrule')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='FlagWithdrawal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('ground', models.CharField(choices=[('veto', 'veto'), ('black', 'final black list')], max_length=5, verbose_name='ground')),
                ('proposed_on', models.DateField(verbose_name='proposed on')),
                ('state', models.CharField(choices=[('proposed', 'proposed'), ('confirmed', 'confirmed: the flag is withdrawn'), ('dismissed', 'dismissed: the flag stays')], default='proposed', max_length=9, verbose_name='state')),
                ('decided_on', models.DateField(blank=True, null=True, verbose_name='decided on')),
                ('result', models.CharField(blank=True, max_length=300, verbose_name='reasons')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('entry', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='evaluations.listentry', verbose_name='list entry')),
                ('veto', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='evaluations.veto', verbose_name='veto')),
            ],
            options={
                'verbose_name': 'withdrawal of a rotating flag',
                'verbose_name_plural': 'withdrawals of rotating flags',
                'ordering': ['-proposed_on', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='PeriodReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('title', models.CharField(max_length=150, verbose_name='title')),
                ('file', models.CharField(blank=True, editable=False, max_length=200, verbose_name='file')),
                ('size', models.PositiveBigIntegerField(default=0, verbose_name='size (bytes)')),
                ('made_at', models.DateTimeField(blank=True, null=True, verbose_name='written at')),
                ('release_number', models.CharField(blank=True, max_length=40, verbose_name='made from the release')),
                ('asked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked for by')),
                ('job', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='core.job', verbose_name='job')),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='evaluations.evaluationperiod', verbose_name='evaluation period')),
            ],
            options={
                'verbose_name': 'report of a period',
                'verbose_name_plural': 'reports of periods',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='RotatingFlag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('group', models.CharField(blank=True, choices=[('professional', 'professional service'), ('old', 'old compounds')], max_length=15, verbose_name='rank group')),
                ('number', models.CharField(max_length=30, verbose_name='number')),
                ('period_code', models.CharField(max_length=7, verbose_name='period')),
                ('compounds', models.JSONField(blank=True, default=list, verbose_name='compounds')),
                ('awarded_on', models.DateField(verbose_name='awarded on')),
                ('reason', models.CharField(max_length=300, verbose_name='awarded for')),
                ('awarded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='awarded by')),
                ('candidate', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='flag', to='evaluations.flagcandidate', verbose_name='candidate for a rotating flag')),
                ('district', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rotating_flags', to='areas.district', verbose_name='district')),
                ('enterprise', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rotating_flags', to='enterprises.enterprise', verbose_name='enterprise')),
                ('passed_from', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='passed_to', to='evaluations.rotatingflag', verbose_name='passed on from')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rotating_flags', to='enterprises.serviceproject', verbose_name='service project')),
                ('subdistrict', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.subdistrict', verbose_name='subdistrict')),
            ],
            options={
                'verbose_name': 'rotating flag',
                'verbose_name_plural': 'rotating flags',
                'ordering': ['-awarded_on', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='FlagWithdrawalEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('ground', models.CharField(choices=[('veto', 'veto'), ('black', 'final black list')], max_length=5, verbose_name='ground')),
                ('proposed_on', models.DateField(verbose_name='proposed on')),
                ('state', models.CharField(choices=[('proposed', 'proposed'), ('confirmed', 'confirmed: the flag is withdrawn'), ('dismissed', 'dismissed: the flag stays')], default='proposed', max_length=9, verbose_name='state')),
                ('decided_on', models.DateField(blank=True, null=True, verbose_name='decided on')),
                ('result', models.CharField(blank=True, max_length=300, verbose_name='reasons')),
                ('decided_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('entry', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='evaluations.listentry', verbose_name='list entry')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='evaluations.flagwithdrawal')),
                ('veto', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='evaluations.veto', verbose_name='veto')),
                ('flag', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='evaluations.rotatingflag', verbose_name='rotating flag')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='flagwithdrawal',
            name='flag',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawals', to='evaluations.rotatingflag', verbose_name='rotating flag'),
        ),
        migrations.CreateModel(
            name='FlagEnd',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('ended_on', models.DateField(verbose_name='no longer hangs from')),
                ('reason', models.CharField(choices=[('kept', 'awarded again to the same project'), ('passed_on', 'passed on'), ('returned', 'returned at the end of the round'), ('withdrawn', 'withdrawn')], max_length=10, verbose_name='reason')),
                ('words', models.CharField(max_length=300, verbose_name='reason in words')),
                ('flag', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='end', to='evaluations.rotatingflag', verbose_name='rotating flag')),
            ],
            options={
                'verbose_name': 'end of a rotating flag',
                'verbose_name_plural': 'ends of rotating flags',
            },
        ),
        migrations.AddConstraint(
            model_name='flagcandidate',
            constraint=models.UniqueConstraint(fields=('round', 'project'), name='flagcandidate_once', violation_error_message='This project is already a candidate of this round.'),
        ),
        migrations.AddConstraint(
            model_name='flagcandidate',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'proposed'), models.Q(('decided_by__isnull', False), ('decided_on__isnull', False)), _connector='OR'), name='flagcandidate_decided_complete', violation_error_message='A decision needs its day and who decided.'),
        ),
        migrations.AddConstraint(
            model_name='flagcandidate',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'declined'), _negated=True), models.Q(('remark', ''), _negated=True), _connector='OR'), name='flagcandidate_declined_with_reason', violation_error_message='Say why this candidate gets no flag.'),
        ),
        migrations.AddConstraint(
            model_name='flagrule',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='flagrule_in_order', violation_error_message='The last day is before the first day. Correct one of the two dates.'),
        ),
        migrations.AddConstraint(
            model_name='flagrule',
            constraint=models.CheckConstraint(condition=models.Q(('flags__gte', 1)), name='flagrule_some_flags', violation_error_message='A rule gives at least one flag.'),
        ),
        migrations.AddConstraint(
            model_name='flagrule',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('district', '='), ('period_kind', '='), ('area', '='), (models.Func(models.F('valid_from'), models.F('valid_to'), models.Value('[]'), function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='flagrule_no_overlap', violation_error_message='Another rule for the same periods and area is in force on some of these days. End that one first.'),
        ),
        migrations.AddConstraint(
            model_name='flaground',
            constraint=models.UniqueConstraint(fields=('period', 'rule'), name='flaground_once', violation_error_message='The round of this period under this rule is already open.'),
        ),
        migrations.AddConstraint(
            model_name='flaground',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'closed'), _negated=True), models.Q(('closed_by__isnull', False), ('closed_on__isnull', False)), _connector='OR'), name='flaground_closed_by_somebody', violation_error_message='A decided round needs its day and who decided.'),
        ),
        migrations.AddIndex(
            model_name='rotatingflag',
            index=models.Index(fields=['project'], name='rotatingflag_by_project'),
        ),
        migrations.AddIndex(
            model_name='rotatingflag',
            index=models.Index(fields=['district', 'awarded_on'], name='rotatingflag_by_day'),
        ),
        migrations.AddConstraint(
            model_name='rotatingflag',
            constraint=models.UniqueConstraint(fields=('district', 'number'), name='rotatingflag_number_once', violation_error_message='A flag with this number is already recorded.'),
        ),
        migrations.AddConstraint(
            model_name='flagwithdrawal',
            constraint=models.UniqueConstraint(condition=models.Q(('veto__isnull', False)), fields=('flag', 'veto'), name='flagwithdrawal_veto_once', violation_error_message='This ground was already proposed for this flag.'),
        ),
        migrations.AddConstraint(
            model_name='flagwithdrawal',
            constraint=models.UniqueConstraint(condition=models.Q(('entry__isnull', False)), fields=('flag', 'entry'), name='flagwithdrawal_entry_once', violation_error_message='This ground was already proposed for this flag.'),
        ),
        migrations.AddConstraint(
            model_name='flagwithdrawal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('entry__isnull', True), ('ground', 'veto'), ('veto__isnull', False)), models.Q(('entry__isnull', False), ('ground', 'black'), ('veto__isnull', True)), _connector='OR'), name='flagwithdrawal_one_ground', violation_error_message='A withdrawal names the veto or the entry behind it.'),
        ),
        migrations.AddConstraint(
            model_name='flagwithdrawal',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'proposed'), models.Q(('decided_by__isnull', False), ('decided_on__gte', models.F('proposed_on')), models.Q(('result', ''), _negated=True)), _connector='OR'), name='flagwithdrawal_decided_complete', violation_error_message='A decision needs its day, who decided and the reasons.'),
        ),
        migrations.AddConstraint(
            model_name='flagend',
            constraint=models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='flagend_has_words', violation_error_message='Say why the flag no longer hangs.'),
        ),
    ])
