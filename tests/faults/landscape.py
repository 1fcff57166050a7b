"""Servers and hosts of one's own, to be stopped, killed and cut off: PostgreSQL, Valkey, web and workers.

With namespaces every host has a network of its own behind one bridge; the servers' host is
10.97.83.1. The test itself talks to the servers through unix sockets, which no network cut reaches.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from django.test import Client
from kombu import Connection

from redprop.common.servers import postgres, valkey, where

ROOT = Path(__file__).resolve().parents[2]
NET = "10.97.83"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition: Callable[[], object], seconds: float = 120, what: str = "") -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited in vain {what}"
        time.sleep(0.1)


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def sign_in(user) -> str:
    """The key of a session of this user, a row like any other: every web host knows it."""
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


def namespaces_work() -> bool:
    """Whether networks of one's own may be made here."""
    if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("nsenter"):
        return False
    name = f"rpt{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], check=False, capture_output=True).returncode == 0
    if made:
        made = (
            subprocess.run(
                ["ip", "-n", name, "link", "add", "b0", "type", "bridge"], check=False, capture_output=True
            ).returncode
            == 0
        )
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
    return made


@dataclass
class Host:
    """One host of the network; `cut` pulls its cable, `mend` puts it back."""

    namespace: str
    port_of_switch: str = ""
    core: str = ""

    def prefix(self) -> list[str]:
        return ["nsenter", f"--net=/run/netns/{self.namespace}"] if self.namespace else []

    def cut(self) -> None:
        run("ip", "-n", self.core, "link", "set", self.port_of_switch, "down")

    def mend(self) -> None:
        run("ip", "-n", self.core, "link", "set", self.port_of_switch, "up")


