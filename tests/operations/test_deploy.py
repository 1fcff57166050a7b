"""What stands in deploy/ and docs/environment.md fits the program: commands, variables, queues, figures."""

import ast
import configparser
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands

from tests.evaluations.test_killed_worker import database_url

ROOT = Path(settings.BASE_DIR)
DEPLOY = ROOT / "deploy"
SERVICES = sorted((DEPLOY / "systemd").glob("*.service"))
READ_ELSEWHERE = {"BACKUP_KEY_FILE", "REDPROP_POSTGRES", "REDPROP_SERVERS"}
PRODUCTION = {
    "DEMO": "0",
    "SECRET_KEY": "".join(chr(33 + n % 90) for n in range(7, 71)).replace('"', "q"),
    "DATA_KEYS": "k1:ZGVtby1vbmx5LWtleS1vZi0zMi1ieXRlcy1sZW5ndGg=",
    "HASH_KEY": "a-hash-key-of-fifty-or-more-random-characters-000001",
    "ALLOWED_HOSTS": "portal.example.cn",
    "TRUSTED_PROXIES": "1",
}


def variables_of_settings() -> set[str]:
    tree = ast.parse((ROOT / "redprop" / "settings.py").read_text())
    return {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
        and (
            ast.unparse(call.func).split(".")[0] == "env"
            or ast.unparse(call.func) in ("required", "from_file_or_environment")
        )
    }


def test_every_variable_that_is_read_stands_in_the_reference_and_none_besides():
    told = set(
        re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "environment.md").read_text(), re.MULTILINE)
    )
    assert variables_of_settings() - told == set()
    assert told - variables_of_settings() - READ_ELSEWHERE == set()


def test_the_example_names_no_variable_that_nobody_reads():
    named = set(re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    read = variables_of_settings() | READ_ELSEWHERE
    assert {name for name in named if name not in read and name.removesuffix("_FILE") not in read} == set()


@pytest.mark.django_db
def test_with_the_values_of_an_installation_the_check_for_deployment_is_silent(tmp_path):
    environment = {
        k: v
        for k, v in os.environ.items()
        if k not in ("DEBUG", "REDIS_URL_FILE", "DJANGO_ALLOW_ASYNC_UNSAFE")
    } | PRODUCTION
    environment |= {"DATABASE_URL": database_url(), "REDIS_URL_FILE": str(tmp_path / "redis")}
    (tmp_path / "redis").write_text(environment.pop("REDIS_URL"))
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "INFO"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "no issues (1 silenced)" in done.stdout


def unit(path: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path)
    return parser


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_each_unit_is_hardened_and_starts_what_there_is(path):
    service = unit(path)["Service"]
    for name, value in {
        "User": "redprop",
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "PrivateDevices": "yes",
        "CapabilityBoundingSet": "",
        "UMask": "0027",
    }.items():
        assert service[name] == value, name
    command = service["ExecStart"]
    if found := re.search(r"manage\.py (\w+)", command):
        assert found.group(1) in get_commands()
    else:
        assert "celery -A redprop.celery" in command


def test_the_workers_take_every_queue_and_there_is_one_beat():
    commands = " ".join(unit(path)["Service"]["ExecStart"] for path in SERVICES)
    assert set(re.findall(r"-Q (\w+)", commands)) == {queue.name for queue in settings.CELERY_TASK_QUEUES}
    assert commands.count(" beat ") == 1


def test_compose_says_the_same_and_holds_no_secret():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    commands = {
        name: " ".join(s["command"])
        for name, s in compose["services"].items()
        if isinstance(s.get("command"), list)
    }
    assert set(re.findall(r"-Q (\w+)", " ".join(commands.values()))) == {
        q.name for q in settings.CELERY_TASK_QUEUES
    }
    for name in ("web", "worker", "publisher", "beat", "migrate"):
        service = compose["services"][name]
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
        for variable in service["environment"]:
            plain = variable.removesuffix("_FILE")
            assert plain in variables_of_settings()
            if plain in ("SECRET_KEY", "DATA_KEYS", "HASH_KEY", "DATABASE_URL", "REDIS_URL"):
                assert variable.endswith("_FILE"), f"{plain} may only come from a file"
    assert set(compose["secrets"]) >= {
        s for one in compose["services"].values() for s in one.get("secrets", [])
    }


def figures_that_exist() -> set[str]:
    code = "".join(path.read_text() for path in (ROOT / "redprop" / "operations").glob("*.py"))
    names = {f"redprop_{name}" for name in re.findall(r'gauge\(\s*"(\w+)"', code)}
    names |= {f"redprop_{name}" for name in re.findall(r'Source\(\s*"(\w+)"', code)}
    return names | {"redprop_requests_total", "redprop_request_seconds_bucket"}


@pytest.mark.parametrize("name", ["alerts.yml", "grafana.json"])
def test_rules_and_dashboard_ask_only_for_figures_that_exist(name):
    text = (DEPLOY / name).read_text()
    parsed = json.loads(text) if name.endswith("json") else yaml.safe_load(text)
    assert parsed
    asked = set(re.findall(r"\bredprop_\w+", text))
    assert len(asked) > 8
    assert asked - figures_that_exist() == set()


def test_every_alert_says_what_happened_and_who_acts():
    rules = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"][0]["rules"]
    assert len(rules) > 12
    for rule in rules:
        assert rule["annotations"]["summary"].endswith((".", "?", "%."))
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_nginx_never_sends_a_form_twice_and_hides_the_figures():
    text = (DEPLOY / "nginx.conf").read_text()
    assert "non_idempotent" not in text
    assert re.search(r"location = /metrics \{\s*return 404;", text)


def test_every_role_has_its_pages_in_the_handbook_and_every_picture_is_there_and_made_by_the_command():
    handbook = ROOT / "docs" / "handbook"
    pages = {path.name for path in handbook.glob("*.md")} - {"README.md"}
    index = (handbook / "README.md").read_text()
    assert {name for name in pages if f"({name}" not in index} == set()
    shown = {
        name
        for path in [*handbook.glob("*.md"), ROOT / "README.md"]
        for name in re.findall(r"images/([\w-]+)\.jpg", path.read_text())
    }
    there = {path.stem for path in (ROOT / "docs" / "images").glob("*.jpg")}
    made = set(
        re.findall(r'^    \("([\w-]+)", ', (ROOT / "docs" / "screenshots.py").read_text(), re.MULTILINE)
    )
    assert shown - there == set()
    assert there - made == set()


def test_every_word_that_the_paper_for_newcomers_explains_is_a_model():
    text = (ROOT / "docs" / "field.md").read_text()
    named = set(re.findall(r"`([A-Z][a-z]\w+)`", text))
    assert len(named) > 40
    assert named - {model.__name__ for model in apps.get_models()} == set()
    paths = re.findall(r"`((?:redprop|evaluations|communities)/[\w./]+)`", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", ["security.md", "operations.md", "scale.md"])
def test_what_a_document_calls_its_proof_exists(name):
    text = (ROOT / "docs" / name).read_text()
    named = set(
        re.findall(
            r"`((?:tests/)?[\w/]+/test_\w+\.py|tests/\w+|[\w/]+/services/\w+\.py|deploy/[\w.-]+)`", text
        )
    )
    assert named or name == "scale.md"
    gone = [
        one for one in named if not any((ROOT / place / one).exists() for place in ("", "tests", "redprop"))
    ]
    assert gone == []
