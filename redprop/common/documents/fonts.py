"""The typefaces of GB/T 9704 and what stands in for them, and whether this machine has any Chinese face at all.

小标宋, 仿宋 and 楷体 are not free and never shipped: a Word file names them and falls back where it is
opened; a PDF is made with what this machine has, so it asks first.
"""

from functools import cache

import typst
from django.utils.translation import gettext as _

from redprop.common.errors import Refused

TITLE = ("FZXiaoBiaoSong-B05S", "方正小标宋简体", "STZhongsong", "Noto Serif CJK SC", "Source Han Serif SC")
BODY = ("FangSong_GB2312", "FangSong", "STFangsong", "FandolFang", "Noto Serif CJK SC", "Source Han Serif SC")
BLACK = ("SimHei", "STHeiti", "FandolHei", "Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC")
KAI = ("KaiTi_GB2312", "KaiTi", "STKaiti", "FandolKai", "LXGW WenKai", "Noto Serif CJK SC")
SONG = ("SimSun", "STSong", "Noto Serif CJK SC", "Source Han Serif SC")
LAST = ("Noto Serif SC", "Noto Sans CJK SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Microsoft YaHei")
"""What every face falls back to: any Chinese face is better than none."""

WORD = {
    "title": "方正小标宋简体",
    "body": "仿宋_GB2312",
    "black": "黑体",
    "kai": "楷体_GB2312",
    "song": "宋体",
}
"""The names that Word and WPS know the faces by."""


@cache
def installed() -> frozenset[str]:
    """The families on this machine, lower case; read once."""
    return frozenset(name.casefold() for name in typst.Fonts(include_embedded_fonts=False).families())


def present(wanted: tuple[str, ...]) -> list[str]:
    """Those of `wanted`, then of the last resorts, that this machine has, in order."""
    return [name for name in dict.fromkeys((*wanted, *LAST)) if name.casefold() in installed()]


def require_chinese() -> None:
    """Return when a Chinese typeface is installed, else raise Refused: never a page of empty boxes."""
    if not present(BODY + BLACK + KAI + SONG + TITLE):
        raise Refused(
            _(
                "No PDF can be made: this server has no Chinese typeface. Take the .docx, or ask the system administrator to install one (Debian: fonts-noto-cjk)."
            ),
            code="no-font",
        )
