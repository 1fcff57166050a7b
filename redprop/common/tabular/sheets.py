"""Writing one .xlsx sheet as a stream: each row goes straight into the compressed file.

Memory does not grow with the rows, and nothing is left in the temporary folder: there is no second file.
No cell is ever a formula; a text that a spreadsheet would take for one carries its "text" mark.
"""

import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import IO, Any
from xml.sax.saxutils import escape

from openpyxl.utils import get_column_letter

MOST_ROWS = 1_048_576
"""What one sheet of Excel can hold."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫")
"""Beginnings that some spreadsheet runs as a formula: full-width and small forms are taken for the usual ones."""
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LONGEST = 32_767
_EPOCH = date(1899, 12, 30).toordinal()
_FLUSH = 1 << 16

_TYPES = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>"""
_RELS = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"""
_BOOK_RELS = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"""
_BOOK = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets><definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">{quoted}!{filter}</definedName><definedName name="_xlnm.Print_Titles" localSheetId="0">{quoted}!${head}:${head}</definedName></definedNames></workbook>"""
_STYLES = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts><fonts count="4"><font><sz val="11"/><name val="Microsoft YaHei"/></font><font><b/><sz val="11"/><name val="Microsoft YaHei"/></font><font><b/><sz val="14"/><name val="Microsoft YaHei"/></font><font><sz val="10"/><color rgb="FF666666"/><name val="Microsoft YaHei"/></font></fonts><fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FFF3E3E3"/><bgColor indexed="64"/></patternFill></fill></fills><borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border><border><left/><right/><top/><bottom style="thin"><color rgb="FFB8161C"/></bottom><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="9"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="1" fillId="2" borderId="1" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"><alignment vertical="center" wrapText="1"/></xf><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/><xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="0" fontId="2" fillId="0" borderId="0" xfId="0" applyFont="1"/><xf numFmtId="0" fontId="3" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"""
_HEAD, _DAY, _MOMENT, _TEXT, _QUOTED, _MONEY, _TITLE, _NOTE = range(1, 9)


def sheet_name(title: str) -> str:
    """Return a title without what Excel does not allow in the name of a sheet."""
    return "".join("_" if c in r"[]:*?/\\'" else c for c in title)[:31] or "Sheet1"


class SheetWriter:
    """Context manager: `append(row)` as often as wanted. A file that was not finished is removed.

    `above` are lines over the header (title first). The header is frozen, filters are on.
    """

    def __init__(
        self,
        path: Path,
        title: str,
        headers: Sequence[str],
        *,
        widths: Sequence[int] = (),
        above: Sequence[str] = (),
        money: Sequence[int] = (),
    ) -> None:
        self.path, self.title, self.headers, self.above = path, sheet_name(title), headers, above
        self.widths, self.money = widths, frozenset(money)
        self.letters = [get_column_letter(i) for i in range(1, len(headers) + 1)]
        self.number = 0
        self.head = len(above) + 1

    def __enter__(self) -> "SheetWriter":
        self.zip = zipfile.ZipFile(self.path, "w", zipfile.ZIP_DEFLATED, compresslevel=3)
        self.part: IO[bytes] = self.zip.open("xl/worksheets/sheet1.xml", "w", force_zip64=True)
        self.waiting: list[str] = []
        self.size = 0
        widths = [*self.widths, *[16] * (len(self.headers) - len(self.widths))]
        columns = "".join(
            f'<col min="{i}" max="{i}" width="{width}" customWidth="1"/>' for i, width in enumerate(widths, 1)
        )
        self._put(
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            f'<sheetViews><sheetView workbookViewId="0"><pane ySplit="{self.head}" topLeftCell="A{self.head + 1}"'
            ' activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
            f"<cols>{columns}</cols><sheetData>"
        )
        for i, line in enumerate(self.above):
            self._row([self._text("A", line, _NOTE if i else _TITLE)])
        self._row([self._text(x, h, _HEAD) for x, h in zip(self.letters, self.headers, strict=True)])
        return self

    def append(self, values: Sequence[Any]) -> None:
        """Write one row; raises ValueError when the sheet is full."""
        self._row(
            [self._cell(i, value) for i, value in enumerate(values) if value is not None and value != ""]
        )

    def _row(self, cells: list[str]) -> None:
        self.number += 1
        if self.number > MOST_ROWS:
            raise ValueError("The sheet is full.")
        n = str(self.number)
        self._put(f'<row r="{n}">' + "".join(cell.replace("\0", n, 1) for cell in cells) + "</row>")

    def _cell(self, place: int, value: Any) -> str:
        letter = self.letters[place]
        if isinstance(value, str):
            return self._text(letter, value, _QUOTED if value.startswith(FORMULA) else _TEXT)
        if isinstance(value, bool):
            return f'<c r="{letter}\0" t="b"><v>{int(value)}</v></c>'
        if isinstance(value, datetime):
            whole = value.toordinal() - _EPOCH
            seconds = value.hour * 3600 + value.minute * 60 + value.second
            if whole < 61:
                return self._text(letter, value.isoformat(" ", "minutes"), _TEXT)
            return f'<c r="{letter}\0" s="{_MOMENT}"><v>{whole + seconds / 86400:.9f}</v></c>'
        if isinstance(value, date):
            serial = value.toordinal() - _EPOCH
            if serial < 61:  # before March 1900 Excel counts a day that never was
                return self._text(letter, value.isoformat(), _TEXT)
            return f'<c r="{letter}\0" s="{_DAY}"><v>{serial}</v></c>'
        if isinstance(value, int | float | Decimal):
            text = format(value, "f") if isinstance(value, Decimal) else repr(value)
            if sum(c.isdigit() for c in text.lstrip("-0.")) > 15 or not text.lstrip("-")[:1].isdigit():
                return self._text(letter, text, _TEXT)
            style = f' s="{_MONEY}"' if place in self.money else ""
            return f'<c r="{letter}\0"{style}><v>{text}</v></c>'
        if isinstance(value, time):
            value = value.strftime("%H:%M")
        return self._text(letter, str(value), _TEXT)

    @staticmethod
    def _text(letter: str, value: str, style: int) -> str:
        text = escape(_ILLEGAL.sub("", value)[:_LONGEST], {"\r": "&#13;"})
        return f'<c r="{letter}\0" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'

    def _put(self, text: str) -> None:
        self.waiting.append(text)
        self.size += len(text)
        if self.size > _FLUSH:
            self._flush()

    def _flush(self) -> None:
        self.part.write("".join(self.waiting).encode())
        self.waiting, self.size = [], 0

    def _finish(self) -> None:
        last = self.letters[-1]
        rows = f"A{self.head}:{last}{max(self.number, self.head)}"
        self._put(
            f'</sheetData><autoFilter ref="{rows}"/>'
            '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>'
            '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>'
            "<headerFooter><oddFooter>&amp;C&amp;P / &amp;N</oddFooter></headerFooter></worksheet>"
        )
        self._flush()
        self.part.close()
        quoted = "'" + escape(self.title) + "'"
        fixed = re.sub(r"([A-Z]+)(\d+)", r"$\1$\2", rows)
        name = escape(self.title, {'"': "&quot;"})
        parts = {
            "xl/workbook.xml": _BOOK.format(name=name, quoted=quoted, filter=fixed, head=self.head),
            "xl/styles.xml": _STYLES,
            "xl/_rels/workbook.xml.rels": _BOOK_RELS,
            "_rels/.rels": _RELS,
            "[Content_Types].xml": _TYPES,
        }
        for name, content in parts.items():
            self.zip.writestr(name, content)
        self.zip.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            try:
                self._finish()
                return
            except BaseException:
                self._give_up()
                raise
        self._give_up()

    def _give_up(self) -> None:
        try:
            self.part.close()
            self.zip.close()
        except (OSError, ValueError):
            pass
        finally:
            self.path.unlink(missing_ok=True)
