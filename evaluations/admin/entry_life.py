"""The life of one list entry on its page: releases, objections, reply, rectification, follow-ups, by day."""

import datetime as dt
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext

from evaluations.models import ListEntry


def life_of(entry: ListEntry) -> list[dict[str, Any]]:
    """Return the table of what happened to the entry, oldest first (five queries); none before its confirmation."""
    found: list[tuple[dt.date, str, str]] = []
    if entry.confirmed_at and entry.confirmed_by:
        found.append((localdate(entry.confirmed_at), gettext("confirmed"), str(entry.confirmed_by)))
    for row in entry.published.select_related("release"):
        if row.release.published_at:
            found.append(
                (
                    localdate(row.release.published_at),
                    row.release.get_kind_display(),
                    row.release.index_number,
                )
            )
    for one in entry.objections.all():
        found.append((localdate(one.filed_at), gettext("objection filed"), f"{one.code}：{one.text}"))
        if one.decided_at:
            found.append((localdate(one.decided_at), one.get_state_display(), f"{one.code}：{one.result}"))
    for reply in entry.replies.all():
        found.append((localdate(reply.recorded_at), gettext("reply of the enterprise"), reply.text))
    for report in entry.rectifications.all():
        found.append((report.reported_on, gettext("rectification reported"), report.text))
        if report.decided_on:
            found.append((report.decided_on, report.get_state_display(), report.result))
        if report.repaired_on:
            found.append((report.repaired_on, gettext("entry repaired"), ""))
    for task in entry.follow_ups.all():
        found.append(
            (
                task.opened_on,
                task.get_kind_display(),
                gettext("opened, due on %(day)s") % {"day": task.due_on},
            )
        )
        if task.done_on:
            found.append((task.done_on, task.get_kind_display(), task.evidence))
    if not found:
        return []
    return [
        {
            "caption": gettext("What became of this entry"),
            "head": [gettext("day"), gettext("what happened"), gettext("details")],
            "rows": [
                [day.isoformat(), what, more or "–"] for day, what, more in sorted(found, key=lambda r: r[0])
            ],
            "is_words": True,
        }
    ]
