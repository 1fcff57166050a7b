"""What a file may be before anything opens it: the limits, and the sentences for all that is refused.

Every refusal says what is wrong with the file and what to do instead. All limits stand here.
"""

from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from redprop.common.errors import Refused

MAX_BYTES = 50 * 1024 * 1024
"""A file as it is sent."""
MAX_UNPACKED = 700 * 1024 * 1024
"""All parts of an .xlsx or .ods together, unpacked. They are streamed, never held."""
MAX_PARTS = 5_000
MAX_COLUMNS = 200
"""Filled columns; formatted empty cells do not count."""
MAX_ROWS = 200_000
"""Rows of data; empty rows do not count."""
LAST_ROW = MAX_ROWS + 1_000
"""The last row number that may be filled: titles, notes and gaps have their place."""
MAX_TEXTS = 96 * 1024 * 1024
"""The shared texts of an .xlsx or .xls, which must be held."""
MAX_ROW_TEXT = 8 * 1024 * 1024
"""The text of one row."""
MAX_WEB_PAGE = 10 * 1024 * 1024
"""An HTML table saved as .xls, which must be held."""

WEB_PAGE = gettext_lazy("a web page saved under the name of a table")
XML_FILE = gettext_lazy("an XML file")
PDF = gettext_lazy("a PDF document")
PICTURE = gettext_lazy("a picture, an archive or a damaged file")
BINARY_WORKBOOK = gettext_lazy("a binary workbook (.xlsb)")
OTHER_OFFICE = gettext_lazy("another Office document")
OLD_OFFICE = gettext_lazy("an older Word, PowerPoint or other Office file")
OLD_EXCEL = gettext_lazy("a workbook of Excel 4 or older")
ARCHIVE = gettext_lazy("an archive")
ENTITIES = gettext_lazy("a workbook with XML entities, which no spreadsheet program writes,")
MAIL = gettext_lazy("a web archive (.mht)")
PLAIN_TEXT = gettext_lazy("plain text, although its name says it is a workbook")


def too_large(size: int, name: str = "") -> Refused:
    """Return the refusal of a file, or of a whole request, beyond MAX_BYTES."""
    return Refused(
        _("The file “%(path)s” has %(size)s MB; at most %(limit)s MB are taken. Remove pictures or split it.")
        % {"path": name or "…", "size": size // 1048576, "limit": MAX_BYTES // 1048576},
        code="too-large",
    )


def wrong(path: Path, what: Any) -> Refused:
    """Return the refusal for a file that is something else than a table."""
    return Refused(
        _(
            "“%(path)s” is %(what)s, not a table that can be read here. Open it in Excel or WPS and save it as .xlsx (or .xls, .ods, .csv)."
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


def unpacks_too_large(path: Path, size: int) -> Refused:
    """Return the refusal for a ZIP bomb, or what looks like one."""
    return Refused(
        _(
            "The file “%(path)s” would unpack to %(size)s MB; at most %(limit)s MB are taken. Copy the table alone into a new workbook."
        )
        % {"path": path.name, "size": size // 1048576, "limit": MAX_UNPACKED // 1048576},
        code="zip-bomb",
    )


def too_much_text(path: Path) -> Refused:
    """Return the refusal for a workbook with more text than can be held."""
    return Refused(
        _(
            "“%(path)s” holds more than %(limit)s MB of text. Copy the columns that belong to the register into a new workbook, or split the file."
        )
        % {"path": path.name, "limit": MAX_TEXTS // 1048576},
        code="too-large",
    )


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
