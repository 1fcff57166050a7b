"""`restore IN`: bring a backup into an empty installation; `--check` only reads it and says whether it could."""

import json
import os
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from redprop.accounts.management.base import DistrictCommand
from redprop.common.backups.cipher import secret_from
from redprop.core.services.backups import check_fits, look_into, restore


class Command(DistrictCommand):
    """See the module."""

    help = (
        "Bring a backup into an empty database and empty folders; every table is compared before it counts."
    )
    requires_migrations_checks = False
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the file."""
        parser.add_argument("source", type=Path, metavar="IN", help="file that `backup` wrote")
        parser.add_argument("--check", action="store_true", help="only read it through; nothing is written")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore, or only look."""

        def secret() -> tuple[str, bytes]:
            return secret_from(os.environ)

        if options["check"]:
            about, manifest = look_into(source=options["source"], secret=secret)
            check_fits(about)
            found = {
                "written_at": about["written_at"],
                "tables": len(manifest["tables"]),
                "rows": sum(count for count, _digest in manifest["tables"].values()),
                "files": len(manifest["files"]),
                "keys": sorted(about["keys"]),
            }
            words = _(
                "The backup of %(written_at)s is whole and fits this server: %(tables)s tables with %(rows)s rows, %(files)s files."
            )
        else:
            told = restore(source=options["source"], secret=secret, progress=self._progress(options))
            found = {
                "written_at": told.written_at,
                "tables": told.tables,
                "rows": told.rows,
                "files": told.files,
            }
            words = _(
                "Restored the backup of %(written_at)s: %(tables)s tables with %(rows)s rows and %(files)s files, all compared equal."
            )
        self.stdout.write(json.dumps(found, ensure_ascii=False) if options["json"] else words % found)

    def _progress(self, options: dict[str, Any]) -> Any:
        if options["json"] or not self.stderr.isatty():
            return None
        return lambda name, done, total: self.stderr.write(f"\r{done}/{total} {name:60}", ending="")
