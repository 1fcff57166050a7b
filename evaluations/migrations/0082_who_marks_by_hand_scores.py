"""Who gives a mark by hand scores the entry, and decides no objection to it."""

from django.db import migrations

SCORERS = """
CREATE OR REPLACE FUNCTION evaluations_scorers(which bigint) RETURNS TABLE (user_id bigint, role text)
LANGUAGE sql STABLE AS $$
  WITH e AS (SELECT e.*, p.starts_on, p.ends_on, p.closed_by_id, r.started_by_id
             FROM evaluations_listentry e
             JOIN evaluations_evaluationperiod p ON p.id = e.period_id
             JOIN evaluations_closingrun r ON r.id = e.run_id WHERE e.id = which),
       of_entry AS (SELECT e.*, coalesce(e.project_id, s.project_id) AS scored
                    FROM e LEFT JOIN evaluations_subject s
                      ON e.project_id IS NULL AND s.run_id = e.run_id AND s.enterprise_id = e.enterprise_id)
  SELECT closed_by_id, 'closed' FROM e WHERE closed_by_id IS NOT NULL
  UNION SELECT started_by_id, 'closed' FROM e WHERE started_by_id IS NOT NULL
  UNION SELECT confirmed_by_id, 'confirmed' FROM e WHERE confirmed_by_id IS NOT NULL
  UNION SELECT u.id, 'inspected' FROM of_entry e JOIN evaluations_inspection i
    ON i.project_id = e.scored AND i.inspected_on BETWEEN e.starts_on AND e.ends_on
    JOIN accounts_user u ON u.id = i.inspector_id OR i.recorded_by IN (u.username, nullif(u.full_name, ''))
  UNION SELECT v.decided_by_id, 'vetoed' FROM of_entry e JOIN evaluations_veto v
    ON v.project_id = e.scored AND v.decided_on BETWEEN e.starts_on AND e.ends_on
  UNION SELECT u.id, 'phoned' FROM of_entry e JOIN evaluations_surveyanswer a
    ON a.project_id = e.scored AND a.channel = 'phone' AND a.answered_on BETWEEN e.starts_on AND e.ends_on
    JOIN accounts_user u ON a.recorded_by IN (u.username, nullif(u.full_name, ''))
  UNION SELECT h.marked_by_id, 'marked' FROM of_entry e JOIN evaluations_handmark h
    ON h.project_id = e.scored AND h.period_id = e.period_id
  UNION SELECT u.id, 'marked' FROM of_entry e JOIN evaluations_handmark h
    ON h.project_id = e.scored AND h.period_id = e.period_id
    JOIN accounts_user u ON h.recorded_by IN (u.username, nullif(u.full_name, ''))
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0081_hand_marks")]
    operations = [migrations.RunSQL(SCORERS, migrations.RunSQL.noop)]
