"""Rows without a code: proposed with a score, decided by a person, remembered; searched set-wise."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from communities.candidates import find_candidates
from communities.models import Compound, CompoundAlias
from redprop.common.matching import Described
from redprop.common.tabular import declare
from redprop.core.models import ImportBatch, ImportMatch
from redprop.core.services import imports

IMPORT = "/admin/communities/compound/import/compounds/"
DAY = dt.date(2026, 10, 12)


def errors(plan):
    return [(p.row, p.column, p.message) for p in plan.problems()]


@pytest.fixture
def register(cast, load):
    """Three compounds: XQ0001 新地东方明珠, XQ0002 星悦城一期, XQ0003 民福金堡大厦."""
    plan = load(
        "compounds",
        ["小区名称", "地址", "户数"],
        ["新地东方明珠", "兴业南路7号", "400"],
        ["星悦城一期", "塔子湖西路1号", "300"],
        ["民福金堡大厦", "中山大道961号", "200"],
    )
    assert plan.counts()["new"] == 3
    return cast


def accepting(context, least=None):
    from dataclasses import replace

    return replace(context, accept_matches=True, accept_from=least)


def test_a_row_is_new_only_without_a_candidate(register, load):
    plan = load("compounds", ["小区名称"], ["东方明珠"], ["星悦城二期"], ["全新家园"])
    assert [row for row, _c, _m in errors(plan)] == [2]
    assert "XQ0001" in errors(plan)[0][2]
    assert plan.counts() == {"rows": 3, "new": 2, "changed": 0, "unchanged": 0, "refused": 1}
    assert Compound.objects.count() == 3


def test_a_taken_name_is_kept_and_matches_by_itself_the_next_time(register, load, context):
    plan = load(
        "compounds",
        ["小区名称", "地址", "户数"],
        ["东方明珠", "兴业南路7号", "410"],
        context=accepting(context, 80),
    )
    assert not errors(plan)
    compound = Compound.objects.get(code="XQ0001")
    assert (compound.name, compound.aliases, compound.households) == ("新地东方明珠", ["东方明珠"], 410)
    alias = CompoundAlias.objects.get()
    assert (alias.compound, alias.name, alias.source) == (compound, "东方明珠", CompoundAlias.Source.IMPORT)
    again = load("compounds", ["小区名称", "户数"], ["东方明珠", "420"])
    assert again.counts() == {"rows": 1, "new": 0, "changed": 1, "unchanged": 0, "refused": 0}
    assert Compound.objects.get(code="XQ0001").households == 420
    assert Compound.objects.count() == 3


def test_without_a_number_only_rows_of_the_same_name_are_accepted(register, load, context):
    rows = (["小区名称", "户数"], ["东方明珠", "410"], ["星悦城1期", "301"])
    plan = load("compounds", *rows, context=accepting(context), only_good=True)
    assert [row for row, _c, _m in errors(plan)] == [2]
    assert Compound.objects.get(code="XQ0002").households == 301
    assert Compound.objects.get(code="XQ0002").name == "星悦城一期"


def test_a_confirmed_registered_name_changes_without_a_new_proposal(register, load, context):
    header = ["小区名称", "户数"]
    assert errors(load("compounds", header, ["星悦城1期", "301"]))
    load("compounds", header, ["星悦城1期", "301"], context=accepting(context))
    assert Compound.objects.get(code="XQ0002").aliases == []
    assert not errors(load("compounds", header, ["星悦城一期", "302"]))
    assert Compound.objects.get(code="XQ0002").households == 302


def test_the_file_itself_can_say_that_a_row_is_new(register, load):
    plan = load("compounds", ["小区名称", "处理"], ["东方明珠", "新建"])
    assert plan.counts()["new"] == 1
    assert Compound.objects.get(name="东方明珠").code == "XQ0004"


def test_two_rows_of_a_file_never_become_one_row_of_the_register(register, load, context):
    plan = load(
        "compounds",
        ["小区名称", "户数"],
        ["东方明珠", "410"],
        ["新地·东方明珠", "420"],
        context=accepting(context, 70),
    )
    assert [row for row, _c, _m in errors(plan)] == [3]


def test_other_names_serve_as_references(register, load, context):
    load("compounds", ["小区编号", "别名"], ["XQ0003", "金堡、民福里"])
    load("compounds", ["小区名称", "社区", "小区类型"], ["民福里", "", "老旧小区"])
    plan = load("compound-classes", ["小区编号", "类别", "起始日期"], ["民福里", "三类", "2027-01-01"])
    assert not errors(plan)
    load("compounds", ["小区编号", "别名"], ["XQ0003", "清空"])
    assert not CompoundAlias.objects.filter(compound__code="XQ0003", name="金堡").exists()


def test_a_row_of_another_district_is_refused(register, load):
    plan = load(
        "compounds", ["小区名称", "所属区"], ["异地小区", "硚口区"], ["本地小区", register.district.name]
    )
    assert [(row, column) for row, column, _m in errors(plan)] == [(2, "所属区")]


def test_the_header_tells_the_datum(register, load):
    plan = load("compounds", ["小区名称", "高德经度", "高德纬度"], ["全新家园", "114.283617", "30.63788"])
    assert not errors(plan)
    assert Compound.objects.get(name="全新家园").datum == "gcj02"
    assert errors(load("compounds", ["小区名称", "经度", "纬度"], ["另一家园", "114.283617", "30.63788"]))


# On the page


@pytest.fixture
def registrar(client, register):
    client.force_login(register.registrar)
    return client


def staged(registrar, text):
    registrar.post(IMPORT, {"file": SimpleUploadedFile("小区.csv", text.encode("utf-8-sig"))})
    batch = ImportBatch.objects.latest("pk")
    return batch, reverse("admin:communities_compound_matches", args=["compounds", batch.pk])


FILE = "小区名称,地址,户数\n东方明珠,兴业南路7号,410\n民福金堡,,210\n星悦城,塔子湖西路1号,1\n全新家园,,5\n"


def test_proposals_are_decided_one_by_one_and_the_import_goes_on(registrar):
    batch, address = staged(registrar, FILE)
    assert (batch.new, batch.refused) == (1, 3)
    assert batch.matches.count() == 3
    page = registrar.get(address).content.decode()
    assert "新地东方明珠" in page
    assert "兴业南路7号" in page
    assert ">东方明珠</td>" in page  # the file's own name, not a dash
    pearl, gold, joy = (batch.matches.get(number=n) for n in (2, 3, 4))
    registrar.post(address, {"match": pearl.pk, "same": pearl.candidates[0]["pk"]})
    registrar.post(address, {"match": gold.pk, "same": gold.candidates[0]["pk"]})
    registrar.post(address, {"match": joy.pk, "decision": "new"})
    registrar.post(address, {"apply": "1"})
    batch.refresh_from_db()
    assert (batch.new, batch.changed, batch.refused) == (2, 2, 0)
    registrar.post(reverse("admin:communities_compound_confirm", args=["compounds", batch.pk]))
    assert Compound.objects.get(code="XQ0001").aliases == ["东方明珠"]
    assert Compound.objects.get(code="XQ0003").aliases == ["民福金堡"]
    assert sorted(Compound.objects.values_list("code", "name"))[3:] == [
        ("XQ0004", "星悦城"),
        ("XQ0005", "全新家园"),
    ]
    pearl.refresh_from_db()
    assert pearl.decided_by == "registrar"


def test_all_above_a_line_are_taken_after_their_number_was_shown(registrar):
    batch, address = staged(registrar, FILE)
    page = registrar.get(address + "?line=80").content.decode()
    assert 'name="expected" value="2"' in page
    registrar.post(address, {"above": "80", "expected": "3"})
    assert not batch.matches.exclude(decision="").exists()
    registrar.post(address, {"above": "80", "expected": "2"})
    assert set(batch.matches.filter(decision="same").values_list("number", flat=True)) == {2, 3}


def test_a_decision_can_be_taken_back_until_the_import_is_written(registrar):
    batch, address = staged(registrar, FILE)
    match = batch.matches.get(number=2)
    registrar.post(address, {"match": match.pk, "decision": "new"})
    registrar.post(address, {"match": match.pk, "decision": ""})
    match.refresh_from_db()
    assert match.decision == ""
    registrar.post(address, {"match": match.pk, "same": "999999"})
    match.refresh_from_db()
    assert match.decision == ""
    ImportBatch.objects.filter(pk=batch.pk).update(state=ImportBatch.State.DONE)
    registrar.post(address, {"match": match.pk, "decision": "new"})
    match.refresh_from_db()
    assert match.decision == ""


def test_somebody_elses_batch_is_not_found(client, register, registrar):
    _batch, address = staged(registrar, FILE)
    client.force_login(register.foreign["registrar"])
    assert client.get(address).status_code == 404
    assert ImportMatch.objects.exclude(decision="").count() == 0


# Set-wise


def test_the_number_of_queries_does_not_grow_with_the_rows(register, context):
    def queries(count):
        wanted = [(n, Described(f"星悦城{n}号院")) for n in range(count)]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            find_candidates(district=context.district, day=DAY, wanted=wanted)
        return len(captured)

    assert queries(5) == queries(500)


def test_a_candidate_is_found_by_its_place_alone(register, context, load):
    load(
        "compounds",
        ["小区名称", "地址", "经度", "纬度", "坐标系"],
        ["第一棉纺厂宿舍", "解放大道18号", "114.300000", "30.600000", "GCJ-02"],
    )
    near = Described("桃花苑", place=(114.3003, 30.6002), datum="gcj02", address="解放大道18号")
    found = find_candidates(district=context.district, day=DAY, wanted=[(1, near)])
    assert [one.name for one in found[1]] == ["第一棉纺厂宿舍"]


def test_the_command_takes_a_line(register, tmp_path, capsys):
    path = tmp_path / "x.csv"
    path.write_text("小区名称,户数\n东方明珠,410\n", encoding="utf-8")
    options = {"district": register.district.code}
    with pytest.raises(SystemExit):
        call_command("import_register", "compounds", str(path), accept_matches=90, **options)
    call_command("import_register", "compounds", str(path), accept_matches=70, **options)
    assert Compound.objects.get(code="XQ0001").households == 410


def test_the_register_of_projects_still_matches_by_name(register):
    assert declare.get("projects").match is not None
    assert imports.context_for(district=register.district, acting_user=None).decisions == {}
