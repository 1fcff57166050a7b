"""Whether the contents of an audit pack agree: digests, sums, every amount, the approval, the hands. Pure.

Only the standard library, amounts and rounding are imported: every pack carries this file with it (`carried`).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from evaluations.subsidies.amounts import amount_of, part_of

FORM = "redprop-audit-pack/1"
MANIFEST, LINES, DIGEST, RULES, STEPS, EVIDENCE = (
    "manifest.json",
    "lines.jsonl",
    "digest.jsonl",
    "rules.json",
    "steps.json",
    "evidence.jsonl",
)


@dataclass(frozen=True)
class Finding:
    """Something that does not agree."""

    where: str
    what: str


class NotReadable(Exception):
    """The file is no pack, or the password is wrong."""


def lines_digest(number: str, rows: Iterable[str]) -> str:
    """Return the digest that was approved, from the rows as they stand in `digest.jsonl`."""
    digest = hashlib.sha256(number.encode())
    for row in rows:
        digest.update(b"\n")
        digest.update(row.encode())
    return digest.hexdigest()


def check_contents(contents: dict[str, bytes]) -> tuple[dict[str, Any], list[Finding]]:
    """Return the manifest and what does not agree; raises NotReadable when this is no pack."""
    contents = dict(contents)
    try:
        manifest = json.loads(contents.pop(MANIFEST))
        if manifest["form"] != FORM:
            raise NotReadable(str(manifest["form"]))
        return manifest, list(_findings(manifest, contents))
    except (KeyError, ValueError, TypeError) as error:
        raise NotReadable(str(error)) from error


def _findings(manifest: dict[str, Any], contents: dict[str, bytes]) -> Iterator[Finding]:
    for name, digest in manifest["files"].items():
        if name not in contents:
            yield Finding(name, "missing")
        elif hashlib.sha256(contents[name]).hexdigest() != digest:
            yield Finding(name, "altered")
    for name in contents.keys() - manifest["files"].keys():
        yield Finding(name, "not in the manifest")
    lines = [json.loads(text) for text in contents[LINES].decode().splitlines()]
    rules = {rule["id"]: rule for rule in json.loads(contents[RULES])}
    batch = manifest["batch"]
    paying = [line for line in lines if line["pays"]]
    total = sum((Decimal(line["amount"]) for line in paying), Decimal(0))
    if (len(paying), total) != (batch["line_count"], Decimal(batch["total"])):
        yield Finding(LINES, f"{len(paying)} / {total} ≠ {batch['line_count']} / {batch['total']}")
    for line in lines:
        yield from _check_line(line, rules)
    rows = contents[DIGEST].decode().splitlines()
    if batch["approved_digest"]:
        if lines_digest(batch["number"], rows) != batch["approved_digest"]:
            yield Finding(DIGEST, "the lines are not those that were approved")
        numbers = {json.loads(row)[0]: Decimal(json.loads(row)[7]) for row in rows}
        if numbers != {line["number"]: Decimal(line["amount"]) for line in paying}:
            yield Finding(DIGEST, "lines and approved lines differ")
    yield from _check_hands(json.loads(contents[STEPS]))
    for export in manifest.get("exports", []):
        for name, digest in export["digests"].items():
            if hashlib.sha256(contents.get(name, b"")).hexdigest() != digest:
                yield Finding(name, "not the file that was exported")


def _check_line(line: dict[str, Any], rules: dict[int, dict[str, Any]]) -> Iterator[Finding]:
    """Every amount again from its own numbers, and its rate against the rule."""
    where = f"{LINES}:{line['number']}"
    rule = rules.get(line["rule"])
    if rule is None:
        yield Finding(where, "its rule is not in the pack")
        return
    if line["adjusts"]:
        inputs = line["inputs"]
        if Decimal(line["amount"]) != Decimal(inputs["target"]) - Decimal(inputs["given"]):
            yield Finding(where, f"{line['amount']} ≠ {inputs['target']} − {inputs['given']}")
        return
    amount = amount_of(
        Decimal(line["quantity"]),
        Decimal(line["rate"]),
        line["months"],
        Decimal(line["share"]),
        Decimal(line["factor"]),
    )
    inputs = line["inputs"]
    if inputs.get("sharers"):
        amount = part_of(amount, inputs["sharers"], inputs["position"])
    amount -= Decimal(line["deducted"])
    if amount != Decimal(line["amount"]):
        yield Finding(where, f"{line['amount']} ≠ {amount}")
    if not any(Decimal(rate["rate"]) == Decimal(line["rate"]) for rate in rule["rates"]):
        yield Finding(where, f"the rule has no rate {line['rate']}")


def _check_hands(steps: list[dict[str, Any]]) -> Iterator[Finding]:
    """Who prepared, reviewed and approved since the last return are different persons."""
    acts = ("prepared", "first_review", "second_review", "approved")
    hands: dict[str, set[str]] = {}
    for step in steps:
        if step["step"] in ("returned", "cancelled"):
            hands = {}
        elif step["step"] in acts:
            hands.setdefault(step["step"], set()).add(step["user"])
    for index, one in enumerate(acts):
        for other in acts[index + 1 :]:
            both = hands.get(one, set()) & hands.get(other, set())
            if both:
                yield Finding(STEPS, f"{one} = {other}: {', '.join(sorted(both))}")
