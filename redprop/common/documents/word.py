"""A document as .docx, built in code: no template file of anybody's, and every measure stands here.

Faces are named as Word and WPS know them; each run names its face for Chinese and for Latin letters.
"""

import io
from collections.abc import Callable
from typing import Any

import docx
from docx.document import Document as Word
from docx.enum.section import WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph as WordParagraph

from redprop.common.documents import content
from redprop.common.documents.fonts import WORD
from redprop.common.documents.pictures import as_png

PITCH = Pt(28)
BODY, TITLE, SMALL = 16, 22, 14
"""3号, 2号 and 4号 in points."""
RED, RED_HEX = RGBColor(0xD0, 0x12, 0x1B), "D0121B"
TEXT_WIDTH = 156
"""Millimetres."""
CENTRE, RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT


def as_docx(document: content.Document) -> bytes:
    """Return the document as .docx."""
    word = docx.Document()
    _page(word)
    if document.letter:
        _letter_head(word, document)
    else:
        _head(word, document)
    for block in document.blocks:
        _WRITERS[type(block)](word, block)
    _imprint(word, document)
    properties = word.core_properties
    properties.author, properties.title, properties.comments = "", document.title or document.mark, ""
    out = io.BytesIO()
    word.save(out)
    return out.getvalue()


def _page(word: Word) -> None:
    section = word.sections[0]
    section.start_type = WD_SECTION.NEW_PAGE
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    # Page numbers 7 mm below the text, odd ones right, even ones left (7.5).
    section.footer_distance = Mm(35 - 7 - 5)
    word.settings.odd_and_even_pages_header_footer = True
    _page_number(section.footer.paragraphs[0], RIGHT)
    _page_number(section.even_page_footer.paragraphs[0], WD_ALIGN_PARAGRAPH.LEFT)
    style = word.styles["Normal"]
    style.font.size = Pt(BODY)
    style.font.name = "Times New Roman"
    properties = style.element.get_or_add_rPr()
    properties.get_or_add_rFonts().set(qn("w:eastAsia"), WORD["body"])
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")
    properties.append(language)


def _page_number(paragraph: WordParagraph, where: WD_ALIGN_PARAGRAPH) -> None:
    paragraph.alignment = where
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Pt(SMALL)
    _run(paragraph, "— ", face="song", size=SMALL)
    run = _run(paragraph, "", face="song", size=SMALL)
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        if kind:
            part = OxmlElement("w:fldChar")
            part.set(qn("w:fldCharType"), kind)
        else:
            part = OxmlElement("w:instrText")
            part.set(qn("xml:space"), "preserve")
            part.text = text
        run._r.append(part)
    _run(paragraph, " —", face="song", size=SMALL)


def _run(paragraph, text: str, *, face: str = "body", size: float = BODY, bold: bool = False, colour=None):
    run = paragraph.add_run(text)
    run.font.size, run.font.bold = Pt(size), bold
    run.font.name = WORD["song"] if face == "song" else "Times New Roman"
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), WORD[face])
    if colour is not None:
        run.font.color.rgb = colour
    return run


def _line(word_or_cell, *, indent: float = 0, align=None, pitch=PITCH) -> WordParagraph:
    paragraph = word_or_cell.add_paragraph()
    shape = paragraph.paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, pitch
    if indent:
        shape.first_line_indent = Pt(indent * BODY)
    if align is not None:
        paragraph.alignment = align
    return paragraph


def _head(word: Word, document: content.Document) -> None:
    if document.corner:
        _run(_line(word), document.corner, face="black")
    mark = _mark(word, document.mark)
    mark.paragraph_format.space_before = Mm(35) - (PITCH if document.corner else 0)
    under = _line(word, align=None if document.issued else CENTRE)
    under.paragraph_format.space_before = Pt(12)
    if document.issued:
        under.paragraph_format.left_indent = under.paragraph_format.right_indent = Pt(BODY)
        under.paragraph_format.tab_stops.add_tab_stop(Mm(TEXT_WIDTH) - Pt(BODY), 2)  # 2: right
        _run(under, f"{document.number}\t{document.issued}")
    else:
        _run(under, document.number)
    _border(under, "bottom", size=16, colour=RED_HEX, space=11)
    _line(word, pitch=Pt(14))
    _title(word, document)


def _letter_head(word: Word, document: content.Document) -> None:
    section = word.sections[0]
    section.top_margin = Mm(30)
    section.different_first_page_header_footer = True
    foot = section.first_page_footer.paragraphs[0]
    _border(foot, "top", size=24, colour=RED_HEX, kind="thinThickSmallGap")
    mark = _mark(word, document.mark)
    _border(mark, "bottom", size=24, colour=RED_HEX, space=11, kind="thickThinSmallGap")
    under = _line(word)
    under.paragraph_format.space_before = Pt(6)
    under.paragraph_format.tab_stops.add_tab_stop(Mm(TEXT_WIDTH), 2)
    _run(under, document.corner, face="black")
    _run(under, f"\t{document.number}")
    _line(word, pitch=Pt(14))
    _title(word, document)


def _mark(word: Word, text: str) -> WordParagraph:
    size = min(36, TEXT_WIDTH / 25.4 * 72 / max(1, len(text)))
    mark = _line(word, align=CENTRE, pitch=Pt(size * 1.3))
    _run(mark, text, face="title", size=round(size), colour=RED)
    return mark


