"""How the pocket model is trained: the laws of its parts, kill and resume, and an export that plain diffusers loads."""

import json
import os
import signal
import subprocess
import sys
import time
from argparse import Namespace
from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline
from pocket_world.__main__ import main, parse, train_stage
from pocket_world.oracle import model as oracle_model
from pocket_world.release import adopt, card, evaluate, export
from pocket_world.training import clip, dataset, files, latents, stages, tokenizer, unet, vae
from pocket_world.training.pipeline import build_pipeline
from transformers import CLIPTokenizer

SAMPLES = {"clip": 960, "judge": 64, "vae": 40, "unet": 120, "oracle": 320}


@pytest.fixture(scope="module")
def options(tmp_path_factory):
    """A tiny build in which every stage ran through once."""
    folder = tmp_path_factory.mktemp("pocket")
    given = stages.Options(samples=192, threads=1, build=folder / "build", models=folder / "models", tiny=True)
    train_stage("dataset", given)
    for stage, samples in SAMPLES.items():
        train_stage(stage, replace(given, samples=samples))
    return given


def replace_options(options, **more):
    """The options as the command line gives them to the commands that train nothing."""
    return Namespace(**vars(options), **more)


def checkpoint(options, stage):
    return torch.load(options.build / stage / "last.pt", weights_only=True)


def command(options, stage):
    return [
        sys.executable,
        "-m",
        "pocket_world",
        "train",
        stage,
        "--tiny",
        "--threads",
        "1",
        "--build",
        str(options.build),
        "--samples",
        str(SAMPLES[stage]),
        "--checkpoint-seconds",
        "0",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["clip", "vae", "unet", "oracle"])
def test_a_killed_stage_resumes_and_ends_at_the_same_weights(options, stage, tmp_path):
    other = replace(options, build=tmp_path)
    for name in ("data", "tokenizer", "vae", "clip", "latents"):
        if name != stage:
            os.symlink(options.build / name, tmp_path / name)
    process = subprocess.Popen(command(other, stage), stderr=subprocess.DEVNULL)
    last = tmp_path / stage / "last.pt"
    while not last.exists():
        assert process.poll() is None, "the stage ended before its first checkpoint"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    stopped = checkpoint(other, stage)["counters"]["step"]
    assert 0 < stopped < checkpoint(options, stage)["counters"]["step"]
    train_stage(stage, replace(other, samples=SAMPLES[stage]))
    through, resumed = checkpoint(options, stage), checkpoint(other, stage)
    assert resumed["counters"]["samples"] == through["counters"]["samples"] == SAMPLES[stage]
    for name, value in through["model"].items():
        assert torch.equal(value, resumed["model"][name]), name


def test_sigterm_saves_and_shows_in_the_exit_status(tmp_path):
    run = stages.StageRun("stopped", stages.Options(samples=100, build=tmp_path), {}, batch=1)
    with pytest.raises(SystemExit) as stopped:
        for step in run.steps():
            if step == 3:
                signal.raise_signal(signal.SIGTERM)
    assert stopped.value.code == 128 + signal.SIGTERM
    assert torch.load(tmp_path / "stopped" / "last.pt", weights_only=True)["counters"]["step"] == 4


def test_a_missing_shard_is_drawn_again_to_the_same_bytes(options):
    path = options.build / "data" / "train_0001.npy"
    before = path.read_bytes()
    count = len(dataset.Pictures(options.build))
    path.unlink()
    train_stage("dataset", options)
    assert path.read_bytes() == before
    assert len(dataset.Pictures(options.build)) == count == 192


def test_the_export_loads_with_plain_diffusers_and_transformers(options):
    export.export(options)
    pipeline = StableDiffusionPipeline.from_pretrained(options.models / "pocket")
    assert next(pipeline.unet.parameters()).dtype == torch.float32  # asked for by default, stored in fp16
    pipeline.set_progress_bar_config(disable=True)
    image = pipeline("a photo of a tree", height=64, width=64, num_inference_steps=2, output_type="np").images
    assert image.shape == (1, 64, 64, 3) and np.isfinite(image).all()
    assert pipeline.text_encoder.config.eos_token_id == pipeline.tokenizer.eos_token_id != 2
    assert not [name for name in os.listdir(options.models) if name.endswith((".tmp", ".old"))]
    oracle = oracle_model.load_oracle(options.models / "pocket_oracle")
    found = oracle.read_pictures((image * 255).astype(np.uint8))
    assert found["subject"].sum() == pytest.approx(1, abs=1e-4) and found["tree.crown colour"].shape == (1, 3)


