"""The enterprise at its desk: what points were lost for, the way to the next band, the bundle, the open quarter, its flags."""

import datetime as dt
import io
import zipfile

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from communities.models import Commitment, Compound
from evaluations.models import (
    EvaluationPeriod,
    Inspection,
    InspectionMark,
    InspectionPhoto,
    ListEntry,
    RotatingFlag,
    Scorecard,
)
from evaluations.services import releases
from evaluations.services.bundles import pseudonym
from redprop.core.services.attachments import store_attachment
from tests.conftest import make_user
from tests.desk.test_scores import at, close_quarter, file_september, item_with

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()


@pytest.fixture
def as_user(town):
    def sign_in(name: str) -> Client:
        client = Client()
        client.force_login(getattr(town, name))
        return client

    return sign_in


def late_promise(town):
    """The promise of Qingchuan was answered three days after its day."""
    file_september(town)
    commitment = town.qingchuan.commitments.get()
    Commitment.objects.filter(pk=commitment.pk).update(
        first_due_on=dt.date(2026, 9, 17), due_on=dt.date(2026, 9, 17)
    )
    return commitment


def test_a_lost_point_leads_to_the_promise_behind_it(town, as_user):
    commitment = late_promise(town)
    run = close_quarter(town)
    card = Scorecard.objects.get(run=run, project=town.qingchuan)
    page = as_user("huanan_contact").get(reverse("desk:score", args=[card.pk]))
    line = next(line for line in page.context["lines"] if line.item.source == "commitments_in_time")
    [loss] = line.losses
    assert (loss.why, loss.points, loss.url) == (
        "2026-09-17到期，2026-09-20办结，晚3天",
        line.item.points,
        reverse("desk:commitment", args=[commitment.pk]),
    )
    text = page.content.decode()
    assert "晚3天" in text
    assert loss.url in text
    facts = as_user("huanan_contact").get(
        reverse("desk:score-facts", args=[card.pk, item_with(run, "commitments_in_time").code])
    )
    assert "晚3天" in facts.content.decode()


def test_the_page_asks_no_more_with_more_lost_facts(town, as_user):
    commitment = late_promise(town)
    run = close_quarter(town)
    card = Scorecard.objects.get(run=run, project=town.qingchuan)
    client, url = as_user("huanan_contact"), reverse("desk:score", args=[card.pk])
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    names = ("meeting", "project", "promise", "responsible_post", "made_on")
    Commitment.objects.bulk_create(
        Commitment(
            **{name: getattr(commitment, name) for name in names},
            problem=f"又{number}",
            first_due_on=dt.date(2026, 9, 17),
            due_on=dt.date(2026, 9, 17),
        )
        for number in range(25)
    )
    with CaptureQueriesContext(connection) as many:
        page = client.get(url)
    line = next(line for line in page.context["lines"] if line.item.source == "commitments_in_time")
    assert (len(line.losses), len(line.first_losses)) == (26, 6)
    assert len(many) == len(few)


def test_the_bundle_of_the_own_release_recomputes(town, as_user, tmp_path):
    file_september(town)
    run = close_quarter(town, publish=False)
    card = Scorecard.objects.get(run=run, project=town.qingchuan)
    url = reverse("desk:score-bundle", args=[card.pk])
    client = as_user("huanan_contact")
    assert client.get(url).status_code == 404  # nothing is published yet
    period = EvaluationPeriod.objects.get(pk=run.period_id)
    ListEntry.objects.filter(period=period).update(colour="unlisted", state="confirmed")
    release = releases.finalise(
        period=period, acting_user=make_user("publisher-x", "publisher", town.district)
    )
    answer = client.get(url)
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(b"".join(answer.streaming_content))
    page = client.get(reverse("desk:score", args=[card.pk])).content.decode()
    name = pseudonym(release.pseudonym_key, "project", town.qingchuan.pk)
    assert name in page
    assert "python -m evaluations.scoring" in page
    with zipfile.ZipFile(io.BytesIO(bundle.read_bytes())) as files:
        assert name in files.read("cards.jsonl").decode()
    assert as_user("jiangtan_contact").get(url).status_code == 404


