"""What `make demo` says when something is in its way, and that nothing of it is left over."""

import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest

from redprop.common.servers import demo
from redprop.common.servers.where import ServersError
from tests.servers.conftest import until


def test_a_taken_port_is_named_with_its_holder_and_the_way_out():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(ServersError, match=rf"Port {port} .* make demo PORT="):
            demo.check_port(port)
    demo.check_port(port)


def test_a_port_that_is_none_is_refused():
    with pytest.raises(ServersError, match="70000 is no port"):
        demo.check_port(70000)


def test_a_program_that_ends_by_itself_is_told_with_the_end_of_its_log(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "LOGS", tmp_path)
    with demo.Programs() as programs:
        programs.start("worker", [sys.executable, "-c", "raise SystemExit('no broker')"])
        until(lambda: programs.running["worker"].poll() is not None)
        with pytest.raises(ServersError, match="no broker"):
            programs.check()


def test_leaving_ends_every_program_also_one_that_does_not_listen(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "LOGS", tmp_path)
    monkeypatch.setattr(demo, "PATIENCE", 1.0)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    with demo.Programs() as programs:
        programs.start("deaf", [sys.executable, "-c", deaf])
        programs.start("good", [sys.executable, "-c", "import time; time.sleep(60)"])
        until(lambda: "up" in (tmp_path / "deaf.log").read_text())
        start = time.monotonic()
    assert time.monotonic() - start < 10
    assert [process.poll() for process in programs.running.values()] == [-signal.SIGKILL, -signal.SIGTERM]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_a_killed_demo_takes_its_programs_with_it(tmp_path):
    program = (
        "import sys, time, pathlib\n"
        "from redprop.common.servers import demo\n"
        f"demo.LOGS = pathlib.Path({str(tmp_path)!r})\n"
        "programs = demo.Programs()\n"
        "programs.start('worker', [sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(programs.running['worker'].pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    killed = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    pid = int(killed.stdout.readline())
    killed.kill()
    killed.wait()
    assert until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
