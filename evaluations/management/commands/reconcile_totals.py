"""Compares the registers with the reported figures of a day. Exit 0: no difference; 1: some."""

import datetime as dt
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from evaluations.services.reconcile import reconcile_totals
from redprop.areas.models import District


class Command(BaseCommand):
    help = "Compare the registers with the figures that were reported for a day."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--on", type=dt.date.fromisoformat, help="day (default: the latest reported)")
        parser.add_argument("--district", help="code of the district (optional when there is one)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        found = reconcile_totals(district=self.find_district(options["district"]), on=options["on"])
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "on": found.on.isoformat(),
                        "figures": [
                            {
                                "code": f.code,
                                "reported": number(f.reported),
                                "counted": f.counted,
                                "difference": number(f.difference),
                                "source": f.source,
                            }
                            for f in found.figures
                        ],
                        "differences": len(found.differences),
                    },
                    ensure_ascii=False,
                )
            )
        else:
            self.stdout.write(_("As of %(day)s:") % {"day": found.on.isoformat()})
            for f in found.figures:
                counted = "–" if f.counted is None else f"{f.counted:,}"
                mark = f"  {f.difference:+,.0f}" if f in found.differences else ""
                self.stdout.write(f"  {counted:>9} / {f.reported:>9,.0f}{mark}  {f.title} ({f.source})")
            self.stdout.write(_("%(count)s differences.") % {"count": len(found.differences)})
        if found.differences:
            raise SystemExit(1)

    def find_district(self, code: str | None) -> District:
        districts = District.objects.filter(code=code) if code else District.objects.all()
        if len(districts) != 1:
            raise CommandError(_("Name the district with --district CODE."), returncode=2)
        return districts[0]


def number(value: Any) -> int | str:
    """Whole numbers as such, others as decimal strings."""
    return int(value) if value == int(value) else str(value)
