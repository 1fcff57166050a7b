"""Check digits and personal numbers, against the shared vectors where they are at hand."""

import csv
import os
from pathlib import Path

import pytest

from redprop.common.errors import Refused
from redprop.common.identifiers import (
    check_resident_id,
    check_uscc,
    find_personal_numbers,
    mask_account,
    mask_mobile,
    mask_name,
    mask_personal_numbers,
    mask_resident_id,
    refuse_personal_numbers,
    resident_id_check_digit_ok,
)

SHARED = Path(os.environ.get("SHARED_DIR", Path(__file__).resolve().parents[3] / "shared"))
VECTORS = SHARED / "data" / "vectors"


def rows(name):
    path = VECTORS / name
    if not path.exists():
        pytest.skip(f"the shared vectors are not beside the checkout ({name})")
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_valid_code_of_the_vectors_passes():
    assert [row["uscc"] for row in rows("uscc_valid.csv") if check_uscc(row["uscc"]) != row["uscc"]] == []


def test_every_invalid_code_of_the_vectors_is_refused():
    passed = []
    for row in rows("uscc_invalid.csv"):
        try:
            check_uscc(row["uscc"])
        except Refused:
            continue
        passed.append(row)
    assert passed == []


def test_the_check_digit_of_resident_ids_follows_the_vectors():
    table = rows("gb11643_synthetic.csv")
    assert all(
        resident_id_check_digit_ok(row["number"].upper()) for row in table if row["check_ok"].startswith("Y")
    )
    for row in table:
        if row["check_ok"] == "N":
            with pytest.raises(Refused):
                check_resident_id(row["number"])


def test_spaces_full_width_and_small_letters_of_a_code_are_forgiven():
    assert check_uscc(" 91350100m000100y43 ") == "91350100M000100Y43"
    assert check_uscc("９１３５０１００M０００１００Y４３") == "91350100M000100Y43"


@pytest.mark.parametrize(
    ("value", "code", "says"),
    [
        ("91350100M000100Y4Z", "uscc-character", "Z"),
        ("91350100M000100Y44", "uscc-check", "“3”"),
        ("91350100M000100Y4", "uscc-length", "17"),
        ("A1110000600037341L", "uscc-form", "form"),
        ("", "uscc-length", "0"),
    ],
)
def test_a_wrong_code_is_refused_with_its_reason(value, code, says):
    with pytest.raises(Refused, match=says) as caught:
        check_uscc(value)
    assert caught.value.code == code


def test_the_example_number_of_the_standard_passes():
    assert check_resident_id("11010519491231002x") == "11010519491231002X"


@pytest.mark.parametrize(
    "value", ["110105194912310021", "11010519491331002X", "1101051949123100", "not a number at all"]
)
def test_a_wrong_resident_id_is_refused_without_quoting_it(value):
    with pytest.raises(Refused) as caught:
        check_resident_id(value)
    assert value not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "联系 13812341234",
        "电话：138 1234 1234。",
        "+86-138-1234-1234",
        "１３８１２３４１２３４",
        "身份证11010519491231002X号",
        "110105 19491231 002x",
        "旧证 110105491231002",
    ],
)
def test_personal_numbers_are_found_in_free_text(text):
    assert find_personal_numbers(text)
    with pytest.raises(Refused, match="mobile or ID number"):
        refuse_personal_numbers(text, field="remarks")


@pytest.mark.parametrize(
    "text",
    [
        "合同编号 202607150001",
        "总面积 138123.41 平方米",
        "91350100M000100Y43",
        "027-82345678",
        "第 12345678901234 号",
        "",
    ],
)
def test_contract_numbers_areas_and_landlines_are_not_personal_numbers(text):
    assert find_personal_numbers(text) == []


def test_masks_follow_the_published_form():
    assert mask_mobile("13812341234") == "138****1234"
    assert mask_resident_id("350102199001011123") == "35*************123"
    assert mask_account("6222021234567890") == "************7890"
    assert (mask_name("张三"), mask_name("欧阳小明"), mask_name("张")) == ("张*", "欧**明", "张")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        # 13800138000 is the operators' own test number; the ID is the example of GB 11643.
        ("联系 13800138000，晚上在家", "联系 138****8000，晚上在家"),
        ("联系１３８００１３８０００", "联系138****8000"),
        ("138-0013-8000 和 13800138000", "138****8000 和 138****8000"),
        ("证号 11010519491231002X。", "证号 11*************02X。"),
        ("3栋电梯常停，费用 13800 元", "3栋电梯常停，费用 13800 元"),
    ],
)
def test_numbers_of_persons_are_masked_where_they_stand(typed, kept) -> None:
    assert mask_personal_numbers(typed)[0] == kept
