"""A bundle read back from its ZIP: every failure is a sentence that names file, line and field.

Whether the numbers agree is asked in `verify.py`.
"""

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from evaluations.scoring import canonical
from evaluations.scoring.bundle import FILES, FORMAT, LARGEST, WITHDRAWN, Content, Entry
from evaluations.scoring.evaluate import CutOffs, Enterprise, Subject
from evaluations.scoring.listing import CutOff
from evaluations.scoring.problems import NotUsable, Problem, gettext_noop
from evaluations.scoring.rubric import from_json
from evaluations.scoring.transforms import Value


def read_zip(path: Path) -> dict[str, bytes]:
    """Return the files of a bundle; raises NotUsable with a sentence when it is not a whole bundle."""

    def unusable(code: str, template: str, **values: str) -> NotUsable:
        return NotUsable(Problem(code, template, {"file": path.name, **values}))

    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if sorted(names) != sorted(FILES):
                missing = sorted(set(FILES) - set(names))
                if missing:
                    raise unusable(
                        "zip-missing",
                        gettext_noop(
                            "“%(file)s” is not a whole bundle: %(missing)s is missing in it. Fetch it again."
                        ),
                        missing=", ".join(missing),
                    )
                raise unusable(
                    "zip-extra",
                    gettext_noop("“%(file)s” holds files that do not belong to a bundle: %(extra)s."),
                    extra=", ".join(
                        sorted(name for name in names if name not in FILES or names.count(name) > 1)
                    ),
                )
            if sum(info.file_size for info in archive.infolist()) > LARGEST:
                raise unusable(
                    "zip-large", gettext_noop("“%(file)s” would unpack to more than a bundle can be.")
                )
            return {name: archive.read(name) for name in FILES}
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        EOFError,
        NotImplementedError,
        RuntimeError,
        OSError,
        ValueError,
        zlib.error,
    ) as error:
        raise unusable(
            "zip-broken",
            gettext_noop(
                "“%(file)s” cannot be read as a ZIP file (%(why)s). It may be cut off: fetch it again."
            ),
            why=str(error),
        ) from None


@dataclass(frozen=True)
class Bundle:
    """A bundle read back: what it was computed from, and the results that it states."""

    manifest: Mapping[str, Any]
    content: Content
    stated_values: list[dict[str, Any]]
    stated_cards: list[dict[str, Any]]


class _Place:
    """Reads fields of one object of one file; every failure names file, line and field."""

    def __init__(self, data: Any, file: str, where: str) -> None:
        self.data, self.file, self.where = data, file, where
        if not isinstance(data, dict):
            raise self.wrong("")

    def wrong(self, name: str) -> NotUsable:
        return NotUsable(
            Problem(
                "bundle-unreadable",
                gettext_noop(
                    "%(file)s, %(where)s: “%(field)s” is missing or does not have the form of a bundle."
                ),
                {"file": self.file, "where": self.where, "field": name},
            )
        )

    def text(self, name: str) -> str:
        value = self.data.get(name)
        if not isinstance(value, str):
            raise self.wrong(name)
        return value

    def maybe_text(self, name: str) -> str | None:
        return None if self.data.get(name, "") is None else self.text(name)

    def maybe_decimal(self, name: str) -> Decimal | None:
        text = self.maybe_text(name)
        if text is None:
            return None
        try:
            return canonical.decimal(text)
        except ValueError:
            raise self.wrong(name) from None

    def decimal(self, name: str) -> Decimal:
        value = self.maybe_decimal(name)
        if value is None:
            raise self.wrong(name)
        return value

    def maybe_whole(self, name: str) -> int | None:
        value = self.maybe_decimal(name)
        if value is not None and value != int(value):
            raise self.wrong(name)
        return None if value is None else int(value)

    def whole(self, name: str) -> int:
        value = self.maybe_whole(name)
        if value is None:
            raise self.wrong(name)
        return value

    def flag(self, name: str) -> bool:
        value = self.data.get(name)
        if not isinstance(value, bool):
            raise self.wrong(name)
        return value

    def part(self, name: str) -> "_Place":
        value = self.data.get(name)
        if not isinstance(value, dict):
            raise self.wrong(name)
        return _Place(value, self.file, f"{self.where} {name}")

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.data.get(name)
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise self.wrong(name)
        return tuple(value)


def _load(files: Mapping[str, bytes], name: str, text: str | bytes, where: str) -> Any:
    try:
        return canonical.loads(text.decode() if isinstance(text, bytes) else text)
    except ValueError as error:
        raise NotUsable(
            Problem(
                "bundle-json",
                gettext_noop("%(file)s, %(where)s: not readable (%(why)s)."),
                {"file": name, "where": where, "why": str(error)},
            )
        ) from None


def _lines(files: Mapping[str, bytes], name: str) -> list[Any]:
    try:
        text = files[name].decode()
    except UnicodeDecodeError as error:
        raise NotUsable(
            Problem(
                "bundle-json",
                gettext_noop("%(file)s, %(where)s: not readable (%(why)s)."),
                {"file": name, "where": "UTF-8", "why": str(error)},
            )
        ) from None
    rows = text.split("\n")
    if rows and rows[-1] == "":
        rows.pop()
    return [_load(files, name, row, str(i)) for i, row in enumerate(rows, 1)]


