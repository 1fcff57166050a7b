"""How grave an entry is, and rectifications that repair it."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from redprop.common.creation import together


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0047_events_for_platforms"),
        ("evaluations", "0070_follow_ups"),
        ("pghistory", "0007_auto_20250421_0444"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = together([
        migrations.AddField(
            model_name="listentry",
            name="severity",
            field=models.CharField(
                choices=[("minor", "minor"), ("ordinary", "ordinary"), ("serious", "serious")],
                db_default="ordinary",
                default="ordinary",
                max_length=8,
                verbose_name="severity",
            ),
        ),
        migrations.AddField(
            model_name="listentryevent",
            name="severity",
            field=models.CharField(
                choices=[("minor", "minor"), ("ordinary", "ordinary"), ("serious", "serious")],
                db_default="ordinary",
                default="ordinary",
                max_length=8,
                verbose_name="severity",
            ),
        ),
        migrations.AddField(
            model_name="veto",
            name="severity",
            field=models.CharField(
                choices=[("minor", "minor"), ("ordinary", "ordinary"), ("serious", "serious")],
                db_default="ordinary",
                default="ordinary",
                max_length=8,
                verbose_name="severity",
            ),
        ),
        migrations.AddField(
            model_name="vetoevent",
            name="severity",
            field=models.CharField(
                choices=[("minor", "minor"), ("ordinary", "ordinary"), ("serious", "serious")],
                db_default="ordinary",
                default="ordinary",
                max_length=8,
                verbose_name="severity",
            ),
        ),
        migrations.CreateModel(
            name="Rectification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "recorded_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="recorded at"
                    ),
                ),
                (
                    "recorded_by",
                    models.CharField(blank=True, editable=False, max_length=150, verbose_name="recorded by"),
                ),
                ("text", models.TextField(verbose_name="what was put right, and what shows it")),
                ("reported_on", models.DateField(verbose_name="reported on")),
                ("due_on", models.DateField(verbose_name="re-inspection by")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reported", "reported, waits for the re-inspection"),
                            ("passed", "re-inspected: put right"),
                            ("failed", "re-inspected: not put right"),
                        ],
                        default="reported",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("decided_on", models.DateField(blank=True, null=True, verbose_name="decided on")),
                ("result", models.TextField(blank=True, verbose_name="result and reasons")),
                ("repaired_on", models.DateField(blank=True, null=True, verbose_name="entry repaired on")),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rectifications",
                        to="evaluations.listentry",
                        verbose_name="list entry",
                    ),
                ),
                (
                    "evidence",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.attachment",
                        verbose_name="evidence",
                    ),
                ),
                (
                    "inspection",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="evaluations.inspection",
                        verbose_name="re-inspection",
                    ),
                ),
            ],
            options={
                "verbose_name": "rectification",
                "verbose_name_plural": "rectifications",
                "ordering": ["-reported_on", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="RectificationEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                (
                    "recorded_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="recorded at"
                    ),
                ),
                (
                    "recorded_by",
                    models.CharField(blank=True, editable=False, max_length=150, verbose_name="recorded by"),
                ),
                ("text", models.TextField(verbose_name="what was put right, and what shows it")),
                ("reported_on", models.DateField(verbose_name="reported on")),
                ("due_on", models.DateField(verbose_name="re-inspection by")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reported", "reported, waits for the re-inspection"),
                            ("passed", "re-inspected: put right"),
                            ("failed", "re-inspected: not put right"),
                        ],
                        default="reported",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("decided_on", models.DateField(blank=True, null=True, verbose_name="decided on")),
                ("result", models.TextField(blank=True, verbose_name="result and reasons")),
                ("repaired_on", models.DateField(blank=True, null=True, verbose_name="entry repaired on")),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="evaluations.listentry",
                        verbose_name="list entry",
                    ),
                ),
                (
                    "evidence",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="core.attachment",
                        verbose_name="evidence",
                    ),
                ),
                (
                    "inspection",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="evaluations.inspection",
                        verbose_name="re-inspection",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="evaluations.rectification",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddConstraint(
            model_name="rectification",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["reported", "passed"])),
                fields=("entry",),
                name="rectification_one_open",
                violation_error_message="A rectification of this entry is already reported.",
            ),
        ),
        migrations.AddConstraint(
            model_name="rectification",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "reported"),
                    models.Q(
                        ("decided_by__isnull", False),
                        ("decided_on__isnull", False),
                        models.Q(("result", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="rectification_decided_complete",
                violation_error_message="A decision needs the decider, the day and written reasons.",
            ),
        ),
        migrations.AddConstraint(
            model_name="rectification",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "passed"), _negated=True),
                    ("inspection__isnull", False),
                    _connector="OR",
                ),
                name="rectification_passed_with_inspection",
                violation_error_message="Nothing is repaired without a re-inspection.",
            ),
        ),
    ])
