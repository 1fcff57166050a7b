"""The commands as a contract: one JSON object, exit codes, nothing written on refusal."""

import io
import json

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from redprop.areas.models import Subdistrict
from redprop.core.models import ImportBatch


def run(*arguments):
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(*arguments, stdout=out, stderr=err)
    except SystemExit as end:
        return end.code, out.getvalue(), err.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), err.getvalue()


def test_the_json_of_an_import_is_the_one_the_contract_names(cast, write):
    path = write(["街道代码", "街道名称"], ["990101009", "新街道"], ["420102001", "外区街道"])
    code, out, _err = run("import_register", "subdistricts", str(path), "--district", "990101", "--json")
    found = json.loads(out)
    assert code == 1
    assert set(found) == {"register", "rows", "new", "changed", "unchanged", "refused", "errors", "batch"}
    assert (found["rows"], found["new"], found["refused"], found["batch"]) == (2, 1, 1, None)
    assert found["errors"][0]["row"] == 3
    assert found["errors"][0]["column"] == "街道代码"
    assert found["errors"][0]["value"] == "420102001"
    assert Subdistrict.objects.filter(code="990101009").count() == 0
    code, out, _err = run(
        "import_register", "subdistricts", str(path), "--district", "990101", "--json", "--only-good"
    )
    assert code == 0
    assert json.loads(out)["batch"] == ImportBatch.objects.get().pk
    assert Subdistrict.objects.filter(code="990101009").count() == 1


def test_simulating_writes_nothing(cast, write):
    path = write(["街道代码", "街道名称"], ["990101009", "新街道"])
    code, out, _err = run(
        "import_register", "subdistricts", str(path), "--district", "990101", "--simulate", "--json"
    )
    assert (code, json.loads(out)["new"]) == (0, 1)
    assert not ImportBatch.objects.exists()
    assert not Subdistrict.objects.filter(code="990101009").exists()


def test_a_file_that_cannot_be_taken_gives_one_error_and_exit_1(cast, tmp_path):
    (tmp_path / "empty.xlsx").write_bytes(b"")
    code, out, err = run(
        "import_register", "subdistricts", str(tmp_path / "empty.xlsx"), "--district", "990101", "--json"
    )
    found = json.loads(out)
    assert code == 1
    assert found["rows"] == 0
    assert "empty.xlsx" in found["errors"][0]["message"]
    assert "empty.xlsx" in err


def test_a_workbook_with_several_sheets_is_answered_with_their_names_and_one_is_taken(cast, tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "一月"
    for title, code in (("一月", "990101008"), ("二月", "990101009")):
        sheet = book[title] if title in book.sheetnames else book.create_sheet(title)
        sheet.append(["街道代码", "街道名称"])
        sheet.append([code, f"{title}街道"])
    book.save(tmp_path / "a.xlsx")
    common = ("import_register", "subdistricts", str(tmp_path / "a.xlsx"), "--district", "990101", "--json")
    code, out, _err = run(*common)
    assert code == 1
    assert "一月、二月" in json.loads(out)["errors"][0]["message"]
    code, out, _err = run(*common, "--sheet", "二月")
    assert (code, json.loads(out)["new"]) == (0, 1)
    code, out, _err = run(*common, "--sheet", "三月")
    assert code == 1
    assert "二月" in json.loads(out)["errors"][0]["message"]
    assert Subdistrict.objects.filter(code="990101009").count() == 1
    assert Subdistrict.objects.filter(code="990101008").count() == 0


def test_bad_lines_of_a_file_are_told_by_number_and_the_others_can_be_written(cast, tmp_path):
    path = tmp_path / "a.csv"
    good = "街道代码,街道名称\n990101008,甲街道\n".encode()
    path.write_bytes(good + b"990101009,\xff\xfe\n990101007,x,y,z\n" + "990101006,乙街道\n".encode("gb18030"))
    common = ("import_register", "subdistricts", str(path), "--district", "990101", "--json")
    code, out, _err = run(*common)
    found = json.loads(out)
    assert (code, found["rows"], found["new"], found["refused"]) == (1, 4, 2, 2)
    assert [error["row"] for error in found["errors"]] == [3, 4]
    code, out, _err = run(*common, "--only-good")
    assert code == 0
    assert Subdistrict.objects.get(code="990101006").name == "乙街道"


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing", "x.csv"),
        ("subdistricts", "x.csv", "--map", "名称"),
        ("subdistricts", "x.csv", "--map", "名称=nofield"),
        ("subdistricts", "x.csv", "--errors", "out.csv"),
    ],
)
def test_wrong_usage_ends_with_exit_2(cast, arguments):
    assert run("import_register", *arguments, "--district", "990101")[0] == 2


