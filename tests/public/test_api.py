"""The read-only interface: pages, filters, versions, other sites, limits, and no 500 whatever is asked of it."""

import json
import re
import time
import uuid

import pytest
import requests
import schemathesis
from django.core.cache import cache
from django.test import Client
from django.urls import get_resolver
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from redis.exceptions import ConnectionError as NoRedis
from requests.adapters import BaseAdapter
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance
from urllib3 import HTTPResponse

from communities.services.interface import sign
from communities.services.interface_keys import issue_key
from redprop.public import files, openapi, quiet
from tests.public import sample
from tests.town import build_town

API = "/api/v1/"


@pytest.fixture
def tree(published_root):
    cache.clear()
    files.replace_tree(published_root / "990101", sample.files(40))
    return published_root / "990101"


def get(path, **headers):
    return Client().get(f"{API}{path}", headers=headers)


def test_all_rows_come_page_by_page_once_each(tree):
    found, address = [], "compounds/?size=15"
    while address:
        answer = get(address).json()
        assert (answer["count"], answer["pages"]) == (40, 3)
        found += [row["code"] for row in answer["rows"]]
        address = answer["next"].removeprefix(API) if answer["next"] else None
    assert found == [f"C{n:05d}" for n in range(40)]
    assert get("compounds/?size=15&page=3").json()["previous"] == f"{API}compounds/?size=15&page=2"
    assert get("compounds/?page=9").json()["rows"] == []


def test_rows_are_filtered_and_a_filter_that_does_not_exist_is_refused(tree):
    rows = get("entries/?kind=final&colour=black&level=project").json()["rows"]
    assert [row["code"] for row in rows] == ["P0019"], "of 20 projects the last is black"
    assert rows[0]["compounds"] == ["C00038", "C00039"]
    wrong = get("entries/?color=black")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "unknown-parameter")
    assert "colour" in wrong.json()["error"]["message"]


def test_one_row_is_found_by_its_key(tree):
    assert get("compounds/C00007/").json()["name"] == "和合花园7期"
    assert get("releases/2/").json()["kind"] == "final"
    assert get("compounds/C99999/").json()["error"]["code"] == "no-row"


def test_what_was_read_already_is_not_sent_again_until_it_changes(tree):
    first = get("entries/")
    assert get("entries/", **{"If-None-Match": first["ETag"]}).status_code == 304
    assert get("entries/?page=1", **{"If-None-Match": first["ETag"]}).status_code == 200, "another question"
    path = tree / "open-data/entries/entries.json"
    path.write_text(path.read_text().replace("安澜第19服务项目", ""))
    again = get("entries/", **{"If-None-Match": first["ETag"]})
    assert again.status_code == 200
    assert "安澜第19服务项目" in first.content.decode()
    assert "安澜第19服务项目" not in again.content.decode(), "also not from a cache"


def test_other_sites_may_read_it_and_nobody_may_write(tree):
    assert get("compounds/")["Access-Control-Allow-Origin"] == "*"
    asked = Client().options(f"{API}compounds/")
    assert asked.status_code == 204
    assert "If-None-Match" in asked["Access-Control-Allow-Headers"]
    written = Client().post(f"{API}compounds/", {})
    assert (written.status_code, written["Allow"]) == (405, "GET, HEAD, OPTIONS")
    head = Client().head(f"{API}compounds/")
    assert head.content == b""
    assert int(head["Content-Length"]) == len(get("compounds/").content)


