"""What clerks do to their tables, as it arrives: merged cells, two header rows, several sheets, totals, lines that are broken."""

import datetime as dt
import re

import openpyxl
import pytest
import xlwt
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from python_calamine import CalamineWorkbook

from redprop.common.errors import Refused
from redprop.common.tabular import cells, headers, kinds, reading
from tests.tabular.workbooks import THINGS, ods, ole, rewritten


def layout_of(path, sheet=None, mapping=None):
    return headers.find_layout(THINGS, reading.open_sheets(path, sheet), mapping or {})


def data(path, sheet=None):
    """Return row number → cells of the data rows; of a bad line its sentence."""
    found = headers.data_rows(layout_of(path, sheet))
    return {n: row.message if isinstance(row, reading.BadLine) else list(row) for n, row in found}


def values(path, field, sheet=None):
    """Return what the column's kind makes of each data row; of a refused cell its sentence."""
    layout = layout_of(path, sheet)
    position, column, factor = next((p, c, f) for p, (c, f) in layout.columns.items() if c.field == field)
    found = []
    for _number, row in headers.data_rows(layout):
        try:
            found.append(column.kind.parse([*row, *[""] * 9][position], factor))
        except cells.CellError as error:
            found.append(str(error))
    return found


def book(path, *rows, **sheets):
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    for name, more in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in more:
            sheet.append(row)
    workbook.save(path)
    return path


def csv_file(tmp_path, content, name="a.csv"):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return tmp_path / name


# Sheets


def test_several_sheets_that_could_be_meant_are_offered_and_one_is_taken_by_name_or_number(tmp_path):
    head = ["编码", "名称", "户数"]
    path = book(tmp_path / "a.xlsx", head, ["A1", "甲", 5], 二七街道=[head, ["B1", "乙", 6]], 空表=[head])
    with pytest.raises(Refused) as caught:
        layout_of(path)
    assert caught.value.code == "which-sheet"
    assert caught.value.fields["sheets"] == ["Sheet", "二七街道"]
    assert data(path, "二七街道") == {2: ["B1", "乙", 6]}
    assert data(path, "1") == {2: ["A1", "甲", 5]}


def test_a_sheet_that_only_shares_a_few_columns_is_not_meant_and_is_named(tmp_path):
    path = book(
        tmp_path / "a.xlsx",
        ["编码", "名称", "街道", "户数", "建成年份"],
        ["A1", "甲", "大智", 5, 2001],
        汇总=[["街道", "户数"], ["大智", 5]],
    )
    assert data(path) == {2: ["A1", "甲", "大智", 5, 2001]}
    assert layout_of(path).other_sheets == ["汇总"]


def test_a_hidden_sheet_is_never_read_unasked(tmp_path):
    workbook = openpyxl.Workbook()
    workbook.active.append(["说明"])
    for state, code in (("hidden", "B1"), ("veryHidden", "C1")):
        sheet = workbook.create_sheet(state)
        sheet.append(["编码", "名称"])
        sheet.append([code, "乙"])
        sheet.sheet_state = state
    workbook.save(tmp_path / "a.xlsx")
    with pytest.raises(Refused) as caught:
        layout_of(tmp_path / "a.xlsx")
    assert caught.value.code == "hidden-sheet"
    assert caught.value.fields["sheets"] == ["hidden", "veryHidden"]
    assert data(tmp_path / "a.xlsx", "hidden") == {2: ["B1", "乙"]}


# Header


def test_a_header_of_two_rows_is_read_as_one(tmp_path):
    path = book(
        tmp_path / "a.xlsx",
        ["某区台账"],
        ["编码", "名称", "联系人", None, "户数"],
        [None, None, "姓名", "电话", None],
        ["A1", "甲", "张", "027", 5],
    )
    workbook = openpyxl.load_workbook(path)
    for area in ("A1:E1", "A2:A3", "B2:B3", "C2:D2", "E2:E3"):
        workbook.active.merge_cells(area)
    workbook.save(path)
    layout = layout_of(path)
    assert layout.header_row == 3
    assert layout.headers == {0: "编码", 1: "名称", 2: "联系人姓名", 3: "联系人电话", 4: "户数"}
    assert data(path) == {4: ["A1", "甲", "张", "027", 5]}
    flat = csv_file(tmp_path, "编码,名称,联系人,,户数\n,,姓名,电话,\nA1,甲,张,027,5\n")
    assert layout_of(flat).headers[2] == "联系人姓名"
    assert data(flat) == {3: ["A1", "甲", "张", "027", "5"]}


