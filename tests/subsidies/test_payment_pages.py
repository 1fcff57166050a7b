"""Admin pages of payments: result upload, returned payments, accounts of two persons, ledger, funds, transfers."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from communities.models import CompoundClass
from evaluations.models import (
    AccountOpening,
    ApprovalTier,
    Entitlement,
    Fund,
    FundTransfer,
    FundYear,
    PayeeAccount,
)
from evaluations.services import batches
from evaluations.services.entitlements import compute_entitlements
from redprop.core.models import ExportLog
from tests.subsidies.bank import RETURN, result_file
from tests.subsidies.conftest import Q3, set_clock
from tests.subsidies.test_admin import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plain_static(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def url(name, *args):
    return reverse(f"admin:evaluations_{name}", args=args)


def waiting(client, title, page):
    """Whether the start page counts exactly one under `title` and leads to it."""
    lists = client.get(reverse("admin:index")).context["worklists"]
    return [(one["count"], one["url"]) for one in lists if str(one["title"]) == title] == [(1, page)]


def owed(client, page):
    """Whether the desk tells its user to go to `page`."""
    return page in [one.url for one in client.get(reverse("desk:home")).context["owed"]]


@pytest.fixture
def exported(scored):
    batch = scored.approved(scored.prepare())
    export = batches.export_batch(batch=batch, acting_user=scored.cast.finance_maker)
    batch.refresh_from_db()
    return scored, batch, export


def upload(client, batch, path):
    content = SimpleUploadedFile(path.name, path.read_bytes())
    return client.post(url("subsidybatch_result", batch.pk), {"file": content}, follow=True).content.decode()


def test_the_whole_way_from_result_to_settlement_by_buttons(exported, tmp_path):
    town, batch, export = exported
    cast = town.cast
    maker, checker, approver = map(client_of, (cast.finance_maker, cast.finance_checker, cast.approver))
    page = maker.get(url("subsidybatch_change", batch.pk)).content.decode()
    assert "the finance maker takes in the result file" in page
    assert f"601382{town.enterprise.pk:010d}" not in page  # masked
    wrong = upload(maker, batch, result_file(tmp_path, export, total="1.00", name="wrong.csv"))
    assert "totals row says" in wrong
    upload(maker, batch, result_file(tmp_path, export, {1: RETURN}))
    batch.refresh_from_db()
    assert batch.state == "results"
    order = export.orders.get()

    # A new account: proposed by the maker in the form, confirmed by the checker.
    form = {
        "enterprise": town.enterprise.pk,
        "bank": "汉口银行台北路支行",
        "number": "4200",
        "reason": "退票更正",
    }
    assert "has 4 digits" in maker.post(url("payeeaccount_add"), form).content.decode()
    maker.post(url("payeeaccount_add"), {**form, "number": "4200 1111 2222"})
    account = PayeeAccount.objects.get(state="proposed")
    assert account.proposed_by == cast.finance_maker
    assert "********2222" in checker.get(url("payeeaccount_confirm_all")).content.decode()
    assert maker.get(url("payeeaccount_confirm_all")).status_code == 403
    assert "still the same" not in approver.get(url("subsidybatch_returned", batch.pk)).content.decode()
    checker.post(url("payeeaccount_confirm_all"), {"account": [account.pk]})
    account.refresh_from_db()
    assert (account.state, account.decided_by) == ("in_force", cast.finance_checker)

    approver.post(url("subsidybatch_returned", batch.pk), {"order": [order.pk], "act": "retry"})
    maker.post(url("subsidybatch_step", batch.pk, "export-retry"))
    again = batch.exports.get(version=2)
    upload(maker, batch, result_file(tmp_path, again, name="2.csv"))
    batch.refresh_from_db()
    assert batch.state == "settled"
    assert "Settled" in maker.get(url("subsidybatch_change", batch.pk)).content.decode()


def test_returned_payments_can_be_written_back_by_the_checker(exported, tmp_path):
    town, batch, export = exported
    upload(client_of(town.cast.finance_maker), batch, result_file(tmp_path, export, {1: RETURN}))
    checker = client_of(town.cast.finance_checker)
    data = {"order": [export.orders.get().pk], "act": "write-back", "reason": "账户已注销"}
    checker.post(url("subsidybatch_returned", batch.pk), data)
    batch.refresh_from_db()
    assert (batch.state, batch.committed) == ("settled", 0)


def test_the_bank_file_goes_to_exporters_only_and_is_logged(exported):
    town, batch, export = exported
    address = url("subsidybatch_file", batch.pk, "bank")
    for role in ("approver", "reviewer"):
        assert client_of(town.cast.by_role[role]).get(address).status_code == 403
    answer = client_of(town.cast.finance_maker).get(address)
    assert f"601382{town.enterprise.pk:010d}" in b"".join(answer.streaming_content).decode()
    assert ExportLog.objects.get().rows == export.payee_count
    template = client_of(town.cast.finance_maker).get(url("subsidybatch_file", batch.pk, "template"))
    assert "601382" not in b"".join(template.streaming_content).decode()


def test_an_account_number_is_opened_for_a_purpose(town):
    account = PayeeAccount.objects.get(enterprise=town.enterprise)
    number = f"601382{town.enterprise.pk:010d}"
    client = client_of(town.cast.finance_checker)
    for page in ("payeeaccount_change", "payeeaccount_open_number"):
        assert number not in client.get(url(page, account.pk)).content.decode()
    assert number not in client.get(url("payeeaccount_changelist")).content.decode()
    opened = client.post(
        url("payeeaccount_open_number", account.pk), {"purpose": "核对退票"}
    ).content.decode()
    assert number in opened
    assert AccountOpening.objects.get().user == town.cast.finance_checker
    log = client_of(town.cast.audit_administrator).get(url("accountopening_changelist")).content.decode()
    assert "核对退票" in log
    assert client_of(town.cast.approver).get(url("payeeaccount_open_number", account.pk)).status_code == 403


def test_the_sample_is_ticked_on_its_page(scored):
    Fund.objects.update(sample_share=50)
    batch = scored.prepare()
    for piece in batch.slices.all():
        batches.review_slice(
            batch=batch, subdistrict=piece.subdistrict, acting_user=scored.clerks[piece.subdistrict_id]
        )
    checker = client_of(scored.cast.finance_checker)
    page = checker.get(url("subsidybatch_change", batch.pk)).content.decode()
    assert "looks at the 3 lines of the sample" in page
    batch.refresh_from_db()
    numbers = list(batch.sample.values_list("line__number", flat=True))
    checker.post(url("subsidybatch_sample", batch.pk), {"line": numbers, "note": "合同"})
    assert not batch.sample.filter(ticked_by=None).exists()
    checker.post(url("subsidybatch_step", batch.pk, "review"))
    batch.refresh_from_db()
    assert batch.state == "second_reviewed"


def test_trial_balance_on_the_page_and_as_a_workbook(exported):
    town, _batch, _export = exported
    client = client_of(town.cast.approver)
    page = client.get(url("ledgerentry_trial_balance")).content.decode()
    assert "all balances add up to zero" in page
    assert "agree with the ledger" in page
    answer = client.get(url("ledgerentry_trial_balance"), {"format": "xlsx", "first": "x"})
    rows = list(openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)
    assert rows[-1][0] == "合计"
    assert rows[-1][4] == 0
    entry = client.get(url("ledgerentry_changelist")).content.decode()
    assert "services-2026Q3-1" in entry


def test_a_transfer_by_two_persons_on_the_pages(town):
    source, target = FundYear.objects.get(fund__code="services"), FundYear.objects.get(fund__code="party")
    maker, checker = client_of(town.cast.finance_maker), client_of(town.cast.finance_checker)
    form = {
        "source": source.pk,
        "target": target.pk,
        "amount": "1000",
        "document": "江财1号",
        "reason": "调剂",
    }
    maker.post(url("fundtransfer_add"), form)
    transfer = FundTransfer.objects.get()
    assert maker.post(url("fundtransfer_decide", transfer.pk), {"act": "confirm"}).status_code == 403
    assert "¥19,999,000.00" in checker.get(url("fundtransfer_change", transfer.pk)).content.decode()
    checker.post(url("fundtransfer_decide", transfer.pk), {"act": "confirm"})
    transfer.refresh_from_db()
    assert transfer.state == "confirmed"


def test_a_funds_year_shows_its_use_and_is_closed_by_two_persons(scored):
    scored.approved(scored.prepare())
    year = FundYear.objects.get(fund__code="services")
    approver = client_of(scored.cast.approver)
    page = approver.get(url("fundyear_change", year.pk)).content.decode()
    assert "¥19,959.00" in page  # 9,979.50 committed and as much to come
    set_clock(scored.district, 2027, 1, 4, 9)
    party = FundYear.objects.get(fund__code="party")
    checker = client_of(scored.cast.finance_checker)
    approver.post(url("fundyear_close", party.pk), {"act": "close"})
    party.refresh_from_db()
    assert party.closed_on is None  # nobody has proposed it
    checker.post(url("fundyear_close", party.pk), {"act": "propose"})
    assert (
        "Expected next: the approver closes it"
        in checker.get(url("fundyear_change", party.pk)).content.decode()
    )
    page = url("fundyear_change", party.pk)
    assert waiting(approver, "Years of funds proposed to be closed", page)
    assert owed(approver, page)
    assert not owed(checker, page)
    approver.post(url("fundyear_close", party.pk), {"act": "close"})
    party.refresh_from_db()
    assert party.closed_on is not None
    assert not owed(approver, page)


def test_tiers_are_kept_by_the_checker(town):
    fund = Fund.objects.get(code="services")
    form = {
        "fund": fund.pk,
        "amount_from": "5000000",
        "role": "reviewer",
        "document": "江财2号",
        "valid_from": "2026-01-01",
        "valid_to": "",
    }
    client_of(town.cast.finance_checker).post(url("approvaltier_add"), form)
    assert ApprovalTier.objects.get().role == "reviewer"
    assert client_of(town.cast.finance_maker).get(url("approvaltier_add")).status_code == 403


def test_what_is_to_be_taken_back_is_cut_into_instalments_by_the_checker(exported, tmp_path):
    town, batch, export = exported
    upload(client_of(town.cast.finance_maker), batch, result_file(tmp_path, export))
    CompoundClass.objects.filter(compound=town.first).update(compound_class=3)
    compute_entitlements(district=town.district, period=Q3, acting_user=None)
    debt = Entitlement.objects.live().filter(amount__lt=0).order_by("pk").first()
    address = url("subsidybatch_clawbacks")
    checker = client_of(town.cast.finance_checker)
    assert "-¥569.54" in checker.get(address).content.decode()
    form = {"entitlement": debt.pk, "count": "4", "first": "2026-11", "reason": "企业申请分期"}
    assert client_of(town.cast.finance_maker).post(address, form).status_code == 403
    assert "such as 2026-11" in checker.post(address, {**form, "first": "x"}, follow=True).content.decode()
    page = checker.post(address, form, follow=True).content.decode()
    assert "4/4" in page
    parts = Entitlement.objects.live().filter(inputs__instalments=4)
    assert sum(part.amount for part in parts) == debt.amount
    assert [part.counted_on.month for part in parts.order_by("pk")] == [11, 12, 1, 2]
