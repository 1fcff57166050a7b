"""Shares the servers between the commands of a checkout: the first one starts them, the last one stops them.

A user of the servers holds a shared file lock that the kernel takes back however the user
ends; whoever can lock the file alone was the last one. `start` pins the servers until `stop`.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from redprop.common.servers import postgres, valkey, where
from redprop.common.servers.where import ServersError


def environment() -> dict[str, str]:
    """Return DATABASE_URL and REDIS_URL of the running servers of this checkout, or {} when none run."""
    root = where.known_root()
    found = {}
    server, note = postgres.running(root), valkey.running(root)
    if server and not where.configured("DATABASE_URL"):
        found["DATABASE_URL"] = server.url
    if note and not where.configured("REDIS_URL"):
        found["REDIS_URL"] = valkey.url(note)
    return found


def ensure() -> dict[str, str]:
    """Start what the environment does not name and does not run yet; returns the variables to export."""
    found = {}
    if not where.configured("DATABASE_URL"):
        found["DATABASE_URL"] = postgres.start(where.root())
        found["REDPROP_SERVERS"] = "own"
    if not where.configured("REDIS_URL"):
        found["REDIS_URL"] = valkey.start(where.root())
    return found


def stop_all() -> bool:
    """Stop both servers; returns whether one ran. Call with the lock `servers` held."""
    root = where.known_root()
    return any([valkey.stop(root), postgres.stop(root)])


def pin() -> Path:
    """Return the file that keeps the servers running without a user."""
    return where.local() / "servers" / "pinned"


@contextlib.contextmanager
def servers() -> Iterator[dict[str, str]]:
    """Use the servers of this checkout; yields the variables to export. The last user stops them."""
    if where.configured("DATABASE_URL") and where.configured("REDIS_URL"):
        yield {}
        return
    with contextlib.ExitStack() as stack:
        with where.lock("starting"):
            found = ensure()
            stack.enter_context(where.lock("users", shared=True))
        try:
            yield found
        finally:
            # Let go of the shared lock only under the other one, so that nobody starts meanwhile.
            with where.lock("starting"):
                stack.close()
                if not pin().exists() and not where.in_use():
                    stop_all()


def run(command: Sequence[str], *, demo: bool = False) -> int:
    """Run `command` with the servers and return its exit code (128 + number for a signal)."""
    with _Signals() as signals, servers() as found:
        if signals.waiting:
            return 128 + signals.waiting
        extra = {"DEMO": "1"} if demo or (where.is_demo() and not where.configured("DEMO")) else {}
        try:
            process = subprocess.Popen(command, env={**os.environ, **found, **extra})
        except OSError as error:
            print(f"{command[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201
            return 127
        signals.process = process
        code = process.wait()
    return 128 - code if code < 0 else code


def around_manage(arguments: Sequence[str]) -> int | None:
    """Run `manage.py` again with the servers of a checkout that has some, unless the environment names its own.

    Returns its exit code, or None when there is nothing to do: `manage.py` then goes on as usual.
    """
    if where.is_demo() and not where.configured("DEMO"):
        os.environ["DEMO"] = "1"
    if (where.configured("DATABASE_URL") and where.configured("REDIS_URL")) or not where.data_folders():
        return None
    try:
        return run([sys.executable, *arguments])
    except ServersError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1


class _Signals:
    """Passes signals on to the command and keeps ours alive until it has ended and the servers are let go."""

    process: subprocess.Popen | None = None
    waiting = 0  # a signal that came while the servers were starting
    caught = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __enter__(self) -> "_Signals":
        self.main = threading.current_thread() is threading.main_thread()
        if self.main:
            self.before = {number: signal.signal(number, self.pass_on) for number in self.caught}
        return self

    def __exit__(self, *_: object) -> None:
        if self.main:
            for number, handler in self.before.items():
                signal.signal(number, handler)

    def pass_on(self, number: int, _frame: object) -> None:
        """Send a signal on, except Ctrl-C that the terminal has sent to the command itself."""
        if self.process is None:
            self.waiting = number
            return
        if number == signal.SIGINT and _in_foreground():
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)


def _in_foreground() -> bool:
    try:
        with open("/dev/tty") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


__all__ = ["ServersError", "around_manage", "ensure", "environment", "run", "servers", "stop_all"]
