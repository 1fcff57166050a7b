"""English pages over Chinese records: what has an English name gets it, what stays Chinese is marked as Chinese.

Items of a rubric are named by their indicator and their rule is worded anew; the words of the sample rubric, of posts
and of the eight guarantees stand below. Names, promises, resolutions and replies stay as they were written:
`marked` gives them their language, so that a screen reader speaks them as Chinese.
"""

import re

from evaluations.indicators import REGISTRY
from evaluations.models import Rubric
from evaluations.services.rubrics import value_of
from evaluations.words import rule_text
from redprop.common.errors import Refused
from redprop.public import languages

WORDS = {
    "优秀": "excellent",
    "良好": "good",
    "合格": "passed",
    "不合格": "failed",
    "项目经理": "project manager",
    "保洁": "cleaning",
    "保安": "security",
    "保绿": "greenery",
    "保修": "repairs",
    "保序": "order",
    "保畅": "drains",
    "保亮": "lighting",
    "保公开": "openness",
}

HAN = "\u3400-\u9fff"
TEXT = re.compile(
    rf"<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*)>([^<>{HAN}]*[{HAN}][^<>]*)(?=<(/?)([a-zA-Z][a-zA-Z0-9]*))"
)
"""A tag, the text behind it with Chinese in it, and the tag that follows."""

LATIN = re.compile("[A-Za-z]")
RUN = re.compile(rf"[（《〔“]*[{HAN}](?:[{HAN}、，。；：！？（）《》〔〕“”·\d ]*[{HAN}）》〕”。！？])?")
BARE = ("title", "option", "textarea", "text", "tspan", "desc")
"""Elements that hold text alone: they carry the language themselves or not at all."""


def word(text: str) -> str:
    """Return the English of a known word of the registers while English is spoken, else the word itself."""
    return WORDS.get(text, text) if languages.is_english() else text


def items_of(rubric: Rubric) -> dict[str, tuple[str, str]]:
    """Return title and rule of the items in English, by code (two queries); empty when the rubric cannot be read.

    Marks by hand have no indicator: their title stays as the rubric has it.
    """
    try:
        items = value_of(rubric).items
    except Refused:
        return {}
    found = {}
    for item in items:
        title = str(REGISTRY[item.source].title) if item.source in REGISTRY else item.title
        found[item.code] = (title[:1].upper() + title[1:], rule_text(item).replace("；", "; "))
    return found


def marked(html: str) -> str:
    """Return HTML whose Chinese text says that it is Chinese: on its element when there is no other, else on a span."""
    return TEXT.sub(_mark, html)


def _mark(found: re.Match[str]) -> str:
    closing, tag, attributes, text, next_closes, following = found.groups()
    whole = f"<{closing}{tag}{attributes}>"
    if " lang=" in attributes:
        return found[0]
    alone = not closing and next_closes and following == tag
    if alone and (not LATIN.search(text) or tag in BARE):
        return f'<{tag} lang="zh"{attributes}>{text}'
    if tag in BARE:
        return found[0]
    return whole + RUN.sub(lambda run: f'<span lang="zh">{run[0]}</span>', text)
