"""`manage.py publish_pages`: renders the public pages anew, for instance after a disk was full."""

from typing import Any

from django.utils.translation import gettext as _

from redprop.common.errors import Refused
from redprop.core.management.registers import RegisterCommand
from redprop.public import publishing


class Command(RegisterCommand):
    help = "Render the public pages of a district into files below PUBLISHED_ROOT."

    def handle(self, *args: Any, **options: Any) -> None:
        """Publish; a disk that refuses is exit 1, with the old pages unchanged."""
        district = self.find_district(options["district"])
        try:
            count, written = publishing.publish_district(district)
        except OSError as error:
            raise Refused(
                _("The pages could not be written, the old ones are unchanged: %(error)s") % {"error": error},
                code="disk",
            ) from error
        if options["json"]:
            self.stdout.write(self.json({"district": district.code, "files": count, "written": written}))
        else:
            self.stdout.write(
                _("%(district)s: %(count)s public files, %(written)s of them written.")
                % {"district": district.name, "count": count, "written": written}
            )
