"""The audit context (who acts and why: the triggers write it beside every change) and acts that leave no row."""

import json
from collections.abc import Iterable
from typing import Any

from django.db import connection

from redprop.common.history import acting

__all__ = ["acting", "record"]


def record(
    kind: str,
    *,
    user: Any = None,
    register: str = "",
    ids: Iterable[int] = (),
    reason: str = "",
    **facts: Any,
) -> None:
    """Write one line of the audit trail for an act that no trigger sees: `kind` is one of AuditLine.Kind.

    Inside an `acting` context user and reason come from there where they are not given. `register` is the table of the
    rows `ids`. Facts never hold a personal value. It counts when the transaction around it commits.
    """
    numbers = sorted(set(ids))
    ranges = "{" + ",".join(f"[{number},{number}]" for number in numbers) + "}"
    with connection.cursor() as cursor:
        cursor.execute(
            # not a SELECT alone: pghistory leaves the context away before one
            "WITH told AS (SELECT %s::text, %s::text, %s::bigint, %s::int8multirange, %s::jsonb, %s::bigint, %s::text) "
            "SELECT redprop_audit_line(t.a, t.b, t.c, t.d, NULL, '', NULL, t.e, t.f, t.g) FROM told t(a,b,c,d,e,f,g)",
            [
                kind,
                register,
                len(numbers),
                ranges if numbers else None,
                json.dumps(facts, ensure_ascii=False, default=str),
                user.pk if user is not None else None,
                reason,
            ],
        )
