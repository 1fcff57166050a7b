"""The form of a party organisation under a name of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('enterprises', '0115_months_in_post'),
    ]

    operations = [
        migrations.AlterField(
            model_name='partyorganisation',
            name='form',
            field=models.CharField(choices=[('single', 'single establishment'), ('joint', 'joint establishment'), ('adviser', 'party-building adviser')], max_length=10, verbose_name='form of establishment'),
        ),
        migrations.AlterField(
            model_name='partyorganisationevent',
            name='form',
            field=models.CharField(choices=[('single', 'single establishment'), ('joint', 'joint establishment'), ('adviser', 'party-building adviser')], max_length=10, verbose_name='form of establishment'),
        ),
    ]
