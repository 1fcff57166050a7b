"""Drawings for papers: an SVG as PNG, by typst, which breaks no Chinese letters and embeds nothing of anybody's."""

import typst

from redprop.common.documents import fonts
from redprop.common.documents.pdf import shared_fonts

SOURCE = b"""#set page(width: 156mm, height: auto, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg", width: 156mm)
"""
DOTS = 200
"""Dots an inch: enough for print, some 30 kB a drawing."""


def chart_font() -> str:
    """Return the face that drawings name for their letters; empty when this machine has no Chinese one."""
    found = fonts.present(fonts.BLACK)
    return found[0] if found else ""


def as_png(svg: str) -> bytes | None:
    """Return the drawing as PNG, the same bytes for the same drawing; None without a Chinese typeface."""
    if not chart_font():
        return None
    return bytes(
        typst.compile(SOURCE, format="png", ppi=DOTS, sys_inputs={"svg": svg}, font_paths=shared_fonts())
    )
