"""Each register: new, changed, unchanged and refused rows, dated facts, and exports that come back unchanged."""

import datetime as dt

import openpyxl
import pytest

from communities.models import (
    Compound,
    CompoundClass,
    CompoundKind,
    CompoundPlacement,
    MarketRound,
    ServiceAssignment,
    ServiceContract,
)
from enterprises.models import Enterprise, PartyOrganisation, PartyPost, ServiceProject
from redprop.areas.models import Community, CommunityVersion, Subdistrict
from redprop.common.errors import Refused
from redprop.common.tabular import declare
from redprop.core.models import Holiday, ImportBatch, ImportRow, Person, ReportedFigure
from redprop.core.services import imports
from tests.tabular.conftest import imported
from tests.tabular.rows import FIRM, OTHER, errors


def test_every_register_comes_back_from_its_export_without_a_difference(filled, context, export):
    for register in declare.registers():
        for ending in ("csv", "xlsx"):
            path = export(register.name, ending)
            plan = imports.check(register=register, path=path, context=context)
            counts = plan.counts()
            assert counts["rows"], register.name
            assert counts["unchanged"] == counts["rows"], (register.name, ending, errors(plan))


def test_rows_are_stored_as_the_file_means_them(filled):
    compound = Compound.objects.get(name="红旗小区")
    assert (compound.code, compound.households, compound.floor_area) == ("XQ0001", 480, 36000)
    assert compound.aliases == ["老红旗", "红旗里"]
    assert compound.normalised_name == "红旗"
    assert "hqxq" in compound.pinyin
    assert compound.registered_from == dt.date(2017, 3, 1)
    assert compound.placements.get().community.name == "新一社区"
    assert compound.placements.get().valid_from == dt.date(2017, 3, 1)
    assert compound.kinds.get().kind == CompoundKind.Kind.OLD
    assert compound.classes.get().compound_class == 2
    assert Compound.objects.get(code="XQ0003").placements.count() == 0
    assert list(Compound.objects.unplaced(dt.date(2026, 10, 12)).values_list("code", flat=True)) == ["XQ0003"]
    version = CommunityVersion.objects.get(code="990101009001")
    assert (version.valid_from, version.name) == (dt.date(2020, 1, 1), "新一社区")
    assert Enterprise.objects.get(uscc=OTHER).name == "=乙物业有限公司"
    assert ServiceContract.objects.get(number="托〔2017〕1号").valid_to == dt.date(2027, 2, 28)
    assert Holiday.objects.get(day="2027-01-03").is_workday is True
    assert ReportedFigure.objects.get().value == 851
    assert PartyPost.objects.count() == 3
    branch = PartyOrganisation.objects.get(code="DZ0001")
    assert branch.counts.get().full_members == 5
    assert (branch.terms.get().valid_from, branch.terms.get().ends_on) == (
        dt.date(2017, 7, 1),
        dt.date(2020, 6, 30),
    )
    assert Person.objects.get(code="RY00001").recorded_by == "system"


def test_a_batch_records_the_file_and_what_it_did(cast, load, context):
    imported(cast, load, context)  # not the kept rows: those have no file
    batch = ImportBatch.objects.get(register="compounds")
    assert (batch.rows, batch.new, batch.state) == (3, 3, ImportBatch.State.DONE)
    assert batch.file.read().decode("utf-8-sig").startswith("小区名称")
    assert ImportRow.objects.filter(batch=batch).count() == 3
    assert [row.key for row in batch.results.all()] == ["XQ0001", "XQ0002", "XQ0003"]


def test_a_change_of_class_ends_the_old_one_the_day_before(filled, load):
    plan = load("compounds", ["小区编号", "小区类别", "变更生效日期"], ["XQ0001", "一类", "2026-07-01"])
    assert plan.counts()["changed"] == 1
    assert plan.changes_shown(plan.rows[0]) == [("小区类别", "二类", "一类")]
    spans = CompoundClass.objects.filter(compound__code="XQ0001").order_by("valid_from")
    assert [(c.compound_class, c.valid_from, c.valid_to) for c in spans] == [
        (2, dt.date(2017, 3, 1), dt.date(2026, 6, 30)),
        (1, dt.date(2026, 7, 1), None),
    ]


def test_a_change_is_kept_in_history_with_its_reason(filled, load):
    load("compounds", ["小区编号", "户数"], ["XQ0001", "500"])
    event = Compound.pgh_event_model.objects.get(code="XQ0001", pgh_label="update")
    assert event.households == 480
    assert event.pgh_context.metadata["username"] == "system"
    assert "compounds" in event.pgh_context.metadata["reason"]


def test_a_change_before_the_fact_in_force_is_refused(filled, load):
    plan = load("compounds", ["小区编号", "小区类别", "变更生效日期"], ["XQ0001", "一类", "2016-07-01"])
    assert plan.counts()["refused"] == 1
    assert CompoundClass.objects.filter(compound__code="XQ0001").count() == 1


