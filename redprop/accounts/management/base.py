"""What the commands of accounts share: the district, Chinese, one JSON object, exit 1 for a refusal."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation
from django.utils.translation import gettext as _

from redprop.areas.models import District
from redprop.common.errors import Refused


class DistrictCommand(BaseCommand):
    """Base: exit 0 done, 1 refused with a sentence (nothing changed), 2 wrong usage."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --district and --json."""
        parser.add_argument("--district", metavar="CODE", help="needed when there is more than one")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def execute(self, *args: Any, **options: Any) -> Any:
        """Run; a refusal becomes exit 1."""
        if translation.get_language() is None:
            translation.activate("zh-hans")
        try:
            return super().execute(*args, **options)
        except Refused as refused:
            if options.get("json"):
                self.stdout.write(json.dumps(refused.as_dict(), ensure_ascii=False))
            self.stderr.write(str(refused))
            raise SystemExit(1) from None

    def say(self, options: dict[str, Any], found: dict[str, Any], text: str) -> None:
        """Print the object or the text."""
        self.stdout.write(json.dumps(found, ensure_ascii=False) if options["json"] else text)

    @staticmethod
    def find_district(code: str | None) -> District:
        """The district named, or the only one."""
        districts = District.objects.order_by("code")
        if code:
            districts = districts.filter(code=code)
        found = list(districts[:2])
        if len(found) == 1:
            return found[0]
        if found:
            raise Refused(_("There are several districts. Name one with --district CODE."), code="district")
        raise Refused(
            _("There is no district %(code)s. Create it with create_district.") % {"code": code or ""},
            code="no-district",
        )
