"""What a file may be before anything opens it: kind by content, size, declared and real unpacked size.

Every refusal is a sentence that says what is wrong with the file and what to do instead. Nothing
here reads a cell.
"""

import re
import zipfile
from pathlib import Path
from xml.sax.saxutils import unescape

from django.utils.translation import gettext as _

from redprop.common.errors import Refused

MAX_BYTES = 50 * 1024 * 1024
MAX_UNPACKED = 700 * 1024 * 1024
MAX_PARTS = 5_000
MAX_COLUMNS = 200
MAX_ROWS = 200_000

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TOO_WIDE = re.compile(rb'<c [^>]{0,40}?r="(?:[A-Z]{3,}|[H-Z][A-Z]|G[S-Z])\d')
_TALL_ROW = re.compile(rb'<row [^>]{0,40}?r="(\d{6,})"')
_ERROR_CELL = re.compile(
    rb'<c r="([A-Z]+)(\d+)"[^>]{0,60}?t="e"[^>]{0,40}>(?:[^#]{0,400}?<v>)?(#[^<]{1,20})?'
)
_SHEET = re.compile(r'<sheet [^>]*?name="([^"]*)"[^>]*?r:id="([^"]*)"')
_REPEATED = re.compile(rb'number-columns-repeated="(\d{4,})"[^>]{0,200}?value-type=')


def kind_of(path: Path) -> str:
    """Return `xlsx`, `xls`, `ods` or `csv` by the file's content; raises Refused for everything else."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise Refused(_("There is no file “%(path)s”.") % {"path": path.name}, code="no-file") from None
    except OSError as error:
        raise Refused(
            _("The file “%(path)s” cannot be read: %(reason)s.")
            % {"path": path.name, "reason": error.strerror},
            code="no-file",
        ) from None
    if path.is_dir():
        raise Refused(_("“%(path)s” is a folder. Give a file.") % {"path": path.name}, code="no-file")
    if size == 0:
        raise Refused(
            _("The file “%(path)s” is empty (0 bytes). Save it again and send that copy.")
            % {"path": path.name},
            code="empty-file",
        )
    if size > MAX_BYTES:
        raise Refused(
            _(
                "The file “%(path)s” has %(size)s MB; at most %(limit)s MB are taken. Remove pictures or split it."
            )
            % {"path": path.name, "size": size // 1048576, "limit": MAX_BYTES // 1048576},
            code="too-large",
        )
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PK"):
        return _kind_of_zip(path)
    if head.startswith(_OLE):
        return _kind_of_ole(path)
    lowered = head[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if lowered.startswith((b"<html", b"<!doctype", b"<table", b"<meta")):
        raise _wrong(path, _("a web page saved under the name of a table"))
    if lowered.startswith(b"<?xml"):
        raise _wrong(path, _("an XML file"))
    if head.startswith(b"%PDF"):
        raise _wrong(path, _("a PDF document"))
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "csv"
    if b"\0" in head or head.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf")):
        raise _wrong(path, _("a picture, an archive or a damaged file"))
    if path.suffix.lower() in {".xlsx", ".xls", ".ods", ".xlsm"}:
        raise _wrong(path, _("plain text, although its name says it is a workbook"))
    return "csv"


def _wrong(path: Path, what: str) -> Refused:
    return Refused(
        _(
            "“%(path)s” is %(what)s, not a table. Open it in Excel or WPS and save it as .xlsx (or .xls, .ods, .csv)."
        )
        % {"path": path.name, "what": what},
        code="wrong-type",
    )


def damaged(path: Path) -> Refused:
    """Return the refusal for a file that starts like a workbook but does not end like one."""
    return Refused(
        _(
            "The file “%(path)s” is damaged or incomplete (perhaps its upload broke off). Open it in Excel or WPS, save it again as .xlsx and send that copy."
        )
        % {"path": path.name},
        code="damaged",
    )


def protected(path: Path) -> Refused:
    """Return the refusal for a workbook that opens with a password only."""
    return Refused(
        _(
            "The file “%(path)s” is protected with a password. Remove the password (File, Info, Protect Workbook) and save it again."
        )
        % {"path": path.name},
        code="protected",
    )


def _kind_of_ole(path: Path) -> str:
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise protected(path)
    if len(content) < 1536:
        raise damaged(path)
    if any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")):
        return "xls"
    raise _wrong(path, _("an older Word, PowerPoint or other Office file"))


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as book:
            parts = book.infolist()
            names = {part.filename for part in parts}
            if "xl/workbook.xml" in names:
                kind = "xlsx"
            elif "content.xml" in names and _is_ods(book):
                kind = "ods"
            elif "xl/workbook.bin" in names:
                raise _wrong(path, _("a binary workbook (.xlsb)"))
            elif "[Content_Types].xml" in names:
                raise _wrong(path, _("another Office document"))
            else:
                raise _wrong(path, _("an archive"))
            declared = sum(part.file_size for part in parts)
            if len(parts) > MAX_PARTS or declared > MAX_UNPACKED:
                raise Refused(
                    _(
                        "The file “%(path)s” would unpack to %(size)s MB; at most %(limit)s MB are taken. Copy the table alone into a new workbook."
                    )
                    % {
                        "path": path.name,
                        "size": declared // 1048576,
                        "limit": MAX_UNPACKED // 1048576,
                    },
                    code="zip-bomb",
                )
            if any(part.flag_bits & 1 for part in parts):
                raise protected(path)
            for part in parts:
                if part.filename.endswith(".xml") and (
                    part.filename.startswith("xl/worksheets/") or part.filename == "content.xml"
                ):
                    _scan(path, book, part)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError, NotImplementedError, ValueError):
        raise damaged(path) from None
    except RuntimeError:  # zipfile's word for "encrypted"
        raise protected(path) from None
    except zipfile.zlib.error:  # type: ignore[attr-defined]
        raise damaged(path) from None
    return kind


def error_cells(path: Path) -> dict[str, dict[tuple[int, int], str]]:
    """Return sheet name → (row, column) → error such as `#DIV/0!` of an .xlsx; the reader shows them as empty."""
    found: dict[str, dict[tuple[int, int], str]] = {}
    with zipfile.ZipFile(path) as book:
        try:
            sheets = dict(_SHEET.findall(book.read("xl/workbook.xml").decode("utf-8", "replace")))
            relations = book.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
        except KeyError:
            return found
        targets = {}
        for tag in re.findall(r"<Relationship [^>]*>", relations):
            name, target = re.search(r'\bId="([^"]+)"', tag), re.search(r'Target="([^"]+)"', tag)
            if name and target:
                targets[name[1]] = target[1].removeprefix("/xl/")
        for name, relation in sheets.items():
            part = "xl/" + targets.get(relation, "")
            if part not in book.namelist():
                continue
            cells: dict[tuple[int, int], str] = {}
            tail = b""
            with book.open(part) as stream:
                while chunk := stream.read(1 << 20):
                    window = tail + chunk
                    if b't="e"' in window:
                        for letters, row, error in _ERROR_CELL.findall(window):
                            cells[int(row), column_number(letters.decode())] = error.decode() or "#VALUE!"
                    tail = window[-600:]
            if cells:
                found[unescape(name)] = cells
    return found


def column_number(letters: str) -> int:
    """Return 1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _is_ods(book: zipfile.ZipFile) -> bool:
    try:
        with book.open("mimetype") as mime:
            return b"opendocument.spreadsheet" in mime.read(200)
    except KeyError:
        return False


