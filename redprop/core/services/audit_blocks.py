"""Seals the audit trail into blocks, and takes whole months away when their time is over.

A block takes every line that stands in none yet, whenever its transaction came to an end: there is no moment
after which a late line is lost, and no order of clocks or numbers that it relies on.
"""

import datetime as dt
import hashlib
import logging
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from redprop.accounts.audit import acting, record
from redprop.accounts.audit_triggers import tracked_models
from redprop.accounts.models import AuditBlock, AuditLine

log = logging.getLogger("redprop.audit")

_LOCK = 4_201_020_190
"""Only one process seals or forgets at a time: the chain has one end."""

PLAIN = (
    "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres'; "
    "SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1"
)
LINE = (
    "ROW(l.id, l.at, l.kind, l.register, l.rows, l.concerned, l.versions, l.digest, l.shape_id, l.actor, l.username, "
    "l.address, l.page, l.reason, l.context, l.facts)::text"
)
BODY = f"encode(sha256(coalesce(string_agg(sha256(convert_to({LINE}, 'UTF8')), ''::bytea ORDER BY l.id), ''::bytea)), 'hex')"
MONTH = "date_trunc('month', l.at AT TIME ZONE 'Asia/Shanghai')::date"

WAITING = f"""
SELECT DISTINCT {MONTH} FROM accounts_auditpending p JOIN accounts_auditline l ON l.id = p.line ORDER BY 1
"""
TAKE = f"""
WITH l AS (
  DELETE FROM accounts_auditpending p USING accounts_auditline l WHERE l.id = p.line AND {MONTH} = %s RETURNING l.*
)
SELECT count(*), range_agg(int8range(l.id, l.id, '[]'))::text, {BODY}, min(l.at), max(l.at) FROM l
"""


def digest_of_block(*, number: int, month: dt.date, lines: str, count: int, body: str, previous: str) -> str:
    """The digest that a block's successor carries: over its own lines' digest and its predecessor."""
    text = f"redprop-audit-1|{number}|{month.isoformat()}|{lines}|{count}|{body}|{previous}"
    return hashlib.sha256(text.encode()).hexdigest()


def seal() -> list[AuditBlock]:
    """Put every line that is in no block into a new one (one for each month); returns the new blocks."""
    made = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(PLAIN)
        cursor.execute(WAITING)
        months = [month for (month,) in cursor.fetchall()]
        last = AuditBlock.objects.order_by("-number").values_list("number", "digest").first()
        number, previous = last or (0, "")
        for month in months:
            cursor.execute(TAKE, [month])
            count, lines, body, first_at, last_at = cursor.fetchone()
            if not count:
                continue
            number += 1
            facts: dict[str, Any] = {
                "number": number,
                "month": month,
                "lines": lines,
                "count": count,
                "body": body,
                "previous": previous,
            }
            digest = digest_of_block(**facts)
            block = AuditBlock(
                **facts, digest=digest, sealed_at=timezone.now(), first_at=first_at, last_at=last_at
            )
            block.save(force_insert=True)
            made.append(block)
            previous = digest
    for block in made:
        # whoever keeps the log elsewhere can show later that the chain was not written anew
        log.info("audit block %s sealed: %s lines, digest %s", block.number, block.count, block.digest)
    return made


def last_month_to_go(today: dt.date) -> dt.date:
    """The first day of the first month that is still kept."""
    months = today.year * 12 + today.month - 1 - settings.AUDIT_MONTHS
    return dt.date(months // 12, months % 12 + 1, 1)


def forget() -> dict[str, int]:
    """Delete lines and former versions of whole months past their time; the blocks keep their digests.

    Returns how many lines went by month. A month goes in one transaction, when all its lines are sealed.
    """
    first_kept = last_month_to_go(timezone.localdate())
    months = AuditBlock.objects.filter(forgotten_at=None, month__lt=first_kept).order_by("month")
    gone: dict[str, int] = {}
    for month in list(months.values_list("month", flat=True).distinct()):
        with transaction.atomic(), acting(None, "audit retention"), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            cursor.execute(
                f"SELECT EXISTS (SELECT FROM accounts_auditpending p JOIN accounts_auditline l ON l.id = p.line "
                f"WHERE {MONTH} <= %s)",
                [month],
            )
            if cursor.fetchone()[0]:
                continue
            gone[month.isoformat()] = _forget_month(cursor, month)
            record("done", what="audit retention", month=month.isoformat(), lines=gone[month.isoformat()])
    return gone


def _forget_month(cursor: Any, month: dt.date) -> int:
    cursor.execute("SET LOCAL redprop.forgetting = 'on'")
    cursor.execute(
        "CREATE TEMP TABLE going ON COMMIT DROP AS SELECT l.* FROM accounts_auditblock b, unnest(b.lines) r, accounts_auditline l "
        "WHERE b.month = %s AND b.forgotten_at IS NULL AND l.id >= lower(r) AND l.id < upper(r)",
        [month],
    )
    for model in tracked_models():
        event, register = model._meta.db_table, model.pgh_tracked_model._meta.db_table  # type: ignore[attr-defined]
        with pgtrigger.ignore(f"{model._meta.label}:append_only"):
            cursor.execute(
                f'DELETE FROM "{event}" e USING going g, unnest(g.versions) r '
                "WHERE g.register = %s AND e.pgh_id >= lower(r) AND e.pgh_id < upper(r)",
                [register],
            )
    cursor.execute("DELETE FROM accounts_auditline l USING going g WHERE l.id = g.id")
    lines = int(cursor.rowcount)
    AuditBlock.objects.filter(month=month, forgotten_at=None).update(forgotten_at=timezone.now())
    cursor.execute("DROP TABLE going")
    cursor.execute(
        # contexts are not lines: who and why stands in the lines themselves
        "DELETE FROM pghistory_context WHERE created_at < (%s::date AT TIME ZONE 'Asia/Shanghai')",
        [month],
    )
    return lines


def unsealed() -> int:
    """How many lines wait for their block."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_auditpending")
        return int(cursor.fetchone()[0])


def kept_since() -> dt.datetime | None:
    """The time of the oldest line."""
    return AuditLine.objects.order_by("at").values_list("at", flat=True).first()
