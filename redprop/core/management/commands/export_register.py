"""`export_register REGISTER OUT.{xlsx,csv}`: write a register so that it imports again without a difference."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from redprop.common.tabular import declare
from redprop.core.management.registers import RegisterCommand
from redprop.core.services import exports, imports


class Command(RegisterCommand):
    """See the module."""

    help = "Export a register to .xlsx or .csv."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add register and file."""
        parser.add_argument("register")
        parser.add_argument("file", type=Path)
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        register = declare.get(options["register"])
        context = imports.context_for(
            district=self.find_district(options["district"]), acting_user=self.find_user(options["user"])
        )
        rows = exports.export_register(register=register, context=context, path=options["file"])
        if options["json"]:
            self.stdout.write(
                self.json({"register": register.name, "rows": rows, "file": str(options["file"])})
            )
        else:
            self.stdout.write(
                _("%(register)s: %(rows)s rows written to %(file)s.")
                % {"register": register.title, "rows": rows, "file": options["file"]}
            )
