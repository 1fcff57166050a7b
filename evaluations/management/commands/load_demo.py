"""Loads the demo district (design section 8). Refused without DEMO=1."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from evaluations.demo.load import SEED, load_demo
from redprop.common.errors import Refused


class Command(BaseCommand):
    help = "Load the demo district: fictional people and firms in a real map, always the same for one seed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=SEED, help="number from which everything is made")
        parser.add_argument(
            "--scale", type=int, default=1, help="so many times the compounds, for measurements"
        )
        parser.add_argument("--quarters", type=int, default=12, help="facts of so many last quarters only")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = load_demo(seed=options["seed"], scale=options["scale"], quarters=options["quarters"])
        except Refused as refusal:
            if options["json"]:
                self.stdout.write(json.dumps(refusal.as_dict(), ensure_ascii=False))
            self.stderr.write(str(refusal))
            raise SystemExit(1) from None
        if options["json"]:
            told = {
                "district": loaded.district.code,
                "seed": loaded.seed,
                "scale": loaded.scale,
                "already_loaded": loaded.already,
                "rows": loaded.rows,
                "seconds": round(loaded.seconds, 2),
            }
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        if loaded.already:
            self.stdout.write(
                _("%(district)s: already loaded (seed %(seed)s).")
                % {"district": loaded.district, "seed": loaded.seed}
            )
            return
        total = sum(loaded.rows.values())
        self.stdout.write(
            f"{loaded.district}: {total:,} rows in {loaded.seconds:.1f} s (seed {loaded.seed})."
        )
