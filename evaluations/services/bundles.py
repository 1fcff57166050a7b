"""The bundle of a release: from the rows that the closing froze to the canonical ZIP, and back to the same digest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from evaluations.models import ClosingRun, ListEntry, Release, ReleaseEntry
from evaluations.scoring import bundle as pure
from evaluations.scoring.evaluate import Card, CutOffs, Enterprise, EnterpriseCard, Outcome, Subject, evaluate
from evaluations.scoring.listing import Colour, Place, Reason, Standing
from evaluations.scoring.reading import read_cut_offs
from evaluations.scoring.rubric import Rubric as RubricValue
from evaluations.scoring.transforms import Line, Status, Value
from evaluations.services.rubrics import value_of
from evaluations.services.run_data import load_cards, load_enterprises, load_subjects, quarter_numbers
from redprop.common.errors import Refused

WITHDRAWN_STATES = {
    ListEntry.State.EXPIRED: "expired",
    ListEntry.State.REPAIRED: "repaired",
    ListEntry.State.WITHDRAWN: "withdrawn",
    ListEntry.State.STRUCK: "struck",
}
"""How an entry left the public files. Struck after its notice: the objection was right, so its names go."""


def pseudonym(key: str, level: str, pk: int | str) -> str:
    """Return the pseudonym of a project (P…) or enterprise (E…) in the release with that key."""
    letter = "P" if level == "project" else "E"
    return letter + sha256(f"{key}|{level}|{pk}".encode()).hexdigest()[:12]


def salt_of(key: str, name: str) -> str:
    """Return the salt of an entry's digest: not to be guessed without the key."""
    return sha256(f"{key}|salt|{name}".encode()).hexdigest()[:32]


@dataclass(frozen=True)
class RunData:
    """A finished run read back: what was computed from what, under the rows' own ids."""

    rubric: RubricValue
    subjects: list[Subject]
    enterprises: list[Enterprise]
    values: dict[str, dict[str, Value]]
    outcome: Outcome
    cut_offs: CutOffs | None = None


def load_run(run: ClosingRun) -> RunData:
    """Return the data of a run (seven queries, whatever the size)."""
    rubric = value_of(run.period.rubric)
    subjects, enterprises = load_subjects(run), load_enterprises(run)
    values: dict[str, dict[str, Value]] = {item.code: {} for item in rubric.items}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT project_id::text, item, numerator, denominator, n FROM evaluations_indicatorvalue WHERE run_id = %s",
            [run.pk],
        )
        for key, item, numerator, denominator, n in cursor.fetchall():
            values[item][key] = Value(numerator, denominator, n)
    if run.corrects_id is not None:
        # A correction keeps its inputs alone; what follows from them is computed again.
        quarters = quarter_numbers(run.period)
        limits = None if run.cut_offs is None else read_cut_offs(run.cut_offs)
        outcome = evaluate(rubric, subjects, enterprises, values, quarters=quarters, cut_offs=limits)
        return RunData(rubric, subjects, enterprises, values, outcome, limits)
    cards = _with_lines(run, rubric, load_cards(run, rubric))
    standings: dict[str, Standing] = {}
    enterprise_standings: dict[str, Standing] = {}
    enterprise_cards: dict[str, EnterpriseCard] = {}
    for entry in ListEntry.objects.filter(run=run).iterator(chunk_size=5000):
        if entry.level == "project":
            standings[str(entry.project_id)] = standing_of(entry)
        else:
            key = str(entry.enterprise_id)
            enterprise_standings[key] = standing_of(entry)
            total = None if entry.total is None else entry.total.quantize(rubric.quantum)
            enterprise_cards[key] = EnterpriseCard(key, total, entry.band, entry.projects)
    outcome = Outcome(cards, standings, enterprise_cards, enterprise_standings)
    return RunData(rubric, subjects, enterprises, values, outcome)


