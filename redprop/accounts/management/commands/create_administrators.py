"""`create_administrators [--district CODE]`: the first three accounts of a district, once."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from redprop.accounts.management.base import DistrictCommand
from redprop.accounts.roles import Role
from redprop.accounts.services.accounts import create_administrators

OPTIONS = {
    "system": Role.SYSTEM_ADMINISTRATOR,
    "security": Role.SECURITY_ADMINISTRATOR,
    "audit": Role.AUDIT_ADMINISTRATOR,
}


class Command(DistrictCommand):
    """See the module."""

    help = "Create the system, security and audit administrator of a district; prints their first passwords."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the user names."""
        super().add_arguments(parser)
        for option in OPTIONS:
            parser.add_argument(f"--{option}", metavar="USERNAME", help=f"default: {option}-CODE")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create all three or none."""
        district = self.find_district(options["district"])
        names = {role: options[option] or f"{option}-{district.code}" for option, role in OPTIONS.items()}
        created = create_administrators(district=district, usernames=names)
        found = {role: {"user": user.username, "password": word} for role, (user, word) in created.items()}
        lines = [_("Three accounts were created. Hand each password to its holder; they are stored nowhere:")]
        lines += [f"  {Role(role).label}  {one['user']}  {one['password']}" for role, one in found.items()]
        self.say(options, {"district": district.code, "administrators": found}, "\n".join(lines))
