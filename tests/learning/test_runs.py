"""Runs on disk: killed and resumed, gone on with, read back; what is wrong is one line and leaves no torn file."""

import signal
import subprocess
import sys
import time

import pytest
import torch
from test_training import learn, rows_of

from textinv_core.files import load_tensors, lock
from textinv_core.learning.arms import Arm
from textinv_core.learning.models import load_pipeline
from textinv_core.learning.objective import Objective
from textinv_core.learning.runs import checkpoint_path, load_run
from textinv_core.learning.tokens import encode_prompts, save_embedding
from textinv_core.paths import ROOT

SCRIPT = """
import sys, torch
torch.set_num_threads(1)
from textinv_core.learning.concepts import load_concept
from textinv_core.learning.models import load_pipeline
from textinv_core.learning.arms import Arm
from textinv_core.learning.training import train
concept = load_concept(sys.argv[2])
arms = [Arm(concept), Arm(concept, kl_weight=0.5, seed=1)]
pipe = load_pipeline(sys.argv[1], device="cpu")
train(pipe, arms, steps=21, out=sys.argv[3], batch_size=2, checkpoint_every=3, progress=False)
"""


def files(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != ".lock"}


def test_killed_and_resumed_ends_at_the_same_bytes(model_folder, concept_folder, tmp_path):
    killed, whole = tmp_path / "killed", tmp_path / "whole"

    def start(folder):  # all three in processes of their own: the same machine, the same settings of its libraries
        command = [sys.executable, "-c", SCRIPT, str(model_folder), str(concept_folder), str(folder)]
        return subprocess.Popen(command, cwd=ROOT)

    process = start(killed)
    while not checkpoint_path(killed, 6).exists():
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not checkpoint_path(killed, 21).exists()
    assert [one.wait() for one in (start(killed), start(whole))] == [0, 0]
    assert files(killed) == files(whole)


def test_more_steps_go_on_where_the_run_ended(pipe, concept, tmp_path):
    learn(pipe, [Arm(concept)], tmp_path / "a", steps=3)
    longer = learn(pipe, [Arm(concept)], tmp_path / "a", steps=6)
    assert torch.equal(rows_of(longer)[0], rows_of(learn(pipe, [Arm(concept)], tmp_path / "b", steps=6))[0])
    before = files(tmp_path / "a")
    learn(pipe, [Arm(concept)], tmp_path / "a", steps=6)
    assert files(tmp_path / "a") == before


def test_a_run_is_read_back_and_exported(pipe, concept, tmp_path):
    learn(pipe, [Arm(concept, vectors=2)], tmp_path / "run")
    run = load_run(tmp_path / "run")
    (embedding,) = run.at(3)
    assert embedding.arm == run.table["arm"][0] == Arm(concept, vectors=2).id and embedding.step == 3
    pipe.load_textual_inversion(str(save_embedding(embedding, tmp_path / "export")))
    theirs, _ = pipe.encode_prompt("a photo of <red-tower>", "cpu", 1, False)
    assert torch.equal(
        theirs, encode_prompts(load_pipeline(pipe.name_or_path), ["a photo of <red-tower>"], [embedding])
    )


# --- faults ----------------------------------------------------------------------------------------


def test_a_loss_that_is_not_finite_stops_and_keeps_the_checkpoints(pipe, concept, tmp_path, monkeypatch):
    gradient = Objective.gradient

    def poisoned(self, rows, step):
        loss, grad = gradient(self, rows, step)
        return (loss * float("nan"), grad) if step == 5 else (loss, grad)

    monkeypatch.setattr(Objective, "gradient", poisoned)
    with pytest.raises(FloatingPointError, match="not finite at step 5") as error:
        learn(pipe, [Arm(concept)], tmp_path, steps=9)
    assert "\n" not in str(error.value)
    assert load_run(tmp_path).steps == [0, 3]
    monkeypatch.undo()
    assert learn(pipe, [Arm(concept)], tmp_path, steps=9).steps == [0, 3, 6, 9]


