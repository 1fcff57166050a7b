"""Files as they arrive: formats, encodings, header rows, totals, and what is refused before it is opened."""

import csv
import io
import re
import zipfile

import openpyxl
import pytest

from redprop.common.errors import Refused
from redprop.common.tabular import headers, kinds, limits, reading
from redprop.common.tabular.declare import Column, Register
from tests.tabular.workbooks import ole


def register(**more):
    return Register(
        name="things",
        title="Things",
        model=object,
        key=("code",),
        rows=lambda context: None,
        columns=(
            Column("code", "编码", kinds.Code(), ("代码",), required=True, example="A1"),
            Column("name", "名称", kinds.Text(), ("楼盘名称",), required=True, example="红旗小区"),
            Column("amount", "金额", kinds.Money(), example="12"),
        ),
        **more,
    )


def book(path, rows, **sheets):
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    for name, more in sheets.items():
        for row in workbook.create_sheet(name) and more:
            workbook[name].append(row)
    workbook.save(path)
    return path


def data(path, mapping=None, sheet=None):
    layout = headers.find_layout(register(), reading.open_sheets(path, sheet), mapping or {})
    found = {
        number: row
        for number, row in layout.sheet.rows()
        if number > layout.header_row and not headers.is_no_data(layout, row)
    }
    return layout, found


def test_the_header_is_found_below_merged_titles_in_any_order(tmp_path):
    path = book(
        tmp_path / "a.xlsx",
        [
            ["江岸区某表"],
            [],
            ["单位：街道", None, "2026年"],
            ["金额（万元）", "名 称*", "代码"],
            [1.5, "甲", "A1"],
            [],
            ["合 计", 12, None],
        ],
    )
    layout, rows = data(path)
    assert layout.header_row == 4
    assert {p: (c.field, f) for p, (c, f) in layout.columns.items()} == {
        0: ("amount", 10_000),
        1: ("name", 1),
        2: ("code", 1),
    }
    assert list(rows) == [5]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_is_read_in_each_encoding(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_text("编码,名称\nA1,㙍𠮷小区\n", encoding=encoding)
    assert data(path)[1] == {2: ["A1", "㙍𠮷小区"]}


def test_an_unknown_header_can_be_mapped_and_others_are_named_as_ignored(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("楼盘,商圈\n甲,后湖\n", encoding="utf-8")
    layout, _rows = data(path, {"楼盘": "name"})
    assert layout.ignored == ["商圈"]
    with pytest.raises(Refused, match="楼盘号"):
        data(path, {"楼盘": "name", "楼盘号": "code"})


def test_two_columns_with_the_same_meaning_are_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("编码,名称,名称\n1,甲,乙\n", encoding="utf-8")
    with pytest.raises(Refused):
        data(path)


def test_template_help_and_example_rows_are_no_data_unless_typed_over(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "编码,名称\n填写说明：必填,必填\n示例：A1,红旗小区\n示例：A1,真小区\nA2,乙\n", encoding="utf-8"
    )
    assert list(data(path)[1]) == [4, 5]


def test_a_table_on_another_sheet_is_found_and_an_unknown_sheet_named(tmp_path):
    path = book(tmp_path / "a.xlsx", [["说明"], ["无表"]], 数据=[["编码", "名称"], ["A1", "甲"]])
    assert data(path)[0].sheet.name == "数据"
    with pytest.raises(Refused, match="数据"):
        data(path, sheet="没有")


def refused(path):
    with pytest.raises(Refused) as caught:
        [list(sheet.rows()) for sheet in reading.open_sheets(path)]
    return caught.value.code


def test_wrong_empty_truncated_and_protected_files_are_refused_with_a_sentence(tmp_path):
    whole = book(tmp_path / "whole.xlsx", [["编码", "名称"], ["A1", "甲"]]).read_bytes()
    cases = {
        "empty.xlsx": (b"", "empty-file"),
        "cut.xlsx": (whole[: len(whole) // 2], "damaged"),
        "page.xls": (b"<html><body><p>1</p></body></html>", "wrong-type"),
        "text.xlsx": ("编码,名称".encode(), "wrong-type"),
        "picture.xlsx": (b"\x89PNG\r\n\x1a\n" + bytes(50), "wrong-type"),
        "paper.csv": (b"%PDF-1.7", "wrong-type"),
        "locked.xlsx": (ole(EncryptionInfo=b"x", EncryptedPackage=bytes(5000)), "protected"),
        "latin.csv": (b"code,name\n\xff\xff\xff\xff,\x80\x81\xff", "encoding"),
    }
    for name, (content, code) in cases.items():
        (tmp_path / name).write_bytes(content)
        assert refused(tmp_path / name) == code, name
    assert refused(tmp_path / "none.xlsx") == "no-file"


def test_a_zip_bomb_is_refused_by_its_declared_size_before_it_is_unpacked(tmp_path, monkeypatch):
    path = book(tmp_path / "a.xlsx", [["编码", "名称"], ["A1", "甲"]])
    monkeypatch.setattr(limits, "MAX_UNPACKED", 10_000_000)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/worksheets/sheet9.xml", bytes(11_000_000))
    assert path.stat().st_size < 50_000
    assert refused(path) == "zip-bomb"


@pytest.mark.parametrize(
    ("cell", "code"),
    [("ZZ3", "too-many-columns"), ("XFD1", "too-many-columns"), ("A1048576", "too-many-rows")],
)
def test_one_cell_far_out_does_not_make_the_reader_allocate_the_plane(tmp_path, cell, code):
    workbook = openpyxl.Workbook()
    workbook.active["A1"] = "编码"
    workbook.active[cell] = "x"
    workbook.save(tmp_path / "far.xlsx")
    assert refused(tmp_path / "far.xlsx") == code


def test_a_real_xlsx_renamed_to_csv_is_still_read(tmp_path):
    path = book(tmp_path / "a.csv", [["编码", "名称"], ["A1", "甲"]])
    assert data(path)[1] == {2: ["A1", "甲"]}


def test_an_ods_file_is_read(tmp_path):
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body><office:spreadsheet>'
        '<table:table table:name="表"><table:table-row>'
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{t}</text:p></table:table-cell>'
            for t in ("编码", "名称")
        )
        + "</table:table-row><table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{t}</text:p></table:table-cell>'
            for t in ("A1", "甲")
        )
        + "</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("content.xml", content)
        file.writestr(
            "META-INF/manifest.xml",
            '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    (tmp_path / "a.ods").write_bytes(buffer.getvalue())
    assert data(tmp_path / "a.ods")[1] == {2: ["A1", "甲"]}


def test_an_unclosed_quotation_mark_is_a_sentence(tmp_path):
    (tmp_path / "a.csv").write_text('编码,名称\n"A1,' + "x" * (csv.field_size_limit() + 10), encoding="utf-8")
    assert isinstance(data(tmp_path / "a.csv")[1][2], reading.BadLine)


def test_a_formula_error_is_seen_although_the_reader_shows_it_empty(tmp_path):
    whole = book(tmp_path / "a.xlsx", [["编码", "名称", "金额"], ["A1", "甲", 5]])
    broken = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(broken, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("sheet1.xml"):
                content = re.sub(
                    rb'<c r="C2"[^>]*><v>5</v></c>', b'<c r="C2" t="e"><f>1/0</f><v>#DIV/0!</v></c>', content
                )
            target.writestr(name, content)
    assert data(broken)[1] == {2: ["A1", "甲", "#DIV/0!"]}
