"""Where the servers of this checkout keep their data, as whom they run, and who uses them.

Everything lies in `.local/` of the checkout. Only when the user that PostgreSQL must run as
cannot enter the checkout (root's own 0700 folder), data and binaries lie in a folder below
/var/lib/redprop instead, and `.local/where` names it.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import pwd
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

CHECKOUT = Path(__file__).resolve().parents[3]
LOCAL = CHECKOUT / ".local"
OUTSIDE = (Path("/var/lib/redprop"), Path("/var/tmp/redprop"))
DATABASE = ROLE = "redprop"


class ServersError(Exception):
    """A sentence for the person at the terminal: what does not work and the way out."""


@dataclass(frozen=True)
class ServerUser:
    """The operating system user that the servers run as; PostgreSQL refuses to be root."""

    name: str
    uid: int
    gid: int

    @property
    def is_me(self) -> bool:
        return self.uid == os.geteuid()

    def popen_options(self) -> dict:
        """Return the options of `subprocess` that start a program as this user."""
        return {} if self.is_me else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, folder: Path) -> bool:
        """Tell whether this user reaches `folder` and may list it (asked of the kernel, not guessed)."""
        reached = subprocess.run(
            ["/bin/sh", "-c", 'cd "$1" && ls . >/dev/null', "sh", str(folder)],
            cwd="/",
            capture_output=True,
            check=False,
            **self.popen_options(),
        )
        return reached.returncode == 0

    def own(self, path: Path, mode: int) -> Path:
        """Make `path` a folder of this user with `mode` and return it."""
        path.mkdir(parents=True, exist_ok=True)
        try:
            if path.stat().st_uid != self.uid:  # new, or copied by root: then all that is in it
                for inner in path.rglob("*"):
                    os.chown(inner, self.uid, self.gid, follow_symlinks=False)
                os.chown(path, self.uid, self.gid)
            path.chmod(mode)
        except PermissionError:
            raise ServersError(
                f"{path} belongs to {path.owner()}. Run this as {path.owner()}, or work in a clone of your own."
            ) from None
        return path


def server_user() -> ServerUser:
    """Return the user for the servers: oneself, or for root the owner of existing data, else `nobody`."""
    uid = os.geteuid()
    if uid == 0:
        for data in data_folders():
            if data.stat().st_uid:
                uid = data.stat().st_uid
                break
    try:
        entry = pwd.getpwuid(uid) if uid else pwd.getpwnam("nobody")
    except KeyError:
        raise ServersError(
            f"The user with number {uid or 'of nobody'} has no entry in /etc/passwd, which PostgreSQL needs. "
            "Add one, or point DATABASE_URL and REDIS_URL at running servers."
        ) from None
    return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def checkout_hash() -> str:
    """Return twelve hex digits that stand for the path of this checkout."""
    return hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:12]


def local() -> Path:
    """Return `.local/`, made if missing and passable for the servers' user."""
    try:
        LOCAL.mkdir(exist_ok=True)
        if os.geteuid() == 0 and LOCAL.stat().st_mode & 0o055 != 0o055:
            LOCAL.chmod(0o755)
        if not os.access(LOCAL, os.W_OK | os.X_OK):
            raise PermissionError
    except PermissionError:
        owner = LOCAL.owner() if LOCAL.exists() else CHECKOUT.owner()
        raise ServersError(
            f"{LOCAL} cannot be written: it belongs to {owner}. Run this as {owner}, or work in a clone of your own."
        ) from None
    return LOCAL


def _noted_root() -> Path | None:
    """Return the folder that `.local/where` names, if it was written for this very checkout."""
    try:
        noted = json.loads((LOCAL / "where").read_text())
    except (OSError, ValueError):
        return None
    return Path(noted["folder"]) if noted.get("checkout") == str(CHECKOUT) else None


def known_root() -> Path:
    """Return the folder that holds the servers' data as far as it was made; makes and asks nothing."""
    return _noted_root() or LOCAL


