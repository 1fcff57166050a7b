"""`list_registers`: the names of all registers, with their fields."""

from typing import Any

from django.core.management.base import CommandParser

from redprop.common.tabular import declare
from redprop.core.management.registers import RegisterCommand


class Command(RegisterCommand):
    """See the module."""

    help = "List the registers that can be imported and exported."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the JSON option alone."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        registers = declare.registers()
        if options["json"]:
            found = [
                {
                    "name": one.name,
                    "title": str(one.title),
                    "key": list(one.key),
                    "fields": [
                        {
                            "field": c.field,
                            "header": c.header,
                            "required": c.required,
                            "read_only": c.read_only,
                        }
                        for c in one.columns
                    ],
                }
                for one in registers
            ]
            self.stdout.write(self.json({"registers": found}))
            return
        for one in registers:
            fields = " ".join(c.field + ("*" if c.required else "") for c in one.columns if not c.read_only)
            self.stdout.write(f"{one.name}\t{one.title}\t{fields}")
