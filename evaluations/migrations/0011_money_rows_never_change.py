"""Money rows: append-only, or only their state moves; different persons at each step; lines join only in preparation."""

from django.db import migrations

from redprop.common.history import refuse_changes

ONLY_COLUMNS = """
CREATE OR REPLACE FUNCTION redprop_only_columns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- The arguments name the columns that may change; all others are frozen.
  IF TG_OP = 'DELETE' OR to_jsonb(NEW) - TG_ARGV <> to_jsonb(OLD) - TG_ARGV THEN
    RAISE EXCEPTION 'rows of % are never deleted, and only % may change', TG_TABLE_NAME, TG_ARGV
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
"""


def only_columns(table: str, *columns: str) -> migrations.RunSQL:
    names = ", ".join(f"'{column}'" for column in columns)
    return migrations.RunSQL(
        f"CREATE TRIGGER refuse_row_change BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION redprop_only_columns({names});"
        f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION redprop_refuse_change();",
        f"DROP TRIGGER refuse_row_change ON {table}; DROP TRIGGER refuse_truncate ON {table};",
    )


def refuse_delete(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER refuse_delete BEFORE DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION redprop_refuse_change();"
        f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION redprop_refuse_change();",
        f"DROP TRIGGER refuse_delete ON {table}; DROP TRIGGER refuse_truncate ON {table};",
    )


ONCE_VOIDED = """
CREATE OR REPLACE FUNCTION evaluations_entitlement_voided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.voided_at IS NOT NULL THEN
    RAISE EXCEPTION 'entitlement % is voided and stays so', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF EXISTS (SELECT 1 FROM evaluations_paymentline l
             WHERE l.entitlement_id = OLD.id AND l.state IN ('open', 'held', 'paid')) THEN
    RAISE EXCEPTION 'entitlement % is being paid', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER voided_once BEFORE UPDATE ON evaluations_entitlement
  FOR EACH ROW EXECUTE FUNCTION evaluations_entitlement_voided_once();
"""

LINE_MOVES = """
CREATE OR REPLACE FUNCTION evaluations_paymentline_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> OLD.state AND NOT (
       (OLD.state = 'open' AND NEW.state IN ('held', 'dropped', 'paid', 'bank_returned'))
    OR (OLD.state = 'held' AND NEW.state IN ('open', 'dropped'))
    OR (OLD.state = 'bank_returned' AND NEW.state = 'written_back')) THEN
    RAISE EXCEPTION 'payment line % cannot go from % to %', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER line_moves BEFORE UPDATE ON evaluations_paymentline
  FOR EACH ROW EXECUTE FUNCTION evaluations_paymentline_moves();
"""

LINES_JOIN_IN_PREPARATION = """
CREATE OR REPLACE FUNCTION evaluations_paymentline_joins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM new_rows n
             JOIN evaluations_subsidybatch b ON b.id = n.batch_id
             JOIN evaluations_subsidyslice s ON s.id = n.slice_id
             WHERE b.state <> 'prepared' OR s.batch_id <> b.id OR s.state <> 'prepared') THEN
    RAISE EXCEPTION 'lines join a batch only while it is being prepared'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER lines_join AFTER INSERT ON evaluations_paymentline
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION evaluations_paymentline_joins();
"""

DIFFERENT_PERSONS = """
CREATE OR REPLACE FUNCTION evaluations_subsidy_different_persons() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  which bigint := CASE TG_TABLE_NAME WHEN 'evaluations_subsidybatch'
                  THEN (to_jsonb(NEW)->>'id')::bigint ELSE (to_jsonb(NEW)->>'batch_id')::bigint END;
BEGIN
  IF EXISTS (SELECT 1 FROM evaluations_subsidybatch b
             JOIN evaluations_subsidyslice s ON s.batch_id = b.id
             WHERE b.id = which
               AND s.reviewed_by_id IN (b.prepared_by_id, b.second_reviewed_by_id, b.approved_by_id)) THEN
    RAISE EXCEPTION 'preparer, reviewers and approver of a batch are different persons'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'subsidybatch_different_persons';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER different_persons AFTER INSERT OR UPDATE ON evaluations_subsidybatch
  FOR EACH ROW EXECUTE FUNCTION evaluations_subsidy_different_persons();
CREATE TRIGGER different_persons AFTER INSERT OR UPDATE ON evaluations_subsidyslice
  FOR EACH ROW EXECUTE FUNCTION evaluations_subsidy_different_persons();
"""

ADOPTED_RULES = """
CREATE OR REPLACE FUNCTION evaluations_rule_part_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  which bigint := CASE TG_OP WHEN 'INSERT' THEN NEW.rule_id ELSE OLD.rule_id END;
BEGIN
  IF EXISTS (SELECT 1 FROM evaluations_subsidyrule r WHERE r.id = which AND r.adopted_on IS NOT NULL) THEN
    RAISE EXCEPTION 'rule % is adopted: its rates and bands are frozen', which
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER frozen_when_adopted BEFORE INSERT OR UPDATE OR DELETE ON evaluations_subsidyrate
  FOR EACH ROW EXECUTE FUNCTION evaluations_rule_part_frozen();
CREATE TRIGGER frozen_when_adopted BEFORE INSERT OR UPDATE OR DELETE ON evaluations_factorband
  FOR EACH ROW EXECUTE FUNCTION evaluations_rule_part_frozen();
CREATE TRIGGER frozen_when_adopted BEFORE UPDATE OR DELETE ON evaluations_subsidyrule
  FOR EACH ROW WHEN (OLD.adopted_on IS NOT NULL) EXECUTE FUNCTION redprop_only_columns('valid_to');
"""


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0010_subsidies")]
    operations = [
        *refuse_changes(
            "evaluations_fundmovement", "evaluations_subsidystep", "evaluations_subsidyexport"
        ),
        migrations.RunSQL(ONLY_COLUMNS, "DROP FUNCTION redprop_only_columns()"),
        only_columns("evaluations_entitlement", "voided_at", "voided_by", "void_reason"),
        only_columns(
            "evaluations_paymentline", "state", "state_reason", "state_by", "state_at", "held_revision"
        ),
        *map(refuse_delete, ["evaluations_fundyear", "evaluations_subsidybatch", "evaluations_subsidyslice"]),
        migrations.RunSQL(
            ONCE_VOIDED,
            "DROP TRIGGER voided_once ON evaluations_entitlement; "
            "DROP FUNCTION evaluations_entitlement_voided_once();",
        ),
        migrations.RunSQL(
            LINE_MOVES,
            "DROP TRIGGER line_moves ON evaluations_paymentline; DROP FUNCTION evaluations_paymentline_moves();",
        ),
        migrations.RunSQL(
            LINES_JOIN_IN_PREPARATION,
            "DROP TRIGGER lines_join ON evaluations_paymentline; DROP FUNCTION evaluations_paymentline_joins();",
        ),
        migrations.RunSQL(
            DIFFERENT_PERSONS,
            "DROP TRIGGER different_persons ON evaluations_subsidybatch; "
            "DROP TRIGGER different_persons ON evaluations_subsidyslice; "
            "DROP FUNCTION evaluations_subsidy_different_persons();",
        ),
        migrations.RunSQL(
            ADOPTED_RULES,
            "DROP TRIGGER frozen_when_adopted ON evaluations_subsidyrate; "
            "DROP TRIGGER frozen_when_adopted ON evaluations_factorband; "
            "DROP TRIGGER frozen_when_adopted ON evaluations_subsidyrule; "
            "DROP FUNCTION evaluations_rule_part_frozen();",
        ),
    ]
