"""Money rows are written once, or only their state moves; a ledger balances; different persons act at each step."""

from django.db import migrations

from redprop.common.history import only_columns, refuse_changes, refuse_deletion, with_triggers

ENTITLEMENTS = """
CREATE OR REPLACE FUNCTION evaluations_entitlement_voided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.voided_at IS NOT NULL THEN
    RAISE EXCEPTION 'entitlement % is voided and stays so', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF EXISTS (SELECT 1 FROM evaluations_paymentline l
             WHERE l.entitlement_id = OLD.id AND l.state IN ('open', 'held', 'paid', 'bank_returned')) THEN
    RAISE EXCEPTION 'entitlement % is being paid', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER voided_once BEFORE UPDATE ON evaluations_entitlement
  FOR EACH ROW EXECUTE FUNCTION evaluations_entitlement_voided_once();
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
"""

LINES = """
CREATE OR REPLACE FUNCTION evaluations_paymentline_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> OLD.state AND NOT (
       (OLD.state = 'open' AND NEW.state IN ('held', 'dropped', 'paid', 'bank_returned'))
    OR (OLD.state = 'held' AND NEW.state IN ('open', 'dropped'))
    OR (OLD.state = 'paid' AND NEW.state = 'bank_returned')
    OR (OLD.state = 'bank_returned' AND NEW.state IN ('retried', 'written_back'))) THEN
    RAISE EXCEPTION 'payment line % cannot go from % to %', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.order_id IS NOT NULL AND (NEW.account_hash, NEW.account_bank, NEW.account_holder)
       IS DISTINCT FROM (OLD.account_hash, OLD.account_bank, OLD.account_holder) THEN
    RAISE EXCEPTION 'payment line % stands in a bank file: its account stays', OLD.id
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER line_moves BEFORE UPDATE ON evaluations_paymentline
  FOR EACH ROW EXECUTE FUNCTION evaluations_paymentline_moves();
CREATE OR REPLACE FUNCTION evaluations_paymentline_joins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- A payment tried again is the same sum for the same entitlement as the line the bank returned.
  IF EXISTS (SELECT 1 FROM new_rows n
             JOIN evaluations_subsidybatch b ON b.id = n.batch_id
             JOIN evaluations_subsidyslice s ON s.id = n.slice_id
             LEFT JOIN evaluations_paymentline r ON r.id = n.retry_of_id
             WHERE s.batch_id <> b.id
                OR (n.retry_of_id IS NULL AND (b.state <> 'prepared' OR s.state <> 'prepared'))
                OR (n.retry_of_id IS NOT NULL AND NOT (
                      b.state = 'results' AND r.state = 'retried' AND n.account_hash <> ''
                      AND (r.batch_id, r.slice_id, r.entitlement_id, r.amount, r.payee_code)
                        = (n.batch_id, n.slice_id, n.entitlement_id, n.amount, n.payee_code)))) THEN
    RAISE EXCEPTION 'lines join a batch only while it is being prepared'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER lines_join AFTER INSERT ON evaluations_paymentline
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION evaluations_paymentline_joins();
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
CREATE OR REPLACE FUNCTION evaluations_approval_different_persons() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM evaluations_subsidybatch b WHERE b.id = NEW.batch_id
             AND NEW.user_id IN (b.prepared_by_id, b.second_reviewed_by_id))
     OR EXISTS (SELECT 1 FROM evaluations_subsidyslice s
                WHERE s.batch_id = NEW.batch_id AND s.reviewed_by_id = NEW.user_id)
     OR EXISTS (SELECT 1 FROM evaluations_subsidystep t
                WHERE t.batch_id = NEW.batch_id AND t.step = 'prepared' AND t.user_id = NEW.user_id) THEN
    RAISE EXCEPTION 'preparer, reviewers and approvers of a batch are different persons'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'subsidyapproval_different_persons';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER different_persons BEFORE INSERT ON evaluations_subsidyapproval
  FOR EACH ROW EXECUTE FUNCTION evaluations_approval_different_persons();
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
CREATE TRIGGER frozen_when_adopted BEFORE INSERT OR UPDATE OR DELETE ON evaluations_subsidyrequirement
  FOR EACH ROW EXECUTE FUNCTION evaluations_rule_part_frozen();
CREATE TRIGGER frozen_when_adopted BEFORE UPDATE OR DELETE ON evaluations_subsidyrule
  FOR EACH ROW WHEN (OLD.adopted_on IS NOT NULL) EXECUTE FUNCTION redprop_only_columns('valid_to');
"""

