"""Party organisations (single, joint, adviser), whom they cover, their posts, and cross-appointments.

All enterprises and projects are covered; how complete a leadership team is differs.
"""

import datetime as dt
import random

from enterprises.models import CrossAppointment, PartyCoverage, PartyOrganisation, PartyPost, Post
from evaluations.demo.party_work import PartyWork
from evaluations.demo.people import People
from evaluations.demo.quality import MODEL
from evaluations.demo.world import LAST_DAY, Firm, Project, World, days_after, stamp
from redprop.areas.services.search_keys import find_key

JOINT_SIZE = 5
"""A joint branch covers five units at most (S48R)."""

ADVISER_SIZE = 3
"""An adviser looks after three enterprises at most (S49R)."""


def make_party(world: World, people: People) -> None:
    """Organisations by the size of the enterprise: its own, a joint one with neighbours, or an adviser."""
    chance = world.chance("party")
    maker = _Maker(world, people, chance)
    current = [firm for firm in world.firms if not firm.left]
    own = [f for f in current if len(f.projects) >= 3 or f.kind == "public_welfare"]
    rest = [f for f in current if f not in own]
    chance.shuffle(rest)
    joint_count = len(rest) * 2 // 3
    for firm in sorted(own, key=lambda f: f.id):
        maker.single(firm)
    for index in range(0, joint_count, JOINT_SIZE):
        maker.together(rest[index : min(index + JOINT_SIZE, joint_count)], "joint")
    for index in range(joint_count, len(rest), ADVISER_SIZE):
        maker.together(rest[index : index + ADVISER_SIZE], "adviser")
    maker.work.guide_book()
    make_cross_appointments(world, people, chance)


class _Maker:
    """Writes organisations with coverage and posts."""

    def __init__(self, world: World, people: People, chance: random.Random) -> None:
        self.world, self.people, self.chance = world, people, chance
        district = world.district.pk
        self.organisations = world.book.sheet(PartyOrganisation, district_id=district, recorded_by="demo")
        self.coverage = world.book.sheet(PartyCoverage, recorded_by="demo")
        self.posts = world.book.sheet(PartyPost, recorded_by="demo")
        self.employment = world.book.sheet(Post, recorded_by="demo")
        self.work = PartyWork(world)
        self.count = 0

    def organisation(self, name: str, form: str, kind: str, members: int, founded: dt.date) -> int:
        self.count += 1
        key = self.organisations.add(
            code=self.world.code("DZ", self.count),
            name=name,
            pinyin=find_key(PartyOrganisation, name) if not self.world.replica else "",
            kind=kind,
            form=form,
            founded_on=founded,
            recorded_at=stamp(founded, 100),
        )
        probationary = self.chance.randint(0, 1) if members else 0
        activists = self.chance.randint(0, 3)
        if form != "adviser":
            self.work.count(key, founded, members, probationary, activists)
            self.work.terms(key, founded, 5 if kind == "committee" else 3)
        self.work.organisations.append((key, form, founded))
        return key

    def cover(self, organisation: int, firm: Firm, project: Project | None, founded: dt.date) -> None:
        since = max(founded, project.start if project else firm.since)
        if project and project.end and project.end < since:
            return
        self.coverage.add(
            organisation_id=organisation,
            enterprise_id=firm.id,
            project_id=project.id if project else None,
            valid_from=since,
            valid_to=project.end if project else None,
            recorded_at=stamp(since, 110),
        )

    def team(self, organisation: int, firm: Firm, founded: dt.date, quality: float) -> int:
        """Secretary and two members; in weaker enterprises a post of the team stands empty."""
        kinds = ["secretary", "organisation_member", "publicity_member"]
        if self.chance.random() > 0.55 + 0.45 * quality:
            kinds.pop()
        secretary = 0
        for kind in kinds:
            person, _name = self.people.add(founded)
            secretary = secretary or person
            self.posts.add(
                organisation_id=organisation,
                person_id=person,
                kind=kind,
                valid_from=founded,
                qualified_on=founded if kind == "secretary" and self.work.is_usual(0.93) else None,
                recorded_at=stamp(founded, 120),
            )
            self.employment.add(
                person_id=person,
                enterprise_id=firm.id,
                kind="management" if kind == "secretary" else "staff",
                title="党组织负责人" if kind == "secretary" else "综合管理员",
                valid_from=founded,
                recorded_at=stamp(founded, 120),
            )
        self.world.party_secretaries.append((secretary, founded))
        return secretary

    def single(self, firm: Firm) -> None:
        """An organisation of the enterprise's own; large ones have branches in single projects too."""
        founded = days_after(firm.since, self.chance.randint(60, 500))
        large = len(firm.projects) >= 6
        kind = "general_branch" if large else "branch"
        if firm.kind == "public_welfare":
            kind = "committee"
        label = {"committee": "委员会", "general_branch": "总支部委员会", "branch": "支部委员会"}[kind]
        # From 50 members on a general branch, from 100 a committee.
        size = self.chance.randint(4, 12) + {"branch": 0, "general_branch": 48, "committee": 98}[kind]
        head = self.organisation(f"中共{firm.short}{label}", "single", kind, size, founded)
        self.cover(head, firm, None, founded)
        firm.secretary = self.team(head, firm, founded, firm.quality)
        for index, project in enumerate(sorted(firm.projects, key=lambda p: p.start)):
            organisation, since = head, founded
            if kind != "branch" and index % 3 == 0 and project.end is None:
                since = max(days_after(project.start, 30), founded)
                if since < days_after(LAST_DAY, -200):
                    name = f"中共{firm.short}{project.name}支部委员会"
                    organisation = self.organisation(name, "single", "branch", 4, since)
                    self.team(organisation, firm, since, project.quality)
                    self.coverage_before(head, firm, project, founded, since)
            self.cover(organisation, firm, project, since)

    def coverage_before(
        self, head: int, firm: Firm, project: Project, founded: dt.date, until: dt.date
    ) -> None:
        """Until a project had its own branch, the enterprise's organisation covered it."""
        since = max(founded, project.start)
        if since < until:
            self.coverage.add(
                organisation_id=head,
                enterprise_id=firm.id,
                project_id=project.id,
                valid_from=since,
                valid_to=days_after(until, -1),
                recorded_at=stamp(since, 110),
            )

    def together(self, firms: list[Firm], form: str) -> None:
        """One joint branch, or one adviser, for a few enterprises."""
        if not firms:
            return
        founded = days_after(max(firm.since for firm in firms), self.chance.randint(60, 500))
        if form == "joint":
            name = f"中共{firms[0].short}等联合支部委员会"
            key = self.organisation(name, form, "joint_branch", self.chance.randint(3, 7), founded)
            secretary = self.team(key, firms[0], founded, firms[0].quality)
        else:
            key = self.organisation(f"{firms[0].short}等党建指导组", form, "", 0, founded)
            secretary, _name = self.people.add(founded)
            self.posts.add(
                organisation_id=key,
                person_id=secretary,
                kind="adviser",
                valid_from=founded,
                qualified_on=founded,
                recorded_at=stamp(founded, 120),
            )
            self.work.visits(key, secretary, firms, founded)
        for firm in firms:
            firm.secretary = secretary if form == "joint" and firm is firms[0] else None
            self.cover(key, firm, None, founded)
            for project in firm.projects:
                self.cover(key, firm, project, founded)


