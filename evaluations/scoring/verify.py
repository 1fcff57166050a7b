"""Does a bundle state what its own inputs give? Digests first, then everything recomputed.

Returns problems, one for each differing line; prints nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from evaluations.scoring import canonical
from evaluations.scoring.bundle import DIGESTED, Entry, card_rows, value_rows
from evaluations.scoring.evaluate import Outcome, evaluate
from evaluations.scoring.listing import NAMED
from evaluations.scoring.problems import Problem, gettext_noop
from evaluations.scoring.reading import Bundle
from evaluations.scoring.validation import problems as rubric_problems

DIFFERS = gettext_noop(
    "%(file)s, line %(line)s, %(subject)s %(item)s: %(field)s is stated as %(stated)s, recomputed as %(computed)s"
)
NO_LINE = gettext_noop("%(file)s: the line of %(subject)s %(item)s is missing")
EXTRA_LINE = gettext_noop("%(file)s, line %(line)s: %(subject)s %(item)s should not be there")
FILE_DIGEST = gettext_noop("%(file)s: the content does not match its digest in the manifest")
MANIFEST_DIGEST = gettext_noop("manifest.json: the manifest does not match its own digest")
ENTRY_DIGEST = gettext_noop(
    "entries.jsonl: the entry of %(subject)s does not match its digest in the manifest"
)
NO_ENTRY = gettext_noop(
    "entries.jsonl: %(subject)s is %(colour)s by the rule but has no entry and is not named as left out"
)
UNKNOWN_DIGEST = gettext_noop("manifest.json: there is a digest for %(subject)s but no such entry")
CHAIN = gettext_noop(
    "manifest.json: the preceding digest is stated as %(stated)s, the preceding bundle has %(computed)s"
)
RUBRIC = gettext_noop("rubric.json: %(problem)s")


@dataclass(frozen=True)
class Report:
    """What a verification found. `withdrawn` are entries that were taken from display since."""

    problems: list[Problem]
    outcome: Outcome
    withdrawn: tuple[str, ...]


def verify(bundle: Bundle, files: Mapping[str, bytes], previous: Mapping[str, Any] | None = None) -> Report:
    """Return the differences of a bundle; `previous` is the manifest of the preceding release, if at hand."""
    content = bundle.content
    found = list(_digests(bundle, files))
    if previous is not None and content.previous != previous.get("digest"):
        values = {"stated": str(content.previous), "computed": str(previous.get("digest"))}
        found.append(Problem("chain", CHAIN, values))
    wrong = [Problem("rubric", RUBRIC, {"problem": str(p)}) for p in rubric_problems(content.rubric)]
    if wrong:
        return Report(found + wrong, Outcome({}, {}, {}, {}), ())
    outcome = evaluate(
        content.rubric,
        content.subjects,
        content.enterprises,
        content.values,
        quarters=content.quarters,
        cut_offs=content.cut_offs,
    )
    found += _compare("values.jsonl", bundle.stated_values, value_rows(content))
    found += _compare("cards.jsonl", bundle.stated_cards, card_rows(content.rubric, outcome))
    found += _entries(bundle, outcome)
    return Report(found, outcome, tuple(e.subject for e in content.entries if e.withdrawn))


def _digests(bundle: Bundle, files: Mapping[str, bytes]) -> Iterable[Problem]:
    manifest = dict(bundle.manifest)
    if manifest.pop("digest", None) != canonical.digest(manifest):
        yield Problem("manifest-digest", MANIFEST_DIGEST)
    for name in DIGESTED:
        if canonical.sha256(files[name]) != bundle.manifest["files"].get(name):
            yield Problem("file-digest", FILE_DIGEST, {"file": name})
    known = bundle.manifest["entries"]
    for entry in bundle.content.entries:
        if entry.subject not in known or (not entry.withdrawn and entry.digest() != known[entry.subject]):
            yield Problem("entry-digest", ENTRY_DIGEST, {"subject": entry.subject})
    present = {entry.subject for entry in bundle.content.entries}
    for subject in sorted(set(known) - present):
        yield Problem("unknown-digest", UNKNOWN_DIGEST, {"subject": subject})


def _compare(
    file: str, stated: list[dict[str, Any]], computed: Iterable[dict[str, Any]]
) -> Iterable[Problem]:
    lines = {(row.get("subject"), row.get("item")): (i, row) for i, row in enumerate(stated, 1)}
    seen = set()
    for row in computed:
        key = (row["subject"], row["item"])
        who = {"file": file, "subject": row["subject"], "item": row["item"]}
        seen.add(key)
        if key not in lines:
            yield Problem("no-line", NO_LINE, who)
            continue
        i, given = lines[key]
        if given == row:
            continue
        for name in sorted(set(row) | set(given)):
            if given.get(name) != row.get(name):
                values = {
                    "line": str(i),
                    "field": name,
                    "stated": str(given.get(name)),
                    "computed": str(row.get(name)),
                }
                yield Problem("differs", DIFFERS, {**who, **values})
    for i, row in enumerate(stated, 1):
        key = (row.get("subject"), row.get("item"))
        if key not in seen or lines[key][0] != i:
            who = {"file": file, "line": str(i), "subject": str(key[0]), "item": str(key[1])}
            yield Problem("extra-line", EXTRA_LINE, who)


def _entries(bundle: Bundle, outcome: Outcome) -> Iterable[Problem]:
    left_out = bundle.content.left_out
    stated: dict[tuple[str, str], tuple[int, Entry]] = {}
    for i, entry in enumerate(bundle.content.entries, 1):
        key = (entry.level, entry.subject)
        if key in stated:
            yield _extra(i, entry)
        stated[key] = (i, entry)
    for level, standings in (("project", outcome.standings), ("enterprise", outcome.enterprise_standings)):
        for subject, standing in standings.items():
            named = standing.colour in NAMED and subject not in left_out
            found = stated.pop((level, subject), None)
            if found is None:
                if named:
                    yield Problem("no-entry", NO_ENTRY, {"subject": subject, "colour": str(standing.colour)})
                continue
            i, entry = found
            if not named:
                yield _extra(i, entry)
                continue
            if entry.withdrawn:
                continue
            computed = {
                "colour": str(standing.colour),
                "reasons": [reason.as_json() for reason in standing.reasons],
            }
            given = {"colour": entry.colour, "reasons": [dict(reason) for reason in entry.reasons]}
            for name, value in computed.items():
                if given[name] != value:
                    values = {"subject": subject, "item": "", "field": name}
                    values |= {"stated": canonical.dumps(given[name]), "computed": canonical.dumps(value)}
                    yield Problem("differs", DIFFERS, {"file": "entries.jsonl", "line": str(i), **values})
    for i, entry in stated.values():
        yield _extra(i, entry)


def _extra(line: int, entry: Entry) -> Problem:
    values = {"file": "entries.jsonl", "line": str(line), "subject": entry.subject, "item": ""}
    return Problem("extra-line", EXTRA_LINE, values)
