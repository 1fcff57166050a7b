"""Guide-book work of organisations: what is owed, done, open and overdue as of a day."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from enterprises.coverage import Reach, organisations_on
from enterprises.guide_rules import applies, owed, period_at, periods_ending
from enterprises.models import GuideCheck, GuideItem, PartyOrganisation
from redprop.common.periods import Period


@dataclass(frozen=True)
class Work:
    """One piece of work of an organisation in a period, with what was reported of it."""

    organisation: PartyOrganisation
    item: GuideItem
    period: Period
    check: GuideCheck | None = None

    @property
    def is_done(self) -> bool:
        """Whether it is done and confirmed."""
        return self.check is not None and self.check.state == GuideCheck.State.CONFIRMED

    @property
    def is_reported(self) -> bool:
        """Whether it waits for confirmation."""
        return self.check is not None and self.check.state == GuideCheck.State.REPORTED


@dataclass(frozen=True)
class YearOfWork:
    """How much was owed from the beginning of the year to the day, and what of it is confirmed."""

    owed: int
    done: int

    @property
    def overdue(self) -> int:
        """Owed and not confirmed."""
        return self.owed - self.done


def work_of(
    organisations: Iterable[PartyOrganisation], first: dt.date, last: dt.date, *, running: bool = False
) -> list[Work]:
    """Work whose period ends from `first` to `last` (two queries); with `running` also what `last` lies in."""
    organisations = list(organisations)
    if not organisations:
        return []
    districts = {one.district_id for one in organisations}
    items = list(GuideItem.objects.filter(district__in=districts).order_by("place", "code"))
    checks = {
        (row.organisation_id, row.item_id, row.period): row
        for row in GuideCheck.objects.filter(organisation__in=[one.pk for one in organisations])
    }
    found = []
    for item in items:
        periods = list(periods_ending(item.every, first, last))
        now = period_at(item.every, last)
        if running and now not in periods:
            periods.append(now)
        for one in organisations:
            if one.district_id != item.district_id or not applies(item.of, one.form):
                continue
            for period in periods:
                if owed(item, period, one.founded_on, one.dissolved_on):
                    found.append(Work(one, item, period, checks.get((one.pk, item.pk, str(period)))))
    return found


def owed_in_year(reach: Reach) -> list[Work]:
    """Work that fell due from the first of January to the day, the oldest first."""
    found = work_of(organisations_on(reach), reach.day.replace(month=1, day=1), reach.day)
    return sorted(found, key=lambda one: (one.period.end, one.organisation.code, one.item.place))


def work_of_year(reach: Reach) -> YearOfWork:
    """Owed and confirmed from the first of January to the day."""
    found = owed_in_year(reach)
    return YearOfWork(len(found), sum(one.is_done for one in found))
