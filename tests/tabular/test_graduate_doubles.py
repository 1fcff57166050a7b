"""Firms send lists of their graduates: who stands in two of them is proposed for merging, and nobody is doubled."""

import dataclasses
import datetime as dt

import pytest

from enterprises.models import Enterprise, Graduate, PartyCount, Post
from redprop.common.tabular import declare
from redprop.core.models import Person
from redprop.core.services import imports
from redprop.core.services.undo import undo_now
from tests.tabular.rows import errors

HEAD = ["姓名", "学历", "毕业院校", "毕业日期", "计划招录", "招录日期", "用人单位", "岗位", "工作电话"]
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
MIDDLE = "建国文志海永春秋思家"
LAST = {
    "伟": "玮",
    "静": "婧",
    "晓": "小",
    "英": "瑛",
    "杰": "洁",
    "宇": "雨",
    "涛": "韬",
    "磊": "蕾",
    "欣": "新",
    "慧": "惠",
}
"""Last characters of given names, each with another that sounds the same."""


@pytest.fixture
def firms(cast):
    return [
        Enterprise.objects.create(
            district=cast.district,
            uscc=code,
            name=f"示例{number}物业",
            kind="market",
            registered_from=dt.date(2017, 1, 1),
        )
        for number, code in enumerate(["91350100M000100Y43", "91152201078377449P", "91152201078382010M"])
    ]


def people_of(count):
    names = [s + m + last for s in SURNAMES for m in MIDDLE for last in LAST]
    return names[:count]


def row(name, number, firm):
    return [
        name,
        "本科",
        f"示例大学{number % 7}",
        "2024-06-30",
        "是",
        "2024-07-01",
        firm,
        "楼栋管家",
        f"027-8{number:07d}",
    ]


def files_of_firms(count, doubles, firms):
    """So many graduates at three firms; some stand at the next firm again, spelled otherwise, with another number."""
    rows = [row(name, n, firms[n % 3].uscc) for n, name in enumerate(people_of(count))]
    for n in range(doubles):
        place = n * (count // doubles)
        name = people_of(count)[place]
        twin = row(name[:-1] + LAST[name[-1]], place, firms[(place + 1) % 3].uscc)
        twin[-1] = f"027-9{n:07d}"
        rows.append(twin)
    return rows


def import_of_firms(load, firms, count, doubles):
    rows = files_of_firms(count, doubles, firms)
    plan = load("graduates", HEAD, *rows, only_good=True)
    assert plan.counts()["new"] == count
    assert plan.counts()["refused"] == doubles
    assert Person.objects.count() == Graduate.objects.count() == Post.objects.count() == count
    # Each double names the row of whom it may be: the header is row 1.
    for n, problem in enumerate(plan.problems()):
        assert f"第 {n * (count // doubles) + 2} 行" in problem.message
    again = load("graduates", HEAD, *rows, only_good=True)
    assert again.counts() == {
        "rows": count + doubles,
        "new": 0,
        "changed": 0,
        "unchanged": count,
        "refused": doubles,
    }
    assert Person.objects.count() == count


def test_sixty_graduates_of_three_firms_and_three_of_them_twice(cast, load, firms):
    import_of_firms(load, firms, 60, 3)


@pytest.mark.faults
def test_two_thousand_graduates_of_three_firms_and_a_hundred_of_them_twice(cast, load, firms):
    import_of_firms(load, firms, 1900, 100)


def test_who_is_in_the_register_under_another_spelling_is_taken_by_a_decision(cast, load, firms, context):
    load("graduates", HEAD, row("王建伟", 1, firms[0].uscc))
    twin = row("王建玮", 1, "")
    plan = load("graduates", HEAD, twin, only_good=True)
    assert plan.counts()["refused"] == 1
    (known,) = Person.objects.all()
    assert [one.pk for one in plan.rows[0].candidates] == [known.pk]

    same = dataclasses.replace(context, decisions={2: str(known.pk)})
    assert load("graduates", HEAD, twin, context=same).counts()["unchanged"] == 1
    other = dataclasses.replace(context, decisions={2: "new"})
    assert load("graduates", HEAD, twin, context=other).counts()["new"] == 1
    assert Person.objects.count() == 2


def test_one_name_and_another_school_is_asked_about(cast, load, firms):
    first, second = row("王建伟", 1, firms[0].uscc), row("王建伟", 2, firms[1].uscc)
    plan = load("graduates", HEAD, first, second, only_good=True)
    assert plan.counts()["refused"] == 1
    assert "新建" in errors(plan)[0][2]
    plan = load("graduates", [*HEAD, "处理"], [*second, "新建"])
    assert plan.counts()["new"] == 1
    assert Person.objects.filter(name="王建伟").count() == 2


def test_the_same_sound_alone_is_nobody(cast, load, firms):
    first, second = row("王建伟", 1, firms[0].uscc), row("王建玮", 2, firms[1].uscc)
    plan = load("graduates", HEAD, first, second)
    assert plan.counts()["new"] == 2


def test_the_same_telephone_and_sound_are_asked_about(cast, load, firms):
    first, second = row("王建伟", 1, firms[0].uscc), row("王建玮", 2, firms[1].uscc)
    second[-1] = first[-1]
    assert load("graduates", HEAD, first, second, only_good=True).counts()["refused"] == 1


def test_a_degree_after_the_hire_is_refused_with_a_sentence(cast, load, firms):
    late = row("王建伟", 1, firms[0].uscc)
    late[3] = "2024-07-02"
    plan = load("graduates", HEAD, late, only_good=True)
    assert plan.counts()["refused"] == 1
    assert "2024-07-02" in errors(plan)[0][2]
    assert not Person.objects.exists()


def test_an_import_of_graduates_is_undone_with_its_persons_and_posts(cast, firms, context, write):
    _plan, batch = imports.import_file(
        register=declare.get("graduates"),
        path=write(HEAD, row("王建伟", 1, firms[0].uscc)),
        context=context,
    )
    assert (Person.objects.count(), Post.objects.count()) == (1, 1)
    undo_now(batch=batch, acting_user=None)
    assert (Person.objects.count(), Graduate.objects.count(), Post.objects.count()) == (0, 0, 0)


def test_a_new_count_of_members_ends_the_one_before(cast, load):
    load(
        "party-organisations",
        ["党组织名称", "类别", "组建形式", "成立日期", "正式党员人数"],
        ["甲支部", "党支部", "单建", "2020-01-01", "4"],
    )
    head = ["党组织", "统计日期", "正式党员人数"]
    plan = load("party-counts", head, ["DZ0001", "2026-06-30", "6"], ["DZ0001", "2025-06-30", "5"])
    assert plan.counts()["new"] == 2
    assert list(
        PartyCount.objects.order_by("valid_from").values_list("valid_from", "valid_to", "full_members")
    ) == [
        (dt.date(2020, 1, 1), dt.date(2025, 6, 29), 4),
        (dt.date(2025, 6, 30), dt.date(2026, 6, 29), 5),
        (dt.date(2026, 6, 30), None, 6),
    ]