BALANCE = """
CREATE OR REPLACE FUNCTION evaluations_ledger_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Runs at the end of the transaction: each entry adds up to zero in each fund.
  IF EXISTS (SELECT 1 FROM evaluations_ledgerline l WHERE l.entry_id = NEW.entry_id
             GROUP BY l.fund_id HAVING sum(l.amount) <> 0) THEN
    RAISE EXCEPTION 'ledger entry % does not balance', NEW.entry_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledgerentry_balances';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_balances AFTER INSERT ON evaluations_ledgerline
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION evaluations_ledger_balances();
CREATE OR REPLACE FUNCTION evaluations_ledger_has_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT count(*) FROM evaluations_ledgerline l WHERE l.entry_id = NEW.id) < 2 THEN
    RAISE EXCEPTION 'ledger entry % has no two lines', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledgerentry_has_lines';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_has_lines AFTER INSERT ON evaluations_ledgerentry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION evaluations_ledger_has_lines();
"""

# What is owed enters the ledger with the row itself, by whichever way it is written (COPY, bulk, SQL):
# subsidies due = owed + (less) to be taken back.
LEDGER_OF_ENTITLEMENTS = """
CREATE OR REPLACE FUNCTION evaluations_ledger_of_entitlements() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  one record;
  made bigint;
  sign int := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
  -- The table is called `moved` in both triggers: rows inserted, or rows voided just now.
  FOR one IN
    SELECT m.district_id,
           CASE WHEN sign < 0 THEN 'correction' WHEN m.adjusts_id IS NULL THEN 'entitlement'
                WHEN m.amount < 0 THEN 'clawback' ELSE 'correction' END AS kind,
           max(CASE WHEN sign < 0 THEN m.voided_at ELSE m.recorded_at END) AS at,
           max(CASE WHEN sign < 0 THEN m.voided_by ELSE m.recorded_by END) AS who
    FROM moved m
    WHERE m.amount <> 0 AND (sign > 0 OR m.voided_at IS NOT NULL)
    GROUP BY 1, 2
  LOOP
    INSERT INTO evaluations_ledgerentry (district_id, kind, day, text, recorded_at, recorded_by)
    VALUES (one.district_id, one.kind, (one.at AT TIME ZONE 'Asia/Shanghai')::date, '', one.at, one.who)
    RETURNING id INTO made;
    INSERT INTO evaluations_ledgerline (entry_id, account, fund_id, year, benefit, amount)
    SELECT made, a.account, s.fund_id, s.year, s.benefit, a.amount
    FROM (SELECT r.fund_id, extract(year FROM m.counted_on)::int AS year, m.benefit,
                 sign * sum(m.amount) AS due,
                 sign * coalesce(sum(m.amount) FILTER (WHERE m.amount > 0), 0) AS plus,
                 sign * coalesce(sum(m.amount) FILTER (WHERE m.amount < 0), 0) AS minus
          FROM moved m JOIN evaluations_subsidyrule r ON r.id = m.rule_id
          WHERE m.district_id = one.district_id AND m.amount <> 0 AND (sign > 0 OR m.voided_at IS NOT NULL)
            AND one.kind = CASE WHEN sign < 0 THEN 'correction' WHEN m.adjusts_id IS NULL THEN 'entitlement'
                                WHEN m.amount < 0 THEN 'clawback' ELSE 'correction' END
          GROUP BY 1, 2, 3) s
    CROSS JOIN LATERAL (VALUES ('expense', s.due), ('owed', -s.plus), ('receivable', -s.minus))
      AS a(account, amount)
    WHERE a.amount <> 0;
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_of_new AFTER INSERT ON evaluations_entitlement
  REFERENCING NEW TABLE AS moved
  FOR EACH STATEMENT EXECUTE FUNCTION evaluations_ledger_of_entitlements();
CREATE TRIGGER ledger_of_voided AFTER UPDATE ON evaluations_entitlement
  REFERENCING NEW TABLE AS moved
  FOR EACH STATEMENT EXECUTE FUNCTION evaluations_ledger_of_entitlements();
"""

