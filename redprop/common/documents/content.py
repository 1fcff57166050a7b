"""What an official document says, as plain values that go to JSON and back: frozen papers are stored that way."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

_NUMERALS = "〇一二三四五六七八九十"


@dataclass(frozen=True)
class Heading:
    """A heading of layer 1 (一、) to 4 (（1）), its number included in the text (7.3.3)."""

    text: str
    layer: int = 1


@dataclass(frozen=True)
class Paragraph:
    """Running text, indented by two characters. `bold` for a sentence that leads."""

    text: str
    bold: bool = False


@dataclass(frozen=True)
class People:
    """A list of those present, excused or observing: 出席：… with the lines aligned behind the colon (10.3)."""

    label: str
    names: Sequence[str]


@dataclass(frozen=True)
class Table:
    """A table; `widths` are shares of the text width."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float] = ()


@dataclass(frozen=True)
class Picture:
    """A drawing as SVG, as wide as the text, with its caption below. What it shows stands in words or a table too."""

    svg: str
    caption: str


@dataclass(frozen=True)
class Signatures:
    """Places to sign by hand, side by side."""

    labels: Sequence[str]


@dataclass(frozen=True)
class SignedBy:
    """Issuer and date below the text (7.3.5). With `seal` room is left for the seal across both."""

    issuer: str
    date: str
    seal: bool = True


Block = Heading | Paragraph | People | Table | Picture | Signatures | SignedBy
_KINDS: dict[str, type] = {
    "heading": Heading,
    "paragraph": Paragraph,
    "people": People,
    "table": Table,
    "picture": Picture,
    "signatures": Signatures,
    "signed_by": SignedBy,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


@dataclass(frozen=True)
class Document:
    """One document. `mark` is the red head: 「…纪要」 for minutes (10.3), else the issuer's name with 文件.

    `number` (发文字号 or 第 n 期) stands under the mark, at its left, `issued` at its right where
    minutes carry both; `addressee` opens the text; `copies` and `printed` make the imprint (版记)
    at the foot of the last page; `corner` is the copy number (份号) or a remark such as 演示数据.
    A `letter` (信函格式, 10.1) is for one page to one addressee: the mark stands 30 mm below the page's
    edge over a double red line, the number at the right below it, and the imprint names the copies only.
    """

    mark: str
    blocks: Sequence[Block]
    number: str = ""
    issued: str = ""
    title: str = ""
    addressee: str = ""
    copies: str = ""
    printed_by: str = ""
    printed_on: str = ""
    corner: str = ""
    name: str = field(default="document")
    letter: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, each block with its kind."""
        plain = {k: v for k, v in asdict(self).items() if k != "blocks"}
        return {**plain, "blocks": [{"is": _NAMES[type(b)], **_plain(b)} for b in self.blocks]}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "Document":
        """Return the document that `to_dict` wrote."""
        blocks = [
            _KINDS[block["is"]](**{k: v for k, v in block.items() if k != "is"}) for block in plain["blocks"]
        ]
        return cls(**{**plain, "blocks": blocks})


def _plain(block: Block) -> dict[str, Any]:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(block).items()}


def layer_number(number: int, layer: int = 1) -> str:
    """Return the number of a heading: 一、 （一） 1. （1） by layer (7.3.3)."""
    if layer <= 2:
        chinese = _chinese(number)
        return f"{chinese}、" if layer == 1 else f"（{chinese}）"
    return f"{number}." if layer == 3 else f"（{number}）"


def _chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    if not tens:
        return _NUMERALS[ones]
    return ("" if tens == 1 else _NUMERALS[tens]) + "十" + (_NUMERALS[ones] if ones else "")
