"""An A4 poster with a QR code, by typst like the official papers: a title, what it is for, the code, its address."""

import io
import json
from collections.abc import Sequence
from pathlib import Path

import segno
import typst
from django.utils.translation import gettext as _

from redprop.common.documents import fonts
from redprop.common.documents.pdf import shared_fonts
from redprop.common.errors import Refused

TEMPLATE = Path(__file__).with_name("poster.typ")


def qr_svg(text: str, *, scale: int = 4) -> str:
    """Return the QR code of `text` as an SVG element without size in pixels of its own colour (black on white)."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", scale=scale, border=4, light="#fff", xmldecl=False, svgns=True, nl=False
    )
    return out.getvalue().decode()


def poster_pdf(
    *, programme: str, title: str, lead: str, lines: Sequence[str], address: str, foot: str, corner: str = ""
) -> bytes:
    """Return the poster as PDF. `address` is what the code opens, printed under it as well."""
    fonts.require_chinese()
    told = {
        "programme": programme,
        "title": title,
        "lead": lead,
        "lines": list(lines),
        "address": address,
        "foot": foot,
        "corner": corner,
        "qr": qr_svg(address),
        "black": fonts.present(fonts.BLACK),
        "body": fonts.present(fonts.SONG),
    }
    try:
        made = typst.compile(
            str(TEMPLATE),
            root=str(TEMPLATE.parent),
            font_paths=shared_fonts(),
            format="pdf",
            sys_inputs={"poster": json.dumps(told, ensure_ascii=False)},
        )
    except typst.TypstError as error:
        raise Refused(
            _("The PDF cannot be made on this server (%(reason)s). Take the .docx.")
            % {"reason": error.message},
            code="pdf",
        ) from error
    return bytes(made)
