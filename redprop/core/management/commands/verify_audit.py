"""`verify_audit [--head NUMBER:DIGEST]`: is the audit trail as it was written? Exit 1 when it is not."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from redprop.accounts.management.base import DistrictCommand
from redprop.core.services.audit_blocks import seal
from redprop.core.services.audit_verifying import verify


class Command(DistrictCommand):
    """See the module."""

    help = "Compare blocks, lines and former versions of the audit trail with their digests."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the head and the sealing."""
        parser.add_argument(
            "--head", metavar="NUMBER:DIGEST", help="a block's digest that was kept elsewhere"
        )
        parser.add_argument("--seal", action="store_true", help="seal first what is not sealed yet")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare and tell."""
        head = None
        if options["head"]:
            number, _sep, digest = options["head"].partition(":")
            if not number.isdigit() or len(digest) != 64:
                raise CommandError("--head is written NUMBER:DIGEST, as this command prints it", returncode=2)
            head = (int(number), digest)
        if options["seal"]:
            seal()
        told = verify(head=head)
        if options["json"]:
            self.stdout.write(json.dumps(asdict(told), ensure_ascii=False))
        else:
            self._tell(told)
        if told.findings:
            raise SystemExit(1)

    def _tell(self, told: Any) -> None:
        for finding in told.findings[:50]:
            self.stderr.write(finding.text)
        if told.findings:
            self.stderr.write(
                _(
                    "%(count)s findings: the trail was touched. Keep the database as it is and call the security administrator."
                )
                % {"count": len(told.findings)}
            )
        self.stdout.write(
            _(
                "%(blocks)s blocks, %(lines)s lines and %(versions)s former versions compared; %(unsealed)s lines not sealed yet."
            )
            % asdict(told)
        )
        if told.not_comparable:
            self.stdout.write(
                _("%(count)s lines are older than a column that was taken away since; their blocks agree.")
                % {"count": told.not_comparable}
            )
        if told.head:
            self.stdout.write(_("Head: %(head)s. Keep it outside this server.") % {"head": told.head})