def _with_lines(run: ClosingRun, rubric: RubricValue, cards: dict[str, Card]) -> dict[str, Card]:
    index = {item.code: i for i, item in enumerate(rubric.items)}
    lines: dict[str, list[Line | None]] = {key: [None] * len(index) for key in cards}
    known: dict[tuple[Decimal | None, str], Line] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT project_id::text, item, points, status FROM evaluations_scoreline WHERE run_id = %s",
            [run.pk],
        )
        for key, item, points, status in cursor.fetchall():
            line = known.get((points, status))
            if line is None:
                shown = None if points is None else points.quantize(rubric.line_quantum)
                line = known[points, status] = Line(shown, None, Status(status))
            lines[key][index[item]] = line
    missing = Line(None, None, Status.MISSING)
    return {
        key: replace(card, lines=tuple(line or missing for line in lines[key])) for key, card in cards.items()
    }


def standing_of(entry: ListEntry) -> Standing:
    """Return the standing that an entry was made from."""
    reasons = tuple(
        Reason(reason["code"], tuple((k, v) for k, v in reason.items() if k != "code"))
        for reason in entry.reasons
    )
    return Standing(
        str(entry.project_id or entry.enterprise_id),
        Place(entry.place),
        entry.rank,
        entry.ranked,
        Colour(entry.colour),
        reasons,
        entry.tail,
    )


def content_of(
    release: Release, data: RunData, entries: Iterable[pure.Entry], left_out: Mapping[str, str]
) -> tuple[pure.Content, Outcome]:
    """Return content and outcome of a release under its pseudonyms."""
    key = release.pseudonym_key
    project = {s.key: pseudonym(key, "project", s.key) for s in data.subjects}
    enterprise = {e.key: pseudonym(key, "enterprise", e.key) for e in data.enterprises}
    content = pure.Content(
        district=release.district.code,
        period=release.period.code,
        kind=release.kind,
        sequence=release.sequence,
        previous=release.previous_digest or None,
        rubric=data.rubric,
        subjects=tuple(
            replace(s, key=project[s.key], enterprise=enterprise[s.enterprise]) for s in data.subjects
        ),
        enterprises=tuple(replace(e, key=enterprise[e.key]) for e in data.enterprises),
        values={item: {project[k]: v for k, v in column.items()} for item, column in data.values.items()},
        entries=tuple(entries),
        left_out=dict(left_out),
        quarters=tuple(quarter_numbers(release.period)),
        cut_offs=data.cut_offs,
    )
    given = data.outcome
    outcome = Outcome(
        {project[k]: card for k, card in given.cards.items()},
        {project[k]: standing for k, standing in given.standings.items()},
        {enterprise[k]: card for k, card in given.enterprise_cards.items()},
        {enterprise[k]: standing for k, standing in given.enterprise_standings.items()},
    )
    return content, outcome


def entry_of(row: ReleaseEntry) -> pure.Entry:
    """Return a published row as an entry of the bundle; a tombstone when the law ended its display."""
    state = row.entry.state
    if state in WITHDRAWN_STATES:
        return pure.Entry(row.pseudonym, row.level, withdrawn=WITHDRAWN_STATES[state])
    names: dict[str, Any] = {"enterprise": row.enterprise_name, "uscc": row.enterprise_uscc}
    if row.level == "project":
        names |= {
            "code": row.project_code,
            "project": row.project_name,
            "post": row.manager_post,
            "compounds": [compound["name"] for compound in row.compounds],
        }
    return pure.Entry(
        row.pseudonym, row.level, names, row.colour, tuple(dict(reason) for reason in row.reasons), row.salt
    )


def packed(release: Release) -> pure.Packed:
    """Return the files of a published release; raises Refused when they no longer give its digest."""
    rows = release.entries.filter(is_named=True).select_related("entry")
    data = load_run(release.run)
    content, outcome = content_of(release, data, [entry_of(row) for row in rows], release.left_out)
    result = pure.pack(content, outcome, release.manifest.get("entries"))
    if result.digest != release.digest:
        raise Refused(
            _(
                "The rows of release %(number)s no longer give its digest. Keep the database as it is and tell the audit administrator."
            )
            % {"number": release.sequence},
            code="digest",
        )
    return result


def write_bundle(*, release: Release, path: Path) -> str:
    """Write the bundle of a published release to `path` and return its digest."""
    result = packed(release)
    pure.write_zip(path, result.files)
    return result.digest
