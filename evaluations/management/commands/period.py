"""`period open|close|confirm|notice|finalise|status PERIOD`: an evaluation period from the command line."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Count
from django.utils.translation import gettext as _

from evaluations.management.actors import add_common, answer, find_district, find_user
from evaluations.models import ClosingRun, EvaluationPeriod, ListEntry, Release
from evaluations.services import closing, periods, releases, rubrics
from redprop.common.errors import Refused
from redprop.common.periods import Period

ACTIONS = ("open", "close", "confirm", "notice", "finalise", "status")
SIGNED = ("confirm", "notice", "finalise")


class Command(BaseCommand):
    """See the module."""

    help = "Open, close, confirm, put up for notice or finalise an evaluation period, or show its state."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add action, period and options."""
        parser.add_argument("action", choices=ACTIONS)
        parser.add_argument("period", help="2026Q3, 2026H1 or 2026")
        parser.add_argument("--wait", action="store_true", help="close: wait until workers have finished")
        parser.add_argument(
            "--inline", action="store_true", help="close: do the work in this process, without a worker"
        )
        parser.add_argument("--timeout", type=float, default=1800, help="seconds to wait at most")
        parser.add_argument(
            "--sample", action="store_true", help="open: record the sample rubric if it is missing"
        )
        add_common(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        answer(self, options["json"], lambda: self.work(options), self.words)

    def work(self, options: dict[str, Any]) -> dict[str, Any]:
        """Take the step and return the state after it."""
        district = find_district(options["district"])
        user = find_user(options["acting"], district, signed=options["action"] in SIGNED)
        if options["action"] == "open":
            if options["sample"]:
                kind = Period.parse(options["period"]).kind
                rubrics.load_sample(district=district, period_kind=kind, acting_user=user)
            period = periods.open_period(district=district, code=options["period"], acting_user=user)
            return status(period)
        period = periods.find_period(district, options["period"])
        if options["action"] == "close":
            self.close(period, user, options)
        elif options["action"] == "confirm":
            releases.confirm_entries(period=period, acting_user=user)
        elif options["action"] == "notice":
            releases.publish_notice(period=period, acting_user=user)
        elif options["action"] == "finalise":
            releases.finalise(period=period, acting_user=user)
        return status(periods.find_period(district, options["period"]))

    def close(self, period: EvaluationPeriod, user: Any, options: dict[str, Any]) -> None:
        """Start the closing, or join the one that is running when told to wait for it."""
        try:
            run = periods.close_period(period=period, acting_user=user)
        except Refused as refusal:
            if refusal.code != "period-closing" or not (options["wait"] or options["inline"]):
                raise
            run = period.runs.get(state=ClosingRun.State.RUNNING)
        if options["inline"]:
            run = closing.run_inline(run)
        elif options["wait"]:
            run = closing.wait_for(run, seconds=options["timeout"], seen=self.show)
        if run.state == ClosingRun.State.FAILED:
            raise Refused(
                _(
                    "The closing failed: %(message)s Put it right and close the period again; it goes on where it stopped."
                )
                % {"message": run.message},
                code="closing-failed",
            )

    def show(self, run: ClosingRun) -> None:
        """Show the progress on a terminal."""
        if sys.stderr.isatty():
            stages = periods.progress(run)["stages"]
            parts = "  ".join(f"{name} {count['done']}/{count['of']}" for name, count in stages.items())
            self.stderr.write(f"\r{parts}", ending="")

    def words(self, result: dict[str, Any]) -> str:
        """Return the state in words."""
        lines = [_("%(period)s: %(state)s") % {"period": result["label"], "state": result["state_label"]}]
        if result["run"]:
            stages = result["run"]["stages"]
            lines += [f"  {name}: {count['done']}/{count['of']}" for name, count in stages.items()]
            if result["run"]["message"]:
                lines.append(f"  {result['run']['message']}")
        for level, colours in result["entries"].items():
            lines.append(f"  {level}: " + "  ".join(f"{colour} {n}" for colour, n in colours.items()))
        lines += [f"  {one['sequence']}  {one['title']}  {one['digest'][:16]}" for one in result["releases"]]
        return "\n".join(lines)


def status(period: EvaluationPeriod) -> dict[str, Any]:
    """Return the state of a period as plain data."""
    run = period.runs.order_by("-pk").first()
    entries: dict[str, dict[str, int]] = {}
    if run is not None:
        counted = ListEntry.objects.filter(run=run).values_list("level", "colour").annotate(n=Count("pk"))
        for level, colour, n in counted.order_by("level", "colour"):
            entries.setdefault(level, {})[colour] = n
    states = dict(
        ListEntry.objects.filter(period=period).values_list("state").annotate(n=Count("pk")).order_by("state")
    )
    return {
        "district": period.district.code,
        "period": period.code,
        "label": str(period),
        "state": period.state,
        "state_label": str(period.get_state_display()),
        "cutoff_on": period.cutoff_on,
        "rubric": f"{period.rubric.code}@{period.rubric.version}",
        "run": periods.progress(run) if run else None,
        "entries": entries,
        "entry_states": states,
        "releases": [
            {
                "sequence": release.sequence,
                "kind": release.kind,
                "title": release.title,
                "digest": release.digest,
                "window_ends_on": release.window_ends_on,
                "counts": release.counts,
            }
            for release in Release.objects.filter(period=period).order_by("sequence")
        ],
    }
