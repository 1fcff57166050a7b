"""What a rule would do to its year before it is adopted: by rule, by subdistrict, against the funds.

Nothing is stored: the year is computed twice inside a transaction that is rolled back, without the new
version and with it. Months to come count what the registers say today; rewards count published lists only.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection, transaction
from django.utils.translation import gettext as _

from evaluations.models import FundYear, SubsidyRule
from evaluations.services.entitlements import ALL_BENEFITS, fill_due, lock_money, problems_of
from evaluations.services.rules import adopt_rule
from evaluations.subsidies import due
from redprop.accounts.clock import business_today
from redprop.areas.models import District
from redprop.common.money import ZERO
from redprop.common.periods import Period, PeriodKind


@dataclass
class Change:
    """One line of the comparison (yuan a year)."""

    name: str
    before: Decimal = ZERO
    after: Decimal = ZERO

    @property
    def difference(self) -> Decimal:
        """What changes."""
        return self.after - self.before


@dataclass
class FundChange(Change):
    """A fund's year against its ceiling (None: no ceiling entered)."""

    ceiling: Decimal | None = None

    @property
    def left(self) -> Decimal | None:
        """What the ceiling leaves after the change."""
        return None if self.ceiling is None else self.ceiling - self.after


@dataclass
class Outlook:
    """A year without and with the new version."""

    year: int
    count: int = 0
    amount: Decimal = ZERO
    rules: list[Change] = field(default_factory=list)
    subdistricts: list[Change] = field(default_factory=list)
    funds: list[FundChange] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def over(self) -> list[FundChange]:
        """Funds that the year would overdraw."""
        return [fund for fund in self.funds if fund.left is not None and fund.left < 0]


Sums = dict[tuple[int, int | None], tuple[int, Decimal]]


def rule_outlook(*, rule: SubsidyRule) -> Outlook:
    """Return what adopting the draft would change in the first year it is in force (costs two computations)."""
    district, year = rule.district, Period(PeriodKind.YEAR, rule.valid_from.year)
    outlook = Outlook(year=rule.valid_from.year)
    with transaction.atomic():
        lock_money(district)
        before, _problems = _year(district, year)
        adopt_rule(rule=rule, acting_user=None)
        after, outlook.problems = _year(district, year)
        transaction.set_rollback(True)
    _fill(outlook, district, before, after)
    mine = [values for (rule_id, _place), values in after.items() if rule_id == rule.pk]
    outlook.count = sum(count for count, _amount in mine)
    outlook.amount = sum((amount for _count, amount in mine), ZERO)
    return outlook


def year_outlook(*, district: District, year: int) -> Outlook:
    """Return the year as the rules adopted now would pay it: the forecast to the year's end."""
    outlook = Outlook(year=year)
    with transaction.atomic():
        lock_money(district)
        sums, outlook.problems = _year(district, Period(PeriodKind.YEAR, year))
        transaction.set_rollback(True)
    _fill(outlook, district, sums, sums)
    outlook.amount = sum((amount for _count, amount in sums.values()), ZERO)
    outlook.count = sum(count for count, _amount in sums.values())
    return outlook


def _year(district: District, year: Period) -> tuple[Sums, list[str]]:
    found: Sums = {}
    problems: list[str] = []
    today = business_today(district)
    for benefit in ALL_BENEFITS:
        due.open_table()
        if fill_due(district=district, benefit=benefit, period=year, projected_from=today) is None:
            continue
        problems += problems_of(district)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT rule_id, subdistrict_id, count(*), sum(amount) FROM {due.TABLE} "
                "WHERE problem IS NULL AND counted_on BETWEEN %s AND %s GROUP BY rule_id, subdistrict_id",
                [year.start, year.end],
            )
            found |= {(row[0], row[1]): (row[2], row[3]) for row in cursor.fetchall()}
    return found, problems


def _fill(outlook: Outlook, district: District, before: Sums, after: Sums) -> None:
    rules = SubsidyRule.objects.select_related("fund").in_bulk({rule for rule, _place in {**before, **after}})
    names = dict(district.subdistricts.values_list("pk", "name"))
    by_rule: dict[int, Change] = {}
    by_place: dict[int | None, Change] = {}
    by_fund: dict[int, FundChange] = {}
    ceilings = dict(
        FundYear.objects.filter(fund__district=district, year=outlook.year).values_list("fund", "ceiling")
    )
    for side, sums in (("before", before), ("after", after)):
        for (rule_id, place), (_count, amount) in sums.items():
            rule = rules[rule_id]
            lines: list[Change] = [
                by_rule.setdefault(rule_id, Change(str(rule))),
                by_place.setdefault(place, Change(names.get(place, "") or _("district itself"))),
                by_fund.setdefault(
                    rule.fund_id, FundChange(str(rule.fund), ceiling=ceilings.get(rule.fund_id))
                ),
            ]
            for line in lines:
                setattr(line, side, getattr(line, side) + amount)
    outlook.rules = sorted(by_rule.values(), key=lambda one: one.name)
    outlook.subdistricts = sorted(by_place.values(), key=lambda one: -one.after)
    outlook.funds = sorted(by_fund.values(), key=lambda one: one.name)