def test_the_open_quarter_shows_the_own_projects_only_and_is_marked_provisional(town, as_user):
    late_promise(town)
    close_quarter(town)
    at(town, 2026, 10, 21, 9)
    page = as_user("huanan_contact").get(reverse("desk:so-far"))
    assert page.context["period"].code == "2026Q4"
    assert [row["project"] for row in page.context["page_obj"]] == [town.qingchuan, town.beili]
    text = page.content.decode()
    assert "暂定" in text
    assert town.tanli.name not in text
    own = as_user("huanan_contact").get(reverse("desk:so-far-project", args=[town.qingchuan.pk]))
    assert "暂定" in own.content.decode()
    assert (
        as_user("jiangtan_contact").get(reverse("desk:so-far-project", args=[town.qingchuan.pk])).status_code
        == 404
    )


def test_a_flag_is_seen_by_its_holder_and_not_by_another_firm(town, as_user):
    RotatingFlag.objects.create(
        district=town.district,
        number="LDHQ2026Q3-001",
        period_code="2026Q3",
        project=town.qingchuan,
        enterprise=town.huanan,
        awarded_on=dt.date(2026, 10, 20),
        reason="全区第1名，96.00分",
    )
    url = reverse("desk:flags")
    assert "LDHQ2026Q3-001" in as_user("huanan_contact").get(url).content.decode()
    assert "LDHQ2026Q3-001" in as_user("secretary").get(url).content.decode()
    assert "LDHQ2026Q3-001" not in as_user("jiangtan_contact").get(url).content.decode()


def test_trends_of_the_own_enterprise_alone(town, as_user):
    file_september(town)
    close_quarter(town)
    page = as_user("huanan_contact").get(reverse("desk:trends"), {"enterprise": town.tanli.enterprise_id})
    assert page.context["chosen"] == town.huanan


def test_lists_of_flags_and_trends_ask_no_more_with_more_rows(town, as_user):
    def hang(numbers):
        RotatingFlag.objects.bulk_create(
            RotatingFlag(
                district=town.district,
                number=f"LDHQ-{number}",
                period_code="2026Q2",
                project=town.qingchuan,
                enterprise=town.huanan,
                awarded_on=dt.date(2026, 7, 20),
                reason="x",
            )
            for number in numbers
        )

    file_september(town)
    close_quarter(town)
    client, counted = as_user("huanan_contact"), []
    for numbers in (range(1), range(1, 30)):
        hang(numbers)
        for url in (reverse("desk:flags"), reverse("desk:trends"), reverse("desk:so-far")):
            client.get(url)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("desk:flags"))
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_a_lost_mark_leads_to_its_inspection_with_finding_and_photo(town, as_user, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    compound = Compound.objects.filter(assignments__contract__project=town.qingchuan).first()
    found = Inspection.objects.create(
        project=town.qingchuan,
        compound=compound,
        inspected_on=dt.date(2026, 9, 1),
        recorded_at=dt.datetime(2026, 9, 2, tzinfo=dt.UTC),
    )
    InspectionMark.objects.create(
        inspection=found, scheme="on_site", item="保洁", mark=6, full_mark=10, finding="楼道有积尘"
    )
    picture = io.BytesIO()
    Image.new("RGB", (40, 30)).save(picture, "PNG")
    photo = InspectionPhoto.objects.create(
        inspection=found,
        scheme="on_site",
        item="保洁",
        attachment=store_attachment(
            district=town.district,
            upload=SimpleUploadedFile("item.png", picture.getvalue()),
            acting_user=None,
        ),
    )
    file_september(town)
    run = close_quarter(town)
    card = Scorecard.objects.get(run=run, project=town.qingchuan)
    client = as_user("huanan_contact")
    line = next(
        line
        for line in client.get(reverse("desk:score", args=[card.pk])).context["lines"]
        if line.item.source == "onsite_inspection"
    )
    [loss] = line.losses
    assert loss.url == reverse("desk:score-inspection", args=[card.pk, found.pk])
    assert "楼道有积尘" in loss.why
    page = client.get(loss.url).content.decode()
    address = reverse("desk:score-inspection-photo", args=[card.pk, found.pk, photo.pk])
    assert address in page
    assert client.get(address).headers["Content-Type"] == "image/jpeg"
    for url in (loss.url, address):
        assert as_user("jiangtan_contact").get(url).status_code == 404
