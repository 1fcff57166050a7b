"""`make demo`: from an empty machine to the served portal, and a clean end on Ctrl-C.

Drives `manage.py` and the long-running programs (Celery worker, beat, granian) as processes
of its own; holds no knowledge of the portal beyond the names of its commands. Runs inside
`servers run`, which has started PostgreSQL and Valkey.
"""

import argparse
import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

from redprop.common import translations
from redprop.common.servers import postgres, valkey, where
from redprop.common.servers.where import CHECKOUT, ServersError

LOGS = where.LOCAL / "log"
BIN = Path(sys.executable).parent
PATIENCE = 20.0  # seconds a program gets to end after SIGTERM


class Stopped(Exception):
    """Ctrl-C or SIGTERM: everything is to end, which is no failure."""


def say(line: str = "") -> None:
    print(line, flush=True)  # noqa: T201


def _end_with_parent() -> None:
    """In the child, before it starts: end when this program is killed, so that nothing is left over (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Programs:
    """The long-running programs of the demo; leaving the block ends them all."""

    def __init__(self) -> None:
        self.running: dict[str, subprocess.Popen] = {}

    def __enter__(self) -> "Programs":
        return self

    def start(self, name: str, command: list[str]) -> None:
        """Start a program in a session of its own (Ctrl-C reaches only us) with its log in .local/log."""
        LOGS.mkdir(exist_ok=True)
        with (LOGS / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                command,
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )

    def check(self) -> None:
        """Raise when one of them has ended by itself, with the end of its log."""
        for name, process in self.running.items():
            if process.poll() is not None:
                log = LOGS / f"{name}.log"
                raise ServersError(
                    f"The {name} has ended by itself. The end of its log {log}:\n{valkey.tail(log)}"
                )

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.running.values()):
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        end = time.monotonic() + PATIENCE
        for process in self.running.values():
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def started(*arguments: str) -> subprocess.Popen:
    """Start a command of `manage.py`, its output passed on line by line."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
        preexec_fn=_end_with_parent,
    )


def ended(process: subprocess.Popen) -> None:
    """Wait for a command; a failure, or Ctrl-C meanwhile, ends it and the demo."""
    try:
        code = process.wait()
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        process.wait()
        raise
    if code:
        command = " ".join(process.args[1:]) if isinstance(process.args, list) else str(process.args)
        raise ServersError(f"`{command}` ended with code {code}; what it said stands above.")


def timed(what: str, *commands: tuple[str, ...]) -> None:
    """Run commands beside each other and tell the seconds they took."""
    start = time.monotonic()
    processes = [started(*command) for command in commands]
    for process in processes:
        ended(process)
    say(f"{what}: {time.monotonic() - start:.1f} s")


def check_port(port: int) -> None:
    """Refuse a port that is taken, naming who has it if that can be seen."""
    if not 1 <= port <= 65535:
        raise ServersError(f"{port} is no port. Choose one from 1024 to 65535: make demo PORT=8001")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise ServersError(
                f"Port {port} is for root only. Choose one from 1024 up: make demo PORT=8001"
            ) from None
        except OSError:
            raise ServersError(
                f"Port {port} on 127.0.0.1 is taken{_holder(port)}. Choose another: make demo PORT={port % 65535 + 1}"
            ) from None


def _holder(port: int) -> str:
    with contextlib.suppress(psutil.Error):
        for line in psutil.net_connections("tcp"):
            if line.laddr and line.laddr.port == port and line.status == psutil.CONN_LISTEN and line.pid:
                return f" by {psutil.Process(line.pid).name()} (process {line.pid})"
    return ""


def answers(port: int) -> bool:
    """Tell whether the portal answers at all, with whatever page."""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10).close()
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False
    return True


def prepare() -> None:
    """Bring database, translations and assets up to date."""
    where.remember_demo()
    if where.configured("DATABASE_URL"):
        postgres.check_configured(where.configured("DATABASE_URL"))
    translations.compile_all()
    timed(
        "Database tables and assets",
        ("migrate", "--verbosity", "0"),
        ("collectstatic", "--noinput", "--verbosity", "0"),
    )


def start_workers(programs: Programs) -> None:
    celery = [str(BIN / "celery"), "-A", "redprop.celery"]
    worker = [
        *celery,
        "worker",
        "--pool",
        "prefork",
        "--loglevel",
        "INFO",
        "--without-gossip",
        "--without-mingle",
    ]
    programs.start("worker", [*worker, "-n", "closing@%h", "-Q", "celery", "-c", "2"])
    programs.start("publisher", [*worker, "-n", "publishing@%h", "-Q", "publishing", "-c", "1"])
    programs.start("beat", [*celery, "beat", "--loglevel", "INFO"])


def demo(port: int, *, serve: bool) -> None:
    """Load and drive the demo district, then serve it until Ctrl-C."""
    begin = time.monotonic()
    if serve:
        check_port(port)
    prepare()
    with Programs() as programs:
        start_workers(programs)
        timed("Demo district", ("load_demo",))
        programs.check()
        timed("Closing, notice, final list, subsidy batch", ("run_demo",))
        programs.check()
        # The publisher may still be at work on an earlier day: what is read is of the last one.
        timed("Public pages", ("publish_pages",))
        if not serve:
            say(
                f"Done after {time.monotonic() - begin:.0f} s. `make demo` serves it on http://127.0.0.1:{port}"
            )
            return
        programs.start("web server", [sys.executable, "manage.py", "serve", "--port", str(port)])

        def served() -> bool:
            programs.check()
            return answers(port)

        if not where.wait_until(served, 60):
            raise ServersError(f"The web server does not answer on port {port}. See {LOGS}.")
        say(
            f"Serving on http://127.0.0.1:{port} after {time.monotonic() - begin:.0f} s. Ctrl-C ends everything."
        )
        while True:
            time.sleep(1)
            programs.check()


def _stop(number: int, _frame: object) -> None:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise Stopped(signal.Signals(number).name)


def main() -> int:
    """Run the demo; 0 when it is done or was ended by the user, 1 with a sentence otherwise."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--serve", choices=["0", "1"], default="1")
    asked = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    served = asked.serve == "1"
    try:
        demo(asked.port, serve=served)
    except Stopped as stopped:
        say("Ended. The data stays; `make demo` goes on with it.")
        return 0 if stopped.args[0] == "SIGINT" else 143
    except ServersError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
