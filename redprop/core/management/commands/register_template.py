"""`register_template REGISTER OUT.xlsx`: an empty workbook with headers, help, drop-downs and an example."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from redprop.common.tabular import declare, writing
from redprop.core.management.registers import RegisterCommand
from redprop.core.services import imports


class Command(RegisterCommand):
    """See the module."""

    help = "Write the template of a register."

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
        writing.template(register, context, options["file"])
        if options["json"]:
            self.stdout.write(self.json({"register": register.name, "file": str(options["file"])}))
        else:
            self.stdout.write(
                _("Template of %(register)s written to %(file)s.")
                % {"register": register.title, "file": options["file"]}
            )
