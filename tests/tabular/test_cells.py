"""Cells as people type them: numbers, dates, yes and no, codes. No database."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from redprop.common.tabular import cells, kinds
from redprop.common.tabular.cells import CellError


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("1234.5", "1234.5"),
        ("1,234.50", "1234.50"),
        ("¥1,234.50元", "1234.50"),
        ("１２３４", "1234"),
        ("'1234", "1234"),
        ("\u200b12 ", "12"),
        ("12.5万元", "125000"),
        ("1.5亿", "150000000"),
        (0.1 + 0.2, "0.3"),
        (1200.0, "1200"),
    ],
)
def test_an_amount_is_read_in_each_usual_spelling(raw, expected):
    assert kinds.Money(places=2).parse(raw) == Decimal(expected)


@pytest.mark.parametrize(
    "raw",
    [
        "约1000",
        "1000左右",
        "1.234,50",
        "1,23",
        "12 34",
        "壹万元",
        "(1,000)",
        "1e5",
        "若干",
        "12.5%",
        "1.2.3",
        True,
        date(2026, 1, 2),
        "1000美元",
    ],
)
def test_an_unreadable_amount_is_an_error_and_never_a_guess(raw):
    with pytest.raises(CellError):
        kinds.Money().parse(raw)


def test_too_many_decimal_places_are_refused_and_not_rounded():
    with pytest.raises(CellError, match=r"33\.333"):
        kinds.Money().parse(33.333)


def test_the_unit_of_the_header_counts_unless_the_cell_has_its_own():
    assert kinds.Money().parse("12.5", 10_000) == 125_000
    assert kinds.Money().parse("12.5万", 10_000) == 125_000
    assert kinds.Money().parse("125000元", 10_000) == 125_000


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2026年3月5日", date(2026, 3, 5)),
        ("2026.3.5", date(2026, 3, 5)),
        ("2026/03/05", date(2026, 3, 5)),
        ("2026-3-5 00:00:00", date(2026, 3, 5)),
        ("２０２６－３－５", date(2026, 3, 5)),
        ("20260305", date(2026, 3, 5)),
        (20260305.0, date(2026, 3, 5)),
        ("46082", date(2026, 3, 1)),  # Excel: 46082 = 2026-03-01
        (46082.0, date(2026, 3, 1)),
        ("2026年3月", date(2026, 3, 1)),
        ("2026-03", date(2026, 3, 1)),
        ("二〇二六年十月十五日", date(2026, 10, 15)),
        ("二○二六年三月五日", date(2026, 3, 5)),
        (datetime(2026, 3, 5, 8, 30), date(2026, 3, 5)),  # noqa: DTZ001
    ],
)
def test_a_date_is_read_in_each_usual_spelling(raw, expected):
    assert cells.day(raw) == expected


def test_a_month_as_an_end_means_its_last_day_and_long_term_no_end():
    assert cells.day("2028年2月", end=True) == date(2028, 2, 29)
    assert cells.day("长期", end=True) is None


@pytest.mark.parametrize(
    "raw", [2026.1, "2026", 2026.0, "26.3.5", "2026-02-30", "2026年13月", "下月", "3月5日"]
)
def test_an_unclear_date_is_an_error(raw):
    with pytest.raises(CellError):
        cells.day(raw)


@pytest.mark.parametrize(
    ("raw", "expected"), [("是", True), ("√", True), ("否", False), ("×", False), (True, True), (0.0, False)]
)
def test_yes_and_no_are_read(raw, expected):
    assert cells.yes_or_no(raw) is expected


def test_neither_yes_nor_no_is_an_error():
    with pytest.raises(CellError):
        cells.yes_or_no("也许")


def test_shares_are_read_unless_they_could_mean_two_things():
    assert cells.share("12.5%") == Decimal("0.125")
    assert cells.share(0.125) == Decimal("0.125")
    assert cells.share("12.5", percent_header=True) == Decimal("0.125")
    for raw, header in ((0.5, True), (12.5, False)):
        with pytest.raises(CellError):
            cells.share(raw, percent_header=header)


def test_years_are_read_with_what_follows_them():
    assert kinds.Year().parse("2015年建成") == 2015
    with pytest.raises(CellError):
        kinds.Year().parse("约2015年")


def test_codes_come_as_numbers_or_text_but_not_beyond_fifteen_digits():
    assert kinds.Code().parse(420102002003.0) == "420102002003"
    assert kinds.Code().parse(" 4201 02002003\u200b") == "420102002003"
    with pytest.raises(CellError, match="15"):
        kinds.Code().parse(110105194912310021.0)


@pytest.mark.parametrize("text", ["张三 13812345678", "联系 138 1234 5678", "11010519491231002X"])
def test_a_field_that_must_not_hold_personal_numbers_refuses_them_without_repeating_them(text):
    with pytest.raises(CellError) as caught:
        kinds.Text().parse(text)
    assert caught.value.hide
    assert text not in str(caught.value)
    assert kinds.Text(personal=True).parse(text)


def test_a_wrong_check_character_of_a_uscc_is_named():
    assert kinds.Uscc().parse("91350100m000100y43") == "91350100M000100Y43"
    with pytest.raises(CellError):
        kinds.Uscc().parse("91350100M000100Y4Z")


def test_a_text_that_excel_made_a_date_is_refused():
    with pytest.raises(CellError):
        kinds.Text().parse(date(2026, 3, 5))
