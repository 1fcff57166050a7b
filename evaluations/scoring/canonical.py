"""One way to write data down, so that equal data has equal bytes and digests can be compared.

UTF-8 in NFC, keys sorted, no spaces, one object a line in `.jsonl`. Numbers are decimal strings;
a JSON number is refused when reading, because parsers turn it into a float.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from typing import Any


def dumps(data: Any) -> str:
    """Return the canonical text of JSON data (one line)."""
    return unicodedata.normalize(
        "NFC", json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    )


def encode(data: Any) -> bytes:
    """Return the canonical bytes of one object, ended by a newline."""
    return (dumps(data) + "\n").encode()


def encode_lines(rows: Iterable[Any]) -> bytes:
    """Return the canonical bytes of many objects, one a line."""
    return "".join([dumps(row) + "\n" for row in rows]).encode()


def loads(text: str) -> Any:
    """Return the data of canonical text; raises ValueError for anything else, JSON numbers included."""

    def refuse(value: str) -> Any:
        raise ValueError(f"the number {value} is not written as a decimal string")

    try:
        return json.loads(text, parse_int=refuse, parse_float=refuse, parse_constant=refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None


_PLAIN = re.compile(r"-?\d{1,24}(?:\.\d{1,12})?", re.ASCII)


def decimal(text: str) -> Decimal:
    """Return the number of a plain decimal string; raises ValueError for exponents and monsters."""
    if not _PLAIN.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a plain decimal number")
    return Decimal(text)


def sha256(data: bytes) -> str:
    """Return the SHA-256 of bytes in hex."""
    return hashlib.sha256(data).hexdigest()


def digest(data: Any) -> str:
    """Return the SHA-256 of the canonical text of JSON data, in hex."""
    return sha256(dumps(data).encode())
