"""Committing and releasing money of a fund, under a lock on its year."""

from decimal import Decimal

from django.utils.translation import gettext as _

from evaluations.models import FundMovement, FundYear, SubsidyBatch
from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.money import format_yuan


def lock_fund_year(batch: SubsidyBatch) -> FundYear:
    """Return the fund's year that pays for `batch`, locked until the transaction ends; raises Refused without one."""
    year = int(batch.period[:4])
    found = (
        FundYear.objects.select_for_update(of=("self",))
        .select_related("fund")
        .filter(fund=batch.fund_id, year=year)
        .first()
    )
    if found is None:
        raise Refused(
            _("“%(fund)s” has no ceiling for %(year)s. Enter it under “Years of funds” first.")
            % {"fund": batch.fund, "year": year},
            code="no-fund-year",
        )
    return found


def commit_money(*, batch: SubsidyBatch, amount: Decimal, acting_user: User) -> FundYear:
    """Set what the fund has committed for `batch` to `amount`; raises Refused above the ceiling.

    Locks the fund's year, then checks again on the locked row. The caller saves `batch.committed`.
    """
    year = lock_fund_year(batch)
    difference = amount - batch.committed
    if year.committed + difference > year.ceiling:
        raise Refused(
            _(
                "“%(fund)s” has %(free)s left of its ceiling of %(ceiling)s for %(year)s, but this batch needs "
                "%(amount)s. Hold lines, or have the ceiling raised."
            )
            % {
                "fund": year.fund,
                "free": format_yuan(year.free),
                "ceiling": format_yuan(year.ceiling),
                "year": year.year,
                "amount": format_yuan(difference),
            },
            code="ceiling",
            free=year.free,
            needed=difference,
        )
    if difference:
        year.committed += difference
        year.save(update_fields=["committed"])
        FundMovement.objects.create(
            fund_year=year,
            kind=FundMovement.Kind.COMMIT if difference > 0 else FundMovement.Kind.RELEASE,
            amount=abs(difference),
            batch=batch,
            at=business_now(batch.district),
            recorded_by=acting_user.username,
        )
    return year
