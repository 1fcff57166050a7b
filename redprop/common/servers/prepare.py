"""Makes `.venv` from requirements.lock. Runs before there is one: standard library only, started by path.

`make` finds the Python and calls `python3.11 redprop/common/servers/prepare.py`. A stamp in
`.venv` holds the digest of the lock, so nothing happens when nothing changed. A `.venv` that
is a link belongs to somebody else: it is used and never changed.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
VENV = CHECKOUT / ".venv"
LOCK = CHECKOUT / "requirements.lock"
STAMP = VENV / "installed-from"
LOG = CHECKOUT / ".local" / "install.log"


def fail(sentence: str) -> None:
    print(sentence, file=sys.stderr)  # noqa: T201
    sys.exit(1)


def digest() -> str:
    return f"{hashlib.sha256(LOCK.read_bytes()).hexdigest()} {sys.version_info[0]}.{sys.version_info[1]}"


def works(python: Path) -> bool:
    """Tell whether a Python of a virtual environment still starts (its base may be gone)."""
    try:
        return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def is_ready() -> bool:
    if VENV.is_symlink():
        return True
    return STAMP.exists() and STAMP.read_text() == digest() and works(VENV / "bin" / "python")


def quietly(what: str, command: list[str]) -> int:
    """Run `command` into the log, telling the seconds; returns its exit code."""
    start = time.monotonic()
    terminal = sys.stdout.isatty()
    with LOG.open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=CHECKOUT)
        told = 0
        while True:
            try:
                code = process.wait(timeout=0.5)
                break
            except subprocess.TimeoutExpired:
                seconds = int(time.monotonic() - start)
                if terminal:
                    print(f"\r{what} … {seconds} s", end="", flush=True)  # noqa: T201
                elif seconds >= told + 20:
                    told = seconds
                    print(f"{what} … {seconds} s", flush=True)  # noqa: T201
    print(f"{chr(13) if terminal else ''}{what}: {time.monotonic() - start:.1f} s", flush=True)  # noqa: T201
    return code


def make_environment() -> None:
    """Make an empty virtual environment with pip in it."""
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if quietly("Virtual environment", command) == 0 and (VENV / "bin" / "pip").exists():
        return
    # Debian without python3-venv: take the pip beside this Python, if there is one.
    subprocess.run([*command, "--without-pip"], check=False, capture_output=True)
    told = subprocess.run(
        [sys.executable, "-m", "pip", "--version"], capture_output=True, text=True, check=False
    )
    if not works(VENV / "bin" / "python") or told.returncode:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        shutil.rmtree(VENV, ignore_errors=True)
        fail(
            f"{sys.executable} cannot make a virtual environment: its modules venv or ensurepip are missing. "
            f"Install them (Debian: apt-get install python{version}-venv) and start again."
        )


def install() -> None:
    """Install exactly what the lock names; a hash that differs stops it."""
    python = str(VENV / "bin" / "python")
    pip = [python, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode:
        pip = [sys.executable, "-m", "pip", "--python", python]
    options = [
        "install",
        "--require-hashes",
        "--no-deps",
        "--no-compile",
        "--disable-pip-version-check",
        "--no-input",
    ]
    if quietly("Packages of requirements.lock", [*pip, *options, "-r", str(LOCK)]):
        tail = "\n".join("  " + line for line in LOG.read_text(errors="replace").splitlines()[-12:])
        way_out = "Look whether the package index can be reached (pip's own settings apply) and start again."
        if "No space left" in tail:
            way_out = "The disk is full: free about 500 MB and start again."
        fail(f"The packages could not be installed. {way_out} The end of {LOG}:\n{tail}")
    STAMP.write_text(digest())


def main() -> None:
    """Leave a `.venv` that matches the lock, or end with a sentence and code 1."""
    if VENV.is_symlink() and not works(VENV / "bin" / "python"):
        fail(
            f".venv is a link to {os.readlink(VENV)}, whose Python does not start. Remove the link and start again."
        )
    if is_ready():
        return
    try:
        LOG.parent.mkdir(exist_ok=True)
        LOG.write_text("")
        with open(LOG.parent / "install.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # a second make waits here instead of installing too
            if is_ready():
                return
            make_environment()
            install()
    except OSError as error:
        fail(
            f"{error.filename or CHECKOUT}: {error.strerror}. The checkout must be writable and its disk not full."
        )


if __name__ == "__main__":
    main()