def test_a_first_row_of_data_is_never_taken_for_the_second_of_the_header(tmp_path):
    path = csv_file(tmp_path, "编码,名称,\n名称,街道,户数\nA2,乙,1\n")
    assert layout_of(path).header_row == 2
    path = csv_file(tmp_path, "编码,名称,户数\nA1,甲,5\n")
    assert layout_of(path).header_row == 1


# Rows that are none


def test_totals_subtotals_notes_page_headers_and_numbered_empty_rows_are_no_data(tmp_path):
    head = ["序号", "编码", "名称", "街道", "户数"]
    path = book(
        tmp_path / "a.xlsx",
        head,
        [1, "A1", "甲", "大智街道", 5],
        [None, None, "小计", "大智街道", 5],
        ["大智街道小计", None, None, None, 5],
        [2, "A2", "乙", "二七街道", 6],
        ["第1页，共2页"],
        head,
        [3, "A3", "合计", "二七街道", 6],
        [4, None, None, None, None],
        [5, None, None, None, None],
        ["合  计", None, None, None, 17],
        ["注：户数含空置", None, None],
        ["制表人：", "张", "审核人：", "李"],
        ["以上数据截至2026年9月底"],
    )
    assert list(data(path)) == [2, 5, 8]


# Cells


def test_a_cell_merged_over_rows_holds_for_each_of_them_unless_it_is_an_amount(tmp_path):
    path = book(
        tmp_path / "a.xlsx",
        ["街道", "编码", "名称", "户数", "日期"],
        ["大智街道", "A1", "甲", 300, dt.date(2026, 3, 5)],
        [None, "A2", "乙", None, None],
        [None, "A3", "丙", 7, None],
        ["二七街道", "A4", "丁", 8, None],
    )
    workbook = openpyxl.load_workbook(path)
    for area in ("A2:A4", "D2:D3", "E2:E3"):
        workbook.active.merge_cells(area)
    workbook.save(path)
    assert values(path, "street") == ["大智街道", "大智街道", "大智街道", "二七街道"]
    assert [str(value) for value in values(path, "on")][:2] == ["2026-03-05"] * 2
    found = values(path, "households")
    assert found[0] == 300
    assert "2" in found[1]
    assert "3" in found[1]
    assert found[2:] == [7, 8]


def test_rich_text_links_line_breaks_and_escapes_give_their_text(tmp_path):
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["编码", "名称", "街道"])
    sheet["A2"] = CellRichText("A", TextBlock(InlineFont(b=True), "1"))
    sheet["B2"] = "红旗\n小区<&>\"'"
    sheet["C2"] = "大智"
    sheet["C2"].hyperlink = "http://example.invalid/"
    workbook.save(tmp_path / "a.xlsx")
    assert data(tmp_path / "a.xlsx") == {2: ["A1", "红旗\n小区<&>\"'", "大智"]}


def test_a_formula_gives_its_stored_result_and_without_one_is_refused_by_cell(tmp_path):
    whole = book(tmp_path / "a.xlsx", ["编码", "名称", "户数"], ["A1", "甲", "=1+1"], ["A2", "乙", 7])
    assert "公式" in values(whole, "households")[0] or "formula" in values(whole, "households")[0]
    linked = rewritten(
        whole,
        tmp_path / "b.xlsx",
        sheet1=lambda xml: re.sub(
            rb'<c r="C3".*?</c>', b'<c r="C3"><f>[1]Sheet1!$A$1&amp;"&lt;"</f><v>8</v></c>', xml
        ),
    )
    assert values(linked, "households")[1] == 8


