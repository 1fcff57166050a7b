"""A compound's name read into its parts: core, phase, zone, numbers, kind of building, generic tail.

Two names whose phase, zone or number differ name two compounds, however alike the rest is. How alike
the cores are is measured on characters and on pinyin, so that a homophone counts for little.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import gettext_noop as _
from pypinyin import lazy_pinyin

from redprop.common.matching.reasons import Reason, reason
from redprop.common.text import normalise

_BRACKETS = re.compile(r"[(\[【〔〈《「<{]([^()\[\]【】〔〕〈〉《》「」<>{}]*)[)\]】〕〉》」>}]")
_PUNCTUATION = re.compile(r"[\s·•.,，。、\-—_/\\|'\"“”‘’()\[\]【】〔〕〈〉《》「」{}<>#:;*~～]+")
_CHINESE = "零〇一二两三四五六七八九十"
_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾貳參陸", "一二三四五六七八九十二三六")
_NUMBER = rf"(?:\d+|[{_CHINESE}壹贰叁肆伍陆柒捌玖拾貳參陸]+|[ivx]+)"
_PHASE = re.compile(rf"第?({_NUMBER}(?:[、,至到和\-]{_NUMBER})*)期")
_ROMAN_TAIL = re.compile(r"(?<![a-z])(i{2,3}|iv|vi{0,3})$")
_LETTERED = re.compile(r"([a-z](?:[、,和\-]?[a-z]){0,3})(?:区|组团|地块|座|栋|幢)")
_NUMBERED = re.compile(rf"({_NUMBER})区")
_SIDE = re.compile(r"(东南|东北|西南|西北|[东南西北])(?:区|片)|(?<=.{2})([东南西北])([苑园院里庭])$")
_ORDINAL = re.compile(rf"第?([{_CHINESE}]+)(?=[号栋幢座村弄组院街])|第([{_CHINESE}]+)")
_LETTER_NUMBER = re.compile(r"[a-z]*\d+[a-z]*")
_STREET = re.compile(r"(?:路|街|道|巷|村)$")
_BUILDINGS = re.compile(rf"^{_NUMBER}(?:[、,至到和\-]{_NUMBER})*(?:号楼|[栋幢座])$")

KINDS = ("商住楼", "商铺", "商业街", "别墅", "写字楼", "车库", "办公楼", "商业")
"""Parts of a development that listings name apart from it."""

TAILS = (
    "花园小区",
    "小区",
    "花园",
    "公寓",
    "大厦",
    "大楼",
    "广场",
    "社区",
    "宿舍",
    "家园",
    "佳园",
    "名苑",
    "新村",
    "商住楼",
    "大院",
    "花苑",
)
"""Generic endings. Missing on one side they say little; two different ones are two names."""


@dataclass(frozen=True)
class Name:
    """What a name says. `text` is all of it without punctuation, `core` what is left of the parts."""

    text: str
    core: str
    tail: str = ""
    phases: frozenset[int] = frozenset()
    zones: frozenset[str] = frozenset()
    numbers: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()
    streets: frozenset[str] = frozenset()


@lru_cache(maxsize=4096)
def parse_name(value: str) -> Name:
    """Return the parts of a name."""
    whole = normalise(value).casefold()
    inner = [part.strip() for part in _BRACKETS.findall(whole)]
    found = _Parts()
    for part in inner:
        found.read_bracket(part)
    outer = found.read(_BRACKETS.sub("", whole))
    text = _PUNCTUATION.sub("", whole)
    tail = next((t for t in TAILS if outer.endswith(t) and len(outer) - len(t) >= 2), "")
    core = outer[: -len(tail)] if tail else outer
    if tail == "花园小区":
        tail = "花园"
    return Name(
        text=text,
        core=core or text,
        tail="" if tail == "小区" else tail,
        phases=frozenset(found.phases),
        zones=frozenset(found.zones),
        numbers=tuple(sorted(found.numbers)),
        kinds=frozenset(found.kinds),
        streets=frozenset(found.streets),
    )


class _Parts:
    """What the reading of one name has found so far."""

    def __init__(self) -> None:
        self.phases: set[int] = set()
        self.zones: set[str] = set()
        self.numbers: list[str] = []
        self.kinds: set[str] = set()
        self.streets: set[str] = set()

    def read_bracket(self, part: str) -> None:
        """Take what stands between brackets: a phase, a zone, buildings, a kind, or the street."""
        if part in KINDS:
            self.kinds.add(part)
        elif _STREET.search(part):
            self.streets.add(part)
        elif _BUILDINGS.match(part):
            self.numbers += [str(n) for n in numbers_of(part.rstrip("号楼栋幢座"))]
        else:
            self.read(part)

    def read(self, text: str) -> str:
        """Take the parts out of `text`; returns what is left without punctuation."""
        text = _PHASE.sub(lambda m: self._take(self.phases, set(numbers_of(m[1]))), text)
        text = _LETTERED.sub(lambda m: self._take(self.zones, set(re.findall(r"[a-z]", m[1]))), text)
        text = _NUMBERED.sub(lambda m: self._take(self.zones, {str(n) for n in numbers_of(m[1])}), text)
        text = _PUNCTUATION.sub("", text)
        text = _ROMAN_TAIL.sub(lambda m: self._take(self.phases, set(numbers_of(m[1]))), text)
        for kind in KINDS:
            if text.endswith(kind) and len(text) - len(kind) >= 2:
                self.kinds.add(kind)
                text = text[: -len(kind)]
        text = _SIDE.sub(lambda m: self._take(self.zones, {m[1] or m[2]}) + (m[3] or ""), text)
        text = _ORDINAL.sub(
            lambda m: self._take(self.numbers, [str(n) for n in numbers_of(m[1] or m[2])]), text
        )
        return _LETTER_NUMBER.sub(lambda m: self._take(self.numbers, [m[0]]), text)

    @staticmethod
    def _take(into: set | list, found: set | list) -> str:  # type: ignore[type-arg]
        if isinstance(into, set):
            into.update(found)
        else:
            into.extend(found)
        return ""


_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10}
_VALUES = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}


def numbers_of(text: str) -> list[int]:
    """Return the numbers in `2`, `二`, `贰`, `II`, `十二`, `一二` (one and two), `1-3` (all three)."""
    found: list[int] = []
    parts = [p for p in re.split(r"[、,和]", text) if p]
    for part in parts:
        ends = [_number(p) for p in re.split(r"[至到\-]", part) if p]
        if len(ends) == 2 and all(len(e) == 1 for e in ends) and 0 < ends[1][0] - ends[0][0] <= 30:
            found += range(ends[0][0], ends[1][0] + 1)
        else:
            found += [n for e in ends for n in e]
    return found


def _number(text: str) -> list[int]:
    text = text.translate(_FORMAL)
    if text.isdecimal():
        return [int(text)]
    if text in _ROMAN:
        return [_ROMAN[text]]
    if any(c not in _CHINESE for c in text):
        return []
    if "十" in text:
        tens, _ten, ones = text.partition("十")
        return [_VALUES.get(tens, 1) * 10 + _VALUES.get(ones, 0)]
    digits = [_VALUES[c] for c in text]
    return digits if digits == sorted(set(digits)) else [int("".join(map(str, digits)))]


@lru_cache(maxsize=16384)
def syllable(char: str) -> str:
    """Return the pinyin of one character alone, the same in every word; letters are themselves."""
    return str(lazy_pinyin(char)[0]) if not char.isascii() else char


@lru_cache(maxsize=4096)
def pinyin_key(text: str) -> str:
    """Return the syllables of a text, one after the other."""
    return "".join(map(syllable, text))


def match_key(name: str) -> str:
    """Return the key for finding candidates by trigrams: the pinyin of the core and its tail."""
    parts = parse_name(name)
    return pinyin_key(parts.core + parts.tail)[:200]


SAME, SOUND, ORDER, HEAD, MIDDLE, TAIL, EDITS = 1.0, 0.93, 0.92, 0.86, 0.8, 0.5, 0.65

PART = 0.63
"""One name holds all of the other: 55 points, just enough to be asked about while nothing speaks against it."""

DISTINCTIVE = 3
"""Characters that a name must have without its common ending to say something as a part of another."""


@dataclass(frozen=True)
class Likeness:
    """How alike two names are (0 to 1), why, and whether one is only a part of the other."""

    share: float
    reasons: tuple[Reason, ...]
    is_part: bool = False


@lru_cache(maxsize=16384)
def likeness(one: Name, other: Name) -> Likeness:
    """Return how alike the cores and tails of two names are."""
    a, b = one.core + one.tail, other.core + other.tail
    if a == b:
        if one.text == other.text:
            return Likeness(SAME, (reason(_("same name")),))
        parts_same = (one.phases, one.zones, one.numbers, one.kinds) == (
            other.phases,
            other.zones,
            other.numbers,
            other.kinds,
        )
        why = _("same name, written differently") if parts_same else _("the rest of the name is the same")
        return Likeness(SAME, (reason(why),))
    if one.tail != other.tail and not (one.tail and other.tail):
        alike, told = _alike(one.core, other.core)
        if alike >= MIDDLE:
            extra = reason(_("one of them ends in “%(tail)s”"), tail=one.tail or other.tail)
            alike *= 0.96 if min(len(one.core), len(other.core)) > 2 else 0.8
            return Likeness(alike, (extra,) if one.core == other.core else (told, extra))
    alike, told = _alike(a, b)
    short, long = sorted(((one.core, a), (other.core, b)), key=lambda pair: len(pair[1]))
    if alike < PART and len(short[0]) >= DISTINCTIVE and short[1] in long[1]:
        rest = long[1].replace(short[1], "…", 1).strip("…")
        more = reason(_("one of them holds the other and adds “%(extra)s”: perhaps a part of it"), extra=rest)
        return Likeness(PART, (more,), is_part=True)
    return Likeness(alike, (told,))


def _alike(a: str, b: str) -> tuple[float, Reason]:
    if a == b:
        return SAME, reason(_("same name"))
    if pinyin_key(a) == pinyin_key(b):
        return SOUND, reason(_("the names sound the same"))
    if len(a) >= 4 and sorted(a) == sorted(b):
        return ORDER, reason(_("the same characters in another order"))
    short, long = sorted((a, b), key=len)
    if len(short) >= 2:
        extra = long.replace(short, "", 1)
        if long.endswith(short):
            alike = HEAD if len(short) >= 4 else HEAD - 0.04 if len(short) == 3 else 0.6
            return alike, reason(_("one of them begins with “%(extra)s”"), extra=extra)
        if long.startswith(short):
            return TAIL, reason(
                _("one of them goes on with “%(extra)s”: perhaps a part of the other"), extra=extra
            )
        if len(short) >= 5 and short[:2] == long[:2] and short[-2:] == long[-2:] and _within(short, long):
            return MIDDLE, reason(_("one of them has more in the middle"))
    cost = _edits(a, b)
    alike = max(0.0, 1 - cost / max(len(a), len(b)))
    if cost < 0.5:
        return SOUND - 0.01, reason(_("the names sound the same"))
    return alike * EDITS, reason(_("the names differ in %(count)s characters"), count=max(1, round(cost)))


def _within(short: str, long: str) -> bool:
    rest = iter(long)
    return all(char in rest for char in short)


def _edits(a: str, b: str) -> float:
    """Return the number of characters to change; one that sounds the same counts 0.15."""
    before = [float(i) for i in range(len(b) + 1)]
    for i, x in enumerate(a, 1):
        row = [float(i)]
        for j, y in enumerate(b, 1):
            swap = 0.0 if x == y else 0.15 if syllable(x) == syllable(y) else 1.0
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + swap))
        before = row
    return before[-1]