CEILINGS = """
CREATE OR REPLACE FUNCTION evaluations_ledger_of_ceilings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  made bigint;
  difference numeric := NEW.ceiling;
  at timestamptz;
  which bigint;
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.year = NEW.year THEN
    difference := NEW.ceiling - OLD.ceiling;
  END IF;
  IF difference = 0 AND (TG_OP = 'INSERT' OR OLD.year = NEW.year) THEN
    RETURN NULL;
  END IF;
  SELECT d.id, coalesce(CASE WHEN d.is_demo THEN d.clock END, now()) INTO which, at
  FROM evaluations_fund f JOIN areas_district d ON d.id = f.district_id WHERE f.id = NEW.fund_id;
  INSERT INTO evaluations_ledgerentry (district_id, kind, day, text, recorded_at, recorded_by, transfer_id)
  VALUES (which, CASE WHEN current_setting('redprop.transfer', true) <> '' THEN 'transfer' ELSE 'ceiling' END,
          (at AT TIME ZONE 'Asia/Shanghai')::date, NEW.document, at, NEW.recorded_by,
          nullif(current_setting('redprop.transfer', true), '')::bigint)
  RETURNING id INTO made;
  INSERT INTO evaluations_ledgerline (entry_id, account, fund_id, year, benefit, amount)
  SELECT made, a.account, NEW.fund_id, a.year, '', a.amount
  FROM (VALUES ('free', NEW.year, difference), ('ceiling', NEW.year, -difference)) AS a(account, year, amount)
  WHERE a.amount <> 0;
  IF TG_OP = 'UPDATE' AND OLD.year <> NEW.year AND OLD.ceiling <> 0 THEN
    INSERT INTO evaluations_ledgerline (entry_id, account, fund_id, year, benefit, amount)
    VALUES (made, 'free', NEW.fund_id, OLD.year, '', -OLD.ceiling),
           (made, 'ceiling', NEW.fund_id, OLD.year, '', OLD.ceiling);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_of_ceilings AFTER INSERT OR UPDATE ON evaluations_fundyear
  FOR EACH ROW EXECUTE FUNCTION evaluations_ledger_of_ceilings();
CREATE OR REPLACE FUNCTION evaluations_fundyear_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.closed_on IS NOT NULL OR OLD.fund_id <> NEW.fund_id OR (OLD.year <> NEW.year AND OLD.committed <> 0) THEN
    RAISE EXCEPTION 'year % of the fund is closed or has commitments', OLD.year
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER closed_stays_closed BEFORE UPDATE ON evaluations_fundyear
  FOR EACH ROW EXECUTE FUNCTION evaluations_fundyear_closed();
"""

