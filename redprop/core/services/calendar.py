"""The year's calendar of public holidays: read from the State Council's notice, checked against what runs, saved whole.

A year without a table blocks every time limit that enters it (`redprop.common.workdays`); from October on
the registrars are told when next year's is missing.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import Posting, User
from redprop.accounts.roles import Role
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.text import normalise
from redprop.common.workdays import WorkCalendar
from redprop.core.models import Holiday, NoticeKind, Notification
from redprop.core.selectors import work_calendar
from redprop.core.services.notifications import notify

WARN_FROM_MONTH = 10
FEWEST_DAYS_OFF = 7
"""New Year, Spring Festival, Qingming, Labour Day, Dragon Boat, Mid-Autumn, National Day: a plan with less is not whole."""

DAY = re.compile(r"(?:(\d{4})[年\-/.])?(\d{1,2})[月\-/.](\d{1,2})日?|(?<![\d月])(\d{1,2})日")
RANGE = re.compile(r"\s*(?:至|到|~|～|—|–|-)\s*$")


@dataclass(frozen=True)
class Planned:
    """One day that differs from the week's rule."""

    is_workday: bool
    name: str = ""


@dataclass(frozen=True)
class Effect:
    """What a changed calendar does to something that runs; `apply` moves it when the calendar is saved."""

    what: str
    before: str
    after: str
    apply: Callable[[], object] | None = None


@dataclass
class Plan:
    """What was read: days of the year, sentences about what could not be used."""

    days: dict[dt.date, Planned] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


Dependant = Callable[[District, WorkCalendar, WorkCalendar], list[Effect]]
DEPENDANTS: list[Dependant] = []
"""Apps above add what hangs on the calendar: called with the district, the calendar as it is and as it would be."""


def read_plan(text: str, year: int) -> Plan:
    """Return the days that a text names, one sentence each: “春节：2月5日至11日放假，2月14日上班。” or “2027-01-01 元旦”.

    A sentence with 上班 names working days, any other days off. What names no day is a problem to mend.
    """
    plan = Plan()
    name = ""
    for line in text.splitlines():
        title, colon, _rest = normalise(line).partition(":")
        if colon and not DAY.search(title):
            name = re.sub(r"^[一二三四五六七八九十\d]+[、.．]\s*", "", title.strip())[:50]
            line = _rest
        else:
            name = ""
        for part in re.split(r"[。；;，,]", re.sub(r"[（(][^）)]*[）)]", "", line)):
            _read_part(part.strip(), name, year, plan)
    for day, planned in sorted(plan.days.items()):
        if planned.is_workday and day.weekday() < 5:
            plan.problems.append(
                _("%(day)s is a weekday and worked anyway: leave it out of the working days.") % {"day": day}
            )
    return plan


def _read_part(part: str, name: str, year: int, plan: Plan) -> None:
    found = list(DAY.finditer(part))
    if not found:
        if re.search(r"\d", part) and not re.fullmatch(r"共?\d+天.*|.*共\d+天", part):
            plan.problems.append(_("No day was found in “%(text)s”.") % {"text": part[:40]})
        return
    is_workday = any(word in part for word in ("上班", "补班", "班"))
    words = re.sub(
        r"放假调休|放假|调休|上班|补班|休息|共?\d+天|[至到~～—–、与和]|星期.", " ", DAY.sub(" ", part)
    )
    own = name or " ".join(words.split()).strip("-: 　")[:50]
    month, start, end_of_last = None, None, 0
    for match in found:
        own_year, own_month, own_day, only_day = match.groups()
        month = int(own_month) if own_month else month
        try:
            day = dt.date(int(own_year) if own_year else year, month or 0, int(own_day or only_day))
        except ValueError:
            plan.problems.append(_("“%(text)s” is no day.") % {"text": match.group()})
            continue
        first = day
        if start is not None and RANGE.search(part[end_of_last : match.start()] or ""):
            first = start + dt.timedelta(days=1)
        for offset in range(max((day - first).days, 0) + 1):
            one = first + dt.timedelta(days=offset)
            if one.year == year:
                plan.days[one] = Planned(is_workday, own)
        start, end_of_last = day, match.end()


def days_of(district: District, year: int) -> dict[dt.date, Planned]:
    """Return the entered days of a year (one query)."""
    rows = Holiday.objects.filter(district=district, day__year=year).order_by("day")
    return {row.day: Planned(row.is_workday, row.name) for row in rows}


