"""Releases as the public pages see them. The only module here that knows the models of `evaluations`.

Reads the frozen entries alone; the working entries only say which of them are no longer shown.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import F, FilteredRelation, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from evaluations.models import Level, ListEntry, Release, ReleaseEntry
from evaluations.services.bundles import write_bundle
from evaluations.words import reason_text
from redprop.accounts.audit import acting
from redprop.areas.models import District
from redprop.public import content, english, languages, wording
from redprop.public.results import newest

LINES = """
SELECT e.id, e.lines, s.households,
       (SELECT sum(sample.drawn) FROM evaluations_surveysample sample
        JOIN evaluations_surveyround round ON round.id = sample.round_id
        WHERE round.period_id = r.period_id AND sample.project_id = e.project_id
          AND (round.kind = 'regular' OR s.resurveyed))
FROM evaluations_releaseentry e
JOIN evaluations_release r ON r.id = e.release_id
LEFT JOIN evaluations_subject s ON s.run_id = r.run_id AND s.project_id = e.project_id
WHERE e.id = ANY(%s)
"""

FINALS = (Release.Kind.FINAL, Release.Kind.SUPPLEMENT, Release.Kind.CORRECTION)
GONE = (ListEntry.State.EXPIRED, ListEntry.State.REPAIRED, ListEntry.State.WITHDRAWN)
SHOWN = (Release.State.PUBLISHED, Release.State.SUPERSEDED)
RECENT = 4
"""For how many quarters the pages of enterprises explain a score line by line."""


def releases_of(district: District) -> list[content.Release]:
    """Return the published releases of a district, newest first, in three queries."""
    rows = list(
        Release.objects.filter(district=district, state__in=SHOWN)
        .select_related("period__rubric", "run")
        .defer("manifest", "left_out")
        .order_by("sequence")
    )
    entries: dict[int, list[ReleaseEntry]] = {row.pk: [] for row in rows}
    found = (
        ReleaseEntry.objects.filter(release__in=rows)
        .annotate(
            state_now=F("entry__state"),
            standing=FilteredRelation(
                "entry__replies", condition=Q(entry__replies__replaced_at__isnull=True)
            ),
            reply_now=F("standing__text"),
        )
        .defer("lines", "salt")
        .order_by("release", "level", "rank", "pk")
    )
    for entry in found:
        entries[entry.release_id].append(entry)
    reader = Reader(rows, entries)
    return [reader.release(row) for row in reversed(rows)]


class Reader:
    """Turns the rows of one district into values; knows which notice entries became final."""

    def __init__(self, rows: list[Release], entries: dict[int, list[ReleaseEntry]]) -> None:
        self.entries = entries
        self.numbers: dict[int, int] = {}
        self.finals: dict[int, set[tuple[int, str]]] = {}
        seen: Counter[tuple[int, str]] = Counter()
        latest: dict[int, int] = {}
        recent: dict[tuple[int, int], int] = {}
        finals = [row for row in rows if row.kind in FINALS]
        quarters = sorted({r.period.code for r in finals if "Q" in r.period.code}, key=newest)[-RECENT:]
        for row in sorted(finals, key=lambda row: (newest(row.period.code), row.sequence)):
            own = {e.project_id: e.pk for e in entries[row.pk] if e.project_id}
            latest |= own
            if row.period.code in quarters:
                recent |= {(row.period_id, project): pk for project, pk in own.items()}
        self.last: dict[tuple[int, int], int] = {
            (row.period_id, entry.project_id): row.sequence
            for row in rows
            if row.kind in FINALS
            for entry in entries[row.pk]
            if entry.project_id
        }
        for row in rows:
            seen[row.period_id, row.kind] += 1
            self.numbers[row.pk] = seen[row.period_id, row.kind]
            if row.kind in FINALS:
                became = self.finals.setdefault(row.period_id, set())
                became |= {(e.entry_id, e.colour) for e in entries[row.pk]}
        # the score lines, by far the largest column, only where a page shows them: the last word on each
        # project, and that of the last quarters
        self.lines: dict[int, list[dict[str, Any]]] = {}
        self.asked: dict[int, tuple[int | None, int | None]] = {}
        """By entry: households, and those of them that surveys drew."""
        with connection.cursor() as cursor:
            cursor.execute(LINES, [sorted({*latest.values(), *recent.values()})])
            for pk, lines, households, drawn in cursor.fetchall():
                self.lines[pk] = json.loads(lines) if isinstance(lines, str) else lines
                self.asked[pk] = households or None, drawn
        self.satisfaction = {row.pk: row.period.rubric.satisfaction_item for row in rows}
        self.in_english: dict[int, dict[str, tuple[str, str]]] = {}
        """By release, while English is spoken: title and rule of each item."""
        if languages.is_english():
            rubrics = {row.period.rubric_id: row.period.rubric for row in rows}
            items = {pk: english.items_of(rubric) for pk, rubric in rubrics.items()}
            self.in_english = {row.pk: items[row.period.rubric_id] for row in rows}

    def release(self, row: Release) -> content.Release:
        """Return a release with what may be shown of it today."""
        rubric = row.period.rubric
        shown: dict[str, list[content.Entry]] = {Level.PROJECT: [], Level.ENTERPRISE: []}
        dropped = 0
        for entry in self.entries[row.pk]:
            if self.is_dropped(row, entry):
                dropped += 1
            else:
                shown[entry.level].append(self.entry(entry, rubric.total_scale))
        ranked = [e.ranked for e in self.entries[row.pk] if e.level == Level.PROJECT]
        starts = [e.notice_starts_on for e in self.entries[row.pk] if e.notice_starts_on]
        notice = row.kind == Release.Kind.NOTICE
        period = row.period.value
        return content.Release(
            pk=row.pk,
            period=str(period),
            period_label=period.label_in(get_language() or "zh"),
            kind=row.kind,
            number=self.numbers[row.pk],
            sequence=row.sequence,
            index_number=row.index_number,
            issuer=row.issuer,
            published_on=timezone.localdate(row.published_at),
            window_from=min(starts, default=timezone.localdate(row.published_at)) if notice else None,
            window_to=row.window_ends_on if notice else None,
            ranked=max(ranked, default=0),
            counts=row.counts.get(Level.PROJECT, {}),
            dropped=dropped,
            replaced=self.replaced(row),
            note=_("What was corrected, and why: %(why)s") % {"why": row.run.message}
            if row.run.corrects_id is not None
            else "",
            digest=row.digest,
            previous_digest=row.previous_digest,
            rubric=row.rubric_label,
            list_rule=tuple(wording.list_rule(rubric.list_rule)),
            entries=tuple(shown[Level.PROJECT]),
            enterprises=tuple(shown[Level.ENTERPRISE]),
            has_bundle=True,
            rewritten_on=timezone.localdate(row.files_published_at) if row.files_published_at else None,
        )

    def replaced(self, row: Release) -> dict[str, int]:
        """How many projects of a final list, by colour, stand in a later one of the period."""
        if row.kind not in FINALS:
            return {}
        found: Counter[str] = Counter()
        for entry in self.entries[row.pk]:
            if entry.project_id and self.last.get((row.period_id, entry.project_id)) != row.sequence:
                found[entry.colour] += 1
        return dict(found)

    def is_dropped(self, row: Release, entry: ReleaseEntry) -> bool:
        """Whether an entry of a notice is only counted: it was struck, or did not become final as announced."""
        if row.kind != Release.Kind.NOTICE:
            return False
        finals = self.finals.get(row.period_id)
        became = finals is None or (entry.entry_id, entry.colour) in finals
        return not became or entry.state_now == ListEntry.State.STRUCK

    def entry(self, row: ReleaseEntry, full: Decimal) -> content.Entry:
        """Return one entry; of a withdrawn one only that it was there."""
        if row.state_now in GONE:
            return content.Entry(
                key=row.pseudonym, name="", enterprise="", uscc="", colour=content.WITHDRAWN, total=None
            )
        # "struck" would tell that a project was on the list once; it counts as never listed
        reasons = tuple(reason_text(reason) for reason in row.reasons if reason["code"] != "struck")
        listed = row.colour in content.LISTED
        return content.Entry(
            key=row.project_code or row.enterprise_uscc,
            name=row.project_name or row.enterprise_name,
            enterprise=row.enterprise_name,
            uscc=row.enterprise_uscc,
            colour=row.colour,
            total=row.total,
            full=full,
            rank=row.rank,
            band=english.word(row.band_title),
            compounds=tuple((c["code"], c["name"]) for c in row.compounds),
            reasons=reasons if listed else (),
            why_unlisted=("; " if languages.is_english() else "；").join(reasons) if not listed else "",
            reply=(row.reply_now or "") if listed else "",
            manager=f"{english.word(row.manager_post)} {row.manager_name}" if row.manager_name else "",
            held=row.state_now == ListEntry.State.HELD,
            window_ends=row.notice_ends_on,
            lines=tuple(self.line(row, line) for line in self.lines.get(row.pk, ())),
        )

    def line(self, row: ReleaseEntry, line: dict[str, Any]) -> content.Line:
        """Return one line of a card; satisfaction with what stands beside it."""
        found = wording.score_line(line)
        if line.get("item") in self.in_english.get(row.release_id, {}):
            title, rule = self.in_english[row.release_id][line["item"]]
            found = replace(found, title=title, rule=rule)
        if line.get("item") != self.satisfaction.get(row.release_id) or line.get("n") is None:
            return found
        note = wording.satisfaction_note(line, *self.asked[row.pk])
        return (
            replace(found, raw=f"{found.raw}{'; ' if languages.is_english() else '；'}{note}")
            if note
            else found
        )


def district_of(release_id: int) -> District:
    """Return the district of a release."""
    return District.objects.get(releases=release_id)


def is_waiting(district: District) -> bool:
    """Whether a published release of the district is not in files."""
    waiting = Release.objects.filter(district=district, state__in=SHOWN, files_published_at__isnull=True)
    return waiting.exists()


def districts_without_files() -> list[District]:
    """Return the districts that have a published release which is not in files."""
    waiting = Release.objects.filter(state__in=SHOWN, files_published_at__isnull=True)
    return list(District.objects.filter(pk__in=waiting.values("district")).order_by("pk"))


def districts_published() -> list[District]:
    """Return the districts that have published something."""
    return list(
        District.objects.filter(pk__in=Release.objects.filter(state__in=SHOWN).values("district")).order_by(
            "pk"
        )
    )


def not_in_files(release_ids: Iterable[int]) -> set[int]:
    """Return which of the releases are not in files as they are now."""
    rows = Release.objects.filter(pk__in=release_ids, files_published_at__isnull=True)
    return set(rows.values_list("pk", flat=True))


def bundle_of(release_id: int) -> bytes:
    """Return the bundle of a release as a ZIP."""
    with tempfile.TemporaryDirectory(prefix="redprop-bundle-") as folder:
        path = Path(folder) / "bundle.zip"
        write_bundle(release=Release.objects.get(pk=release_id), path=path)
        return path.read_bytes()


def mark_in_files(release_ids: Iterable[int]) -> None:
    """Record that these releases are in files now."""
    with acting(None, "public files written"):
        Release.objects.filter(pk__in=release_ids, files_published_at__isnull=True).update(
            files_published_at=timezone.now()
        )
