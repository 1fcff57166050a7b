"""Pay of graduates against the guidance (薪酬指导标准): figures of the page “Growth of graduates”.

The floors stand in the adopted rules of the monthly allowance, dated and by degree; the pay comes from the
enterprises' monthly confirmation. The guidance is a check: nothing is withheld for it.
"""

import datetime as dt
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from enterprises.coverage import Reach
from enterprises.models import InPostMonth
from enterprises.party_figures import TALENT, add
from evaluations.models import SubsidyRate, SubsidyRule
from redprop.areas.models import District

BENEFIT = "graduate_month"
DECIDING_DAY = 15


def floors_on(district: District, day: dt.date) -> dict[str, Decimal]:
    """The guidance in force on the day by degree, in yuan a month (one query); empty without a rule."""
    rules = SubsidyRule.objects.on(day).filter(district=district, benefit=BENEFIT, adopted_on__isnull=False)
    rates = SubsidyRate.objects.filter(rule__in=rules, pay_floor__isnull=False)
    return {category: floor for category, floor in rates.values_list("category", "pay_floor") if floor}


def month_of(day: dt.date) -> dt.date:
    """The last month whose 15th has come, by its first day: the latest that can be confirmed."""
    first = day.replace(day=1)
    return first if day.day >= DECIDING_DAY else (first - dt.timedelta(days=1)).replace(day=1)


def confirmed(reach: Reach) -> QuerySet[InPostMonth]:
    """Graduates confirmed in post in the last month."""
    return reach.of(InPostMonth).filter(
        enterprise__district=reach.district,
        month=month_of(reach.day),
        in_post=True,
        person__graduate__isnull=False,
    )


def is_below(reach: Reach) -> Q:
    """Condition on months: the pay is below the guidance for the degree."""
    below = Q(pk__in=[])
    for degree, floor in floors_on(reach.district, month_of(reach.day).replace(day=DECIDING_DAY)).items():
        here = Q(pay__lt=floor)
        below |= here & Q(person__graduate__degree=degree) if degree else here
    return below


add("paid", "pay", _("confirmed in post"), confirmed, needs=TALENT)
add(
    "paid_enough",
    "pay",
    _("pay at the guidance or above"),
    lambda reach: confirmed(reach).filter(pay__isnull=False).exclude(is_below(reach)),
    of="paid",
    needs=TALENT,
)
add(
    "paid_below",
    "pay",
    _("pay below the guidance"),
    lambda reach: confirmed(reach).filter(is_below(reach)),
    of="paid",
    needs=TALENT,
    is_gap=True,
)
add(
    "paid_unknown",
    "pay",
    _("pay not entered"),
    lambda reach: confirmed(reach).filter(pay=None),
    of="paid",
    needs=TALENT,
    is_gap=True,
)
add(
    "paid_unexplained",
    "pay",
    _("below, without a remark"),
    lambda reach: confirmed(reach).filter(is_below(reach), note=""),
    of="paid_below",
    needs=TALENT,
    is_gap=True,
)

__all__ = ["confirmed", "floors_on", "is_below", "month_of"]
