"""The canonical bundle of a release: everything its result was computed from, as one ZIP.

Files as in design section 5. `pack` makes them from dataclasses, `write_zip` writes
them; `reading.py` brings them back, `verify.py` asks whether the numbers agree.
"""

import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from evaluations.scoring import canonical
from evaluations.scoring.evaluate import CutOffs, Enterprise, Outcome, Subject
from evaluations.scoring.listing import CutOff
from evaluations.scoring.rubric import Rubric, number, to_json
from evaluations.scoring.transforms import RAW_QUANTUM, Status, Value, exact_raw, status_of
from redprop.common.rounding import quantize

FORMAT = "redprop-bundle/1"
FILES = ("manifest.json", "rubric.json", "context.json", "values.jsonl", "cards.jsonl", "entries.jsonl")
DIGESTED = ("rubric.json", "context.json", "values.jsonl", "cards.jsonl")
ROLLUP = "rollup"
WITHDRAWN = ("expired", "repaired", "withdrawn", "struck")
"""How an entry may have left the display."""
LARGEST = 1 << 30
_STAMP = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Entry:
    """A published entry. `withdrawn` makes it a tombstone: names, reasons, colour and salt are gone."""

    subject: str
    level: str = "project"
    names: Mapping[str, Any] = field(default_factory=dict)
    colour: str = ""
    reasons: tuple[Mapping[str, str], ...] = ()
    salt: str = ""
    withdrawn: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the entry as it stands in `entries.jsonl`."""
        if self.withdrawn:
            return {"subject": self.subject, "level": self.level, "withdrawn": self.withdrawn}
        return {
            "subject": self.subject,
            "level": self.level,
            "names": dict(self.names),
            "colour": self.colour,
            "reasons": [dict(reason) for reason in self.reasons],
            "salt": self.salt,
        }

    def digest(self) -> str:
        """Return the salted digest that the manifest holds of the entry."""
        return canonical.digest(self.as_json())


@dataclass(frozen=True)
class Content:
    """What a release publishes. `left_out` says why a subject on a list has no entry here (struck, held, noticed, earlier, waiting)."""

    district: str
    period: str
    kind: str
    sequence: int
    previous: str | None
    rubric: Rubric
    subjects: tuple[Subject, ...]
    enterprises: tuple[Enterprise, ...]
    values: Mapping[str, Mapping[str, Value]]
    entries: tuple[Entry, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    quarters: tuple[int, ...] = ()
    cut_offs: CutOffs | None = None


@dataclass(frozen=True)
class Packed:
    """The files of a bundle with the digest that the next release points to."""

    files: dict[str, bytes]
    digest: str
    entry_digests: dict[str, str]


def pack(content: Content, outcome: Outcome, entry_digests: Mapping[str, str] | None = None) -> Packed:
    """Return the files of a bundle. `entry_digests` are those already published, kept for tombstones."""
    kept = dict(entry_digests or {})
    for entry in content.entries:
        if not entry.withdrawn:
            kept[entry.subject] = entry.digest()
    files = {
        "rubric.json": canonical.encode(to_json(content.rubric)),
        "context.json": canonical.encode(_context(content)),
        "values.jsonl": canonical.encode_lines(value_rows(content)),
        "cards.jsonl": canonical.encode_lines(card_rows(content.rubric, outcome)),
        "entries.jsonl": canonical.encode_lines(
            entry.as_json() for entry in sorted(content.entries, key=lambda e: (e.level, e.subject))
        ),
    }
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "district": content.district,
        "period": content.period,
        "kind": content.kind,
        "sequence": str(content.sequence),
        "previous": content.previous,
        "rubric": f"{content.rubric.code}@{content.rubric.version}",
        "files": {name: canonical.sha256(files[name]) for name in DIGESTED},
        "entries": kept,
    }
    manifest["digest"] = canonical.digest(manifest)
    files["manifest.json"] = canonical.encode(manifest)
    return Packed({name: files[name] for name in FILES}, manifest["digest"], kept)


def text_or_none(value: Decimal | int | None) -> str | None:
    """Return a decimal string, or None."""
    if value is None:
        return None
    return number(Decimal(value))


def fixed_or_none(value: Decimal | None) -> str | None:
    """Return a rounded result with all its places, or None."""
    return None if value is None else format(value, "f")


def value_rows(content: Content) -> Iterable[dict[str, Any]]:
    """Yield the rows of `values.jsonl` by subject and item."""
    columns = [(item, content.values.get(item.code, {})) for item in content.rubric.items]
    for subject in sorted(content.subjects, key=lambda s: s.key):
        for item, column in columns:
            value = column.get(subject.key)
            if value is None:
                continue
            raw = None
            if status_of(item, value, subject.population) is not Status.MISSING:
                raw = text_or_none(quantize(exact_raw(item, value), RAW_QUANTUM))
            yield {
                "subject": subject.key,
                "item": item.code,
                "numerator": text_or_none(value.numerator),
                "denominator": text_or_none(value.denominator),
                "n": text_or_none(value.n),
                "raw": raw,
            }


def card_rows(rubric: Rubric, outcome: Outcome) -> Iterable[dict[str, Any]]:
    """Yield the rows of `cards.jsonl`: one for each item of a project, one `rollup` for an enterprise."""
    for key in sorted(outcome.cards):
        card, standing = outcome.cards[key], outcome.standings[key]
        for item, line in zip(rubric.items, card.lines, strict=True):
            yield {
                "subject": key,
                "item": item.code,
                "points": fixed_or_none(line.points),
                "status": str(line.status),
                "total": fixed_or_none(card.total),
                "rank": text_or_none(standing.rank),
                "band": card.band,
            }
    for key in sorted(outcome.enterprise_cards):
        rolled, standing = outcome.enterprise_cards[key], outcome.enterprise_standings[key]
        yield {
            "subject": key,
            "item": ROLLUP,
            "points": fixed_or_none(rolled.total),
            "status": str(standing.place),
            "total": fixed_or_none(rolled.total),
            "rank": text_or_none(standing.rank),
            "band": rolled.band,
        }


def cut_offs_json(limits: CutOffs) -> dict[str, dict[str, dict[str, str | None]]]:
    """Return published limits as plain data, by level and rank group."""

    def groups(found: Mapping[str, CutOff]) -> dict[str, dict[str, str | None]]:
        return {
            group: {"red": fixed_or_none(cut.red), "tail": fixed_or_none(cut.tail)}
            for group, cut in sorted(found.items())
        }

    return {"projects": groups(limits.projects), "enterprises": groups(limits.enterprises)}


def _context(content: Content) -> dict[str, Any]:
    # Only a correction after the final list measures by limits published before it.
    limits = {} if content.cut_offs is None else {"cut_offs": cut_offs_json(content.cut_offs)}
    return limits | {
        "quarters": [str(quarter) for quarter in content.quarters],
        "left_out": dict(content.left_out),
        "subjects": {
            s.key: {
                "enterprise": s.enterprise,
                "group": s.group,
                "days": str(s.days),
                "households": str(s.households),
                "area": number(s.area),
                "population": text_or_none(s.population),
                "vetoes": sorted(s.vetoes),
                "exclusion": s.exclusion,
                "preceding": {"colour": s.preceding_colour, "tail": s.preceding_tail},
                "resurveyed": s.resurveyed,
                "quarter_totals": {str(q): fixed_or_none(t) for q, t in s.quarter_totals},
            }
            for s in content.subjects
        },
        "enterprises": {
            e.key: {
                "vetoes": sorted(e.vetoes),
                "exclusion": e.exclusion,
                "preceding": {"colour": e.preceding_colour, "tail": e.preceding_tail},
                "resurveyed": e.resurveyed,
            }
            for e in content.enterprises
        },
    }


def write_zip(path: Path, files: Mapping[str, bytes]) -> None:
    """Write the files as a ZIP with fixed order and times, so that equal content gives an equal file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in FILES:
            info = zipfile.ZipInfo(name, _STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            info.create_system = 3
            archive.writestr(info, files[name])
