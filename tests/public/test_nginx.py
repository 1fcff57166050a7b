"""The shipped nginx configuration answers every published address byte for byte, with no portal behind it."""

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from redprop.public import files
from tests.public import sample

NGINX = os.environ.get("NGINX") or shutil.which("nginx") or "/usr/sbin/nginx"
pytestmark = pytest.mark.skipif(not Path(NGINX).exists(), reason="nginx is not installed")

WRAPPER = """
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
  types {{ text/html html; application/json json; text/csv csv; application/zip zip; text/css css; application/xml xml; }}
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  include {folder}/site.conf;
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def nginx(tmp_path, published_root):
    """The configuration with its marked values adapted, on a free port; nothing listens on the portal's."""
    port = free_port()
    tree = published_root / "990101"
    files.replace_tree(tree, sample.files_in_both(20))
    text = (Path(django_settings.BASE_DIR) / "deploy/nginx.conf").read_text()
    text = text.replace("listen 80;", f"listen 127.0.0.1:{port};")
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{free_port()}")
    text = text.replace("/srv/redprop/published/420102", str(tree))
    (tmp_path / "site.conf").write_text(text)
    user = "user root;" if os.getuid() == 0 else ""
    (tmp_path / "nginx.conf").write_text(WRAPPER.format(folder=tmp_path, user=user))
    process = subprocess.Popen(
        [NGINX, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-g", "daemon off;"],
        stderr=subprocess.PIPE,
    )
    url = f"http://127.0.0.1:{port}"
    for _ in range(100):
        try:
            urllib.request.urlopen(url, timeout=5).close()
            break
        except urllib.error.HTTPError:
            break
        except OSError:
            time.sleep(0.05)
    yield url, tree
    process.terminate()
    process.wait(10)


def test_every_published_address_is_answered_byte_for_byte(nginx):
    url, tree = nginx
    count = 0
    for file in sorted(tree.rglob("*")):
        name = file.relative_to(tree).as_posix()
        if file.is_dir() or name.removeprefix("en/") in ("404.html", "500.html", "site.json"):
            continue
        address = "/" + name.removesuffix("index.html")
        with urllib.request.urlopen(url + address, timeout=10) as answer:
            assert answer.read() == file.read_bytes(), address
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
        count += 1
    assert count > 40


def test_an_unknown_address_shows_the_page_that_leads_on(nginx):
    url, tree = nginx
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(url + "/compounds/NOPE/", timeout=10)
    assert raised.value.code == 404
    assert raised.value.read() == (tree / "404.html").read_bytes()


def test_data_may_be_read_by_other_sites_and_pages_may_not(nginx):
    url, _tree = nginx
    with urllib.request.urlopen(url + "/open-data/entries/entries.json", timeout=10) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    with urllib.request.urlopen(url + "/en/open-data/", timeout=10) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] is None


def test_a_form_without_the_portal_behind_it_leads_to_what_can_be_read(nginx):
    url, tree = nginx
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(url + "/r/C00001/", timeout=10)
    assert raised.value.code in (502, 503, 504)
    page = raised.value.read()
    assert page == (tree / "500.html").read_bytes()
    assert b'href="/compounds/az/"' in page


@pytest.mark.parametrize("address", ["/site.json", "/404.html", "/500.html", "/.lock"])
def test_files_that_are_no_pages_are_not_given_out(nginx, address):
    url, _tree = nginx
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(url + address, timeout=10)
    assert raised.value.code in (404, 502)
