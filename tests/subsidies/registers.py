"""Registers drawn by lot for the proofs of the talent subsidies, and what plain Python makes of them.

Nothing here reads the database or calls the engine: people, posts, months and evidence are lists of tuples,
and `months_due`, `hirings_due`, `rewards_due` and `allowances_due` count over them as a clerk would.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

DEGREES = ["college", "bachelor", "master", "doctor"]
DAY = dt.timedelta(days=1)


@dataclass
class Career:
    """A graduate: posts as (firm, first day, last day), months said in post as (month, firm), evidence shown."""

    number: int
    degree: str
    graduated: dt.date
    recruited: dt.date | None
    posts: list = field(default_factory=list)
    months: list = field(default_factory=list)
    shown: list = field(default_factory=list)
    doubled_from: int = 99
    """From this post on the register knows the person under a second record that was merged later."""


@dataclass
class Version:
    """A version of a rule: in force from, to; rate by degree ('' for all); months at most; evidence wanted."""

    since: dt.date
    until: dt.date | None
    rates: dict
    most: int | None = None
    wants: list = field(default_factory=list)

    def holds(self, day):
        return self.since <= day and (self.until is None or day <= self.until)

    def rate(self, degree):
        return self.rates.get(degree, self.rates.get(""))


def drawn(chance, count, firms, months):
    """So many careers by lot; `months` are the first days of the months in which firms confirm."""
    found = []
    for number in range(count):
        graduated = dt.date(2025, 6, 30) + chance.choice([0, 0, 0, -365, 190]) * DAY
        day = graduated + chance.randint(0, 200) * DAY
        one = Career(number, chance.choice(DEGREES), graduated, None)
        if chance.random() < 0.85:
            one.recruited = day + chance.choice([0, 0, 40]) * DAY
        for _nth in range(chance.randint(1, 3)):
            last = day + chance.choice([20, 75, 200, 900]) * DAY
            one.posts.append((chance.choice(firms), day, last if last < dt.date(2026, 9, 20) else None))
            day = last + chance.choice([1, 1, 30]) * DAY
            if one.posts[-1][2] is None:
                break
        if len(one.posts) > 1 and chance.random() < 0.3:
            one.doubled_from = 1
        for month in months:
            holder = employer(one, month.replace(day=15))
            firm = chance.choice(firms) if chance.random() < 0.1 else holder
            if firm is not None and chance.random() < 0.9:
                one.months.append((month, firm, chance.random() < 0.92))
        one.shown = evidence(chance, one, firms)
        found.append(one)
    return found


def evidence(chance, one, firms):
    """Contracts, insurance and diplomas by lot: (kind, firm, from, to, paid later, accepted)."""
    found = []
    for firm, first, _last in one.posts:
        if chance.random() < 0.7:
            to = None if chance.random() < 0.3 else first + chance.choice([200, 364, 365, 800]) * DAY
            found.append(("contract", firm, first, to, False, chance.random() < 0.9))
        if chance.random() < 0.7:
            to = first + chance.choice([60, 100, 300]) * DAY
            found.append(("insurance", firm, first, to, chance.random() < 0.2, True))
    if chance.random() < 0.8:
        found.append(("diploma", chance.choice(firms), None, None, False, True))
    return found


def employer(one, day):
    """Who employs on that day."""
    return next((f for f, first, last in one.posts if first <= day and (last is None or day <= last)), None)


def whole_months(first, last):
    """Whole months from the first day to the last, both inclusive."""
    end = last + DAY
    return (end.year - first.year) * 12 + end.month - first.month - (end.day < first.day)


def lacks(one, firm, day, wants):
    """Whether something that the rule wants is not shown at this firm on this day."""
    for kind, least in wants:
        enough = False
        for shown, of_firm, first, last, late, accepted in one.shown:
            if shown != kind or not accepted or (kind != "diploma" and of_firm != firm):
                continue
            if kind == "contract":
                covers = first <= day and (last is None or day <= last)
                enough |= covers and (last is None or whole_months(first, last) >= least)
            elif kind == "insurance":
                touched = (last.year - first.year) * 12 + last.month - first.month + 1
                enough |= not late and touched >= least
            else:
                enough = True
        if kind == "in_post":
            enough = sum(1 for _m, of_firm, there in one.months if there and of_firm == firm) >= least
        if not enough:
            return True
    return False


def months_due(careers, versions, window):
    """(number, month) → (firm, amount), and how many months were held up and why."""
    due, held = {}, {"no-post": 0, "no-degree-rate": 0, "missing": 0}
    for one in careers:
        nth = 0
        for month, firm, there in sorted(one.months, key=lambda row: row[0]):
            if not there or month < min(v.since for v in versions).replace(day=1):
                continue
            nth += 1
            day = month.replace(day=15)
            version = next((v for v in versions if v.holds(day)), None)
            if month not in window or version is None or one.recruited is None or one.recruited > day:
                continue
            if version.most is not None and nth > version.most:
                continue
            if employer(one, day) != firm:
                held["no-post"] += 1
            elif version.rate(one.degree) is None:
                held["no-degree-rate"] += 1
            elif lacks(one, firm, day, version.wants):
                held["missing"] += 1
            else:
                due[one.number, f"{month:%Y-%m}"] = (firm, Decimal(version.rate(one.degree)))
    return due, held


def hirings_due(careers, versions, last_day):
    """number → (year, firm, amount): the first post of a life, in the year of the degree."""
    due = {}
    for one in careers:
        firm, first, _last = one.posts[0]
        version = next((v for v in versions if v.holds(first)), None)
        if version is None or first > last_day or first.year != one.graduated.year:
            continue
        rate = version.rate(one.degree)
        if rate is not None and not lacks(one, firm, first, version.wants):
            due[one.number] = (str(first.year), firm, Decimal(rate))
    return due


def rewards_due(listed, sizes, rates):
    """(project, quarter) → amount. `listed`: (quarter, {project: colour}) in the order of publication."""
    last = {}
    for quarter, colours in listed:
        for project, colour in colours.items():
            last[project, quarter] = colour
    due = {}
    for (project, quarter), colour in last.items():
        if colour not in rates:
            continue
        basis, rate = rates[colour]
        sums = [size[{"household": 0, "m2": 1}.get(basis, 0)] for size in sizes[project]]
        if basis in ("household", "m2"):
            if None in sums or not sums:
                continue
            quantity = sum(sums)
        else:
            quantity = len(sums) if basis == "compound" else 1
        due[project, quarter] = (Decimal(quantity) * rate).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return due


def allowances_due(posts, alive, covered, day):
    """person → firm: who is secretary on the day, once; the organisation with the first code names the firm.

    `posts`: (person, organisation, kind, first, last); `covered`: organisation → firms.
    """
    due = {}
    for person, organisation, kind, first, last in sorted(posts, key=lambda row: row[1]):
        founded, dissolved = alive[organisation]
        stands = founded <= day and (dissolved is None or dissolved > day)
        if kind == "secretary" and stands and first <= day and (last is None or day <= last):
            due.setdefault(person, min(covered[organisation], default=None))
    return due