@dataclass
class Landscape:
    """The servers, and what is started beside them."""

    folder: Path
    core: Host
    networked: bool
    hosts: list[Host] = field(default_factory=list)
    programs: list[subprocess.Popen] = field(default_factory=list)
    postmaster: subprocess.Popen | None = None
    broker: subprocess.Popen | None = None
    pg_port: int = 0
    broker_port: int = 0

    @property
    def address(self) -> str:
        return f"{NET}.1" if self.networked else "127.0.0.1"

    @property
    def database_url(self) -> str:
        """The address of the portal's role, which works with rows and owns no table (deploy/roles.sql)."""
        return f"postgres://portal@{self.address}:{self.pg_port}/faults"

    @property
    def redis_url(self) -> str:
        return f"redis://{self.address}:{self.broker_port}/0"

    # ---- PostgreSQL

    def _as_server_user(self) -> tuple[list[str], dict]:
        user = where.server_user()
        if self.networked:
            return [*self.core.prefix(), "-S", str(user.uid), "-G", str(user.gid)], {}
        return [], user.popen_options()

    def start_postgres(self) -> None:
        prefix, options = self._as_server_user()
        binaries = postgres.choose(where.root(), where.server_user())
        self.pg_port = self.pg_port or (5432 if self.networked else free_port())
        with (self.folder / "pg.log").open("ab") as log:
            self.postmaster = subprocess.Popen(
                [*prefix, str(binaries.folder / "postgres"), "-D", str(self.folder / "pg"), "-p", str(self.pg_port),
                 "-k", str(self.folder / "s"), "-c", f"listen_addresses={self.address}", "-c", "max_connections=60"],
                cwd="/", stdout=log, stderr=log, start_new_session=True, **options,
            )  # fmt: skip
        until(lambda: self._answers(), 60, "for PostgreSQL")

    def _answers(self) -> bool:
        try:
            self.session("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def stop_postgres(self, number: int = signal.SIGQUIT) -> None:
        """SIGQUIT: at once, as after a crash; SIGINT: as `systemctl restart` does."""
        assert self.postmaster
        self.postmaster.send_signal(number)
        self.postmaster.wait(60)

    def session(self, database: str = "faults") -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.folder / "s"),
            port=self.pg_port,
            user=postgres.ROLE,
            dbname=database,
            autocommit=True,
        )

    def new_database(self) -> None:
        with self.session("postgres") as server:
            server.execute("DROP DATABASE IF EXISTS faults WITH (FORCE)")
            server.execute("CREATE DATABASE faults TEMPLATE pristine")

    # ---- the broker

    def start_broker(self) -> None:
        prefix, options = self._as_server_user()
        self.broker_port = self.broker_port or (6379 if self.networked else free_port())
        with (self.folder / "broker.log").open("ab") as log:
            self.broker = subprocess.Popen(
                [*prefix, str(valkey.binary(where.root())), "--bind", self.address, "--port", str(self.broker_port),
                 "--protected-mode", "no", "--unixsocket", str(self.folder / "s" / "broker"), "--appendonly", "yes",
                 "--dir", str(self.folder / "broker"), "--save", ""],
                cwd=self.folder / "broker", stdout=log, stderr=log, start_new_session=True, **options,
            )  # fmt: skip
        until(lambda: self._pings(), 30, "for the broker")

    def _pings(self) -> bool:
        try:
            with self.queue() as connection:
                return bool(connection.default_channel.client.ping())
        except OSError:
            return False
        except Exception as error:
            if type(error).__name__ in ("ConnectionError", "BusyLoadingError", "OperationalError"):
                return False
            raise

    def stop_broker(self, number: int = signal.SIGKILL) -> None:
        assert self.broker
        self.broker.send_signal(number)
        self.broker.wait(30)

    def queue(self) -> Connection:
        """The broker as the test reaches it."""
        return Connection(f"redis+socket://{self.folder}/s/broker?virtual_host=0")

    def send(self, task: str, *arguments: int) -> None:
        from redprop.celery import app

        with self.queue() as connection:
            app.send_task(task, args=list(arguments), connection=connection)

    # ---- hosts and programs

    def new_host(self) -> Host:
        """A host with a cable to the servers; without namespaces, this one."""
        if not self.networked:
            return Host("")
        number = len(self.hosts) + 2
        name, cable = f"{self.core.namespace}h{number}", f"v{number}"
        host = Host(name, f"p{number}", self.core.namespace)
        run("ip", "netns", "add", name)
        self.hosts.append(host)
        run(
            "ip",
            "link",
            "add",
            f"{cable}{os.getpid()}",
            "type",
            "veth",
            "peer",
            "name",
            host.port_of_switch,
            "netns",
            self.core.namespace,
        )
        run("ip", "link", "set", f"{cable}{os.getpid()}", "netns", name)
        run("ip", "-n", name, "link", "set", f"{cable}{os.getpid()}", "name", "eth0")
        run("ip", "-n", name, "address", "add", f"{NET}.{number}/24", "dev", "eth0")
        run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", name, "link", "set", "eth0", "up")
        run("ip", "-n", self.core.namespace, "link", "set", host.port_of_switch, "master", "b0", "up")
        return host

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "DEMO": "1",
            "PYTHONUNBUFFERED": "1",
            "MEDIA_ROOT": str(self.folder / "media"),
            "PUBLISHED_ROOT": str(self.folder / "published"),
            "STATIC_ROOT": str(self.folder / "static"),
            "LOG_LEVEL": "INFO",
        }

    def start(self, name: str, command: list[str], host: Host | None = None) -> subprocess.Popen:
        with (self.folder / f"{name}.log").open("wb") as log:
            program = subprocess.Popen(
                [*(host.prefix() if host else []), *command],
                cwd=ROOT, env=self.environment(), stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self.programs.append(program)
        return program

    def start_worker(self, name: str, host: Host | None = None) -> subprocess.Popen:
        worker = self.start(
            name,
            [sys.executable, "-m", "celery", "-A", "redprop", "worker", "-c", "1", "--without-gossip",
             "--without-mingle", "-l", "INFO", "-n", f"{name}@{name}"],
            host,
        )  # fmt: skip
        until(
            lambda: "ready." in (self.folder / f"{name}.log").read_text() or worker.poll() is not None,
            180,
            name,
        )
        assert worker.poll() is None, (self.folder / f"{name}.log").read_text()[-2000:]
        return worker

    def start_web(self, port: int, host: Host | None = None, name: str = "web") -> subprocess.Popen:
        web = self.start(
            name, [sys.executable, "manage.py", "serve", "--port", str(port), "--workers", "1"], host
        )
        until(lambda: self.get(port, "/health/live", host)[0] == 200 or web.poll() is not None, 120, "web")
        return web

    def get(self, port: int, path: str, host: Host | None = None, seconds: float = 90) -> tuple[int, str]:
        """Ask the web host itself for a page; (0, what went wrong) when nobody answers."""
        return self.ask(port, "GET", path, host=host, seconds=seconds)

    def ask(
        self,
        port: int,
        method: str,
        path: str,
        *,
        session: str = "",
        host: Host | None = None,
        seconds: float = 90,
    ) -> tuple[int, str]:
        """Ask as the browser of a signed-in user does; `session` is the key that `sign_in` returned."""
        token = "t" * 32
        headers = {"Cookie": f"sessionid={session}; csrftoken={token}"} if session else {}
        body = f"csrfmiddlewaretoken={token}" if method == "POST" else None
        headers |= {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        program = (
            "import http.client, sys\n"
            f"line = http.client.HTTPConnection('127.0.0.1', {port}, timeout={seconds})\n"
            f"line.request({method!r}, {path!r}, {body!r}, {headers!r})\n"
            "answer = line.getresponse()\n"
            "print(answer.status); sys.stdout.write(answer.read().decode('utf-8', 'replace'))\n"
        )
        prefix = host.prefix() if host else []
        done = subprocess.run(
            [*prefix, sys.executable, "-c", program], check=False, capture_output=True, text=True
        )
        status, _, told = done.stdout.partition("\n")
        return (int(status), told) if status.isdigit() else (0, done.stderr[-300:])

    def end(self, program: subprocess.Popen, number: int = signal.SIGKILL) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.pid, number)
        program.wait(60)

    def end_programs(self) -> None:
        for program in self.programs:
            self.end(program)
        self.programs.clear()


def fill(land: Landscape) -> None:
    """The migrated database `pristine`: copied from the template of the tests, or migrated anew."""
    from tests.databases import building, migrated_template

    binaries = postgres.choose(where.root(), where.server_user())
    with land.session("postgres") as server:
        server.execute("CREATE DATABASE pristine")
    dump = shutil.which("pg_dump") or str(binaries.folder / "pg_dump")
    if Path(dump).exists() and shutil.which("psql"):
        with building() as server:
            name = migrated_template(server)
            given = server.info
            source = subprocess.Popen(
                [dump, "-h", given.host, "-p", str(given.port), "-U", given.user, name], stdout=subprocess.PIPE,
                env={**os.environ, "PGPASSWORD": given.password or ""},
            )  # fmt: skip
            subprocess.run(
                ["psql", "-q", "-h", str(land.folder / "s"), "-p", str(land.pg_port), "-U", postgres.ROLE, "pristine"],
                stdin=source.stdout, stdout=subprocess.DEVNULL, check=True,
            )  # fmt: skip
            assert source.wait() == 0
    else:
        environment = land.environment() | {
            "DATABASE_URL": land.database_url.replace("/faults", "/pristine").replace(
                "portal@", f"{postgres.ROLE}@"
            )
        }
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)


