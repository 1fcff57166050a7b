"""Drives the demo district to its final list and approved subsidies, then tells what stands where."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluations.demo.accounts import PASSWORD, list_accounts
from evaluations.demo.drive.quarters import in_words
from evaluations.demo.drive.story import Driven, run_demo
from evaluations.services.reconcile import reconcile_totals
from redprop.common.errors import Refused
from redprop.common.money import format_yuan


class Command(BaseCommand):
    help = "Drive the demo district: close its quarters, notice, final list, subsidy batches."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--inline", action="store_true", help="close in this process, without a worker")
        parser.add_argument("--no-history", action="store_true", help="leave the eleven earlier quarters out")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        say = (lambda text: None) if options["json"] else (lambda text: self.stdout.write(f"  {text}"))
        try:
            driven = run_demo(say=say, inline=options["inline"], history=not options["no_history"])
        except Refused as refusal:
            if options["json"]:
                self.stdout.write(json.dumps(refusal.as_dict(), ensure_ascii=False))
            self.stderr.write(str(refusal))
            raise SystemExit(1) from None
        if options["json"]:
            self.stdout.write(json.dumps(self.told(driven), ensure_ascii=False))
        else:
            self.summary(driven)

    def told(self, driven: Driven) -> dict[str, Any]:
        totals = reconcile_totals(district=driven.district)
        return {
            "district": driven.district.code,
            "clock": timezone.localtime(driven.district.clock).isoformat(),
            "differences": len(totals.differences),
            "releases": driven.releases,
            "final": {
                "period": driven.final.period.code,
                "counts": driven.final.counts,
                "digest": driven.final.digest,
            },
            "batches": [
                {"number": b.number, "state": b.state, "lines": b.line_count, "total": str(b.total)}
                for b in driven.batches
            ],
            "files_missing": driven.files_missing,
            "seconds": round(driven.seconds, 1),
        }

    def summary(self, driven: Driven) -> None:
        out = self.stdout.write
        totals = reconcile_totals(district=driven.district)
        counted = {f.code: f.counted for f in totals.figures}
        out("")
        out(
            _(
                "%(district)s as of %(day)s: %(compounds)s compounds = %(professional)s professional + %(old)s old "
                "(%(market)s taken over + %(trust)s in trusteeship); %(firms)s enterprises, %(projects)s projects, "
                "%(graduates)s graduates; differences: %(differences)s."
            )
            % {
                "district": driven.district,
                "day": totals.on,
                "compounds": counted["compounds"],
                "professional": counted["compounds_professional"],
                "old": counted["compounds_old"],
                "market": counted["old_taken_over"],
                "trust": counted["old_in_trusteeship"],
                "firms": counted["enterprises"],
                "projects": counted["projects"],
                "graduates": counted["graduates"],
                "differences": len(totals.differences),
            }
        )
        out(f"{driven.final.title}: {in_words(driven.final)}")
        for batch in driven.batches:
            out(
                _("Batch %(number)s: %(state)s, %(lines)s lines, %(total)s")
                % {
                    "number": batch.number,
                    "state": batch.get_state_display(),
                    "lines": batch.line_count,
                    "total": format_yuan(batch.total),
                }
            )
        if driven.files_missing:
            out(
                _("Public files of %(count)s releases are still being written.")
                % {"count": driven.files_missing}
            )
        out(
            _("Business clock: %(time)s")
            % {"time": f"{timezone.localtime(driven.district.clock):%Y-%m-%d %H:%M}"}
        )
        out(_("Pages: / (public), /desk/ (subdistrict, community, enterprise), /admin/ (district)"))
        out(_("Accounts (password of all: %(password)s):") % {"password": PASSWORD})
        for account in list_accounts():
            out(f"  {account.username:<24}{account.role}  {account.area}")
        out(_("Driven in %(seconds)s s.") % {"seconds": f"{driven.seconds:.1f}"})
