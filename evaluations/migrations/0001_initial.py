import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from redprop.common.creation import together


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('communities', '0001_initial'),
        ('enterprises', '0001_initial'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = together([
        migrations.CreateModel(
            name='Deduction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('code', models.CharField(max_length=30, verbose_name='ground')),
                ('happened_on', models.DateField(verbose_name='happened on')),
                ('evidence', models.TextField(verbose_name='evidence')),
                ('decided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deductions', to='enterprises.serviceproject', verbose_name='service project')),
            ],
            options={
                'verbose_name': 'deduction',
                'verbose_name_plural': 'deductions',
                'constraints': [models.CheckConstraint(condition=models.Q(('evidence', ''), _negated=True), name='deduction_has_evidence', violation_error_message='A deduction needs its evidence.')],
            },
        ),
        migrations.CreateModel(
            name='DeductionEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('code', models.CharField(max_length=30, verbose_name='ground')),
                ('happened_on', models.DateField(verbose_name='happened on')),
                ('evidence', models.TextField(verbose_name='evidence')),
                ('decided_by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='evaluations.deduction')),
                ('project', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='enterprises.serviceproject', verbose_name='service project')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Inspection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('inspected_on', models.DateField(verbose_name='inspected on')),
                ('state', models.CharField(choices=[('planned', 'planned'), ('marked', 'marked')], default='marked', max_length=10, verbose_name='state')),
                ('compound', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='inspections', to='communities.compound', verbose_name='compound')),
                ('inspector', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='inspector')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='inspections', to='enterprises.serviceproject', verbose_name='service project')),
            ],
            options={
                'verbose_name': 'inspection',
                'verbose_name_plural': 'inspections',
                'ordering': ['-inspected_on', 'pk'],
                'indexes': [models.Index(fields=['inspected_on'], name='inspection_by_day')],
            },
        ),
        migrations.CreateModel(
            name='InspectionEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('inspected_on', models.DateField(verbose_name='inspected on')),
                ('state', models.CharField(choices=[('planned', 'planned'), ('marked', 'marked')], default='marked', max_length=10, verbose_name='state')),
                ('compound', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='communities.compound', verbose_name='compound')),
                ('inspector', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='inspector')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='evaluations.inspection')),
                ('project', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='enterprises.serviceproject', verbose_name='service project')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='InspectionMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scheme', models.CharField(choices=[('on_site', 'on-site inspection'), ('guarantees', 'eight guarantees')], max_length=12, verbose_name='scheme')),
                ('item', models.CharField(max_length=30, verbose_name='item')),
                ('mark', models.DecimalField(decimal_places=2, max_digits=6, validators=[django.core.validators.MinValueValidator(0)], verbose_name='mark')),
                ('full_mark', models.DecimalField(decimal_places=2, max_digits=6, verbose_name='full marks')),
                ('finding', models.CharField(blank=True, max_length=300, verbose_name='finding')),
                ('inspection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='marks', to='evaluations.inspection', verbose_name='inspection')),
            ],
            options={
                'verbose_name': 'mark of an inspection',
                'verbose_name_plural': 'marks of inspections',
                'constraints': [models.UniqueConstraint(fields=('inspection', 'scheme', 'item'), name='inspectionmark_once', violation_error_message='This item is already marked in this inspection.'), models.CheckConstraint(condition=models.Q(('mark__gte', 0), ('mark__lte', models.F('full_mark'))), name='inspectionmark_within_scale', violation_error_message='The mark must be between zero and full marks.')],
            },
        ),
        migrations.CreateModel(
            name='SurveyAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('answered_on', models.DateField(verbose_name='answered on')),
                ('score', models.PositiveSmallIntegerField(verbose_name='score (1 to 5)')),
                ('is_satisfied', models.BooleanField(verbose_name='satisfied (4 or 5)')),
                ('channel', models.CharField(choices=[('link', 'one-time link'), ('letter', 'QR letter'), ('phone', 'phone'), ('visit', 'home visit')], max_length=10, verbose_name='channel')),
                ('token_digest', models.CharField(max_length=64, verbose_name="digest of the household's token")),
                ('is_valid', models.BooleanField(default=True, verbose_name='valid')),
                ('compound', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='survey_answers', to='communities.compound', verbose_name='compound')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='survey_answers', to='enterprises.serviceproject', verbose_name='service project')),
            ],
            options={
                'verbose_name': 'survey answer',
                'verbose_name_plural': 'survey answers',
                'indexes': [models.Index(fields=['answered_on'], name='surveyanswer_by_day')],
                'constraints': [models.UniqueConstraint(fields=('token_digest',), name='surveyanswer_household_once', violation_error_message='This household has already answered.'), models.CheckConstraint(condition=models.Q(('score__gte', 1), ('score__lte', 5)), name='surveyanswer_scale', violation_error_message='The score is a whole number from 1 to 5.'), models.CheckConstraint(condition=models.Q(models.Q(('is_satisfied', True), ('score__gte', 4)), models.Q(('is_satisfied', False), ('score__lte', 3)), _connector='OR'), name='surveyanswer_satisfied_from_score', violation_error_message='Satisfied means a score of 4 or 5.')],
            },
        ),
        migrations.CreateModel(
            name='Veto',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('code', models.CharField(choices=[('safety', 'safety accident from late repair'), ('takeover', 'illegal take-over or withdrawal'), ('funds', 'misuse of maintenance funds'), ('bidding', 'bid-rigging or double contracts'), ('exposure', 'breach proven after official criticism or exposure'), ('breach', 'proven breach behind a lasting conflict'), ('other', 'other serious breach')], max_length=10, verbose_name='ground')),
                ('happened_on', models.DateField(verbose_name='happened on')),
                ('evidence', models.TextField(verbose_name='evidence')),
                ('decided_on', models.DateField(verbose_name='decided on')),
                ('decided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='vetoes', to='enterprises.serviceproject', verbose_name='service project')),
            ],
            options={
                'verbose_name': 'veto',
                'verbose_name_plural': 'vetoes',
                'constraints': [models.CheckConstraint(condition=models.Q(('evidence', ''), _negated=True), name='veto_has_evidence', violation_error_message='A veto needs its evidence.'), models.CheckConstraint(condition=models.Q(('decided_on__gte', models.F('happened_on'))), name='veto_in_order', violation_error_message='The decision is dated before the breach. Correct one of the two dates.')],
            },
        ),
        migrations.CreateModel(
            name='VetoEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('code', models.CharField(choices=[('safety', 'safety accident from late repair'), ('takeover', 'illegal take-over or withdrawal'), ('funds', 'misuse of maintenance funds'), ('bidding', 'bid-rigging or double contracts'), ('exposure', 'breach proven after official criticism or exposure'), ('breach', 'proven breach behind a lasting conflict'), ('other', 'other serious breach')], max_length=10, verbose_name='ground')),
                ('happened_on', models.DateField(verbose_name='happened on')),
                ('evidence', models.TextField(verbose_name='evidence')),
                ('decided_on', models.DateField(verbose_name='decided on')),
                ('decided_by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='evaluations.veto')),
                ('project', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='enterprises.serviceproject', verbose_name='service project')),
            ],
            options={
                'abstract': False,
            },
        ),
    ])
