"""Pipelines and judges by name; what is missing is named."""

import json
import shutil

import pytest
import torch

from textinv_core.evaluation.judges import load_judge
from textinv_core.learning import models
from textinv_core.learning.models import load_pipeline, model_hash, resolution


def test_a_folder_loads_frozen_at_its_own_resolution(pipe):
    assert resolution(pipe) == 32 and pipe.unet.dtype == torch.float32 and pipe.safety_checker is None
    assert not any(p.requires_grad for m in (pipe.unet, pipe.vae, pipe.text_encoder) for p in m.parameters())
    assert pipe.text_encoder.config.eos_token_id == 2 != pipe.tokenizer.eos_token_id


def test_the_hash_is_of_the_weights(pipe, model_folder):
    first = model_hash(pipe)
    assert first == model_hash(load_pipeline(model_folder, device="cpu")) and len(first) == 16
    with torch.no_grad():
        pipe.vae.decoder.conv_out.bias[0] += 1e-6
    assert model_hash(pipe) != first


def test_the_same_weights_are_hashed_once(pipe, model_folder, monkeypatch):
    hashed = []
    monkeypatch.setattr(models, "add_weights", lambda digest, module: hashed.append(module))
    for _ in range(3):
        model_hash(pipe)
    assert len(hashed) == 3  # its three networks
    model_hash(load_pipeline(model_folder, device="cpu"))
    assert len(hashed) == 6
    with torch.no_grad():
        pipe.unet.conv_in.bias.add_(1)
    model_hash(pipe)
    assert len(hashed) == 9


@pytest.mark.parametrize("part", ["model_index.json", "unet", "tokenizer", "scheduler"])
def test_a_missing_part_is_named(model_folder, tmp_path, part):
    shutil.copytree(model_folder, tmp_path / "model")
    lost = tmp_path / "model" / part
    shutil.rmtree(lost) if lost.is_dir() else lost.unlink()
    with pytest.raises(ValueError, match=f"{part} missing") as error:
        load_pipeline(tmp_path / "model", device="cpu")
    assert "\n" not in str(error.value)


def test_pickled_or_torn_weights_are_refused_in_one_line(model_folder, tmp_path):
    shutil.copytree(model_folder, tmp_path / "pickled")
    weights = tmp_path / "pickled" / "unet" / "diffusion_pytorch_model.safetensors"
    torch.save({}, weights.with_suffix(".bin"))
    weights.unlink()
    shutil.copytree(model_folder, tmp_path / "torn")
    weights = tmp_path / "torn" / "vae" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    for name in ("pickled", "torn"):
        with pytest.raises(ValueError, match=f"{name}.*cannot be loaded") as error:
            load_pipeline(tmp_path / name, device="cpu")
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["nowhere", "./nowhere/at/all", "~/no-such-model"])
def test_an_unknown_name_says_what_a_name_may_be(name):
    with pytest.raises(ValueError, match="expected 'pocket', a folder, or a Hub id"):
        load_pipeline(name)
    with pytest.raises(ValueError, match="there is no folder"):
        load_judge(name)


def test_code_in_a_model_folder_is_not_run(model_folder, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(model_folder, folder)
    (folder / "unet" / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass UNet: ...\n")
    index = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").write_text(json.dumps(index | {"unet": ["evil", "UNet"]}))
    with pytest.raises(ValueError, match="cannot be loaded"):
        load_pipeline(folder, device="cpu")
    assert not (tmp_path / "ran").exists()
