"""Doors that stay shut: formulas in exports, redirections to elsewhere, huge pictures, flooding of forms."""

import io
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook
from PIL import Image

from evaluations.admin.ledger import _workbook
from redprop.common.errors import Refused
from redprop.core.admin.audit_words import in_words
from redprop.core.services.attachments import store_attachment

ROOT = Path(settings.BASE_DIR)
ESCAPES = re.compile(
    r"csv_text|xlsx_value|sheet_value|_FORMULA|FORMULA|data_type = \"s\"|no text of a person"
)
WRITERS = re.compile(r"csv\.writer\(|Workbook\(")
EVIL = ("=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", "\t=1")


def test_every_module_that_writes_a_table_defuses_formulas():
    folders = ("redprop", "communities", "enterprises", "evaluations")
    writers = [
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if WRITERS.search(path.read_text()) and "bench" not in path.parts
    ]
    assert len(writers) >= 6
    assert [str(path.relative_to(ROOT)) for path in writers if not ESCAPES.search(path.read_text())] == []


@pytest.mark.parametrize("evil", EVIL)
def test_the_balance_of_accounts_holds_no_formula(evil):
    sums = dict.fromkeys(("opening", "debit", "credit", "balance"), 0)
    answer = _workbook([{"label": evil, **sums}], sums, evil)
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert {cell.data_type for row in sheet.rows for cell in row} <= {"s", "n"}


@pytest.mark.parametrize(
    "where", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_nowhere_else(client, cast, where):
    answer = client.post(
        reverse("accounts:sign-in") + f"?next={where}",
        {"username": "registrar", "password": "pw", "next": where},
    )
    assert answer.status_code in (200, 302)
    if answer.status_code == 302:
        assert answer.url.startswith("/")
        assert not answer.url.startswith(("//", "/\\"))


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example/"])
def test_changing_the_language_leads_nowhere_else(client, db, where):
    answer = client.post("/i18n/setlang/", {"language": "en", "next": where}, HTTP_REFERER=where)
    assert answer.url == "/"


def test_saving_a_filter_leads_back_to_the_list_alone(client, cast):
    client.force_login(cast.registrar)
    for page in ("https://evil.example/", "//evil.example", "../../evil"):
        answer = client.post("/admin/core/savedfilter/keep/", {"page": page, "name": "x", "query": "y"})
        assert answer.status_code in (302, 403, 404)
        if answer.status_code == 302:
            assert answer.url.startswith("/")
            assert not answer.url.startswith("//")


def picture(size: tuple[int, int], kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("1", size).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("script.jpg", b"<script>alert(1)</script>"),
        ("page.png", b"<!doctype html><svg onload=alert(1)>"),
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("program.jpg", b"MZ\x90\x00" + b"\0" * 100),
        ("paper.pdf.jpg", b"%PDF-1.7 hello"),
        ("huge.png", picture((30_000, 30_000))),
    ],
)
def test_what_is_no_picture_or_a_bomb_is_refused_whatever_its_name(cast, name, content):
    with pytest.raises(Refused):
        store_attachment(
            district=cast.district,
            upload=SimpleUploadedFile(name, content, content_type="image/jpeg"),
            acting_user=cast.registrar,
        )


def test_a_picture_is_made_anew_without_what_was_hidden_in_it(cast, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "camera of somebody"
    Image.new("RGB", (64, 64), "red").save(out, "JPEG", exif=exif)
    content = out.getvalue() + b"<script>alert(1)</script>"
    row = store_attachment(
        district=cast.district, upload=SimpleUploadedFile("a.jpg", content), acting_user=cast.registrar
    )
    kept = row.file.read()
    assert b"script" not in kept
    assert b"camera" not in kept


@pytest.mark.parametrize(
    "address", ["/", "/find/?q=x", "/accounts/sign-in/", "/r/", "/s/", "/follow/", "/credit/", "/nowhere/"]
)
def test_outside_the_admin_the_policy_allows_no_inline_script(client, db, address):
    policy = client.get(address)["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy


def test_no_template_outside_the_admin_has_inline_script_or_style():
    found = []
    for path in (ROOT / "templates").rglob("*.html"):
        if path.relative_to(ROOT / "templates").parts[0] in ("admin", "unfold"):
            continue
        text = path.read_text()
        if re.search(
            r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/(json|ld\+json)\")|\son[a-z]+=\"|\sstyle=\"|<style|javascript:",
            text,
        ):
            found.append(path.name)
    assert found == []


@pytest.mark.parametrize(
    "name", ["accounts:sign-in", "public:report", "public:survey", "public:follow-entry"]
)
def test_a_form_without_its_token_is_refused(db, name):
    from django.test import Client

    assert Client(enforce_csrf_checks=True).post(reverse(name), {"x": "y"}).status_code == 403


def test_no_secret_stands_in_the_code():
    shapes = re.compile(
        r"(?i)(-----BEGIN [A-Z ]*PRIVATE KEY|\b(password|secret|token|api_key)\s*=\s*[\"'][^\"'{}$ ]{12,}[\"'])"
    )
    allowed = {"redprop/settings.py"}  # the demo's keys, which are no secret
    found = {}
    for folder in ("redprop", "communities", "enterprises", "evaluations", "deploy"):
        for path in (ROOT / folder).rglob("*"):
            name = str(path.relative_to(ROOT))
            if path.suffix in (".py", ".yaml", ".yml", ".conf", ".service") and name not in allowed:
                for hit in shapes.finditer(path.read_text()):
                    if ".view_" in hit.group(0):  # the name of a permission
                        continue
                    found.setdefault(name, []).append(hit.group(0)[:40])
    assert found == {}


def test_every_act_that_a_service_names_itself_is_told_in_the_readers_language():
    named = re.compile(r'acting\(\s*[\w.]+,\s*f?"([a-z][^"{]*)')
    found = {
        act.strip()
        for folder in ("redprop", "communities", "enterprises", "evaluations")
        for path in (ROOT / folder).rglob("*.py")
        for act in named.findall(path.read_text())
    }
    assert len(found) > 90
    assert sorted(act for act in found if in_words(f"{act} X") == f"{act} X") == []
