"""Findings and corrections in the admin: a scan with a finding, revoking, several results corrected after a preview."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from evaluations.models import ClosingRun, Deduction, DeductionGround, EvaluationPeriod, ListEntry, Veto
from tests.evaluations.quarter import build_quarter, noticed_quarter, veto
from tests.evaluations.test_admin_pages import page, press

pytestmark = pytest.mark.django_db


@pytest.fixture
def quarter(cast):
    quarter = build_quarter(cast, projects=4)
    quarter.vetoes = [veto(project, cast.registrar) for project in quarter.projects[:2]]
    return quarter


def picture():
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(out, "PNG")
    return SimpleUploadedFile("通知书.png", out.getvalue(), content_type="image/png")


def test_a_deduction_is_entered_with_its_scan_which_the_district_alone_opens(
    quarter, cast, client, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    ground = DeductionGround.objects.create(
        district=cast.district, code="XF01", title="消防通道被占", points=2, document="岸房〔2026〕15号",
        valid_from="2026-01-01",
    )  # fmt: skip
    told = {
        "project": quarter.projects[0].pk,
        "ground": ground.pk,
        "points": "3",
        "happened_on": "2026-10-01",
        "decided_on": "2026-10-12",
        "evidence": "复查仍有占用",
        "document": "〔2026〕8号",
        "heard_on": "",
        "hearing": "",
        "scan": picture(),
    }
    client.force_login(cast.evaluator)
    refused = client.post(reverse("admin:evaluations_deduction_add"), told)
    assert refused.status_code == 200
    assert list(refused.context["adminform"].form.errors) == ["points"]
    saved = client.post(reverse("admin:evaluations_deduction_add"), told | {"points": "2", "scan": picture()})
    assert saved.status_code == 302
    row = Deduction.objects.get()
    assert (row.decided_by, row.attachment.name) == (cast.evaluator, "通知书.jpg")
    assert page(client, cast.evaluator, "deduction_scan", row.pk).status_code == 200
    assert page(client, cast.foreign["evaluator"], "deduction_scan", row.pk).status_code == 404
    assert page(client, cast.subdistrict_clerk, "deduction_scan", row.pk).status_code == 403


def test_a_revoked_veto_leads_to_the_correction_and_several_are_corrected_after_a_preview(
    quarter, cast, client
):
    period = noticed_quarter(quarter)
    for found in quarter.vetoes:
        assert press(client, cast.publisher, "veto", found.pk, "revoke", reason="误认").status_code == 403
        assert press(client, cast.evaluator, "veto", found.pk, "revoke", reason="误认").status_code == 302
    assert {row.revoked_by for row in Veto.objects.all()} == {cast.evaluator}
    shown = page(client, cast.evaluator, "veto_change", quarter.vetoes[0].pk)
    entry = ListEntry.objects.get(project=quarter.projects[0])
    assert len(shown.context["notes"]) == 2  # revoked by whom and why; not counted yet: correct the result
    assert reverse("admin:evaluations_listentry_change", args=[entry.pk]) in shown.content.decode()
    # the action of the list leads to the preview; entries of two levels or periods do not
    client.force_login(cast.evaluator)
    chosen = list(ListEntry.objects.filter(project__in=quarter.projects[:3]).values_list("pk", flat=True))
    action = {"action": "correct_chosen", "_selected_action": chosen}
    led = client.post(reverse("admin:evaluations_listentry_changelist"), action)
    keys = ",".join(str(p.pk) for p in sorted(quarter.projects[:3], key=lambda p: p.pk))
    address = reverse("admin:evaluations_listentry_correct", args=[period.pk]) + f"?projects={keys}"
    assert led.url == address
    seen = client.get(address)
    moving = {row["subject"] for row in seen.context["rows"] if row["colour_moves"]}
    assert set(quarter.projects[:2]) <= moving
    assert seen.context["still"] == [quarter.projects[2]] or quarter.projects[2] not in moving
    assert ClosingRun.objects.count() == 1
    for user in (cast.publisher, cast.foreign["evaluator"]):
        client.force_login(user)
        assert client.post(address, {"reason": "误认"}).status_code in (403, 404)
    client.force_login(cast.evaluator)
    assert client.post(address, {"reason": " "}).status_code == 200
    assert ClosingRun.objects.count() == 1
    assert client.post(address, {"reason": "认定书撤销"}).status_code == 302
    now = ListEntry.objects.exclude(state="withdrawn").filter(project__in=quarter.projects[:2])
    assert "black" not in set(now.values_list("colour", flat=True))
    assert client.get(address).context["refusal"]
    assert EvaluationPeriod.objects.get().state == "closed"


def test_who_does_not_evaluate_is_not_offered_the_correction(quarter, cast, client):
    noticed_quarter(quarter)
    listed = page(client, cast.publisher, "listentry_changelist").content.decode()
    assert "correct_chosen" not in listed
    assert "correct_chosen" in page(client, cast.evaluator, "listentry_changelist").content.decode()
