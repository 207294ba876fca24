"""The notebook `explore` in a real JupyterLab and a real browser: a slider is moved, a prompt is typed and drawn."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import nbformat
import psutil
import pytest
from browser import chromium, needs_chromium
from conftest import search_path
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from textinv_core.paths import NOTEBOOKS, ROOT

pytestmark = pytest.mark.slow
WAIT = 900  # seconds for any one thing, on a machine that is busy with something else
TOKEN = "a-token-of-the-tests-own"
SMALL = dict(concepts=["elder_tree"], steps=2, kl_weights=[0.0], seeds=[3], batch_size=1, guidance=2.0)
SMALL |= dict(num_inference_steps=1, images_per_prompt=1, own_pictures=2)
FLAGS = ["--ip", "127.0.0.1", "--no-browser", "--allow-root", "--ServerApp.port_retries=0", "--LabApp.news_url=None"]
FLAGS += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
OWN = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
OWN += ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")


def answer(url):
    """Status of a request and where it ends, after redirects; none if nobody is there."""
    try:
        with urllib.request.urlopen(url, timeout=120) as found:
            return found.status, found.url
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.url
    except OSError:
        return ()


@pytest.fixture(scope="module")
def lab(study_copy, model_folder, judge, tmp_path_factory):
    """A JupyterLab that serves `explore`, set to the tiny model: its process and its address. Gone at the end."""
    folder, scratch = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("lab")
    given = SMALL | {name: str(scratch / name) for name in ("out", "runs")}
    given |= dict(model=str(model_folder), judge=judge.model.name_or_path)
    notebook = parameterize_notebook(load_notebook_node(str(NOTEBOOKS / "explore.ipynb")), given)
    nbformat.write(notebook, folder / "explore.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Nothing of the user's own is read or written, and pictures are kept in the copy of the study.
    own = {name: str(scratch / name.lower()) for name in OWN}
    own |= dict(PYTHONPATH=search_path(study_copy), JUPYTER_TOKEN=TOKEN)
    command = [sys.executable, "-m", "jupyterlab", *FLAGS, "--port", str(port), "--notebook-dir", str(folder)]
    with open(scratch / "lab.log", "w") as log:
        server = psutil.Popen(command, env=os.environ | own, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + WAIT
        while not answer(f"http://127.0.0.1:{port}/api"):
            alive = server.poll() is None and time.monotonic() < deadline
            assert alive, f"JupyterLab did not start: {(scratch / 'lab.log').read_text()[-3000:]}"
            time.sleep(0.2)
        yield server, f"http://127.0.0.1:{port}"
    finally:
        family = [server, *server.children(recursive=True)] if server.is_running() else [server]
        server.terminate()  # ends its kernels first
        left = psutil.wait_procs(family, timeout=120)[1]
        for process in left:
            process.kill()
        server.wait()
    assert not left, f"still there when JupyterLab had been told to end: {left}"


def test_without_the_token_there_is_no_way_in(lab):
    server, address = lab
    assert answer(f"{address}/lab/tree/explore.ipynb?token=a-guess")[1].startswith(f"{address}/login")
    assert answer(f"{address}/api/contents/explore.ipynb")[0] == 403
    assert answer(f"{address}/api/contents/explore.ipynb?token={TOKEN}")[0] == 200
    assert {c.laddr.ip for c in server.net_connections() if c.status == psutil.CONN_LISTEN} == {"127.0.0.1"}


@pytest.mark.skipif(not shutil.which("make"), reason="no make here")
def test_make_lab_listens_on_this_machine_alone_and_asks_for_a_token():
    done = subprocess.run(["make", "-n", "lab"], cwd=ROOT, capture_output=True, text=True, check=True)
    (line,) = [line for line in done.stdout.splitlines() if "jupyter lab" in line]  # make may speak around it
    assert "--ip 127.0.0.1 " in line
    assert not any(word in line for word in ("token", "password", "allow", "config"))


def every(css, begins=""):
    """JavaScript: the elements of a kind whose text begins so."""
    return f"[...document.querySelectorAll('{css}')].filter(e => e.innerText.trim().startsWith('{begins}'))"


RUN_ALL = every(".lm-Menu-itemLabel", "Run All Cells")
STEP = f"{every('.widget-hslider', 'Step')}[0]"
DRAW = f"{every('button', 'Draw')}[0]"
PICTURES = "[...document.querySelectorAll('img.widget-image')]"
BYTES = f"fetch({PICTURES}[0].src).then(r => r.arrayBuffer()).then(b => new Uint8Array(b).join())"
IDLE = "document.querySelector('#jp-main-statusbar')?.innerText.includes('| Idle')"
FAILED = f"{every('.jp-OutputArea-output')}.map(e => e.innerText).find(t => /^\\w*Error\\b/m.test(t))"


@needs_chromium
def test_explore_answers_to_a_slider_and_to_a_prompt(lab):
    with chromium() as page:
        page.open(f"{lab[1]}/lab/tree/explore.ipynb?token={TOKEN}", width=1400, height=1000)
        for place in (every(".jp-Cell h1"), every(".lm-MenuBar-itemLabel", "Run"), RUN_ALL):
            page.wait_for(f"{place}.length", WAIT)
            page.click_on(f"{place}[0]")
            page.wait_for(IDLE, WAIT)  # the status bar says so once the notebook has been clicked on
        page.wait_for(f"{FAILED} || ({PICTURES}[0]?.naturalWidth && {DRAW} && {IDLE})", WAIT)
        assert not page.ask(FAILED)

        def shown_at(step, act):
            """The picture's bytes once `act` has moved the slider to the step and the picture is another."""
            before = page.ask(f"{PICTURES}[0].src")
            act()
            there = f"{STEP}.querySelector('.widget-readout').innerText == '{step}'"
            page.wait_for(f"{there} && {PICTURES}[0].src != '{before}' && {IDLE}", WAIT)
            return page.ask(BYTES)

        trained = page.ask(BYTES)
        page.ask(f"{STEP}.querySelector('.noUi-handle').focus()")
        assert shown_at(1, lambda: page.press("ArrowLeft", 37)) != trained
        assert shown_at(2, lambda: page.press("ArrowRight", 39)) == trained
        assert shown_at(0, lambda: page.click_on(f"{STEP}.querySelector('.noUi-base')", across=0.02)) != trained

        for kind, text in (("text", "a sketch of {} in the snow, at night"), ("number", "3")):
            field = f"document.querySelector('.widget-text input[type={kind}]')"
            page.click_on(field)
            page.ask(f"{field}.select()")
            page.type_text(text)
            assert page.ask(f"{field}.value") == text
        page.click_on(DRAW)
        page.wait_for(f"{PICTURES}.length > 3 && {PICTURES}.every(i => i.naturalWidth) && {IDLE}", WAIT)
        assert page.ask(f"{PICTURES}.slice(1).map(i => i.naturalWidth)") == [128] * 3
        ranks = page.ask(f"{every('.widget-html')}.map(e => e.innerText).filter(t => /^\\d+: \\d/.test(t))")
        assert [rank.split(":")[0] for rank in ranks] == ["1", "2", "3"]
        assert page.ask("document.querySelector('.progress-bar').style.width") == "100%"
        assert not [said for said in page.problems if "uncaught" in said or "widget" in said.lower()]
