"""Party work of the demo: members counted, elections, advisers' visits, the guide book, and the district's rules.

Draws from chance of its own, so that scores stay what they are.
"""

import datetime as dt

from enterprises.guide_rules import applies, periods_ending
from enterprises.models import (
    AdviserVisit,
    GuideCheck,
    GuideItem,
    PartyCount,
    PartyRule,
    PartyTerm,
    StageRule,
    TeamStandard,
)
from enterprises.party_checks import add_months
from enterprises.services.party_rules import SAMPLE_TEAM
from enterprises.stage_rules import SAMPLE_STAGES
from evaluations.demo.world import FIRST_DAY, LAST_DAY, Firm, World, days_after, stamp

GUIDE_FROM = dt.date(2025, 10, 1)
VISITS_FROM = dt.date(2025, 10, 1)
DOCUMENT = "演示党组〔2017〕3号"

ITEMS = (
    ("DJ01", "开展主题党日", "month", "organisations", "有签到和照片，每月一次"),
    ("DJ02", "指导员到企业指导党建工作", "month", "advisers", "有走访记录"),
    ("DJ03", "召开支部党员大会", "quarter", "organisations", "有会议记录"),
    ("DJ04", "上一次党课", "quarter", "all", "书记或指导员每季度至少讲一次"),
    ("DJ05", "书记参加社区大党委会议", "quarter", "organisations", "有会议通知或纪要"),
    ("DJ06", "召开组织生活会", "half", "organisations", "有对照检查材料"),
    ("DJ07", "党组织书记述职评议", "year", "organisations", "有评议结果"),
)
"""Sample items: the district's own guide book was not found in any source."""

TOLD = {
    "DJ01": "组织党员到小区开展志愿服务",
    "DJ02": "走访企业，了解员工情况，指导筹建党支部",
    "DJ03": "召开党员大会，研究小区治理事项",
    "DJ04": "讲党课一次，党员和骨干参加",
    "DJ05": "参加社区大党委会议，领办事项一件",
    "DJ06": "召开组织生活会，开展批评与自我批评",
    "DJ07": "书记述职，党员评议",
}


class PartyWork:
    """Writes what is known of party organisations over time."""

    def __init__(self, world: World) -> None:
        self.world, self.chance = world, world.chance("party work")
        self.organisations: list[tuple[int, str, dt.date]] = []
        book = world.book
        self.counts = book.sheet(PartyCount, recorded_by="demo")
        self.elections = book.sheet(PartyTerm, recorded_by="demo")
        self.calls = book.sheet(AdviserVisit, recorded_by="demo")
        self.checks = book.sheet(GuideCheck, recorded_by="demo")
        if not world.replica:
            self._rules()

    def is_usual(self, share: float) -> bool:
        """Chance of its own."""
        return self.chance.random() < share

    def _rules(self) -> None:
        always = {"district_id": self.world.district.pk, "recorded_by": "demo"}
        said = {"valid_from": FIRST_DAY, "recorded_at": stamp(FIRST_DAY)}
        self.world.book.sheet(PartyRule, **always).add(document=DOCUMENT, **said)
        team = self.world.book.sheet(TeamStandard, **always)
        for kind, least, post in SAMPLE_TEAM:
            team.add(kind=kind, members_from=least, post=post, **said)
        stages = self.world.book.sheet(StageRule, **always)
        for stage, terms in SAMPLE_STAGES.items():
            stages.add(
                stage=stage,
                least_months=terms.least_months,
                due_months=terms.due_months,
                remind_days=terms.remind_days,
                least_age=terms.least_age,
                document=DOCUMENT,
                **said,
            )

    def count(
        self, organisation: int, founded: dt.date, full: int, probationary: int, activists: int
    ) -> None:
        """Counted when founded and again at the end of the last year, a little more."""
        later = dt.date(2025, 12, 31)
        small = max(3, full - self.chance.randint(0, 2))
        first = small if founded < later else full
        self.counts.add(
            organisation_id=organisation,
            valid_from=founded,
            valid_to=days_after(later, -1) if founded < later else None,
            full_members=first,
            probationary_members=probationary,
            activists=activists,
            recorded_at=stamp(founded, 105),
        )
        if founded < later:
            self.counts.add(
                organisation_id=organisation,
                valid_from=later,
                full_members=full,
                probationary_members=probationary,
                activists=activists,
                recorded_at=stamp(later, 105),
            )

    def terms(self, organisation: int, founded: dt.date, years: int) -> None:
        """An election every few years; a few teams are late with the last one."""
        late = not self.is_usual(0.96)
        elected = founded
        while True:
            ends = days_after(add_months(elected, 12 * years), -1)
            following = days_after(ends, 1)
            last = following > LAST_DAY or (late and add_months(following, 12 * years) > LAST_DAY)
            self.elections.add(
                organisation_id=organisation,
                valid_from=elected,
                valid_to=None if last else ends,
                ends_on=ends,
                recorded_at=stamp(elected, 106),
            )
            if last:
                return
            elected = following

    def visits(self, organisation: int, adviser: int, firms: list[Firm], founded: dt.date) -> None:
        """The adviser comes once a month, now and then not."""
        for period in periods_ending("month", VISITS_FROM, LAST_DAY):
            for firm in firms:
                day = days_after(period.start, self.chance.randint(3, 24))
                if day < max(founded, firm.since) or not self.is_usual(0.94):
                    continue
                self.calls.add(
                    organisation_id=organisation,
                    enterprise_id=firm.id,
                    person_id=adviser,
                    visited_on=day,
                    subject=self.chance.choice(
                        ("了解党员情况", "指导筹建党支部", "参加员工座谈", "推荐入党积极分子")
                    ),
                    recorded_at=stamp(day, 300),
                )

    def guide_book(self) -> None:
        """Items of the guide book and four quarters of work, most of it done and confirmed."""
        world = self.world
        if world.replica:
            return
        sheet = world.book.sheet(GuideItem, district_id=world.district.pk, recorded_by="demo")
        items = [
            (
                sheet.add(
                    code=code,
                    title=title,
                    every=every,
                    of=of,
                    explanation=explanation,
                    place=10 * number,
                    document=DOCUMENT,
                    valid_from=GUIDE_FROM,
                    recorded_at=stamp(GUIDE_FROM),
                ),
                code,
                every,
                of,
            )
            for number, (code, title, every, of, explanation) in enumerate(ITEMS, 1)
        ]
        for organisation, form, founded in self.organisations:
            keen = 0.86 + 0.13 * self.chance.random()
            for key, code, every, of in items:
                if applies(of, form):
                    self._done(organisation, founded, key, code, every, keen)

    def _done(
        self, organisation: int, founded: dt.date, item: int, code: str, every: str, keen: float
    ) -> None:
        for period in periods_ending(every, GUIDE_FROM, LAST_DAY):
            if founded > period.start or not self.is_usual(keen):
                continue
            day = days_after(period.end, -self.chance.randint(2, 24))
            waits = period.end == LAST_DAY and not self.is_usual(0.9)
            self.checks.add(
                organisation_id=organisation,
                item_id=item,
                period=str(period),
                done_on=day,
                note=TOLD[code],
                state="reported" if waits else "confirmed",
                decided_on=None if waits else days_after(day, 1),
                decided_by="" if waits else "demo",
                recorded_at=stamp(day, 400),
            )