@pytest.mark.slow
def test_an_export_is_evaluated_and_gets_its_card(options):
    export.export(options)
    evaluate.evaluate(replace_options(options, pictures=28))
    quality = json.loads((options.models / "pocket" / "quality.json").read_text())
    families = quality["drawn"]["name in a scene"]
    assert all(0 <= cell["kept"]["share"] <= 1 and "form" in " ".join(cell) for cell in families.values())
    assert quality["oracle"]["forms"]["n"] > 100 and set(quality["concepts"]["lemon_pine"]) >= {"drawn", "others"}
    card.write_card(options)
    text = (options.models / "pocket" / "README.md").read_text()
    assert "name in a scene: kept" in text and "lemon_pine" in text and "nan" not in text


def test_the_unet_refuses_encoders_it_was_not_trained_with(options, tmp_path):
    for name in ("data", "tokenizer", "clip", "latents"):
        os.symlink(options.build / name, tmp_path / name)
    for stage in ("vae", "unet"):
        files.save_checkpoint(tmp_path / stage / "last.pt", checkpoint(options, stage))
    train_stage("vae", replace(options, build=tmp_path, samples=8, freeze_encoder=True))
    build_pipeline(tmp_path)  # only the decoder has changed
    train_stage("vae", replace(options, build=tmp_path, samples=8, seed=1))
    with pytest.raises(files.StageError, match="was trained with vae encoder"):
        build_pipeline(tmp_path)


def test_training_goes_on_from_the_published_weights_alone(options, tmp_path):
    export.export(options)
    record = json.loads((options.models / "pocket" / "training.json").read_text())
    other = replace(options, build=tmp_path)
    adopt.adopt(other)
    with pytest.raises(files.StageError, match="there is a checkpoint already"):
        adopt.adopt(other)
    os.symlink(options.build / "data", tmp_path / "data")
    adopted = build_pipeline(tmp_path)
    exported = StableDiffusionPipeline.from_pretrained(options.models / "pocket")
    for part in ("unet", "vae", "text_encoder"):
        there, here = getattr(exported, part).state_dict(), getattr(adopted, part).state_dict()
        assert all(torch.equal(there[name].float(), here[name]) for name in there)
    for stage in ("vae", "unet", "clip", "judge", "oracle"):
        frozen = dict(freeze_text=stage == "clip", freeze_encoder=stage == "vae")
        train_stage(stage, replace(other, samples=16, **frozen))
        seen = checkpoint(other, stage)["counters"]["samples"]
        assert seen > record[stage]["counters"]["samples"] == checkpoint(options, stage)["counters"]["samples"]
    again = replace(other, models=tmp_path / "models")
    export.export(again)
    lines = json.loads((again.models / "pocket" / "training.json").read_text())["unet"]["log"]
    assert [line["samples"] for line in lines] == sorted(line["samples"] for line in lines)


