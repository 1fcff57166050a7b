"""A4 letters with a QR code and a code to type, one page each, many in a file; by typst like the official papers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typst
from django.utils.translation import gettext as _

from redprop.common.documents import fonts
from redprop.common.documents.pdf import shared_fonts
from redprop.common.documents.poster import qr_svg
from redprop.common.errors import Refused

TEMPLATE = Path(__file__).with_name("letters.typ")


@dataclass(frozen=True)
class Letter:
    """One page: to whom, what it says, what the QR code opens, the code in letters, its place in the pile."""

    addressee: str
    lines: Sequence[str]
    address: str
    code: str
    place: str


@dataclass(frozen=True)
class Frame:
    """What all letters of a file share."""

    programme: str
    title: str
    scan: str
    type: str
    address: str
    foot: Sequence[str]
    issued: str
    corner: str = ""


def letters_pdf(frame: Frame, letters: Sequence[Letter]) -> bytes:
    """Return the letters as one PDF; raises Refused without a Chinese face."""
    fonts.require_chinese()
    told = {
        **{name: getattr(frame, name) for name in ("programme", "title", "scan", "type", "address")},
        "foot": list(frame.foot),
        "issued": frame.issued,
        "corner": frame.corner,
        "black": fonts.present(fonts.BLACK),
        "body": fonts.present(fonts.SONG),
        "pages": [
            {
                "addressee": letter.addressee,
                "lines": list(letter.lines),
                "qr": qr_svg(letter.address),
                "code": letter.code,
                "place": letter.place,
            }
            for letter in letters
        ],
    }
    try:
        made = typst.compile(
            str(TEMPLATE),
            root=str(TEMPLATE.parent),
            font_paths=shared_fonts(),
            format="pdf",
            sys_inputs={"letters": json.dumps(told, ensure_ascii=False)},
        )
    except typst.TypstError as error:
        raise Refused(
            _("The letters cannot be made on this server (%(reason)s). Tell the system administrator.")
            % {"reason": error.message},
            code="pdf",
        ) from error
    return bytes(made)
