"""`undo_import BATCH`: take an import back while nothing depends on it."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from redprop.common.errors import Refused
from redprop.core.management.registers import RegisterCommand
from redprop.core.models import ImportBatch
from redprop.core.services import undo


class Command(RegisterCommand):
    """See the module."""

    help = (
        "Take an import back: its new rows are deleted, its changes set back, while nothing depends on them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the import's number."""
        parser.add_argument("batch", type=int, help="number of the import")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        user = self.find_user(options["user"])
        batches = ImportBatch.objects.all() if user is None else ImportBatch.objects.for_user(user)
        if options["district"]:
            batches = batches.filter(district=self.find_district(options["district"]))
        batch = batches.filter(pk=options["batch"]).first()
        if batch is None:
            raise Refused(_("There is no import %(number)s.") % {"number": options["batch"]}, code="no-batch")
        done = undo.undo_now(batch=batch, acting_user=user)
        if options["json"]:
            found = {
                "batch": done.pk,
                "register": done.register,
                "state": done.state,
                "deleted": done.options["deleted"],
                "restored": done.options["restored"],
            }
            self.stdout.write(self.json(found))
            return
        self.stdout.write(
            _("Import %(number)s is undone: %(deleted)s rows deleted, %(restored)s set back.")
            % {
                "number": done.pk,
                "deleted": done.options["deleted"],
                "restored": done.options["restored"],
            }
        )
