"""A withdrawn name is in no public file of either language, and the chain of the published bundles still verifies."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from django.test import Client

from enterprises.models import ServiceProject
from evaluations.models import EvaluationPeriod, ListEntry
from evaluations.scoring.__main__ import main
from evaluations.services import releases
from evaluations.services.corrections import correct_results
from redprop.public import publishing
from tests.evaluations.quarter import build_quarter, move_clock, noticed_quarter, veto
from tests.evaluations.test_corrections import NOTICE_OVER

pytestmark = pytest.mark.django_db


def where(tree: Path, name: str) -> list[str]:
    """The files that hold a name, also inside ZIP files and workbooks."""
    found = []
    for path in sorted(p for p in tree.rglob("*") if p.is_file()):
        data = path.read_bytes()
        parts = [data]
        if data[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                parts = [packed.read(one) for one in packed.namelist()]
        escaped = json.dumps(name)[1:-1].encode()
        if any(name.encode() in part or escaped in part for part in parts):
            found.append(path.relative_to(tree).as_posix())
    return found


def test_a_withdrawn_name_leaves_every_public_file_and_the_chain_still_verifies(cast, settings, tmp_path):
    settings.PUBLISHED_ROOT, settings.PUBLIC_DISTRICT = tmp_path / "published", ""
    quarter = build_quarter(cast)
    wrong = veto(quarter.projects[0], cast.registrar)
    name = "从前叫作青枫里的项目"
    ServiceProject.objects.filter(pk=quarter.projects[0].pk).update(name=name)
    period = noticed_quarter(quarter)
    move_clock(quarter.district, NOTICE_OVER)
    releases.finalise(period=period, acting_user=cast.publisher)
    # Since then it has another name: the old one stands in what was published alone.
    ServiceProject.objects.filter(pk=quarter.projects[0].pk).update(name="新名字的项目")
    publishing.publish_district(quarter.district)
    tree = settings.PUBLISHED_ROOT / quarter.district.code
    before = where(tree, name)
    kinds = {Path(path).suffix for path in before}
    assert kinds >= {".html", ".json", ".csv", ".xlsx", ".zip"}, before
    assert any(path.startswith("en/") for path in before)
    client = Client()
    assert name in client.get("/api/v1/entries/").content.decode()

    wrong.delete()
    period = EvaluationPeriod.objects.get(pk=period.pk)
    correct_results(period=period, projects=[quarter.projects[0]], reason="核实后更正", acting_user=None)
    assert ListEntry.objects.filter(project=quarter.projects[0]).earliest("pk").state == "withdrawn"
    publishing.publish_district(quarter.district)

    assert where(tree, name) == []
    assert name not in client.get("/api/v1/entries/").content.decode(), "nor in what the server remembers"
    gone = client.get("/api/v1/withdrawals/").json()["rows"]
    assert gone
    bundles = [tree / f"{row['bundle'].strip('/')}" for row in client.get("/api/v1/releases/").json()["rows"]]
    earlier = None
    for bundle in reversed(bundles):
        given = [str(bundle)] if earlier is None else [str(bundle), "--previous", str(earlier)]
        assert main(given) == 0, bundle
        earlier = bundle
