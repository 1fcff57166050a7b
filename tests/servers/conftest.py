"""Small checkouts with nothing but the supervisor in them, each with servers of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

SUPERVISOR = Path(__file__).resolve().parents[2] / "redprop" / "common" / "servers"
KEPT = (
    "DATABASE_URL",
    "REDPROP_SERVERS",
    "REDIS_URL",
    "REDPROP_POSTGRES",
    "DEMO",
    "DJANGO_SETTINGS_MODULE",
    "PYTHONPATH",
)


@dataclass
class Checkout:
    """A folder with a copy of the supervisor; commands run in it as a person would type them."""

    folder: Path

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "redprop.common.servers", *arguments]

    def environment(self, **extra: str) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if name not in KEPT} | extra

    def call(self, *arguments: str, **extra: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(**extra),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def popen(self, *arguments: str, **extra: str) -> subprocess.Popen:
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(**extra),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def sql(self, statement: str, **extra: str) -> str:
        """Run one statement on the checkout's database and return its first value as text."""
        program = (
            "import os, psycopg\n"
            "with psycopg.connect(os.environ['DATABASE_URL']) as connection:\n"
            f"    cursor = connection.execute({statement!r})\n"
            "    print(cursor.fetchone()[0] if cursor.description else 'done')\n"
        )
        done = self.call("run", "--", sys.executable, "-c", program, **extra)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def status(self) -> dict:
        return json.loads(self.call("status").stdout)

    def kill_everything(self, *others: subprocess.Popen) -> None:
        """kill -9 of both servers, all their children and the commands that use them."""
        told = self.status()
        victims = [told["postgresql"]["pid"], told["valkey"]["pid"], *(process.pid for process in others)]
        family = [psutil.Process(pid) for pid in victims]
        family += [child for process in family for child in process.children(recursive=True)]
        for process in family:
            process.send_signal(signal.SIGKILL)
        for process in others:
            process.wait()
        psutil.wait_procs(family, timeout=10)


@pytest.fixture(autouse=True)
def _own_servers_only(request):
    """These tests need no database of Django's."""


def make_checkout(folder: Path) -> Checkout:
    package = folder / "redprop" / "common" / "servers"
    shutil.copytree(SUPERVISOR, package, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "redprop" / "__init__.py").touch()
    (folder / "redprop" / "common" / "__init__.py").touch()
    return Checkout(folder)


@pytest.fixture
def checkout() -> Iterator[Checkout]:
    folder = Path(tempfile.mkdtemp(prefix="servers-", dir="/tmp"))
    folder.chmod(0o755)
    made = make_checkout(folder)
    yield made
    made.call("stop", "--force")
    made.call("remove")
    shutil.rmtree(folder)


def until(condition, seconds: float = 15) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())
