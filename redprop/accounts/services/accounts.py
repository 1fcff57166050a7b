"""The first accounts of a district: its three administrators, who keep apart (三员分立)."""

import secrets
from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from redprop.accounts.audit import acting
from redprop.accounts.clock import business_today
from redprop.accounts.models import Posting, User
from redprop.accounts.roles import ADMINISTRATORS, Role
from redprop.areas.models import District
from redprop.common.errors import Refused


def create_administrators(*, district: District, usernames: Mapping[str, str]) -> dict[str, tuple[User, str]]:
    """One account for each administrator role, with a first password that is returned and stored nowhere.

    `usernames`: role → user name. Refuses when the district has an administrator already, when a
    name is taken, or when one name is given twice.
    """
    today = business_today(district)
    if set(usernames) != set(ADMINISTRATORS) or len(set(usernames.values())) != len(ADMINISTRATORS):
        raise Refused(
            _("Give three different user names: nobody holds two of the three administrator roles."),
            code="administrators-differ",
        )
    if Posting.objects.on(today).filter(district=district, role__in=ADMINISTRATORS).exists():
        raise Refused(
            _("%(district)s has administrators already. They create further accounts in the admin.")
            % {"district": district.name},
            code="administrators-exist",
        )
    taken = User.objects.filter(username__in=usernames.values()).values_list("username", flat=True)
    if taken:
        raise Refused(
            _("The user name %(name)s is taken. Choose another one.") % {"name": taken[0]},
            code="username-taken",
        )
    created = {}
    with transaction.atomic(), acting(None, "create_administrators"):
        for role in sorted(usernames):
            password = secrets.token_urlsafe(12)
            user = User.objects.create_user(
                usernames[role],
                password=password,
                full_name=str(Role(role).label),
                is_staff=True,
                district=district,
                must_change_password=True,
            )
            Posting.objects.create(
                user=user, role=role, district=district, valid_from=today, recorded_by="system"
            )
            created[role] = (user, password)
    return created