def test_who_asks_too_often_waits_and_without_the_cache_nobody_does(tree, monkeypatch):
    monkeypatch.setitem(quiet.LIMITS, "api", ((3, 60),))
    assert [get("").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert get("")["Retry-After"] == "60"

    def down(*args, **kwargs):
        raise NoRedis

    monkeypatch.setattr(cache, "add", down)
    assert get("").status_code == 200


def test_before_the_first_publication_it_says_so(published_root):
    cache.clear()
    assert get("compounds/").json()["error"]["code"] == "nothing-published"


def test_every_address_of_the_interface_stands_in_the_document(tree):
    document = openapi.document()
    signed = {
        str(p.pattern).replace("<slug:number>", "{number}")
        for r in get_resolver().url_patterns
        for p in getattr(r, "url_patterns", [])
        if str(p.pattern).startswith("api/v1/requests/")
    }
    assert len(signed) == 6
    assert {f"/{path}" for path in signed} <= set(document["paths"])
    start = get("").json()
    assert {table["rows"] for table in start["tables"]} <= set(document["paths"])
    assert document["openapi"].startswith("3.")
    english = Client().get(f"/en{API}openapi.json").json()
    assert {path.removeprefix("/en") for path in english["paths"]} == set(document["paths"])
    told = {
        key: [
            d["components"]["schemas"]["Entries"]["properties"][key]["description"]
            for d in (document, english)
        ]
        for key in ("total", "rank")
    }
    assert told["total"] == ["总分（分）。十进制数字文本", "Total score (points). Decimal string"]
    assert not re.search(r"[\u4e00-\u9fff]", json.dumps(english, ensure_ascii=False))
    assert "no such address" in Client().get(f"/en{API}nothing/").json()["error"]["message"]


# The fuzzer


class IntoDjango(BaseAdapter):
    """Hands calls to Django without a network; signs those that need a signature, as a platform would."""

    def __init__(self, town) -> None:
        super().__init__()
        self.key, self.secret = issue_key(district=town.district, client="fuzz", acting_user=None)
        self.client = Client(raise_request_exception=False)
        self.seen: dict[int, int] = {}

    def send(self, request, **kwargs):
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        headers = dict(request.headers)
        if "/requests/" in request.path_url:
            stamp, nonce = str(int(time.time())), uuid.uuid4().hex
            headers |= {
                "X-Redprop-Key": self.key.key_id,
                "X-Redprop-Timestamp": stamp,
                "X-Redprop-Nonce": nonce,
                "X-Redprop-Signature": sign(
                    self.secret, request.method, request.path_url, stamp, nonce, body
                ),
            }
        kind = headers.pop("Content-Type", "application/json")
        given = self.client.generic(
            request.method, request.path_url, body, content_type=kind, headers=headers
        )
        answer = requests.Response()
        answer.status_code, answer._content = given.status_code, given.content
        answer.headers.update(given.headers)
        answer.request, answer.url = request, request.url
        answer.raw = HTTPResponse(b"", given.headers.items(), given.status_code, version=11)
        self.seen[given.status_code] = self.seen.get(given.status_code, 0) + 1
        return answer

    def close(self):
        pass


def fuzz(town, cases: int) -> dict[int, int]:
    """Ask `cases` things that the document allows or nearly allows; returns how often which status came."""
    load_all_checks()
    adapter, session = IntoDjango(town), requests.Session()
    session.mount("http://", adapter)
    schema = schemathesis.openapi.from_dict(openapi.document())
    operations = [found.ok() for found in schema.get_all_operations()]
    modes = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
    strategies = [op.as_strategy(generation_mode=mode) for op in operations for mode in modes]

    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(strategies))
    def ask(case):
        answer = case.call(base_url="http://testserver", session=session)
        case.validate_response(
            answer, checks=[not_a_server_error, status_code_conformance, response_schema_conformance]
        )

    ask()
    return adapter.seen


@pytest.fixture
def asked_town(db, tree, settings, monkeypatch):
    settings.DEMO = True
    for kind in quiet.LIMITS:
        monkeypatch.setitem(quiet.LIMITS, kind, ((10**6, 60),))
    return build_town()


@pytest.mark.faults
def test_nothing_of_three_thousand_calls_ends_in_an_error_of_ours(asked_town):
    seen = fuzz(asked_town, 3000)
    assert seen.keys() >= {200, 404, 422}


def test_a_nul_or_a_letter_of_nowhere_is_answered_with_a_sentence(tree):
    for path in (
        "compounds/%00/",
        "compounds/%ff/",
        "entries/?code=%00",
        "search/?q=%F0%9F%98%80",
        "%2e%2e/x",
    ):
        answer = get(path)
        assert answer.status_code in (200, 404, 422), path
        assert json.loads(answer.content)
