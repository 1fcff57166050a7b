"""Findings with document, scan, hearing and revocation; grounds for deductions; working days and list points as data."""


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
        ('evaluations', '0072_corrections'),
        ('pghistory', '0007_auto_20250421_0444'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = together([
        migrations.CreateModel(
            name='DeductionGround',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('code', models.CharField(max_length=30, verbose_name='code')),
                ('title', models.CharField(max_length=60, verbose_name='ground')),
                ('points', models.DecimalField(decimal_places=2, max_digits=6, validators=[django.core.validators.MinValueValidator(0)], verbose_name='most points for one event')),
                ('most', models.DecimalField(blank=True, decimal_places=2, max_digits=6, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='most points in one period')),
                ('document', models.CharField(max_length=100, verbose_name='document number')),
            ],
            options={
                'verbose_name': 'ground for deductions',
                'verbose_name_plural': 'grounds for deductions',
                'ordering': ['code', '-valid_from'],
            },
        ),
        migrations.CreateModel(
            name='DeductionGroundEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('code', models.CharField(max_length=30, verbose_name='code')),
                ('title', models.CharField(max_length=60, verbose_name='ground')),
                ('points', models.DecimalField(decimal_places=2, max_digits=6, validators=[django.core.validators.MinValueValidator(0)], verbose_name='most points for one event')),
                ('most', models.DecimalField(blank=True, decimal_places=2, max_digits=6, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='most points in one period')),
                ('document', models.CharField(max_length=100, verbose_name='document number')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.RemoveConstraint(
            model_name='veto',
            name='veto_once',
        ),
        migrations.AddField(
            model_name='closingrun',
            name='cut_offs',
            field=models.JSONField(editable=False, null=True, verbose_name='published cut-offs'),
        ),
        migrations.AddField(
            model_name='creditreport',
            name='person',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.person', verbose_name='manager (empty: the enterprise itself)'),
        ),
        migrations.AddField(
            model_name='creditreport',
            name='project',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enterprises.serviceproject', verbose_name='service project'),
        ),
        migrations.AddField(
            model_name='creditscheme',
            name='black_points',
            field=models.DecimalField(db_default=2, decimal_places=2, default=2, max_digits=6, validators=[django.core.validators.MinValueValidator(0)], verbose_name='points of a black quarter'),
        ),
        migrations.AddField(
            model_name='creditscheme',
            name='list_months',
            field=models.PositiveSmallIntegerField(db_default=12, default=12, validators=[django.core.validators.MinValueValidator(1)], verbose_name='how long a list result counts (months)'),
        ),
        migrations.AddField(
            model_name='creditscheme',
            name='red_points',
            field=models.DecimalField(db_default=2, decimal_places=2, default=2, max_digits=6, validators=[django.core.validators.MinValueValidator(0)], verbose_name='points of a red quarter'),
        ),
        migrations.AddField(
            model_name='creditschemeevent',
            name='black_points',
            field=models.DecimalField(db_default=2, decimal_places=2, default=2, max_digits=6, validators=[django.core.validators.MinValueValidator(0)], verbose_name='points of a black quarter'),
        ),
        migrations.AddField(
            model_name='creditschemeevent',
            name='list_months',
            field=models.PositiveSmallIntegerField(db_default=12, default=12, validators=[django.core.validators.MinValueValidator(1)], verbose_name='how long a list result counts (months)'),
        ),
        migrations.AddField(
            model_name='creditschemeevent',
            name='red_points',
            field=models.DecimalField(db_default=2, decimal_places=2, default=2, max_digits=6, validators=[django.core.validators.MinValueValidator(0)], verbose_name='points of a red quarter'),
        ),
        migrations.AddField(
            model_name='deduction',
            name='attachment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.attachment', verbose_name='scan or photo'),
        ),
        migrations.AddField(
            model_name='deduction',
            name='decided_on',
            field=models.DateField(null=True, verbose_name='decided on'),
        ),
        migrations.AddField(
            model_name='deduction',
            name='document',
            field=models.CharField(blank=True, max_length=100, verbose_name='document number'),
        ),
        migrations.AddField(
            model_name='deduction',
            name='heard_on',
            field=models.DateField(blank=True, null=True, verbose_name='firm heard on'),
        ),
        migrations.AddField(
            model_name='deduction',
            name='hearing',
            field=models.TextField(blank=True, verbose_name='what the firm said, or that it did not come'),
        ),
        migrations.AddField(
            model_name='deduction',
            name='points',
            field=models.DecimalField(decimal_places=2, max_digits=6, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='points deducted'),
        ),
        migrations.AddField(
            model_name='deduction',
            name='revoked_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='revoked at'),
        ),
        migrations.AddField(
            model_name='deduction',
            name='revoked_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='revoked by'),
        ),
        migrations.AddField(
            model_name='deduction',
            name='revoked_reason',
            field=models.TextField(blank=True, verbose_name='why it was revoked'),
        ),
        migrations.AddField(
            model_name='deductionevent',
            name='attachment',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='core.attachment', verbose_name='scan or photo'),
        ),
        migrations.AddField(
            model_name='deductionevent',
            name='decided_on',
            field=models.DateField(null=True, verbose_name='decided on'),
        ),
        migrations.AddField(
            model_name='deductionevent',
            name='document',
            field=models.CharField(blank=True, max_length=100, verbose_name='document number'),
        ),
        migrations.AddField(
            model_name='deductionevent',
            name='heard_on',
            field=models.DateField(blank=True, null=True, verbose_name='firm heard on'),
        ),
        migrations.AddField(
            model_name='deductionevent',
            name='hearing',
            field=models.TextField(blank=True, verbose_name='what the firm said, or that it did not come'),
        ),
        migrations.AddField(
            model_name='deductionevent',
            name='points',
            field=models.DecimalField(decimal_places=2, max_digits=6, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='points deducted'),
        ),
        migrations.AddField(
            model_name='deductionevent',
            name='revoked_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='revoked at'),
        ),
        migrations.AddField(
            model_name='deductionevent',
            name='revoked_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='revoked by'),
        ),
        migrations.AddField(
            model_name='deductionevent',
            name='revoked_reason',
            field=models.TextField(blank=True, verbose_name='why it was revoked'),
        ),
        migrations.AddField(
            model_name='rubric',
            name='advice_workdays',
            field=models.PositiveSmallIntegerField(db_default=20, default=20, verbose_name='working days for the advice to the owners after a second black'),
        ),
        migrations.AddField(
            model_name='rubric',
            name='interview_workdays',
            field=models.PositiveSmallIntegerField(db_default=10, default=10, verbose_name='working days for the interview after a second black'),
        ),
        migrations.AddField(
            model_name='rubric',
            name='manager_workdays',
            field=models.PositiveSmallIntegerField(db_default=30, default=30, verbose_name='working days for the change of manager after a second black'),
        ),
        migrations.AddField(
            model_name='rubric',
            name='recording_workdays',
            field=models.PositiveSmallIntegerField(db_default=3, default=3, verbose_name='working days to record facts after the period'),
        ),
        migrations.AddField(
            model_name='rubric',
            name='reinspection_workdays',
            field=models.PositiveSmallIntegerField(db_default=15, default=15, verbose_name='working days for the re-inspection after a rectification'),
        ),
        migrations.AddField(
            model_name='rubric',
            name='resurvey_workdays',
            field=models.PositiveSmallIntegerField(db_default=20, default=20, verbose_name='working days for the second survey'),
        ),
        migrations.AddField(
            model_name='rubricevent',
            name='advice_workdays',
            field=models.PositiveSmallIntegerField(db_default=20, default=20, verbose_name='working days for the advice to the owners after a second black'),
        ),
        migrations.AddField(
            model_name='rubricevent',
            name='interview_workdays',
            field=models.PositiveSmallIntegerField(db_default=10, default=10, verbose_name='working days for the interview after a second black'),
        ),
        migrations.AddField(
            model_name='rubricevent',
            name='manager_workdays',
            field=models.PositiveSmallIntegerField(db_default=30, default=30, verbose_name='working days for the change of manager after a second black'),
        ),
        migrations.AddField(
            model_name='rubricevent',
            name='recording_workdays',
            field=models.PositiveSmallIntegerField(db_default=3, default=3, verbose_name='working days to record facts after the period'),
        ),
        migrations.AddField(
            model_name='rubricevent',
            name='reinspection_workdays',
            field=models.PositiveSmallIntegerField(db_default=15, default=15, verbose_name='working days for the re-inspection after a rectification'),
        ),
        migrations.AddField(
            model_name='rubricevent',
            name='resurvey_workdays',
            field=models.PositiveSmallIntegerField(db_default=20, default=20, verbose_name='working days for the second survey'),
        ),
        migrations.AddField(
            model_name='veto',
            name='attachment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.attachment', verbose_name='scan or photo'),
        ),
        migrations.AddField(
            model_name='veto',
            name='document',
            field=models.CharField(blank=True, max_length=100, verbose_name='document number'),
        ),
        migrations.AddField(
            model_name='veto',
            name='heard_on',
            field=models.DateField(blank=True, null=True, verbose_name='firm heard on'),
        ),
        migrations.AddField(
            model_name='veto',
            name='hearing',
            field=models.TextField(blank=True, verbose_name='what the firm said, or that it did not come'),
        ),
        migrations.AddField(
            model_name='veto',
            name='revoked_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='revoked at'),
        ),
        migrations.AddField(
            model_name='veto',
            name='revoked_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='revoked by'),
        ),
        migrations.AddField(
            model_name='veto',
            name='revoked_reason',
            field=models.TextField(blank=True, verbose_name='why it was revoked'),
        ),
        migrations.AddField(
            model_name='vetoevent',
            name='attachment',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='core.attachment', verbose_name='scan or photo'),
        ),
        migrations.AddField(
            model_name='vetoevent',
            name='document',
            field=models.CharField(blank=True, max_length=100, verbose_name='document number'),
        ),
        migrations.AddField(
            model_name='vetoevent',
            name='heard_on',
            field=models.DateField(blank=True, null=True, verbose_name='firm heard on'),
        ),
        migrations.AddField(
            model_name='vetoevent',
            name='hearing',
            field=models.TextField(blank=True, verbose_name='what the firm said, or that it did not come'),
        ),
        migrations.AddField(
            model_name='vetoevent',
            name='revoked_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='revoked at'),
        ),
        migrations.AddField(
            model_name='vetoevent',
            name='revoked_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='revoked by'),
        ),
        migrations.AddField(
            model_name='vetoevent',
            name='revoked_reason',
            field=models.TextField(blank=True, verbose_name='why it was revoked'),
        ),
        migrations.AlterField(
            model_name='veto',
            name='code',
            field=models.CharField(choices=[('inspection', 'failed routine inspections, not put right'), ('safety', 'safety accident from late repair'), ('takeover', 'illegal take-over or withdrawal'), ('funds', 'misuse of maintenance funds'), ('bidding', 'bid-rigging or double contracts'), ('exposure', 'breach proven after official criticism or exposure'), ('breach', 'proven breach behind a lasting conflict'), ('other', 'other serious breach')], max_length=10, verbose_name='ground'),
        ),
        migrations.AlterField(
            model_name='vetoevent',
            name='code',
            field=models.CharField(choices=[('inspection', 'failed routine inspections, not put right'), ('safety', 'safety accident from late repair'), ('takeover', 'illegal take-over or withdrawal'), ('funds', 'misuse of maintenance funds'), ('bidding', 'bid-rigging or double contracts'), ('exposure', 'breach proven after official criticism or exposure'), ('breach', 'proven breach behind a lasting conflict'), ('other', 'other serious breach')], max_length=10, verbose_name='ground'),
        ),
        migrations.AddConstraint(
            model_name='creditreport',
            constraint=models.CheckConstraint(condition=models.Q(('person__isnull', True), ('project__isnull', False), _connector='OR'), name='creditreport_manager_of_project', violation_error_message="A manager's report names the project."),
        ),
        migrations.AddConstraint(
            model_name='veto',
            constraint=models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True)), fields=('project', 'code', 'happened_on'), name='veto_once', violation_error_message='This event of this day is already recorded. Use that entry.'),
        ),
        migrations.AddConstraint(
            model_name='veto',
            constraint=models.CheckConstraint(condition=models.Q(('heard_on__isnull', True), models.Q(('heard_on__gte', models.F('happened_on')), ('heard_on__lte', models.F('decided_on')), models.Q(('hearing', ''), _negated=True)), _connector='OR'), name='veto_heard_before', violation_error_message='The firm is heard after the event and before the decision; write down what it said.'),
        ),
        migrations.AddConstraint(
            model_name='veto',
            constraint=models.CheckConstraint(condition=models.Q(('revoked_at__isnull', True), models.Q(('revoked_by__isnull', False), models.Q(('revoked_reason', ''), _negated=True)), _connector='OR'), name='veto_revoked_complete', violation_error_message='A finding is revoked by a person, with the reason.'),
        ),
        migrations.AlterConstraint(
            model_name='veto',
            name='veto_has_evidence',
            constraint=models.CheckConstraint(condition=models.Q(('evidence', ''), _negated=True), name='veto_has_evidence', violation_error_message='A finding needs its evidence.'),
        ),
        migrations.AddField(
            model_name='deductionground',
            name='district',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.district', verbose_name='district'),
        ),
        migrations.AddField(
            model_name='deduction',
            name='ground',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deductions', to='evaluations.deductionground', verbose_name='ground'),
        ),
        migrations.AddField(
            model_name='deductionevent',
            name='ground',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='evaluations.deductionground', verbose_name='ground'),
        ),
        migrations.AddField(
            model_name='deductiongroundevent',
            name='district',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.district', verbose_name='district'),
        ),
        migrations.AddField(
            model_name='deductiongroundevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='deductiongroundevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='evaluations.deductionground'),
        ),
        migrations.AddConstraint(
            model_name='deductionground',
            constraint=models.UniqueConstraint(fields=('district', 'code'), name='deductionground_code_once', violation_error_message='This code is already used. A new rule gets a code of its own; the ground before it ends.'),
        ),
        migrations.AddConstraint(
            model_name='deductionground',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='deductionground_in_order', violation_error_message='The last day is before the first day. Correct one of the two dates.'),
        ),
        migrations.AddConstraint(
            model_name='deductionground',
            constraint=models.CheckConstraint(condition=models.Q(('points__gt', 0), models.Q(('most__isnull', True), ('most__gte', models.F('points')), _connector='OR')), name='deductionground_positive', violation_error_message='A ground costs more than no points; the most of a period is not less than that of one event.'),
        ),
    ])
