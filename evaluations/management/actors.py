"""What commands of the evaluation share: the district, the acting user, one JSON object, exit codes.

Exit 0: done; 1: refused, nothing changed; 2: wrong usage.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.errors import Refused


def add_common(parser: CommandParser) -> None:
    """Add `--district`, `--as` and `--json`."""
    parser.add_argument(
        "--district", metavar="CODE", help="code of the district (optional when there is one)"
    )
    parser.add_argument("--as", dest="acting", metavar="USER", help="user name of the person who acts")
    parser.add_argument("--json", action="store_true", help="print one JSON object on standard output")


def find_district(code: str | None) -> District:
    """Return the district named, or the only one; wrong usage otherwise."""
    districts = list(District.objects.filter(code=code) if code else District.objects.all()[:2])
    if len(districts) == 1:
        return districts[0]
    if code:
        raise CommandError(_("There is no district with the code %(code)s.") % {"code": code}, returncode=2)
    raise CommandError(_("Name the district with --district CODE."), returncode=2)


def find_user(name: str | None, district: District, *, signed: bool) -> User | None:
    """Return the acting user of `--as`, None without it.

    `signed`: the step is signed by a person; then `--as` is refused outside a demo district, because
    a shell must not play two persons, and the step is left to the portal.
    """
    if signed and not (district.is_demo and settings.DEMO):
        raise Refused(
            _(
                "This step is signed by a person in the portal; a command may take it in a demo district only."
            ),
            code="not-in-a-shell",
        )
    if name is None:
        if signed:
            raise CommandError(_("Name the person who acts with --as USER."), returncode=2)
        return None
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(_("There is no user named %(name)s.") % {"name": name}, returncode=2)
    return user


def answer(
    command: BaseCommand, as_json: bool, work: Callable[[], Mapping[str, Any]], words: Callable[[Any], str]
) -> None:
    """Do `work` and print its result as JSON or in words; a refusal exits with 1."""
    try:
        result = work()
    except Refused as refusal:
        if as_json:
            command.stdout.write(json.dumps(refusal.as_dict(), ensure_ascii=False))
        else:
            command.stderr.write(str(refusal))
        raise SystemExit(1) from None
    command.stdout.write(json.dumps(result, ensure_ascii=False, default=str) if as_json else words(result))
