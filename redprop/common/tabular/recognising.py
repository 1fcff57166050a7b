"""What a file is, by its content and not by its name: xlsx, xls, ods, csv or html; refuses all else.

A workbook in a ZIP file is gone through once on the way (`zipped.check`).
"""

import re
from pathlib import Path

from django.utils.translation import gettext as _

from redprop.common.errors import Refused
from redprop.common.tabular import limits, zipped

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"II*\0", b"MM\0*")
_OLD_BIFF = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")


def kind_of(path: Path) -> str:
    """Return `xlsx`, `xls`, `ods`, `csv` or `html` by the file's content; raises Refused for everything else."""
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
    if size > limits.MAX_BYTES:
        raise limits.too_large(size, path.name)
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PK"):
        return zipped.check(path)
    if head.startswith(OLE):
        return "xls"
    if head.startswith(_OLD_BIFF):
        raise limits.wrong(path, limits.OLD_EXCEL)
    return _kind_of_text(path, head)


def _kind_of_text(path: Path, head: bytes) -> str:
    """Return `csv` or `html` for what may be text; the ending decides nothing but what to say."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "html" if _is_web_page(head.decode("utf-16", "replace").encode()) else "csv"
    if _is_web_page(head):
        return "html"
    lowered = head[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if lowered.startswith(b"<?xml"):
        raise limits.wrong(path, limits.XML_FILE)
    if lowered.startswith(b"mime-version:"):
        raise limits.wrong(path, limits.MAIL)
    if head.startswith(b"%PDF"):
        raise limits.wrong(path, limits.PDF)
    odd = head.count(b"\0") + len(_CONTROL.findall(head))
    if head.startswith(_PICTURES) or odd * 20 > len(head):
        raise limits.wrong(path, limits.PICTURE)
    if path.suffix.lower() in {".xlsx", ".xls", ".ods", ".xlsm", ".et", ".xlsb"}:
        raise limits.wrong(path, limits.PLAIN_TEXT)
    return "csv"


def _is_web_page(head: bytes) -> bool:
    lowered = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    opened = lowered.startswith(
        (b"<html", b"<!doctype html", b"<table", b"<meta", b"<head", b"<style", b"<div", b"<!--")
    )
    return opened or (lowered.startswith(b"<?xml") and b"<html" in lowered)
