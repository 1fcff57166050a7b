"""Headers that no register knows: what each column of a file probably is, and the kept answers (profiles).

`questions` reads the first rows of a file only. Nothing is taken for certain here: a person confirms
the proposals once, and the profile answers for the next file that looks alike.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.tabular.cells import CellError, clean
from redprop.common.tabular.declare import Column, Register
from redprop.common.tabular.headers import LOOK_AT, Matcher, plain, unit
from redprop.common.tabular.kinds import Boolean, Choice, Date, Number, Uscc
from redprop.common.tabular.reading import Sheet, open_sheets
from redprop.common.text import normalise
from redprop.core.models import MappingProfile

SAMPLES = 3
SAMPLE_ROWS = 60
LIKELY = 0.55
ALIKE = 0.6
"""So much of all headers two files must share for the one's profile to be proposed for the other."""
NUMBERING = frozenset({"序号", "编号序", "no", "no.", "行号", "未通过原因"})
"""Headers of no content: left out without asking."""


@dataclass
class Question:
    """One column of the file: its header, what stands in it, the field it is taken for ("": left out)."""

    position: int
    header: str
    samples: list[str]
    field: str = ""
    known: bool = False


@dataclass
class Questions:
    """All columns of a file's sheet; `profile` is the kept mapping that fits best."""

    sheet: str
    columns: list[Question]
    profile: MappingProfile | None = None
    missing: list[str] = field(default_factory=list)

    @property
    def unknown(self) -> list[Question]:
        """The columns that must be asked about."""
        return [one for one in self.columns if not one.known]

    @property
    def headers(self) -> list[str]:
        """All headers in plain form."""
        return sorted({plain(one.header) for one in self.columns})


