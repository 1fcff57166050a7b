"""Measures the figures of design section 9 and writes them into a file. Needs a role that may make databases."""

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from evaluations.bench.closing import Differs, measure
from evaluations.bench.databases import empty_database


class Command(BaseCommand):
    help = "Close a quarter at several sizes of the demo district, against one hand-written statement."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", default="bench.json", help="file for the figures")
        parser.add_argument("--scales", default="1,10", help="sizes of the district, with commas")
        parser.add_argument("--rounds", type=int, default=5, help="measurements of which the median is taken")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            self.stderr.write("Measurements load demo districts: set DEMO=1, on a trial machine only.")
            raise SystemExit(1)

        def say(line: str) -> None:
            if not options["json"]:
                self.stdout.write(line)
                self.stdout.flush()

        scales = [int(part) for part in options["scales"].split(",")]
        closing = {}
        try:
            with empty_database():
                for scale in scales:
                    say(f"Loading the demo district ×{scale} …")
                    closing[f"x{scale}"] = measure(scale, options["rounds"], say)
        except Differs as error:
            self.stderr.write(str(error))
            raise SystemExit(1) from None
        first, last = closing[f"x{scales[0]}"], closing[f"x{scales[-1]}"]
        figures = {
            "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "cores": os.cpu_count(),
            "postgresql": str(connection.cursor().connection.info.server_version),
            "closing": closing,
            "growth_of_ratio": round(last["ratio"] / first["ratio"], 2),
        }
        Path(options["out"]).write_text(json.dumps(figures, indent=1) + "\n")
        if options["json"]:
            self.stdout.write(json.dumps(figures))
            return
        for name, found in closing.items():
            say(
                f"Closing {name}: {found['projects']} projects, {found['rows']} rows, {found['closing_s']:.2f} s; "
                f"by hand {found['by_hand_s']:.2f} s; ratio {found['ratio']:.2f} (wanted at most 1.5 at x100)"
            )
        say(f"Written to {options['out']}.")
