"""What the register commands share: district, user, one JSON object, and how refusals end."""

import json
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils import translation
from django.utils.translation import gettext as _

from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.disk import is_full, no_room
from redprop.common.errors import Refused


class RegisterCommand(BaseCommand):
    """Base: exit 0 done, 1 refused with a sentence, 2 wrong usage."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options every register command takes."""
        parser.add_argument(
            "--district", metavar="CODE", help="district code; needed when there is more than one"
        )
        parser.add_argument(
            "--as", dest="user", metavar="USER", help="user name in whose name and scope this runs"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def execute(self, *args: Any, **options: Any) -> Any:
        """Run; a refusal becomes exit 1 with the sentence (and the JSON object when asked for)."""
        if translation.get_language() is None:
            translation.activate("zh-hans")
        try:
            try:
                return super().execute(*args, **options)
            except (
                OSError,
                OperationalError,
                psycopg.OperationalError,
            ) as error:  # COPY's own are not Django's
                if is_full(error):
                    raise no_room() from error
                raise
        except Refused as refusal:
            if options.get("json"):
                self.stdout.write(self.json(self.refused(refusal, options)))
            self.stderr.write(str(refusal))
            raise SystemExit(2 if refusal.code == "no-register" else 1) from None

    def refused(self, refusal: Refused, options: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON object of a refusal."""
        return refusal.as_dict()

    @staticmethod
    def json(found: dict[str, Any]) -> str:
        """Return one line of JSON, Chinese unescaped."""
        return json.dumps(found, ensure_ascii=False)

    @staticmethod
    def find_district(code: str | None) -> District:
        """Return the district named, or the only one; raises Refused with the way out."""
        districts = list(District.objects.order_by("code")[:20])
        if code:
            for district in districts:
                if district.code == code:
                    return district
            raise Refused(
                _("There is no district “%(code)s”. Districts: %(codes)s.")
                % {"code": code, "codes": " ".join(d.code for d in districts) or "–"},
                code="no-district",
            )
        if not districts:
            raise Refused(
                _("There is no district yet. Create it with “manage.py create_district CODE NAME”."),
                code="no-district",
            )
        if len(districts) > 1:
            raise Refused(
                _("There is more than one district. Name it with --district: %(codes)s.")
                % {"codes": " ".join(d.code for d in districts)},
                code="which-district",
            )
        return districts[0]

    @staticmethod
    def find_user(name: str | None) -> User | None:
        """Return the user named, or None for the system itself."""
        if not name:
            return None
        user = User.objects.filter(username=name, is_active=True).first()
        if user is None:
            raise Refused(_("There is no active user “%(name)s”.") % {"name": name}, code="no-user")
        return user


def usage(message: str) -> CommandError:
    """Return the error for wrong usage (exit 2)."""
    return CommandError(message, returncode=2)