def questions(
    *,
    register: Register,
    path: Path,
    district: District,
    sheet: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Questions | None:
    """Return the file's columns when some are unknown, else None; None also for a file that cannot be read.

    One query.
    """
    given = dict(mapping or {})
    try:
        found = _header_row(register, open_sheets(path, sheet), given)
    except Refused:
        return None
    if found is None:
        return None
    chosen, rows, start = found
    columns = _columns(register, given, rows, start)
    asked = Questions(chosen.name, columns)
    if not asked.unknown:
        return None
    asked.profile = proposed_profile(district=district, register=register, headers=asked.headers)
    _guess(register, asked, rows[start + 1 :])
    taken = {one.field for one in columns}
    asked.missing = [c.header for c in register.columns if c.required and c.field not in taken]
    return asked


def _header_row(
    register: Register, sheets: list[Sheet], mapping: Mapping[str, str]
) -> tuple[Sheet, list[Any], int] | None:
    """Return sheet, first rows and place of the header: where most columns are known, else where most are named."""
    matcher = Matcher(register, mapping)
    best: tuple[tuple[int, int], Sheet, list[Any], int] | None = None
    for sheet in sheets:
        rows = [cells for _number, cells in islice(sheet.rows(), LOOK_AT + SAMPLE_ROWS)]
        for place, cells in enumerate(rows[:LOOK_AT]):
            known, _filled = matcher.score(cells)
            named = _names(cells)
            below = rows[place + 1 : place + 4]
            if len(named) < 2 or not any(_filled_cells(row) >= 2 for row in below):
                continue
            score = (known, len(named))
            if best is None or score > best[0]:
                best = (score, sheet, rows, place)
    return best[1:] if best else None


def _names(cells: Iterable[Any]) -> set[str]:
    """Return the distinct texts of a row that could be headers: short, no numbers."""
    found = set()
    for cell in cells:
        text = plain(cell) if isinstance(cell, str) else ""
        if 0 < len(text) <= 30 and not any(ch.isdigit() for ch in text[:4]):
            found.add(text)
    return found


def _filled_cells(cells: Iterable[Any]) -> int:
    return sum(cell not in ("", None) for cell in cells)


def _columns(register: Register, mapping: Mapping[str, str], rows: list[Any], start: int) -> list[Question]:
    matcher = Matcher(register, mapping)
    settled = {plain(header) for header in mapping} | NUMBERING
    found: list[Question] = []
    taken: set[str] = set()
    for position, cell in enumerate(rows[start]):
        header = " ".join(str(cell or "").split())
        if not header:
            continue
        match = matcher.column(header)
        name = match[1].field if match and not match[1].read_only else ""
        double = bool(name) and name in taken
        taken.add(name)
        found.append(
            Question(
                position,
                header,
                _samples(rows[start + 1 :], position),
                "" if double else name,
                known=not double and (match is not None or plain(header) in settled),
            )
        )
    return found


def _samples(rows: Iterable[Any], position: int) -> list[str]:
    """Return the first different values of a column; what cannot be read is shown as it stands."""
    found: list[str] = []
    for cells in rows:
        cell = cells[position] if position < len(cells) else ""
        if cell in ("", None):
            continue
        try:
            text = clean(cell)
        except CellError:
            text = str(cell)
        if text and text[:60] not in found:
            found.append(text[:60])
        if len(found) == SAMPLES:
            break
    return found


# Guessing


def _guess(register: Register, asked: Questions, rows: list[Any]) -> None:
    """Give each unknown column its most likely field: the profile's, else by name and kind of values."""
    answers = asked.profile.mapping if asked.profile else {}
    kept = {plain(header): name for header, name in answers.items()}
    taken = {one.field for one in asked.columns if one.known and one.field}
    free = {c.field: c for c in register.columns if not c.read_only and c.field not in taken}
    open_questions = []
    for one in asked.unknown:
        if plain(one.header) in kept:
            one.field = kept[plain(one.header)] if kept[plain(one.header)] in free else ""
            free.pop(one.field, None)
        else:
            one.field = ""
            open_questions.append(one)
    scores = sorted(
        (
            (likeness(column, one.header, _raw(rows, one.position)), -one.position, one, column)
            for one in open_questions
            for column in free.values()
        ),
        key=lambda found: found[:2],
        reverse=True,
    )
    for score, _place, one, column in scores:
        if score >= LIKELY and not one.field and column.field in free:
            one.field = column.field
            del free[column.field]


def _raw(rows: Iterable[Any], position: int) -> list[Any]:
    cells = (row[position] for row in rows if position < len(row))
    return list(islice((cell for cell in cells if cell not in ("", None)), 20))


def likeness(column: Column, header: str, values: list[Any]) -> float:
    """Return how likely a column of a file is `column`, 0 to 1: by its header, and by what stands in it."""
    text = plain(header).strip("()（）")
    best = 0.0
    for name in (column.header, *column.aliases):
        other = plain(name)
        ratio = SequenceMatcher(None, text, other).ratio()
        if len(text) >= 2 and (text in other or other in text):
            ratio = max(ratio, 0.6 + 0.3 * min(len(text), len(other)) / max(len(text), len(other)))
        best = max(best, ratio)
    if not values:
        return best * 0.9
    kind = column.kind
    telling = isinstance(kind, Number | Date | Boolean | Choice | Uscc)
    if not telling:
        return best
    share = sum(_readable(kind, value, unit(header)) for value in values) / len(values)
    if share < 0.5:
        return best * 0.5
    if isinstance(kind, Uscc | Choice) and share == 1:
        return max(best, 0.6)
    return min(1.0, best + 0.1 * share)


def _readable(kind: Any, value: Any, factor: int) -> bool:
    try:
        kind.parse(value, factor)
    except (CellError, Refused):
        return False
    return True


# Profiles


def proposed_profile(
    *, district: District, register: Register, headers: Iterable[str]
) -> MappingProfile | None:
    """Return the kept mapping whose file had the same or mostly the same headers, the latest of equals."""
    mine = set(headers)
    best: tuple[float, MappingProfile] | None = None
    for profile in MappingProfile.objects.filter(district=district, register=register.name).order_by(
        "-changed_at"
    ):
        theirs = set(profile.headers)
        share = len(mine & theirs) / len(mine | theirs) if mine | theirs else 0
        helps = any(plain(header) in mine for header in profile.mapping)
        if helps and share >= ALIKE and (best is None or share > best[0]):
            best = (share, profile)
    return best[1] if best else None


def get_profile(*, district: District, register: Register, name: str) -> MappingProfile:
    """Return the profile of that name; raises Refused, naming those there are."""
    profiles = MappingProfile.objects.filter(district=district, register=register.name)
    found = profiles.filter(name=normalise(name)).first()
    if found is None:
        names = "、".join(profiles.values_list("name", flat=True)) or _("none")
        raise Refused(
            _("There is no column mapping “%(name)s” of this register. There are: %(names)s.")
            % {"name": name, "names": names},
            code="no-profile",
        )
    return found


def mapping_for(*, profile: MappingProfile, path: Path, sheet: str | None = None) -> dict[str, str]:
    """Return what of a profile speaks of columns that the file has; raises Refused for an unreadable file."""
    present: dict[str, str] = {}
    for one in open_sheets(path, sheet):
        for _number, cells in islice(one.rows(), LOOK_AT):
            for cell in cells:
                if isinstance(cell, str) and cell.strip():
                    present.setdefault(plain(cell), " ".join(cell.split()))
    return {present[plain(h)]: name for h, name in profile.mapping.items() if plain(h) in present}


def headers_of(*, register: Register, path: Path, sheet: str | None, mapping: Mapping[str, str]) -> list[str]:
    """Return the plain headers of the sheet that a mapping is for, empty when none is found."""
    found = _header_row(register, open_sheets(path, sheet), mapping)
    if found is None:
        return []
    _sheet, rows, start = found
    return sorted({plain(cell) for cell in rows[start] if plain(cell)})


def check_mapping(register: Register, mapping: Mapping[str, str]) -> None:
    """Raise Refused when two columns are to be the same field, or a field does not exist."""
    seen: dict[str, str] = {}
    for header, name in mapping.items():
        if not name:
            continue
        column = register.by_field.get(name)
        if column is None or column.read_only:
            raise Refused(
                _("“%(header)s”: the register has no such column any more. Choose another.")
                % {"header": header},
                code="mapping",
            )
        if name in seen:
            raise Refused(
                _("“%(first)s” and “%(second)s” are both set to “%(column)s”. Leave one of them out.")
                % {"first": seen[name], "second": header, "column": column.header},
                code="double-column",
            )
        seen[name] = header


def save_profile(
    *,
    district: District,
    register: Register,
    name: str,
    headers: Iterable[str],
    mapping: Mapping[str, str],
    sheet: str = "",
    acting_user: User | None,
) -> MappingProfile:
    """Keep a mapping under a name; one of the same name is replaced."""
    name = normalise(name)
    if not name or len(name) > 60:
        raise Refused(
            _("Give the column mapping a name of 1 to 60 characters."), code="profile-name", field="name"
        )
    if not mapping:
        raise Refused(
            _("There is nothing to keep: no column was named by hand."), code="profile-empty", field="name"
        )
    check_mapping(register, mapping)
    who = acting_user.get_username() if acting_user else "system"
    with transaction.atomic():
        profile, _created = MappingProfile.objects.update_or_create(
            district=district,
            register=register.name,
            name=name,
            defaults={
                "headers": sorted(set(headers)),
                "mapping": dict(mapping),
                "sheet": sheet[:100],
                "changed_by": who,
            },
            create_defaults={
                "headers": sorted(set(headers)),
                "mapping": dict(mapping),
                "sheet": sheet[:100],
                "changed_by": who,
                "recorded_by": who,
            },
        )
    return profile