def test_dates_follow_the_epoch_of_the_workbook(tmp_path):
    for name, epoch in (
        ("a.xlsx", openpyxl.utils.datetime.WINDOWS_EPOCH),
        ("b.xlsx", openpyxl.utils.datetime.MAC_EPOCH),
    ):
        workbook = openpyxl.Workbook()
        workbook.epoch = epoch
        workbook.active.append(["编码", "名称", "日期"])
        workbook.active.append(["A1", "甲", dt.date(2026, 3, 5)])
        workbook.active.append(["A2", "乙", dt.datetime(2026, 3, 5, 8, 30)])  # noqa: DTZ001
        workbook.save(tmp_path / name)
        assert values(tmp_path / name, "on") == [dt.date(2026, 3, 5)] * 2
    old = xlwt.Workbook()
    old.dates_1904 = True
    sheet = old.add_sheet("表")
    for column, text in enumerate(("编码", "名称", "日期")):
        sheet.write(0, column, text)
    sheet.write(1, 0, "A1")
    sheet.write(1, 2, 44624, xlwt.easyxf(num_format_str="yyyy-mm-dd"))  # 1904: 44624 = 2026-03-05
    old.save(str(tmp_path / "c.xls"))
    assert values(tmp_path / "c.xls", "on") == [dt.date(2026, 3, 5)]


def test_a_cell_shown_as_a_percentage_is_a_share_below_any_header(tmp_path):
    for header in ("绿化率", "绿化率（%）"):
        path = book(tmp_path / "a.xlsx", ["编码", "名称", header], ["A1", "甲", 0.355])
        workbook = openpyxl.load_workbook(path)
        workbook.active["C2"].number_format = "0.0%"
        workbook.save(path)
        assert [str(value) for value in values(path, "share")] == ["0.355"]
    with pytest.raises(cells.CellError):
        kinds.Money().parse(cells.Percent(0.355))


@pytest.mark.parametrize(
    ("field", "typed", "expected"),
    [
        ("built", "2015年建成", 2015),
        ("built", dt.date(2015, 6, 1), 2015),
        ("households", "1200.0", 1200),
        ("households", "１，２００ 户", 1200),
        ("households", "'1200", 1200),
        ("households", "1.2万", 12000),
        ("code", "420102002003.0", "420102002003"),
        ("code", 420102002003, "420102002003"),
        ("name", "红旗\u200b小 区\n", "红旗小区"),
        ("on", "二〇二六年三月", dt.date(2026, 3, 1)),
        ("on", 46082, dt.date(2026, 3, 1)),
    ],
)
def test_what_clerks_type_is_read(tmp_path, field, typed, expected):
    column = THINGS.by_field[field]
    row = {"code": "A1", "name": "甲", field: typed}
    path = book(tmp_path / "a.xlsx", ["编码", "名称", column.header], [row["code"], row["name"], typed])
    assert column.kind.parse(data(path)[2][2] if field not in ("code", "name") else typed) == expected


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("households", "1,2万"),
        ("households", "约1200户"),
        ("households", "1200-1300"),
        ("built", "九十年代"),
        ("on", "2026-02-30"),
    ],
)
def test_what_would_have_to_be_guessed_is_refused_with_its_value(field, typed):
    with pytest.raises(cells.CellError, match=re.escape(typed)):
        THINGS.by_field[field].kind.parse(typed)


# .xls, .ods, web tables


