"""A council at the desk: typed, masked, compared, filed; two secretaries' phones; nothing is lost."""

from django.test import Client
from django.urls import reverse

from communities.models import CouncilMeeting, CouncilResolution
from tests.communities.council import convene, seat


def typed(people: list, **changes: str) -> dict[str, str]:
    """The form as posted with five there and one further topic put to the vote."""
    found = {
        "held_on": "2026-10-20",
        "session": "evening",
        "place": "党群服务中心",
        "chair": "社区书记",
        "recorder": "",
        "others": "社区民警",
        "stamp": "1",
        "new-TOTAL_FORMS": "1",
        "new-INITIAL_FORMS": "0",
        "new-0-title": "楼道堆物整治",
        "new-0-proposer": "representative",
        "new-0-outcome": "resolved",
        "new-0-text": "每月清理一次。",
        "new-0-votes_for": "4",
        "new-0-votes_against": "1",
        "new-0-votes_abstained": "0",
    }
    found |= {f"rep-{p.pk}-kind": "present" if i < 5 else "excused" for i, p in enumerate(people)}
    return found | changes


def test_a_meeting_is_typed_kept_and_filed(town) -> None:
    people, client = seat(town), Client()
    client.force_login(town.secretary)
    meeting = convene(town)
    url = reverse("desk:council-edit", args=[meeting.pk])
    assert client.get(url).status_code == 200
    half = typed(people, **{"new-0-votes_for": ""})
    assert client.post(url, half, headers={"X-Requested-With": "fetch"}).json()["stamp"] == 2
    page = client.post(
        url, typed(people, stamp="2", action="submit", **{"new-0-votes_for": "5"}), follow=True
    )
    assert not CouncilResolution.objects.exists()
    assert "每月清理一次。" in page.content.decode()
    stamp = str(CouncilMeeting.objects.get().version)
    page = client.post(url, typed(people, stamp=stamp, action="submit"), follow=True)
    assert page.status_code == 200
    row = CouncilResolution.objects.get()
    assert (row.votes_for, row.votes_against, row.present, row.passed) == (4, 1, 5, True)


def test_a_number_is_masked_and_shown_before_anything_is_filed(town) -> None:
    people, client = seat(town), Client()
    client.force_login(town.secretary)
    url = reverse("desk:council-edit", args=[convene(town).pk])
    text = {"new-0-text": "请联系13812345678"}
    page = client.post(url, typed(people, action="submit", **text), follow=True)
    assert "13812345678" not in page.content.decode()
    assert CouncilMeeting.objects.get().state == "draft"
    assert "13812345678" not in str(CouncilMeeting.objects.get().draft)


def test_two_phones_on_one_draft_see_both_versions(town) -> None:
    people, client = seat(town), Client()
    client.force_login(town.secretary)
    url = reverse("desk:council-edit", args=[convene(town).pk])
    client.post(url, typed(people, place="居民之家"))
    answer = client.post(url, typed(people), follow=True)
    page = answer.content.decode()
    assert "居民之家" in page
    assert "党群服务中心" in page
    client.post(answer.redirect_chain[-1][0], {"action": "merge", "place": "theirs"})
    assert CouncilMeeting.objects.get().draft["place"] == "居民之家"


def test_another_communitys_secretary_and_a_contact_find_nothing(town) -> None:
    seat(town)
    meeting = convene(town)
    for user in (town.other_secretary, town.clerk, town.huanan_contact):
        client = Client()
        client.force_login(user)
        for name in ("council", "council-edit"):
            assert client.get(reverse(f"desk:{name}", args=[meeting.pk])).status_code == 404
