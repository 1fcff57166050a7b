"""Deductions recorded by a word alone, and their history, get a ground of that name, one point each."""

from django.db import migrations

from redprop.common.history import sleeping_history

FILL = """
INSERT INTO evaluations_deductionground
  (district_id, code, title, points, most, document, valid_from, valid_to, recorded_at, recorded_by)
SELECT p.district_id, d.code, d.code, 1, NULL, '补录', min(d.happened_on), NULL, now(), ''
FROM (SELECT project_id, code, happened_on FROM evaluations_deduction
      UNION ALL SELECT project_id, code, happened_on FROM evaluations_deductionevent) d
JOIN enterprises_serviceproject p ON p.id = d.project_id
GROUP BY p.district_id, d.code;
UPDATE evaluations_deduction d SET ground_id = g.id, points = 1, decided_on = d.happened_on
FROM evaluations_deductionground g, enterprises_serviceproject p
WHERE p.id = d.project_id AND g.district_id = p.district_id AND g.code = d.code;
UPDATE evaluations_deductionevent d SET ground_id = g.id, points = 1, decided_on = d.happened_on
FROM evaluations_deductionground g, enterprises_serviceproject p
WHERE p.id = d.project_id AND g.district_id = p.district_id AND g.code = d.code;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0105_findings_with_grounds")]
    operations = [
        *sleeping_history("evaluations_deduction"),
        *sleeping_history("evaluations_deductionevent"),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
