"""A finished run keeps the preceding results of its enterprises."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0027_who_enters_marks_scores")]
    operations = [
        migrations.AddField(
            "closingrun",
            "preceding_of_enterprises",
            models.JSONField(
                editable=False, null=True, verbose_name="preceding results of the enterprises"
            ),
        )
    ]
