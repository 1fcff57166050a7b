"""The triggers that write the audit trail and keep it: installed after each `migrate`, seen by ORM, bulk, SQL and COPY.

A register's inserts, each statement that wrote former versions, each opening, export, sign-in and failed attempt
leave one line. Without an audit context the line names the account of the database that acted.
"""

import json
from typing import Any

from django.apps import apps
from django.db import connection, models
from pghistory.models import Event

LOGS = {
    "core_numberopening": "opened",
    "evaluations_accountopening": "opened",
    "core_exportlog": "exported",
    "accounts_signinentry": "",
}
"""Append-only logs: each new row is copied into its line, and compared with it by `verify_audit`."""

OPENING_STEPS = {"communities_requeststep": "NEW.kind = 'opened'"}
"""Logs in which only some rows are openings."""

RIGHTS = ("auth_group_permissions", "accounts_user_groups", "accounts_user_user_permissions")
"""Tables without history whose rows give rights."""

KEPT_MONTHS = 6
"""No setting and no task deletes younger lines (Cybersecurity Law, article 23 (3))."""

SAME_TEXT = (
    "SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' "
    "SET bytea_output = 'hex' SET extra_float_digits = 1 SET search_path = public, pg_temp"
)

FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION redprop_audit_line(
  what text, about text, many bigint, concerned int8multirange, former int8multirange, covered text, columns bigint,
  told jsonb, who bigint, why text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  meta jsonb := coalesce(nullif(current_setting('pghistory.context_metadata', true), ''), '{{}}')::jsonb;
  made bigint;
BEGIN
  IF meta ->> 'username' IS NULL AND who IS NULL AND NOT told ? 'username' THEN
    told := told || jsonb_build_object('database', session_user::text);
  END IF;
  IF meta ? 'stands_in_for' THEN
    told := told || jsonb_build_object('stands_in_for', meta -> 'stands_in_for');
  END IF;
  INSERT INTO accounts_auditline (at, kind, register, rows, concerned, versions, digest, shape_id, actor, username,
                                  address, page, reason, context, facts)
  VALUES (clock_timestamp(), what, about, many, concerned, former, covered, columns,
          coalesce(who, (meta ->> 'user')::bigint),
          coalesce(CASE WHEN who IS NOT NULL THEN (SELECT username FROM accounts_user WHERE id = who) END,
                   told ->> 'username', meta ->> 'username', ''),
          coalesce(told ->> 'address', meta ->> 'address', ''), coalesce(meta ->> 'url', ''),
          coalesce(nullif(why, ''), CASE WHEN who IS NULL OR who = (meta ->> 'user')::bigint THEN meta ->> 'reason' END, ''),
          nullif(current_setting('pghistory.context_id', true), '')::uuid, told)
  RETURNING id INTO made;
  INSERT INTO accounts_auditpending (line) VALUES (made);
END $$;

CREATE OR REPLACE FUNCTION redprop_audit_added() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE many bigint; concerned int8multirange;
BEGIN
  SELECT count(*), range_agg(int8range(id, id, '[]')) INTO many, concerned FROM rows_now;
  IF many > 0 THEN
    PERFORM redprop_audit_line('added', TG_TABLE_NAME, many, concerned, NULL, '', NULL, '{{}}', NULL, '');
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION redprop_audit_rights() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE many bigint; concerned int8multirange; told jsonb := '{{}}';
BEGIN
  SELECT count(*), range_agg(int8range(id, id, '[]')) INTO many, concerned FROM rows_now;
  IF many BETWEEN 1 AND 50 THEN
    SELECT jsonb_build_object('rows', jsonb_agg(to_jsonb(r) ORDER BY id)) INTO told FROM rows_now r;
  END IF;
  IF many > 0 THEN
    PERFORM redprop_audit_line(TG_ARGV[0], TG_TABLE_NAME, many, concerned, NULL, '', NULL, told, NULL, '');
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION redprop_audit_logged() RETURNS trigger LANGUAGE plpgsql {SAME_TEXT} AS $$
DECLARE told jsonb := to_jsonb(NEW); what text := TG_ARGV[0];
BEGIN
  IF what = '' THEN
    what := CASE WHEN told ->> 'kind' IN ('signed_in', 'provider') THEN 'signed-in'
                 WHEN told ->> 'kind' IN ('signed_out', 'ended') THEN 'signed-out'
                 WHEN told ->> 'kind' IN ('wrong_password', 'wrong_code', 'locked_out', 'provider_refused') THEN 'failed'
                 ELSE 'done' END;
  END IF;
  PERFORM redprop_audit_line(what, TG_TABLE_NAME, coalesce((told ->> 'rows')::bigint, 1),
    int8multirange(int8range(NEW.id, NEW.id, '[]')), NULL, '', NULL, told, (told ->> 'user_id')::bigint,
    coalesce(told ->> 'purpose', told ->> 'title', told ->> 'text', told ->> 'detail', ''));
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION redprop_audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('redprop.forgetting', true) = 'on'
     AND (to_jsonb(OLD) ->> TG_ARGV[0])::timestamptz < clock_timestamp() - interval '{KEPT_MONTHS} months' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE OR REPLACE FUNCTION redprop_audit_block_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.forgotten_at IS NULL AND NEW.forgotten_at IS NOT NULL
     AND OLD.month + interval '{KEPT_MONTHS + 1} months' < clock_timestamp()
     AND to_jsonb(OLD) - 'forgotten_at' = to_jsonb(NEW) - 'forgotten_at' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""

OF_AN_EVENT = """
CREATE OR REPLACE FUNCTION "{function}"() RETURNS trigger LANGUAGE plpgsql {same} AS $$
DECLARE many bigint; concerned int8multirange; former int8multirange; covered text; what text;
BEGIN
  SELECT count(*), range_agg(int8range(e.pgh_obj_id, e.pgh_obj_id, '[]')),
         range_agg(int8range(e.pgh_id, e.pgh_id, '[]')), {digest}, min(e.pgh_label)
    INTO many, concerned, former, covered, what FROM rows_now e;
  IF many > 0 THEN
    PERFORM redprop_audit_line(CASE WHEN what LIKE 'delete%' THEN 'removed' ELSE 'changed' END, '{register}', many,
                               concerned, former, covered, {shape}, '{{}}', NULL, '');
  END IF;
  RETURN NULL;
END $$;
"""

ADOPT = """
INSERT INTO accounts_auditline (at, kind, register, rows, concerned, versions, digest, shape_id, actor, username,
                                address, page, reason, context, facts)
SELECT max(e.pgh_created_at), CASE WHEN min(e.pgh_label) LIKE 'delete%%' THEN 'removed' ELSE 'changed' END,
       '{register}', count(*), range_agg(int8range(e.pgh_obj_id, e.pgh_obj_id, '[]')),
       range_agg(int8range(e.pgh_id, e.pgh_id, '[]')), {digest}, {shape},
       (min(c.metadata ->> 'user'))::bigint, coalesce(min(c.metadata ->> 'username'), ''), '',
       coalesce(min(c.metadata ->> 'url'), ''), coalesce(min(c.metadata ->> 'reason'), ''), e.pgh_context_id,
       '{{"adopted": true}}'
  FROM "{event}" e LEFT JOIN pghistory_context c ON c.id = e.pgh_context_id
 WHERE NOT coalesce(e.pgh_id::bigint <@ (SELECT range_agg(r) FROM accounts_auditline l, unnest(l.versions) r
                                  WHERE l.register = '{register}'), false)
 GROUP BY e.pgh_context_id, e.pgh_label, date_trunc('month', e.pgh_created_at AT TIME ZONE 'Asia/Shanghai')
"""


def row_digest(columns: list[str], alias: str = "e") -> str:
    """SQL of the digest over the rows of a history table, in their order."""
    listed = ", ".join(f'{alias}."{name}"' for name in columns)
    return (
        f"encode(sha256(coalesce(string_agg(sha256(convert_to(ROW({listed})::text, 'UTF8')), ''::bytea "
        f"ORDER BY {alias}.pgh_id), ''::bytea)), 'hex')"
    )


def tracked_models() -> list[type[models.Model]]:
    """The history models, by table."""
    found = [
        m for m in apps.get_models() if issubclass(m, Event) and not m._meta.abstract and not m._meta.proxy
    ]
    return sorted(found, key=lambda model: model._meta.db_table)


def _trigger(name: str, table: str, when: str, call: str, level: str = "STATEMENT") -> str:
    seen = ""
    if level == "STATEMENT" and when != "BEFORE TRUNCATE":
        seen = f"REFERENCING {'OLD' if 'DELETE' in when else 'NEW'} TABLE AS rows_now "
    return f'CREATE OR REPLACE TRIGGER {name} {when} ON "{table}" {seen}FOR EACH {level} EXECUTE FUNCTION {call};\n'


def _guard(table: str, column: str) -> str:
    call = f"redprop_audit_guard('{column}')"
    return _trigger("redprop_guard_row", table, "BEFORE UPDATE OR DELETE", call, "ROW") + _trigger(
        "redprop_guard_all", table, "BEFORE TRUNCATE", call
    )


def install() -> None:
    """Write functions and triggers as the models are now; former versions without a line get one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_class c "
            "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
            "WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY c.relname"
        )
        columns = {
            name: json.loads(found) if isinstance(found, str) else found for name, found in cursor.fetchall()
        }
        if "accounts_auditline" not in columns:
            return
        shapes = _shapes(cursor, columns)
        script = [FUNCTIONS, _guard("accounts_auditline", "at")]
        block = "redprop_audit_block_guard()"
        script.append(
            _trigger("redprop_guard_row", "accounts_auditblock", "BEFORE UPDATE OR DELETE", block, "ROW")
        )
        script.append(_trigger("redprop_guard_all", "accounts_auditblock", "BEFORE TRUNCATE", block))
        for model in tracked_models():
            event, register = model._meta.db_table, model.pgh_tracked_model._meta.db_table  # type: ignore[attr-defined]
            facts: dict[str, Any] = {
                "event": event,
                "register": register,
                "shape": shapes[event],
                "digest": row_digest(columns[event]),
                "function": f"redprop_audit_{event}"[:63],
                "same": SAME_TEXT,
            }
            script.append(OF_AN_EVENT.format(**facts))
            script.append(_trigger("redprop_audit_former", event, "AFTER INSERT", f'"{facts["function"]}"()'))
            script.append(_guard(event, "pgh_created_at"))
            if "id" in columns[register]:
                script.append(
                    _trigger("redprop_audit_added", register, "AFTER INSERT", "redprop_audit_added()")
                )
        for table, kind in LOGS.items():
            script.append(
                _trigger(
                    "redprop_audit_logged", table, "AFTER INSERT", f"redprop_audit_logged('{kind}')", "ROW"
                )
            )
        for table, condition in OPENING_STEPS.items():
            script.append(
                f'CREATE OR REPLACE TRIGGER redprop_audit_logged AFTER INSERT ON "{table}" FOR EACH ROW '
                f"WHEN ({condition}) EXECUTE FUNCTION redprop_audit_logged('opened');\n"
            )
        for table in RIGHTS:
            for name, when, kind in (("added", "INSERT", "added"), ("removed", "DELETE", "removed")):
                call = f"redprop_audit_rights('{kind}')"
                script.append(_trigger(f"redprop_audit_{name}", table, f"AFTER {when}", call))
        cursor.execute("".join(script))
        _adopt(cursor, columns, shapes)


def _shapes(cursor: Any, columns: dict[str, list[str]]) -> dict[str, int]:
    """The number of each history table's present shape."""
    events = {model._meta.db_table: model.pgh_tracked_model._meta.db_table for model in tracked_models()}  # type: ignore[attr-defined]
    cursor.execute(
        "INSERT INTO accounts_auditshape (register, columns) SELECT * FROM unnest(%s::text[], %s::jsonb[]) "
        "ON CONFLICT DO NOTHING",
        [list(events.values()), [json.dumps(columns[event]) for event in events]],
    )
    cursor.execute("SELECT register, columns, id FROM accounts_auditshape")
    known = {
        (register, tuple(json.loads(found) if isinstance(found, str) else found)): number
        for register, found, number in cursor.fetchall()
    }
    return {event: known[register, tuple(columns[event])] for event, register in events.items()}


def _adopt(cursor: Any, columns: dict[str, list[str]], shapes: dict[str, int]) -> None:
    """Former versions of before this trail, or written while `migrate` ran, get their lines."""
    for model in tracked_models():
        event = model._meta.db_table
        cursor.execute(f'SELECT EXISTS (SELECT FROM "{event}")')
        if not cursor.fetchone()[0]:
            continue
        facts = {
            "event": event,
            "register": model.pgh_tracked_model._meta.db_table,  # type: ignore[attr-defined]
            "shape": shapes[event],
            "digest": row_digest(columns[event]),
        }
        cursor.execute(
            f"WITH made AS ({ADOPT.format(**facts)} RETURNING id) "
            "INSERT INTO accounts_auditpending (line) SELECT id FROM made".replace("%%", "%")
        )


def sleep_for_migrations() -> None:
    """Take the triggers that name columns off the history tables, before migrations change these tables."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DO $$ DECLARE one record; BEGIN FOR one IN SELECT tgname, tgrelid::regclass AS place FROM pg_trigger "
            "WHERE tgname = 'redprop_audit_former' LOOP "
            "EXECUTE format('DROP TRIGGER %I ON %s', one.tgname, one.place); END LOOP; END $$"
        )
