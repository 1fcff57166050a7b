"""Which PostgreSQL a checkout gets: DATABASE_URL, the system's, the wheel's; and where its data lies."""

import os
import sys

import pytest

from redprop.common.servers import postgres, where
from redprop.common.servers.where import ServersError
from tests.servers.conftest import Checkout

PRINT = (
    "import os; print(os.environ.get('DATABASE_URL'), os.environ.get('REDIS_URL'), os.environ.get('DEMO'))"
)


def test_servers_of_the_environment_are_used_as_they_are_and_nothing_is_started(checkout: Checkout):
    done = checkout.call(
        "run", "--", sys.executable, "-c", PRINT, DATABASE_URL="postgres://a/b", REDIS_URL="redis://c/0"
    )
    assert done.stdout.split() == ["postgres://a/b", "redis://c/0", "None"]
    assert not list((checkout.folder / ".local").glob("pg*"))


def test_servers_named_in_the_env_file_are_not_replaced(checkout: Checkout):
    (checkout.folder / ".env").write_text(
        "# ours\nexport DATABASE_URL='postgres://a/b'\nREDIS_URL=redis://c/0\n"
    )
    done = checkout.call("run", "--demo", "--", sys.executable, "-c", PRINT)
    assert done.stdout.split() == ["None", "None", "1"]


def test_the_wheel_can_be_forced_and_keeps_its_data_apart_from_another_major_version(checkout: Checkout):
    assert checkout.sql("SHOW server_version", REDPROP_POSTGRES="wheel").startswith("18.")
    assert [data.name for data in (checkout.folder / ".local").glob("pg*")] == ["pg18"]
    if postgres.system_binaries() and postgres.system_binaries()[0].major != 18:
        major = str(postgres.system_binaries()[0].major)
        assert checkout.sql("SHOW server_version", REDPROP_POSTGRES="system").startswith(major)
        assert (checkout.folder / ".local" / f"pg{major}").exists()


def test_an_unknown_choice_is_refused_with_the_words_that_are_allowed(checkout: Checkout):
    done = checkout.call("run", "--", "true", REDPROP_POSTGRES="mysql")
    assert done.returncode == 1
    assert "`system` or `wheel`" in done.stderr


def fake(folder, version: str, extensions: bool) -> None:
    (folder / "bin").mkdir(parents=True)
    for name, text in {
        "postgres": f"postgres (PostgreSQL) {version}",
        "initdb": "",
        "pg_config": folder / "share",
    }.items():
        (folder / "bin" / name).write_text(f"#!/bin/sh\necho '{text}'\n")
        (folder / "bin" / name).chmod(0o755)
    (folder / "share" / "extension").mkdir(parents=True)
    for name in postgres.EXTENSIONS if extensions else postgres.EXTENSIONS[1:]:
        (folder / "share" / "extension" / f"{name}.control").touch()


def test_an_old_or_incomplete_postgresql_of_the_system_is_passed_over(tmp_path, monkeypatch):
    fake(tmp_path / "old", "13.9", extensions=True)
    fake(tmp_path / "bare", "16.2", extensions=False)
    fake(tmp_path / "good", "16.1", extensions=True)
    folders = [tmp_path / name / "bin" for name in ("old", "bare", "good")]
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, folders)))
    found = postgres.system_binaries()
    assert (found[0].folder, found[0].major) == (folders[2], 16)
    assert not {folders[0], folders[1]} & {binaries.folder for binaries in found}


def test_existing_data_decide_which_version_serves_them(tmp_path, monkeypatch):
    system = postgres.Binaries("system", tmp_path, "15.4")
    wheel = postgres.Binaries("wheel", tmp_path, "18.6")
    monkeypatch.delenv("REDPROP_POSTGRES", raising=False)
    monkeypatch.setattr(postgres, "system_binaries", lambda: [system])
    monkeypatch.setattr(postgres, "wheel_binaries", lambda *_: wheel)
    assert postgres.choose(tmp_path, None) == system
    (tmp_path / "pg18").mkdir()
    assert postgres.choose(tmp_path, None) == wheel
    (tmp_path / "pg15").mkdir()
    assert postgres.choose(tmp_path, None) == system


def test_without_any_postgresql_a_sentence_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.delenv("REDPROP_POSTGRES", raising=False)
    monkeypatch.setattr(postgres, "system_binaries", list)
    monkeypatch.setattr(postgres, "wheel_binaries", lambda *_: None)
    with pytest.raises(ServersError, match="Install it"):
        postgres.choose(tmp_path, None)


def test_a_demo_is_remembered_for_its_own_database_only(tmp_path, monkeypatch):
    monkeypatch.setattr(where, "LOCAL", tmp_path)
    monkeypatch.setattr(where, "CHECKOUT", tmp_path)
    monkeypatch.delenv("REDPROP_SERVERS", raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgres://demo:secret@db/demo")
    where.remember_demo()
    assert where.is_demo()
    assert "secret" not in (tmp_path / "demo").read_text()
    monkeypatch.setenv("DATABASE_URL", "postgres://demo:secret@db/real")
    assert not where.is_demo()
    monkeypatch.delenv("DATABASE_URL")
    assert not where.is_demo()
