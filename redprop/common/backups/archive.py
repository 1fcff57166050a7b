"""The inside of a backup: a tar with about.json first, tables in parts, files, and manifest.json last.

`about.json` says what the backup needs (schema, keys by their fingerprints); `manifest.json` says what is in it
(rows and digest of each table, size and digest of each file). A reader checks everything against both.
"""

import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from redprop.common.backups import cipher
from redprop.common.backups.database import Table

PART = 8 << 20
FORM = 1


class Packing:
    """Writes a backup into an open file, member after member."""

    def __init__(self, raw: IO[bytes], secret: tuple[str, bytes] | None) -> None:
        self.sealed = cipher.Writer(raw, secret) if secret else None
        self.tar = tarfile.open(  # noqa: SIM115 (closed by finish)
            mode="w|", fileobj=self.sealed or raw, format=tarfile.PAX_FORMAT, bufsize=cipher.PIECE
        )  # type: ignore[arg-type]
        self.manifest: dict[str, Any] = {"tables": {}, "files": {}}

    def add(self, name: str, content: bytes) -> None:
        """One member from memory."""
        member = tarfile.TarInfo(name)
        member.size = len(content)
        self.tar.addfile(member, io.BytesIO(content))

    def about(self, found: dict[str, Any]) -> None:
        """What the backup needs; first of all."""
        self.add("about.json", _json({**found, "form": FORM}))

    def table(self, table: Table, rows: Iterator[bytes]) -> None:
        """A table's rows, in compressed parts."""
        count, number, waiting, digest = 0, 0, bytearray(), hashlib.sha256()
        for row in rows:
            count += 1
            digest.update(row)
            waiting += row
            if len(waiting) >= PART:
                self.add(f"tables/{table.name}/{number:06d}", zlib.compress(waiting, 1))
                number += 1
                waiting.clear()
        if waiting:
            self.add(f"tables/{table.name}/{number:06d}", zlib.compress(waiting, 1))
        self.manifest["tables"][table.name] = [count, digest.hexdigest()]

    def folder(self, name: str, root: Path) -> None:
        """All files below `root`; one that the night took away meanwhile is left out."""
        for path in sorted(root.rglob("*")) if root.is_dir() else ():
            if path.is_symlink() or not path.is_file():
                continue
            place = f"{name}/{path.relative_to(root).as_posix()}"
            try:
                with path.open("rb") as file:
                    self.file(place, file)
            except FileNotFoundError:
                continue

    def file(self, place: str, file: IO[bytes]) -> None:
        """One file, as long as it was when it was opened."""
        member = tarfile.TarInfo(place)
        member.size = os.fstat(file.fileno()).st_size
        member.mtime = os.fstat(file.fileno()).st_mtime
        reading = _Hashing(file)
        self.tar.addfile(member, reading)  # type: ignore[arg-type]
        self.manifest["files"][place] = [member.size, reading.digest.hexdigest()]

    def finish(self, **more: Any) -> None:
        """Write the manifest and the end."""
        self.add("manifest.json", _json({**self.manifest, **more}))
        self.tar.close()
        if self.sealed:
            self.sealed.finish()


class _Hashing:
    """A file that remembers the digest of what was read from it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.digest.update(data)
        return data


def members(raw: IO[bytes], secret: Callable[[], tuple[str, bytes]]) -> Iterator[tuple[str, IO[bytes]]]:
    """The members of a backup in their order; raises Refused for anything that is not as it was written.

    `secret` is asked only when the file is encrypted.
    """
    start = raw.read(len(cipher.MAGIC))
    raw.seek(0)
    sealed: IO[bytes] = raw
    if start == cipher.MAGIC:
        sealed = cipher.Reader(raw, secret())  # type: ignore[assignment]
    seen = ""
    try:
        with tarfile.open(mode="r|", fileobj=sealed, bufsize=cipher.PIECE) as tar:
            for member in tar:
                file = tar.extractfile(member)
                if file is None:
                    raise cipher.damaged()
                seen = member.name
                yield member.name, file  # type: ignore[misc]
        while sealed.read(cipher.PIECE):  # the cipher looks at every piece up to the last
            pass
    except (tarfile.TarError, EOFError, zlib.error):
        raise cipher.damaged() from None
    if seen != "manifest.json":
        raise cipher.damaged()


def checked(raw: IO[bytes], secret: Callable[[], tuple[str, bytes]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read a backup to its end and return (about, manifest); every count and digest inside has been compared."""
    about: dict[str, Any] = {}
    manifest: dict[str, Any] = {}
    tables: dict[str, list[Any]] = {}
    files: dict[str, list[Any]] = {}
    for name, file in members(raw, secret):
        if name == "about.json":
            about = json.load(file)
        elif name == "manifest.json":
            manifest = json.load(file)
        elif name.startswith("tables/"):
            found = tables.setdefault(name.split("/")[1], [0, hashlib.sha256()])
            rows = zlib.decompress(file.read())
            found[0] += rows.count(b"\n")
            found[1].update(rows)
        else:
            digest, size = hashlib.sha256(), 0
            while data := file.read(cipher.PIECE):
                digest.update(data)
                size += len(data)
            files[name] = [size, digest.hexdigest()]
    empty = hashlib.sha256().hexdigest()
    counted = {name: [rows, digest.hexdigest()] for name, (rows, digest) in tables.items()}
    promised = manifest.get("tables", {})
    told = {name: counted.get(name, [0, empty]) for name in promised}
    if not about or told != promised or set(counted) - set(promised) or files != manifest.get("files"):
        raise cipher.damaged()
    return about, manifest


def _json(found: Any) -> bytes:
    return json.dumps(found, ensure_ascii=False, sort_keys=True, indent=1).encode()