def _title(word: Word, document: content.Document) -> None:
    if document.title:
        title = _line(word, align=CENTRE, pitch=Pt(32))
        title.paragraph_format.space_after = Pt(14)
        _run(title, document.title, face="title", size=TITLE)
    if document.addressee:
        _run(_line(word), f"{document.addressee}：")


def _border(
    paragraph: WordParagraph,
    side: str,
    *,
    size: int,
    colour: str = "000000",
    space: int = 1,
    kind: str = "single",
) -> None:
    properties = paragraph._p.get_or_add_pPr()
    borders = properties.find(qn("w:pBdr"))
    if borders is None:
        borders = OxmlElement("w:pBdr")
        properties.append(borders)
    edge = OxmlElement(f"w:{side}")
    for name, value in (("val", kind), ("sz", size), ("space", space), ("color", colour)):
        edge.set(qn(f"w:{name}"), str(value))
    borders.append(edge)


def _heading(word: Word, block: content.Heading) -> None:
    line = _line(word, indent=2)
    line.paragraph_format.keep_with_next = True
    _run(line, block.text, face={1: "black", 2: "kai"}.get(block.layer, "body"))


def _paragraph(word: Word, block: content.Paragraph) -> None:
    line = _line(word, indent=2, align=WD_ALIGN_PARAGRAPH.JUSTIFY)
    _run(line, block.text, bold=block.bold)


def _people(word: Word, block: content.People) -> None:
    line = _line(word)
    behind = Pt((2 + len(block.label) + 1) * BODY)
    line.paragraph_format.left_indent = behind
    line.paragraph_format.first_line_indent = -Pt((len(block.label) + 1) * BODY)
    _run(line, f"{block.label}：", face="black")
    _run(line, "、".join(block.names))


def _table(word: Word, block: content.Table) -> None:
    # A heading holds on to its table across this gap.
    _line(word, pitch=Pt(6)).paragraph_format.keep_with_next = True
    table = word.add_table(rows=1 + len(block.rows), cols=len(block.head))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    shares = list(block.widths) or [1] * len(block.head)
    widths = [Mm(TEXT_WIDTH * share / sum(shares)) for share in shares]
    # Word goes by the widths of the cells, LibreOffice by those of the grid.
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for number, row in enumerate([block.head, *block.rows]):
        for column, text in enumerate(row):
            cell = table.cell(number, column)
            cell.width = widths[column]
            line = cell.paragraphs[0]
            line.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
            line.paragraph_format.line_spacing = Pt(18)
            line.paragraph_format.space_before = line.paragraph_format.space_after = Pt(2)
            if not number:
                line.alignment = CENTRE
            _run(line, text, face="body" if number else "black", size=12)
    # The head comes again on the next page; a row is not torn.
    for number, row in enumerate(table.rows):
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if not number:
            properties.append(OxmlElement("w:tblHeader"))
    _line(word, pitch=Pt(10))


def _picture(word: Word, block: content.Picture) -> None:
    made = as_png(block.svg)
    if made is None:  # no Chinese face here: the table says the same
        return
    line = _line(word, align=CENTRE)
    line.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    line.paragraph_format.keep_with_next = True
    shape = line.add_run().add_picture(io.BytesIO(made), width=Mm(TEXT_WIDTH))
    shape._inline.docPr.set("descr", block.caption)
    caption = _line(word, align=CENTRE, pitch=Pt(20))
    _run(caption, block.caption, face="black", size=12)


def _signatures(word: Word, block: content.Signatures) -> None:
    line = _line(word)
    line.paragraph_format.space_before = PITCH
    for number in range(1, len(block.labels)):
        line.paragraph_format.tab_stops.add_tab_stop(Mm(TEXT_WIDTH * number / len(block.labels)))
    _run(line, "\t".join(f"{label}：" for label in block.labels))


def _signed_by(word: Word, block: content.SignedBy) -> None:
    issuer = _line(word, align=RIGHT)
    issuer.paragraph_format.space_before = Pt(56) if block.seal else PITCH
    issuer.paragraph_format.right_indent = Pt((3 if block.seal else 2) * BODY)
    issuer.paragraph_format.keep_with_next = True
    _run(issuer, block.issuer)
    date = _line(word, align=RIGHT)
    date.paragraph_format.right_indent = Pt(4 * BODY)
    _run(date, block.date)


def _imprint(word: Word, document: content.Document) -> None:
    if not document.copies and not document.printed_by:
        return
    if document.letter:
        copies = _line(word)
        copies.paragraph_format.space_before = PITCH
        _run(copies, f"　抄送：{document.copies}。", size=SMALL)
        return
    first = _line(word, pitch=Pt(14))
    first.paragraph_format.space_before = PITCH
    first.paragraph_format.keep_with_next = True
    edge = Pt(SMALL)
    if document.copies:
        copies = _line(word, pitch=Pt(24))
        copies.paragraph_format.keep_with_next = True
        _border(copies, "top", size=8)
        _run(copies, f"　抄送：{document.copies}。", size=SMALL)
    printed = _line(word, pitch=Pt(24))
    printed.paragraph_format.tab_stops.add_tab_stop(Mm(TEXT_WIDTH) - edge, 2)
    _border(printed, "top", size=6 if document.copies else 8)
    _border(printed, "bottom", size=8)
    _run(printed, f"　{document.printed_by}\t{document.printed_on}", size=SMALL)


_WRITERS: dict[type, Callable[[Word, Any], None]] = {
    content.Heading: _heading,
    content.Paragraph: _paragraph,
    content.People: _people,
    content.Table: _table,
    content.Picture: _picture,
    content.Signatures: _signatures,
    content.SignedBy: _signed_by,
}
