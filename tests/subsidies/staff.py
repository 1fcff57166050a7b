"""Graduates, posts and months in post for the tests of talent subsidies."""

import datetime as dt
from decimal import Decimal

from enterprises.models import Graduate, HireEvidence, InPostMonth, Post
from evaluations.models import Fund, FundYear, SubsidyRate, SubsidyRequirement, SubsidyRule
from evaluations.services.rules import adopt_rule
from redprop.core.models import Person


def hire(
    town, number, *, degree="bachelor", since=dt.date(2025, 7, 1), graduated=None, enterprise=None, until=None
):
    """A recruit of the programme with a first post."""
    person = Person.objects.create(district=town.district, code=f"RY{number:05d}", name=f"毕业生{number}")
    Graduate.objects.create(
        person=person,
        degree=degree,
        graduated_on=graduated or dt.date(since.year, 6, 30),
        is_programme_recruit=True,
        recruited_on=since,
    )
    employ(person, enterprise or town.enterprise, since, until)
    return person


def employ(person, enterprise, since, until=None):
    """A post from a day to a day."""
    return Post.objects.create(
        person=person, enterprise=enterprise, kind="staff", valid_from=since, valid_to=until
    )


def hire_many(town, count, months):
    """So many bachelors at the town's enterprise since July 2025, confirmed in each of the months; few statements."""
    since = dt.date(2025, 7, 1)
    people = Person.objects.bulk_create(
        Person(district=town.district, code=f"RY{number:05d}", name=f"毕业生{number}")
        for number in range(count)
    )
    Graduate.objects.bulk_create(
        Graduate(
            person=person,
            degree="bachelor",
            graduated_on=dt.date(2025, 6, 30),
            is_programme_recruit=True,
            recruited_on=since,
        )
        for person in people
    )
    Post.objects.bulk_create(
        Post(person=person, enterprise=town.enterprise, kind="staff", valid_from=since) for person in people
    )
    InPostMonth.objects.bulk_create(
        InPostMonth(person=person, enterprise=town.enterprise, month=dt.date.fromisoformat(f"{month}-01"))
        for person in people
        for month in months
    )
    return people


def confirm(person, enterprise, *months, pay=None, in_post=True):
    """Months in post, written as 2026-07."""
    for month in months:
        InPostMonth.objects.create(
            person=person,
            enterprise=enterprise,
            month=dt.date.fromisoformat(f"{month}-01"),
            pay=None if pay is None else Decimal(pay),
            in_post=in_post,
        )


def show(person, enterprise, kind, since=None, until=None, *, back_paid=False, state="accepted", user=None):
    """A piece of evidence."""
    decided = dt.datetime(2026, 9, 1, tzinfo=dt.UTC) if state != "submitted" else None
    return HireEvidence.objects.create(
        person=person,
        enterprise=enterprise,
        kind=kind,
        valid_from=since,
        valid_to=until,
        back_paid=back_paid,
        state=state,
        reason="x" if state == "refused" else "",
        decided_at=decided,
        decided_by=user,
    )


def rule_of(town, benefit, rates, *, requirements=(), since=dt.date(2025, 1, 1), **more):
    """An adopted rule of the talent fund. `rates`: (category, basis, rate, pay floor)."""
    fund, _made = Fund.objects.get_or_create(
        district=town.district, code="talent", defaults={"name": "人才资金", "notice_days": 0}
    )
    for year in (2025, 2026):
        FundYear.objects.get_or_create(fund=fund, year=year, defaults={"ceiling": 9_000_000})
    rule = SubsidyRule.objects.create(
        district=town.district,
        benefit=benefit,
        title=f"规则{benefit}",
        document="T〔2025〕1号",
        fund=fund,
        payee="enterprise",
        valid_from=since,
        **more,
    )
    for category, basis, rate, floor in rates:
        SubsidyRate.objects.create(rule=rule, category=category, basis=basis, rate=rate, pay_floor=floor)
    for kind, at_least in requirements:
        SubsidyRequirement.objects.create(rule=rule, kind=kind, at_least=at_least)
    return adopt_rule(rule=rule, acting_user=None)


MONTHLY = [("", "person", 800, None)]
EVERY_MONTH = [f"2026-{month:02d}" for month in range(1, 13)]