def test_a_class_that_begins_before_the_compound_is_refused(filled, load):
    plan = load("compound-classes", ["小区编号", "类别", "起始日期"], ["XQ0003", "三类", "2016-12-31"])
    assert [(row, column) for row, column, _m in errors(plan)] == [(2, "起始日期")]
    assert "2017-03-01" in errors(plan)[0][2]
    plan = load(
        "compounds",
        ["小区名称", "小区类型", "类别", "登记日期", "变更生效日期"],
        ["新小区", "老旧小区", "一类", "2020-01-01", "2019-12-31"],
    )
    assert [column for _r, column, _m in errors(plan)] == ["变更生效日期"]


def test_a_community_that_moves_keeps_its_past(filled, load):
    load(
        "communities",
        ["社区代码", "社区名称", "街道", "生效日期"],
        ["990101009001", "新名社区", "甲区1街道", "2026-01-01"],
    )
    community = Community.objects.get(code="990101009001")
    assert (community.name, community.subdistrict.name) == ("新名社区", "甲区1街道")
    assert [(v.name, v.valid_from, v.valid_to) for v in community.versions.order_by("valid_from")] == [
        ("新一社区", dt.date(2020, 1, 1), dt.date(2025, 12, 31)),
        ("新名社区", dt.date(2026, 1, 1), None),
    ]


def test_overlapping_assignments_are_refused_within_the_file_and_against_the_register(filled, load):
    plan = load(
        "assignments",
        ["合同编号", "小区编号", "起始日期", "终止日期"],
        ["合〔2017〕1号", "XQ0002", "2018-01-01", "2019-12-31"],
        ["合〔2017〕1号", "XQ0001", "2020-01-01", "2020-12-31"],
        ["合〔2017〕1号", "XQ0002", "2019-12-31", "2020-12-31"],
        ["合〔2017〕1号", "XQ0003", "2021-01-01", ""],
    )
    assert [(row, column) for row, column, _m in errors(plan)] == [(3, "起始日期"), (4, "起始日期")]
    assert ServiceAssignment.objects.count() == 2
    assert "2017-03-01" in errors(plan)[0][2]


def test_only_good_rows_are_written_on_request(filled, load):
    plan = load(
        "assignments",
        ["合同编号", "小区编号", "起始日期"],
        ["没有的合同", "XQ0002", "2018-01-01"],
        ["合〔2017〕1号", "XQ0002", "2018-01-01"],
        only_good=True,
    )
    assert plan.counts()["refused"] == 1
    assert ServiceAssignment.objects.count() == 3


def test_a_trusteeship_needs_a_market_round_without_a_taker(filled, load):
    plan = load(
        "assignments", ["合同编号", "小区编号", "起始日期"], ["托〔2017〕1号", "XQ0002", "2018-01-01"]
    )
    assert [column for _r, column, _m in errors(plan)] == ["小区编号"]
    MarketRound.objects.create(
        district=filled.district,
        compound=Compound.objects.get(code="XQ0002"),
        opened_on="2017-11-01",
        closed_on="2017-12-01",
        outcome="no_taker",
    )
    plan = load(
        "assignments", ["合同编号", "小区编号", "起始日期"], ["托〔2017〕1号", "XQ0002", "2018-01-01"]
    )
    assert plan.counts()["new"] == 1


def test_a_uscc_with_a_wrong_check_character_is_refused_and_nothing_is_written(filled, load):
    plan = load(
        "enterprises",
        ["统一社会信用代码", "企业名称", "企业类型"],
        ["91350100M000100Y4Z", "坏", "市场化"],
        ["91152201078394644D", "好", "市场化"],
    )
    assert [(row, column) for row, column, _m in errors(plan)] == [(2, "统一社会信用代码")]
    assert Enterprise.objects.count() == 3


def test_a_row_without_code_is_only_proposed_for_the_compound_of_its_name(filled, load, context):
    plan = load("compounds", ["小区名称", "户数"], ["红旗", "481"], ["全新小区", "1"])
    assert [(row, column) for row, column, _m in errors(plan)] == [(2, "小区编号")]
    assert "XQ0001" in errors(plan)[0][2]
    accepting = imports.context_for(district=context.district, acting_user=None, accept_matches=True)
    plan = load("compounds", ["小区名称", "户数"], ["红旗 小区", "481"], ["全新小区", "1"], context=accepting)
    assert not errors(plan)
    assert Compound.objects.get(code="XQ0001").households == 481
    assert Compound.objects.get(name="全新小区").code == "XQ0004"


def test_the_subdistrict_tells_two_compounds_of_one_name_apart(filled, load):
    header = ["小区名称", "社区", "户数"]
    assert load("compounds", header, ["红旗小区", "甲区1社区", "99"]).counts()["new"] == 1
    plan = load("compounds", ["小区名称", "户数"], ["红旗小区", "7"])
    assert "XQ0001" in errors(plan)[0][2]
    assert "XQ0004" in errors(plan)[0][2]