def test_a_failed_write_leaves_no_torn_file(pipe, concept, tmp_path, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    learn(pipe, [Arm(concept)], tmp_path, steps=3)
    before = files(tmp_path)
    monkeypatch.setattr("textinv_core.files.save_file", full)
    with pytest.raises(OSError, match="No space"):
        learn(pipe, [Arm(concept)], tmp_path, steps=6)
    assert files(tmp_path) == before


def test_two_processes_cannot_share_a_folder(pipe, concept, tmp_path):
    with lock(tmp_path), pytest.raises(ValueError, match="another process"):
        learn(pipe, [Arm(concept)], tmp_path)


@pytest.mark.parametrize(
    "settings",
    [
        dict(learning_rate=-1.0), dict(learning_rate=float("nan")), dict(vectors=0), dict(seed=-1), dict(seed=1.5),
        dict(kl_weight=-0.1), dict(kl_weight=float("inf")), dict(kl_weighting="soft"), dict(kl_variance="learned"),
        dict(initializer=" "), dict(l2_weight=-1.0), dict(stepz=3),
    ],
)  # fmt: skip
def test_a_bad_arm_is_one_line_that_names_the_setting(concept, settings):
    with pytest.raises(ValueError, match=next(iter(settings))) as error:
        Arm(concept, **settings)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (dict(steps=0), "steps"),
        (dict(steps=2.5), "steps"),
        (dict(batch_size=0), "batch_size"),
        (dict(checkpoint_every=0), "checkpoint_every"),
        (dict(checkpoint_every=[2, 0]), "checkpoint_every"),
        (dict(checkpoint_every=[]), "checkpoint_every"),
        (dict(arms=[]), "arms"),
        (dict(arms="twice"), "two are the same"),
        (dict(arms="namesakes"), "different concepts"),
        (dict(arms="unknown"), "initializer"),
        (dict(templates=["a photo"]), "template"),
        (dict(compile="yes"), "compile"),
        (dict(memory_gb=-1.0), "memory_gb"),
    ],
)
def test_a_bad_call_is_one_line_and_writes_nothing(pipe, concept, tmp_path, options, named):
    arms = {
        "twice": [Arm(concept), Arm(concept)],
        "namesakes": [Arm(concept), Arm(concept.model_copy(update={"kind": "tree"}))],
        "unknown": [Arm(concept, initializer="雪")],
    }.get(str(options.get("arms")), options.get("arms", [Arm(concept)]))
    options = {key: value for key, value in options.items() if key != "arms"}
    with pytest.raises(ValueError, match=named) as error:
        learn(pipe, arms, tmp_path / "out", **options)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.glob("out/*"))


def test_a_folder_of_another_run_is_refused(pipe, concept, tmp_path):
    learn(pipe, [Arm(concept)], tmp_path)
    before = files(tmp_path)
    for options, named in ((dict(batch_size=3), "batch_size"), (dict(flip=False), "flip")):
        with pytest.raises(ValueError, match=f"other {named}"):
            learn(pipe, [Arm(concept)], tmp_path, **options)
    with pytest.raises(ValueError, match="other arms"):
        learn(pipe, [Arm(concept, seed=4)], tmp_path)
    pipe.unet.conv_in.weight.data += 1
    with pytest.raises(ValueError, match="other model"):
        learn(pipe, [Arm(concept)], tmp_path)
    assert files(tmp_path) == before


def test_a_checkpoint_that_is_none_is_named(pipe, concept, tmp_path):
    run = learn(pipe, [Arm(concept)], tmp_path)
    with pytest.raises(ValueError, match="no checkpoint at step 4"):
        run.at(4)
    checkpoint_path(tmp_path, 3).write_bytes(b"torn")
    with pytest.raises(ValueError, match="step_000003"):
        run.at(3)
    with pytest.raises(ValueError, match="holds no run"):
        load_run(tmp_path / "nowhere")
    assert load_tensors(checkpoint_path(tmp_path, 6))[1]["log"][0]["step"] == 6
