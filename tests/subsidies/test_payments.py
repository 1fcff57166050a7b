"""After the approval: files, what the bank answers, payments tried again or written back, until all is settled."""

import csv
import io
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from openpyxl import load_workbook

from evaluations.models import BankOrder, BankResult, FundYear, LedgerEntry, PaymentLine
from evaluations.services import batches
from evaluations.services.ledger import ledger_differences, trial_balance
from evaluations.services.payee_accounts import decide_account
from evaluations.subsidies.reports import chosen, received_by_compound, use_by
from evaluations.subsidies.results import read_result
from evaluations.subsidies.selectors import bank_content, differences, fund_differences
from redprop.common.errors import Refused
from tests.subsidies.bank import RETURN, result_file, result_of
from tests.subsidies.test_batches import refused, refuses

pytestmark = pytest.mark.django_db


def all_agrees(town):
    """Nothing differs anywhere, and the ledger's balances add up to zero."""
    for year in FundYear.objects.all():
        assert fund_differences(year) == []
    assert ledger_differences(town.district) == []
    assert sum(row["balance"] for row in trial_balance(district=town.district)) == 0


@pytest.fixture
def exported(scored):
    """A batch of two firms, exported: 甲物业 gets 9,979.50 for six months, 乙物业 300.00 a month for three."""
    _firm, _project, contract = scored.serve("乙物业", "91420102MA4KXXXX1B")
    scored.compound("B1", "丙苑", scored.cast.community, area="1282.05", compound_class=1, contract=contract)
    batch = scored.approved(scored.prepare())
    export = batches.export_batch(batch=batch, acting_user=scored.cast.finance_maker)
    batch.refresh_from_db()
    return scored, batch, export


def take_in(exported, folder, answers=None, export=None, **options):
    town, batch, first = exported
    return batches.record_result(
        batch=batch,
        file=result_of(folder, export or first, answers, **options),
        acting_user=town.cast.finance_maker,
    )


def test_the_bank_file_holds_the_accounts_and_is_stored_encrypted(exported):
    town, _batch, export = exported
    stored = export.bank_file.read()
    assert b"601382" not in stored
    rows = list(csv.reader(io.StringIO(bank_content(export).decode("utf-8-sig"))))
    assert rows[1][4:6] == ["中国银行武汉江岸支行", f"601382{town.enterprise.pk:010d}"]
    assert rows[-1][:2] == ["合计", "2"]
    assert sum(Decimal(row[6]) for row in rows[1:-1]) == Decimal(rows[-1][6]) == export.total


def test_all_paid_settles_the_batch(exported, tmp_path):
    town, batch, export = exported
    result = take_in(exported, tmp_path)
    batch.refresh_from_db()
    assert (batch.state, result.paid_count, result.paid_total) == ("settled", 2, export.total)
    assert set(batch.lines.values_list("state", flat=True)) == {"paid"}
    year = FundYear.objects.get(fund=batch.fund)
    assert year.paid == year.committed == batch.total
    assert differences(batch) == []
    all_agrees(town)
    export.pk, export.version, export.replaces_id = None, 9, export.pk
    with pytest.raises(IntegrityError, match="the bank has answered"), transaction.atomic():
        export.save(force_insert=True)