def parse(files: Mapping[str, bytes]) -> Bundle:
    """Return the bundle in its dataclasses; raises NotUsable naming file, line and field."""
    manifest = _load(files, "manifest.json", files["manifest.json"], "1")
    head = _Place(manifest, "manifest.json", "1")
    if head.text("format") != FORMAT:
        raise head.wrong("format")
    entry_digests = head.part("entries")
    for name in entry_digests.data:
        entry_digests.text(name)
    head.part("files")
    rubric = from_json(_load(files, "rubric.json", files["rubric.json"], "1"))
    context = _Place(_load(files, "context.json", files["context.json"], "1"), "context.json", "1")
    stated_values = _lines(files, "values.jsonl")
    values: dict[str, dict[str, Value]] = {}
    for i, row in enumerate(stated_values, 1):
        place = _Place(row, "values.jsonl", str(i))
        column = values.setdefault(place.text("item"), {})
        if place.text("subject") in column:
            raise place.wrong("subject")
        column[place.text("subject")] = Value(
            place.maybe_decimal("numerator"), place.maybe_decimal("denominator"), place.maybe_whole("n")
        )
    stated_cards = _lines(files, "cards.jsonl")
    for i, row in enumerate(stated_cards, 1):
        place = _Place(row, "cards.jsonl", str(i))
        place.text("subject"), place.text("item")
    content = Content(
        district=head.text("district"),
        period=head.text("period"),
        kind=head.text("kind"),
        sequence=head.whole("sequence"),
        previous=head.maybe_text("previous"),
        rubric=rubric,
        subjects=tuple(_subject(context.part("subjects"), key) for key in context.part("subjects").data),
        enterprises=tuple(
            _enterprise(context.part("enterprises"), key) for key in context.part("enterprises").data
        ),
        values=values,
        entries=tuple(_entry(row, i) for i, row in enumerate(_lines(files, "entries.jsonl"), 1)),
        left_out={key: context.part("left_out").text(key) for key in context.part("left_out").data},
        quarters=tuple(int(q) for q in context.texts("quarters") if q in ("1", "2", "3", "4")),
        cut_offs=_cut_offs(context.part("cut_offs")) if "cut_offs" in context.data else None,
    )
    return Bundle(manifest, content, stated_values, stated_cards)


def read_cut_offs(data: Mapping[str, Any]) -> CutOffs:
    """Return published limits from plain data (`bundle.cut_offs_json`); raises NotUsable."""
    return _cut_offs(_Place(dict(data), "context.json", "1 cut_offs"))


def _cut_offs(place: _Place) -> CutOffs:
    def groups(part: _Place) -> dict[str, CutOff]:
        return {
            group: CutOff(part.part(group).maybe_decimal("red"), part.part(group).maybe_decimal("tail"))
            for group in part.data
        }

    return CutOffs(groups(place.part("projects")), groups(place.part("enterprises")))


def _subject(subjects: _Place, key: str) -> Subject:
    place = subjects.part(key)
    preceding, totals = place.part("preceding"), place.part("quarter_totals")
    return Subject(
        key=key,
        enterprise=place.text("enterprise"),
        group=place.text("group"),
        days=place.whole("days"),
        households=place.whole("households"),
        area=place.decimal("area"),
        population=place.maybe_whole("population"),
        vetoes=place.texts("vetoes"),
        exclusion=place.text("exclusion"),
        preceding_colour=preceding.text("colour"),
        preceding_tail=preceding.flag("tail"),
        resurveyed=place.flag("resurveyed"),
        quarter_totals=tuple((int(q), totals.decimal(q)) for q in sorted(totals.data) if q in "1234"),
    )


def _enterprise(enterprises: _Place, key: str) -> Enterprise:
    place = enterprises.part(key)
    preceding = place.part("preceding")
    return Enterprise(
        key=key,
        vetoes=place.texts("vetoes"),
        exclusion=place.text("exclusion"),
        preceding_colour=preceding.text("colour"),
        preceding_tail=preceding.flag("tail"),
        resurveyed=place.flag("resurveyed"),
    )


def _entry(row: Any, line: int) -> Entry:
    place = _Place(row, "entries.jsonl", str(line))
    if "withdrawn" in place.data:
        if place.text("withdrawn") not in WITHDRAWN or len(place.data) > 3:
            raise place.wrong("withdrawn")
        return Entry(place.text("subject"), place.text("level"), withdrawn=place.text("withdrawn"))
    reasons = place.data.get("reasons")
    if not isinstance(reasons, list) or not all(isinstance(reason, dict) for reason in reasons):
        raise place.wrong("reasons")
    return Entry(
        subject=place.text("subject"),
        level=place.text("level"),
        names=place.part("names").data,
        colour=place.text("colour"),
        reasons=tuple(reasons),
        salt=place.text("salt"),
    )
