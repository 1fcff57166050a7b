"""What the database refuses: inspecting one's own subdistrict, marking for another, changed draws, items and answers."""

from django.db import migrations

from redprop.common.history import refuse_changes, with_triggers

OWN_SUBDISTRICT = """
CREATE OR REPLACE FUNCTION evaluations_own_subdistrict(who bigint, street bigint, days daterange) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM evaluations_ownsubdistrict o
                 WHERE o.user_id = who AND o.subdistrict_id = street
                   AND daterange(o.valid_from, o.valid_to, '[]') && days)
      OR EXISTS (SELECT 1 FROM accounts_posting p LEFT JOIN areas_community c ON c.id = p.community_id
                 WHERE p.user_id = who AND coalesce(p.subdistrict_id, c.subdistrict_id) = street
                   AND daterange(p.valid_from, p.valid_to, '[]') && days)
$$;
"""

TASK = """
CREATE OR REPLACE FUNCTION evaluations_check_inspection_task() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE plan evaluations_inspectionplan%ROWTYPE;
BEGIN
  IF TG_OP = 'DELETE' THEN
    SELECT * INTO plan FROM evaluations_inspectionplan WHERE id = OLD.plan_id;
    IF plan.state <> 'draft' THEN
      RAISE EXCEPTION 'the draw of a confirmed plan stays' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
  END IF;
  SELECT * INTO plan FROM evaluations_inspectionplan WHERE id = NEW.plan_id;
  IF plan.state <> 'draft' AND (
       (TG_OP = 'INSERT' AND NEW.recorded_at > plan.confirmed_at)
    OR (TG_OP = 'UPDATE' AND (NEW.plan_id, NEW.compound_id, NEW.subdistrict_id, NEW.is_second, NEW.number)
        IS DISTINCT FROM (OLD.plan_id, OLD.compound_id, OLD.subdistrict_id, OLD.is_second, OLD.number))) THEN
    RAISE EXCEPTION 'the draw of a confirmed plan stays' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.inspector_id IS NOT NULL
     AND (TG_OP = 'INSERT' OR NEW.inspector_id IS DISTINCT FROM OLD.inspector_id)
     AND evaluations_own_subdistrict(NEW.inspector_id, NEW.subdistrict_id,
                                     daterange(plan.starts_on, plan.ends_on, '[]')) THEN
    RAISE EXCEPTION 'nobody inspects his own subdistrict' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER check_task BEFORE INSERT OR UPDATE OR DELETE ON evaluations_inspectiontask
  FOR EACH ROW EXECUTE FUNCTION evaluations_check_inspection_task();
"""

PLAN = """
CREATE OR REPLACE FUNCTION evaluations_keep_inspection_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'draft' AND (TG_OP = 'DELETE' OR (to_jsonb(NEW) - 'name') <> (to_jsonb(OLD) - 'name')) THEN
    RAISE EXCEPTION 'a confirmed plan is not changed' USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keep_plan BEFORE UPDATE OR DELETE ON evaluations_inspectionplan
  FOR EACH ROW EXECUTE FUNCTION evaluations_keep_inspection_plan();
"""

INSPECTION = """
CREATE OR REPLACE FUNCTION evaluations_check_inspection() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE task evaluations_inspectiontask%ROWTYPE;
BEGIN
  IF NEW.task_id IS NULL THEN
    RETURN NEW;
  END IF;
  SELECT * INTO task FROM evaluations_inspectiontask WHERE id = NEW.task_id;
  IF NEW.inspector_id IS DISTINCT FROM task.inspector_id OR NEW.is_second <> task.is_second THEN
    RAISE EXCEPTION 'a task is marked by the inspector it was given to' USING ERRCODE = 'check_violation';
  END IF;
  IF evaluations_own_subdistrict(NEW.inspector_id, task.subdistrict_id,
                                 daterange(NEW.inspected_on, NEW.inspected_on, '[]')) THEN
    RAISE EXCEPTION 'nobody inspects his own subdistrict' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER check_inspection BEFORE INSERT OR UPDATE OF task_id, inspector_id, is_second, inspected_on
  ON evaluations_inspection FOR EACH ROW EXECUTE FUNCTION evaluations_check_inspection();
"""

ITEMS = """
CREATE OR REPLACE FUNCTION evaluations_item_set_last_used(which bigint) RETURNS date LANGUAGE sql STABLE AS $$
  SELECT max(inspected_on) FROM evaluations_inspection WHERE on_site_set_id = which OR guarantee_set_id = which
$$;
CREATE OR REPLACE FUNCTION evaluations_keep_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (TG_OP <> 'INSERT' AND evaluations_item_set_last_used(OLD.item_set_id) IS NOT NULL)
     OR (TG_OP <> 'DELETE' AND evaluations_item_set_last_used(NEW.item_set_id) IS NOT NULL) THEN
    RAISE EXCEPTION 'items that were marked against are not changed' USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keep_items BEFORE INSERT OR UPDATE OR DELETE ON evaluations_inspectionitem
  FOR EACH ROW EXECUTE FUNCTION evaluations_keep_items();
CREATE OR REPLACE FUNCTION evaluations_keep_item_set() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE used date := evaluations_item_set_last_used(OLD.id);
BEGIN
  IF used IS NOT NULL AND ((to_jsonb(NEW) - 'valid_to') <> (to_jsonb(OLD) - 'valid_to') OR NEW.valid_to < used) THEN
    RAISE EXCEPTION 'a set that was marked against only ends' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keep_item_set BEFORE UPDATE ON evaluations_inspectionitemset
  FOR EACH ROW EXECUTE FUNCTION evaluations_keep_item_set();
"""

# The least common multiple of a group, for exact means of inspections with different full marks.
EXACT_MEAN = """
CREATE OR REPLACE AGGREGATE evaluations_lcm(numeric) (sfunc = lcm, stype = numeric, initcond = '1');
"""

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


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0003_results_never_change")]
    operations = [
        *refuse_changes("evaluations_inspectionphoto"),
        with_triggers(OWN_SUBDISTRICT),
        with_triggers(TASK),
        with_triggers(PLAN),
        with_triggers(INSPECTION),
        with_triggers(ITEMS),
        with_triggers(EXACT_MEAN),
        with_triggers(ANSWERS),
        with_triggers(ROUNDS),
    ]
