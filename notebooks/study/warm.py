"""Processes that start warm: a server loads the libraries once, and every page and every kernel is a fork of it.

    python -m study.warm serve FOLDER            until its standard input is closed and nothing that it forked runs
    python warm.py call FOLDER MODULE ARGUMENT   what `python -m MODULE ARGUMENT` does: by the server, if one is there,
                                                 or else from scratch

Loading torch, diffusers, transformers and what draws the figures takes longer than many a small page. A caller, which
loads none of them, stays as long as what it called: it hands signals on, and when it or what started it is killed, the
server kills the other.
"""

import contextlib
import json
import os
import runpy
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable
from pathlib import Path

LOADED = ("diffusers", "transformers", "ipykernel.kernelapp", "papermill", "seaborn", "scipy.stats", "study.run")
LOADED += ("study.page", "study.leashes", "study.methods", "study.widgets", "pocket_world.oracle.witness")
HANDED_ON = (signal.SIGINT, signal.SIGTERM)
DOOR = "door"  # the socket in a server's folder, which it makes and takes away


def start(log: Path) -> tuple[subprocess.Popen, str]:
    """A server that callers can reach, until its standard input is closed; and the folder to call it by."""
    folder = tempfile.mkdtemp(prefix="study-")
    log.parent.mkdir(parents=True, exist_ok=True)
    own = dict(env=os.environ | {"OMP_NUM_THREADS": "1"}, stderr=subprocess.STDOUT)  # no threads before it forks
    with log.open("w") as said:
        serving = [sys.executable, "-m", "study.warm", "serve", folder]
        server = subprocess.Popen(serving, stdin=subprocess.PIPE, stdout=said, **own)
    while server.poll() is None and not os.path.exists(f"{folder}/{DOOR}"):
        time.sleep(0.01)
    return server, folder


def call(folder: str, module: str, arguments: list[str]) -> int:
    """Run a module as a script; returns its exit status."""
    server, parent = socket.socket(socket.AF_UNIX), os.getppid()
    paths = os.pathsep.join(filter(None, (folder, os.environ.get("JUPYTER_PATH"))))  # Jupyter finds its kernel there
    own = dict(os.environ) | dict(JUPYTER_PATH=paths)
    asked = dict(module=module, arguments=arguments, folder=os.getcwd(), environment=own)
    try:
        server.connect(f"{folder}/{DOOR}")
        socket.send_fds(server, [b"?"], [0, 1, 2])
        server.sendall(json.dumps(asked).encode() + b"\n")
        begun = server.recv(1)
    except OSError:
        begun = b""
    if not begun:  # no server, on a cluster's node say, or one that could not load its libraries
        os.execv(sys.executable, [sys.executable, "-m", module, *arguments])
    for number in HANDED_ON:
        signal.signal(number, lambda number, _: server.sendall(bytes([number])))
    server.settimeout(1)
    while os.getppid() == parent:
        try:
            return (server.recv(1) or b"\1")[0]
        except TimeoutError:
            continue
    return 1


def serve(folder: str, loaded: Iterable[str] = LOADED) -> None:
    """Fork what is asked for until whoever started this has gone, and then until nothing runs any more."""
    kernel = [sys.executable, "-I", "-S", __file__, "call", folder, "ipykernel_launcher", "-f", "{connection_file}"]
    os.makedirs(f"{folder}/kernels/python3")
    with open(f"{folder}/kernels/python3/kernel.json", "w", encoding="utf-8") as file:
        json.dump(dict(argv=kernel, display_name="Python 3", language="python"), file)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's goes to the callers too
    try:
        with socket.socket(socket.AF_UNIX) as door, selectors.DefaultSelector() as events:
            door.bind(f"{folder}/{DOOR}")
            door.listen(64)  # callers wait while it loads
            for name in loaded:
                __import__(name)
            _answer(door, events)
    finally:
        shutil.rmtree(folder)


def _answer(door: socket.socket, events: selectors.BaseSelector) -> None:
    """Fork for callers, hand their signals on, and tell each how what it called has ended."""
    callers: dict[int, socket.socket] = {}  # by the process that they wait for
    events.register(door, selectors.EVENT_READ)
    events.register(0, selectors.EVENT_READ)
    wanted = True
    while wanted or callers:
        for key, _ in events.select(0.05):
            if key.fileobj == 0:
                wanted = False
                events.unregister(0)
            elif key.fileobj is door:
                caller, _ = door.accept()
                child = _forked(caller, [door, events, *callers.values()])
                callers[child] = caller
                events.register(caller, selectors.EVENT_READ, child)
            elif number := key.fileobj.recv(1):
                os.kill(key.data, number[0])
            else:
                os.kill(key.data, signal.SIGKILL)
                events.unregister(key.fileobj)
        while callers and (ended := os.waitpid(-1, os.WNOHANG))[0]:
            with callers.pop(ended[0]) as caller:
                if caller in events.get_map():
                    events.unregister(caller)
                status = os.waitstatus_to_exitcode(ended[1])
                with contextlib.suppress(OSError):  # it has gone
                    caller.sendall(bytes([status if status >= 0 else 128 - status]))  # a signal's as a shell has it


def _forked(caller: socket.socket, closed: Iterable) -> int:
    """The process that does what a caller asks for, in its folder, its environment and its open files."""
    _, files, _, _ = socket.recv_fds(caller, 1, 3)
    with caller.makefile("rb") as said:
        asked = json.loads(said.readline())
    if child := os.fork():
        for file in files:
            os.close(file)
        caller.sendall(b"!")
        return child
    status = 1
    try:
        for one in (caller, *closed):
            one.close()
        for place, file in enumerate(files):
            os.dup2(file, place)
            os.close(file)
        os.setsid()  # a terminal's signals come by the caller alone
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ.clear()
        os.environ.update(asked["environment"])
        os.chdir(asked["folder"])
        if "torch" in sys.modules and (threads := os.environ.get("OMP_NUM_THREADS")):
            sys.modules["torch"].set_num_threads(int(threads))
        sys.argv = [asked["module"], *asked["arguments"]]
        sys.modules.pop(asked["module"], None)
        runpy.run_module(asked["module"], run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"] and len(sys.argv) == 3:
        serve(sys.argv[2])
    elif sys.argv[1:2] == ["call"] and len(sys.argv) > 3:
        sys.exit(call(sys.argv[2], sys.argv[3], sys.argv[4:]))
    else:
        sys.exit(__doc__)
