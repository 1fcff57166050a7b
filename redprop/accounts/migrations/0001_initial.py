import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from redprop.common.creation import together


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('areas', '0001_initial'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = together([
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('full_name', models.CharField(blank=True, max_length=50, verbose_name='full name')),
                ('work_phone', models.CharField(blank=True, max_length=30, verbose_name='work telephone')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'ordering': ['username'],
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='Posting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('role', models.CharField(choices=[('registrar', 'registrar'), ('evaluator', 'evaluator'), ('inspector', 'inspector'), ('reviewer', 'second reviewer'), ('objection_decider', 'objection decider'), ('publisher', 'publisher'), ('finance_maker', 'finance maker'), ('finance_checker', 'finance checker'), ('approver', 'approver'), ('organisation_department', 'organisation department'), ('subdistrict_clerk', 'subdistrict clerk'), ('community_secretary', 'community party secretary'), ('enterprise_contact', 'enterprise contact'), ('system_administrator', 'system administrator'), ('security_administrator', 'security administrator'), ('audit_administrator', 'audit administrator')], max_length=30, verbose_name='role')),
                ('community', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.community', verbose_name='community')),
                ('district', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.district', verbose_name='district')),
                ('subdistrict', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.subdistrict', verbose_name='subdistrict')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='postings', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'posting',
                'verbose_name_plural': 'postings',
                'ordering': ['user', 'role', 'valid_from'],
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='posting_in_order', violation_error_message='The last day is before the first day. Correct one of the two dates.'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('community__isnull', True), ('subdistrict__isnull', True)), expressions=[('user', '='), ('role', '='), ('district', '='), (models.Func(models.F('valid_from'), models.F('valid_to'), models.Value('[]'), function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='posting_no_overlap', violation_error_message='This user already holds this role on some of these days. End that posting first.'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('role__in', ['audit_administrator', 'security_administrator', 'system_administrator'])), expressions=[('user', '='), (models.Func(models.F('valid_from'), models.F('valid_to'), models.Value('[]'), function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='posting_one_administrator_role', violation_error_message='Nobody may hold two of the three administrator roles. Use another account.'), models.CheckConstraint(condition=models.Q(models.Q(('community__isnull', False), ('role', 'community_secretary')), models.Q(('community__isnull', True), ('role', 'subdistrict_clerk'), ('subdistrict__isnull', False)), models.Q(models.Q(('role__in', ['community_secretary', 'subdistrict_clerk']), _negated=True), ('community__isnull', True), ('subdistrict__isnull', True)), _connector='OR'), name='posting_area_fits_role', violation_error_message='A secretary is posted to a community, a clerk to a subdistrict, all others to the district.')],
            },
        ),
        migrations.CreateModel(
            name='PostingEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='until (inclusive)')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('recorded_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='recorded by')),
                ('role', models.CharField(choices=[('registrar', 'registrar'), ('evaluator', 'evaluator'), ('inspector', 'inspector'), ('reviewer', 'second reviewer'), ('objection_decider', 'objection decider'), ('publisher', 'publisher'), ('finance_maker', 'finance maker'), ('finance_checker', 'finance checker'), ('approver', 'approver'), ('organisation_department', 'organisation department'), ('subdistrict_clerk', 'subdistrict clerk'), ('community_secretary', 'community party secretary'), ('enterprise_contact', 'enterprise contact'), ('system_administrator', 'system administrator'), ('security_administrator', 'security administrator'), ('audit_administrator', 'audit administrator')], max_length=30, verbose_name='role')),
                ('community', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.community', verbose_name='community')),
                ('district', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.district', verbose_name='district')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='accounts.posting')),
                ('subdistrict', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='areas.subdistrict', verbose_name='subdistrict')),
                ('user', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'abstract': False,
            },
        ),
    ])