def as_text(days: Mapping[dt.date, Planned]) -> str:
    """Return the days as lines that `read_plan` reads again."""
    return "\n".join(
        f"{day.isoformat()} {planned.name}{' 上班' if planned.is_workday else ' 放假'}"
        for day, planned in sorted(days.items())
    )


def planned_calendar(district: District, year: int, days: Mapping[dt.date, Planned]) -> WorkCalendar:
    """Return the calendar as it would be with these days of the year."""
    now = work_calendar(district)
    others = (
        {day for day in now.holidays if day.year != year},
        {day for day in now.makeup_days if day.year != year},
    )
    return WorkCalendar.build(
        holidays=others[0] | {day for day, one in days.items() if not one.is_workday},
        makeup_days=others[1] | {day for day, one in days.items() if one.is_workday},
        years=(now.years - {year}) | ({year} if days else set()),
    )


def effects_of(district: District, year: int, days: Mapping[dt.date, Planned]) -> list[Effect]:
    """Return what saving these days would do to windows that run."""
    before, after = work_calendar(district), planned_calendar(district, year, days)
    return [effect for dependant in DEPENDANTS for effect in dependant(district, before, after)]


def save_year(
    *, district: District, year: int, days: Mapping[dt.date, Planned], acting_user: User | None
) -> list[Effect]:
    """Make these the days of the year, and move what hangs on them; returns what was moved or is to be looked at.

    Raises Refused for a year without days off, a working weekday, or days that are over: what ran by them stays.
    """
    if sum(not one.is_workday for one in days.values()) < FEWEST_DAYS_OFF:
        raise Refused(
            _("A year has at least %(count)s days off. Enter the whole year: it then counts as complete.")
            % {"count": FEWEST_DAYS_OFF},
            code="not-whole",
        )
    for day, one in days.items():
        if day.year != year or (one.is_workday and day.weekday() < 5):
            raise Refused(
                _("%(day)s is a weekday and worked anyway: leave it out of the working days.") % {"day": day},
                code="weekday",
            )
    with transaction.atomic(), acting(acting_user, f"calendar of {year}"):
        District.objects.select_for_update(of=("self",)).get(pk=district.pk)
        today = business_today(district)
        old = days_of(district, year)
        changed = {
            day for day in {*old, *days} if (old.get(day) or Planned(day.weekday() < 5)).is_workday
            != (days.get(day) or Planned(day.weekday() < 5)).is_workday
        }  # fmt: skip
        over = sorted(day for day in changed if day < today and old)
        if over:
            raise Refused(
                _("%(day)s is over, and time limits were counted by it. Leave past days as they are.")
                % {"day": over[0]},
                code="past-day",
            )
        effects = effects_of(district, year, days)
        rows = {row.day: row for row in Holiday.objects.filter(district=district, day__year=year)}
        Holiday.objects.filter(pk__in=[row.pk for day, row in rows.items() if day not in days]).delete()
        for day, one in sorted(days.items()):
            row = rows.get(day)
            if row is None:
                Holiday.objects.create(
                    district=district,
                    day=day,
                    is_workday=one.is_workday,
                    name=one.name,
                    recorded_at=business_now(district),
                    recorded_by=str(acting_user or ""),
                )
            elif (row.is_workday, row.name) != (one.is_workday, one.name):
                row.is_workday, row.name = one.is_workday, one.name
                row.save(update_fields=["is_workday", "name"])
        for effect in effects:
            if effect.apply is not None:
                effect.apply()
    return effects


def missing_year(district: District) -> int | None:
    """Return the year whose table is missing: this one, or from October on the next; None when all is there."""
    today = business_today(district)
    wanted = [today.year] + ([today.year + 1] if today.month >= WARN_FROM_MONTH else [])
    years = work_calendar(district).years
    return next((year for year in wanted if year not in years), None)


def remind_of_calendar(*, district: District) -> int:
    """Tell the registrars once a month of a missing year; returns how many notices."""
    year, today = missing_year(district), business_today(district)
    subject = f"calendar:{year}:{today:%Y-%m}"
    if year is None or Notification.objects.filter(subject=subject).exists():
        return 0
    posted = Posting.objects.on(today).filter(district=district, role=Role.REGISTRAR).select_related("user")
    return notify(
        users=[row.user for row in posted],
        kind=NoticeKind.DEADLINE,
        text=lambda: (
            _("The public holidays of %(year)s are not entered: time limits that enter it cannot be counted.")
            % {"year": year}
        ),
        address=reverse("admin:core_holiday_year", args=[year]),
        subject=subject,
    )
