"""`rotate_keys`: move what is encrypted to the newest data key now, instead of waiting for the night."""

import json
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from evaluations.services.key_changes import rotate, under_keys, waiting
from redprop.accounts.management.base import DistrictCommand


class Command(DistrictCommand):
    """See the module. A killed run goes on where it was."""

    help = "Encrypt every value under the newest of DATA_KEYS, row by row; --status only counts."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the status."""
        parser.add_argument("--status", action="store_true", help="only say what stands under which key")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Move them; exit 1 when some could not be opened."""
        moved: dict[str, int] = {}
        if not options["status"]:
            moved = rotate(progress=None if options["json"] else self._show)
        left = waiting()
        if options["json"]:
            found = {"moved": moved, "left": left, "keys": under_keys()}
            self.stdout.write(json.dumps(found, ensure_ascii=False))
        else:
            for column, keys in under_keys().items():
                self.stdout.write(f"{column}: " + ", ".join(f"{key} {count}" for key, count in keys.items()))
            text = _("%(moved)s values moved, %(left)s stand under an older key.")
            self.stdout.write(text % {"moved": sum(moved.values()), "left": left})
        if left and not options["status"]:
            self.stderr.write(_("What is left could not be opened: its key is missing. See the log."))
            raise SystemExit(1)

    def _show(self, what: str, count: int) -> None:
        self.stdout.write(f"{what}: {count}")
