"""Checks of adviser's visits and of the district's rules."""

from django.db.models import Q
from django.utils.translation import gettext as _

from enterprises.models import AdviserVisit, PartyCoverage, PartyOrganisation, PartyRule
from redprop.accounts.clock import business_today
from redprop.common.errors import Refused


def check_visit(visit: AdviserVisit) -> None:
    """Refuse a visit by an organisation that sends no adviser, to a unit that it did not cover, or in the future."""
    organisation, day = visit.organisation, visit.visited_on
    if day > business_today(organisation.district):
        raise Refused(
            _("The day %(day)s has not come yet. Enter the day of the visit.") % {"day": day.isoformat()},
            code="future",
            field="visited_on",
        )
    if organisation.form != PartyOrganisation.Form.ADVISER:
        raise Refused(
            _("%(organisation)s is no adviser's group. Choose the group that sends the adviser.")
            % {"organisation": organisation.name},
            code="no-adviser",
            field="organisation",
        )
    covered = PartyCoverage.objects.on(day).filter(organisation=organisation, enterprise=visit.enterprise_id)
    if not covered.exists():
        raise Refused(
            _("On %(day)s this group did not look after %(enterprise)s. Correct the day or the enterprise.")
            % {"day": day.isoformat(), "enterprise": visit.enterprise.name},
            code="not-covered",
            field="enterprise",
        )
    if not organisation.posts.on(day).filter(Q(person=visit.person_id), kind="adviser").exists():
        raise Refused(
            _(
                "%(person)s was not the adviser of this group on %(day)s. Enter the post first, or correct the person."
            )
            % {"person": visit.person.name, "day": day.isoformat()},
            code="not-adviser",
            field="person",
        )


def check_rule(rule: PartyRule) -> None:
    """Refuse to move the end of the first load once it has passed: scores hang on it (one query)."""
    stored = PartyRule.objects.filter(pk=rule.pk).values_list("first_load_until", flat=True).first()
    today = business_today(rule.district)
    if stored and stored < today and rule.first_load_until != stored:
        raise Refused(
            _(
                "The first load ended on %(day)s; this stays. What comes later counts from the day it is entered."
            )
            % {"day": stored.isoformat()},
            code="first-load-over",
            field="first_load_until",
        )
    known = PartyRule.objects.filter(district=rule.district, first_load_until__lt=today).exclude(pk=rule.pk)
    if stored is None and rule.first_load_until and known.exists():
        raise Refused(
            _("The registers were already taken over once. Leave this empty."),
            code="first-load-over",
            field="first_load_until",
        )
