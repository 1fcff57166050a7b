"""What a survey froze never changes, an answer never does; who entered a household's answers is a scorer.

The scorers of surveys have a function of their own, which replaces the branch of `evaluations_scorers` that
looked for phone answers by name and by day: the account is on the answer now, and the answers of a second
survey count for the period they are pooled with.
"""

from django.db import migrations

ANSWERS = """
CREATE OR REPLACE FUNCTION evaluations_answer_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.round_id IS NULL THEN RETURN OLD; END IF;
    RAISE EXCEPTION 'an answer of a survey is never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF to_jsonb(NEW) - 'is_valid' IS DISTINCT FROM to_jsonb(OLD) - 'is_valid' THEN
    RAISE EXCEPTION 'an answer of a survey is never changed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER answer_stays BEFORE UPDATE OR DELETE ON evaluations_surveyanswer
  FOR EACH ROW EXECUTE FUNCTION evaluations_answer_stays();
"""

ROUNDS = """
CREATE OR REPLACE FUNCTION evaluations_round_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'draft' THEN
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE' OR NEW.state = 'draft'
     OR to_jsonb(NEW) - ARRAY['state', 'closed_at', 'erased_at']
        IS DISTINCT FROM to_jsonb(OLD) - ARRAY['state', 'closed_at', 'erased_at'] THEN
    RAISE EXCEPTION 'an open survey is never changed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER round_stays BEFORE UPDATE OR DELETE ON evaluations_surveyround
  FOR EACH ROW EXECUTE FUNCTION evaluations_round_stays();

CREATE OR REPLACE FUNCTION evaluations_question_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE touched bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.round_id ELSE NEW.round_id END;
BEGIN
  IF EXISTS (SELECT 1 FROM evaluations_surveyround WHERE id = touched AND state <> 'draft')
     OR TG_OP = 'UPDATE' AND NEW.round_id <> OLD.round_id THEN
    RAISE EXCEPTION 'the questions of an open survey are never changed' USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER question_stays BEFORE INSERT OR UPDATE OR DELETE ON evaluations_surveyquestion
  FOR EACH ROW EXECUTE FUNCTION evaluations_question_stays();
"""

SCORERS = """
CREATE OR REPLACE FUNCTION evaluations_survey_scorers(which bigint) RETURNS TABLE (user_id bigint, role text)
LANGUAGE sql STABLE AS $$
  WITH e AS (SELECT e.*, p.starts_on, p.ends_on
             FROM evaluations_listentry e
             JOIN evaluations_evaluationperiod p ON p.id = e.period_id WHERE e.id = which),
       of_entry AS (SELECT e.*, coalesce(e.project_id, s.project_id) AS scored
                    FROM e LEFT JOIN evaluations_subject s
                      ON e.project_id IS NULL AND s.run_id = e.run_id AND s.enterprise_id = e.enterprise_id)
  SELECT u.id, 'phoned' FROM of_entry e JOIN evaluations_surveyanswer a
    ON a.project_id = e.scored
       AND (a.pooled_with_id = e.period_id
            OR a.pooled_with_id IS NULL AND a.answered_on BETWEEN e.starts_on AND e.ends_on)
    JOIN accounts_user u ON u.id = a.entered_by_id
      OR a.channel = 'phone' AND a.recorded_by IN (u.username, nullif(u.full_name, ''))
$$;
DO $$
DECLARE
  source text := pg_get_functiondef('evaluations_scorers(bigint)'::regprocedure);
  cut text := regexp_replace(
    source,
    'UNION SELECT u\\.id, ''phoned'' FROM of_entry e JOIN evaluations_surveyanswer a\\s+ON [^;]*?'
    'JOIN accounts_user u ON a\\.recorded_by IN \\(u\\.username, nullif\\(u\\.full_name, ''''\\)\\)',
    'UNION SELECT s.user_id, s.role FROM evaluations_survey_scorers(which) s');
BEGIN
  IF cut = source THEN RAISE EXCEPTION 'evaluations_scorers has no branch of phone answers to replace'; END IF;
  EXECUTE cut;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0095_survey_rounds")]
    operations = [
        migrations.RunSQL(ANSWERS, "DROP TRIGGER answer_stays ON evaluations_surveyanswer;"),
        migrations.RunSQL(
            ROUNDS,
            "DROP TRIGGER round_stays ON evaluations_surveyround; "
            "DROP TRIGGER question_stays ON evaluations_surveyquestion;",
        ),
        migrations.RunSQL(SCORERS, migrations.RunSQL.noop),
    ]
