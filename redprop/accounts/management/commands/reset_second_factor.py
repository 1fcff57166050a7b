"""`reset_second_factor USER --reason TEXT`: for whoever runs the server, when no two administrators are left."""

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from redprop.accounts.audit import acting
from redprop.accounts.management.base import DistrictCommand
from redprop.accounts.models import User
from redprop.accounts.services.second_factor import take_away
from redprop.common.errors import Refused


class Command(DistrictCommand):
    """See the module."""

    help = "Take away a lost second factor and sign the user out; the next sign-in sets up a new one."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the user and the reason."""
        super().add_arguments(parser)
        parser.add_argument("user", metavar="USER")
        parser.add_argument("--reason", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, in the log and the audit trail as the system's act."""
        user = User.objects.filter(username=options["user"]).first()
        if user is None or not user.has_second_factor:
            raise Refused(
                _("%(user)s has no second factor to take away.") % {"user": options["user"]},
                code="factor-none",
            )
        with transaction.atomic(), acting(None, options["reason"]):
            take_away(user=user, detail=options["reason"])
        words = _("%(user)s sets up a new second factor at the next sign-in.") % {"user": user.username}
        self.say(options, {"user": user.username, "reset": True}, words)
