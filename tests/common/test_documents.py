"""Official documents after GB/T 9704-2012: the measures of the standard, in Word and in PDF."""

import io

import docx
import pypdfium2
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from redprop.common.documents import (
    Document,
    Heading,
    Paragraph,
    People,
    SignedBy,
    Table,
    as_docx,
    as_pdf,
    fonts,
    layer_number,
)
from redprop.common.errors import Refused

PAPER = Document(
    mark="甲一社区联席会议纪要",
    number="2026年第10期",
    issued="2026年10月21日",
    blocks=[
        Heading("一、会议情况"),
        Heading("（一）环境", 2),
        Paragraph("研究楼道堆物清理 #set page(width: 1cm) $x$ @evil。" * 40),
        Table(["问题", "承诺"], [["路灯不亮", "更换灯具"]]),
        People("出席", ["晴川里项目", "社区民警"]),
        SignedBy("甲一社区党组织", "2026年10月21日"),
    ],
    copies="甲街道",
    printed_by="甲一社区党组织",
    printed_on="2026年10月21日印发",
)
needs_face = pytest.mark.skipif(not fonts.present(fonts.BODY), reason="No Chinese typeface is installed.")


def test_numbers_of_headings_by_layer() -> None:
    # 7.3.3: 一、 （一） 1. （1）
    assert [layer_number(1, layer) for layer in (1, 2, 3, 4)] == ["一、", "（一）", "1.", "（1）"]
    assert [layer_number(n) for n in (10, 11, 20, 21)] == ["十、", "十一、", "二十、", "二十一、"]


def test_a_document_comes_back_from_json_as_it_was() -> None:
    assert Document.from_dict(PAPER.to_dict()).to_dict() == PAPER.to_dict()


def test_the_word_file_has_the_measures_of_the_standard() -> None:
    word = docx.Document(io.BytesIO(as_docx(PAPER)))
    section = word.sections[0]
    # 5.2: A4, 37 mm above, 28 mm at the left; 156 × 225 mm of text leave 26 and 35.
    for got, wanted in (
        (section.page_width, 210),
        (section.page_height, 297),
        (section.top_margin, 37),
        (section.bottom_margin, 35),
        (section.left_margin, 28),
        (section.right_margin, 26),
    ):
        assert got == pytest.approx(Mm(wanted), abs=Mm(0.1))
    body = next(p for p in word.paragraphs if p.text.startswith("研究"))
    assert (body.runs[0].font.size, body.paragraph_format.line_spacing) == (Pt(16), Pt(28))
    assert body.paragraph_format.first_line_indent == Pt(32)
    assert body.runs[0]._r.rPr.rFonts.get(qn("w:eastAsia")) == "仿宋_GB2312"
    heading = next(p for p in word.paragraphs if p.text == "一、会议情况")
    assert heading.runs[0]._r.rPr.rFonts.get(qn("w:eastAsia")) == "黑体"
    assert section.footer.paragraphs[0].text.startswith("— ")
    assert word.core_properties.author == ""


@needs_face
def test_the_pdf_is_a4_says_the_same_and_numbers_its_pages() -> None:
    made = pypdfium2.PdfDocument(as_pdf(PAPER))
    texts = [page.get_textpage().get_text_bounded() for page in made]
    assert made[0].get_size() == pytest.approx((595.28, 841.89), abs=0.5)
    assert len(made) == 3
    assert "甲一社区联席会议纪要" in texts[0]
    assert [f"— {n} —" in text for n, text in enumerate(texts, 1)] == [True] * 3
    # What people type is text, never a command of the typesetting.
    assert "#set page" in texts[0]
    assert as_pdf(PAPER) == as_pdf(PAPER)


def test_without_a_chinese_face_there_is_a_sentence_and_no_page_of_boxes(monkeypatch) -> None:
    monkeypatch.setattr(fonts, "installed", lambda: frozenset({"dejavu sans"}))
    with pytest.raises(Refused, check=lambda error: error.code == "no-font"):
        as_pdf(PAPER)
