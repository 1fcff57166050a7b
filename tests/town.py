"""A small town for tests of meetings, commitments and the desk: two subdistricts, three communities, two firms.

It is 2026-10-21 by the district's clock. Huanan serves Qingchuanli (community a1) and Beili (b1), Jiangtan
serves Jiangtanli (a1). Community a2 has no compound.
"""

import datetime as dt
from types import SimpleNamespace

from communities.models import Compound, CompoundPlacement, ServiceAssignment, ServiceContract
from communities.services import meetings
from communities.services.entered import Attendee, Minutes, Promise
from enterprises.models import Enterprise, EnterpriseContact, ServiceProject
from redprop.accounts.models import Posting, User
from redprop.areas.models import Community, District, Subdistrict
from redprop.common.periods import Period
from redprop.core.models import Holiday
from tests.entered import entered_once

START = dt.date(2020, 1, 1)
NOW = dt.datetime(2026, 10, 21, 2, 0, tzinfo=dt.UTC)
MONTH = Period.parse("2026-10")
PASSWORD = "desk-Test-4711"


def a_user(name: str, full_name: str) -> User:
    user = User(username=name, full_name=full_name)
    user.set_password(PASSWORD)
    user.save()
    return user


def posted(name: str, full_name: str, role: str, district: District, **area: object) -> User:
    user = a_user(name, full_name)
    Posting.objects.create(user=user, role=role, district=district, valid_from=START, **area)
    return user


def build_town() -> SimpleNamespace:
    """Enter the town and return it by name."""
    return entered_once("town", make_town)


def make_town() -> SimpleNamespace:
    """Enter the town through the models."""
    district = District.objects.create(code="420199", name="示例区", is_demo=True, clock=NOW)
    for day in range(1, 8):
        Holiday.objects.create(district=district, day=dt.date(2026, 10, day), name="国庆节")
    Holiday.objects.create(district=district, day=dt.date(2026, 10, 10), is_workday=True)
    town = SimpleNamespace(district=district)
    town.street_a = Subdistrict.objects.create(district=district, code="420199001", name="甲街道")
    town.street_b = Subdistrict.objects.create(district=district, code="420199002", name="乙街道")
    for name, street, label in (
        ("a1", town.street_a, "甲一社区"),
        ("a2", town.street_a, "甲二社区"),
        ("b1", town.street_b, "乙一社区"),
    ):
        code = f"{street.code}{name[-1]:0>3}"
        setattr(
            town, name, Community.objects.create(district=district, subdistrict=street, code=code, name=label)
        )
    town.secretary = posted("sj-a1", "周书记", "community_secretary", district, community=town.a1)
    town.other_secretary = posted("sj-a2", "吴书记", "community_secretary", district, community=town.a2)
    town.clerk = posted("jd-a", "郑专干", "subdistrict_clerk", district, subdistrict=town.street_a)
    town.other_clerk = posted("jd-b", "王专干", "subdistrict_clerk", district, subdistrict=town.street_b)
    town.registrar = posted("djy", "冯登记", "registrar", district)
    for name, uscc, label in (
        ("huanan", "91420100MA00000011", "华楠物业"),
        ("jiangtan", "91420100MA00000022", "江滩物业"),
    ):
        enterprise = Enterprise.objects.create(
            district=district, uscc=uscc, name=label, kind="market", registered_from=START
        )
        setattr(town, name, enterprise)
        contact = posted(f"qy-{name}", f"{label}联系人", "enterprise_contact", district)
        EnterpriseContact.objects.create(user=contact, enterprise=enterprise, valid_from=START)
        setattr(town, f"{name}_contact", contact)
    town.qingchuan = serve(town.huanan, "P1", "晴川里", town.a1)
    town.tanli = serve(town.jiangtan, "P2", "江滩里", town.a1)
    town.beili = serve(town.huanan, "P3", "北里", town.b1)
    return town


def serve(enterprise: Enterprise, code: str, name: str, community: Community) -> ServiceProject:
    """A project of `enterprise` with one compound in `community`."""
    district = enterprise.district
    project = ServiceProject.objects.create(
        district=district, enterprise=enterprise, code=code, name=f"{name}项目", started_on=START
    )
    compound = Compound.objects.create(
        district=district, code=f"X{code}", name=f"{name}小区", registered_from=START, households=200
    )
    CompoundPlacement.objects.create(compound=compound, community=community, valid_from=START)
    contract = ServiceContract.objects.create(
        district=district,
        project=project,
        number=f"HT-{code}",
        kind="service",
        signed_on=START,
        valid_from=START,
    )
    ServiceAssignment.objects.create(contract=contract, compound=compound, valid_from=START)
    return project


def minutes(town: SimpleNamespace, *promises: Promise, **changes: object) -> Minutes:
    """Complete minutes of October 2026 with both projects present."""
    values = {
        "held_on": dt.date(2026, 10, 20),
        "place": "社区会议室",
        "chair": "周书记",
        "recorder": "钱干事",
        "nothing_new": not promises,
        "attendance": [
            Attendee(kind="present", project_id=town.qingchuan.pk),
            Attendee(kind="absent", project_id=town.tanli.pk),
            Attendee(kind="present", unit="社区民警"),
        ],
        "promises": promises,
        **changes,
    }
    return Minutes(**values)


def a_promise(project: ServiceProject, **changes: object) -> Promise:
    values = {
        "project_id": project.pk,
        "problem": "3栋电梯常停",
        "promise": "更换主板并公示检修记录",
        "responsible_post": "项目经理",
        "due_on": dt.date(2026, 10, 30),
        **changes,
    }
    return Promise(**values)


def filed(town: SimpleNamespace, *promises: Promise, accept: bool = True):
    """A meeting of October, submitted and, unless told otherwise, accepted."""
    meeting = meetings.save_meeting(
        community=town.a1,
        month=MONTH,
        minutes=minutes(town, *promises),
        version=None,
        acting_user=town.secretary,
    )
    meeting = meetings.submit_meeting(meeting=meeting, acting_user=town.secretary)
    return meetings.accept_meeting(meeting=meeting, acting_user=town.clerk) if accept else meeting
