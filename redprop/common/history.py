"""History by triggers: which rows keep their former versions, and which may never change.

`tracked` keeps the former version of every updated or deleted row, whoever changed it and
by whichever way (ORM, bulk, SQL). Append-only tables get `refuse_changes` in a migration:
plain triggers that nothing in Python can switch off.
"""

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


def refuse_changes(*tables: str) -> list[migrations.RunSQL]:
    """Migration operations after which UPDATE, DELETE and TRUNCATE of `tables` raise an error."""
    operations = [migrations.RunSQL(REFUSE_FUNCTION, migrations.RunSQL.noop)]
    for table in tables:
        operations.append(
            migrations.RunSQL(
                f"CREATE TRIGGER refuse_row_change BEFORE UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION redprop_refuse_change();"
                f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION redprop_refuse_change();",
                f"DROP TRIGGER refuse_row_change ON {table}; DROP TRIGGER refuse_truncate ON {table};",
            )
        )
    return operations


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
