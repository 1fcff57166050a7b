"""Requirements of an adopted rule are frozen like its rates."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0115_subsidies_in_full")]
    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER frozen_when_adopted BEFORE INSERT OR UPDATE OR DELETE "
            "ON evaluations_subsidyrequirement FOR EACH ROW EXECUTE FUNCTION evaluations_rule_part_frozen();",
            "DROP TRIGGER frozen_when_adopted ON evaluations_subsidyrequirement;",
        )
    ]
