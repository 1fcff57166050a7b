"""Text as people type it, made comparable: width, spaces, invisible characters, names, pinyin.

`normalise` is for storing, `name_key` for matching, `search_key` for finding. What a cell means
(dates, amounts) is the business of `tabular`.
"""

import os
import re
import unicodedata
from functools import lru_cache
from itertools import product

os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "1")  # its dictionaries are only read here: 4 MB a process

from pypinyin import Style, pinyin
from pypinyin.constants import PHRASES_DICT
from pypinyin.core import Pinyin

_INVISIBLE = dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF, 0x00AD, 0x180E]
)
_SPACES = re.compile(r"\s+")
_CJK = r"\u3400-\u9fff\uf900-\ufaff"
_SPACE_IN_CHINESE = re.compile(rf"(?<=[{_CJK}]) (?=[{_CJK}])")
_DIGITS = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | {"〇": "0", "两": "2"}
_NUMBERED = re.compile(r"([零〇一二三四五六七八九十]+)(?=[期区号栋村弄组])")
_PUNCTUATION = re.compile(r"[\s·•.,，。、\-—_/\\|'\"“”‘’「」《》<>()\[\]【】{}#:;*]+")
_MOST_READINGS = 16
_CUT = Pinyin()


def _share_readings() -> None:
    """Let the 47,000 phrases share their syllables: as they are read each has copies of its own, 20 MB in all."""
    shared: dict[str, list[str]] = {}
    for phrase, readings in PHRASES_DICT.items():
        PHRASES_DICT[phrase] = [shared.setdefault(one[0], one) if len(one) == 1 else one for one in readings]


_share_readings()


def normalise(value: object) -> str:
    """Return text with half-width letters and digits, single spaces and nothing invisible.

    Chinese punctuation that has a compatibility form becomes the plain one: （ becomes (.
    """
    text = "" if value is None else str(value)
    if text.isprintable() and "  " not in text and unicodedata.is_normalized("NFKC", text):
        return text.strip()
    text = unicodedata.normalize("NFKC", text).translate(_INVISIBLE)
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")
    return _SPACES.sub(" ", text).strip()


def normalise_name(value: object) -> str:
    """Return a name for storing: as `normalise`, without the spaces typed between Chinese characters."""
    return _SPACE_IN_CHINESE.sub("", normalise(value))


def name_key(value: object) -> str:
    """Return the key under which two spellings of one compound's name meet.

    Ignores case, width, spaces and punctuation, writes 一期 as 1期, drops a closing 小区 when two
    characters or more are left. For proposing a match, never for deciding one.
    """
    text = _PUNCTUATION.sub("", normalise(value).casefold())
    text = _NUMBERED.sub(lambda found: _chinese_number(found[1]), text)
    if text.endswith("小区") and len(text) >= 4:
        text = text[:-2]
    return text


def _chinese_number(text: str) -> str:
    if "十" not in text:
        return "".join(_DIGITS[c] for c in text)
    if text.count("十") > 1:
        return text
    tens, ones = text.split("十")
    return str(int(_DIGITS.get(tens[-1:], "1")) * 10 + int(_DIGITS.get(ones[:1], "0")))


@lru_cache(maxsize=8192)
def _word(word: str) -> tuple[str, str]:
    """Return the pinyin and the first letters of one word, as the dictionary of phrases cuts a text."""
    full = "".join(part[0] for part in pinyin([word], style=Style.NORMAL))
    return full, "".join(part[0] for part in pinyin([word], style=Style.FIRST_LETTER))


@lru_cache(maxsize=64)
def _words(text: str) -> tuple[tuple[str, str], ...]:
    return tuple(_word(word) for word in _CUT.seg(text))


@lru_cache(maxsize=1024)
def pinyin_full(text: str) -> str:
    """Return the pinyin without tones or spaces: 红色物业 gives `hongsewuye`. Also the key to sort Chinese by."""
    return "".join(full for full, _initials in _words(normalise(text))).replace(" ", "").lower()


@lru_cache(maxsize=64)
def pinyin_initials(text: str) -> str:
    """Return the first letters: 红色物业 gives `hswy`; letters and digits stand for themselves."""
    return "".join(initials for _full, initials in _words(normalise(text).replace(" ", ""))).lower()


@lru_cache(maxsize=32768)
def _readings(char: str) -> list[str]:
    """Return the first letters that one character may have."""
    found = pinyin(char, style=Style.FIRST_LETTER, heteronym=True)
    return sorted({r.lower() for r in found[0]}) if found else [""]


@lru_cache(maxsize=1024)
def search_key(*texts: str) -> str:
    """Return what a search box is matched against: the text itself, full pinyin and initials, lower case.

    Characters with several readings give each likely row of initials (长乐: `cl zl cy zy`), at most 16.
    Join with spaces; match with a plain `contains` on the lower-cased query.
    """
    words: list[str] = []
    for text in texts:
        plain = normalise(text).replace(" ", "").lower()
        if not plain:
            continue
        words.append(plain)
        if not plain.isascii():
            words += [pinyin_full(plain), pinyin_initials(plain)]
            readings = [_readings(char) for char in plain]
            count = 1
            for options in readings:
                count *= len(options)
            if 1 < count <= _MOST_READINGS:
                words += ["".join(parts) for parts in product(*readings)]
    return " ".join(dict.fromkeys(words))
