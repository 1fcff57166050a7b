"""The commands on the district's real public files, which lie beside the repository."""

import io
import json
import os
from pathlib import Path

import pytest
from django.core.management import call_command

from communities.models import Compound
from redprop.areas.models import Community, CommunityVersion, District, Subdistrict

DATA = Path(os.environ.get("SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not DATA.exists(), reason="the real files are not beside the repository"),
]


def run(*arguments, code=0):
    out = io.StringIO()
    ended = 0
    try:
        call_command(*arguments, "--json", stdout=out, stderr=io.StringIO())
    except SystemExit as end:
        ended = end.code
    assert ended == code, out.getvalue()
    return json.loads(out.getvalue())


def counts(found):
    return [found[name] for name in ("rows", "new", "changed", "unchanged", "refused")]


def test_the_real_district_comes_in_by_command(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    District.objects.create(code="420102", name="江岸区")
    streets, communities = (
        DATA / "divisions/jiangan_streets_2023.csv",
        DATA / "divisions/jiangan_communities_2023.csv",
    )
    compounds = DATA / "compounds/jiangan_wufang_distinct.csv"
    mapped = ("--map", "楼盘名称=name", "--map", "楼盘地址=address")

    assert counts(run("import_register", "subdistricts", str(streets), "--simulate")) == [17, 17, 0, 0, 0]
    assert Subdistrict.objects.count() == 0
    found = run("import_register", "subdistricts", str(streets))
    assert counts(found) == [17, 17, 0, 0, 0]
    assert found["batch"]
    assert counts(run("import_register", "communities", str(communities))) == [141, 141, 0, 0, 0]
    assert CommunityVersion.objects.count() == 141
    assert Community.objects.get(name="一居委会").subdistrict.name == "百步亭花园"

    assert counts(run("import_register", "compounds", str(compounds), *mapped)) == [422, 422, 0, 0, 0]
    assert Compound.objects.count() == 422
    assert Compound.objects.get(code="XQ0422").address.startswith("江岸-")

    for register, file, more in (
        ("subdistricts", streets, ()),
        ("communities", communities, ()),
        ("compounds", compounds, mapped),
    ):
        again = run("import_register", register, str(file), *more)
        assert counts(again) == [again["rows"], 0, 0, again["rows"], 0], register
        out = tmp_path / f"{register}.xlsx"
        assert run("export_register", register, str(out))["rows"] == again["rows"]
        back = run("import_register", register, str(out), "--simulate")
        assert back["unchanged"] == back["rows"], register


def test_all_compounds_without_a_community_are_on_the_worklist(settings, tmp_path):
    from redprop.accounts.clock import business_today

    settings.MEDIA_ROOT = tmp_path
    district = District.objects.create(code="420102", name="江岸区")
    run(
        "import_register",
        "compounds",
        str(DATA / "compounds/jiangan_wufang_distinct.csv"),
        "--map",
        "楼盘名称=name",
        "--map",
        "楼盘地址=address",
    )
    assert Compound.objects.unplaced(business_today(district)).count() == 422


def test_scraped_files_with_all_their_faults_end_in_sentences(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    District.objects.create(code="420102", name="江岸区")
    found = run(
        "import_register",
        "compounds",
        str(DATA / "compounds/jiangan_xiaoqu_lianjia_amap_2020.csv"),
        "--simulate",
        code=1,
    )
    # nine names stand twice, five places lie in other districts (counted in the file by hand)
    assert counts(found) == [275, 261, 0, 0, 14]
    assert found["refused"] == len({error["row"] for error in found["errors"]})
    assert all(error["message"] for error in found["errors"])
    raw = DATA / "compounds/jiangan_fang_newhouse_2023_asis.csv"
    found = run(
        "import_register",
        "compounds",
        str(raw),
        "--map",
        "community_name=name",
        "--map",
        "address=address",
        "--simulate",
        code=1,
    )
    assert counts(found) == [74, 61, 0, 0, 13]


def test_every_vector_of_credit_codes_is_judged_as_published():
    import csv

    from redprop.common.tabular.cells import CellError
    from redprop.common.tabular.kinds import Uscc

    for row in csv.DictReader((DATA / "vectors/uscc_valid.csv").open(encoding="utf-8-sig")):
        if row["gb32100_check"] == "valid":
            assert Uscc().parse(row["uscc"]) == row["uscc"]
    for row in csv.DictReader((DATA / "vectors/uscc_invalid.csv").open(encoding="utf-8-sig")):
        with pytest.raises(CellError):
            Uscc().parse(row["uscc"])
