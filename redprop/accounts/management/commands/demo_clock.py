"""`demo_clock [--district CODE] --to DATETIME`: moves the business clock of a demo district.

A clock moved over midnight brings what a night brings: the workers are sent beat's nightly tasks at once.
"""

from typing import Any

from celery.schedules import crontab
from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from redprop.accounts.clock import business_now
from redprop.accounts.management.base import DistrictCommand
from redprop.accounts.services.clock import set_demo_clock
from redprop.common.queue import send_now


def nightly_tasks() -> list[str]:
    """Names of the tasks that beat sends once a night."""
    entries = settings.CELERY_BEAT_SCHEDULE.values()
    return [
        entry["task"]
        for entry in entries
        if isinstance(entry["schedule"], crontab) and len(entry["schedule"].hour) == 1
    ]


class Command(DistrictCommand):
    """See the module."""

    help = "Show or move the clock of a demo district, e.g. --to 2026-10-19T09:00 (Shanghai time)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the time."""
        super().add_arguments(parser)
        parser.add_argument("--to", metavar="DATETIME", help="without it the present time is shown")

    def handle(self, *args: Any, **options: Any) -> None:
        """Move it, or show it."""
        district = self.find_district(options["district"])
        before, sent = timezone.localdate(business_now(district)), 0
        if options["to"]:
            district = set_demo_clock(district=district, to=self._time(options["to"]))
        now = timezone.localtime(business_now(district))
        if now.date() > before:
            sent = sum(send_now(task) for task in nightly_tasks())
        found = {"district": district.code, "clock": now.isoformat(), "demo": district.is_demo, "tasks": sent}
        words = _("The business time of %(district)s is %(time)s.") % {
            "district": district.name,
            "time": f"{now:%Y-%m-%d %H:%M}",
        }
        if sent:
            words += " " + _("Workers were sent what a night brings: orders, reminders, expiries.")
        self.say(options, found, words)

    @staticmethod
    def _time(text: str) -> Any:
        try:
            found = parse_datetime(text)
            if found is None and (day := parse_date(text)) is not None:
                found = parse_datetime(f"{day}T09:00")
        except ValueError:
            found = None
        if found is None:
            raise CommandError(
                _("“%(text)s” is no time. Write it as 2026-10-19T09:00.") % {"text": text}, returncode=2
            )
        return found if timezone.is_aware(found) else timezone.make_aware(found)