def _scan(path: Path, book: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Unpack one sheet once, counting: a cell far out would make the reader allocate the whole plane.

    Also finds parts whose real size differs from the declared one (zipfile checks the CRC at the end).
    """
    tail = b""
    with book.open(part) as stream:
        while chunk := stream.read(1 << 20):
            window = tail + chunk
            if _TOO_WIDE.search(window) or any(int(n) > 16_384 for n in _REPEATED.findall(window)):
                raise too_many_columns(path)
            if any(int(n) > MAX_ROWS for n in _TALL_ROW.findall(window)):
                raise too_many_rows(path)
            tail = window[-400:]


def too_many_columns(path: Path) -> Refused:
    """Return the refusal for a sheet wider than MAX_COLUMNS."""
    return Refused(
        _(
            "A sheet of “%(path)s” has cells beyond column %(limit)s. Copy the columns that belong to the register into a new sheet."
        )
        % {"path": path.name, "limit": MAX_COLUMNS},
        code="too-many-columns",
    )


def too_many_rows(path: Path) -> Refused:
    """Return the refusal for a sheet longer than MAX_ROWS."""
    return Refused(
        _(
            "A sheet of “%(path)s” has more than %(limit)s rows. Delete empty rows at the end or split the file."
        )
        % {"path": path.name, "limit": MAX_ROWS},
        code="too-many-rows",
    )
