"""The sign-in log is never changed, and kept for half a year at least."""

from django.db import migrations

from redprop.common.history import REFUSE_FUNCTION, with_triggers

KEEP_SIGN_INS = """
CREATE OR REPLACE FUNCTION redprop_keep_sign_ins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND OLD.at < now() - interval '180 days' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'the sign-in log is never changed, and kept for half a year at least'
    USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER keep_rows BEFORE UPDATE OR DELETE ON accounts_signinentry
  FOR EACH ROW EXECUTE FUNCTION redprop_keep_sign_ins();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON accounts_signinentry
  FOR EACH STATEMENT EXECUTE FUNCTION redprop_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_accounts_of_districts")]
    operations = [with_triggers(REFUSE_FUNCTION), with_triggers(KEEP_SIGN_INS)]
