"""What the night takes away: abandoned uploads, what undoing no longer needs, expired and orphaned files.

Each retention is a number of days in the settings. Every step is a transaction of its own and safe to
run twice; the real clock counts, because files age in real time.
"""

import datetime as dt
import logging
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from redprop.core.models import ImportBatch, ImportWrite
from redprop.core.models.exports import ExportFile
from redprop.core.services.kept_files import drop_error_file, drop_files, remove

logger = logging.getLogger(__name__)
State = ImportBatch.State

OURS = ("imports", "exports", "attachments")
"""Folders of the media folder in which a file without a row is an orphan; payment files are never touched."""
TEMPORARY = ("*.upload*", "openpyxl.*")
"""Names in the temporary folder of uploads and workbooks whose process was killed."""
TOO_MANY = 100
"""More orphans than this, and more than files with a row: then the database is the wrong one, not the files."""


def tidy() -> dict[str, int]:
    """Take away what is past its time; returns how much of each."""
    now = timezone.now()
    return {
        "uploads": drop_abandoned(now - dt.timedelta(days=settings.IMPORT_UPLOAD_DAYS)),
        "error_files": drop_error_files(now - dt.timedelta(days=settings.IMPORT_ERROR_FILE_DAYS)),
        "undo": forget_undoing(now),
        "exports": drop_expired_exports(now),
        "orphans": remove_orphans(now - dt.timedelta(days=settings.ORPHAN_FILE_DAYS)),
        "temporary": remove_temporary(now - dt.timedelta(days=settings.ORPHAN_FILE_DAYS)),
    }


def _each(found: models.QuerySet[Any], states: Iterable[str]) -> Iterator[ImportBatch]:
    """Yield batches one by one, each locked in a transaction of its own, if still in one of the states."""
    for pk in list(found.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            locked = ImportBatch.objects.select_for_update(skip_locked=True)
            batch = locked.filter(pk=pk, state__in=states).first()
            if batch is not None:
                yield batch


def drop_abandoned(before: dt.datetime) -> int:
    """Drop uploads that nobody confirmed since: their file, their preview and their proposals."""
    states = (State.UPLOADED, State.CHECKED, State.REFUSED)
    old = ImportBatch.objects.filter(state__in=states, recorded_at__lt=before)
    old = old.filter(Q(job=None) | Q(job__recorded_at__lt=before))
    count = 0
    for batch in _each(old, states):
        batch.state = State.CANCELLED
        batch.message = _("Nobody confirmed this upload for %(days)s days; the file was removed.") % {
            "days": settings.IMPORT_UPLOAD_DAYS
        }
        batch.save(update_fields=["state", "message"])
        batch.results.all()._raw_delete(batch.results.db)
        batch.matches.all().delete()
        drop_files(batch)
        count += 1
    return count


def drop_error_files(before: dt.datetime) -> int:
    """Remove the long error workbooks made before then; they can be made again."""
    count = 0
    old = ImportBatch.objects.exclude(error_file="").filter(
        Q(error_job=None) | Q(error_job__finished_at__lt=before)
    )
    for batch in _each(old, State.values):
        drop_error_file(batch)
        count += 1
    return count


def personal_models() -> list[str]:
    """Labels of the models with fields whose values the history leaves out."""
    found = []
    for model in apps.get_models():
        events = getattr(model, "pgh_event_model", None)
        if events is not None:
            kept = {field.name for field in events._meta.concrete_fields}
            if any(field.name not in kept for field in model._meta.concrete_fields):
                found.append(model._meta.label_lower)
    return found


def forget_undoing(now: dt.datetime) -> int:
    """Delete what undoing old imports would take, with its values; sooner, and with the file, where people are in it."""
    wrote = ImportWrite.objects.filter(batch=models.OuterRef("pk"))
    with_people = wrote.filter(model__in=personal_models())
    done = ImportBatch.objects.filter(models.Exists(wrote), state=State.DONE).alias(
        people=models.Exists(with_people), at=Coalesce(F("written_at"), F("recorded_at"))
    )
    old = done.filter(at__lt=now - dt.timedelta(days=settings.IMPORT_UNDO_DAYS))
    old |= done.filter(people=True, at__lt=now - dt.timedelta(days=settings.IMPORT_UNDO_DAYS_PEOPLE))
    count = 0
    for batch in _each(old, (State.DONE,)):
        if batch.writes.filter(model__in=personal_models()).exists():
            batch.results.update(changes={})
            drop_files(batch)
        batch.writes.all()._raw_delete(batch.writes.db)
        count += 1
    return count


def drop_expired_exports(now: dt.datetime) -> int:
    """Remove files made in the background that were to be fetched until now."""
    count = 0
    for row in ExportFile.objects.filter(expires_at__lt=now):
        path = _media(row.file) if row.file else None
        with transaction.atomic():
            row.delete()
            if path is not None:
                transaction.on_commit(lambda path=path: remove(path))
        count += 1
    return count


def _media(name: str) -> Path:
    return Path(settings.MEDIA_ROOT) / name


def _known() -> set[str]:
    """Names of all files that a row of the database speaks of."""
    known = set(ExportFile.objects.exclude(file="").values_list("file", flat=True))
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.FileField):
                names = model._base_manager.exclude(**{field.name: ""})
                known.update(filter(None, names.values_list(field.name, flat=True)))
    return known


def remove_orphans(before: dt.datetime) -> int:
    """Remove files of our folders that no row speaks of; younger ones may belong to an open transaction."""
    candidates = [
        path
        for folder in OURS
        for path in _media(folder).rglob("*")
        if path.is_file() and path.stat().st_mtime < before.timestamp()
    ]
    known = _known()
    root = Path(settings.MEDIA_ROOT)
    orphans = [path for path in candidates if path.relative_to(root).as_posix() not in known]
    if len(orphans) > TOO_MANY and len(orphans) > len(known):
        logger.error(
            "%s of %s files in %s have no row: is this the right database? Nothing was removed.",
            len(orphans),
            len(candidates),
            root,
        )
        return 0
    for path in orphans:
        remove(path)
    return len(orphans)


def remove_temporary(before: dt.datetime) -> int:
    """Remove temporary files of ours that a killed process has left."""
    folder = Path(settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir())
    count = 0
    for pattern in TEMPORARY:
        for path in folder.glob(pattern):
            try:
                facts = path.lstat()
                if path.is_file() and facts.st_uid == os.geteuid() and facts.st_mtime < before.timestamp():
                    path.unlink()
                    count += 1
            except FileNotFoundError:  # somebody was quicker
                continue
    return count
