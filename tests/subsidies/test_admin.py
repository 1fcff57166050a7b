"""Admin pages of subsidies: who opens what, and that the buttons do what the services do."""

import pytest
from django.test import Client
from django.urls import reverse

from evaluations.models import Entitlement, SubsidyBatch, SubsidyRate, SubsidyRule
from evaluations.services import batches
from evaluations.subsidies.selectors import digest_of
from tests.subsidies.conftest import set_clock

pytestmark = pytest.mark.django_db

PAGES = ["subsidybatch", "entitlement", "paymentline", "subsidyrule", "fund", "fundmovement", "subsidyexport"]
STEPS = {
    "review-slice": {"subdistrict_clerk", "organisation_department"},
    "return-slice": {"subdistrict_clerk", "organisation_department"},
    "review": {"finance_checker", "reviewer"},
    "notice": {"publisher", "finance_maker"},
    "approve": {"approver"},
    "export": {"finance_maker", "finance_checker"},
    "return": {"finance_checker", "reviewer", "approver"},
    "cancel": {"finance_maker"},
}


@pytest.fixture(autouse=True)
def _plain_static(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def client_of(user):
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def take(user, batch, name, **data):
    return client_of(user).post(
        reverse("admin:evaluations_subsidybatch_step", args=[batch.pk, name]), data, follow=True
    )


def test_each_list_shows_the_rows_of_a_batch_on_its_way(scored):
    """Who opens which list is tried role by role in `tests/access`."""
    batches.export_batch(batch=scored.approved(scored.prepare()), acting_user=scored.cast.finance_maker)
    client = client_of(scored.cast.approver)
    for page in PAGES:
        answer = client.get(reverse(f"admin:evaluations_{page}_changelist"))
        assert answer.status_code == 200, page
        assert answer.context["cl"].result_count > 0, page


def test_each_step_opens_for_its_roles_only(scored):
    """For all who may see a batch; to the others its pages are closed (`tests/access`)."""
    batch = scored.prepare()
    wrong = []
    for role in sorted(set.union(*STEPS.values())):
        client = client_of(scored.cast.by_role[role])
        for step, roles in STEPS.items():
            status = client.get(
                reverse("admin:evaluations_subsidybatch_step", args=[batch.pk, step])
            ).status_code
            if (status in (200, 302)) != (role in roles) and not (status == 302 and role not in roles):
                wrong.append((role, step, status))
    assert wrong == []


def test_a_neighbour_finds_nothing(scored):
    batch = scored.approved(scored.prepare())
    batches.export_batch(batch=batch, acting_user=scored.cast.finance_maker)
    client = client_of(scored.cast.foreign["finance_checker"])
    line, due = batch.lines.first(), Entitlement.objects.first()
    for address in (
        reverse("admin:evaluations_subsidybatch_change", args=[batch.pk]),
        reverse("admin:evaluations_subsidybatch_step", args=[batch.pk, "review"]),
        reverse("admin:evaluations_subsidybatch_file", args=[batch.pk, "bank"]),
        reverse("admin:evaluations_paymentline_change", args=[line.pk]),
        reverse("admin:evaluations_entitlement_change", args=[due.pk]),
    ):
        assert client.get(address).status_code == 404, address


def test_another_streets_clerk_sees_neither_lines_nor_files(scored):
    batch = scored.approved(scored.prepare())
    batches.export_batch(batch=batch, acting_user=scored.cast.finance_maker)
    client = client_of(scored.cast.subdistrict_clerk)
    lines = client.get(reverse("admin:evaluations_paymentline_changelist")).content.decode()
    assert "甲苑" in lines
    assert "乙苑" not in lines
    answer = client.get(reverse("admin:evaluations_subsidybatch_file", args=[batch.pk, "bank"]))
    assert answer.status_code == 403


def test_the_whole_way_by_buttons(scored):
    cast = scored.cast
    maker = client_of(cast.finance_maker)
    prepare = reverse("admin:evaluations_subsidybatch_prepare")
    assert "2026" in maker.get(prepare).content.decode()
    preview = maker.post(prepare, {"period": "2026Q3"}).content.decode()
    assert "¥9,979.50" in preview
    assert not SubsidyBatch.objects.exists()  # shown, not done
    maker.post(prepare, {"period": "2026Q3", "confirm": "1"})
    batch = SubsidyBatch.objects.get()
    for place, clerk in scored.clerks.items():
        piece = batch.slices.get(subdistrict=place)
        page = client_of(clerk).get(
            reverse("admin:evaluations_subsidybatch_step", args=[batch.pk, "review-slice"]),
            {"slice": piece.pk},
        )
        assert f"¥{piece.total:,.2f}" in page.content.decode()
        take(clerk, batch, "review-slice", slice=piece.pk)
    take(cast.finance_checker, batch, "review")
    take(cast.publisher, batch, "notice")
    set_clock(scored.district, 2026, 10, 21, 9)
    page = client_of(cast.approver).get(
        reverse("admin:evaluations_subsidybatch_step", args=[batch.pk, "approve"])
    )
    assert "¥19,990,020.50" in page.content.decode()  # left of the ceiling after this batch
    stale = take(cast.approver, batch, "approve", digest="0" * 64)
    assert "changed since you opened it" in stale.content.decode()
    take(cast.approver, batch, "approve", digest=digest_of(batch))
    take(cast.finance_maker, batch, "export")
    batch.refresh_from_db()
    assert batch.state == "exported"
    file = maker.get(reverse("admin:evaluations_subsidybatch_file", args=[batch.pk, "roster"]))
    assert b"".join(file.streaming_content)[:2] == b"PK"


def test_a_line_is_held_with_a_reason_on_its_page(scored):
    batch = scored.prepare()
    line = batch.slices.get(subdistrict=scored.cast.subdistrict).lines.first()
    client = client_of(scored.cast.subdistrict_clerk)
    page = client.get(reverse("admin:evaluations_paymentline_change", args=[line.pk])).content.decode()
    assert "5,230 m² × 0.26" in page
    move = reverse("admin:evaluations_paymentline_move", args=[line.pk])
    assert "Reason" in client.post(move, {"reason": ""}, follow=True).content.decode()
    client.post(move, {"reason": "check the area"})
    line.refresh_from_db()
    assert (line.state, line.state_reason) == ("held", "check the area")


def test_a_rule_shows_its_projection_before_it_is_adopted(scored):
    old = SubsidyRule.objects.get(benefit="class_subsidy")
    rule = SubsidyRule.objects.create(
        district=scored.district,
        benefit="class_subsidy",
        version=2,
        title="新标准",
        document="T2",
        fund=old.fund,
        payee="enterprise",
        valid_from="2026-10-01",
    )
    SubsidyRate.objects.create(rule=rule, basis="compound", rate=1000)
    client = client_of(scored.cast.finance_maker)
    adopt = reverse("admin:evaluations_subsidyrule_adopt", args=[rule.pk])
    page = client.get(adopt).content.decode()
    assert "¥6,000.00" in page  # two compounds × three months × 1,000
    rule.refresh_from_db()
    assert rule.adopted_on is None
    client.post(adopt)
    rule.refresh_from_db()
    old.refresh_from_db()
    assert (str(old.valid_to), rule.adopted_on is not None) == ("2026-09-30", True)
    change = client.get(reverse("admin:evaluations_subsidyrule_change", args=[rule.pk]))
    assert change.status_code == 200
    assert client_of(scored.cast.approver).get(adopt).status_code == 403


def test_lists_ask_the_same_number_of_queries_whatever_they_hold(scored, django_assert_max_num_queries):
    scored.prepare()
    client = client_of(scored.cast.finance_checker)
    for page in PAGES:
        with django_assert_max_num_queries(25):
            client.get(reverse(f"admin:evaluations_{page}_changelist"))


def test_the_start_page_counts_what_waits_for_whom(scored):
    def waits(user):
        return {
            str(one["title"]): one["count"]
            for one in client_of(user).get(reverse("admin:index")).context["worklists"]
            if "ubsid" in str(one["title"])
        }

    cast, batch = scored.cast, scored.prepare()
    assert waits(cast.subdistrict_clerk) == {"Subsidies for your first review": 1}
    assert waits(cast.finance_checker)["Subsidy batches for the second review"] == 0
    scored.noticed(batch)
    assert waits(cast.subdistrict_clerk) == {"Subsidies for your first review": 0}
    assert waits(cast.approver) == {"Subsidy batches to be approved": 1}
    assert waits(cast.registrar) == {}


def test_a_ceiling_cannot_sink_below_what_is_committed(scored):
    batch = scored.approved(scored.prepare())
    year = batch.fund.years.get()
    client = client_of(scored.cast.finance_maker)

    def set_ceiling(amount):
        form = {
            "code": batch.fund.code,
            "name": batch.fund.name,
            "document": "T",
            "notice_days": 0,
            "sample_share": 5,
            "sample_minimum": 1,
            "years-TOTAL_FORMS": 1,
            "years-INITIAL_FORMS": 1,
            "years-0-id": year.pk,
            "years-0-fund": batch.fund.pk,
            "years-0-year": 2026,
            "years-0-ceiling": amount,
            "years-0-document": "",
        }
        return client.post(reverse("admin:evaluations_fund_change", args=[batch.fund.pk]), form)

    refused = set_ceiling("9979.49")
    assert refused.status_code == 200
    assert "¥9,979.50 are committed already" in refused.content.decode()
    assert set_ceiling("9979.50").status_code == 302
    year.refresh_from_db()
    assert str(year.ceiling) == "9979.50"


def test_a_draft_rule_is_entered_with_its_rates_and_bands(scored):
    client = client_of(scored.cast.finance_maker)
    fund = SubsidyRule.objects.get(benefit="class_subsidy").fund
    form = {
        "benefit": "class_subsidy",
        "title": "新标准",
        "version": 2,
        "document": "T2",
        "fund": fund.pk,
        "payee": "enterprise",
        "valid_from": "2027-01-01",
        "yearly_decline": "0.1",
        "decline_floor": "0.5",
        "decline_from": "rule",
        "rates-TOTAL_FORMS": 1,
        "rates-INITIAL_FORMS": 0,
        "rates-0-compound_class": 1,
        "rates-0-basis": "m2",
        "rates-0-rate": "0.30",
        "bands-TOTAL_FORMS": 1,
        "bands-INITIAL_FORMS": 0,
        "bands-0-score_from": "60",
        "bands-0-factor": "1",
        "requirements-TOTAL_FORMS": 0,
        "requirements-INITIAL_FORMS": 0,
    }
    address = reverse("admin:evaluations_subsidyrule_add")
    refused = client.post(address, form)
    assert "Enter the day from which the years of decline are counted." in refused.content.decode()
    answer = client.post(address, form | {"decline_since": "2026-01-01"})
    assert answer.status_code == 302, answer.context["errors"]
    rule = SubsidyRule.objects.get(version=2)
    assert (rule.adopted_on, rule.rates.count(), rule.bands.count()) == (None, 1, 1)
    assert rule.recorded_by == "finance_maker"
    twice = client.post(address, form | {"decline_since": "2026-01-01"})
    assert "already exists" in twice.content.decode()
