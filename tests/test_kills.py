"""Killed at a random moment and started again: the same bytes, of pictures up to rounding.

A campaign: `pytest tests/test_kills.py --kills 50`.
"""

import io
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from conftest import search_path
from PIL import Image
from safetensors.torch import load

from textinv_core.paths import ROOT

START = """
import torch
torch.set_num_threads(1)
from pathlib import Path
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import load_concept
from textinv_core.baselines.dreambooth import DreamBooth, dreambooth
from textinv_core.evaluation.judges import load_judge
from textinv_core.learning.models import load_pipeline
from textinv_core.evaluation.nulls import cached_nulls, describe_nulls
from textinv_core.drawing.store import Store
from textinv_core.learning.training import train
model, pictures, scorer, out = given
pipe, concept, judge = load_pipeline(model, device="cpu"), load_concept(pictures), load_judge(scorer, device="cpu")
out = Path(out)
print("ready", flush=True)
"""
STAGES = {
    "words": """
arms = [Arm(concept), Arm(concept, kl_weight=0.5, seed=1)]
train(pipe, arms, steps=60, out=out, batch_size=2, checkpoint_every=3, progress=False)
""",
    "fine-tuning": """
recipe = DreamBooth(concept, identifier="z", steps=25, learning_rate=1e-3, class_pictures=12, batch_size=2)
dreambooth(pipe, recipe, out=out, progress=False, num_inference_steps=2)
""",
    "pictures": """
store = Store(out / "runs", out / "pictures")
prompts = [f"a photo of {{}} {w}" for w in ("", "on the beach", "at night")]
words = store.learn(pipe, [Arm(concept, learning_rate=0.01)], steps=4, checkpoint_every=2, progress=False)
for step in words.steps:
    store.draw(pipe, words.at(step), prompts, range(6), num_inference_steps=2)
made = describe_nulls(concept, judge, prompts, range(100), num_inference_steps=1)
draw = lambda: store.draw(pipe, None, prompts, range(100), word="tower", num_inference_steps=1)
cached_nulls(out / "nulls.safetensors", draw, judge, made)
""",
}


def tree(folder):
    """{path: bytes} of all files but locks; an unfinished file would show as one too many."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def given(model_folder, concept_folder, judge):
    """What a stage works with, but for its folder: where the model, the concept and the judge are."""
    return str(model_folder), str(concept_folder), judge.model.name_or_path


def started(stage, given, folder):
    """A process that works on a stage in `folder`, once it is ready to."""
    command = [sys.executable, "-c", "import sys; given = sys.argv[1:]" + START + STAGES[stage], *given, str(folder)]
    own = {"PYTHONPATH": search_path(ROOT)}
    process = subprocess.Popen(command, cwd=folder.parent, env=os.environ | own, stdout=subprocess.PIPE, text=True)
    with process.stdout:  # says nothing more
        assert process.stdout.readline() == "ready\n"
    return process


def work(stage, given, folder):
    """The same in this process, to its end: the seconds that the stage itself took."""
    names = {"__name__": "kills", "given": [*given, str(folder)]}
    exec(START, names)
    begun = time.monotonic()
    exec(STAGES[stage], names)
    return time.monotonic() - begun


@pytest.fixture(scope="module")
def whole(given, tmp_path_factory):
    """Each stage's files after an undisturbed run, and the seconds it took."""
    ends = {}

    def of(stage):
        if stage not in ends:
            folder = tmp_path_factory.mktemp("whole") / "out"
            seconds = work(stage, given, folder)
            ends[stage] = tree(folder), seconds
        return ends[stage]

    return of


@pytest.mark.slow
def test_killed_at_any_moment_it_ends_at_the_same_bytes(kill, given, whole, tmp_path):
    stage = list(STAGES)[kill % len(STAGES)]
    files, seconds = whole(stage)
    process = started(stage, given, tmp_path / "out")
    time.sleep(random.Random(kill).uniform(0, seconds))
    process.send_signal(signal.SIGKILL)
    process.wait()
    work(stage, given, tmp_path / "out")
    again = tree(tmp_path / "out")
    assert set(again) == set(files)
    for name in files:
        assert again[name] == files[name] or alike(name, again[name], files[name]), name


def alike(name, one, other):
    """Whether pictures differ by rounding: those that a kill left out are drawn in a smaller batch."""
    if name.endswith(".png"):
        one, other = (np.asarray(Image.open(io.BytesIO(content))).astype(int) for content in (one, other))
        return one.shape == other.shape and abs(one - other).max() <= 1
    if name == "nulls.safetensors":  # the judge's features of such pictures
        one, other = load(one), load(other)
        return one.keys() == other.keys() and all(torch.allclose(one[k], other[k], atol=1e-2) for k in one)
    return False
