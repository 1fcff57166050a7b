"""The list of packages with their licences, docs/licences.md: `python -m redprop.common.licences [--check]`.

Read from what is installed for `requirements.lock`; a package without a licence, or with one that
forbids what the portal does, is named and fails.
"""

import re
import sys
from email.message import Message
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import cast

CHECKOUT = Path(__file__).resolve().parents[2]
LOCK = CHECKOUT / "requirements.lock"
LIST = CHECKOUT / "docs" / "licences.md"
HEAD = """# Packages and their licences

Made by `python -m redprop.common.licences` from the packages of `requirements.lock`; `make scan` and a test compare it.
Everything is used as published, nothing of it stands in this repository. Copyleft of a library (LGPL, MPL) asks that
changes to the library itself be given on; we make none.

| package | version | licence |
|---|---|---|
"""
NOT_ALONGSIDE = re.compile(r"\b(AGPL|Affero|Commercial|Proprietary|BUSL|SSPL)\b", re.IGNORECASE)


def locked() -> dict[str, str]:
    """Return version by package as the lock pins them."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s\\;]+)", LOCK.read_text(), re.MULTILINE))


def licence_of(name: str) -> str:
    """Return the licence that a package names: expression, field, or classifiers; "" when it names none."""
    try:
        told = cast(Message, distribution(name).metadata)
    except PackageNotFoundError:
        return ""
    expression = told.get("License-Expression") or ""
    field = (told.get("License") or "").strip()
    classes = [
        line.rpartition(" :: ")[2].replace(" License", "").replace("OSI Approved", "")
        for line in told.get_all("Classifier") or []
        if line.startswith("License ::")
    ]
    short = field if field and "\n" not in field and len(field) < 60 else ""
    found = expression or short or ", ".join(filter(None, classes))
    if not found and field:  # the whole text: its first line names it
        found = next(line.strip() for line in field.splitlines() if line.strip())[:60]
    return " ".join(found.split()).replace("|", "/")


def listed() -> tuple[str, list[str]]:
    """Return the page, and a sentence for each package that must not stay so."""
    rows, wrong = [], []
    for name, version in sorted(locked().items()):
        licence = licence_of(name)
        if not licence:
            wrong.append(f"{name} names no licence.")
        elif NOT_ALONGSIDE.search(licence):
            wrong.append(f"{name} is under {licence}.")
        rows.append(f"| {name} | {version} | {licence} |")
    return HEAD + "\n".join(rows) + "\n", wrong


def main(arguments: list[str]) -> int:
    """Write the list, or with --check compare it; 1 when a licence is missing or the list is old."""
    page, wrong = listed()
    if "--check" in arguments:
        if not LIST.exists() or LIST.read_text() != page:
            wrong.append("docs/licences.md is not what the lock gives: python -m redprop.common.licences")
    else:
        LIST.write_text(page)
    for line in wrong:
        print(line)  # noqa: T201
    print(f"{len(locked())} packages, {len(wrong)} complaints.")  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
