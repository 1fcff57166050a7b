"""The templates of all registers: headers, help, example, drop-downs, also after LibreOffice has saved them."""

import re
import shutil
import subprocess

import openpyxl
import pytest

from redprop.common.errors import Refused
from redprop.common.tabular import declare, writing
from redprop.common.tabular.dropdowns import FIRST_ROW, OPTIONS
from redprop.common.tabular.kinds import Ambiguous, Reference
from redprop.core.services import imports

CHINESE = re.compile(r"[\u4e00-\u9fff]")
_PLACE = re.compile(r"'?选项'?!\$?([A-Z]+)\$1:\$?\1\$(\d+)")


@pytest.fixture
def templates(filled, context, tmp_path):
    """The template of every register, by name, with rows in the registers that drop-downs offer."""
    folder = tmp_path / "templates"
    folder.mkdir()
    paths = {}
    for register in declare.registers():
        paths[register.name] = folder / f"{register.name}.xlsx"
        writing.template(register, context, paths[register.name])
    return paths


def drop_downs(book) -> dict[tuple[str, int], list[str]]:
    """What each list offers below the example, by sheet and column."""
    found = {}
    for sheet in book:
        for rule in sheet.data_validations.dataValidation:
            letter, last = _PLACE.fullmatch(rule.formula1).groups()
            column = openpyxl.utils.column_index_from_string(letter)
            texts = [book[OPTIONS].cell(row, column).value for row in range(1, int(last) + 1)]
            for cells in rule.sqref.ranges:
                assert cells.min_row == FIRST_ROW
                assert cells.max_row >= 1000
                found[sheet.title, cells.min_col] = texts
    return found


def test_every_template_has_chinese_headers_help_and_an_example(templates):
    wrong = []
    for name, path in templates.items():
        book = openpyxl.load_workbook(path)
        assert book[OPTIONS].sheet_state == "hidden"
        for sheet in book:
            if sheet.title == OPTIONS:
                continue
            for header, told, example in sheet.iter_cols(max_row=3, values_only=True):
                must = header.endswith("*")
                if not (
                    CHINESE.search(header)
                    and CHINESE.search(sheet.title)
                    and CHINESE.search(told)
                    and (not must or (example and "必填" in told))
                ):
                    wrong.append((name, sheet.title, header, told, example))
            assert all(cell.data_type != "f" for row in sheet for cell in row)
    assert wrong == []


def test_every_choice_and_every_register_that_is_named_is_offered(templates, context):
    """What a drop-down offers is read as one value: a name that two rows carry would be refused."""
    unread, without = [], []
    for name, path in templates.items():
        register = declare.get(name)
        book = openpyxl.load_workbook(path)
        sheet = book.worksheets[0]
        headers = {
            cell.value.removesuffix("*"): (sheet.title, cell.column) for cell in sheet[1] if cell.value
        }
        lists = drop_downs(book)
        for column in register.columns:
            if column.read_only or column.header not in headers:
                continue
            texts = lists.get(headers[column.header], [])
            if column.kind.choices_out() and texts != column.kind.choices_out():
                without.append((name, column.header))
            if not isinstance(column.kind, Reference) or not column.kind.offer:
                unread += [(name, column.header, text) for text in texts if column.kind.parse(text) is None]
                continue
            if not texts:
                without.append((name, column.header))
            keys = {column.kind.parse(text) for text in texts}
            rows = column.kind.resolve(context, keys)
            unread += [
                (name, column.header, key)
                for key in keys
                if key not in rows or isinstance(rows[key], Ambiguous)
            ]
    assert (unread, without) == ([], [])


def test_a_list_of_any_length_is_offered_and_stands_once(context, filled, tmp_path):
    from redprop.areas.models import Subdistrict

    Subdistrict.objects.bulk_create(
        Subdistrict(district=filled.district, code=f"99019{i:04d}", name=f"很长的名称第{i}街道")
        for i in range(600)
    )
    path = tmp_path / "compounds.xlsx"
    writing.template(declare.get("compounds"), context, path)
    book = openpyxl.load_workbook(path)
    assert (
        max(map(len, drop_downs(book).values()))
        == Subdistrict.objects.filter(district=filled.district).count()
    )
    # 房屋、路面、线路、绿化 share one list.
    assert len({rule.formula1 for rule in book.worksheets[0].data_validations.dataValidation}) < len(
        drop_downs(book)
    )


def test_no_template_is_taken_for_data(templates, context):
    for name, path in templates.items():
        with pytest.raises(Refused) as caught:
            imports.check(register=declare.get(name), path=path, context=context)
        assert caught.value.code == "no-rows", name


@pytest.mark.faults  # half a minute of LibreOffice for every register
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_what_libreoffice_makes_of_every_template_offers_and_reads_the_same(templates, context, tmp_path):
    saved = tmp_path / "saved"
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/office", "--headless"]
    command += ["--convert-to", "xlsx", "--outdir", str(saved), *map(str, templates.values())]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    if not saved.exists():
        pytest.skip("LibreOffice Calc is not installed")
    for name, path in templates.items():
        before, after = openpyxl.load_workbook(path), openpyxl.load_workbook(saved / path.name)
        assert drop_downs(after) == drop_downs(before), name
        assert after[OPTIONS].sheet_state == "hidden", name
        with pytest.raises(Refused) as caught:
            imports.check(register=declare.get(name), path=saved / path.name, context=context)
        assert caught.value.code == "no-rows", name
