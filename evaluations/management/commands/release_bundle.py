"""`release_bundle PERIOD OUT.zip`: write the canonical bundle of a published release (default: the latest final)."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from evaluations.management.actors import add_common, answer, find_district
from evaluations.models import Release
from evaluations.services.bundles import write_bundle
from evaluations.services.periods import find_period
from redprop.common.errors import Refused


class Command(BaseCommand):
    """See the module."""

    help = "Write the bundle of a release; check it with: python -m evaluations.scoring OUT.zip"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add period, file and options."""
        parser.add_argument("period")
        parser.add_argument("out", type=Path, metavar="OUT.zip")
        parser.add_argument("--kind", choices=["notice", "final"], default="final")
        parser.add_argument(
            "--sequence", type=int, metavar="N", help="number of the release in the district's chain"
        )
        add_common(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        if not options["out"].absolute().parent.is_dir():
            raise CommandError(
                _("There is no folder %(folder)s to write to.") % {"folder": options["out"].parent},
                returncode=2,
            )
        answer(self, options["json"], lambda: self.work(options), self.words)

    def work(self, options: dict[str, Any]) -> dict[str, Any]:
        """Find the release, write the file."""
        period = find_period(find_district(options["district"]), options["period"])
        found = Release.objects.filter(period=period).exclude(state=Release.State.DRAFT)
        if options["sequence"] is not None:
            found = found.filter(sequence=options["sequence"])
        elif options["kind"] == "notice":
            found = found.filter(kind=Release.Kind.NOTICE)
        else:
            found = found.filter(kind__in=[Release.Kind.FINAL, Release.Kind.CORRECTION])
        release = (
            found.select_related("district", "period", "run__period__rubric").order_by("-sequence").first()
        )
        if release is None:
            raise Refused(
                _("%(period)s has no such release yet.") % {"period": period.value.label}, code="no-release"
            )
        digest = write_bundle(release=release, path=options["out"])
        return {
            "file": str(options["out"]),
            "period": period.code,
            "kind": release.kind,
            "sequence": release.sequence,
            "digest": digest,
            "size": options["out"].stat().st_size,
        }

    def words(self, result: dict[str, Any]) -> str:
        """Return what was written."""
        return _("%(file)s: release %(sequence)s (%(kind)s) of %(period)s, digest %(digest)s") % result
