"""Writes the whole portal into one file and brings it back into an empty installation.

A backup is one moment of the database (one snapshot) with the files that its rows name. It holds no key: only the
fingerprints of the keys without which its encrypted columns cannot be read. It appears under its name when it is whole.
"""

import base64
import hashlib
import os
import secrets
import shutil
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psycopg
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from django.utils.translation import gettext as _

from redprop.accounts.audit import acting, record
from redprop.common.backups import archive, cipher, database
from redprop.common.disk import is_full, no_room
from redprop.common.errors import Refused

WRITTEN_BY_MIGRATE = frozenset(
    {
        "django_migrations",
        "django_content_type",
        "auth_permission",
        "auth_group",
        "auth_group_permissions",
        "accounts_auditline",
        "accounts_auditpending",
        "accounts_auditshape",
    }
)
"""A database that holds rows only here is empty: rights were written, and the trail says so."""

Progress = Callable[[str, int, int], None]


@dataclass
class Told:
    """What a backup or a restore came to."""

    tables: int = 0
    rows: int = 0
    files: int = 0
    size: int = 0
    written_at: str = ""
    without: list[str] = field(default_factory=list)


def folders() -> dict[str, Path]:
    """The folders that belong into a backup, by the name they have in it."""
    return {"media": Path(settings.MEDIA_ROOT), "published": Path(settings.PUBLISHED_ROOT)}


def fingerprint(about: str, key: bytes) -> str:
    """A short text by which a key is recognised and from which it cannot be found (16 hexadecimal digits)."""
    return Scrypt(salt=f"redprop:{about}".encode(), length=8, n=1 << 13, r=8, p=1).derive(key).hex()


def key_fingerprints() -> dict[str, str]:
    """The fingerprints of the keys of this server, by what they are called."""
    found = {}
    for entry in settings.DATA_KEYS:
        name, _sep, text = entry.partition(":")
        found[f"DATA_KEYS {name}"] = fingerprint(f"data:{name}", base64.b64decode(text))
    found["HASH_KEY"] = fingerprint("hash", settings.HASH_KEY.encode())
    return found


def migrations_of_code() -> list[str]:
    """Every migration that this version of the portal has."""
    return sorted(
        f"{app}.{name}" for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    )


# Backup