def test_a_returned_payment_gets_a_new_account_and_is_paid_again(exported, tmp_path):
    town, batch, _export = exported
    cast = town.cast
    take_in(exported, tmp_path, {2: RETURN})
    batch.refresh_from_db()
    order = BankOrder.objects.get(state="returned")
    year = FundYear.objects.get(fund=batch.fund)
    assert (batch.state, order.result_reason) == ("results", "户名与账号不符")
    assert year.paid == Decimal("9979.50")
    assert year.committed == batch.total  # still committed: it will be paid again
    all_agrees(town)

    # Nothing is owed twice: the returned entitlements wait in this batch, not for another one.
    refused(
        "nothing-due",
        batches.prepare_batches,
        district=town.district,
        period=town.q3,
        acting_user=cast.finance_maker,
    )
    options = {"batch": batch, "orders": [order], "acting_user": cast.approver}
    refused("same-account", batches.approve_retry, **options)
    new = town.account(order.enterprise, "420000000000000099", confirm=False)
    refused("same-account", batches.approve_retry, **options)
    decide_account(account=new, confirm=True, acting_user=cast.finance_checker)
    refused("role", batches.approve_retry, **{**options, "acting_user": cast.finance_maker})
    assert batches.approve_retry(**options) == 1
    refused("not-returned", batches.approve_retry, **options)
    all_agrees(town)

    again = batches.export_batch(batch=batch, acting_user=cast.finance_maker)
    assert (again.version, again.is_retry, again.payee_count) == (2, True, 1)
    assert "420000000000000099" in bank_content(again).decode()
    the_roster_lists_what_is_paid_again(again)
    take_in(exported, tmp_path, export=again, name="second.csv")
    batch.refresh_from_db()
    year.refresh_from_db()
    assert (batch.state, year.paid) == ("settled", batch.total)
    assert PaymentLine.objects.filter(state="retried").count() == 3
    assert batch.lines.filter(retry_of__isnull=False, state="paid").count() == 3
    assert differences(batch) == []
    all_agrees(town)
    kinds = list(LedgerEntry.objects.filter(batch=batch).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["approval", "payment", "return", "retry", "payment"]


def test_the_use_of_the_money_by_each_dimension_is_the_sum_by_hand(exported, tmp_path):
    """甲苑 3 × 1,346.20 and 乙苑 3 × 1,980.30 are paid; the bank returned 3 × 300.00 for 丙苑, which stay approved."""
    town, _batch, _export = exported
    take_in(exported, tmp_path, {2: RETURN})
    rows = chosen(town.cast.finance_maker, {"year": "2026"})

    def use(dimension, rows=rows):
        return {
            one.label: (one.entitlements, one.due, one.approved, one.paid) for one in use_by(dimension, rows)
        }

    def yuan(*amounts):
        return tuple(Decimal(amount) for amount in amounts)

    month = (3, *yuan("3626.50", "3626.50", "3326.50"))
    assert use("month") == {"2026-07": month, "2026-08": month, "2026-09": month}
    first, second = (6, *yuan("4938.60", "4938.60", "4038.60")), (3, *yuan("5940.90", "5940.90", "5940.90"))
    assert list(use("class").values()) == [first, second]
    places = [str(town.cast.subdistrict), str(town.cast.other_subdistrict)]
    assert use("subdistrict") == dict(zip(places, (first, second), strict=True))
    assert use("enterprise") == {
        "甲物业": (6, *yuan("9979.50", "9979.50", "9979.50")),
        "乙物业": (3, *yuan("900.00", "900.00", 0)),
    }
    for dimension in ("rule", "fund"):
        assert list(use(dimension).values()) == [(9, *yuan("10879.50", "10879.50", "9979.50"))]
    of_class = chosen(town.cast.finance_maker, {"class": "2", "enterprise": "甲"})
    assert list(use("month", of_class)) == ["2026-07", "2026-08", "2026-09"]
    assert sum(one.due for one in use_by("month", of_class)) == Decimal("5940.90")
    of_clerk = chosen(town.cast.subdistrict_clerk, {})
    assert use("subdistrict", of_clerk) == {places[0]: first}
    received = received_by_compound(town.district)
    assert received[town.second.pk] == [(2026, 3, *yuan("5940.90", "5940.90"))]
    assert sorted(row for rows in received.values() for row in rows)[0] == (2026, 3, Decimal(900), Decimal(0))


def the_roster_lists_what_is_paid_again(export):
    """The three months of 丙苑, with the new account masked: 1,282.05 m² × 0.26 × 0.9 = 299.9997, so 300.00 a month."""
    with export.roster.open("rb") as file:
        sheet, payees, places = load_workbook(file).worksheets
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert "（退票重付）" in rows[0][0]
    heads = rows[2]
    lines = [dict(zip(heads, row, strict=True)) for row in rows[3:6]]
    assert [(line["序号"], line["所属期"]) for line in lines] == [
        (10, "2026-07"),
        (11, "2026-08"),
        (12, "2026-09"),
    ]
    for line in lines:
        assert (line["补贴对象"], line["收款人"], line["金额(元)"]) == ("丙苑", "乙物业", 300)
        assert line["账号(脱敏)"] == "*" * 14 + "0099"
    assert rows[6][0] == "合计"
    assert (rows[6][3], rows[6][14]) == ("3 笔", 900)
    assert rows[7][0] == "合计人民币（大写）：玖佰元整"
    assert [row[2:4] for row in payees.values][1:] == [(3, 900)]
    assert [row[1:3] for row in places.values][1:] == [(3, 900)]


def test_money_that_comes_back_after_it_was_paid_opens_the_batch_again(exported, tmp_path):
    town, batch, _export = exported
    take_in(exported, tmp_path)
    take_in(exported, tmp_path, {1: None, 2: RETURN}, name="late.csv")
    batch.refresh_from_db()
    year = FundYear.objects.get(fund=batch.fund)
    assert (batch.state, year.paid) == ("results", Decimal("9979.50"))
    assert differences(batch) == []
    all_agrees(town)


def test_what_cannot_be_paid_is_written_back_and_is_owed_again(exported, tmp_path):
    town, batch, _export = exported
    take_in(exported, tmp_path, {2: RETURN})
    order = BankOrder.objects.get(state="returned")
    before = FundYear.objects.get(fund=batch.fund).committed
    options = {"batch": batch, "orders": [order], "reason": "企业已注销账户"}
    refused("role", batches.write_back, acting_user=town.cast.finance_maker, **options)
    done = batches.write_back(acting_user=town.cast.finance_checker, **options)
    assert done.state == "settled"
    year = FundYear.objects.get(fund=batch.fund)
    assert before - year.committed == order.amount
    assert differences(done) == []
    all_agrees(town)
    following = town.prepare()
    assert (following.sequence, following.total) == (2, order.amount)


def test_a_second_export_voids_the_first(exported, tmp_path):
    town, batch, first = exported
    export = {"batch": batch, "acting_user": town.cast.finance_maker}
    refused("state", batches.export_batch, **export)
    second = batches.export_batch(reason="银行退回文件格式", **export)
    assert (second.version, second.replaces) == (2, first)
    with pytest.raises(Refused) as wrong:
        take_in(exported, tmp_path)
    assert wrong.value.code == "wrong-version"
    take_in(exported, tmp_path, export=second, name="second.csv")
    batch.refresh_from_db()
    assert batch.state == "settled"
    assert differences(batch) == []
    all_agrees(town)
    refused("state", batches.export_batch, reason="again", **export)


def spoil(place, value):
    def change(rows):
        rows[0][place] = value

    return change


WRONG_FILES = [
    ({"change": spoil(0, "services-2026Q2-1")}, "another batch or version"),
    ({"change": lambda rows: [row.__setitem__(0, "services-2026Q2-1") for row in rows]}, "is the result of"),
    ({"change": lambda rows: [row.__setitem__(1, 7) for row in rows]}, "no version 7"),
    ({"change": spoil(2, 99)}, "does not stand in the bank file"),
    ({"change": spoil(3, "91420102MA4KXXXX9Z")}, "does not stand in the bank file"),
    ({"change": spoil(5, "1,2万"), "total": "10879.50"}, "cannot be read"),
    ({"change": spoil(5, "9979.51"), "total": "10879.50"}, "is ¥9,979.50 in the bank file, here ¥9,979.51"),
    ({"change": spoil(6, "处理中")}, "is no result"),
    ({"change": spoil(6, "退票")}, "no reason is given"),
    ({"change": lambda rows: rows.append(rows[0])}, "stands in row 2 already"),
    ({"answers": {2: None}}, "number 2 is missing"),
    ({"count": 3}, "totals row says 3 lines"),
    ({"total": "1.00"}, "totals row says 2 lines and ¥1.00"),
]


def test_a_file_that_does_not_agree_is_refused_whole(exported, tmp_path):
    town, batch, _export = exported
    for options, words in WRONG_FILES:
        with pytest.raises(Refused) as refusal, transaction.atomic():
            take_in(exported, tmp_path, **options)
        assert words in str(refusal.value)
    assert not BankResult.objects.exists()
    assert set(BankOrder.objects.values_list("state", flat=True)) == {"sent"}
    batch.refresh_from_db()
    assert batch.state == "exported"
    assert FundYear.objects.get(fund=batch.fund).paid == 0
    all_agrees(town)


def test_a_result_file_is_taken_in_once(exported, tmp_path):
    path = result_file(tmp_path, exported[2], {2: RETURN})
    town, batch, _export = exported
    options = {"batch": batch, "file": read_result(path), "acting_user": town.cast.finance_maker}
    batches.record_result(**options)
    refused("result-twice", batches.record_result, **options)


def test_a_file_without_our_columns_is_no_result(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("序号,姓名\n1,张三\n", encoding="utf-8")
    with pytest.raises(Refused, match="批次号"):
        read_result(path)


CHANGES = [
    "UPDATE evaluations_bankorder SET amount = amount + 1",
    "UPDATE evaluations_bankorder SET state = 'sent'",
    "DELETE FROM evaluations_bankorder",
    "UPDATE evaluations_bankresult SET paid_count = 0",
    "UPDATE evaluations_paymentline SET account_hash = repeat('a', 64)",
    "UPDATE evaluations_ledgerline SET amount = amount + 1",
    "DELETE FROM evaluations_ledgerentry",
    "TRUNCATE evaluations_ledgerline CASCADE",
    "UPDATE evaluations_payeeaccount SET number_hash = repeat('a', 64)",
    # Half an entry: refused at the end of the transaction.
    "INSERT INTO evaluations_ledgerline (entry_id, account, fund_id, year, benefit, amount) "
    "SELECT entry_id, account, fund_id, year, benefit, 1 FROM evaluations_ledgerline LIMIT 1",
]


def test_the_database_refuses_every_other_change(exported, tmp_path):
    take_in(exported, tmp_path, {2: RETURN})
    assert [statement for statement in CHANGES if not refuses(statement)] == []
