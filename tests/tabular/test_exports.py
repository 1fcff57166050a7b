"""Every list leaves as a file: the rows of the screen, escaped, typed, streamed, logged, within one's scope."""

import csv
import datetime as dt
import io
import shutil
import subprocess
import tracemalloc

import pytest
from django.db import Error, connection
from django.urls import reverse
from openpyxl import load_workbook

from communities.models import Compound
from redprop.common.tabular import declare, writing
from redprop.common.tabular.engine import CHANGED, NEW, REFUSED, validate
from redprop.common.tabular.sheets import SheetWriter
from redprop.core.models import ExportLog, Person
from redprop.core.services.listings import open_listing
from redprop.core.services.people import save_person

LIST = "/admin/communities/compound/"


@pytest.fixture
def compounds(cast):
    """Three compounds, one with a name that a spreadsheet would run, and one of the neighbour."""
    for code, name, households in (
        ("XQ0001", "红旗小区", 480),
        ("XQ0002", "东风小区", 12),
        ("XQ0003", "=1+1小区", 7),
    ):
        Compound.objects.create(
            district=cast.district,
            code=code,
            name=name,
            households=households,
            registered_from=dt.date(2020, 1, 1),
        )
    Compound.objects.create(
        district=cast.other_district, code="XQ0009", name="邻区小区", registered_from=dt.date(2020, 1, 1)
    )


@pytest.fixture
def registrar(client, cast):
    client.force_login(cast.registrar)
    return client


def body(answer) -> bytes:
    return b"".join(answer.streaming_content)


def table(answer) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body(answer).decode("utf-8-sig"))))


def sheet(answer):
    return load_workbook(io.BytesIO(body(answer))).active


def test_a_list_leaves_with_the_filters_search_and_order_of_the_page(registrar, compounds):
    rows = table(registrar.get(f"{LIST}export/list.csv?o=-6&p=3"))
    assert rows[0][:2] == ["小区名称", "小区编号"] or rows[0][1]
    assert [row[1] for row in rows[1:]] == ["XQ0001", "XQ0002", "XQ0003"]
    rows = table(registrar.get(f"{LIST}export/list.csv?q=东风"))
    assert [row[0] for row in rows[1:]] == ["东风小区"]
    rows = table(registrar.get(f"{LIST}export/compounds.csv?q=东风"))
    assert len(rows) == 2


def test_the_registers_own_columns_follow_the_pages_order(registrar, compounds):
    rows = table(registrar.get(f"{LIST}export/compounds.csv?o=6"))
    codes = rows[0].index("小区编号")
    assert [row[codes] for row in rows[1:]] == ["XQ0003", "XQ0002", "XQ0001"]


def test_what_would_run_as_a_formula_is_text_in_both_formats(registrar, compounds):
    rows = table(registrar.get(f"{LIST}export/list.csv?o=6"))
    assert rows[1][0] == "'=1+1小区"
    found = sheet(registrar.get(f"{LIST}export/list.xlsx?o=6"))
    cell = found.cell(4, 1)
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=1+1小区", "s", True)


def test_a_workbook_says_what_it_is_and_of_when(registrar, compounds):
    found = sheet(registrar.get(f"{LIST}export/list.xlsx?q=小区"))
    assert found.cell(1, 1).value == str(Compound._meta.verbose_name_plural)
    assert found.cell(2, 1).value.startswith("甲区 ")
    assert "2026-10-12 09:00" in found.cell(2, 1).value
    assert found.freeze_panes == "A4"
    assert found.auto_filter.ref == "A3:G6"
    households = found.cell(4, 7)
    assert isinstance(households.value, int)


def test_dates_and_amounts_keep_their_type(registrar, cast):
    from redprop.core.models import Holiday

    Holiday.objects.create(district=cast.district, day=dt.date(2027, 1, 1), is_workday=False, name="元旦")
    found = sheet(registrar.get("/admin/core/holiday/export/list.xlsx"))
    assert found.cell(4, 1).value.date() == dt.date(2027, 1, 1)
    assert found.cell(4, 1).number_format == "yyyy\\-mm\\-dd"


def test_only_the_own_district_leaves(client, cast, compounds):
    client.force_login(cast.foreign["registrar"])
    assert [row[0] for row in table(client.get(f"{LIST}export/list.csv"))[1:]] == ["邻区小区"]


def test_what_the_page_masks_stays_masked(registrar, cast):
    person = Person(district=cast.district, name="张三")
    save_person(person=person, acting_user=None, id_number="11010519491231002X")
    for register in ("list", "people"):
        for ending in ("csv", "xlsx"):
            answer = registrar.get(f"/admin/core/person/export/{register}.{ending}")
            content = body(answer) if ending == "csv" else str(list(sheet(answer).values)).encode()
            assert "张三".encode() in content or ending == "xlsx"
            assert b"11010519491231002X" not in content