def back_up(*, out: Path, secret: tuple[str, bytes] | None, progress: Progress | None = None) -> Told:
    """Write a backup to `out`; `secret` None leaves it unencrypted. Nothing is left of it when anything fails."""
    if out.exists():
        raise Refused(
            _("%(file)s is there already. A backup overwrites nothing: choose another name.") % {"file": out},
            code="exists",
        )
    if not out.parent.is_dir():
        raise Refused(_("There is no folder %(folder)s.") % {"folder": out.parent}, code="no-folder")
    waiting = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
    try:
        with open(os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
            told = _write(raw, secret, progress)
            raw.flush()
            os.fsync(raw.fileno())
        told.size = waiting.stat().st_size
        os.link(waiting, out)  # unlike a rename it refuses to replace a file that came meanwhile
        _sync_folder(out.parent)
    except OSError as error:
        if is_full(error):
            raise no_room() from error
        raise Refused(
            _("The backup cannot be written: %(error)s") % {"error": error.strerror or error},
            code="unwritable",
        ) from error
    finally:
        waiting.unlink(missing_ok=True)
    with acting(None, "backup"):
        record("done", what="backup", encrypted=secret is not None, rows=told.rows, size=told.size)
    return told


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _snapshot() -> Iterator[psycopg.Cursor]:
    """A connection of its own that sees one moment of the database and writes nothing."""
    own = connection.get_new_connection(
        {**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}
    )
    try:
        own.autocommit = True
        with own.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            database.plain_session(cursor)
            yield cursor
    finally:
        own.close()


def _write(raw: IO[bytes], secret: tuple[str, bytes] | None, progress: Progress | None) -> Told:
    told = Told(written_at=timezone.now().isoformat())
    with _snapshot() as cursor:
        tables = database.tables_of(cursor)
        applied = cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1").fetchall()
        packing = archive.Packing(raw, secret)
        packing.about(
            {
                "written_at": told.written_at,
                "migrations": sorted(name for (name,) in applied),
                "shape": database.shape_digest(tables),
                "keys": key_fingerprints(),
                "postgresql": cursor.connection.info.server_version,
            }
        )
        for number, table in enumerate(tables):
            if progress:
                progress(table.name, number, len(tables))
            packing.table(table, database.rows_of(cursor, table))
        sequences = database.sequences_of(cursor)
        for name, root in folders().items():
            if progress:
                progress(name, len(tables), len(tables))
            packing.folder(name, root)
        packing.finish(sequences=sequences)
    told.tables = len(tables)
    told.rows = sum(count for count, _digest in packing.manifest["tables"].values())
    told.files = len(packing.manifest["files"])
    return told


# Restore


def look_into(
    *, source: Path, secret: Callable[[], tuple[str, bytes]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read a backup to its end, without a database; returns what it needs and what it holds."""
    try:
        with source.open("rb") as raw:
            return archive.checked(raw, secret)
    except OSError as error:
        raise Refused(
            _("%(file)s cannot be read: %(error)s") % {"file": source, "error": error.strerror or error},
            code="unreadable",
        ) from None


def check_fits(about: dict[str, Any]) -> None:
    """Refuse a backup whose keys or whose schema this installation does not have."""
    ours = key_fingerprints()
    missing = [name for name, print_ in about["keys"].items() if ours.get(name) != print_]
    if missing:
        raise Refused(
            _(
                "This server lacks keys of the backup: %(keys)s. Without them its encrypted columns cannot be read. Set them as they were (older data keys behind the newest) and restore again."
            )
            % {"keys": "、".join(missing)},
            code="keys",
            missing=missing,
        )
    code, theirs = set(migrations_of_code()), set(about["migrations"])
    if theirs - code:
        raise Refused(
            _(
                "This backup was written by a newer version of the portal (it knows %(name)s). Install that version and restore again."
            )
            % {"name": sorted(theirs - code)[-1]},
            code="version",
        )
    if code - theirs:
        raise Refused(
            _(
                "This backup was written by an older version of the portal (it lacks %(name)s). Install that version, restore, then upgrade it and run migrate."
            )
            % {"name": sorted(code - theirs)[0]},
            code="version",
        )


def check_empty() -> bool:
    """Refuse an installation that holds anything; true when not even the tables are there."""
    with connection.cursor() as cursor:
        tables = database.tables_of(cursor.cursor)
        for table in tables:
            cursor.execute(f'SELECT EXISTS (SELECT FROM "{table.name}")')
            if table.name not in WRITTEN_BY_MIGRATE and cursor.fetchone()[0]:
                raise Refused(
                    _(
                        "The database is not empty: %(table)s holds rows. A restore writes only into an empty database. Create a new one and point DATABASE_URL at it."
                    )
                    % {"table": table.name},
                    code="not-empty",
                )
    for root in folders().values():
        if root.is_dir() and any(path.is_file() for path in root.rglob("*")):
            raise Refused(
                _("The folder %(folder)s is not empty. Move it away and restore again.") % {"folder": root},
                code="not-empty",
            )
    return not tables


def restore(
    *, source: Path, secret: Callable[[], tuple[str, bytes]], progress: Progress | None = None
) -> Told:
    """Bring a backup into an empty installation, and compare every table and file with it before anything counts."""
    about, manifest = look_into(source=source, secret=secret)
    check_fits(about)
    if check_empty():
        call_command("migrate", verbosity=0, interactive=False)
    waiting = {
        name: root.with_name(f".{root.name}.{secrets.token_hex(4)}") for name, root in folders().items()
    }
    try:
        with transaction.atomic(durable=True):
            _load(source, secret, about, manifest, waiting, progress)
            for name, root in folders().items():
                _put_in_place(waiting[name], root)
    except OSError as error:
        if is_full(error):
            raise no_room() from error
        raise
    except psycopg.errors.DiskFull as error:
        raise no_room() from error
    finally:
        for folder in waiting.values():
            shutil.rmtree(folder, ignore_errors=True)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with acting(None, "restore"):
        record("done", what="restore", written_at=about["written_at"])
    return Told(
        tables=len(manifest["tables"]),
        rows=sum(count for count, _digest in manifest["tables"].values()),
        files=len(manifest["files"]),
        size=source.stat().st_size,
        written_at=about["written_at"],
    )


def _put_in_place(waiting: Path, root: Path) -> None:
    if not waiting.is_dir():
        return
    root.mkdir(parents=True, exist_ok=True)
    for path in sorted(waiting.iterdir()):
        target = root / path.name
        if target.is_dir():
            shutil.rmtree(target)
        path.rename(target)


def _load(
    source: Path,
    secret: Callable[[], tuple[str, bytes]],
    about: dict[str, Any],
    manifest: dict[str, Any],
    waiting: dict[str, Path],
    progress: Progress | None,
) -> None:
    with connection.connection.cursor() as cursor:
        loading = database.Loading(cursor)
        tables = {table.name: table for table in database.tables_of(cursor)}
        if database.shape_digest(list(tables.values())) != about["shape"] or set(tables) != set(
            manifest["tables"]
        ):
            raise Refused(
                _(
                    "The tables of this database are not those of the backup, although the version is the same. Restore into a new database."
                ),
                code="version",
            )
        loading.clear([table for name, table in tables.items() if name in WRITTEN_BY_MIGRATE])
        current, put, end = "", _nothing, _nothing
        with source.open("rb") as raw:
            for place, file in archive.members(raw, secret):
                kind, _sep, rest = place.partition("/")
                if kind == "tables":
                    name = rest.split("/")[0]
                    if name != current:
                        end()
                        put, end = loading.write(tables[name])
                        current = name
                        if progress:
                            progress(name, list(tables).index(name), len(tables))
                    put(zlib.decompress(file.read()))
                elif kind in waiting:
                    end()
                    current, end = "", _nothing
                    _store(waiting[kind], rest, file, manifest["files"][place])
            end()
        loading.finish(manifest["sequences"])
        for name, (count, digest) in manifest["tables"].items():
            if database.digest_of(cursor, tables[name]) != (count, digest):
                raise Refused(
                    _("The table %(table)s did not come out as it went in. Nothing was restored.")
                    % {"table": name},
                    code="differs",
                )


def _nothing(*_: Any) -> None:
    return None


def _store(root: Path, place: str, file: IO[bytes], promised: list[Any]) -> None:
    target = (root / place).resolve()
    if not target.is_relative_to(root.resolve()):
        raise cipher.damaged()
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("xb") as out:
        while data := file.read(cipher.PIECE):
            digest.update(data)
            out.write(data)
    if digest.hexdigest() != promised[1]:
        raise cipher.damaged()
