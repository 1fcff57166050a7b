"""Payee accounts by file: proposed by one person, in force after another; numbers never show."""

from dataclasses import replace

import pytest
from django.utils import translation

from enterprises.models import Enterprise
from evaluations.models import PayeeAccount
from evaluations.services.payee_accounts import decide_account
from redprop.common.tabular import declare
from redprop.core.models import ImportBatch, ImportRow, Person
from redprop.core.services import imports
from tests.tabular.rows import FIRM, errors

pytestmark = pytest.mark.django_db

HEAD = ["收款人代码", "收款人", "开户行", "账号"]
BANK = "中国银行武汉江岸支行"
NUMBER, ANOTHER = "601382000012345", "601382000099999"


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def firm(load):
    load("enterprises", ["统一社会信用代码", "企业名称", "企业类型", "登记日期"],
         [FIRM, "甲物业有限公司", "市场化", "2017-03-01"])  # fmt: skip
    return Enterprise.objects.get()


@pytest.fixture
def by_maker(context, cast):
    return replace(context, user=cast.finance_maker, reason="首次批量登记")


@pytest.fixture
def send(by_maker, load):
    """Import rows as the finance maker; returns the plan."""
    return lambda *rows: load("payee-accounts", HEAD, *rows, context=by_maker)


def test_an_account_by_file_waits_for_a_second_person(firm, send, cast):
    assert send([FIRM, "甲物业有限公司", BANK, "6013 8200 0012 345"]).counts()["new"] == 1
    account = PayeeAccount.objects.get()
    assert (account.state, account.enterprise, account.holder) == ("proposed", firm, "甲物业有限公司")
    assert account.proposed_by == cast.finance_maker
    assert NUMBER not in account.number_cipher
    assert send([FIRM, "甲物业有限公司", BANK, NUMBER]).counts()["unchanged"] == 1
    decide_account(account=account, confirm=True, acting_user=cast.finance_checker)
    send([FIRM, "甲物业有限公司", BANK, ANOTHER])
    account.refresh_from_db()
    assert account.state == "in_force"  # until another person confirms the new one
    assert PayeeAccount.objects.get(state="proposed").enterprise == firm
    kept = repr(list(ImportRow.objects.values()) + list(ImportBatch.objects.values()))
    assert NUMBER not in kept
    assert ANOTHER not in kept


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (["91420102MA4KXXXX9Z", "某物业", BANK, NUMBER], "has this code"),
        ([FIRM, "乙物业有限公司", BANK, NUMBER], "One of the two is wrong"),
        ([FIRM, "甲物业有限公司", "某处", NUMBER], "names no bank"),
        ([FIRM, "甲物业有限公司", BANK, "12345"], "has 5 digits"),
        ([FIRM, "甲物业有限公司", BANK, "6.01382E+14"], "shortened"),
        ([FIRM, "甲物业有限公司", BANK, "**** 9999"], "masked number"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_written(firm, send, row, words):
    plan = send(row)
    assert any(words in sentence for _row, _column, sentence in errors(plan)), errors(plan)
    assert NUMBER not in repr(errors(plan))
    assert not PayeeAccount.objects.exists()


def test_two_payees_cannot_share_a_number(firm, send, cast):
    Person.objects.create(district=cast.district, code="RY00001", name="甲某")
    plan = send(
        [FIRM, "甲物业有限公司", BANK, "6013820000123456"], ["RY00001", "甲某", BANK, "6013820000123456"]
    )
    assert any("cannot share" in sentence for _row, _column, sentence in errors(plan))


def test_an_export_is_masked_and_comes_back_unchanged(firm, send, by_maker, export):
    send([FIRM, "甲物业有限公司", BANK, NUMBER])
    path = export("payee-accounts")
    text = path.read_text("utf-8-sig")
    assert NUMBER not in text
    assert "2345" in text
    plan = imports.check(register=declare.get("payee-accounts"), path=path, context=by_maker)
    assert plan.counts()["unchanged"] == 1
