"""Files that nobody should send: each ends in one sentence, in little time, memory and no file left behind."""

import json
import random
import struct
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redprop.common.errors import Refused
from redprop.common.tabular import declare, limits, reading
from redprop.common.tabular.cells import BadCell
from redprop.core.services import imports
from tests.tabular.workbooks import ods, ole, read, rewritten

CHECKOUT = Path(__file__).resolve().parents[2]
HEAD = ["编码", "名称", "街道", "户数"]
ROWS = [[f"A{n}", f"红旗小区{n}期", "大智街道", n * 7] for n in range(1, 40)]


def whole_xlsx(path):
    book = openpyxl.Workbook()
    for row in (HEAD, *ROWS):
        book.active.append(row)
    book.active.merge_cells("C3:C6")
    book.save(path)
    return path


def whole_xls(path):
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("表")
    for y, row in enumerate((HEAD, *ROWS)):
        for x, value in enumerate(row):
            sheet.write(y, x, value)
    book.save(str(path))
    return path


def whole_csv(path, encoding="utf-8"):
    path.write_text("\r\n".join(",".join(map(str, row)) for row in (HEAD, *ROWS)), encoding=encoding)
    return path


def refused(path):
    with pytest.raises(Refused) as caught:
        read(path)
    assert str(caught.value)
    return caught.value.code


MEASURE = """
import json, resource, sys, time
from pathlib import Path
from django.conf import settings
settings.configure(USE_I18N=False)
from tests.tabular.workbooks import read
from redprop.common.errors import Refused
def high():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) // 1024
before, start, code = high(), time.process_time(), ""
try:
    rows = read(Path(sys.argv[1]))
except Refused as refusal:
    rows, code = 0, refusal.code
print(json.dumps({"rows": rows, "code": code, "more": high() - before, "seconds": time.process_time() - start}))
"""


