"""The audit pack of a batch: one encrypted ZIP, written from plain values and verified without a database.

It imports nothing of Django: `python -m evaluations.subsidies verify PACK.zip` needs no settings and no database.
What is checked stands in `pack_check`, which every pack carries with it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyzipper

from evaluations.subsidies.pack_check import (
    DIGEST,
    EVIDENCE,
    FORM,
    LINES,
    MANIFEST,
    RULES,
    STEPS,
    Finding,
    NotReadable,
    check_contents,
    lines_digest,
)

__all__ = [
    "DIGEST",
    "EVIDENCE",
    "FORM",
    "LINES",
    "MANIFEST",
    "RULES",
    "STEPS",
    "Finding",
    "NotReadable",
    "lines_digest",
]
LEAST_PASSWORD = 12


def dumped(value: Any) -> str:
    """Return canonical JSON: sorted keys, decimals as text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str, separators=(",", ":"))


def write_pack(
    path: Path, *, password: str, manifest: Mapping[str, Any], parts: Iterable[tuple[str, bytes]]
) -> dict[str, Any]:
    """Write the parts and a manifest with the digest of each, AES-256 encrypted; returns the manifest."""
    digests: dict[str, str] = {}
    with pyzipper.AESZipFile(
        path, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES
    ) as archive:
        archive.setpassword(password.encode())
        for name, content in parts:
            archive.writestr(name, content)
            digests[name] = hashlib.sha256(content).hexdigest()
        whole = {"form": FORM, **manifest, "files": dict(sorted(digests.items()))}
        archive.writestr(MANIFEST, dumped(whole).encode())
    return whole


def lines_of(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return rows as JSON lines."""
    return "".join(dumped(row) + "\n" for row in rows).encode()


def verify_pack(path: Path, password: str) -> tuple[dict[str, Any], list[Finding]]:
    """Return the manifest and what does not agree: digests of files, sums, every amount, the approval, the hands.

    Raises NotReadable for another file or a wrong password.
    """
    try:
        with pyzipper.AESZipFile(path) as archive:
            archive.setpassword(password.encode())
            contents = {name: archive.read(name) for name in archive.namelist()}
    except (OSError, RuntimeError, pyzipper.BadZipFile) as error:
        raise NotReadable(str(error)) from error
    return check_contents(contents)
