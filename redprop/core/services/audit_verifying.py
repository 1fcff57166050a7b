"""Finds what was changed, removed or put into the audit trail and the history behind the triggers' back.

The chain of blocks, the lines of each block, the former versions behind each line and the logs that were copied into
lines are compared, set-based; nothing is written.
"""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from redprop.accounts.audit_triggers import LOGS, row_digest, tracked_models
from redprop.accounts.models import AuditBlock, AuditShape
from redprop.core.services.audit_blocks import BODY, PLAIN, digest_of_block, unsealed


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was written."""

    kind: str  # changed, removed, inserted, chain
    where: str
    number: int
    text: str


@dataclass
class Verified:
    """What was looked at and what was found."""

    blocks: int = 0
    lines: int = 0
    versions: int = 0
    unsealed: int = 0
    not_comparable: int = 0
    head: str = ""
    findings: list[Finding] = field(default_factory=list)


BLOCKS = f"""
SELECT b.number, b.month, b.lines::text, b.count, b.body, b.previous, b.digest, b.forgotten_at IS NOT NULL,
       x.count, x.body
  FROM accounts_auditblock b
  LEFT JOIN LATERAL (
    SELECT count(*) AS count, {BODY} AS body
      FROM unnest(b.lines) r JOIN accounts_auditline l ON l.id >= lower(r) AND l.id < upper(r)
     WHERE b.forgotten_at IS NULL) x ON true
 ORDER BY b.number
"""
OUTSIDE = """
SELECT l.id FROM accounts_auditline l
 WHERE NOT EXISTS (SELECT FROM accounts_auditpending p WHERE p.line = l.id)
   AND NOT coalesce(l.id <@ (SELECT range_agg(r) FROM accounts_auditblock b, unnest(b.lines) r
                              WHERE b.forgotten_at IS NULL), false)
 ORDER BY l.id LIMIT 100
"""
FORMER = """
SELECT l.id, l.rows, l.digest, count(e.pgh_id), {digest}
  FROM accounts_auditline l CROSS JOIN LATERAL unnest(l.versions) r
  LEFT JOIN "{event}" e ON e.pgh_id >= lower(r) AND e.pgh_id < upper(r)
 WHERE l.register = %s AND l.shape_id = %s GROUP BY l.id, l.rows, l.digest ORDER BY l.id
"""
UNKNOWN = """
SELECT e.pgh_id FROM "{event}" e
 WHERE NOT coalesce(e.pgh_id::bigint <@ (SELECT range_agg(r) FROM accounts_auditline l, unnest(l.versions) r
                                  WHERE l.register = %s), false)
 ORDER BY e.pgh_id LIMIT 100
"""
_TIME = {"accounts_signinentry": "at"}
LOGGED = """
SELECT (l.facts ->> 'id')::bigint, CASE WHEN t.id IS NULL THEN 'removed' ELSE 'changed' END
  FROM accounts_auditline l LEFT JOIN "{table}" t ON t.id = (l.facts ->> 'id')::bigint
 WHERE l.register = %s AND (t.id IS NULL AND l.at > now() - interval '180 days'
        OR NOT to_jsonb(t) @> l.facts - 'database' - 'stands_in_for')
 UNION ALL
SELECT t.id, 'inserted' FROM "{table}" t
 WHERE t.{at} >= (SELECT min(l.at) FROM accounts_auditline l WHERE l.register = %s)
   AND NOT EXISTS (SELECT FROM accounts_auditline l WHERE l.register = %s AND l.facts @> jsonb_build_object('id', t.id))
 ORDER BY 1 LIMIT 100
"""


def verify(*, head: tuple[int, str] | None = None) -> Verified:
    """Compare everything; `head` is a block's number and digest that was kept elsewhere."""
    told = Verified()
    with transaction.atomic(), connection.cursor() as cursor:
        if not connection.savepoint_ids:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(PLAIN)
        _look_at_blocks(cursor, told)
        if head is not None:
            _look_at_head(told, head)
        cursor.execute(OUTSIDE)
        for (number,) in cursor.fetchall():
            text = _("Line %(number)s stands in no block: it was put in behind the trail's back.")
            told.findings.append(Finding("inserted", "accounts_auditline", number, text % {"number": number}))
        _look_at_versions(cursor, told)
        _look_at_logs(cursor, told)
        told.unsealed = unsealed()
    return told


