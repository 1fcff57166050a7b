"""Workbooks that are ZIP files (.xlsx, .xlsm, .ods): checked whole before a cell is read.

Every XML part is unpacked once, counting: its real size, its checksum, no document type (entities),
no endless token. What passes can be streamed without surprise.
"""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.parsers import expat

from redprop.common.tabular import limits

CHUNK = 1 << 18
_SMALL_PART = 16 * 1024 * 1024
_XML = (".xml", ".rels", ".vml")
_DOCTYPES = tuple(
    mark.encode(encoding)
    for mark in ("<!DOCTYPE", "<!ENTITY")
    for encoding in ("utf-8", "utf-16-le", "utf-16-be")
)

DAMAGES = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    expat.ExpatError,
    EOFError,
    OSError,
    NotImplementedError,
    ValueError,
    KeyError,
    IndexError,
    OverflowError,
)
"""What the parts of a damaged workbook raise while they are read."""


@contextmanager
def damage_as_refusal(path: Path) -> Iterator[None]:
    """Turn what a damaged file raises into its sentence."""
    try:
        yield
    except NotImplementedError:  # a RuntimeError too
        raise limits.damaged(path) from None
    except RuntimeError as error:  # zipfile's word for "encrypted"
        if "password" in str(error) or "encrypted" in str(error):
            raise limits.protected(path) from None
        raise
    except DAMAGES:
        raise limits.damaged(path) from None


def check(path: Path) -> str:
    """Return `xlsx` or `ods` for a ZIP file that is safe to stream; raises Refused for any other."""
    with damage_as_refusal(path), zipfile.ZipFile(path) as book:
        parts = book.infolist()
        names = {part.filename for part in parts}
        kind = _kind(path, book, names)
        unpacked = sum(part.file_size for part in parts)
        if len(parts) > limits.MAX_PARTS or unpacked > limits.MAX_UNPACKED:
            raise limits.unpacks_too_large(path, unpacked)
        if any(part.flag_bits & 1 for part in parts):
            raise limits.protected(path)
        for part in parts:
            if part.filename.lower().endswith(_XML):
                _scan(path, book, part)
    return kind


def _kind(path: Path, book: zipfile.ZipFile, names: set[str]) -> str:
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        raise limits.wrong(path, limits.BINARY_WORKBOOK)
    if "content.xml" in names and "mimetype" in names:
        with book.open("mimetype") as mime:
            if b"opendocument.spreadsheet" not in mime.read(200):
                raise limits.wrong(path, limits.OTHER_OFFICE)
        with book.open("META-INF/manifest.xml") as manifest:
            if b"encryption-data" in manifest.read(_SMALL_PART):
                raise limits.protected(path)
        return "ods"
    raise limits.wrong(path, limits.OTHER_OFFICE if "[Content_Types].xml" in names else limits.ARCHIVE)


def _scan(path: Path, book: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    tail, size = b"", 0
    with book.open(part) as stream:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > limits.MAX_UNPACKED:
                raise limits.unpacks_too_large(path, size)
            window = tail + chunk
            if len(chunk) == CHUNK and b"<" not in chunk:
                raise limits.damaged(path)
            if (b"<!" in window or b"<\0!" in window) and any(mark in window for mark in _DOCTYPES):
                raise limits.wrong(path, limits.ENTITIES)
            tail = chunk[-20:]


def small_part(book: zipfile.ZipFile, name: str) -> bytes:
    """Return a part that describes others; one of many megabytes is none."""
    with book.open(name) as stream:
        content = stream.read(_SMALL_PART + 1)
    if len(content) > _SMALL_PART:
        raise ValueError(name)
    return content


def local(name: str) -> str:
    """Return an element's or attribute's name without its prefix."""
    return name.rpartition(":")[2]


def elements(content: bytes) -> list[tuple[str, dict[str, str]]]:
    """Return (name, attributes) of every element of a small part, without prefixes."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attrs: found.append(
        (local(name), {local(key): value for key, value in attrs.items()})
    )
    parser.Parse(content, True)
    return found
