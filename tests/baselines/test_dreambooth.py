"""DreamBooth: what must stay the same stays the same, and the loss is the paper's."""

import copy

import pytest
import torch
from diffusers import DDPMScheduler

from textinv_core.baselines.dreambooth import OTHER, DreamBooth, dreambooth, rare_token
from textinv_core.drawing.generation import generate
from textinv_core.learning.batches import encode_latents, training_batch
from textinv_core.learning.losses import denoising_loss
from textinv_core.learning.models import model_hash
from textinv_core.learning.tokens import encode_prompts

DRAWING = dict(guidance_scale=2.0, num_inference_steps=2)


def recipe(concept, **more):
    settings = dict(identifier="z", steps=3, learning_rate=1e-3, class_pictures=2, batch_size=2)
    return DreamBooth(concept, **settings | more)


@pytest.fixture
def tune(pipe, concept, tmp_path):
    def call(folder="a", **more):
        return dreambooth(pipe, recipe(concept, **more), out=tmp_path / folder, progress=False, **DRAWING)

    return call


def same(one, other):
    one, other = one.state_dict(), other.state_dict()
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_the_original_is_bitwise_unchanged_and_only_the_network_differs(pipe, tune):
    before = model_hash(pipe)
    tuned = tune()
    assert model_hash(pipe) == before != model_hash(tuned)
    assert not any(weight.requires_grad for weight in pipe.unet.parameters())
    moved = [not torch.equal(a, b) for a, b in zip(pipe.unet.parameters(), tuned.unet.parameters(), strict=True)]
    assert sum(moved) > 0.9 * len(moved)
    assert tuned.text_encoder is pipe.text_encoder and tuned.vae is pipe.vae
    assert not same(tuned.unet, pipe.unet) and not tuned.unet.training


@pytest.mark.parametrize("nothing", [dict(steps=0), dict(learning_rate=0.0)])
def test_no_steps_and_no_learning_rate_change_nothing(pipe, tune, nothing):
    assert same(tune(**nothing).unet, pipe.unet)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tune, tmp_path):
    one, again = tune("a"), tune("b")
    files = [next((tmp_path / folder).glob("*/unet.safetensors")).read_bytes() for folder in "ab"]
    assert files[0] == files[1] and same(one.unet, again.unet)
    assert not same(one.unet, tune("a", seed=1).unet)


def by_hand(pipe, concept, steps):
    """Plain fine-tuning, as one would write it."""
    network, scheduler = copy.deepcopy(pipe.unet).requires_grad_(True), DDPMScheduler.from_config(pipe.scheduler.config)
    latents = encode_latents(pipe, concept.images)
    with torch.no_grad():
        states = encode_prompts(pipe, ["a photo of z tower"] * 2)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    for step in range(1, steps + 1):
        batch = training_batch(latents, scheduler, seed=0, step=step, batch_size=2, templates=1, flip=True)
        loss = denoising_loss(network(batch.noisy, batch.timesteps, encoder_hidden_states=states).sample, batch.target)
        optimizer.zero_grad()
        loss.mean().backward()
        optimizer.step()
    return network


def test_without_prior_it_is_plain_fine_tuning(pipe, concept, tune, tmp_path):
    assert same(tune(prior_weight=0.0).unet, by_hand(pipe, concept, 3))
    assert not list(tmp_path.rglob("*.png"))


def test_the_prior_counts_and_is_learned_from_the_plain_models_pictures(pipe, concept, tune, tmp_path):
    assert not same(tune().unet, tune(prior_weight=0.0).unet)
    drawn = generate(pipe, None, ["a photo of a tower"], [OTHER, OTHER + 1], **DRAWING)
    from PIL import Image

    kept = sorted(tmp_path.rglob("*.png"))
    assert [Image.open(path).tobytes() for path in kept] == [image.tobytes() for image in drawn["image"]]


def test_what_is_there_is_loaded_and_what_was_cut_short_starts_again(tune, tmp_path, monkeypatch):
    whole = tune("whole")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("textinv_core.baselines.dreambooth.write_tensors", full)
    with pytest.raises(OSError, match="No space"):
        tune()
    assert not list((tmp_path / "a").rglob("*.safetensors"))
    monkeypatch.undo()
    assert same(tune().unet, whole.unet)
    monkeypatch.setattr("textinv_core.baselines.dreambooth._fine_tuned", None)  # nothing left to train
    assert same(tune().unet, whole.unet)


def test_half_precision_trains_the_same_network_roughly(pipe, concept, tmp_path):
    settings = dict(out=tmp_path, progress=False, **DRAWING)
    full = dreambooth(pipe, recipe(concept), **settings)
    half = dreambooth(pipe, recipe(concept), dtype=torch.bfloat16, **settings)
    assert half.unet.dtype == pipe.unet.dtype
    moved, apart = (
        sum(float((a - b).pow(2).sum()) for a, b in zip(one.parameters(), other.parameters(), strict=True))
        for one, other in ((full.unet, pipe.unet), (full.unet, half.unet))
    )
    assert apart < 0.5 * moved


def test_a_style_is_asked_for_as_a_style(concept):
    from textinv_core.baselines.dreambooth import _prompts

    style = concept.model_copy(update=dict(kind="style", class_word="fantasy"))
    assert _prompts(recipe(style)) == ["a picture in the style of z fantasy", "a picture in the style of fantasy"]
    assert _prompts(recipe(concept)) == ["a photo of z tower", "a photo of a tower"]


def test_the_rare_token_is_one_token_and_always_the_same(tokenizer):
    assert rare_token(tokenizer) == "z"
    assert len(tokenizer("z", add_special_tokens=False).input_ids) == 1


class Vocabulary:
    def __init__(self, **words):
        self.words = words

    def get_vocab(self):
        return {f"{word}</w>": i for word, i in self.words.items()} | {"zzz": 9000, "<|endoftext|>": 9001}


def test_a_large_vocabulary_gives_its_last_consonants():
    assert rare_token(Vocabulary(z=300, ll=600, sks=8136, bcd=7000, sky=8500, four=8600, xx=4999)) == "sks"
    with pytest.raises(ValueError, match="choose an identifier"):
        rare_token(Vocabulary(a=1, tree=9000))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (dict(identifier="zzqq"), "identifier 'zzqq': expected one existing token"),
        (dict(steps=-1), "DreamBooth steps"),
        (dict(learning_rate=float("nan")), "DreamBooth learning_rate"),
        (dict(prior_weight=-1.0), "DreamBooth prior_weight"),
        (dict(stepps=1), "DreamBooth stepps"),
    ],
)
def test_mistakes_are_one_line(tune, tmp_path, change, said):
    with pytest.raises(ValueError) as error:
        tune(**change)
    assert said in str(error.value) and "\n" not in str(error.value)
    assert not list(tmp_path.rglob("*.safetensors"))


def test_a_loss_that_is_not_finite_stops_it(tune, tmp_path):
    with pytest.raises(FloatingPointError, match="red_tower: the loss is not finite at step"):
        tune(learning_rate=1e20, steps=20)
    assert not list(tmp_path.rglob("*.safetensors"))