def _look_at_blocks(cursor: Any, told: Verified) -> None:
    cursor.execute(BLOCKS)
    previous, expected = "", 1
    for number, month, lines, count, body, before, digest, forgotten, found, found_body in cursor.fetchall():
        told.blocks += 1
        whole = digest_of_block(
            number=number, month=month, lines=lines, count=count, body=body, previous=before
        )
        if number != expected or before != previous or digest != whole:
            text = _("Block %(number)s does not follow from the block before: the chain was changed.")
            told.findings.append(Finding("chain", "accounts_auditblock", number, text % {"number": number}))
        if not forgotten:
            told.lines += found
            if found < count:
                text = _("Block %(number)s has lost %(lines)s of its lines.")
                words = text % {"number": number, "lines": count - found}
                told.findings.append(Finding("removed", "accounts_auditline", number, words))
            elif found_body != body:
                text = _("A line of block %(number)s was changed.")
                told.findings.append(
                    Finding("changed", "accounts_auditline", number, text % {"number": number})
                )
        previous, expected, told.head = digest, number + 1, f"{number}:{digest}"


def _look_at_head(told: Verified, head: tuple[int, str]) -> None:
    number, digest = head
    if not AuditBlock.objects.filter(number=number, digest=digest).exists():
        text = _(
            "Block %(number)s is not the one whose digest was kept: the chain was written anew or cut off."
        )
        told.findings.append(Finding("chain", "accounts_auditblock", number, text % {"number": number}))


def _look_at_versions(cursor: Any, told: Verified) -> None:
    shapes: dict[str, list[AuditShape]] = {}
    for shape in AuditShape.objects.order_by("pk"):
        shapes.setdefault(shape.register, []).append(shape)
    cursor.execute(
        "SELECT register, shape_id, count(*) FROM accounts_auditline WHERE versions IS NOT NULL GROUP BY 1, 2"
    )
    used = {(register, shape): count for register, shape, count in cursor.fetchall()}
    for model in tracked_models():
        event, register = model._meta.db_table, model.pgh_tracked_model._meta.db_table  # type: ignore[attr-defined]
        present = {column.name for column in connection.introspection.get_table_description(cursor, event)}
        for shape in shapes.get(register, []):
            if (register, shape.pk) not in used:
                continue
            if set(shape.columns) - present:  # a migration has taken a column away since
                told.not_comparable += used[register, shape.pk]
                continue
            cursor.execute(FORMER.format(event=event, digest=row_digest(shape.columns)), [register, shape.pk])
            _compare(cursor.fetchall(), event, told)
        cursor.execute(f'SELECT EXISTS (SELECT FROM "{event}")')
        if cursor.fetchone()[0]:
            cursor.execute(UNKNOWN.format(event=event), [register])
            for (number,) in cursor.fetchall():
                text = _(
                    "Former version %(number)s in %(table)s has no line: it was put in behind the trail's back."
                )
                words = text % {"number": number, "table": event}
                told.findings.append(Finding("inserted", event, number, words))


def _compare(rows: list[Any], event: str, told: Verified) -> None:
    for line, promised, digest, found, found_digest in rows:
        told.versions += found
        if found < promised:
            text = _("%(count)s former versions behind line %(line)s are gone from %(table)s.")
            words = text % {"count": promised - found, "line": line, "table": event}
            told.findings.append(Finding("removed", event, line, words))
        elif found_digest != digest:
            text = _("A former version behind line %(line)s in %(table)s was changed.")
            told.findings.append(Finding("changed", event, line, text % {"line": line, "table": event}))


def _look_at_logs(cursor: Any, told: Verified) -> None:
    texts = {
        "removed": _("Row %(number)s is gone from %(table)s."),
        "changed": _("Row %(number)s of %(table)s was changed."),
        "inserted": _("Row %(number)s of %(table)s has no line: it was put in behind the trail's back."),
    }
    for table in LOGS:
        cursor.execute(LOGGED.format(table=table, at=_TIME.get(table, "recorded_at")), [table, table, table])
        for number, kind in cursor.fetchall():
            words = texts[kind] % {"number": number, "table": table}
            told.findings.append(Finding(kind, table, number, words))
