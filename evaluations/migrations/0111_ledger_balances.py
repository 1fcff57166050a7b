"""The ledger balances by itself; payments, accounts and transfers keep what they must; history becomes opening entries."""

from django.db import migrations

from redprop.common.history import refuse_changes


def only_columns(table: str, *columns: str) -> migrations.RunSQL:
    names = ", ".join(f"'{column}'" for column in columns)
    return migrations.RunSQL(
        f"DROP TRIGGER IF EXISTS refuse_row_change ON {table};"
        f"DROP TRIGGER IF EXISTS refuse_truncate ON {table};"
        f"CREATE TRIGGER refuse_row_change BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION redprop_only_columns({names});"
        f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION redprop_refuse_change();",
        migrations.RunSQL.noop,
    )


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
ENTITLEMENTS = """
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

# Districts that worked before there was a ledger: their rows become opening entries, in the same shape.
OPENING = """
DO $$
DECLARE
  one record;
  made bigint;
BEGIN
  FOR one IN SELECT y.*, f.district_id FROM evaluations_fundyear y JOIN evaluations_fund f ON f.id = y.fund_id
             WHERE y.ceiling <> 0 LOOP
    INSERT INTO evaluations_ledgerentry (district_id, kind, day, text, recorded_at, recorded_by)
    VALUES (one.district_id, 'ceiling', (one.recorded_at AT TIME ZONE 'Asia/Shanghai')::date, one.document,
            one.recorded_at, one.recorded_by) RETURNING id INTO made;
    INSERT INTO evaluations_ledgerline (entry_id, account, fund_id, year, benefit, amount)
    VALUES (made, 'free', one.fund_id, one.year, '', one.ceiling),
           (made, 'ceiling', one.fund_id, one.year, '', -one.ceiling);
  END LOOP;
  FOR one IN SELECT e.district_id, r.fund_id, extract(year FROM e.counted_on)::int AS year, e.benefit,
                    max(e.recorded_at) AS at, sum(e.amount) AS due,
                    coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0) AS plus,
                    coalesce(sum(e.amount) FILTER (WHERE e.amount < 0), 0) AS minus
             FROM evaluations_entitlement e JOIN evaluations_subsidyrule r ON r.id = e.rule_id
             WHERE e.voided_at IS NULL AND e.amount <> 0 GROUP BY 1, 2, 3, 4 LOOP
    INSERT INTO evaluations_ledgerentry (district_id, kind, day, text, recorded_at, recorded_by)
    VALUES (one.district_id, 'entitlement', (one.at AT TIME ZONE 'Asia/Shanghai')::date, '', one.at, '')
    RETURNING id INTO made;
    INSERT INTO evaluations_ledgerline (entry_id, account, fund_id, year, benefit, amount)
    SELECT made, a.account, one.fund_id, one.year, one.benefit, a.amount
    FROM (VALUES ('expense', one.due), ('owed', -one.plus), ('receivable', -one.minus)) AS a(account, amount)
    WHERE a.amount <> 0;
  END LOOP;
  FOR one IN SELECT b.id AS batch_id, b.district_id, b.fund_id, left(b.period, 4)::int AS year,
                    b.approved_at AS at
             FROM evaluations_subsidybatch b WHERE b.state IN ('approved', 'exported') LOOP
    INSERT INTO evaluations_ledgerentry (district_id, kind, day, text, recorded_at, recorded_by, batch_id)
    VALUES (one.district_id, 'approval', (one.at AT TIME ZONE 'Asia/Shanghai')::date, '', one.at, '',
            one.batch_id) RETURNING id INTO made;
    INSERT INTO evaluations_ledgerline (entry_id, account, fund_id, year, benefit, amount)
    SELECT made, a.account, one.fund_id, a.year, a.benefit, sum(a.amount)
    FROM evaluations_paymentline l JOIN evaluations_entitlement e ON e.id = l.entitlement_id
    CROSS JOIN LATERAL (VALUES
      (CASE WHEN l.amount < 0 THEN 'receivable' ELSE 'owed' END, extract(year FROM e.counted_on)::int,
       e.benefit, l.amount),
      ('payable', one.year, '', -l.amount), ('committed', one.year, '', l.amount),
      ('free', one.year, '', -l.amount)) AS a(account, year, benefit, amount)
    WHERE l.batch_id = one.batch_id AND l.state = 'open'
    GROUP BY a.account, a.year, a.benefit HAVING sum(a.amount) <> 0;
  END LOOP;
END $$;
"""


def sql(text: str) -> migrations.RunSQL:
    return migrations.RunSQL(text, migrations.RunSQL.noop)


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0110_payments_and_ledger")]
    operations = [
        sql(OPENING),
        *refuse_changes(
            "evaluations_ledgerentry",
            "evaluations_ledgerline",
            "evaluations_bankresult",
            "evaluations_accountopening",
            "evaluations_subsidyapproval",
        ),
        only_columns(
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
        only_columns("evaluations_bankorder", "state", "result_reason", "result_on", "result_id"),
        only_columns(
            "evaluations_payeeaccount", "state", "decided_by_id", "decided_at", "ended_at", "number_cipher"
        ),
        only_columns("evaluations_fundtransfer", "state", "decided_by_id", "decided_at"),
        only_columns("evaluations_sampledline", "ticked_by_id", "ticked_at", "note"),
        *map(sql, (BALANCE, ENTITLEMENTS, CEILINGS, LINES, ORDERS, ACCOUNTS)),
    ]
