"""Pipelines and judges by name; what is missing is named."""

import json
import shutil

import pytest
import torch

from textinv_core import models
from textinv_core.models import load_judge, load_pipeline, model_hash, resolution


def test_a_folder_loads_frozen_at_its_own_resolution(pipe):
    assert resolution(pipe) == 32 and pipe.unet.dtype == torch.float32 and pipe.safety_checker is None
    assert not any(p.requires_grad for m in (pipe.unet, pipe.vae, pipe.text_encoder) for p in m.parameters())
    assert pipe.text_encoder.config.eos_token_id == 2 != pipe.tokenizer.eos_token_id


def test_the_hash_is_of_the_weights(pipe, model_folder):
    first = model_hash(pipe)
    assert first == model_hash(load_pipeline(model_folder, device="cpu")) and len(first) == 16
    pipe.vae.decoder.conv_out.bias.data[0] += 1e-6
    assert model_hash(pipe) != first


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


def test_the_judge_of_a_model(monkeypatch):
    asked = []
    monkeypatch.setattr(models, "_locate", lambda name, _parts: asked.append(name) or "/nowhere")
    for name, model in ((None, "pocket"), (None, "some/model"), ("mine", "pocket")):
        with pytest.raises(ValueError, match="cannot be loaded"):
            load_judge(name, model=model)
    assert asked == [str(models.MODELS / "pocket_judge"), "openai/clip-vit-base-patch32", "mine"]


def test_features_are_unit_vectors_and_batches_do_not_matter(judge):
    from conftest import draw

    images = [draw(i) for i in range(3)]
    features = judge.image_features(images)
    assert features.shape == (3, 16) and features.dtype == torch.float32
    torch.testing.assert_close(features.norm(dim=1), torch.ones(3))
    torch.testing.assert_close(judge.image_features(images[1:2]), features[1:2])
    texts = judge.text_features(["a tree", "a photo of a tree in the forest"])
    torch.testing.assert_close(texts.norm(dim=1), torch.ones(2))
    torch.testing.assert_close(judge.text_features(["a tree"]), texts[:1])


def test_the_judge_reads_words_only_and_all_of_them(judge):
    with pytest.raises(ValueError, match="raw token"):
        judge.text_features(["a photo of <x>"])
    with pytest.raises(ValueError, match="longer than its 24 tokens"):
        judge.text_features(["tree " * 40])
