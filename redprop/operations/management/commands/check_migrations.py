"""Tells which migrations since the last release running code would not survive; part of `make check`."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from redprop.operations import migration_rules


class Command(BaseCommand):
    help = "Refuse migrations that an upgrade host by host would not survive (docs/operations.md)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--release", metavar="NAME", help="record the present migrations as those of a release"
        )
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["release"]:
            migration_rules.write_released(options["release"])
            self.stdout.write(
                f"{migration_rules.RELEASED.name} names the migrations of {options['release']}."
            )
            return
        found = migration_rules.judge_all()
        refused = [one for one in found if not one.reason]
        if options["as_json"]:
            told = {
                "refused": [str(one) for one in refused],
                "marked": [str(one) for one in found if one.reason],
            }
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        else:
            for one in found:
                self.stdout.write(f"{'marked ' if one.reason else 'REFUSED'} {one}")
            if refused:
                self.stdout.write(
                    'Split it over two releases, or say in the migration why not: safe_because = "…"'
                )
        if refused:
            raise SystemExit(1)
