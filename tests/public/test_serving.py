"""The public addresses answer from files: with the database and the broker stopped, and before anything is there."""

import gzip
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils.translation import override

from redprop.public import files
from tests.public import sample

DEAD = """
import os, sys, time
import django
django.setup()
from django.test import Client
from django.db import connection
client = Client(raise_request_exception=False)
client.cookies["sessionid"] = "left-over-from-the-desk"
client.cookies["messages"] = "x"
for address in sys.argv[1:]:
    began = time.monotonic()
    answer = client.get(address)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    print(answer.status_code, len(body), "Content-Security-Policy" in answer.headers, time.monotonic() - began)
assert connection.connection is None
"""


@pytest.fixture
def tree(published_root) -> Path:
    files.replace_tree(published_root / "990101", sample.files(40))
    return published_root / "990101"


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_the_addresses_answer_with_the_bytes_of_the_files(client, tree):
    for address, file in [
        ("/", "index.html"),
        ("/lists/", "lists/index.html"),
        ("/lists/2026Q3/", "lists/2026Q3/index.html"),
        ("/lists/2026Q3/final-1/", "lists/2026Q3/final-1/index.html"),
        ("/lists/2026Q3/final-1/list.csv", "lists/2026Q3/final-1/list.csv"),
        ("/compounds/C00001/", "compounds/C00001/index.html"),
        ("/enterprises/91420102MA0000010X/", "enterprises/91420102MA0000010X/index.html"),
        ("/compounds/index.json", "compounds/index.json"),
    ]:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert body(answer) == (tree / file).read_bytes()
        packed = client.get(address, headers={"accept-encoding": "gzip"})
        assert gzip.decompress(body(packed)) == (tree / file).read_bytes()


def test_the_site_stays_while_its_next_edition_is_being_written(client, tree):
    seen, lists = [], (tree / "lists/index.html").read_bytes()

    def edition():
        yield "site.json", b'{"edition": 2}'
        seen.append(body(client.get("/lists/")))  # now the new note lies in the folder beside the tree
        yield from sample.files(40)

    files.replace_tree(tree, edition())
    assert seen == [lists]


@pytest.fixture
def silent():
    """A port that takes calls and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        yield listening.getsockname()[1]


FILES = [
    *("/", "/lists/2026Q3/final-1/", "/compounds/C00001/", "/find/?q=hhhy1", "/map/", "/compounds/az/H/"),
    *(
        "/open-data/",
        "/open-data/entries/entries.json",
        "/open-data/feed.xml",
        "/search.json",
    ),
    *("/lists/2026Q3/final-1/list.xlsx", "/lists/2026Q3/final-1/bundle.zip", "/api/v1/entries/?colour=black"),
]


@pytest.mark.parametrize("stopped", ["refused", pytest.param("silent", marks=pytest.mark.faults)])
def test_what_is_public_is_served_with_the_database_and_the_broker_stopped(tree, silent, stopped):
    (tree / "lists/2026Q3/final-1/bundle.zip").write_bytes(b"PK")
    port = 9 if stopped == "refused" else silent
    # A form needs the database: when it refuses, a page says so and leads on.
    wanted = [*FILES, "/compounds/NOPE/", *(["/r/C00001/"] if stopped == "refused" else [])]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "redprop.settings",
        "DEMO": "1",
        "DATABASE_URL": f"postgres://nobody:x@127.0.0.1:{port}/none",
        "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "PUBLISHED_ROOT": str(tree.parent),
    }
    done = subprocess.run(
        [sys.executable, "-c", DEAD, *wanted], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[0] for line in lines] == ["200"] * len(FILES) + ["404", "503"][: len(wanted) - len(FILES)]
    assert max(float(line[3]) for line in lines) < 10, "nothing hangs"
    assert all(line[2] == "True" for line in lines)
    assert int(lines[0][1]) == (tree / "index.html").stat().st_size


def test_before_the_first_publication_the_site_says_why_it_is_empty(client, published_root):
    answer = client.get("/")
    assert answer.status_code == 200
    assert 'class="empty"' in answer.content.decode()
    assert 'class="empty"' in client.get("/find/", {"q": "花园"}).content.decode()
    assert client.get("/compounds/C00001/").status_code == 404


def test_an_unknown_address_leads_on_instead_of_ending(client, tree):
    answer = client.get("/compounds/NOPE/")
    assert answer.status_code == 404
    assert "Page not found" in client.get("/en/no/such/").content.decode()
    assert 'action="/find/"' in answer.content.decode()


@pytest.mark.parametrize(
    "address", ["/compounds/../site.json", "/compounds/%2e%2e/%2e%2e/secret/", "/site.json", "/lists/.lock"]
)
def test_nothing_outside_the_published_addresses_is_served(client, tree, address):
    (tree.parent / "secret").mkdir()
    (tree.parent / "secret" / "index.html").write_text("secret")
    answer = client.get(address, follow=True)
    assert answer.status_code == 404
    assert b"secret" not in (answer.content if not answer.streaming else body(answer))


def test_a_page_already_seen_is_not_sent_again(client, tree):
    seen = client.get("/")["Last-Modified"]
    assert client.get("/", headers={"If-Modified-Since": seen}).status_code == 304


def test_with_two_districts_the_site_shows_the_one_it_is_set_to(client, tree, settings):
    files.replace_tree(tree.parent / "990102", sample.files(2, code="990102"))
    assert client.get("/compounds/C00039/").status_code == 200
    settings.PUBLIC_DISTRICT = "990102"
    assert client.get("/compounds/C00039/").status_code == 404
    assert client.get("/compounds/C00001/").status_code == 200


@pytest.mark.parametrize("query", ["花园7期", "hhhy7q", "HHHY7Q", " 和合花园 7", "C00007"])
def test_a_resident_finds_the_compound_by_name_initials_or_code(client, tree, query):
    answer = client.get("/find/", {"q": query})
    assert "/compounds/C00007/" in answer.content.decode()


def test_the_search_shows_what_was_typed_as_text(client, tree):
    page = client.get("/find/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in page


def test_only_reading_is_allowed(client, tree):
    assert client.post("/").status_code == 405


def test_below_en_the_same_addresses_speak_english_also_the_forms(client, tree):
    with override("en"):
        files.replace_tree(tree / "en", ((n.removeprefix("en/"), d) for n, d in sample.files(40)))
    client.cookies["django_language"] = "en"
    assert b'<html lang="zh-Hans">' in body(client.get("/")), "the address decides, not the cookie"
    assert 'lang="zh-Hans"' in client.get("/find/").content.decode()
    assert b'<html lang="en">' in body(client.get("/en/"))
    assert client.get("/en/compounds/NOPE/").status_code == 404
    found = client.get("/en/find/", {"q": "hhhy7q"}).content.decode()
    assert '<html lang="en">' in found
    assert 'href="/en/compounds/C00007/"' in found
    assert 'href="/find/" lang="zh-Hans"' in found
    assert client.get("/en").headers["Location"] == "/en/"
    assert client.get("/en/desk/").status_code == client.get("/en/nothing/").status_code == 404
    assert reverse("public:find") == "/find/", "the prefix ends with the answer"