def test_an_xls_gives_texts_numbers_dates_errors_and_merged_cells(tmp_path):
    old = xlwt.Workbook(encoding="utf-8")
    sheet = old.add_sheet("表一")
    old.add_sheet("藏").visibility = 1
    for column, text in enumerate(("编码", "名称", "户数", "日期", "绿化率")):
        sheet.write(0, column, text)
    sheet.write(1, 0, 12.0)
    sheet.write_merge(1, 2, 1, 1, "甲小区" * 5000)
    sheet.write(1, 2, 1234567)
    sheet.write(1, 3, dt.date(2026, 3, 5), xlwt.easyxf(num_format_str='yyyy"年"m"月"d"日"'))
    sheet.write(1, 4, 0.125, xlwt.easyxf(num_format_str="0.0%"))
    sheet.write(2, 0, "A2")
    sheet.row(2).set_cell_error(2, "#DIV/0!")
    sheet.write(3, 0, -0.25)
    sheet.row(3).set_cell_boolean(1, True)
    never_calculated = xlwt.Cell.FormulaCell(3, 2, 17, xlwt.Formula("1+1"), calc_flags=2)
    sheet.row(3).insert_cell(2, never_calculated)
    for number in range(4, 3000):
        sheet.write(number, 0, f"B{number}")
        sheet.write(number, 1, f"很长的名称{number}" * 3)
    old.save(str(tmp_path / "a.xls"))
    assert [(s.name, s.hidden) for s in reading.open_sheets(tmp_path / "a.xls")] == [
        ("表一", False),
        ("藏", True),
    ]
    found = data(tmp_path / "a.xls")
    assert found[2] == [12, "甲小区" * 5000, 1234567, dt.date(2026, 3, 5), 0.125]
    assert found[3][0] == "A2"
    assert str(found[3][1]) == "甲小区" * 5000
    assert found[3][2] == "#DIV/0!"
    assert found[4][:2] == [-0.25, True]
    assert isinstance(found[4][2], cells.BadCell)
    assert found[3000] == ["B2999", "很长的名称2999" * 3]
    assert len(found) == 2999


@pytest.mark.parametrize("ending", ["xlsx", "xls", "ods"])
def test_every_format_reads_as_the_reference_reader_does(tmp_path, ending):
    rows = [["编码", "名称", "户数", "日期", "绿化率"]]
    for number in range(1, 300):
        rows.append(
            [
                f"A{number}",
                f"名<&>称 {number}" if number % 3 else None,
                number / 8 if number % 2 else number * 10**6,
                dt.date(2026, 1, 1) + dt.timedelta(number) if number % 5 else None,
                number % 7 == 0,
            ]
        )
    path = tmp_path / f"a.{ending}"
    if ending == "xlsx":
        book(path, *rows)
    elif ending == "ods":
        ods(path, {"表": rows})
    else:
        old = xlwt.Workbook(encoding="utf-8")
        sheet = old.add_sheet("表")
        style = xlwt.easyxf(num_format_str="yyyy/m/d")
        for y, row in enumerate(rows):
            for x, value in enumerate(row):
                if value is not None:
                    sheet.write(y, x, value, *([style] if isinstance(value, dt.date) else []))
        old.save(str(path))
    mine = [row + [""] * (5 - len(row)) for _number, row in reading.open_sheets(path)[0].rows()]
    theirs = list(CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).iter_rows())
    assert mine == theirs


def test_an_ods_gives_repeated_cells_merged_cells_and_keeps_hidden_sheets_apart(tmp_path):
    path = ods(
        tmp_path / "a.ods",
        {
            "藏": [["编码", "名称"], ["B1", "乙"]],
            "表": [["编码", "名称", "街道"], ["A1", "甲", ("大智", 2)], ["A2", "乙", None]],
        },
        hidden={"藏"},
        padding=1_048_000,
    )
    assert values(path, "street") == ["大智", "大智"]
    assert data(path, "藏") == {2: ["B1", "乙"]}


