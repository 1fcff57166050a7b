"""`processing_record OUT.docx`: the record of processing of personal data (个人信息处理活动记录)."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from redprop.accounts.clock import business_today
from redprop.accounts.management.base import DistrictCommand
from redprop.common.documents import as_docx
from redprop.core.services.people_rules import RULES
from redprop.core.services.processing_record import processing_record


class Command(DistrictCommand):
    """See the module."""

    help = "Write the record of processing for the impact assessment, from the rules of personal data."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the file."""
        super().add_arguments(parser)
        parser.add_argument("out", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it."""
        district = self.find_district(options["district"])
        document = processing_record(today=business_today(district), issuer=district.name)
        try:
            options["out"].write_bytes(as_docx(document))
        except OSError as error:
            raise CommandError(str(error), returncode=2) from None
        found = {"file": str(options["out"]), "tables": len(RULES)}
        text = _("%(tables)s tables with personal data are described in %(file)s.")
        self.say(options, found, text % found)
