"""A network compiled ahead of time draws what the network itself draws, but for the last bits."""

import numpy as np
import pytest
import torch

from study import drawing
from textinv_core.drawing import compiling
from textinv_core.drawing.compiling import MOST, calling, compile_drawing, package_of
from textinv_core.drawing.generation import generate
from textinv_core.drawing.store import Store, prepared
from textinv_core.files import load_json
from textinv_core.learning.models import load_pipeline, model_hash
from textinv_core.learning.precision import fastest_dtype, shortened

HOW = dict(guidance_scale=4.0, num_inference_steps=2)


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    return tmp_path_factory.mktemp("packages")


@pytest.fixture(scope="module")
def compiled(model_folder, packages):
    """A pipeline and the package of its network, in the format that a store draws with."""
    pipe, patch = load_pipeline(model_folder, device="cpu"), pytest.MonkeyPatch()
    patch.setattr(compiling, "PACKAGES", packages)
    package = compile_drawing(pipe)
    patch.undo()
    return pipe, package


@pytest.mark.parametrize("examples", [1, 2, 5, MOST, MOST + 1, 2 * MOST + 3])
def test_a_package_is_as_near_to_full_precision_as_the_network_for_any_number_of_examples(compiled, examples):
    pipe, package = compiled
    unet = shortened(pipe.unet, fastest_dtype(pipe.unet))
    quick, draw = calling(unet, package), torch.Generator().manual_seed(examples)
    sample = torch.randn(examples, 4, 8, 8, generator=draw)
    for length in (7, 77):
        asked = dict(encoder_hidden_states=torch.randn(examples, length, 32, generator=draw), return_dict=False)
        with torch.no_grad():
            exact, own, theirs = (net(sample, torch.tensor(300), **asked)[0] for net in (pipe.unet, unet, quick))
        assert theirs.dtype == torch.float32 and theirs.shape == own.shape
        assert (theirs - exact).abs().mean() <= 1.2 * (own - exact).abs().mean() + 1e-5
    assert examples > 1 or torch.equal(own, theirs)


def test_a_store_draws_with_the_package_of_its_weights_and_keeps_those_pictures_apart(
    compiled, packages, tmp_path, monkeypatch
):
    pipe, package = compiled
    store, asked = Store(tmp_path / "runs", tmp_path / "pictures"), (pipe, None, ["a tree", "a tower"], [0, 1])
    own = store.draw(*asked, **HOW)
    monkeypatch.setattr(compiling, "PACKAGES", packages)
    quick, again = store.draw(*asked, **HOW), compile_drawing(pipe)
    assert again == package == package_of(pipe.unet, model_hash(pipe), fastest_dtype(pipe.unet))
    assert len(list(store.pictures.rglob("*.png"))) == 8
    away = [np.abs(np.asarray(a).astype(int) - b).max() for a, b in zip(own["image"], quick["image"], strict=True)]
    assert max(away) <= 8  # of 255; two steps of a model that was never trained
    same = prepared(pipe, fastest_dtype(pipe.unet), model_hash(pipe), package)
    there = generate(same, None, ["a tree", "a tower"], [0, 1], batch_size=64, **HOW)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(there["image"], quick["image"], strict=True))
    pipe.unet.conv_out.bias.add_(0.5)  # other weights: not this package's
    try:
        other, plain = store.draw(*asked, **HOW)["image"], generate(*asked, batch_size=64, **HOW)["image"]
        assert [a.tobytes() for a in other] == [b.tobytes() for b in plain]
    finally:
        pipe.unet.conv_out.bias.sub_(0.5)


def test_a_profile_has_it_compiled_and_notes_which(compiled, packages, model_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(compiling, "PACKAGES", packages)
    assert drawing.main([str(tmp_path / "drawing.json"), "-y", f"{{model: {model_folder}}}"]) == 0
    assert load_json(tmp_path / "drawing.json") == dict(package=compiled[1].name)


def test_without_a_compiler_nothing_is_compiled(pipe, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ValueError, match=r"compiling ahead needs a CPU and g\+\+"):
        compile_drawing(pipe)
