"""A process that starts warm does what one from scratch does, and ends when its caller does."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from study import warm

SERVE = "import sys; from study.warm import serve; serve(sys.argv[1], sys.argv[2:])"
TALK = """import os, signal, sys, time
print(*sys.argv, os.getcwd(), os.environ["SAID"], flush=True)
print("to the other", file=sys.stderr)
if sys.argv[1:] == ["wait"]:
    open("it", "w").write(str(os.getpid()))
    time.sleep(60)
if sys.argv[1:] == ["fall"]:
    raise ValueError("over")
sys.exit(int(sys.argv[1]))
"""


@pytest.fixture
def server(tmp_path):
    """A server that loads nothing much, and where it listens."""
    where = str(tmp_path / "warm")
    started = subprocess.Popen([sys.executable, "-c", SERVE, where, "json"], stdin=subprocess.PIPE)
    while not (tmp_path / "warm" / warm.DOOR).exists():
        time.sleep(0.01)
    yield started, where
    started.stdin.close()
    assert started.wait(20) == 0 and not (tmp_path / "warm").exists()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work/talk.py").write_text(TALK)
    return tmp_path / "work"


def caller(where, folder, *arguments):
    """A process that calls, its words in a pipe."""
    own = os.environ | {"SAID": "here", "PYTHONPATH": str(folder)}
    command = [sys.executable, "-I", "-S", warm.__file__, "call", where, "talk", *arguments]
    return subprocess.Popen(command, cwd=folder, env=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def pid_of(folder):
    """The process called, once it has said which it is."""
    while not (folder / "it").exists() or not (said := (folder / "it").read_text()):
        time.sleep(0.01)
    return int(said)


def ended(pid):
    """Whether a process is gone within some seconds."""
    for _ in range(500):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.parametrize("argument", ["0", "3", "fall"])
def test_it_says_and_ends_as_it_would_from_scratch(server, folder, argument):
    with caller(server[1], folder, argument) as there, caller(str(folder / "nobody"), folder, argument) as scratch:
        (out, err), (out_too, err_too) = there.communicate(timeout=20), scratch.communicate(timeout=20)
    assert out.split()[1:] == out_too.split()[1:] == [argument, str(folder), "here"]
    assert err.splitlines()[0] == err_too.splitlines()[0] == "to the other"
    assert err.splitlines()[-1] == err_too.splitlines()[-1]
    assert there.returncode == scratch.returncode


def test_its_caller_killed_it_is_killed(server, folder):
    with caller(server[1], folder, "wait") as called:
        pid = pid_of(folder)
        assert parent_of(pid) == server[0].pid
        called.kill()
    assert ended(pid)


@pytest.mark.parametrize("number", warm.HANDED_ON)
def test_its_callers_signals_reach_it(server, folder, number):
    with caller(server[1], folder, "wait") as called:
        pid = pid_of(folder)
        called.send_signal(number)
    assert called.returncode != 0 and ended(pid)


def test_the_server_stays_for_what_runs(server, folder):
    with caller(server[1], folder, "wait") as called:
        pid = pid_of(folder)
        server[0].stdin.close()
        time.sleep(0.3)
        assert server[0].poll() is None
        os.kill(pid, signal.SIGKILL)
    assert called.returncode == 128 + signal.SIGKILL and server[0].wait(20) == 0


def test_a_server_that_cannot_load_leaves_all_to_be_done_from_scratch(tmp_path, folder):
    where = str(tmp_path / "warm")
    broken = [sys.executable, "-c", SERVE, where, "no_such_module"]
    assert subprocess.run(broken, stderr=subprocess.DEVNULL, timeout=20).returncode == 1
    with caller(where, folder, "5") as called:
        out, _ = called.communicate(timeout=20)
    assert called.returncode == 5 and "here" in out
