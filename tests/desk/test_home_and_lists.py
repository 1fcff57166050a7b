"""The first page of each desk, and that no list of the desk asks more queries for more rows."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communities.models import Commitment, JointMeeting, SupervisionOrder
from communities.services import exclusions, meetings, supervision
from redprop.areas.models import CommunityVersion
from redprop.common.periods import Period
from redprop.core.models import FormBurden, Notification
from tests.town import a_promise, filed, minutes


@pytest.fixture
def as_user(town):
    def sign_in(name: str) -> Client:
        client = Client()
        client.force_login(getattr(town, name))
        return client

    return sign_in


def test_home_counts_the_communities_for_the_clerk_and_what_came_up_for_the_district(town, as_user) -> None:
    # September is due on 10 October. Community a1 files it on the 21st: late. a2 files nothing: missing.
    september = meetings.save_meeting(
        community=town.a1,
        month=Period.parse("2026-09"),
        minutes=minutes(
            town,
            a_promise(town.qingchuan, due_on=dt.date(2026, 9, 30)),
            held_on=dt.date(2026, 9, 20),
        ),
        version=None,
        acting_user=town.secretary,
    )
    meetings.submit_meeting(meeting=september, acting_user=town.secretary)
    meetings.accept_meeting(meeting=september, acting_user=town.clerk)
    home = as_user("clerk").get("/desk/")
    total = home.context["total"]
    assert (total.expected, total.on_time, total.late, total.missing) == (2, 0, 1, 1)
    rows = [(r.name, r.late, r.missing, r.url) for r, _meeting in home.context["communities"]]
    assert rows == [("甲一社区", 1, 0, f"/desk/meetings/{september.pk}/"), ("甲二社区", 0, 1, "")]
    supervision.issue_orders(district=town.district)
    home = as_user("registrar").get("/desk/")
    # More than five working days late: red, and it stands on the district's first page.
    assert [(c.count, c.url) for c in home.context["chase"]] == [
        (1, "/desk/orders/?show=open&colour=red"),
        (1, "/desk/commitments/?show=overdue"),
    ]


def test_a_community_founded_later_owes_the_months_since(town, as_user) -> None:
    # a1 has filed July to September. a2 was founded on 15 August: September is the first month it has seen whole.
    day = dt.date(2026, 8, 15)
    for community, since in ((town.a1, dt.date(2020, 1, 1)), (town.a2, day)):
        CommunityVersion.objects.create(
            community=community,
            subdistrict=community.subdistrict,
            code=community.code,
            name=community.name,
            valid_from=since,
        )
    JointMeeting.objects.bulk_create(
        JointMeeting(
            community=town.a1,
            month=dt.date(2026, month, 1),
            state="accepted",
            held_on=dt.date(2026, month, 20),
            due_on=dt.date(2026, month + 1, 10),
            submitted_at=dt.datetime(2026, month, 21, tzinfo=dt.UTC),
        )
        for month in (7, 8, 9)
    )
    rows = {r.name: r for r, _meeting in as_user("clerk").get("/desk/").context["communities"]}
    assert (rows["甲一社区"].expected, rows["甲一社区"].missing) == (3, 0)
    assert (rows["甲二社区"].expected, rows["甲二社区"].missing) == (1, 1)
    august = as_user("registrar").get("/desk/meetings/?month=2026-08").context["total"]
    # In August: a1 and b1 (which names no day of foundation).
    assert (august.expected, august.filed) == (2, 1)
    # On 21 October she owes October and the late September; had she come on 15 September, October alone.
    assert owed_months(as_user("other_secretary")) == ["2026-09", "2026-10"]
    CommunityVersion.objects.filter(community=town.a2).update(valid_from=dt.date(2026, 9, 15))
    assert owed_months(as_user("other_secretary")) == ["2026-10"]


def owed_months(client: Client) -> list[str]:
    """Months whose meeting the home page asks for."""
    urls = [item.url for item in client.get("/desk/").context["owed"]]
    return sorted(url.rstrip("/").split("/")[-1] for url in urls if "/meetings/" in url)


LISTS = ["", "meetings/", "commitments/?show=all", "orders/?show=all", "exclusions/", "notices/", "burden/"]


@pytest.mark.parametrize("path", LISTS)
def test_no_list_of_the_desk_asks_more_for_more_rows(town, as_user, path) -> None:
    filed(town, *(a_promise(town.qingchuan, problem=f"问题{i}") for i in range(4)))
    client = as_user("registrar" if path == "burden/" else "clerk")

    def fill(numbers: range) -> None:
        for number in numbers:
            commitment = Commitment.objects.order_by("pk")[number]
            SupervisionOrder.objects.create(
                district=town.district,
                commitment=commitment,
                colour="blue",
                level="community",
                year=2026,
                serial=number + 1,
                issued_on=dt.date(2026, 10, 21),
                due_on=commitment.due_on,
            )
            exclusions.ask_exclusion(
                commitment=commitment, reason="against_law", explanation="违建", acting_user=town.secretary
            )
            if number % 2:
                exclusions.decide_exclusion(
                    exclusion=commitment.exclusions.get(), sign=True, acting_user=town.clerk
                )
            Notification.objects.create(user=town.clerk, text=f"通知{number}", address="/desk/")
            FormBurden.objects.create(
                district=town.district,
                form=f"form{number}",
                month=dt.date(2026, 10, 1),
                times=2,
                typed_fields=9,
                seconds=200,
            )

    fill(range(2))
    client.get(f"/desk/{path}")
    with CaptureQueriesContext(connection) as few:
        assert client.get(f"/desk/{path}").status_code == 200
    meeting = JointMeeting.objects.get()
    Commitment.objects.bulk_create(
        Commitment(
            meeting=meeting,
            project=town.qingchuan,
            problem=f"又{number}",
            promise="办",
            responsible_post="经理",
            made_on=meeting.held_on,
            first_due_on=dt.date(2026, 10, 30),
            due_on=dt.date(2026, 10, 30),
        )
        for number in range(20)
    )
    fill(range(2, 22))
    with CaptureQueriesContext(connection) as many:
        client.get(f"/desk/{path}")
    assert len(many) <= len(few)
