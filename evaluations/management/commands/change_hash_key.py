"""`change_hash_key`: make every keyed hash anew under NEW_HASH_KEY, with the portal stopped, in one transaction."""

import json
import os
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from evaluations.services.key_changes import change_hash_key
from redprop.accounts.management.base import DistrictCommand


class Command(DistrictCommand):
    """See the module."""

    help = "Change the key of the keyed hashes: the new one stands in the environment as NEW_HASH_KEY."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the consent to ending codes."""
        parser.add_argument(
            "--codes-end", action="store_true", help="residents' codes of open requests may end"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Change it."""
        done = change_hash_key(new_key=os.environ.get("NEW_HASH_KEY", ""), codes_end=options["codes_end"])
        found = {"rows": done.rows, "codes_that_end": done.codes_that_end}
        words = _(
            "%(rows)s hashes were made anew; %(codes)s residents' codes have ended. Set HASH_KEY to the new key now, in every place, before anything is started; keep the old one as long as a backup made under it."
        ) % {"rows": sum(done.rows.values()), "codes": done.codes_that_end}
        self.stdout.write(json.dumps(found, ensure_ascii=False) if options["json"] else words)
