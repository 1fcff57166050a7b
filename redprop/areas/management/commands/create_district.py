"""`create_district CODE NAME`: the row that everything else of a district hangs on."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from redprop.areas.models import District


class Command(BaseCommand):
    """See the module."""

    help = "Create a district by its official code (six digits) and name."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add code and name."""
        parser.add_argument("code")
        parser.add_argument("name")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, once."""
        code, name = options["code"].strip(), options["name"].strip()
        refusal = ""
        if not (code.isdigit() and len(code) == 6):
            refusal = _("“%(code)s” is not a district code of six digits, such as 420102.") % {"code": code}
        elif District.objects.filter(code=code).exists():
            refusal = _("There already is a district with the code %(code)s.") % {"code": code}
        if refusal:
            if options["json"]:
                self.stdout.write(json.dumps({"refused": refusal}, ensure_ascii=False))
            self.stderr.write(refusal)
            raise SystemExit(1)
        district = District.objects.create(code=code, name=name)
        if options["json"]:
            self.stdout.write(
                json.dumps({"district": district.code, "name": district.name}, ensure_ascii=False)
            )
        else:
            self.stdout.write(_("District %(name)s (%(code)s) created.") % {"name": name, "code": code})
