"""The enterprise's reply beside its published entry."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from redprop.common.creation import together


class Migration(migrations.Migration):
    dependencies = [
        ("evaluations", "0062_credit_never_changes"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = together([
        migrations.CreateModel(
            name="EntryReply",
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
                ("text", models.TextField(verbose_name="reply")),
                (
                    "replaced_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="replaced or taken back at"),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replies",
                        to="evaluations.listentry",
                        verbose_name="list entry",
                    ),
                ),
            ],
            options={
                "verbose_name": "reply of an enterprise",
                "verbose_name_plural": "replies of enterprises",
                "ordering": ["-recorded_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="EntryReplyEvent",
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
                ("text", models.TextField(verbose_name="reply")),
                (
                    "replaced_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="replaced or taken back at"),
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
                        to="evaluations.entryreply",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddConstraint(
            model_name="entryreply",
            constraint=models.UniqueConstraint(
                condition=models.Q(("replaced_at__isnull", True)),
                fields=("entry",),
                name="entryreply_one_stands",
                violation_error_message="This entry already has a reply. Replace it.",
            ),
        ),
        migrations.AddConstraint(
            model_name="entryreply",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True),
                name="entryreply_has_text",
                violation_error_message="Write the reply.",
            ),
        ),
    ])
