"""Pictures depend on prompt, seed and embedding, and on nothing that stands beside them."""

import numpy as np
import pytest
import torch
from diffusers import DPMSolverMultistepScheduler

from textinv_core.drawing.generation import generate
from textinv_core.learning.models import load_pipeline, model_hash
from textinv_core.learning.precision import fastest_dtype
from textinv_core.learning.tokens import Embedding, initial_rows

FAST = dict(num_inference_steps=2, guidance_scale=4.0, dtype=torch.float32)


def rows(seed, vectors=1):
    return torch.randn(vectors, 32, generator=torch.Generator().manual_seed(seed))


def pixels(table):
    return [np.asarray(image) for image in table["image"]]


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(pixels(a), pixels(b), strict=True))


def test_one_row_a_picture_in_the_order_asked(pipe):
    words = [Embedding("<x>", rows(1), "aa", 5), Embedding("<y>", rows(2, 2), "bb", 5)]
    table = generate(pipe, words, ["a photo of {}", "{} in the snow"], [3, 4], batch_size=3, **FAST)
    assert table.columns.tolist() == ["arm", "step", "prompt", "text", "seed", "image"]
    assert len(table) == 8 and table["seed"].tolist() == [3, 4] * 4
    assert table["arm"].tolist() == ["aa"] * 4 + ["bb"] * 4 and set(table["step"]) == {5}
    assert table["text"][6] == "<y> in the snow" and table["image"][0].size == (32, 32)


def test_an_arms_pictures_do_not_depend_on_the_arms_beside_it(pipe):
    before = model_hash(pipe)
    one, other = Embedding("<x>", rows(1), "aa"), Embedding("<y>", rows(2), "bb")
    both = generate(pipe, [one, other, None], ["a photo of {}"], [0, 1], word="a tree", **FAST)
    assert same(both[both["arm"] == "bb"], generate(pipe, other, ["a photo of {}"], [0, 1], **FAST))
    assert same(both[both["arm"] == "plain"], generate(pipe, None, ["a photo of a tree"], [0, 1], **FAST))
    assert not np.array_equal(*pixels(both)[0:3:2]) and model_hash(pipe) == before


def test_the_batch_size_changes_rounding_only(pipe):
    whole = generate(pipe, Embedding("<x>", rows(1)), ["a photo of {}", "{} at night"], [0, 1, 2], **FAST)
    single = generate(
        pipe, Embedding("<x>", rows(1)), ["a photo of {}", "{} at night"], [0, 1, 2], batch_size=1, **FAST
    )
    for a, b in zip(pixels(whole), pixels(single), strict=True):
        assert np.abs(a.astype(int) - b).max() <= 1  # of 255


def test_a_word_at_its_own_row_draws_what_the_word_draws(pipe):
    learned = generate(pipe, Embedding("<x>", initial_rows(pipe, "tree")), ["a photo of a {}"], [7], **FAST)
    assert same(learned, generate(pipe, None, ["a photo of a {}"], [7], word="tree", **FAST))


def test_the_sampler_repeats_itself_and_the_models_own_stays(pipe):
    runs = [generate(pipe, None, ["a tree"], [0, 1], **FAST) for _ in range(2)]
    assert same(*runs) and not np.array_equal(*pixels(runs[0]))
    assert type(pipe.scheduler).__name__ == "PNDMScheduler"


def test_the_plain_model_draws_as_diffusers_does(pipe, model_folder):
    ours = generate(pipe, None, ["a photo of a tree"], [11], **FAST)
    theirs = load_pipeline(model_folder, device="cpu")
    theirs.scheduler = DPMSolverMultistepScheduler.from_config(theirs.scheduler.config)
    image = theirs("a photo of a tree", generator=torch.Generator("cpu").manual_seed(11), **FAST).images[0]
    assert np.array_equal(pixels(ours)[0], np.asarray(image))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (dict(prompts="a tree"), "prompts"),
        (dict(prompts=[]), "prompts"),
        (dict(prompts=["a photo of {}"]), "word="),
        (dict(prompts=["tree " * 30]), "24"),
        (dict(seeds=[]), "seeds"),
        (dict(seeds=[1, 1]), "seeds"),
        (dict(num_inference_steps=0), "num_inference_steps"),
        (dict(batch_size=0), "batch_size"),
        (dict(guidance_scale=float("nan")), "guidance_scale"),
        (dict(embeddings=Embedding("<x>", torch.ones(1, 5)), prompts=["{}"]), "width 5"),
    ],
)
def test_bad_input_is_one_line(pipe, change, named):
    call = dict(embeddings=None, prompts=["a tree"], seeds=[0]) | change
    with pytest.raises(ValueError, match=named) as error:
        generate(pipe, **call)
    assert "\n" not in str(error.value)


def test_short_numbers_draw_nearly_the_same_and_stay_out_of_the_model(pipe):
    before = model_hash(pipe)
    settings = dict(num_inference_steps=2, guidance_scale=4.0)
    full, short, again, default = (
        generate(pipe, None, ["a tree"], [0, 1], dtype=dtype, **settings)
        for dtype in (torch.float32, torch.bfloat16, torch.bfloat16, None)
    )
    assert same(short, again) and same(default, short if fastest_dtype(pipe.unet) is torch.bfloat16 else full)
    for a, b in zip(pixels(full), pixels(short), strict=True):
        assert np.abs(a.astype(int) - b).mean() < 8  # of 255
    assert model_hash(pipe) == before and pipe.unet.dtype == torch.float32
