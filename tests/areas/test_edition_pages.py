"""Taking over an edition in the admin: upload, preview by outcome, decisions row by row, written once."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from redprop.areas.models import Community, DivisionEdition
from redprop.areas.services.editions import PART_OF_A_LIST
from redprop.common.errors import Refused
from redprop.core.models import ImportBatch
from redprop.core.services import editions, imports

UPLOAD = "admin:areas_community_edition"
PREVIEW = "admin:areas_community_edition_preview"


@pytest.fixture
def registrar(cast, client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    client.force_login(cast.registrar)
    return client


def send(client, path, edition):
    upload = SimpleUploadedFile(path.name, path.read_bytes())
    return client.post(reverse(UPLOAD), {"file": upload, "edition": edition})


def living(district):
    return list(
        Community.objects.filter(district=district, closed_on=None)
        .order_by("code")
        .values_list("code", "name")
    )


def test_the_preview_groups_what_changes_and_writes_nothing(registrar, cast, write):
    path = write(
        ("990101001001", "甲区1新社区", "甲区1街道"),
        ("990101001009", "甲区2社区", "甲区1街道"),
        ("990101002008", "全新社区", "甲区2街道"),
    )
    before = living(cast.district)
    answer = send(registrar, path, "2024-06-30")
    assert answer.status_code == 302
    page = registrar.get(answer["Location"])
    groups = {group["kind"]: group["rows"] for group in page.context["groups"]}
    assert set(groups) == {"renamed", "recoded", "added"}
    assert groups["recoded"][0]["old"]["code"] == "990101002001"
    assert groups["recoded"][0]["moves"]
    assert living(cast.district) == before

    # The guess and the renaming wait for a person.
    refused = registrar.post(answer["Location"], {"seal": page.context["seal"]})
    assert "990101001009" in refused.context["refusal"]
    assert living(cast.district) == before

    stale = registrar.post(answer["Location"], {"seal": "x", "accept_all": "1"})
    assert stale.context["refusal"]
    done = registrar.post(answer["Location"], {"seal": page.context["seal"], "accept_all": "1"})
    assert done.status_code == 302
    assert living(cast.district) == [
        ("990101001001", "甲区1新社区"),
        ("990101001009", "甲区2社区"),
        ("990101002008", "全新社区"),
    ]
    moved = Community.objects.get(pk=cast.other_community.pk)
    assert (moved.code, moved.subdistrict) == ("990101001009", cast.subdistrict)
    assert ImportBatch.objects.get().state == ImportBatch.State.DONE
    assert registrar.get(answer["Location"]).status_code == 200
    # A second confirmation writes nothing.
    again = registrar.post(answer["Location"], {"seal": page.context["seal"], "accept_all": "1"})
    assert again.context["refusal"]


def test_a_person_may_say_that_the_same_name_is_another_community(registrar, cast, write):
    path = write(("990101001001", "甲区1社区", "甲区1街道"), ("990101001009", "甲区2社区", "甲区1街道"))
    address = send(registrar, path, "2024-06-30")["Location"]
    seal = registrar.get(address).context["seal"]
    assert registrar.post(address, {"seal": seal, "row-990101001009": "new"}).status_code == 302
    old = Community.objects.get(pk=cast.other_community.pk)
    assert (old.code, old.closed_on) == ("990101002001", dt.date(2024, 6, 30))
    assert Community.objects.get(code="990101001009").pk != old.pk


def test_a_person_may_say_that_a_new_name_continues_a_removed_community(registrar, cast, write):
    path = write(("990101001001", "甲区1社区", "甲区1街道"), ("990101002009", "改了名的社区", "甲区2街道"))
    address = send(registrar, path, "2024-06-30")["Location"]
    page = registrar.get(address)
    assert [group["kind"] for group in page.context["groups"]] == ["removed", "added"]
    data = {"seal": page.context["seal"], "row-990101002009": str(cast.other_community.pk)}
    assert registrar.post(address, data).status_code == 302
    kept = Community.objects.get(pk=cast.other_community.pk)
    assert (kept.code, kept.name, kept.closed_on) == ("990101002009", "改了名的社区", None)


def test_a_list_with_a_wrong_row_is_not_taken_at_all(registrar, cast, write):
    path = write(("990101001001", "甲区1社区", "没有的街道"), ("990101002001", "甲区2社区", "甲区2街道"))
    answer = send(registrar, path, "2024-06-30")
    assert "没有的街道" in answer.context["refusal"]
    assert ImportBatch.objects.count() == 0


def test_an_edition_without_a_day_is_refused(registrar, cast, write):
    path = write(("990101001001", "甲区1社区", "甲区1街道"))
    assert "2031" in send(registrar, path, "2031").context["refusal"]


def test_the_generic_confirmation_leads_to_the_preview_of_the_edition(registrar, cast, write):
    path = write(("990101001001", "甲区1社区", "甲区1街道"))
    send(registrar, path, "2024-06-30")
    batch = ImportBatch.objects.get()
    for page in ("confirm", "check"):
        answer = registrar.post(reverse(f"admin:areas_community_{page}", args=["communities", batch.pk]))
        assert answer["Location"] == reverse(PREVIEW, args=[batch.pk])
    assert Community.objects.filter(closed_on=None).count() == 4  # two districts of two


def test_other_districts_and_roles_do_not_reach_a_staged_edition(registrar, cast, write, client):
    path = write(("990101001001", "甲区1社区", "甲区1街道"))
    address = send(registrar, path, "2024-06-30")["Location"]
    client.force_login(cast.foreign["registrar"])
    assert client.get(address).status_code == 404
    client.force_login(cast.by_role["evaluator"])
    assert client.get(address).status_code == 403


def test_a_part_of_the_list_is_not_taken_for_an_edition(cast, write):
    context = imports.context_for(district=cast.district, acting_user=None)
    rows = [(f"9901010020{n:02}", f"第{n}社区", "甲区2街道") for n in range(10, 40)]
    whole = [("990101001001", "甲区1社区", "甲区1街道"), ("990101002001", "甲区2社区", "甲区2街道"), *rows]
    editions.import_edition(path=write(*whole), context=context, edition="2022-10-31")
    few = whole[: len(whole) - PART_OF_A_LIST - 1]
    with pytest.raises(Refused) as refused:
        editions.check_edition(path=write(*few), context=context, edition="2024-06-30")
    assert refused.value.code == "not-whole"
    almost = whole[: len(whole) - PART_OF_A_LIST + 1]
    found = editions.check_edition(path=write(*almost), context=context, edition="2024-06-30")
    assert found.comparison.counts()["removed"] == PART_OF_A_LIST - 1


def test_a_change_never_rewrites_a_later_entry(cast, write):
    """A version that begins after the edition's day stands; the edition is refused with a sentence."""
    context = imports.context_for(district=cast.district, acting_user=None)
    found = editions.check_edition(
        path=write(("990101001001", "改名社区", "甲区1街道"), ("990101002001", "甲区2社区", "甲区2街道")),
        context=context,
        edition="2015-06-30",
    )
    assert found.plan.counts()["refused"] == 1
    assert "2016-01-01" in found.plan.problems()[0].message


def test_two_ended_communities_of_one_name_leave_the_question_to_a_person(cast, write):
    context = imports.context_for(district=cast.district, acting_user=None)
    first = [
        ("990101001001", "甲区1社区", "甲区1街道"),
        ("990101001002", "花桥社区", "甲区1街道"),
        ("990101002001", "甲区2社区", "甲区2街道"),
        ("990101002002", "花桥社区", "甲区2街道"),
    ]
    editions.import_edition(path=write(*first), context=context, edition="2022-10-31")
    second = [first[0], first[2], ("990101002003", "花桥社区", "甲区2街道")]
    found = editions.import_edition(
        path=write(*second), context=context, edition="2023-10-31", accept_proposals=True
    )
    assert found.batch is None
    assert "990101001002" in found.plan.problems()[0].message
    assert DivisionEdition.objects.count() == 1


def test_the_page_of_a_day_shows_the_communities_of_the_own_district(registrar, cast):
    page = registrar.get(reverse("admin:areas_community_on"), {"day": "2020-01-01"})
    assert [row[1] for row in page.context["rows"]] == ["甲区1社区", "甲区2社区"]
    assert registrar.get(reverse("admin:areas_community_on"), {"day": "x"}).context["is_wrong"]
