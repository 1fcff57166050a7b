"""Measures the figures of design section 9 and writes them into a file. Needs a role that may make databases."""

import datetime as dt
import json
import os
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from evaluations.bench import importing, lists, subsidies
from evaluations.bench.closing import Differs, measure
from evaluations.bench.databases import district_of, empty_database

PARTS = ("closing", "lists", "imports", "subsidies")
WANTED = {"xlsx": 6, "csv": 5, "xlsx_again": 4, "csv_again": 4}
WANTED_MB = 200
WANTED_P95 = 1.5


class Command(BaseCommand):
    help = "Close a quarter, ask for every list and import registers at the sizes of design section 9."

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
                if {"closing", "lists"} & set(parts):
                    lines += self._districts(figures, parts, options, say)
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

    def _districts(
        self, figures: dict[str, Any], parts: list[str], options: dict[str, Any], say: Any
    ) -> list[str]:
        """Closing, and then the lists, of the same district at each size."""
        scales = [int(part) for part in options["scales"].split(",")]
        closing, pages = {}, {}
        for scale in scales:
            say(f"Loading the demo district ×{scale} …")
            start = time.monotonic()
            with district_of(scale, quarters=1):
                figures.setdefault("loading_s", {})[f"x{scale}"] = round(time.monotonic() - start, 1)
                if "closing" in parts:
                    closing[f"x{scale}"] = measure(scale, options["rounds"], say)
                if "lists" in parts:
                    pages[f"x{scale}"] = lists.measure(options["rounds"], say)
        return self._closing(figures, closing) + self._lists(figures, pages)

    def _closing(self, figures: dict[str, Any], closing: dict[str, Any]) -> list[str]:
        if not closing:
            return []
        ratios = [found["ratio"] for found in closing.values()]
        figures["closing"] = closing
        figures["growth_of_ratio"] = round(ratios[-1] / ratios[0], 2)
        return [
            f"Closing {name}: {found['projects']} projects, {found['rows']} rows, {found['closing_s']:.2f} s; "
            f"by hand {found['by_hand_s']:.2f} s; ratio {found['ratio']:.2f} (wanted at most 1.5 at x100)"
            for name, found in closing.items()
        ]

    def _lists(self, figures: dict[str, Any], pages: dict[str, dict[str, lists.Found]]) -> list[str]:
        if not pages:
            return []
        figures["lists"] = {
            name: {area: lists.told(found[area]) for area in lists.AREAS} for name, found in pages.items()
        }
        lines = [
            f"Lists {name}, {area}: {told['pages']} pages, half within {told['p50_ms']} ms, 95 % within "
            f"{told['p95_ms']} ms, at most {told['queries_at_most']} queries"
            for name, areas in figures["lists"].items()
            for area, told in areas.items()
        ]
        small, *larger = pages
        for name in larger:
            for area in lists.AREAS:
                grown = lists.compare(pages[small][area], pages[name][area])
                figures["lists"].setdefault("growth", {}).setdefault(name, {})[area] = grown
                lines.append(
                    f"Lists {name} ÷ {small}, {area}: {grown['as_full']} pages as full at both, p95 ratio "
                    f"{grown['p95_ratio']:.2f} (wanted at most {WANTED_P95}); slower: {grown['slower'] or 'none'}; "
                    f"more queries: {grown['more_queries'] or 'none'}"
                )
        return lines

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