def test_an_autoencoder_alone_is_handed_on(options, tmp_path):
    """A model half trained goes on elsewhere from what is finished of it."""
    files.save_checkpoint(tmp_path / "begun" / "vae" / "last.pt", checkpoint(options, "vae"))
    for name in ("data", "latents"):
        os.symlink(options.build / name, tmp_path / "begun" / name)
    begun = replace(options, build=tmp_path / "begun", models=tmp_path / "models")
    export.export(begun)
    other = replace(begun, build=tmp_path / "other")
    adopt.adopt(other)
    os.symlink(options.build / "data", tmp_path / "other" / "data")
    x = torch.rand(2, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        pictures = [vae.load_vae(one.build)[0] for one in (begun, other)]
        first, second = (one.decode(one.encode(x).latent_dist.mean).sample for one in pictures)
    assert (first - second).abs().mean() < 0.05 * first.std()  # but for the weights' 16 bits
    assert checkpoint(other, "vae")["counters"] == checkpoint(options, "vae")["counters"]


def test_freezing_the_text_takes_the_text_encoder_of_the_unet_and_keeps_it(options, tmp_path):
    for name in ("data", "tokenizer", "unet"):
        os.symlink(options.build / name, tmp_path / name)
    files.save_checkpoint(tmp_path / "clip" / "last.pt", checkpoint(options, "clip"))
    train_stage("clip", replace(options, build=tmp_path, samples=32, freeze_text=True))
    before, after = checkpoint(options, "clip")["model"], checkpoint(replace(options, build=tmp_path), "clip")["model"]
    loaded, _ = clip.load_clip(options.build)
    _, text_encoder, _ = unet.load_unet(options.build, loaded)
    for name, value in text_encoder.state_dict().items():
        assert torch.equal(value, after[f"text_model.{name}"]), name
    assert not torch.equal(before["visual_projection.weight"], after["visual_projection.weight"])


def test_the_text_encoder_learns_with_the_unet(options):
    began = clip.load_clip(options.build)[0].text_model.state_dict()
    ended = checkpoint(options, "unet")["text"]
    assert any(not torch.equal(value, ended[name]) for name, value in began.items())


def test_every_world_word_is_one_token_and_anything_else_falls_back_to_bytes(options):
    words = tokenizer.load_tokenizer(options.build / "tokenizer")
    assert all(len(words(word, add_special_tokens=False).input_ids) == 1 for word in tokenizer.world_words())
    for text in ("zyzzyva qrx", "größe 42", "日本"):
        ids = words(text, add_special_tokens=False).input_ids
        assert words.unk_token_id not in ids and words.decode(ids).replace(" ", "") == text.replace(" ", "")
    assert tokenizer.encode(words, ["a " * 60]).shape == (1, tokenizer.LENGTH)


def test_the_tokenizer_saved_by_transformers_agrees(options, tmp_path):
    words = tokenizer.load_tokenizer(options.build / "tokenizer")
    words.save_pretrained(tmp_path)
    text = "a photo of a man with brown hair doing ballet"
    assert CLIPTokenizer.from_pretrained(tmp_path)(text).input_ids == words(text).input_ids


def test_pictures_of_an_earlier_version_are_refused_in_one_line(options, tmp_path):
    for path in (options.build / "data").glob("train_0000.*"):
        (tmp_path / "data").mkdir(exist_ok=True)
        os.symlink(path, tmp_path / "data" / path.name)
    assert dataset.Pictures(tmp_path).maps().shape == (64, 8, 8)
    (tmp_path / "data" / "train_0000.map").unlink()
    with pytest.raises(files.StageError, match="train_0000.map: missing; pictures drawn by an earlier version"):
        dataset.Pictures(tmp_path).maps()


def test_errors_are_one_line_that_names_what_is_missing(tmp_path, monkeypatch):
    for stage in ("clip", "vae", "unet"):
        with pytest.raises(files.StageError, match="train dataset"):
            main(["train", stage, "--build", str(tmp_path), "--samples", "8"])
    with pytest.raises(files.StageError, match="no names pictures; run .* train dataset --split names' first"):
        main(["train", "unet", "--split", "names", "--build", str(tmp_path), "--samples", "8"])
    with pytest.raises(files.StageError, match="nothing is trained yet"):
        main(["export", "--build", str(tmp_path), "--models", str(tmp_path / "models")])
    with pytest.raises(files.StageError, match="no exported model"):
        main(["card", "--build", str(tmp_path), "--models", str(tmp_path / "models")])
    assert parse(["train", "all", "--minutes", "2.5"]).minutes == 2.5


def test_the_log_holds_each_step_once(options):
    seen = [json.loads(line)["samples"] for line in (options.build / "vae" / "log.jsonl").read_text().splitlines()]
    assert seen == sorted(set(seen)) and seen[-1] == SAMPLES["vae"]


def test_pictures_and_latents_held_on_a_device_are_those_on_disk(options):
    """`cpu:0` is another device by name, and the same by nature."""
    disk, held = dataset.Pictures(options.build), dataset.Pictures(options.build, device="cpu:0")
    rows = [5, 190, 64, 5]
    assert torch.equal(disk.batch(rows), held.batch(rows, "cpu:0")) and held.held.shape == (192, 64, 64, 3)
    folder = next((options.build / "latents").glob("*/train_0000.npy")).parent
    on_disk, there = (latents.Cached(disk, folder, device).batch(rows) for device in ("cpu", "cpu:0"))
    assert all(torch.equal(one, other) for one, other in zip(on_disk, there, strict=True))


def test_captions_are_encoded_as_the_tokenizer_does(options):
    words = tokenizer.load_tokenizer(options.build / "tokenizer")
    captions = [*dataset.Pictures(options.build).captions()[:50], "", "a " * 60, "größe, 42! close-up", " two  "]
    how = dict(padding="max_length", max_length=tokenizer.LENGTH, truncation=True, return_tensors="pt")
    assert torch.equal(tokenizer.encode(words, captions), words(captions, **how).input_ids)
