"""A file of persons doubles nobody in silence: names that are there are proposed, namesakes are said to be new."""

import dataclasses

from enterprises.models import PartyCount, PartyCoverage
from redprop.core.models import Person
from tests.tabular.rows import errors


def test_a_name_that_is_there_is_proposed_and_not_doubled(cast, load):
    load("people", ["姓名"], ["甲某"], ["乙某"])
    plan = load("people", ["姓名", "工作电话"], ["甲某", "027-82000001"], ["丙某", ""], only_good=True)
    assert plan.counts()["refused"] == 1
    assert sorted(Person.objects.values_list("name", flat=True)) == ["丙某", "乙某", "甲某"]


def test_one_name_twice_in_a_file_is_asked_about(cast, load):
    plan = load("people", ["姓名"], ["甲某"], ["甲某"], only_good=True)
    assert plan.counts()["refused"] == 1
    assert Person.objects.count() == 1


def test_a_namesake_is_written_when_the_file_says_so(cast, load):
    load("people", ["姓名"], ["甲某"])
    load("people", ["姓名", "处理"], ["甲某", "新建"])
    assert Person.objects.filter(name="甲某").count() == 2


def test_proposals_may_be_taken_together(cast, load, context):
    load("people", ["姓名"], ["甲某"])
    accepting = dataclasses.replace(context, accept_matches=True)
    plan = load("people", ["姓名", "工作电话"], ["甲某", "027-82000001"], context=accepting)
    assert plan.counts()["changed"] == 1
    assert Person.objects.get().work_phone == "027-82000001"


FIRMS = ["91350100M000100Y43", "91152201078382010M"]


def branch(load, *more):
    return load(
        "party-organisations",
        ["党组织名称", "类别", "组建形式", "成立日期", "正式党员人数", *[name for name, _value in more]],
        ["联合支部", "联合党支部", "联建", "2020-01-01", "4", *[value for _name, value in more]],
    )


def test_a_sixth_unit_of_a_joint_branch_is_refused_with_the_way_out(cast, load):
    rows = [[f"企{n}物业", f"9142010000000000{n}{c}"] for n, c in enumerate("0123456")]
    enterprises = enterprises_of(cast, rows)
    branch(load)
    plan = load(
        "party-coverage",
        ["党组织", "企业名称", "项目编号", "起始日期"],
        *[["DZ0001", one.name, "", "2020-01-01"] for one in enterprises[:6]],
        only_good=True,
    )
    assert plan.counts()["refused"] == 6
    assert "5" in str(errors(plan)[0])
    plan = load(
        "party-coverage",
        ["党组织", "企业名称", "项目编号", "起始日期"],
        *[["DZ0001", one.name, "", "2020-01-01"] for one in enterprises[:5]],
    )
    assert PartyCoverage.objects.count() == 5


def enterprises_of(cast, rows):
    import datetime as dt

    from enterprises.models import Enterprise

    return [
        Enterprise.objects.create(
            district=cast.district,
            uscc=f"91420100MA{number:08d}",
            name=name,
            kind="market",
            registered_from=dt.date(2019, 1, 1),
        )
        for number, (name, _code) in enumerate(rows)
    ]


def test_a_new_count_ends_the_one_before_on_the_day_the_file_names(cast, load):
    branch(load)
    load(
        "party-organisations",
        ["党组织编号", "正式党员人数", "预备党员人数", "人数截至日期"],
        ["DZ0001", "6", "1", "2026-06-30"],
    )
    found = [
        (
            one.valid_from.isoformat(),
            one.valid_to and one.valid_to.isoformat(),
            one.full_members,
            one.probationary_members,
        )
        for one in PartyCount.objects.order_by("valid_from")
    ]
    assert found == [("2020-01-01", "2026-06-29", 4, 0), ("2026-06-30", None, 6, 1)]


def test_a_joint_type_with_a_single_form_is_refused(cast, load):
    plan = load(
        "party-organisations",
        ["党组织名称", "类别", "组建形式", "成立日期"],
        ["甲支部", "联合党支部", "单建", "2020-01-01"],
        only_good=True,
    )
    assert plan.counts()["refused"] == 1
