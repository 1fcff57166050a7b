"""The ledger keeps its days: an entry is dated when it is recorded, and a closed year's budget takes nothing more."""

from django.db import migrations

from redprop.common.history import with_triggers

DAYS = """
CREATE OR REPLACE FUNCTION evaluations_ledger_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.day <> (NEW.recorded_at AT TIME ZONE 'Asia/Shanghai')::date THEN
    RAISE EXCEPTION 'a ledger entry has the day on which it is recorded, not %', NEW.day
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledgerentry_day';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_day BEFORE INSERT ON evaluations_ledgerentry
  FOR EACH ROW EXECUTE FUNCTION evaluations_ledger_day();
CREATE OR REPLACE FUNCTION evaluations_ledger_open_year() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- What is owed of a closed year may still be corrected; what it could spend is settled.
  IF EXISTS (SELECT 1 FROM new_lines l
             JOIN evaluations_fundyear y ON y.fund_id = l.fund_id AND y.year = l.year
             WHERE y.closed_on IS NOT NULL AND l.account IN ('ceiling', 'free', 'committed', 'spent')) THEN
    RAISE EXCEPTION 'a line of the ledger belongs to a year that is closed'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledgerline_open_year';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_open_year AFTER INSERT ON evaluations_ledgerline
  REFERENCING NEW TABLE AS new_lines
  FOR EACH STATEMENT EXECUTE FUNCTION evaluations_ledger_open_year();
"""


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0004_inspections_and_surveys_stay")]
    operations = [with_triggers(DAYS)]
