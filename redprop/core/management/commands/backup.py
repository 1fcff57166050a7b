"""`backup OUT`: database and files of one moment in one encrypted file."""

import json
import os
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from redprop.accounts.management.base import DistrictCommand
from redprop.common.backups.cipher import secret_from
from redprop.core.services.backups import back_up


class Command(DistrictCommand):
    """See the module."""

    help = "Write database and files into one file, encrypted under BACKUP_KEY_FILE or BACKUP_PASSPHRASE."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the file."""
        parser.add_argument("out", type=Path, help="file to write; it must not exist")
        parser.add_argument("--unencrypted", action="store_true", help="leave it readable for everybody")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it."""
        secret = None if options["unencrypted"] else secret_from(os.environ)
        told = back_up(out=options["out"].absolute(), secret=secret, progress=self._progress(options))
        found = {
            "file": str(options["out"]),
            "encrypted": secret is not None,
            "tables": told.tables,
            "rows": told.rows,
            "files": told.files,
            "bytes": told.size,
            "written_at": told.written_at,
        }
        words = (
            _("Backed up: %(tables)s tables with %(rows)s rows and %(files)s files, %(bytes)s bytes.") % found
        )
        if secret is None:
            words += " " + _("The file is not encrypted: keep it where nobody else can read it.")
        self.stdout.write(json.dumps(found, ensure_ascii=False) if options["json"] else words)

    def _progress(self, options: dict[str, Any]) -> Any:
        if options["json"] or not self.stderr.isatty():
            return None
        return lambda name, done, total: self.stderr.write(f"\r{done}/{total} {name:60}", ending="")