def give_rights(land: Landscape) -> None:
    """The portal's role gets the rows and nothing else, as deploy/roles.sql does it."""
    with land.session("pristine") as server:
        server.execute("CREATE ROLE portal LOGIN")
        server.execute("GRANT USAGE ON SCHEMA public TO portal")
        server.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO portal")
        server.execute("GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO portal")


@contextlib.contextmanager
def landscape(*, networked: bool) -> Iterator[Landscape]:
    """Servers up, the pristine database there; everything is gone afterwards."""
    user = where.server_user()
    folder = Path(tempfile.mkdtemp(prefix="rpf-", dir="/tmp"))
    folder.chmod(0o755)
    core = Host(f"rpf{os.getpid()}" if networked else "")
    land = Landscape(folder, core, networked)
    try:
        if networked:
            run("ip", "netns", "add", core.namespace)
            run("ip", "-n", core.namespace, "link", "add", "b0", "type", "bridge")
            run("ip", "-n", core.namespace, "address", "add", f"{NET}.1/24", "dev", "b0")
            run("ip", "-n", core.namespace, "link", "set", "lo", "up")
            run("ip", "-n", core.namespace, "link", "set", "b0", "up")
        for name in ("s", "broker"):
            user.own(folder / name, 0o700)
        postgres._first_start(postgres.choose(where.root(), user), folder / "pg", user)
        with (folder / "pg" / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {NET}.0/24 trust\n")
        land.start_postgres()
        land.start_broker()
        fill(land)
        give_rights(land)
        yield land
    finally:
        land.end_programs()
        for server in (land.postmaster, land.broker):
            if server and server.poll() is None:
                land.end(server)
        for host in [*land.hosts, *([core] if networked else [])]:
            subprocess.run(["ip", "netns", "del", host.namespace], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)
