"""Every deduction has its ground, its points and the day it was decided."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from redprop.common.creation import together


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0088_notices_of_community_work'),
        ('enterprises', '0001_initial'),
        ('evaluations', '0106_grounds_of_old_deductions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = together([
        migrations.RemoveConstraint(
            model_name='deduction',
            name='deduction_once',
        ),
        migrations.RemoveField(
            model_name='deduction',
            name='code',
        ),
        migrations.RemoveField(
            model_name='deductionevent',
            name='code',
        ),
        migrations.AlterField(
            model_name='deduction',
            name='decided_on',
            field=models.DateField(verbose_name='decided on'),
        ),
        migrations.AlterField(
            model_name='deduction',
            name='ground',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deductions', to='evaluations.deductionground', verbose_name='ground'),
        ),
        migrations.AlterField(
            model_name='deduction',
            name='points',
            field=models.DecimalField(decimal_places=2, max_digits=6, validators=[django.core.validators.MinValueValidator(0)], verbose_name='points deducted'),
        ),
        migrations.AlterField(
            model_name='deductionevent',
            name='decided_on',
            field=models.DateField(verbose_name='decided on'),
        ),
        migrations.AlterField(
            model_name='deductionevent',
            name='ground',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='evaluations.deductionground', verbose_name='ground'),
        ),
        migrations.AlterField(
            model_name='deductionevent',
            name='points',
            field=models.DecimalField(decimal_places=2, max_digits=6, validators=[django.core.validators.MinValueValidator(0)], verbose_name='points deducted'),
        ),
        migrations.AddConstraint(
            model_name='deduction',
            constraint=models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True)), fields=('project', 'ground', 'happened_on'), name='deduction_once', violation_error_message='This event of this day is already recorded. Use that entry.'),
        ),
        migrations.AddConstraint(
            model_name='deduction',
            constraint=models.CheckConstraint(condition=models.Q(('decided_on__gte', models.F('happened_on'))), name='deduction_in_order', violation_error_message='The decision is dated before the breach. Correct one of the two dates.'),
        ),
        migrations.AddConstraint(
            model_name='deduction',
            constraint=models.CheckConstraint(condition=models.Q(('heard_on__isnull', True), models.Q(('heard_on__gte', models.F('happened_on')), ('heard_on__lte', models.F('decided_on')), models.Q(('hearing', ''), _negated=True)), _connector='OR'), name='deduction_heard_before', violation_error_message='The firm is heard after the event and before the decision; write down what it said.'),
        ),
        migrations.AddConstraint(
            model_name='deduction',
            constraint=models.CheckConstraint(condition=models.Q(('revoked_at__isnull', True), models.Q(('revoked_by__isnull', False), models.Q(('revoked_reason', ''), _negated=True)), _connector='OR'), name='deduction_revoked_complete', violation_error_message='A finding is revoked by a person, with the reason.'),
        ),
        migrations.AddConstraint(
            model_name='deduction',
            constraint=models.CheckConstraint(condition=models.Q(('points__gt', 0)), name='deduction_positive', violation_error_message='Say how many points the event costs.'),
        ),
        migrations.AlterConstraint(
            model_name='deduction',
            name='deduction_has_evidence',
            constraint=models.CheckConstraint(condition=models.Q(('evidence', ''), _negated=True), name='deduction_has_evidence', violation_error_message='A finding needs its evidence.'),
        ),
    ])
