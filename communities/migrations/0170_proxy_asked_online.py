from django.db import migrations, models

from redprop.common.creation import together


class Migration(migrations.Migration):
    """Consent to proxy handling may be given on the public page."""

    dependencies = [("communities", "0115_way_to_the_market")]

    operations = together(
        [
            migrations.AlterField(
                model_name="proxyhandling",
                name="consent_how",
                field=models.CharField(
                    choices=[
                        ("signed", "signed on paper"),
                        ("spoken", "said at the community office"),
                        ("call", "said by telephone"),
                        ("online", "asked for on the public page"),
                    ],
                    max_length=6,
                    verbose_name="how the consent was given",
                ),
            )
        ]
    )
