"""Measures the figures of design section 9 and writes them into a file. Needs a role that may make databases."""

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from evaluations.bench import importing, subsidies
from evaluations.bench.closing import Differs, measure
from evaluations.bench.databases import empty_database

PARTS = ("closing", "imports", "subsidies")
WANTED = {"xlsx": 6, "csv": 5, "xlsx_again": 4, "csv_again": 4}
WANTED_MB = 200


class Command(BaseCommand):
    help = (
        "Close a quarter and import registers at the sizes of design section 9, against what SQL alone needs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", default="bench.json", help="file for the figures")
        parser.add_argument("--only", default=",".join(PARTS), help="parts to measure, with commas")
        parser.add_argument("--scales", default="1,10", help="sizes of the district, with commas")
        parser.add_argument("--rows", type=int, default=100_000, help="rows of the imported files")
        parser.add_argument("--rounds", type=int, default=5, help="measurements of which the median is taken")
        parser.add_argument("--import-rounds", type=int, default=3, help="the same for imports")
        parser.add_argument("--lines", type=int, default=200_000, help="payment lines to prepare")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            self.stderr.write("Measurements load demo districts: set DEMO=1, on a trial machine only.")
            raise SystemExit(1)
        parts = options["only"].split(",")
        if unknown := set(parts) - set(PARTS):
            self.stderr.write(f"There is no part {', '.join(sorted(unknown))}. Parts: {', '.join(PARTS)}.")
            raise SystemExit(2)

        def say(line: str) -> None:
            if not options["json"]:
                self.stdout.write(line)
                self.stdout.flush()

        figures: dict[str, Any] = {
            "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "cores": os.cpu_count(),
            "postgresql": str(connection.cursor().connection.info.server_version),
        }
        lines: list[str] = []
        try:
            with empty_database():
                if "closing" in parts:
                    lines += self._closing(figures, options, say)
                if "imports" in parts:
                    lines += self._imports(figures, options, say)
                if "subsidies" in parts:
                    lines += self._subsidies(figures, options, say)
        except (Differs, importing.Failed) as error:
            self.stderr.write(str(error))
            raise SystemExit(1) from None
        Path(options["out"]).write_text(json.dumps(figures, indent=1) + "\n")
        if options["json"]:
            self.stdout.write(json.dumps(figures))
            return
        for line in lines:
            say(line)
        say(f"Written to {options['out']}.")

    def _closing(self, figures: dict[str, Any], options: dict[str, Any], say: Any) -> list[str]:
        scales = [int(part) for part in options["scales"].split(",")]
        closing = {}
        for scale in scales:
            say(f"Loading the demo district ×{scale} …")
            closing[f"x{scale}"] = measure(scale, options["rounds"], say)
        first, last = closing[f"x{scales[0]}"], closing[f"x{scales[-1]}"]
        figures["closing"] = closing
        figures["growth_of_ratio"] = round(last["ratio"] / first["ratio"], 2)
        return [
            f"Closing {name}: {found['projects']} projects, {found['rows']} rows, {found['closing_s']:.2f} s; "
            f"by hand {found['by_hand_s']:.2f} s; ratio {found['ratio']:.2f} (wanted at most 1.5 at x100)"
            for name, found in closing.items()
        ]

    def _subsidies(self, figures: dict[str, Any], options: dict[str, Any], say: Any) -> list[str]:
        say(f"Preparing {options['lines']} payment lines …")
        found = figures["subsidies"] = subsidies.measure(options["lines"], options["import_rounds"], say)
        return [
            f"Subsidies: {found['lines']} lines in {found['prepare_s']:.2f} s; bare INSERT … SELECT "
            f"{found['bare_s']:.2f} s; ratio {found['ratio']:.2f} (wanted at most 3)"
        ]

    def _imports(self, figures: dict[str, Any], options: dict[str, Any], say: Any) -> list[str]:
        say(f"Importing {options['rows']} compounds …")
        found = figures["imports"] = importing.measure(options["rows"], options["import_rounds"], say)
        return [
            *(
                f"Import {name}: {found[name]['seconds']:.2f} s, of that pinyin {found[name]['pinyin_s']:.2f} s; "
                f"COPY {found['copy_s']:.2f} s; ratio without pinyin {found[name]['ratio']:.2f} (wanted at most {wanted})"
                for name, wanted in WANTED.items()
            ),
            f"Import memory: at most {found['peak_mb']:.0f} MB (wanted at most {WANTED_MB}); "
            f"the process before it began {found['bare_mb']:.0f} MB",
        ]
