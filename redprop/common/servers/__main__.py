"""Command line: `python -m redprop.common.servers run [--demo] -- CMD …`, `start`, `stop`, `status`, `where`, `remove`."""

import argparse
import json
import shutil
import sys

from redprop.common.servers import postgres, valkey, where
from redprop.common.servers import run as shared
from redprop.common.servers.where import ServersError


def main(arguments: list[str]) -> int:
    """Do what the command line asks; 1 with a sentence when it cannot be done, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m redprop.common.servers", description=__doc__)
    commands = parser.add_subparsers(dest="what", required=True)
    run = commands.add_parser("run", help="run a command with the servers of this checkout")
    run.add_argument("--demo", action="store_true", help="with DEMO=1 in its environment")
    run.add_argument("command", nargs="+")
    commands.add_parser("start", help="start the servers and leave them running")
    stop = commands.add_parser("stop", help="stop them")
    stop.add_argument("--force", action="store_true", help="also when a command is using them")
    commands.add_parser("status", help="what runs, as JSON; exit 1 when nothing runs")
    commands.add_parser("where", help="where the data lies")
    commands.add_parser("remove", help="stop them and remove their data (make clean)")
    asked = parser.parse_args(arguments)
    try:
        return globals()["do_" + asked.what](asked)
    except ServersError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    except OSError as error:
        if error.errno == 28:
            print(f"The disk is full: {error}. Free some space and try again.", file=sys.stderr)  # noqa: T201
            return 1
        raise


def do_run(asked: argparse.Namespace) -> int:
    return shared.run(asked.command, demo=asked.demo)


def do_start(_asked: argparse.Namespace) -> int:
    with where.lock("starting"):
        found = shared.ensure()
        shared.pin().touch()
    for name, value in found.items():
        print(f"export {name}='{value}'")  # noqa: T201
    return 0


def do_stop(asked: argparse.Namespace) -> int:
    with where.lock("starting"):
        if where.in_use() and not asked.force:
            raise ServersError(
                "A command of this checkout is using the servers. End it first, or stop with --force."
            )
        shared.pin().unlink(missing_ok=True)
        shared.stop_all()
    return 0


def do_status(_asked: argparse.Namespace) -> int:
    root = where.known_root()
    with where.lock("starting"):
        server, note, used = postgres.running(root), valkey.running(root), where.in_use()
    told = {
        "postgresql": {"pid": server.process.pid, "data": str(server.data)} if server else None,
        "valkey": {"pid": note["pid"], "port": note["port"]} if note else None,
        "in_use": used,
        "pinned": shared.pin().exists(),
        "demo": where.is_demo(),
    }
    print(json.dumps(told, indent=1))  # noqa: T201
    return 0 if server or note else 1


def do_remove(_asked: argparse.Namespace) -> int:
    with where.lock("starting"):
        if where.in_use():
            raise ServersError("A command of this checkout is using the servers. End it first.")
        shared.pin().unlink(missing_ok=True)
        shared.stop_all()
        root = where.known_root()
        if root != where.LOCAL and root.name == where.checkout_hash():
            shutil.rmtree(root, ignore_errors=True)
            print(f"Removed {root}.")  # noqa: T201
    return 0


def do_where(_asked: argparse.Namespace) -> int:
    print(where.root())  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