def test_a_web_table_saved_as_xls_is_read(tmp_path):
    page = """<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta http-equiv=Content-Type
    content="text/html; charset=gb2312"><style>td {color:red} <table></style></head><body><!-- <table> -->
    <table border=1><tr><td colspan=3>某区导出</td></tr>
    <tr><th>街道<th>编码<th>名&nbsp;称</tr>
    <tr><td rowspan="2">大智</td><td>A1</td><td>甲<br>一</td></tr><tr><td>A2<td>乙 &amp; 丙</tr>
    <script>var a = "<tr><td>x</td></tr>";</script></table></body></html>"""
    path = csv_file(tmp_path, page.encode("gb18030"), "导出.xls")
    assert values(path, "street") == ["大智", "大智"]
    assert values(path, "name") == ["甲一", "乙 & 丙"]
    nested = csv_file(
        tmp_path, "<table><tr><td><table><tr><td>1</td></tr></table></td></tr></table>", "b.xls"
    )
    with pytest.raises(Refused) as caught:
        reading.open_sheets(nested)
    assert caught.value.code == "wrong-type"


# Text files


@pytest.mark.parametrize("mark", [",", "\t", ";"])
def test_the_mark_between_the_cells_is_found(tmp_path, mark):
    path = csv_file(tmp_path, f'编码{mark}名称\nA1{mark}"甲{mark}一,;"\n'.encode("utf-16"))
    assert data(path) == {2: ["A1", f"甲{mark}一,;"]}


def test_lines_in_another_encoding_are_read_and_damaged_ones_told_by_number(tmp_path):
    lines = [
        "编码,名称".encode(),
        "A1,红旗小区".encode(),
        "A2,大智小区".encode("gb18030"),
        "A3,二七小区".encode()[:-1],
        b"A4,\x00\x00\xe7\x94\xb2",
        b"A5,\xff\xfe\xff",
        "A6,花桥小区".encode(),
    ]
    found = data(csv_file(tmp_path, b"\r\n".join(lines)))
    assert found[2] == ["A1", "红旗小区"]
    assert found[3] == ["A2", "大智小区"]
    assert found[7] == ["A6", "花桥小区"]
    assert [n for n, row in found.items() if isinstance(row, str)] == [4, 5, 6]
    assert "NUL" in found[5]


def test_most_lines_decide_the_encoding_and_the_odd_one_out_is_read_too(tmp_path):
    lines = ["编码,名称", "A1,红旗小区", "A2,大智小区"]
    content = b"\n".join([*(line.encode("gb18030") for line in lines), "A3,花桥小区".encode()])
    assert data(csv_file(tmp_path, content))[4] == ["A3", "花桥小区"]


def test_rows_with_a_cell_too_many_or_too_few_are_told_and_the_others_read(tmp_path):
    path = csv_file(tmp_path, "编码,名称,街道\nA1,甲,大智\nA2,乙,丙,大智\nA3,大智\nA4,丁,大智,,\nA5,戊,\n")
    found = data(path)
    assert found[2] == ["A1", "甲", "大智"]
    assert "4" in found[3]
    assert "2" in found[4]
    assert found[5][:3] == ["A4", "丁", "大智"]
    assert found[6] == ["A5", "戊", ""]


@pytest.mark.parametrize("rest", ["A3,丙,大智\n" * 3, "A3,丙,大智\n" * 1000])
def test_an_open_quotation_mark_costs_its_own_line_only(tmp_path, rest):
    found = data(csv_file(tmp_path, f'编码,名称,街道\nA1,"甲\n一",大智\nA2,"乙,大智\n{rest}'))
    assert found[2] == ["A1", "甲\n一", "大智"]
    assert isinstance(found[3], str)
    assert found[4] == ["A3", "丙", "大智"]
    assert len(found) == 2 + rest.count("\n")


def test_an_open_quotation_mark_that_a_later_one_seems_to_close_costs_its_own_line_only(tmp_path):
    found = data(csv_file(tmp_path, '编码,名称,街道\nA2,"乙,大智\nA3,丙,大智\nA4,"丁",大智\n'))
    assert isinstance(found[2], str)
    assert found[3] == ["A3", "丙", "大智"]
    assert found[4] == ["A4", "丁", "大智"]


def test_a_container_of_another_kind_is_named(tmp_path):
    path = csv_file(tmp_path, ole(WordDocument=b"x"), "a.xls")
    with pytest.raises(Refused) as caught:
        reading.open_sheets(path)
    assert caught.value.code == "wrong-type"
