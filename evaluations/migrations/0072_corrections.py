"""Runs that correct a run; projects surveyed again."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("evaluations", "0082_who_marks_by_hand_scores"),
    ]

    operations = [
        migrations.AddField(
            model_name="closingrun",
            name="corrects",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="evaluations.closingrun",
                verbose_name="corrects the run",
            ),
        ),
        migrations.AddField(
            model_name="subject",
            name="resurveyed",
            field=models.BooleanField(db_default=False, default=False, verbose_name="surveyed again"),
        ),
    ]