def make_cross_appointments(world: World, people: People, chance: random.Random) -> None:
    """Managers in the bodies of the community, community cadres as quality supervisors of the firm."""
    sheet = world.book.sheet(CrossAppointment, recorded_by="demo")
    supervising: set[int] = set()
    for project in world.projects:
        if project.end is not None or project.manager is None:
            continue
        place = project.served[0][0].place
        since = max(days_after(project.managed_since, 90), dt.date(2019, 3, 1))
        if since > LAST_DAY:
            since = days_after(project.managed_since, 10)
        likely = 0.72 + 0.28 * max(0.0, (project.quality - 0.70) / 0.2)
        if project.part == MODEL or chance.random() < likely:
            sheet.add(
                person_id=project.manager,
                enterprise_id=project.firm.id,
                project_id=project.id,
                community_id=place.id,
                direction="to_community",
                body=chance.choice(("big_party_committee", "residents_committee")),
                valid_from=since,
                recorded_at=stamp(since, 130),
            )
        if project.part != MODEL and chance.random() > 0.6 * likely:
            continue
        person = world.secretaries[place.id][0]
        if person in supervising or world.replica:
            person, _name = people.add(since)
        supervising.add(person)
        sheet.add(
            person_id=person,
            enterprise_id=project.firm.id,
            project_id=project.id,
            community_id=place.id,
            direction="to_enterprise",
            body="enterprise",
            valid_from=since,
            recorded_at=stamp(since, 140),
        )
    make_seats_of_secretaries(world)


def make_seats_of_secretaries(world: World) -> None:
    """Most secretaries of enterprises sit in a community's big party committee; chance of its own, scores stay."""
    sheet, chance = (
        world.book.sheet(CrossAppointment, recorded_by="demo"),
        world.chance("seats of secretaries"),
    )
    for firm in world.firms:
        project = next((p for p in firm.projects if p.end is None and p.part != "" and p.served), None)
        project = project or next((p for p in firm.projects if p.end is None and p.served), None)
        if firm.secretary is None or project is None or chance.random() > 0.8:
            continue
        since = max(days_after(project.managed_since, 100), dt.date(2019, 4, 1))
        sheet.add(
            person_id=firm.secretary,
            enterprise_id=firm.id,
            project_id=project.id,
            community_id=project.served[0][0].place.id,
            direction="to_community",
            body="big_party_committee",
            valid_from=min(since, LAST_DAY),
            recorded_at=stamp(min(since, LAST_DAY), 150),
        )
