"""Payee accounts: checked, encrypted, changed only by two persons, opened only for a purpose, copied when approved."""

import base64

import pytest
from django.db import IntegrityError, transaction

from evaluations.models import AccountOpening, PayeeAccount, PaymentLine
from evaluations.services import batches
from evaluations.services.payee_accounts import (
    check_bank,
    check_number,
    confirm_accounts,
    decide_account,
    masked_number,
    open_account,
    propose_account,
)
from evaluations.services.resealing import reseal_accounts
from evaluations.subsidies.selectors import bank_content, differences, digest_of
from redprop.common.errors import Refused
from redprop.common.tabular import declare
from redprop.core.models import Person
from redprop.core.services import imports, undo
from tests.conftest import make_user
from tests.subsidies.test_batches import refused

pytestmark = pytest.mark.django_db
BANK = "中国工商银行武汉解放公园支行"


@pytest.mark.parametrize(
    ("number", "is_person", "words"),
    [
        ("", False, "empty"),
        ("6222-0212", False, "has 8 digits"),
        ("1" + "2" * 28, False, "has 29 digits"),
        ("622202 1234567890", False, None),
        ("４２００１２３４５６７８", False, None),
        ("42001234567A", False, "digits only"),
        ("4.2E+11", False, "Excel has shortened"),
        ("000000000000", False, "one digit all over"),
        ("420012345678", True, "has 12 digits"),
        ("6222021234567890", True, "does not fit"),
        ("6222021234567894", True, None),  # Luhn by hand: 6222021234567894 → 60
    ],
)
def test_an_account_number_is_checked_with_a_sentence(number, is_person, words):
    if words is None:
        assert check_number(number, is_person=is_person).isdigit()
        return
    with pytest.raises(Refused) as refusal:
        check_number(number, is_person=is_person)
    assert words in str(refusal.value)
    assert len(number) < 8 or number not in str(refusal.value)  # never quoted


@pytest.mark.parametrize("bank", ["", "江岸区", "中国银行 6222021234567894", "银行"])
def test_a_bank_is_named(bank):
    with pytest.raises(Refused) as refusal:
        check_bank(bank)
    assert refusal.value.code == "bank"


def test_one_proposes_and_another_confirms(town):
    cast, firm = town.cast, town.enterprise
    options = {"payee": firm, "bank": BANK, "number": "420011112222", "reason": "更换开户行"}
    refused("role", propose_account, acting_user=cast.finance_checker, **options)
    new = propose_account(acting_user=cast.finance_maker, **options)
    refused(
        "account-waits",
        propose_account,
        acting_user=cast.finance_maker,
        **{**options, "number": "420011113333"},
    )
    refused("role", decide_account, account=new, confirm=True, acting_user=cast.finance_maker)
    both = make_user("both", "finance_maker", town.district)
    both.postings.create(role="finance_checker", district=town.district, valid_from="2020-01-01")
    second = propose_account(
        payee=town.secretary("S9", "王书记"),
        bank=BANK,
        number="6222021234567894",
        reason="x",
        acting_user=both,
    )
    refused("same-person", decide_account, account=second, confirm=True, acting_user=both)
    done = decide_account(account=new, confirm=True, acting_user=cast.finance_checker)
    states = PayeeAccount.objects.filter(enterprise=firm).order_by("pk").values_list("state", flat=True)
    assert list(states) == ["ended", "in_force"]
    refused("state", decide_account, account=done, confirm=True, acting_user=cast.approver)
    assert confirm_accounts(accounts=[second], acting_user=cast.approver) == 1


def test_the_database_itself_refuses_one_person_in_both_roles(town):
    account = town.account(
        Person.objects.create(district=town.district, code="S1", name="李四"), confirm=False
    )
    with pytest.raises(IntegrityError, match="payeeaccount_two_persons"), transaction.atomic():
        PayeeAccount.objects.filter(pk=account.pk).update(
            state="in_force", decided_by=account.proposed_by, decided_at=account.proposed_at
        )


def test_two_payees_cannot_share_an_account(town):
    other, _project, _contract = town.serve("乙物业", "91420102MA4KXXXX1B")
    number = f"601382{town.enterprise.pk:010d}"
    words = refused(
        "account-taken",
        propose_account,
        payee=other,
        bank=BANK,
        number=number,
        reason="x",
        acting_user=town.cast.finance_maker,
    )
    assert "甲物业" in words
    assert number not in words