def test_a_code_that_was_given_once_is_never_given_again(filled, load):
    load("compounds", ["小区编号", "小区名称"], ["XQ0009", "临时小区"])
    Compound.objects.get(code="XQ0009").delete()
    plan = load("compounds", ["小区编号", "小区名称"], ["XQ0009", "别的小区"])
    assert [column for _r, column, _m in errors(plan)] == ["小区编号"]
    load("compounds", ["小区名称"], ["又一小区"])
    assert Compound.objects.get(name="又一小区").code == "XQ0010"


def test_the_same_key_twice_in_a_file_is_refused(filled, load):
    plan = load("subdistricts", ["街道代码", "街道名称"], ["990101010", "甲"], ["990101010", "乙"])
    assert [row for row, _c, _m in errors(plan)] == [3]


def test_an_unreadable_amount_is_an_error_and_nothing_is_written(filled, load):
    plan = load("compounds", ["小区编号", "建筑面积"], ["XQ0001", "约3.6万"])
    assert [column for _r, column, _m in errors(plan)] == ["建筑面积"]
    assert Compound.objects.get(code="XQ0001").floor_area == 36000


def test_an_empty_cell_keeps_and_clearing_is_said(filled, load):
    load("compounds", ["小区编号", "户数", "建筑面积"], ["XQ0001", "", "清空"])
    compound = Compound.objects.get(code="XQ0001")
    assert (compound.households, compound.floor_area) == (480, None)


def test_a_mobile_number_in_a_name_is_refused_without_being_repeated(filled, load):
    plan = load("compounds", ["小区名称"], ["红旗 13812345678"])
    assert plan.problems()[0].value == "***"
    assert "13812345678" not in str(plan.problems())


def test_missing_required_columns_are_named_once(filled, load):
    with pytest.raises(Refused, match="签订日期"):
        load("contracts", ["合同编号", "项目编号"], ["新1", "FW0001"])


def test_another_district_sees_nothing_and_is_not_touched(filled, load, export):
    other = imports.context_for(district=filled.other_district, acting_user=None)
    plan = load("subdistricts", ["街道代码", "街道名称"], ["990101009", "冒名街道"], context=other)
    assert plan.counts()["refused"] == 1
    assert Subdistrict.objects.filter(code="990101009").count() == 1
    assert len(export("compounds", context=other).read_text("utf-8-sig").splitlines()) == 1
    plan = load(
        "assignments",
        ["合同编号", "小区编号", "起始日期"],
        ["合〔2017〕1号", "XQ0001", "2018-01-01"],
        context=other,
    )
    assert {column for _r, column, _m in errors(plan)} == {"合同编号", "小区编号"}


def test_nobody_is_at_two_enterprises_on_one_day(filled, load):
    plan = load(
        "posts",
        ["姓名", "企业", "岗位", "起始日期", "终止日期"],
        ["乙某", OTHER, "员工", "2019-01-01", "2020-06-30"],
        ["乙某", OTHER, "员工", "2021-01-01", ""],
        ["甲某", FIRM, "员工", "2020-07-01", ""],
    )
    assert [(row, column) for row, column, _m in errors(plan)] == [(3, "起始日期"), (4, "起始日期")]


def test_a_project_cannot_pass_to_another_enterprise(filled, load):
    plan = load("projects", ["项目编号", "统一社会信用代码"], ["FW0001", OTHER])
    assert plan.counts()["refused"] == 1
    assert ServiceProject.objects.get(code="FW0001").enterprise.uscc == FIRM


def test_the_template_imports_as_nothing_until_rows_are_added(filled, context, tmp_path):
    from redprop.common.tabular import writing

    for register in declare.registers():
        path = tmp_path / f"{register.name}.xlsx"
        writing.template(register, context, path)
        with pytest.raises(Refused) as caught:
            imports.check(register=register, path=path, context=context)
        assert caught.value.code == "no-rows", register.name
    path = tmp_path / "holidays.xlsx"
    book = openpyxl.load_workbook(path)
    assert book.worksheets[0].data_validations.dataValidation
    book.worksheets[0].append(["2027-05-01", "否", "劳动节"])
    book.save(path)
    plan = imports.check(register=declare.get("holidays"), path=path, context=context)
    assert plan.counts() == {"rows": 1, "new": 1, "changed": 0, "unchanged": 0, "refused": 0}


def test_placements_are_dated_rows(filled, load):
    load("compounds", ["小区编号", "社区代码"], ["XQ0001", "990101001001"])
    assert [
        (p.community.code, p.valid_from, p.valid_to)
        for p in CompoundPlacement.objects.filter(compound__code="XQ0001").order_by("valid_from")
    ] == [
        ("990101009001", dt.date(2017, 3, 1), dt.date(2026, 10, 11)),
        ("990101001001", dt.date(2026, 10, 12), None),
    ]


def test_a_formula_error_and_a_shortened_code_are_refused(filled, load):
    plan = load("compounds", ["小区编号", "户数", "社区"], ["XQ0001", "#REF!", "4.20102E+11"])
    assert [column for _r, column, _m in errors(plan)] == ["户数", "社区"]
