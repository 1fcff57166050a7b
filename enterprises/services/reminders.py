"""Reminders of party building: elections that come due, and (without names) steps of party development."""

from collections.abc import Iterable

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from enterprises.coverage import Reach, organisations_on
from enterprises.models import EnterpriseContact, PartyCoverage, PartyTerm
from enterprises.services.development import steps_due
from enterprises.services.party_rules import elections_due
from redprop.accounts.clock import business_today
from redprop.accounts.models import Posting, User
from redprop.accounts.roles import Role
from redprop.areas.models import District
from redprop.core.models import NoticeKind, Notification
from redprop.core.services.notifications import Told, tell


def remind_of_party(*, district: District) -> int:
    """Tell whoever has not been told yet; returns how many notices that were. Safe to run every night."""
    news = [*_elections(district), *_steps(district)]
    told = set(
        Notification.objects.filter(subject__in=[one.subject for one in news]).values_list("user", "subject")
    )
    fresh = [
        Told(
            [user for user in one.users if (user.pk, one.subject) not in told],
            one.kind,
            one.text,
            one.address,
            one.subject,
            one.due_on,
        )
        for one in news
    ]
    return tell(fresh)


def _staff(district: District) -> list[User]:
    day = business_today(district)
    rows = Posting.objects.on(day).filter(district=district, role=Role.ORGANISATION).select_related("user")
    return [row.user for row in rows]


def _elections(district: District) -> Iterable[Told]:
    """Once when an election comes within the reminder (six months), once when it is overdue (four queries)."""
    day = business_today(district)
    reach = Reach(district, day)
    organisations = {
        late: list(organisations_on(reach).filter(elections_due(day, late=late))) for late in (False, True)
    }
    pks = [one.pk for rows in organisations.values() for one in rows]
    terms = {term.organisation_id: term for term in PartyTerm.objects.on(day).filter(organisation__in=pks)}
    covering = PartyCoverage.objects.on(day).filter(organisation__in=pks, project=None)
    by_enterprise: dict[int, list[int]] = {}
    for organisation, enterprise in covering.values_list("organisation", "enterprise"):
        by_enterprise.setdefault(enterprise, []).append(organisation)
    contacts: dict[int, list[User]] = {}
    for row in EnterpriseContact.objects.on(day).filter(enterprise__in=by_enterprise).select_related("user"):
        for organisation in by_enterprise[row.enterprise_id]:
            contacts.setdefault(organisation, []).append(row.user)
    staff = _staff(district)
    for late, rows in organisations.items():
        for one in rows:
            due = terms[one.pk].due_on

            def words(one: object = one, due: object = due, late: bool = late) -> str:
                if late:
                    return _("The election of %(organisation)s is overdue: it was due on %(day)s") % {
                        "organisation": one,
                        "day": due,
                    }
                return _("%(organisation)s elects its leadership team by %(day)s") % {
                    "organisation": one,
                    "day": due,
                }

            subject = f"election:{one.pk}:{due}:{'late' if late else 'soon'}"
            to_staff = reverse("admin:enterprises_partyorganisation_change", args=[one.pk])
            yield Told(staff, NoticeKind.PARTY, words, to_staff, subject, due)  # type: ignore[arg-type]
            yield Told(contacts.get(one.pk, []), NoticeKind.PARTY, words, reverse("desk:party"), subject, due)  # type: ignore[arg-type]


def _steps(district: District) -> Iterable[Told]:
    """How many steps are due this month: a number and the way to the list, no name."""
    if not settings.PARTY_DEVELOPMENT:
        return
    day = business_today(district)
    due = steps_due(district, day)
    if not due:
        return
    count = len(due)

    def words() -> str:
        return _("%(count)s steps of party development are due soon or overdue") % {"count": count}

    address = reverse("admin:enterprises_partystage_changelist") + "?next=due"
    yield Told(_staff(district), NoticeKind.PARTY, words, address, f"steps:{district.pk}:{day:%Y-%m}")
