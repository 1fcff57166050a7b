"""Serves the portal with granian: the pages by Django, assets and published lists straight from their files."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from redprop.public.publishing import static_mounts
from redprop.public.views import current_tree

SECONDS_IN_CACHES = 60  # a withdrawn entry must leave the browsers' caches as fast as the view lets it


def mounts() -> list[tuple[str, Path]]:
    """Return (address, folder) of what is served without Python: assets, and lists once there are some."""
    assets = Path(settings.STATIC_ROOT)
    assets.mkdir(parents=True, exist_ok=True)
    tree = current_tree()
    published = static_mounts(tree.name) if tree and (tree / "index.html").exists() else []
    return [("/" + settings.STATIC_URL.strip("/"), assets), *published]


def empty_counters(port: int) -> Path:
    """Return the empty folder in which the processes of this server keep their counters."""
    folder = Path(os.environ.get("RUNTIME_DIRECTORY") or settings.BASE_DIR / ".local") / f"counters-{port}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder


class Command(BaseCommand):
    help = "Serve the portal (granian); run `manage.py collectstatic` first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=2, help="processes, about one for each core")

    def handle(self, *args: Any, **options: Any) -> None:
        program = Path(sys.executable).with_name("granian")
        command = [
            str(program),
            "--interface",
            "wsgi",
            "--host",
            options["host"],
            "--port",
            str(options["port"]),
        ]
        command += ["--workers", str(options["workers"]), "--blocking-threads", "4", "--log-level", "warning"]
        command += [
            "--static-path-dir-to-file",
            "index.html",
            "--static-path-expires",
            str(SECONDS_IN_CACHES),
        ]
        for address, folder in mounts():
            command += ["--static-path-route", address, "--static-path-mount", str(folder)]
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(empty_counters(options["port"]))
        os.chdir(settings.BASE_DIR)
        os.execv(program, [*command, "redprop.wsgi:application"])