def measured(path):
    """Read a file in a process of its own; returns rows, code, MB above what the program itself needs, CPU seconds."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return json.loads(done.stdout)


# What it says


def test_files_that_are_no_tables_are_called_by_their_name(tmp_path):
    cases = {
        "a.docx": ("other.xml", b"<x/>"),
        "a.zip": ("b.txt", b"x"),
    }
    for name, (part, content) in cases.items():
        with zipfile.ZipFile(tmp_path / name, "w") as file:
            file.writestr(part, content)
            if name.endswith("docx"):
                file.writestr("[Content_Types].xml", "<Types/>")
        assert refused(tmp_path / name) == "wrong-type"
    contents = {
        "a.doc": ole(WordDocument=b"x"),
        "a.pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3" + bytes(100),
        "a.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
        "a.csv": random.Random(1).randbytes(20_000),
        "a.et": "这是文字".encode(),
        "a.xml": b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
        "a.xls": b"\x09\x04\x06\x00\x00\x00\x10\x00" + bytes(100),
        "b.xls": b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        assert refused(tmp_path / name) == "wrong-type", name


def test_a_workbook_under_a_wrong_name_is_read_all_the_same(tmp_path):
    assert read(whole_xls(tmp_path / "a.xlsx")) == len(ROWS)
    assert read(whole_xlsx(tmp_path / "a.xls")) == len(ROWS)
    assert read(whole_xls(tmp_path / "a.et")) == len(ROWS)
    assert read(whole_csv(tmp_path / "a.txt")) == len(ROWS)


def test_macros_are_not_looked_at(tmp_path):
    path = whole_xlsx(tmp_path / "a.xlsm")
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("xl/vbaProject.bin", b"\xcc" * 5000)
    assert read(path) == len(ROWS)


def test_passwords_are_named_in_each_format(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(ole(EncryptionInfo=b"x", EncryptedPackage=bytes(9000)))
    assert refused(tmp_path / "a.xlsx") == "protected"
    globals_of = (
        struct.pack("<HHHHHHII", 0x809, 16, 0x600, 5, 0, 0, 0, 0) + struct.pack("<HH", 0x2F, 54) + bytes(54)
    )
    (tmp_path / "a.xls").write_bytes(ole(Workbook=globals_of))
    assert refused(tmp_path / "a.xls") == "protected"
    path = ods(tmp_path / "a.ods", {"表": [HEAD]})
    rewritten(path, tmp_path / "b.ods", manifest=b"<m:manifest xmlns:m='x'><m:encryption-data/></m:manifest>")
    assert refused(tmp_path / "b.ods") == "protected"


def test_a_gigabyte_is_refused_without_reading_it(tmp_path):
    path = whole_xlsx(tmp_path / "a.xlsx")
    with path.open("r+b") as file:
        file.truncate(1 << 30)
    start = time.monotonic()
    assert refused(path) == "too-large"
    assert time.monotonic() - start < 1


def test_entities_are_refused_in_every_part_and_encoding(tmp_path):
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><sst>&b;</sst>'
    )
    outside = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet><sheetData/></worksheet>'
    whole = whole_xlsx(tmp_path / "a.xlsx")
    for number, parts in enumerate(
        (
            {"theme1": bomb},
            {"sheet1": outside},
            {"styles": bomb.replace('"1.0"', '"1.0" encoding="utf-16"').encode("utf-16")},
        )
    ):
        path = rewritten(whole, tmp_path / f"{number}.xlsx", **parts)
        assert refused(path) == "wrong-type"


@pytest.mark.parametrize(
    "make", [whole_xlsx, whole_xls, whole_csv, lambda path: ods(path, {"表": [HEAD, *ROWS]})]
)
def test_a_file_cut_off_anywhere_is_read_or_refused(tmp_path, make):
    content = make(tmp_path / "whole").read_bytes()
    for part in range(1, 20):
        (tmp_path / "cut").write_bytes(content[: len(content) * part // 20])
        with suppress(Refused):
            assert read(tmp_path / "cut") <= len(ROWS)


# What it costs


def sheet_of(body, dimension="A1:D2"):
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<dimension ref="{dimension}"/><sheetData>{body}</sheetData></worksheet>'
    ).encode()


def row_of(number, values):
    inner = "".join(
        f'<c r="{openpyxl.utils.get_column_letter(i)}{number}" t="inlineStr"><is><t>{v}</t></is></c>'
        for i, v in enumerate(values, start=1)
    )
    return f'<row r="{number}">{inner}</row>'


FIRST = row_of(1, HEAD) + row_of(2, ROWS[0])


def test_a_million_formatted_blank_rows_cost_nothing_and_are_no_rows(tmp_path):
    blanks = "".join(
        f'<row r="{n}" s="3"><c r="A{n}" s="3"/><c r="B{n}" s="3"/></row>' for n in range(3, 1_000_000)
    )
    path = rewritten(
        whole_xlsx(tmp_path / "a.xlsx"), tmp_path / "b.xlsx", sheet1=sheet_of(FIRST + blanks, "A1:XFD1048576")
    )
    found = measured(path)
    assert (found["rows"], found["code"]) == (1, "")
    assert found["more"] < 40, found
    assert found["seconds"] < 20, found


def test_ten_thousand_columns_are_refused_and_blank_ones_do_not_count(tmp_path):
    whole = whole_xlsx(tmp_path / "a.xlsx")
    wide = rewritten(whole, tmp_path / "b.xlsx", sheet1=sheet_of(FIRST + row_of(3, range(10_000))))
    found = measured(wide)
    assert found["code"] == "too-many-columns"
    assert found["more"] < 40, found
    blank = (
        '<row r="3">'
        + "".join(f'<c r="{openpyxl.utils.get_column_letter(i)}3" s="1"/>' for i in range(1, 16_000))
        + "</row>"
    )
    assert read(rewritten(whole, tmp_path / "c.xlsx", sheet1=sheet_of(FIRST + blank))) == 1
    (tmp_path / "d.csv").write_text("编码,名称\n" + ",".join("x" * 10_000), encoding="utf-8")
    assert refused(tmp_path / "d.csv") == "too-many-columns"
    (tmp_path / "e.csv").write_text("编码,名称\nA1,甲" + "," * 10_000, encoding="utf-8")
    assert read(tmp_path / "e.csv") == 1


def test_a_zip_bomb_is_refused_by_what_it_says_and_a_lying_one_by_what_it_does(tmp_path):
    whole = whole_xlsx(tmp_path / "a.xlsx")
    with (
        zipfile.ZipFile(whole, "a", zipfile.ZIP_DEFLATED) as file,
        file.open("xl/media/a.xml", "w", force_zip64=True) as part,
    ):
        for _chunk in range(800):
            part.write(b" " * (1 << 20))
    found = measured(whole)
    assert found["code"] == "zip-bomb"
    assert found["more"] < 20, found
    # A sheet of one endless row: its parts are small, the row is not.
    path = rewritten(
        whole_xlsx(tmp_path / "c.xlsx"),
        tmp_path / "d.xlsx",
        sheet1=sheet_of('<row r="1">' + '<c r="A1"><v>1</v></c>' * 4_000_000 + "</row>"),
    )
    found = measured(path)
    assert found["code"]
    assert found["more"] < 120, found
    # The directory says one byte, the part has many.
    content = bytearray(whole_xlsx(tmp_path / "e.xlsx").read_bytes())
    at = content.rfind(b"PK\x01\x02")
    struct.pack_into("<I", content, at + 24, 1)
    (tmp_path / "e.xlsx").write_bytes(content)
    assert refused(tmp_path / "e.xlsx") == "damaged"


def test_an_ods_bomb_of_repeated_rows_and_cells_is_refused(tmp_path):
    path = ods(tmp_path / "a.ods", {"表": [HEAD, ROWS[0]]})
    for repeated, code in (
        ('<table:table-row table:number-rows-repeated="1000000000"><table:table-cell', "too-many-rows"),
        ('<table:table-row><table:table-cell table:number-columns-repeated="16384"', "too-many-columns"),
    ):
        bomb = rewritten(
            path,
            tmp_path / "b.ods",
            content=lambda xml, repeated=repeated: (
                xml.decode()
                .replace("<table:table-row><table:table-cell", "\0", 1)
                .replace("<table:table-row><table:table-cell", repeated, 1)
                .replace("\0", "<table:table-row><table:table-cell")
                .encode()
            ),
        )
        found = measured(bomb)
        assert found["code"] == code
        assert found["more"] < 40, found


def test_a_stated_dimension_may_lie(tmp_path):
    whole = whole_xlsx(tmp_path / "a.xlsx")
    for dimension in ("A1", "A1:XFD1048576", "nonsense"):
        path = rewritten(whole, tmp_path / "b.xlsx", sheet1=sheet_of(FIRST, dimension))
        assert read(path) == 1


def test_a_long_table_needs_little_memory(tmp_path):
    body = "".join(row_of(n, [f"A{n}", f"红旗小区{n}", "大智街道", n]) for n in range(2, 50_000))
    path = rewritten(
        whole_xlsx(tmp_path / "a.xlsx"), tmp_path / "b.xlsx", sheet1=sheet_of(row_of(1, HEAD) + body)
    )
    found = measured(path)
    assert found["rows"] == 49_998
    assert found["more"] < 40, found


def test_limits_of_rows_hold_in_every_text(tmp_path):
    (tmp_path / "a.csv").write_text("编码,名称\n" + "A1,甲\n" * (limits.LAST_ROW + 5), encoding="utf-8")
    assert refused(tmp_path / "a.csv") == "too-many-rows"
    (tmp_path / "b.csv").write_text("编码,名称\nA1,甲\n" + ",\n" * 1_000_000, encoding="utf-8")
    found = measured(tmp_path / "b.csv")
    assert (found["rows"], found["code"]) == (1, "")
    assert found["more"] < 40, found


# Shapes that other programs write


def test_a_sheet_with_prefixes_comments_cdata_and_without_numbers_is_read(tmp_path):
    whole = whole_xlsx(tmp_path / "a.xlsx")
    cells = "".join(f'<x:c t="inlineStr"><x:is><x:t>{text}</x:t></x:is></x:c>' for text in HEAD[:2])
    prefixed = (
        '<?xml version="1.0"?><x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<!-- by some program --><x:sheetData><x:row>{cells}</x:row><x:row/><x:row><x:c t="str"><x:v><![CDATA[A<1]]></x:v></x:c>'
        '<x:c t="n"><x:v>5</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    path = rewritten(whole, tmp_path / "b.xlsx", sheet1=prefixed.encode())
    assert list(reading.open_sheets(path)[0].rows()) == [(1, HEAD[:2]), (2, []), (3, ["A<1", 5])]
    bare = '<row><c t="inlineStr"><is><t>编码</t></is></c></row><row r="4"><c r="B4" foo="1" t="d"><v>2026-03-05</v></c></row>'
    path = rewritten(whole, tmp_path / "c.xlsx", sheet1=sheet_of(bare))
    found = [row for row in reading.open_sheets(path)[0].rows() if row[1]]
    assert found[0] == (1, ["编码"])
    assert str(found[1][1][1]) == "2026-03-05"
    wide = sheet_of(FIRST).decode().replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")
    assert read(rewritten(whole, tmp_path / "d.xlsx", sheet1=wide)) == 1


def test_shared_texts_are_found_with_their_runs_and_escapes_but_without_their_reading_aid(tmp_path):
    texts = (
        "<sst><si><t>编码</t></si><si><r><t>名</t></r><r><rPr><b/></rPr><t>称</t></r><rPh><t>mingcheng</t></rPh></si>"
        '<si><t xml:space="preserve"> A&amp;1_x000D_\n</t></si><si/></sst>'
    )
    row = '<row r="{0}"><c r="A{0}" t="s"><v>{1}</v></c><c r="B{0}" t="s"><v>{2}</v></c></row>'
    body = row.format(1, 0, 1) + row.format(2, 2, 3)
    path = rewritten(whole_xlsx(tmp_path / "a.xlsx"), tmp_path / "b.xlsx", sheet1=sheet_of(body))
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("xl/sharedStrings.xml", texts)
    assert list(reading.open_sheets(path)[0].rows()) == [(1, ["编码", "名称"]), (2, [" A&1\n"])]


def test_rows_out_of_order_and_texts_that_are_not_there_are_damage(tmp_path):
    whole = whole_xlsx(tmp_path / "a.xlsx")
    for body in (
        row_of(5, HEAD) + row_of(3, ROWS[0]),
        FIRST + '<row r="3"><c r="A3" t="s"><v>99999</v></c></row>',
        FIRST + '<row r="3"><c r="A3"><v>nan</v></c></row>',
        FIRST + '<row r="3"><c r="A3"><v>x</v></c></row>',
        FIRST + '<row r="3"><c r="A3"><v>1</c></row>',
    ):
        assert refused(rewritten(whole, tmp_path / "b.xlsx", sheet1=sheet_of(body))) == "damaged"


# Damage at random


def damaged(content, draw):
    """Return content after some flips, cuts, repeats and foreign bytes."""
    content = bytearray(content)
    for _time in range(draw.randint(1, 6)):
        at = draw.randrange(max(1, len(content)))
        how = draw.randrange(5)
        if how == 0 and content:
            content[at] ^= 1 << draw.randrange(8)
        elif how == 1:
            del content[at : at + draw.randrange(200)]
        elif how == 2:
            content[at:at] = draw.randbytes(draw.randrange(1, 40))
        elif how == 3:
            content[at : at + 8] = bytes(draw.choice((0, 255)) for _byte in range(8))
        else:
            content[at:at] = content[at : at + draw.randrange(300)]
    return bytes(content)


MAKERS = {
    "xlsx": whole_xlsx,
    "xls": whole_xls,
    "ods": lambda path: ods(path, {"表": [HEAD, *ROWS], "藏": [HEAD]}, hidden={"藏"}),
    "csv": whole_csv,
    "gb.csv": lambda path: whole_csv(path, "gb18030"),
    "wide.csv": lambda path: whole_csv(path, "utf-16"),
}


@pytest.fixture(scope="module")
def wholes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wholes")
    return {ending: make(folder / f"a.{ending}").read_bytes() for ending, make in MAKERS.items()}


@pytest.mark.parametrize("ending", MAKERS)
@settings(max_examples=150, deadline=3_000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_a_file_damaged_at_random_is_read_or_refused_and_nothing_else(
    ending, seed, wholes, tmp_path, monkeypatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = tmp_path / f"damaged.{ending}"
    path.write_bytes(damaged(wholes[ending], random.Random(seed)) or b"x")
    with suppress(Refused):
        read(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ending", ["xlsx", "ods"])
@settings(max_examples=100, deadline=3_000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_parts_damaged_inside_a_sound_archive_are_read_or_refused(ending, seed, wholes, tmp_path):
    draw = random.Random(seed)
    source = tmp_path / f"whole.{ending}"
    source.write_bytes(wholes[ending])
    with zipfile.ZipFile(source) as book:
        parts = [n.rpartition("/")[2].removesuffix(".xml") for n in book.namelist() if n.endswith(".xml")]
    hit = draw.choice(parts)
    path = rewritten(source, tmp_path / f"hit.{ending}", **{hit: lambda xml: damaged(xml, draw)})
    with suppress(Refused):
        read(path)


@pytest.mark.django_db
@pytest.mark.parametrize("ending", MAKERS)
def test_an_import_of_damaged_files_ends_in_a_plan_or_a_refusal(ending, wholes, cast, tmp_path):
    context = imports.context_for(district=cast.district, acting_user=None)
    register = declare.get("compounds")
    for seed in range(15):
        path = tmp_path / f"damaged.{ending}"
        path.write_bytes(damaged(wholes[ending], random.Random(seed)) or b"x")
        try:
            plan = imports.check(register=register, path=path, context=context)
        except Refused:
            continue
        else:
            assert plan.counts()["rows"] == len(list(plan.rows))


@pytest.mark.django_db
def test_a_bad_line_is_one_refused_row_and_comes_back_in_the_error_workbook(cast, tmp_path):
    from redprop.common.tabular import errorbook

    path = tmp_path / "a.csv"
    path.write_bytes(
        "编码,名称,街道,户数\n".encode() + "XQ9001,红旗,,5\n".encode() + b"XQ9002,\xff\xfe\xff,,5\nXQ9003\n"
    )
    context = imports.context_for(district=cast.district, acting_user=None)
    plan = imports.check(register=declare.get("compounds"), path=path, context=context)
    problems = plan.problems()
    assert [problem.row for problem in problems] == [3, 4]
    errorbook.write_errors(tmp_path / "out.xlsx", plan.layout, problems)
    listed = openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[0]
    assert [bool(row[-1].value) for row in listed.iter_rows(min_row=2)] == [False, True, True]


@pytest.mark.django_db
def test_a_formula_without_result_is_refused_by_cell(cast, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["小区编码", "小区名称", "户数"])
    book.active.append(["XQ9001", "红旗小区", "=1+1"])
    book.save(tmp_path / "a.xlsx")
    context = imports.context_for(district=cast.district, acting_user=None)
    plan = imports.check(register=declare.get("compounds"), path=tmp_path / "a.xlsx", context=context)
    assert [(problem.column, problem.value) for problem in plan.problems()] == [("户数", "=…")]
    assert isinstance(next(iter(plan.layout.sheet.rows()))[1][0], str)
    assert any(isinstance(cell, BadCell) for _n, row in plan.layout.sheet.rows() for cell in row)
