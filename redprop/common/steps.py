"""The steps of `make check`, `make test`, `make test-faults`, `make scan` and `make bench`: each with its seconds.

A step that passes says one line; one that fails prints what it told. All steps run, so one
run shows everything that is wrong. `make test` ends with pytest's own count line.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redprop.common import translations
from redprop.common.servers import postgres, where

CHECKOUT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
TEMPLATES = "tests/demo/test_templates_are_kept.py"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

CHECKS: dict[str, list] = {
    "format": [BIN / "ruff", "format", "--check", "--quiet", "."],
    "lint": [BIN / "ruff", "check", "--quiet", "."],
    "layers": [BIN / "lint-imports", "--no-cache"],
    "types": [BIN / "mypy", "--no-error-summary"],
    "system checks": [sys.executable, "manage.py", "check", "--fail-level", "WARNING"],
    "missing migrations": [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
    "migration rules": [sys.executable, "manage.py", "check_migrations"],
    "translations": [sys.executable, "-m", "redprop.common.translations", "check"],
}


def say(line: str = "") -> None:
    print(line, flush=True)  # noqa: T201


def step(name: str, command: list) -> bool:
    """Run one step and tell its seconds; prints its output when it fails. Returns whether it passed."""
    start = time.monotonic()
    done = subprocess.run(
        [str(part) for part in command],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    say(f"{'ok    ' if done.returncode == 0 else 'FAILED'} {name}: {time.monotonic() - start:.1f} s")
    if done.returncode:
        say(done.stdout.rstrip())
    return done.returncode == 0


def check() -> list[str]:
    """Run the fast checks; returns the names of those that failed."""
    return [name for name, command in CHECKS.items() if not step(name, command)]


def browser() -> str:
    """Return a browser's path, installing Debian's when it is missing and we may; else an empty string."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), "")
    if found or os.geteuid() != 0 or not shutil.which("apt-get"):
        return found
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    say("No browser found: installing Debian's chromium and fonts-noto-cjk …")
    start = time.monotonic()
    for command in (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-qy", "--no-install-recommends", "chromium", "fonts-noto-cjk"],
    ):
        subprocess.run(command, env=env, capture_output=True, check=False)
    found = shutil.which("chromium") or ""
    say(f"{'Installed' if found else 'That did not work'}: {time.monotonic() - start:.1f} s")
    return found


def axe() -> None:
    """Fetch axe-core for the accessibility tests when npm is at hand; without it they say that they were skipped."""
    folder = CHECKOUT / ".local" / "npm"
    if (folder / "node_modules" / "axe-core").exists() or not shutil.which("npm"):
        return
    folder.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), "axe-core@4"]
    try:
        subprocess.run(command, capture_output=True, check=False, timeout=60)
    except subprocess.TimeoutExpired:
        say("axe-core could not be fetched within a minute.")


def pytest(*options: str, lasting: bool = True) -> tuple[int, str]:
    """Run pytest, its output passed on as it comes; returns its exit code and its count line.

    Without `lasting` a commit does not wait for the disk: only tests that crash the database would notice.
    """
    env = dict(os.environ)
    if not lasting:
        env.setdefault("PGOPTIONS", "-c synchronous_commit=off")
    # A demo of the same checkout may be running: its worker must not take the tests' tasks.
    env["REDIS_URL"] = re.sub(r"/0$", "/1", where.configured("REDIS_URL"))
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *options],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=env,
    )
    counts = ""
    assert process.stdout is not None
    for line in process.stdout:
        say(line.rstrip("\n"))
        if re.search(r"\d+ (passed|failed|error|skipped|deselected)", line) and " in " in line:
            counts = line.strip().strip("= ")
    return process.wait(), counts


@contextmanager
def templates_meanwhile() -> Iterator[None]:
    """Build the databases that the tests copy on another core while something else runs."""
    env = {**os.environ, "PGOPTIONS": "-c synchronous_commit=off"}
    env["REDIS_URL"] = re.sub(r"/0$", "/1", where.configured("REDIS_URL"))
    building = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", TEMPLATES],
        cwd=CHECKOUT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=env,
    )
    try:
        yield
    finally:
        building.wait()  # a failure shows again in the tests themselves


def test(*options: str) -> int:
    """Run everything in at most ten minutes; the last lines tell the result and what was left out."""
    start = time.monotonic()
    try:
        postgres.check_configured(where.configured("DATABASE_URL"))
    except where.ServersError as error:
        say(str(error))
        return 1
    found = browser()
    if found:
        axe()
    with templates_meanwhile():
        failed = check()
    marks = "not faults" if found else "not faults and not browser"
    code, counts = pytest(
        "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "-m", marks, *options, lasting=False
    )
    say()
    if not found:
        say("Left out: the browser tests. No chromium is installed; as root `make test` installs Debian's.")
    if failed:
        say(f"Failed checks: {', '.join(failed)}.")
    say(
        f"{'Everything passed' if not failed and not code else 'NOT everything passed'} after {time.monotonic() - start:.0f} s."
    )
    say(counts or f"pytest ended with code {code} and counted nothing.")
    return 1 if failed or code else 0


def faults(*options: str) -> int:
    """Run the slow fault tests, each named as it goes: they take long, and one wants to see at what they are."""
    return pytest("-n", "0", "-vv", "--durations", "10", "-m", "faults", *options)[0]


def scan(*options: str) -> int:
    """Bandit over the code and the licences of the packages, both compared with what is on record."""
    steps = {
        "bandit": [sys.executable, "-m", "redprop.common.source_scan", *options],
        "licences": [sys.executable, "-m", "redprop.common.licences", "--check"],
    }
    return 1 if [name for name, command in steps.items() if not step(name, command)] else 0


def bench(*options: str) -> int:
    """Print the figures of design section 9 and write bench.json."""
    done = subprocess.run(
        [sys.executable, "manage.py", "bench", "--out", "bench.json", *options], cwd=CHECKOUT, check=False
    )
    return done.returncode


def main(arguments: list[str]) -> int:
    what, *options = arguments or [""]
    translations.compile_all()
    if what == "check":
        failed = check()
        say(f"Failed: {', '.join(failed)}." if failed else "All checks passed.")
        return 1 if failed else 0
    jobs = {"test": test, "faults": faults, "scan": scan, "bench": bench}
    if what not in jobs:
        say("Usage: python -m redprop.common.steps check|test|faults|scan|bench [options]")
        return 2
    return jobs[what](*options)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