ORDERS = """
CREATE OR REPLACE FUNCTION evaluations_bankorder_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT ((OLD.state = 'sent' AND NEW.state IN ('paid', 'returned'))
       OR (OLD.state = 'paid' AND NEW.state = 'returned')) THEN
    RAISE EXCEPTION 'bank order % cannot go from % to %', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation';
  END IF;
  IF EXISTS (SELECT 1 FROM evaluations_subsidyexport e WHERE e.replaces_id = OLD.export_id) THEN
    RAISE EXCEPTION 'bank order % stands in a file that is void', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER order_moves BEFORE UPDATE ON evaluations_bankorder
  FOR EACH ROW EXECUTE FUNCTION evaluations_bankorder_moves();
CREATE OR REPLACE FUNCTION evaluations_export_void_before_answers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.replaces_id IS NOT NULL AND EXISTS (
       SELECT 1 FROM evaluations_bankorder o WHERE o.export_id = NEW.replaces_id AND o.state <> 'sent') THEN
    RAISE EXCEPTION 'the bank has answered to version % already', NEW.replaces_id
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER void_before_answers BEFORE INSERT ON evaluations_subsidyexport
  FOR EACH ROW EXECUTE FUNCTION evaluations_export_void_before_answers();
"""

ACCOUNTS = """
CREATE OR REPLACE FUNCTION evaluations_payeeaccount_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> OLD.state AND NOT (
       (OLD.state = 'proposed' AND NEW.state IN ('in_force', 'refused'))
    OR (OLD.state = 'in_force' AND NEW.state = 'ended')) THEN
    RAISE EXCEPTION 'payee account % cannot go from % to %', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.decided_by_id IS NOT NULL AND NEW.decided_by_id IS DISTINCT FROM OLD.decided_by_id THEN
    RAISE EXCEPTION 'payee account % is decided', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER account_moves BEFORE UPDATE ON evaluations_payeeaccount
  FOR EACH ROW EXECUTE FUNCTION evaluations_payeeaccount_moves();
CREATE OR REPLACE FUNCTION evaluations_fundtransfer_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'proposed' THEN
    RAISE EXCEPTION 'transfer % is decided', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER transfer_moves BEFORE UPDATE ON evaluations_fundtransfer
  FOR EACH ROW EXECUTE FUNCTION evaluations_fundtransfer_moves();
CREATE OR REPLACE FUNCTION evaluations_sampledline_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.ticked_by_id IS NOT NULL THEN
    RAISE EXCEPTION 'sampled line % is checked', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER sample_moves BEFORE UPDATE ON evaluations_sampledline
  FOR EACH ROW EXECUTE FUNCTION evaluations_sampledline_moves();
"""

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
"""


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0001_initial")]
    operations = [
        *refuse_changes(
            "evaluations_fundmovement",
            "evaluations_subsidystep",
            "evaluations_subsidyexport",
            "evaluations_ledgerentry",
            "evaluations_ledgerline",
            "evaluations_bankresult",
            "evaluations_accountopening",
            "evaluations_subsidyapproval",
        ),
        *refuse_deletion("evaluations_fundyear", "evaluations_subsidybatch", "evaluations_subsidyslice"),
        *only_columns("evaluations_entitlement", "voided_at", "voided_by", "void_reason"),
        *only_columns(
            "evaluations_paymentline",
            "state",
            "state_reason",
            "state_by",
            "state_at",
            "held_revision",
            "order_id",
            "account_bank",
            "account_holder",
            "account_cipher",
            "account_hash",
        ),
        *only_columns("evaluations_bankorder", "state", "result_reason", "result_on", "result_id"),
        *only_columns(
            "evaluations_payeeaccount", "state", "decided_by_id", "decided_at", "ended_at", "number_cipher"
        ),
        *only_columns("evaluations_fundtransfer", "state", "decided_by_id", "decided_at"),
        *only_columns("evaluations_sampledline", "ticked_by_id", "ticked_at", "note"),
        *only_columns("evaluations_clawbackreceipt", "state", "decided_by_id", "decided_at", "entitlement_id"),
        with_triggers(ENTITLEMENTS),
        with_triggers(LINES),
        with_triggers(DIFFERENT_PERSONS),
        with_triggers(ADOPTED_RULES),
        with_triggers(BALANCE),
        with_triggers(LEDGER_OF_ENTITLEMENTS),
        with_triggers(CEILINGS),
        with_triggers(ORDERS),
        with_triggers(ACCOUNTS),
        with_triggers(RECEIPTS),
    ]
