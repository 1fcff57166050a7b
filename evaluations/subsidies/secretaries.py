"""Tells the pages of secretaries what the yearly allowance gives: the day that decides, and to whom it is due."""

import datetime as dt

from django.utils.translation import gettext as _

from enterprises.coverage import Reach
from enterprises.lead_geese import Allowance, tells_allowance
from evaluations.models import Entitlement, SubsidyRule
from redprop.common.money import format_yuan

DAY_OF_MONTH = 15
"""The 15th of the rule's month decides, as for every month that somebody is paid for."""


@tells_allowance
def yearly_allowance(reach: Reach, year: int) -> Allowance | None:
    """The allowance of the year as computed; None for whoever may not see entitlements (two queries)."""
    if reach.user is not None and not reach.user.has_perm("evaluations.view_entitlement"):
        return None
    rules = SubsidyRule.objects.filter(
        district=reach.district,
        benefit=SubsidyRule.Benefit.SECRETARY,
        reference_month__isnull=False,
        adopted_on__isnull=False,
    )
    for rule in rules.order_by("-valid_from"):
        day = dt.date(year, rule.reference_month, DAY_OF_MONTH)
        if rule.valid_from <= day and (rule.valid_to is None or rule.valid_to >= day):
            break
    else:
        sentence = _("No rule of the secretaries' yearly allowance is in force in %(year)s.") % {"year": year}
        return Allowance(None, sentence)
    rows = Entitlement.objects.live().filter(
        district=reach.district, benefit=SubsidyRule.Benefit.SECRETARY, unit=str(year)
    )
    people: dict[int, str] = {}
    for person, amount in rows.order_by("pk").values_list("person", "amount"):
        people[person] = format_yuan(amount)
    sentence = _(
        "The yearly allowance of %(year)s goes to whoever is secretary of a party organisation of an enterprise on %(day)s "
        "(rule “%(rule)s”): once a person and year, however many posts. Secretaries of communities have none."
    ) % {"year": year, "day": day.isoformat(), "rule": rule.title}
    return Allowance(day, sentence, people)
