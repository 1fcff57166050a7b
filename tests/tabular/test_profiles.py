"""Headers that nobody knows are asked for once; the answers are kept and proposed for the next file alike."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from communities.models import Compound
from redprop.common.errors import Refused
from redprop.common.tabular import declare
from redprop.core.models import ImportBatch, MappingProfile
from redprop.core.services import profiles

IMPORT = "/admin/communities/compound/import/compounds/"
FILE = "项目大名,住户规模,咨询热线\n红旗小区,480,甲\n东风小区,12,乙\n建设小区,7,丙\n永红小区,9,丁\n"


@pytest.fixture
def registrar(client, cast):
    client.force_login(cast.registrar)
    return client


def upload(client, text=FILE, name="街道台账.csv"):
    return client.post(IMPORT, {"file": SimpleUploadedFile(name, text.encode("utf-8-sig"))})


def asked(cast, tmp_path, text):
    path = tmp_path / "file.csv"
    path.write_text(text, encoding="utf-8-sig")
    return profiles.questions(register=declare.get("compounds"), path=path, district=cast.district)


def mapping_page(batch):
    return reverse("admin:communities_compound_mapping", args=["compounds", batch.pk])


def answers(batch_page, **fields):
    """The posted form: columns by their place in the file."""
    return {f"column-{place}": field for place, field in enumerate(fields.pop("columns"))} | fields


def test_a_file_whose_headers_are_all_known_is_not_asked_about(registrar, cast, tmp_path):
    assert asked(cast, tmp_path, "小区名称,户数\n红旗小区,480\n") is None
    answer = upload(registrar, "小区名称,户数\n红旗小区,480\n")
    assert answer.url == reverse(
        "admin:communities_compound_preview", args=["compounds", ImportBatch.objects.get().pk]
    )


def test_unknown_headers_come_with_three_samples_and_the_best_guess(cast, tmp_path):
    found = asked(
        cast,
        tmp_path,
        "小区全名,总户数情况,联系热线\n红旗小区,480,甲\n东风小区,12,乙\n建设小区,7,丙\n永红,9,丁\n",
    )
    by_header = {one.header: one for one in found.columns}
    assert by_header["小区全名"].field == "name"
    assert by_header["总户数情况"].field == "households"
    assert by_header["联系热线"].field == ""
    assert by_header["小区全名"].samples == ["红旗小区", "东风小区", "建设小区"]


def test_numbers_are_not_guessed_for_a_column_of_words(cast, tmp_path):
    found = asked(cast, tmp_path, "小区名称,户数情况说明\n红旗小区,较多\n东风小区,一般\n")
    assert next(one for one in found.columns if one.header == "户数情况说明").field != "households"


def test_the_required_columns_that_are_missing_are_named(cast, tmp_path):
    found = asked(cast, tmp_path, "甲乙丙丁,戊己庚辛\n一些文字,另外文字\n再来文字,还有文字\n")
    assert found.missing == ["小区名称"]


def test_the_page_asks_keeps_the_answers_and_checks_the_file(registrar, cast):
    answer = upload(registrar)
    batch = ImportBatch.objects.get()
    assert answer.url == mapping_page(batch)
    assert batch.state == ImportBatch.State.UPLOADED
    page = registrar.get(answer.url).content.decode()
    assert "项目大名" in page
    assert "永红小区" not in page
    answer = registrar.post(
        answer.url, answers(page, columns=["name", "households", ""], keep="1", name="大智街道台账")
    )
    assert answer.url == reverse("admin:communities_compound_preview", args=["compounds", batch.pk])
    batch.refresh_from_db()
    assert (batch.state, batch.new, batch.refused) == (ImportBatch.State.CHECKED, 4, 0)
    profile = MappingProfile.objects.get()
    assert profile.name == "大智街道台账"
    assert profile.mapping == {"项目大名": "name", "住户规模": "households", "咨询热线": ""}
    assert profile.recorded_by == cast.registrar.username
    registrar.post(reverse("admin:communities_compound_confirm", args=["compounds", batch.pk]))
    assert Compound.objects.get(name="红旗小区").households == 480


def kept(cast, **more):
    return profiles.save_profile(
        district=more.get("district", cast.district),
        register=declare.get("compounds"),
        name="大智街道台账",
        headers=["项目大名", "住户规模", "咨询热线"],
        mapping={"项目大名": "name", "住户规模": "households", "咨询热线": ""},
        acting_user=cast.registrar,
    )


def test_the_next_file_alike_takes_one_tap(registrar, cast):
    profile = kept(cast)
    answer = upload(registrar, "项目大名,住户规模,咨询热线,新增栏\n红旗小区,480,甲,x\n东风小区,12,乙,y\n")
    batch = ImportBatch.objects.get()
    page = registrar.get(answer.url).content.decode()
    assert "大智街道台账" in page
    registrar.post(answer.url, {"profile": profile.pk})
    batch.refresh_from_db()
    assert (batch.state, batch.new) == (ImportBatch.State.CHECKED, 2)
    assert batch.mapping["新增栏"] == ""


def test_a_file_that_shares_few_headers_is_not_offered_the_profile(cast, tmp_path):
    kept(cast)
    found = asked(cast, tmp_path, "项目大名,甲栏,乙栏,丙栏\n红旗小区,1,x,y\n东风小区,2,x,y\n")
    assert found.profile is None


def test_a_profile_of_the_neighbour_is_never_offered(cast, tmp_path):
    kept(cast, district=cast.other_district)
    assert asked(cast, tmp_path, FILE).profile is None


def test_two_columns_cannot_be_the_same(registrar, cast):
    address = upload(registrar).url
    answer = registrar.post(address, answers("", columns=["name", "name", ""]))
    assert answer.status_code == 200
    assert ImportBatch.objects.get().state == ImportBatch.State.UPLOADED
    with pytest.raises(Refused):
        profiles.check_mapping(declare.get("compounds"), {"甲": "name", "乙": "name"})


def test_another_districts_upload_is_not_found(client, registrar, cast):
    address = upload(registrar).url
    client.force_login(cast.foreign["registrar"])
    assert client.get(address).status_code == 404


def test_profiles_are_listed_corrected_and_deleted_by_importers(client, cast):
    profile = kept(cast)
    client.force_login(cast.registrar)
    assert "大智街道台账" in client.get(reverse("admin:core_mappingprofile_changelist")).content.decode()
    change = reverse("admin:core_mappingprofile_change", args=[profile.pk])
    assert "项目大名 = 小区名称" in client.get(change).content.decode()
    answer = client.post(change, {"name": "新名", "lines": "项目大名 = 小区名称\n住户规模 =\n"})
    assert answer.status_code == 302
    profile.refresh_from_db()
    assert (profile.name, profile.mapping) == ("新名", {"项目大名": "name", "住户规模": ""})
    wrong = client.post(change, {"name": "新名", "lines": "项目大名 = 没有此栏"})
    assert "没有此栏" in wrong.content.decode()
    client.post(reverse("admin:core_mappingprofile_delete", args=[profile.pk]), {"post": "yes"})
    assert not MappingProfile.objects.exists()


def run(*arguments, capsys):
    try:
        call_command("import_register", *arguments, "--json", "--district", "990101")
        code = 0
    except SystemExit as end:
        code = end.code
    return code, json.loads(capsys.readouterr().out or "null")


def test_the_command_keeps_and_uses_a_profile(cast, write, capsys):
    first = write(["项目大名", "住户规模", "其他"], ["红旗小区", 480, "x"], name="a.csv")
    code, found = run(
        "compounds",
        str(first),
        "--map",
        "项目大名=name",
        "--map",
        "住户规模=households",
        "--save-profile",
        "台账",
        capsys=capsys,
    )
    assert (code, found["new"]) == (0, 1)
    second = write(["住户规模", "项目大名"], [12, "东风小区"], name="b.csv")
    code, found = run("compounds", str(second), "--profile", "台账", capsys=capsys)
    assert (code, found["new"]) == (0, 1)
    assert Compound.objects.get(name="东风小区").households == 12
    code, found = run("compounds", str(second), "--profile", "没有", capsys=capsys)
    assert code == 1
    assert "台账" in found["errors"][0]["message"]