def data_folders() -> list[Path]:
    """Return the PostgreSQL data folders this checkout has, one per major version."""
    try:
        return sorted(known_root().glob("pg[0-9]*"))
    except OSError:
        return []


def root() -> Path:
    """Return the folder that holds the servers' data: `.local`, or one outside named by `.local/where`."""
    noted = _noted_root()
    if noted and noted.is_dir():
        return noted
    user = server_user()
    if user.can_enter(local()):
        return LOCAL
    for base in OUTSIDE:
        folder = base / checkout_hash()
        try:
            base.mkdir(parents=True, exist_ok=True)
            base.chmod(0o755)
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)
        except OSError:
            continue
        if folder.stat().st_uid == os.geteuid() and user.can_enter(folder):
            note = {
                "folder": str(folder),
                "checkout": str(CHECKOUT),
                "why": f"The user {user.name}, as whom PostgreSQL runs, cannot enter {CHECKOUT}.",
            }
            (LOCAL / "where").write_text(json.dumps(note, indent=1) + "\n")
            return folder
    raise ServersError(
        f"The user {user.name}, as whom PostgreSQL must run, can neither enter {CHECKOUT} nor a folder in "
        f"{' or '.join(map(str, OUTSIDE))}. Run as an ordinary user, or set DATABASE_URL and REDIS_URL."
    )


# Who uses the servers


@contextlib.contextmanager
def lock(name: str, *, shared: bool = False, wait: bool = True) -> Iterator[bool]:
    """Hold the file lock `name` of this checkout; yields whether it was got. Ends with its process."""
    folder = local() / "servers"
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        got = take(descriptor, shared=shared, wait=wait)
        yield got
    finally:
        os.close(descriptor)


def take(descriptor: int, *, shared: bool, wait: bool) -> bool:
    """Lock an open file, shared or alone; returns False when it is taken and `wait` is off."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def in_use() -> bool:
    """Tell whether a command of this checkout uses the servers now."""
    with lock("users", wait=False) as alone:
        return not alone


# Processes


def alive(
    pid: int | None, *, folder: Path | None = None, created: float | None = None
) -> psutil.Process | None:
    """Return the process `pid` if it is the one meant: working in `folder`, started at `created`."""
    if not pid:
        return None
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        if created is not None and abs(process.create_time() - created) > 2:
            return None
        if folder is not None and Path(process.cwd()).resolve() != folder.resolve():
            return None
    except (psutil.Error, OSError):
        return None
    return process


def reap(process: psutil.Process) -> None:
    """Take the exit status of an ended process if it is our child, so that it is no zombie."""
    with contextlib.suppress(psutil.Error):
        process.wait(timeout=0)


def wait_until(condition, seconds: float, *, pause: float = 0.02) -> bool:
    """Ask `condition` until it holds or `seconds` have passed; returns whether it held."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
        pause = min(pause * 1.3, 0.25)
    return True


# What the environment says


def configured(name: str) -> str:
    """Return variable `name` from the environment, else from `.env`, else an empty string."""
    if os.environ.get(name):
        return os.environ[name]
    try:
        lines = (CHECKOUT / ".env").read_text().splitlines()
    except OSError:
        return ""
    for line in lines:
        key, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and key.strip() == name:
            return value.strip().strip("'\"")
    return ""


def _database() -> str:
    """Return what names the database in use without telling its password: `own`, or a digest of DATABASE_URL."""
    url = configured("DATABASE_URL")
    if not url or os.environ.get("REDPROP_SERVERS") == "own":
        return "own"
    return hashlib.sha256(url.encode()).hexdigest()


def _demos() -> list[str]:
    try:
        return (LOCAL / "demo").read_text().split()
    except OSError:
        return []


def remember_demo() -> None:
    """Note that this checkout's present database is a demo, so that later commands on it get DEMO=1."""
    (local() / "demo").write_text("\n".join(sorted({*_demos(), _database()})) + "\n")


def is_demo() -> bool:
    """Tell whether `make demo` has been run in this checkout on the database that is named now."""
    return _database() in _demos()
