"""Who decides a deduction scores the entry, and decides no objection to it."""

from django.db import migrations

ADD = """
DO $do$
DECLARE
  now_is text := pg_get_functiondef('evaluations_scorers(bigint)'::regprocedure);
  ending text := substring(now_is from '[;[:space:]]*[$]function[$][[:space:]]*$');
BEGIN
  IF position('evaluations_deduction' in now_is) = 0 THEN
    EXECUTE left(now_is, length(now_is) - length(ending)) || '
  UNION SELECT d.decided_by_id, ''deducted'' FROM of_entry e JOIN evaluations_deduction d
    ON d.project_id = e.scored AND d.happened_on BETWEEN e.starts_on AND e.ends_on
' || ending;
  END IF;
END $do$;
"""


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0107_grounds_required")]
    operations = [migrations.RunSQL(ADD, migrations.RunSQL.noop)]
