"""The audit pack of a batch: encrypted, complete, verified without a database, and every change in it is found."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
import pyzipper

from evaluations.models import Entitlement
from evaluations.services import batches
from evaluations.services.audit_packs import request_pack, write_batch_pack
from evaluations.services.entitlements import compute_entitlements
from evaluations.subsidies import pack
from redprop.common.errors import Refused
from redprop.common.periods import Period
from redprop.core.models import ExportFile, Job
from redprop.core.services import jobs
from redprop.core.services.export_files import fetch

PASSWORD = "一个足够长的口令——2026"


@pytest.fixture
def exported(scored):
    batch = scored.approved(scored.prepare())
    return batches.export_batch(batch=batch, acting_user=scored.cast.finance_maker).batch


def changed(path, out, name, change):
    """The pack with one part changed and the manifest's digest of it mended, as a forger would."""
    with pyzipper.AESZipFile(path) as archive:
        archive.setpassword(PASSWORD.encode())
        parts = {one: archive.read(one) for one in archive.namelist()}
    manifest = json.loads(parts.pop(pack.MANIFEST))
    parts[name] = change(parts[name].decode()).encode()
    manifest.pop("files")
    manifest.pop("form")
    pack.write_pack(out, password=PASSWORD, manifest=manifest, parts=parts.items())
    return [(one.where, one.what) for one in pack.verify_pack(out, PASSWORD)[1]]


def test_a_pack_verifies_and_shows_a_changed_amount_rule_or_hand(exported, tmp_path):
    path = tmp_path / "pack.zip"
    manifest = write_batch_pack(batch=exported, path=path, password=PASSWORD)

    found, findings = pack.verify_pack(path, PASSWORD)
    assert findings == []
    assert found == json.loads(pack.dumped(manifest))
    assert len(found["files"]) == 9
    with pytest.raises(pack.NotReadable):
        pack.verify_pack(path, "ein anderes Wort")

    out = tmp_path / "other.zip"
    amount = f'"amount":"{exported.lines.order_by("number").first().amount}"'
    wrong = changed(path, out, pack.LINES, lambda text: text.replace(amount, '"amount":"9999.99"', 1))
    assert {where for where, _what in wrong} >= {pack.LINES, f"{pack.LINES}:1", pack.DIGEST}
    assert changed(path, out, pack.RULES, lambda text: text.replace("0.2600", "0.3600"))
    approver = exported.approved_by.username
    maker = exported.prepared_by.username
    hands = changed(path, out, pack.STEPS, lambda text: text.replace(approver, maker))
    assert [where for where, _what in hands] == [pack.STEPS]


def test_the_pack_carries_its_verifier_which_needs_nothing_but_python(exported, tmp_path):
    write_batch_pack(batch=exported, path=tmp_path / "pack.zip", password=PASSWORD)
    folder = tmp_path / "unpacked"
    with pyzipper.AESZipFile(tmp_path / "pack.zip") as archive:
        archive.setpassword(PASSWORD.encode())
        archive.extractall(folder)

    def run():  # -I -S: neither this checkout nor any installed package is in reach
        command = [sys.executable, "-I", "-S", "verify.pyz"]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)

    done = run()
    assert (done.returncode, "均一致" in done.stdout) == (0, True)
    lines = folder / pack.LINES
    lines.write_text(lines.read_text().replace('"quantity":"', '"quantity":"1', 1))
    done = run()
    assert done.returncode == 1
    assert f"{pack.LINES}: altered" in done.stdout
    assert f"{pack.LINES}:1: " in done.stdout


def test_the_pack_verifies_by_command_without_settings_or_database(exported, tmp_path):
    path = tmp_path / "pack.zip"
    write_batch_pack(batch=exported, path=path, password=PASSWORD)
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "DATABASE"))}

    def run(password):
        return subprocess.run(
            [sys.executable, "-m", "evaluations.subsidies", "verify", str(path)],
            cwd=Path(__file__).parents[2],
            env={**bare, "AUDIT_PACK_PASSWORD": password},
            capture_output=True,
            text=True,
        )

    good = run(PASSWORD)
    assert (good.returncode, good.stderr) == (0, "")
    assert exported.number in good.stdout
    assert run("wrong").returncode == 1


def test_a_pack_is_made_by_a_worker_for_its_user_and_the_password_is_forgotten(exported, scored):
    user = scored.cast.finance_checker
    with pytest.raises(Refused) as found:
        request_pack(batch=exported, password="kurz", acting_user=user)
    assert found.value.code == "short-password"
    with pytest.raises(Refused):
        request_pack(batch=exported, password=PASSWORD, acting_user=scored.clerks[scored.cast.subdistrict.pk])

    file = request_pack(batch=exported, password=PASSWORD, acting_user=user)
    job = Job.objects.get(pk=file.job_id)
    assert PASSWORD not in json.dumps(job.arguments, ensure_ascii=False)
    jobs.run(job.pk)

    file = ExportFile.objects.get(pk=file.pk)
    job.refresh_from_db()
    assert (job.state, job.message, "sealed" in job.arguments) == ("done", "", False)
    assert pack.verify_pack(fetch(file=file, acting_user=user), PASSWORD)[1] == []


def test_adjusted_lines_verify_too(exported, scored, tmp_path):
    scored.first.floor_area = Decimal(6000)
    scored.first.save()
    compute_entitlements(district=scored.district, period=Period.parse("2026Q3"), acting_user=None)
    assert Entitlement.objects.filter(adjusts__isnull=False).count() == 3
    path = tmp_path / "pack.zip"
    again = batches.prepare_batches(
        district=scored.district, period=Period.parse("2026Q3"), acting_user=scored.cast.finance_maker
    )
    batch = next(one for one in again if one.fund.code == "services")
    write_batch_pack(batch=batch, path=path, password=PASSWORD)
    assert pack.verify_pack(path, PASSWORD)[1] == []
