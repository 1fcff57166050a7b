"""How commands of one checkout share its servers, and what a command sees of it."""

import os
import signal
import sys

import psutil
import pytest

from tests.servers.conftest import Checkout, until

SLEEP = ("run", "--", sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)")


def test_exit_code_and_signal_of_the_command_are_passed_on_and_the_servers_stopped(checkout: Checkout):
    assert checkout.call("run", "--", sys.executable, "-c", "raise SystemExit(7)").returncode == 7
    assert checkout.status() == {
        "postgresql": None,
        "valkey": None,
        "in_use": False,
        "pinned": False,
        "demo": False,
    }
    done = checkout.call("run", "--", sys.executable, "-c", "import os; os.kill(os.getpid(), 15)")
    assert done.returncode == 128 + signal.SIGTERM
    assert checkout.call("run", "--", "no-such-program").returncode == 127


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGTERM,
        pytest.param(signal.SIGINT, marks=pytest.mark.faults),
        pytest.param(signal.SIGHUP, marks=pytest.mark.faults),
    ],
)
def test_a_signal_reaches_the_command_and_the_servers_end_after_it(checkout: Checkout, number):
    first = checkout.popen(*SLEEP)
    assert first.stdout.readline() == "up\n"
    first.send_signal(number)
    assert first.wait(30) in {128 + number, 1, 130}
    assert checkout.status()["postgresql"] is None


def test_two_commands_share_the_servers_and_the_last_one_stops_them(checkout: Checkout):
    first, second = checkout.popen(*SLEEP), checkout.popen(*SLEEP)
    assert [first.stdout.readline(), second.stdout.readline()] == ["up\n", "up\n"]
    pid = checkout.status()["postgresql"]["pid"]
    first.terminate()
    first.wait(30)
    assert checkout.status()["postgresql"]["pid"] == pid
    second.terminate()
    second.wait(30)
    assert checkout.status()["postgresql"] is None
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.mark.faults
def test_start_keeps_the_servers_until_stop_and_stop_spares_a_user(checkout: Checkout):
    assert "export DATABASE_URL=" in checkout.call("start").stdout
    assert checkout.sql("SELECT 1") == "1"
    assert checkout.status()["pinned"]
    user = checkout.popen(*SLEEP)
    user.stdout.readline()
    refused = checkout.call("stop")
    assert (refused.returncode, "is using the servers" in refused.stderr) == (1, True)
    user.terminate()
    user.wait(30)
    assert checkout.call("stop").returncode == 0
    assert checkout.status()["postgresql"] is None


def test_the_database_sees_chinese_letters_and_keeps_to_a_private_socket(checkout: Checkout):
    assert checkout.sql("SHOW server_encoding") == "UTF8"
    assert checkout.sql("SHOW listen_addresses") == ""
    for name in ("btree_gist", "pg_trgm", "citext", "unaccent"):
        checkout.sql(f"CREATE EXTENSION {name}")
    assert checkout.sql("SELECT cardinality(show_trgm('花园小区')) > 0") == "True"
    program = "import os; print(os.environ['DATABASE_URL'].partition('host=')[2])"
    folder = checkout.call(
        "run", "--", "sh", "-c", f'd=$({sys.executable} -c "{program}"); stat -c "%a %F" $d'
    ).stdout
    assert folder.strip() == "700 directory"


@pytest.mark.faults
def test_a_temporary_directory_with_a_long_path_does_not_hinder(checkout: Checkout):
    long = checkout.folder / ("d" * 60) / ("e" * 60)
    long.mkdir(parents=True)
    assert checkout.sql("SELECT 1", TMPDIR=str(long)) == "1"
    assert not list(long.iterdir())


@pytest.mark.faults
def test_a_stopped_checkout_leaves_no_socket_folder(checkout: Checkout, tmp_path):
    short = checkout.folder / "t"
    short.mkdir(mode=0o777)
    short.chmod(0o777)
    assert checkout.sql("SELECT 1", TMPDIR=str(short)) == "1"
    assert until(lambda: not os.listdir(short))


@pytest.mark.faults
def test_after_a_stop_the_servers_come_back_at_the_same_addresses(checkout: Checkout):
    first = checkout.call("start").stdout
    checkout.call("stop")
    assert checkout.call("start").stdout == first
    assert "redis://" in first
