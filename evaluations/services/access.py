"""Who may do what in the evaluation: by a posting in force in the district of the row."""

from django.utils.translation import gettext as _

from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.areas.models import District
from redprop.common.errors import Refused


def require_role(user: User | None, district: District, *roles: Role) -> None:
    """Return when the user holds one of the roles in the district (None is the system itself); else raise Refused."""
    if user is None or (user.is_superuser and district.is_demo):
        return
    if any(p.role in roles and p.district_id == district.pk for p in user.current_postings):
        return
    raise Refused(
        _(
            "Only the %(roles)s of %(district)s may do this. Ask the person in that post, or check your posting."
        )
        % {"roles": "、".join(str(role.label) for role in roles), "district": district},
        code="not-allowed",
    )