def test_each_export_is_logged_with_its_filters_and_rows(registrar, cast, compounds):
    body(registrar.get(f"{LIST}export/list.csv?q=东风"))
    body(registrar.get(f"{LIST}export/compounds.xlsx"))
    found = list(ExportLog.objects.order_by("pk").values_list("user", "page", "register", "ending", "rows"))
    assert found == [
        (cast.registrar.pk, "admin:communities.compound", "list", "csv", 1),
        (cast.registrar.pk, "admin:communities.compound", "compounds", "xlsx", 3),
    ]
    assert "东风" in ExportLog.objects.order_by("pk").first().filters


def test_the_audit_administrator_reads_the_log_and_nobody_changes_it(client, cast, compounds):
    client.force_login(cast.registrar)
    body(client.get(f"{LIST}export/list.csv"))
    assert client.get(reverse("admin:core_exportlog_changelist")).status_code == 403
    client.force_login(cast.audit_administrator)
    page = client.get(reverse("admin:core_exportlog_changelist")).content.decode()
    assert str(Compound._meta.verbose_name_plural) in page
    client.force_login(cast.foreign["audit_administrator"])
    assert ExportLog.objects.for_user(cast.foreign["audit_administrator"]).count() == 0
    with pytest.raises(Error), connection.cursor() as cursor:
        cursor.execute("UPDATE core_exportlog SET rows = 0")


def test_an_export_that_is_not_allowed_is_not_logged(client, cast, compounds):
    client.force_login(cast.system_administrator)
    assert client.get(f"{LIST}export/list.csv").status_code == 403
    assert not ExportLog.objects.exists()


def test_a_broken_filter_leads_back_to_the_list(registrar, compounds):
    assert registrar.get(f"{LIST}export/list.csv?nonsense=1").status_code == 302


def test_a_workbook_with_its_lines_above_comes_back_without_a_difference(cast, context, compounds, tmp_path):
    register = declare.get("compounds")
    listing = open_listing(user=cast.registrar, page="admin:communities.compound", register="compounds")
    path = tmp_path / "x.xlsx"
    assert writing.write_table(path, listing.table) == 3
    counts = validate(register, path, context).counts()
    assert counts["rows"] == 3
    assert not counts[NEW] + counts[CHANGED] + counts[REFUSED]


def many(count):
    for i in range(count):
        yield [f"XQ{i:06d}", f"小区{i}", i, dt.date(2026, 1, 1), "大智街道"]


@pytest.mark.parametrize("ending", writing.ENDINGS)
def test_memory_does_not_grow_with_the_rows(ending, tmp_path):
    headers = ["编号", "名称", "户数", "日期", "街道"]

    def peak(count):
        tracemalloc.start()
        writing.write_table(tmp_path / f"m.{ending}", writing.Table("小区", headers, many(count)))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(10)
    assert peak(30_000) < peak(3_000) * 1.5 + 200_000


def test_the_header_of_a_csv_comes_before_the_first_row_is_read():
    def rows():
        raise AssertionError("read too early")
        yield []

    first = next(writing.csv_parts(writing.Table("小区", ["编号"], rows())))
    assert first.decode("utf-8-sig") == "编号\r\n"


@pytest.mark.parametrize("ending", writing.ENDINGS)
def test_a_file_that_is_given_up_leaves_nothing(ending, tmp_path):
    def rows():
        yield ["1"]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        writing.write_table(tmp_path / f"x.{ending}", writing.Table("小区", ["编号"], rows()))
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_opens_what_we_write(tmp_path):
    path = tmp_path / "x.xlsx"
    with SheetWriter(path, "小区 & '甲'", ["名称", "户数", "日期"], above=["小区", "甲区"]) as out:
        out.append(["=1+1", 12, dt.date(2026, 3, 5)])
        out.append(['<甲>&"乙"\n丙', None, None])
    made = to_csv(path, tmp_path)
    assert made[3:] == [["=1+1", "12", "2026-03-05"], ['<甲>&"乙"\n丙', "", ""]]


def to_csv(path, folder):
    """Convert a workbook headless; skip where Calc is not installed."""
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{folder}/office",
            "--headless",
            "--convert-to",
            "csv:Text - txt - csv (StarCalc):44,34,76",
            "--outdir",
            str(folder),
            str(path),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    out = folder / f"{path.stem}.csv"
    if not out.exists():
        pytest.skip("LibreOffice Calc is not installed")
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


STARTS = ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"]


@pytest.mark.parametrize("start", STARTS)
def test_no_cell_of_any_file_begins_a_formula(start, tmp_path):
    """Read back as a spreadsheet does: in CSV an apostrophe stands in front, in a workbook the cell is text."""
    evil = f"{start}cmd|' /C calc'!A0"
    made = writing.Table("清单", [evil, "乙"], [[evil, 1]], above=[evil])
    writing.write_table(tmp_path / "out.csv", made)
    for row in csv.reader((tmp_path / "out.csv").open(encoding="utf-8-sig", newline="")):
        assert row[0] == "'" + evil
    writing.write_table(tmp_path / "out.xlsx", made)
    cells = [cell for row in load_workbook(tmp_path / "out.xlsx").active.iter_rows() for cell in row]
    texts = [cell for cell in cells if isinstance(cell.value, str) and "cmd" in cell.value]
    assert len(texts) == 3
    assert {cell.data_type for cell in texts} == {"s"}
    assert texts[-1].quotePrefix  # stays a text when the cell is edited