def test_with_two_districts_one_must_be_named(cast, write):
    code, _out, err = run("import_register", "subdistricts", str(write(["a"])))
    assert code == 1
    assert "990101" in err


def test_errors_come_back_in_the_own_file_to_be_mended_and_sent_again(cast, write, tmp_path):
    sent = tmp_path / "街道.xlsx"
    book = openpyxl.Workbook()
    for row in (
        ["某区街道表"],
        [],
        ["序号", "街道代码", "街道名称"],
        [1, "990101008", "好街道"],
        [2, "420102001", "外区街道"],
    ):
        book.active.append(row)
    book.active["C4"].font = openpyxl.styles.Font(bold=True)
    book.save(sent)
    out = tmp_path / "errors.xlsx"
    run("import_register", "subdistricts", str(sent), "--district", "990101", "--errors", str(out))
    book = openpyxl.load_workbook(out)
    sheet = book.worksheets[0]
    assert sheet["B5"].fill.fgColor.rgb.endswith("FFE08A")
    assert "990101" in sheet["B5"].comment.text
    assert sheet["D3"].value == "未通过原因"
    assert sheet["D5"].value.startswith("街道代码：")
    assert sheet["D4"].value is None
    assert sheet["C4"].font.bold
    assert [cell.value for cell in book.worksheets[1][2]][:3] == [5, "街道代码", "420102001"]
    sheet["B5"] = "990101009"
    book.save(out)
    code, told, _err = run("import_register", "subdistricts", str(out), "--district", "990101", "--json")
    assert (code, json.loads(told)["new"]) == (0, 2)


def test_errors_of_a_csv_file_come_as_a_workbook_that_imports_when_mended(cast, write, tmp_path):
    path = write(["街道代码", "街道名称"], ["420102001", "=外区街道"], ["990101008", "好街道"])
    out = tmp_path / "errors.xlsx"
    run("import_register", "subdistricts", str(path), "--district", "990101", "--errors", str(out))
    book = openpyxl.load_workbook(out)
    assert [cell.value for cell in book.worksheets[0][2]][:2] == ["420102001", "=外区街道"]
    assert book.worksheets[0]["B2"].data_type == "s"
    book.worksheets[0]["A2"] = "990101009"
    book.save(out)
    _code, told, _err = run("import_register", "subdistricts", str(out), "--district", "990101", "--json")
    assert json.loads(told)["new"] == 2, told


def test_a_user_needs_the_permission_and_stays_in_the_own_scope(cast, write):
    path = write(["街道代码", "街道名称"], ["990101009", "新街道"])
    code, _out, err = run(
        "import_register", "subdistricts", str(path), "--district", "990101", "--as", "approver"
    )
    assert code == 1
    assert err
    assert not Subdistrict.objects.filter(code="990101009").exists()


def test_registers_are_listed(db):
    code, out, _err = run("list_registers", "--json")
    names = [one["name"] for one in json.loads(out)["registers"]]
    assert code == 0
    assert {
        "subdistricts",
        "communities",
        "compounds",
        "compound-classes",
        "enterprises",
        "projects",
        "contracts",
        "assignments",
        "market-rounds",
        "party-organisations",
        "party-posts",
        "people",
        "holidays",
        "reported-figures",
    } <= set(names)


def test_an_export_can_only_be_xlsx_or_csv(cast, tmp_path):
    assert run("export_register", "subdistricts", str(tmp_path / "a.pdf"), "--district", "990101")[0] == 1
