"""The least common multiple of a group, for exact means of inspections with different full marks."""

from django.db import migrations

LCM = "CREATE AGGREGATE evaluations_lcm(numeric) (sfunc = lcm, stype = numeric, initcond = '1')"


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0091_inspections_are_independent")]
    operations = [migrations.RunSQL(LCM, "DROP AGGREGATE evaluations_lcm(numeric)")]
