"""Import and export on a register's page: upload, preview, confirm, download; rights and scope."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from communities.models import Compound
from redprop.common.errors import Refused
from redprop.core.models import ImportBatch
from redprop.core.services import imports

IMPORT = "/admin/communities/compound/import/compounds/"


@pytest.fixture
def registrar(client, cast):
    client.force_login(cast.registrar)
    return client


def upload(client, text, address=IMPORT, name="小区.csv", **more):
    return client.post(address, {"file": SimpleUploadedFile(name, text.encode("utf-8-sig")), **more})


def test_an_upload_is_shown_first_and_written_on_confirmation(registrar, cast):
    answer = upload(registrar, "小区名称,户数\n红旗小区,480\n东风小区,12\n")
    batch = ImportBatch.objects.get()
    assert answer.url == reverse("admin:communities_compound_preview", args=["compounds", batch.pk])
    assert not Compound.objects.exists()
    page = registrar.get(answer.url).content.decode()
    assert "红旗小区" in page
    confirm = reverse("admin:communities_compound_confirm", args=["compounds", batch.pk])
    registrar.post(confirm)
    assert sorted(Compound.objects.values_list("name", "households")) == [("东风小区", 12), ("红旗小区", 480)]
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.DONE
    assert batch.recorded_by == cast.registrar.username
    assert Compound.objects.first().recorded_by == cast.registrar.username


def test_confirming_twice_writes_once(registrar):
    upload(registrar, "小区名称\n红旗小区\n")
    confirm = reverse("admin:communities_compound_confirm", args=["compounds", ImportBatch.objects.get().pk])
    registrar.post(confirm)
    registrar.post(confirm)
    assert Compound.objects.count() == 1


def test_refused_rows_hold_back_the_whole_file_unless_asked(registrar):
    upload(registrar, "小区名称,户数\n红旗小区,约480\n东风小区,12\n")
    batch = ImportBatch.objects.get()
    confirm = reverse("admin:communities_compound_confirm", args=["compounds", batch.pk])
    registrar.post(confirm)
    assert not Compound.objects.exists()
    page = registrar.get(reverse("admin:communities_compound_preview", args=["compounds", batch.pk]))
    assert "约480" in page.content.decode()
    errors = registrar.get(reverse("admin:communities_compound_errors", args=["compounds", batch.pk]))
    assert b"".join(errors.streaming_content)[:2] == b"PK"
    registrar.post(confirm, {"only_good": "1"})
    assert Compound.objects.get().name == "东风小区"


def test_a_preview_that_the_register_has_outrun_is_refused(registrar, cast):
    upload(registrar, "小区编号,小区名称\nXQ0001,红旗小区\n")
    Compound.objects.create(
        district=cast.district, code="XQ0001", name="别人小区", registered_from=dt.date(2020, 1, 1)
    )
    batch = ImportBatch.objects.get()
    registrar.post(reverse("admin:communities_compound_confirm", args=["compounds", batch.pk]))
    assert Compound.objects.get().name == "别人小区"


def test_a_file_that_cannot_be_taken_leaves_nothing_and_is_called_by_its_name(registrar, settings):
    answer = registrar.post(IMPORT, {"file": SimpleUploadedFile("坏.xlsx", b"PK\x03\x04broken")})
    assert answer.status_code == 200
    assert "坏.xlsx" in answer.content.decode()
    assert not ImportBatch.objects.exists()
    assert not list(settings.MEDIA_ROOT.rglob("*.xlsx")) if settings.MEDIA_ROOT.exists() else True


def test_columns_are_mapped_by_our_headers(registrar):
    upload(registrar, "项目,门牌\n红旗小区,一号\n", mapping="项目=小区名称\n门牌=address")
    assert ImportBatch.objects.get().mapping == {"项目": "name", "门牌": "address"}


def test_the_preview_is_paged_and_its_queries_do_not_grow(registrar, django_assert_max_num_queries):
    upload(registrar, "小区名称\n" + "".join(f"小区{n:03d}\n" for n in range(120)))
    address = reverse("admin:communities_compound_preview", args=["compounds", ImportBatch.objects.get().pk])
    with django_assert_max_num_queries(25):
        page = registrar.get(address).content.decode()
    assert (
        page.count('<td class="exchange-key">小区0') == 50
    )  # new rows have no code yet: their name stands there
    assert "3" in page


@pytest.mark.parametrize("role", ["approver", "evaluator", "subdistrict_clerk", "system_administrator"])
def test_who_may_not_change_compounds_may_not_import_them(client, cast, role):
    client.force_login(cast.by_role[role])
    assert client.get(IMPORT).status_code == 403
    assert upload(client, "小区名称\n红旗小区\n").status_code == 403
    assert not ImportBatch.objects.exists()


def test_a_batch_of_another_district_does_not_exist(client, cast, registrar):
    upload(registrar, "小区名称\n红旗小区\n")
    client.force_login(cast.foreign["registrar"])
    batch = ImportBatch.objects.get()
    for name in ("preview", "errors"):
        address = reverse(f"admin:communities_compound_{name}", args=["compounds", batch.pk])
        assert client.get(address).status_code == 404
    client.post(reverse("admin:communities_compound_confirm", args=["compounds", batch.pk]))
    assert not Compound.objects.exists()


def test_an_export_holds_what_the_list_shows_and_the_user_may_see(client, cast, registrar):
    upload(registrar, "小区名称,社区\n红旗小区,990101001001\n东风小区,990101002001\n红星小区,\n")
    registrar.post(
        reverse("admin:communities_compound_confirm", args=["compounds", ImportBatch.objects.get().pk])
    )
    address = reverse("admin:communities_compound_export", args=["compounds", "csv"])

    def names(answer):
        lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()[1:]
        return [line.split(",")[1] for line in lines]

    assert names(registrar.get(address)) == ["红旗小区", "东风小区", "红星小区"]
    assert names(registrar.get(address, {"q": "红"})) == ["红旗小区", "红星小区"]
    client.force_login(cast.subdistrict_clerk)
    assert names(client.get(address)) == ["红旗小区"]
    client.force_login(cast.foreign["registrar"])
    assert names(client.get(address)) == []


def test_a_template_is_downloaded(registrar):
    answer = registrar.get(reverse("admin:communities_compound_template", args=["compounds"]))
    assert b"".join(answer.streaming_content)[:2] == b"PK"


def test_an_importer_cannot_reach_beyond_the_own_subdistrict(cast, load, monkeypatch):
    """A row of another subdistrict is neither changed nor doubled by a user who cannot see it."""
    load("compounds", ["小区编号", "小区名称", "社区"], ["XQ0001", "红旗小区", "990101002001"])
    monkeypatch.setattr(imports, "may_import", lambda user, register: True)
    context = imports.context_for(district=cast.district, acting_user=cast.subdistrict_clerk)
    header = ["小区编号", "小区名称", "社区"]
    plan = load("compounds", header[:2], ["XQ0001", "改名小区"], context=context)
    assert plan.counts()["refused"] == 1
    plan = load("compounds", header, ["XQ0009", "越界小区", "990101002001"], context=context)
    assert plan.counts()["refused"] == 1
    with pytest.raises(Refused):
        load("compounds", header, ["XQ0009", "无处小区", ""], context=context)
    assert Compound.objects.get().name == "红旗小区"
    assert (
        load("compounds", header, ["XQ0009", "本街小区", "990101001001"], context=context).counts()["new"]
        == 1
    )
