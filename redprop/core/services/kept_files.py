"""Files that belong to an import: kept below the media folder, each in a folder of its own; half a file never stays."""

import hashlib
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from redprop.common.disk import is_full, no_room
from redprop.common.errors import Refused
from redprop.core.models import ImportBatch

FOLDER = "imports"


def store(upload: Any, name: str) -> tuple[str, str]:
    """Write an upload into a folder of its own and return its name in the storage, and its digest."""
    digest = hashlib.sha256()

    def write(path: Path) -> None:
        with path.open("xb") as file:
            for chunk in upload.chunks():
                digest.update(chunk)
                file.write(chunk)

    return store_written(name, write), digest.hexdigest()


def store_written(name: str, write: Callable[[Path], Any]) -> str:
    """Let `write(path)` make a file in a folder of its own; returns its name in the storage.

    Raises Refused when there is no room. Whatever stops the writing, nothing of the file stays.
    """
    folder = f"{FOLDER}/{timezone.localtime():%Y/%m}/{secrets.token_hex(6)}"
    stored = f"{folder}/{Path(name).stem[:60] or 'file'}{Path(name).suffix.lower()[:8]}"
    path = Path(default_storage.path(stored))
    try:
        path.parent.mkdir(parents=True)
        write(path)
    except BaseException as error:
        remove(path)
        if is_full(error):
            raise no_room() from error
        if isinstance(error, OSError):
            raise Refused(
                _("The file could not be kept: %(reason)s. Nothing was written. Tell the administrator.")
                % {"reason": error.strerror or error},
                code="not-kept",
            ) from error
        raise
    return stored


def remove(path: Path) -> None:
    """Delete a kept file and its folder, if that is empty then."""
    path.unlink(missing_ok=True)
    if path.parent.is_dir() and not any(path.parent.iterdir()):
        path.parent.rmdir()


def paths_of(batch: ImportBatch) -> list[Path]:
    """Where the files of a batch lie."""
    return [Path(file.path) for file in (batch.file, batch.error_file) if file]


def drop_files(batch: ImportBatch) -> None:
    """Remove the kept files of a batch after the commit, and their names from the row now."""
    paths = paths_of(batch)
    batch.file = batch.error_file = ""
    batch.save(update_fields=["file", "error_file"])
    _remove_later(paths)


def drop_error_file(batch: ImportBatch) -> None:
    """Forget the file with the errors marked: another check has made it old."""
    paths = [Path(batch.error_file.path)] if batch.error_file else []
    batch.error_file, batch.error_job = "", None
    batch.save(update_fields=["error_file", "error_job"])
    _remove_later(paths)


def _remove_later(paths: list[Path]) -> None:
    for path in paths:
        transaction.on_commit(lambda path=path: remove(path))
