"""One user per role with one simple password, clerks, secretaries and contacts of a few areas and firms."""

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password

from enterprises.models import EnterpriseContact
from evaluations.demo import names
from evaluations.demo.quality import BAD
from evaluations.demo.world import FIRST_DAY, Firm, World, stamp
from redprop.accounts.models import Posting, User
from redprop.accounts.roles import Role

PASSWORD = "hongse-2026"
"""Of every demo account. Printed by `load_demo`; the demo runs with DEMO=1 only."""

DISTRICT_USERS = {
    "registrar": Role.REGISTRAR,
    "evaluator": Role.EVALUATOR,
    "inspector": Role.INSPECTOR,
    "reviewer": Role.REVIEWER,
    "decider": Role.OBJECTION_DECIDER,
    "publisher": Role.PUBLISHER,
    "maker": Role.FINANCE_MAKER,
    "checker": Role.FINANCE_CHECKER,
    "approver": Role.APPROVER,
    "organisation": Role.ORGANISATION,
    "sysadmin": Role.SYSTEM_ADMINISTRATOR,
    "secadmin": Role.SECURITY_ADMINISTRATOR,
    "auditadmin": Role.AUDIT_ADMINISTRATOR,
}
INSPECTORS = ("inspector-2", "inspector-3", "inspector-4", "inspector-5", "inspector-6")
"""Beside `inspector`; which subdistrict is whose own stands in `inspections`."""

CLERKS = {"clerk-dazhi": "420102002", "clerk-houhu": "420102017", "clerk-baibuting": "420102400"}
SECRETARIES = {
    "secretary-baocheng": "420102002003",
    "secretary-taining": "420102002004",
    "secretary-jinqiao": "420102017018",
    "secretary-xiandaicheng": "420102400005",
}
CONTACTS = ("contact-1", "contact-2", "contact-3", "contact-welfare")


@dataclass(frozen=True)
class DemoAccount:
    """A demo account as the summary shows it."""

    username: str
    role: str
    area: str


def make_users(world: World) -> None:
    """Users with their postings. They come first: facts name their inspectors and deciders."""
    chance = world.chance("users")
    people = names.persons(chance)
    password = make_password(PASSWORD, salt="demo")
    users = world.book.sheet(User, password=password, date_joined=stamp(FIRST_DAY), is_active=True)
    postings = world.book.sheet(
        Posting,
        district_id=world.district.pk,
        valid_from=FIRST_DAY,
        recorded_at=stamp(FIRST_DAY),
        recorded_by="demo",
        reason="演示账号：按岗位设置",
    )
    subdistricts = {place.subdistrict_code: place.subdistrict for place in world.places}
    communities = {place.code: place.id for place in world.places}

    def user(username: str, *, staff: bool, full_name: str = "") -> int:
        key = users.add(
            username=username,
            full_name=full_name or next(people),
            is_staff=staff,
            work_phone=f"027-0000{chance.randint(1000, 9999)}",
        )
        world.users[username] = key
        return key

    for username, role in DISTRICT_USERS.items():
        postings.add(user_id=user(username, staff=True), role=role.value)
    clerks = dict(CLERKS)
    for code in subdistricts:
        if code not in CLERKS.values():
            clerks[f"clerk-{code}"] = code
    for username, code in clerks.items():
        key = user(username, staff=True)
        postings.add(user_id=key, role=Role.SUBDISTRICT_CLERK.value, subdistrict_id=subdistricts[code])
    for username, code in SECRETARIES.items():
        place = communities[code]
        key = user(username, staff=False, full_name=world.secretaries[place][1])
        postings.add(user_id=key, role=Role.COMMUNITY_SECRETARY.value, community_id=place)
    for username in CONTACTS:
        key = user(username, staff=False)
        postings.add(user_id=key, role=Role.ENTERPRISE_CONTACT.value)
    for username in INSPECTORS:
        postings.add(user_id=user(username, staff=True), role=Role.INSPECTOR.value)


def make_contacts(world: World) -> None:
    """Which enterprise each contact answers for: one in 保成社区, two of weak projects, a public-welfare one."""
    sheet = world.book.sheet(
        EnterpriseContact, valid_from=FIRST_DAY, recorded_at=stamp(FIRST_DAY), recorded_by="demo"
    )
    home = SECRETARIES["secretary-baocheng"]
    running = [p for p in world.projects if p.end is None]
    near = [p.firm for p in running if any(h.place.code == home for h, _first, last in p.served if not last)]
    weak = [p.firm for p in running if p.part == BAD]
    welfare = [firm for firm in world.firms if firm.kind == "public_welfare"]
    chosen: list[Firm] = []
    for firm in (near[0], *weak[:2], welfare[0]):
        chosen.append(firm if firm not in chosen else world.firms[len(chosen)])
    for username, firm in zip(CONTACTS, chosen, strict=True):
        sheet.add(user_id=world.users[username], enterprise_id=firm.id)
        world.contact_firms.add(firm.id)


def list_accounts() -> list[DemoAccount]:
    """The accounts to show in a summary, in the order of the work."""
    known = [*DISTRICT_USERS, *CLERKS, *SECRETARIES, *CONTACTS]
    order = {username: number for number, username in enumerate(known)}
    found = User.objects.filter(username__in=known).prefetch_related(
        "postings__subdistrict",
        "postings__community",
        "postings__district",
        "enterprise_contacts__enterprise",
    )
    accounts = []
    for user in sorted(found, key=lambda u: order[u.username]):
        posting = user.postings.all()[0]
        contacts = list(user.enterprise_contacts.all())
        area = str(contacts[0].enterprise) if contacts else str(posting.area)
        accounts.append(DemoAccount(user.username, str(posting.get_role_display()), area))
    return accounts
