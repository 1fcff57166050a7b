"""Bandit over our own code, compared with what has been looked at: `python -m redprop.common.source_scan` (make scan).

`security.toml` in docs/ says of each kind of finding why it is none here, and how many of it each
file holds. One more, or one less, fails: the former is to be looked at, the latter no longer true.
"""

import json
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
EXPLAINED = CHECKOUT / "docs" / "security.toml"
CODE = ("redprop", "communities", "enterprises", "evaluations")


def found() -> Counter[tuple[str, str]]:
    """Return how often bandit finds each kind in each file. Raises RuntimeError when it does not run."""
    command = [
        str(Path(sys.executable).with_name("bandit")),
        "-q",
        "-r",
        *CODE,
        "-x",
        "*/migrations/*",
        "-f",
        "json",
    ]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    try:
        told = json.loads(done.stdout)
    except ValueError:
        raise RuntimeError(f"bandit did not run: {done.stderr[-500:]}") from None
    if told["errors"]:
        raise RuntimeError(f"bandit could not read: {told['errors']}")
    return Counter((one["test_id"], one["filename"]) for one in told["results"])


def explained() -> Counter[tuple[str, str]]:
    """Return what `security.toml` explains. Raises ValueError where a reason is missing."""
    counts: Counter[tuple[str, str]] = Counter()
    for kind, entry in tomllib.loads(EXPLAINED.read_text()).items():
        if len(entry.get("reason", "")) < 20:
            raise ValueError(f"{kind} has no reason in {EXPLAINED.name}.")
        for name, count in entry["files"].items():
            counts[kind, name] = count
    return counts


def differences(now: Counter[tuple[str, str]], told: Counter[tuple[str, str]]) -> list[str]:
    """Return a sentence for each file where more or less is found than explained."""
    return [
        f"{kind} in {name}: found {now[kind, name]}, explained {told[kind, name]}."
        for kind, name in sorted(set(now) | set(told))
        if now[kind, name] != told[kind, name]
    ]


def main() -> int:
    """Print what is not explained; 1 if there is anything."""
    now = found()
    wrong = differences(now, explained())
    for line in wrong:
        print(line)  # noqa: T201
    print(f"bandit: {now.total()} findings, {len(wrong)} files differ from {EXPLAINED.name}.")  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