def test_a_number_is_stored_encrypted_shown_masked_and_opened_for_a_purpose(town, settings):
    account = PayeeAccount.objects.get(enterprise=town.enterprise)
    number = f"601382{town.enterprise.pk:010d}"
    assert number not in account.number_cipher
    assert masked_number(account) == "*" * 12 + number[-4:]
    refused("purpose", open_account, account=account, purpose=" x ", acting_user=town.cast.finance_checker)
    assert not AccountOpening.objects.exists()
    opened = open_account(account=account, purpose="与银行核对退票", acting_user=town.cast.finance_checker)
    assert opened == number
    assert AccountOpening.objects.get().purpose == "与银行核对退票"
    settings.OPENINGS_AN_HOUR = 1
    again = {"account": account, "purpose": "与银行核对退票", "acting_user": town.cast.finance_checker}
    refused("openings", open_account, **again)


def test_nothing_is_approved_for_a_payee_without_an_account(scored):
    PayeeAccount.objects.filter(enterprise=scored.enterprise).update(state="ended")
    batch = scored.noticed(scored.prepare())
    words = refused(
        "no-account",
        batches.approve_batch,
        batch=batch,
        digest=digest_of(batch),
        acting_user=scored.cast.approver,
    )
    assert "甲物业" in words
    batch.refresh_from_db()
    assert (batch.state, batch.committed) == ("noticed", 0)


def test_the_account_is_copied_at_the_approval_and_stays(scored):
    batch = scored.noticed(scored.prepare())
    seen = digest_of(batch)
    assert not PaymentLine.objects.exclude(account_hash="").exists()
    first = PayeeAccount.objects.get(enterprise=scored.enterprise)
    # An account changed while the approver looks is another payment: the digest says so.
    second = scored.account(scored.enterprise, "420011112222")
    refused("digest", batches.approve_batch, batch=batch, digest=seen, acting_user=scored.cast.approver)
    batch = batches.approve_batch(batch=batch, digest=digest_of(batch), acting_user=scored.cast.approver)
    assert set(batch.lines.values_list("account_hash", flat=True)) == {second.number_hash}
    scored.account(scored.enterprise, "420011113333")
    export = batches.export_batch(batch=batch, acting_user=scored.cast.finance_maker)
    assert export.orders.get().account_id == second.pk != first.pk


def test_accounts_lines_and_bank_files_move_to_a_new_key(scored, settings):
    export = batches.export_batch(
        batch=scored.approved(scored.prepare()), acting_user=scored.cast.finance_maker
    )
    content = bank_content(export)
    assert reseal_accounts() == {}
    new = base64.b64encode(b"n" * 32).decode()
    settings.DATA_KEYS = [f"new:{new}", *settings.DATA_KEYS]
    moved = reseal_accounts()
    assert (moved["evaluations.PaymentLine"], moved["files"]) == (6, 1)
    settings.DATA_KEYS = settings.DATA_KEYS[:1]  # the old key may go
    assert bank_content(export) == content
    account = PayeeAccount.objects.get(enterprise=scored.enterprise)
    assert masked_number(account).endswith(f"{scored.enterprise.pk:04d}"[-4:])
    assert differences(export.batch) == []


@pytest.mark.parametrize("decided", [False, True], ids=["proposed", "approved with it"])
def test_an_import_of_accounts_is_never_undone_and_says_why(scored, tmp_path, decided):
    """An account that was proposed stays on record; another person refuses it, or a new one takes its place."""
    path = tmp_path / "accounts.csv"
    path.write_text(f"收款人代码,收款人,开户行,账号\n{scored.enterprise.uscc},甲物业,{BANK},420011112222\n")
    context = imports.context_for(district=scored.district, acting_user=scored.cast.finance_maker)
    _plan, written = imports.import_file(register=declare.get("payee-accounts"), path=path, context=context)
    account = PayeeAccount.objects.get(state="proposed")
    if decided:
        decide_account(account=account, confirm=True, acting_user=scored.cast.finance_checker)
        batch = scored.approved(scored.prepare())
    before = list(PayeeAccount.objects.order_by("pk").values())
    words = refused("stays", undo.start_undo, batch=written, acting_user=scored.cast.finance_maker)
    assert "Have a second person refuse the accounts that are wrong" in words
    refused("stays", undo.undo_now, batch=written, acting_user=scored.cast.finance_maker)
    assert list(PayeeAccount.objects.order_by("pk").values()) == before
    written.refresh_from_db()
    assert written.state == "done"
    if decided:
        assert set(batch.lines.values_list("account_hash", flat=True)) == {account.number_hash}
        export = batches.export_batch(batch=batch, acting_user=scored.cast.finance_maker)
        assert "420011112222" in bank_content(export).decode()
