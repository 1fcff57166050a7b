"""A document as PDF, by typst: a self-contained library that breaks Chinese lines properly and embeds the faces.

WeasyPrint was weighed and left: it needs Pango, which a bare machine has not. fpdf2 and ReportLab cannot
embed Debian's Noto CJK (CFF outlines in a collection).
"""

import datetime as dt
import json
from functools import cache
from pathlib import Path

import typst
from django.utils.translation import gettext as _

from redprop.common.documents import fonts
from redprop.common.documents.content import Document
from redprop.common.errors import Refused

TEMPLATE = Path(__file__).with_name("gbt9704.typ")


@cache
def shared_fonts() -> typst.Fonts:
    """The system's faces, read once."""
    # Reading the system's faces takes most of a second, a document with them some hundredths.
    return typst.Fonts(include_embedded_fonts=False)


def as_pdf(document: Document) -> bytes:
    """Return the document as PDF, the same bytes for the same description; raises Refused without a Chinese face."""
    fonts.require_chinese()
    title = fonts.present(fonts.TITLE)
    faces = {
        "title": title,
        # 小标宋 is heavy in itself; its stand-ins are set bold.
        "title_weight": "regular" if title[0] in fonts.TITLE[:3] else "bold",
        "body": fonts.present(fonts.BODY),
        "black": fonts.present(fonts.BLACK),
        "kai": fonts.present(fonts.KAI),
        "song": fonts.present(fonts.SONG),
    }
    inputs = {
        "doc": json.dumps(document.to_dict(), ensure_ascii=False),
        "faces": json.dumps(faces, ensure_ascii=False),
    }
    try:
        made = typst.compile(
            str(TEMPLATE),
            root=str(TEMPLATE.parent),
            font_paths=shared_fonts(),
            format="pdf",
            sys_inputs=inputs,
            timestamp=dt.datetime(2000, 1, 1, tzinfo=dt.UTC),
        )
    except typst.TypstError as error:
        raise Refused(
            _("The PDF cannot be made on this server (%(reason)s). Take the .docx.")
            % {"reason": error.message},
            code="pdf",
        ) from error
    return made
