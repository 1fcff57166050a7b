"""History by triggers: which rows keep their former versions, and which may never change.

`tracked` keeps the former version of every updated or deleted row, whoever changed it and
by whichever way (ORM, bulk, SQL). Append-only tables get `refuse_changes` in a migration:
plain triggers that nothing in Python can switch off.
"""

import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any

import pghistory
import pgtrigger
from django.db import migrations
from django.db.models import Model

REFUSE_FUNCTION = """
CREATE OR REPLACE FUNCTION redprop_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END $$;
"""

ONLY_COLUMNS_FUNCTION = """
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

_TRIGGER = re.compile(r"CREATE (?:CONSTRAINT )?TRIGGER (\w+)\s[^;]*?\sON (\w+)")


def tracked(*, exclude: Iterable[str] = ()) -> Callable[[type[Model]], type[Model]]:
    """Class decorator: keep the former version of updated and deleted rows, with user and reason.

    Statement level, because row level is quadratic together with deferred foreign keys;
    `condition=None`, because the comparing trigger keeps a nested-loop plan. Fields in
    `exclude` (personal data) enter history as the fact of a change, without their values.
    """
    return pghistory.track(
        pghistory.UpdateEvent(level=pgtrigger.Statement, condition=None, row=pghistory.Old),
        pghistory.DeleteEvent(level=pgtrigger.Statement),
        exclude=list(exclude),
        append_only=True,
    )


def acting(user: Any, reason: str = "", **facts: Any) -> AbstractContextManager[Any]:
    """Context in which every change is recorded as made by `user` for `reason`.

    The name is kept as text beside the id, because accounts end. `user` is None for the system. Whoever stands
    in for others today acts with their names beside his own.
    """
    if standing := getattr(user, "stands_in_for", ""):
        facts = {"stands_in_for": standing, **facts}
    return pghistory.context(
        user=user.pk if user else None, username=user.username if user else "system", reason=reason, **facts
    )


def with_triggers(sql: str) -> migrations.RunSQL:
    """Migration operation that runs `sql`; backwards it drops the triggers made there, and leaves functions."""
    gone = "".join(f"DROP TRIGGER IF EXISTS {name} ON {table};" for name, table in _TRIGGER.findall(sql))
    return migrations.RunSQL(sql, gone or migrations.RunSQL.noop)


def refuse_changes(*tables: str) -> list[migrations.RunSQL]:
    """Migration operations after which UPDATE, DELETE and TRUNCATE of `tables` raise an error."""
    operations = [with_triggers(REFUSE_FUNCTION)]
    for table in tables:
        operations.append(
            with_triggers(
                f"CREATE TRIGGER refuse_row_change BEFORE UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION redprop_refuse_change();" + _refuse_truncate(table)
            )
        )
    return operations


def refuse_deletion(*tables: str) -> list[migrations.RunSQL]:
    """Migration operations after which DELETE and TRUNCATE of `tables` raise an error."""
    operations = [with_triggers(REFUSE_FUNCTION)]
    for table in tables:
        operations.append(
            with_triggers(
                f"CREATE TRIGGER refuse_delete BEFORE DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION redprop_refuse_change();" + _refuse_truncate(table)
            )
        )
    return operations


def only_columns(table: str, *columns: str) -> list[migrations.RunSQL]:
    """Migration operations after which rows of `table` stay, and nothing but `columns` of them changes."""
    names = ", ".join(f"'{column}'" for column in columns)
    return [
        with_triggers(REFUSE_FUNCTION),
        with_triggers(ONLY_COLUMNS_FUNCTION),
        with_triggers(
            f"CREATE TRIGGER refuse_row_change BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION redprop_only_columns({names});" + _refuse_truncate(table)
        ),
    ]


def _refuse_truncate(table: str) -> str:
    return (
        f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION redprop_refuse_change();"
    )


def sleeping_history(table: str) -> list[migrations.RunSQL]:
    """Migration operations that take the history triggers off `table` before a data migration fills new columns.

    The triggers of the version before do not know columns that the same run of `migrate` adds;
    at its end all triggers are put back as they are now.
    """
    return [
        migrations.RunSQL(
            "DO $$ DECLARE one record; BEGIN "
            "FOR one IN SELECT tgname FROM pg_trigger "
            f"WHERE tgrelid = '{table}'::regclass AND tgname LIKE 'pgtrigger_%' LOOP "
            f"EXECUTE format('DROP TRIGGER %I ON {table}', one.tgname); END LOOP; END $$;",
            migrations.RunSQL.noop,
        )
    ]
