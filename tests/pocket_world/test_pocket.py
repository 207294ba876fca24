"""The embedded model through the same code path; skipped only where its folder is missing."""

import json

import pandas as pd
import pytest
import torch
from pocket_world.oracle.reading import COLOUR_LIMIT
from pocket_world.release.limits import OWN, smallest_limit

from textinv_core.drawing.generation import generate
from textinv_core.evaluation.judges import load_judge
from textinv_core.evaluation.metrics import evaluate, image_only, summarise
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import class_phrase, context_prompts, load_concept, plain_prompt, training_templates
from textinv_core.learning.models import load_pipeline, resolution
from textinv_core.learning.objective import Objective
from textinv_core.learning.precision import fastest_dtype
from textinv_core.learning.tokens import encode_prompts, initial_rows, known_templates, nearest_words
from textinv_core.learning.training import train
from textinv_core.paths import CONCEPTS, MODELS

pytestmark = pytest.mark.skipif(
    not (MODELS / "pocket" / "model_index.json").exists(),
    reason="data/models/pocket is missing: the embedded model has not been built",
)


@pytest.fixture(scope="module")
def pocket():
    return load_pipeline("pocket", device="cpu")


def concepts():
    return [load_concept(path) for path in sorted(CONCEPTS.glob("*/"))]


def test_it_has_stable_diffusions_layout(pocket):
    assert pocket.tokenizer.eos_token_id == pocket.tokenizer.pad_token_id == len(pocket.tokenizer) - 1
    assert len(pocket.tokenizer) == pocket.text_encoder.get_input_embeddings().num_embeddings
    assert resolution(pocket) == pocket.vae.config.sample_size


def test_every_concept_starts_from_words_the_model_knows(pocket):
    for concept in concepts():
        for word in (concept.initializer, *concept.alternatives):
            assert len(pocket.tokenizer(word, add_special_tokens=False).input_ids) == 1, (concept.name, word)
        assert len(known_templates(pocket.tokenizer, training_templates(concept.kind))) >= 3


def test_every_prompt_fits(pocket):
    for concept in concepts():
        prompts = [plain_prompt(concept.kind), *context_prompts(concept.kind)]
        encode_prompts(pocket, [prompt.replace("{}", class_phrase(concept)) for prompt in prompts])


def test_a_word_is_nearest_to_itself(pocket):
    assert nearest_words(pocket, initial_rows(pocket, "tree"), k=1)[0][0][0] == "tree"


def test_a_short_run_learns_draws_and_is_judged(pocket, tmp_path):
    concept = load_concept("violet_cloud")
    arms = [Arm(concept, learning_rate=1e-2), Arm(concept, learning_rate=1e-2, kl_weight=0.5)]
    run = train(pocket, arms, steps=20, out=tmp_path, batch_size=4, checkpoint_every=20, progress=False)
    log = run.log.set_index(["arm", "step"])
    assert all(log.loc[(arm.id, 20), "loss"] < log.loc[(arm.id, 0), "loss"] for arm in arms)
    judge = load_judge(model="pocket", device="cpu")
    plain = plain_prompt(concept.kind)
    prompts = [plain, "a photo of {} in the forest"]
    images = generate(pocket, run.at(20), prompts, [0], num_inference_steps=5)
    summary = summarise(evaluate(images, concept, judge), plain)
    assert summary["arm"].tolist() == [arm.id for arm in arms] and summary["reconstruction"].between(-1, 1).all()
    ceiling = summarise(evaluate(image_only(concept, prompts, resolution(pocket)), concept, judge), plain)
    assert ceiling["reconstruction"][0] > 0.5


def test_the_judge_tells_a_forest_from_a_beach(pocket):
    judge = load_judge(model="pocket", device="cpu")
    prompts = ["a photo of a tree in the forest", "a photo of a tree on the beach"]
    images = generate(pocket, None, prompts, range(4), num_inference_steps=20)
    cosines = judge.image_features(list(images["image"])) @ judge.text_features(prompts).T
    own, other = (cosines[:4, i].mean() + cosines[4:, 1 - i].mean() for i in (0, 1))
    assert own > other and torch.isfinite(cosines).all()


def test_stratified_timesteps_make_the_gradient_vary_less_and_leave_its_mean(pocket):
    concept = load_concept("ember_style")
    arms, templates = [Arm(concept, seed=seed) for seed in range(32)], ("a painting in the style of {}",)

    def gradients(stratified):  # (updates, D)
        drawing = dict(batch_size=4, templates={concept.name: templates}, stratified=stratified)
        own = Objective(pocket, arms, **drawing, dtype=fastest_dtype(pocket.unet))
        return torch.cat([own.gradient(own.start, step)[1][:, 0] for step in range(1, 4)])

    freely, apart = gradients(False), gradients(True)
    assert apart.var(0).sum() < 0.95 * freely.var(0).sum()  # by how much depends on how the model was trained
    error = ((freely.var(0) + apart.var(0)).sum() / len(freely)).sqrt()
    assert (freely.mean(0) - apart.mean(0)).norm() < 2 * error


def test_the_oracles_colour_limit_is_the_smallest_that_surely_keeps_a_members_own_drawings():
    rows = json.loads((MODELS / "pocket" / "quality.json").read_text())["limits"]
    assert smallest_limit(rows) == COLOUR_LIMIT
    barely = [row | {"own": OWN} for row in rows]  # other members drawn might say otherwise
    assert smallest_limit(barely) is None
    for _, family in pd.DataFrame(rows).groupby("family"):  # a wider one keeps more of everything
        kept = family.sort_values("limit")[["drawn", "own", "others", "recoloured"]]
        assert (kept.diff().dropna() >= 0).all(axis=None)
