"""manage.py verify_report FILE.pdf: is the signature on a credit report ours and untouched, and does the ledger know it?"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from evaluations.services.credit_reports import verify
from redprop.common import signing

CODE = re.compile(r"校验码 ([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}) 摘要 ([0-9a-f]{64})")


class Command(BaseCommand):
    """Checks the file against the published certificate (or the one given) and against the ledger's copy."""

    help = "Checks the signature on the PDF of a credit report."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--certificate", type=Path, help="certificate in PEM; default: the configured one"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        pem = self._certificate(options["certificate"])
        try:
            content = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(str(error), returncode=2) from None
        found = signing.check_pdf(content, pem=pem)
        told: dict[str, Any] = {
            "genuine": found.genuine,
            "why_not": found.why_not,
            "signer": found.signer,
            "signed_at": found.signed_at.isoformat() if found.signed_at else None,
            "number": None,
            "code": None,
            "in_ledger": False,
        }
        if found.genuine and (match := CODE.search(found.reason)):
            report = verify(match[1])
            told |= {"code": match[1], "in_ledger": report is not None and report.digest == match[2]}
            told["number"] = report.number if report else None
        good = bool(told["genuine"] and told["in_ledger"])
        if options["json"]:
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        elif good:
            self.stdout.write(
                _("Genuine: report %(number)s, signed by %(signer)s, in the ledger with the same content.")
                % told
            )
        else:
            why = found.why_not or _("The signature is ours, but the ledger holds no such report.")
            self.stderr.write(why)
        if not good:
            sys.exit(1)

    def _certificate(self, path: Path | None) -> bytes:
        if path is not None:
            try:
                return path.read_bytes()
            except OSError as error:
                raise CommandError(str(error), returncode=2) from None
        own = signing.certificate()
        if own is None:
            raise CommandError(
                _("No signing certificate is configured. Name one with --certificate."), returncode=2
            )
        return own.pem
