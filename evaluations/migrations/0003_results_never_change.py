"""Results are written once; the database itself keeps a black list from being final too early or decided by its scorers."""

from django.db import migrations

from redprop.common.history import refuse_changes, with_triggers

BUSINESS_TODAY = """
CREATE OR REPLACE FUNCTION evaluations_business_today(which bigint) RETURNS date LANGUAGE sql STABLE AS $$
  SELECT (coalesce(d.clock, now()) AT TIME ZONE 'Asia/Shanghai')::date FROM areas_district d WHERE d.id = which
$$;
"""

RELEASE_FROZEN = """
CREATE TRIGGER frozen_when_published BEFORE UPDATE OR DELETE ON evaluations_release
  FOR EACH ROW WHEN (OLD.state <> 'draft')
  EXECUTE FUNCTION redprop_only_columns('files_published_at', 'state');
"""

# Entries of a release are inserted while it is a draft; afterwards nobody joins.
ENTRY_JOINS_DRAFT = """
CREATE OR REPLACE FUNCTION evaluations_releaseentry_joins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM new_rows n JOIN evaluations_release r ON r.id = n.release_id
             WHERE r.state <> 'draft') THEN
    RAISE EXCEPTION 'entries join a release only before it is published' USING ERRCODE = 'restrict_violation';
  END IF;
  IF EXISTS (SELECT 1 FROM new_rows n
             JOIN evaluations_release r ON r.id = n.release_id AND r.kind <> 'notice'
             JOIN evaluations_listentry e ON e.id = n.entry_id
             WHERE n.colour = 'black'
               AND (e.notice_ends_on IS NULL
                    OR e.notice_ends_on >= evaluations_business_today(r.district_id)
                    OR EXISTS (SELECT 1 FROM evaluations_objection o
                               WHERE o.entry_id = e.id AND o.state IN ('filed', 'admitted')))) THEN
    RAISE EXCEPTION 'a black entry is not final before its window has ended and its objections are decided'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'releaseentry_black_window_over';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER entry_joins AFTER INSERT ON evaluations_releaseentry
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION evaluations_releaseentry_joins();
"""

BLACK_WINDOW = """
CREATE OR REPLACE FUNCTION evaluations_listentry_black_final() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  today date;
BEGIN
  SELECT evaluations_business_today(p.district_id) INTO today
    FROM evaluations_evaluationperiod p WHERE p.id = NEW.period_id;
  IF NEW.notice_ends_on IS NULL OR NEW.notice_ends_on >= today
     OR EXISTS (SELECT 1 FROM evaluations_objection o
                WHERE o.entry_id = NEW.id AND o.state IN ('filed', 'admitted')) THEN
    RAISE EXCEPTION 'a black entry is not final before its window has ended and its objections are decided'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'listentry_black_window_over';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER black_window_over BEFORE INSERT OR UPDATE ON evaluations_listentry
  FOR EACH ROW WHEN (NEW.state = 'final' AND NEW.colour = 'black')
  EXECUTE FUNCTION evaluations_listentry_black_final();
"""

# A scorer of an entry closed the period, confirmed the entry, inspected the project or entered an inspection's
# marks, entered survey answers of its households, marked by hand, decided a deduction or its veto
# (design section 7, “A release's life”).
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
  UNION SELECT s.user_id, s.role FROM evaluations_survey_scorers(which) s
  UNION SELECT h.marked_by_id, 'marked' FROM of_entry e JOIN evaluations_handmark h
    ON h.project_id = e.scored AND h.period_id = e.period_id
  UNION SELECT u.id, 'marked' FROM of_entry e JOIN evaluations_handmark h
    ON h.project_id = e.scored AND h.period_id = e.period_id
    JOIN accounts_user u ON h.recorded_by IN (u.username, nullif(u.full_name, ''))
  UNION SELECT d.decided_by_id, 'deducted' FROM of_entry e JOIN evaluations_deduction d
    ON d.project_id = e.scored AND d.happened_on BETWEEN e.starts_on AND e.ends_on

$$;
"""

# A scorer neither refuses nor decides an objection.
OBJECTIONS = """
CREATE OR REPLACE FUNCTION evaluations_objection_decider() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM evaluations_scorers(NEW.entry_id) s WHERE s.user_id = NEW.decided_by_id) THEN
    RAISE EXCEPTION 'an objection is not decided by a scorer of its entry'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'objection_not_decided_by_scorer';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER not_by_a_scorer BEFORE INSERT OR UPDATE ON evaluations_objection
  FOR EACH ROW WHEN (NEW.state IN ('refused', 'upheld', 'rejected'))
  EXECUTE FUNCTION evaluations_objection_decider();
CREATE TRIGGER decided_stays BEFORE UPDATE OR DELETE ON evaluations_objection
  FOR EACH ROW WHEN (OLD.state IN ('upheld', 'rejected', 'refused'))
  EXECUTE FUNCTION redprop_refuse_change();
"""

RUBRIC_FROZEN = """
CREATE OR REPLACE FUNCTION evaluations_rubric_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  old_row jsonb := CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END;
  new_row jsonb := CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END;
BEGIN
  IF EXISTS (SELECT 1 FROM evaluations_evaluationperiod p
             WHERE p.rubric_id IN ((old_row ->> TG_ARGV[0])::bigint, (new_row ->> TG_ARGV[0])::bigint)
               AND p.state <> 'open') THEN
    RAISE EXCEPTION 'a period was closed with this rubric: it is frozen'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER frozen_once_used BEFORE UPDATE OR DELETE ON evaluations_rubric
  FOR EACH ROW EXECUTE FUNCTION evaluations_rubric_frozen('id');
CREATE TRIGGER frozen_once_used BEFORE INSERT OR UPDATE OR DELETE ON evaluations_rubricitem
  FOR EACH ROW EXECUTE FUNCTION evaluations_rubric_frozen('rubric_id');
CREATE TRIGGER frozen_once_used BEFORE INSERT OR UPDATE OR DELETE ON evaluations_rubricband
  FOR EACH ROW EXECUTE FUNCTION evaluations_rubric_frozen('rubric_id');
"""

PERIOD_STAYS_CLOSED = """
CREATE TRIGGER closed_stays BEFORE UPDATE OR DELETE ON evaluations_evaluationperiod
  FOR EACH ROW WHEN (OLD.state = 'closed')
  EXECUTE FUNCTION redprop_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0002_money_never_changes")]
    operations = [
        *refuse_changes(
            "evaluations_subject",
            "evaluations_indicatorvalue",
            "evaluations_scorecard",
            "evaluations_scoreline",
            "evaluations_releaseentry",
            "evaluations_creditevent",
            "evaluations_crediteventend",
            "evaluations_creditreport",
            "evaluations_rotatingflag",
            "evaluations_flagend",
        ),
        with_triggers(BUSINESS_TODAY),
        with_triggers(RELEASE_FROZEN),
        with_triggers(ENTRY_JOINS_DRAFT),
        with_triggers(BLACK_WINDOW),
        with_triggers(SCORERS),
        with_triggers(OBJECTIONS),
        with_triggers(RUBRIC_FROZEN),
        with_triggers(PERIOD_STAYS_CLOSED),
    ]
