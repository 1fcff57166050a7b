"""Keeps the Chinese interface complete, without GNU gettext.

`python -m redprop.common.translations compile` makes the .mo files from the .po files;
`check` reads every message out of Python sources and templates and reports those that
have no Chinese text, and texts whose placeholders differ from their message's.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import polib

CHECKOUT = Path(__file__).resolve().parents[2]
SOURCES = ("redprop", "communities", "enterprises", "evaluations", "templates")
CALLS = {
    "_",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%[sd]|\{(\w*)[^}]*\}")
# What Django makes of a template: calls of gettext functions among text blotted out with X.
TEMPLATE_CALL = re.compile(
    r"\b(_|gettext|ngettext|pgettext)\(\s*(u?(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')(?:\s*,\s*u?(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'))?)"
)


def po_files() -> list[Path]:
    return sorted((CHECKOUT / "locale").glob("*/LC_MESSAGES/*.po"))


def compile_all() -> int:
    """Make each .mo that is missing or older than its .po; returns how many were made."""
    made = 0
    for path in po_files():
        compiled = path.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime <= path.stat().st_mtime:
            polib.pofile(str(path)).save_as_mofile(str(compiled))
            made += 1
    return made


def in_python(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield (context, message) of each gettext call with a literal message."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name not in CALLS:
            continue
        literals = [part.value if isinstance(part, ast.Constant) else None for part in node.args[:2]]
        with_context = name.startswith("pgettext")
        message = literals[1:2] if with_context else literals[:1]
        if message and isinstance(message[0], str):
            yield (str(literals[0]) if with_context else None), message[0]


def in_template(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield (context, message) of each translate and blocktranslate tag and each _("…")."""
    from django.utils.translation.template import templatize

    for name, literals in TEMPLATE_CALL.findall(templatize(text)):
        values = ast.literal_eval(f"({literals},)")
        if name == "pgettext":
            yield values[0], values[1]
        else:
            yield None, values[0].replace("%%", "%") if name == "_" else values[0]


def messages() -> dict[tuple[str | None, str], Path]:
    """Return every message of our sources with the file where it was first found."""
    found: dict[tuple[str | None, str], Path] = {}
    for folder in SOURCES:
        for path in sorted((CHECKOUT / folder).rglob("*")):
            if path.suffix not in {".py", ".html", ".txt", ".svg"} or "/migrations/" in str(path):
                continue
            text = path.read_text()
            read = in_python if path.suffix == ".py" else in_template
            for key in read(text):
                if key[1]:
                    found.setdefault(key, path.relative_to(CHECKOUT))
    return found


def placeholders(text: str) -> list[str]:
    return sorted(match.group(0) for match in PLACEHOLDER.finditer(text.replace("%%", "")))


def check() -> list[str]:
    """Return what is missing or wrong in the Chinese translation, one sentence each."""
    path = CHECKOUT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    if not path.exists():
        return [f"{path.relative_to(CHECKOUT)} is missing."]
    entries = {(entry.msgctxt, entry.msgid): entry for entry in polib.pofile(str(path)) if not entry.obsolete}
    wrong = []
    for key, where in messages().items():
        if key not in entries:
            wrong.append(f"{where}: not in the translation file: {key[1][:100]!r}")
    for (_, message), entry in entries.items():
        texts = [entry.msgstr] if not entry.msgid_plural else list(entry.msgstr_plural.values())
        if not texts or not all(texts) or entry.fuzzy:
            wrong.append(f"no Chinese text (or marked fuzzy): {message[:100]!r}")
        elif not entry.msgid_plural and placeholders(message) != placeholders(entry.msgstr):
            wrong.append(f"placeholders differ: {message[:100]!r} and {entry.msgstr[:100]!r}")
    return wrong


def main(arguments: list[str]) -> int:
    if arguments == ["compile"]:
        compile_all()
        return 0
    if arguments == ["check"]:
        wrong = check()
        for line in wrong:
            print(line)  # noqa: T201
        return 1 if wrong else 0
    print("Usage: python -m redprop.common.translations compile|check", file=sys.stderr)  # noqa: T201
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
