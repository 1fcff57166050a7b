"""The worklist of dissolved communities in the admin: counts, one successor for many, a split compound by compound."""

import datetime as dt

import pytest
from django.urls import reverse

from communities.models import Commitment, Compound, JointMeeting
from redprop.areas.models import Community, CommunitySuccession

WORKLIST = "admin:communities_compound_dissolved"
SPLIT = "admin:communities_compound_successor"
END = dt.date(2026, 10, 1)


@pytest.fixture
def closed(town):
    Community.objects.filter(pk=town.a1.pk).update(closed_on=END)
    town.a1.refresh_from_db()
    return town


@pytest.fixture
def registrar(closed, client):
    closed.registrar.is_staff = True
    closed.registrar.save()
    client.force_login(closed.registrar)
    return client


def test_the_worklist_counts_and_one_successor_takes_all_that_are_ticked(registrar, closed):
    page = registrar.get(reverse(WORKLIST))
    (row,) = page.context["rows"]
    assert (row.community, row.compounds) == (closed.a1, 2)
    for data in ({}, {"community": [closed.a1.pk]}, {"community": [closed.a1.pk], "day": "2026-10-01"}):
        assert registrar.post(reverse(WORKLIST), data).context["refusal"]
    data = {"community": [closed.a1.pk], "rest": closed.a2.pk, "day": "2026-10-01", "document": "文1号"}
    assert registrar.post(reverse(WORKLIST), data).status_code == 302
    row = CommunitySuccession.objects.get()
    assert (row.successor, row.on, row.source) == (closed.a2, END, "文1号")
    assert registrar.get(reverse(WORKLIST)).context["rows"][0].postings == 1


def test_a_split_is_entered_compound_by_compound(registrar, closed):
    address = reverse(SPLIT, args=[closed.a1.pk])
    page = registrar.get(address)
    first, second = (compound for compound, _value in page.context["compounds"])
    data = {"rest": closed.a2.pk, "day": "2026-10-01", f"compound-{second.pk}": closed.b1.pk}
    assert registrar.post(address, data).status_code == 302
    now = dict(Compound.objects.filter(placements__valid_from=END).values_list("pk", "placements__community"))
    assert {first.pk, second.pk} <= now.keys()
    assert first.placements.get(valid_from=END).community == closed.a2
    assert second.placements.get(valid_from=END).community == closed.b1


def test_open_items_are_given_to_another_successor_on_the_page(registrar, closed):
    meeting = JointMeeting.objects.create(
        community=closed.a1,
        month=dt.date(2026, 9, 1),
        state="accepted",
        held_on=dt.date(2026, 9, 10),
        due_on=dt.date(2026, 10, 5),
        submitted_at=dt.datetime(2026, 9, 11, tzinfo=dt.UTC),
    )
    promise = Commitment.objects.create(
        meeting=meeting,
        project=closed.qingchuan,
        problem="电梯常停",
        promise="更换主板",
        responsible_post="项目经理",
        made_on=meeting.held_on,
        first_due_on=dt.date(2026, 10, 30),
        due_on=dt.date(2026, 10, 30),
    )
    address = reverse(SPLIT, args=[closed.a1.pk])
    assert "电梯常停" in registrar.get(address).content.decode()
    data = {"rest": closed.a2.pk, "day": "2026-10-01", f"commitment-{promise.pk}": closed.b1.pk}
    assert registrar.post(address, data).status_code == 302
    promise.refresh_from_db()
    assert promise.keeper == closed.b1


def test_who_only_reads_sees_the_worklist_and_assigns_nothing(registrar, closed, client):
    closed.clerk.is_staff = True
    closed.clerk.save()
    client.force_login(closed.clerk)
    assert client.get(reverse(WORKLIST)).context["may"] is False
    data = {"community": [closed.a1.pk], "rest": closed.a2.pk, "day": "2026-10-01"}
    assert client.post(reverse(WORKLIST), data).status_code == 403
    assert client.post(reverse(SPLIT, args=[closed.a1.pk]), data).status_code == 403
    assert not CommunitySuccession.objects.exists()
