"""Codes of a request: the number in the ledger, and the code by which the resident alone follows it.

The resident's code is stored as a keyed hash. It is shown once, to whoever records the request, and lost
with the slip it was written on; a new one can then be given.
"""

import hashlib
import secrets

from redprop.common.secrets import keyed_hash
from redprop.common.text import normalise

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Letters of a code: none that is mistaken for another when read aloud."""

LENGTH = 10
_HASH = "request-code"


def new_code() -> str:
    """Return a random code."""
    return "".join(secrets.choice(CODE_LETTERS) for _letter in range(LENGTH))


def code_from(seed: str) -> str:
    """Return the code that belongs to `seed`, always the same: a form sent twice finds its first request."""
    left = int(hashlib.sha256(keyed_hash(seed, about="request-code-seed").encode()).hexdigest(), 16)
    letters = []
    for _letter in range(LENGTH):
        left, rest = divmod(left, len(CODE_LETTERS))
        letters.append(CODE_LETTERS[rest])
    return "".join(letters)


def plain_code(typed: str) -> str:
    """Return a code as typed, without spaces and dashes, in capitals."""
    return "".join(char for char in normalise(typed).upper() if char.isalnum())[:20]


def shown_code(code: str) -> str:
    """Return the code in two groups, as it is read aloud."""
    return f"{code[:5]}-{code[5:]}"


def hash_of(code: str) -> str:
    """Return what is stored of a resident's code."""
    return keyed_hash(plain_code(code), about=_HASH)
