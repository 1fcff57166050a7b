"""Repayments in cash keep what they must; what one pays back enters no batch, and stays."""

from django.db import migrations


RECEIPTS = """
CREATE OR REPLACE FUNCTION evaluations_clawbackreceipt_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'proposed' THEN
    RAISE EXCEPTION 'repayment % is decided', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.state = 'confirmed' AND NOT EXISTS (
       SELECT 1 FROM evaluations_entitlement e
       WHERE e.id = NEW.entitlement_id AND e.voided_at IS NULL AND e.amount = -NEW.amount) THEN
    RAISE EXCEPTION 'repayment % is not what is to be taken back', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER receipt_moves BEFORE UPDATE ON evaluations_clawbackreceipt
  FOR EACH ROW EXECUTE FUNCTION evaluations_clawbackreceipt_moves();
CREATE TRIGGER refuse_row_change BEFORE UPDATE OR DELETE ON evaluations_clawbackreceipt
  FOR EACH ROW EXECUTE FUNCTION redprop_only_columns('state', 'decided_by_id', 'decided_at', 'entitlement_id');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON evaluations_clawbackreceipt
  FOR EACH STATEMENT EXECUTE FUNCTION redprop_refuse_change();
CREATE OR REPLACE FUNCTION evaluations_entitlement_repaid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM evaluations_clawbackreceipt c
             WHERE c.entitlement_id = OLD.id AND c.state = 'confirmed') THEN
    RAISE EXCEPTION 'entitlement % is repaid in cash', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER repaid_stays BEFORE UPDATE ON evaluations_entitlement
  FOR EACH ROW EXECUTE FUNCTION evaluations_entitlement_repaid();
CREATE OR REPLACE FUNCTION evaluations_paymentline_not_repaid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM new_rows n JOIN evaluations_clawbackreceipt c ON c.entitlement_id = n.entitlement_id
             WHERE c.state <> 'refused') THEN
    RAISE EXCEPTION 'what is repaid in cash enters no batch' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER repaid_joins_nothing AFTER INSERT ON evaluations_paymentline
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION evaluations_paymentline_not_repaid();
"""


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0150_payments_by_cash")]
    operations = [migrations.RunSQL(RECEIPTS, migrations.RunSQL.noop)]
