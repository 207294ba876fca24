"""Each rival against its own formula; at its neutral setting each is the naive arm, bit for bit."""

import math

import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler
from torch.nn.functional import normalize

from textinv_core.baselines.rivals import dvar_stop, tea
from textinv_core.learning.arms import METHODS, Arm
from textinv_core.learning.batches import encode_latents, training_batch
from textinv_core.learning.concepts import training_templates
from textinv_core.learning.losses import context_loss, denoising_loss
from textinv_core.learning.objective import Objective
from textinv_core.learning.steps import direction_step, name_basis
from textinv_core.learning.tokens import (
    FIRST_LEARNED_ID,
    Embedding,
    beside_learned,
    encode,
    encode_prompts,
    initial_rows,
    tokenize,
)  # fmt: skip
from textinv_core.learning.training import train

NAMES = ("tree", "building", "man", "woman", "lake", "castle")


def learn(pipe, arms, out, steps=4, **options):
    options = dict(batch_size=2, checkpoint_every=2, progress=False, dtype=pipe.unet.dtype) | options
    return [embedding.rows for embedding in train(pipe, arms, steps=steps, out=out, **options).at()]


def objective(pipe, arms):
    return Objective(pipe, arms, batch_size=2, templates={"red_tower": training_templates("building")})


def arm(concept, method, **more):
    return Arm(concept, method, **(dict(basis=NAMES, directions=3) if method == "name_basis" else {}) | more)


# --- by name ---------------------------------------------------------------------------------------


def test_a_name_is_its_settings_and_an_unknown_one_is_refused_with_the_list(concept):
    assert Arm(concept, "dti").direction_prior == METHODS["dti"]["direction_prior"]
    assert Arm(concept, method="naive") == Arm(concept)
    assert Arm(concept, "kl", kl_weight=3.0).kl_weight == 3.0
    with pytest.raises(ValueError, match="method 'dit': expected one of naive, kl, .*name_basis"):
        Arm(concept, "dit")
    with pytest.raises(ValueError, match="two or more names"):
        Arm(concept, "name_basis")


def test_what_cannot_go_together_is_refused(concept):
    for settings in (dict(norm_lock=True, direction_prior=0.0), dict(cross_init=True, basis=NAMES)):
        with pytest.raises(ValueError, match="exclude one another"):
            Arm(concept, **settings)
    with pytest.raises(ValueError, match="no timestep from 500 to 400"):
        Arm(concept, lowest_timestep=500, highest_timestep=400)


def test_every_method_is_another_arm(concept):
    ids = {arm(concept, method).id for method in METHODS}
    assert len(ids) == len(METHODS)
    assert arm(concept, "name_basis").id != arm(concept, "name_basis", basis=NAMES[1:]).id


# --- together and apart ----------------------------------------------------------------------------


def test_methods_trained_together_learn_what_they_learn_apart(pipe, concept, tmp_path):
    arms = [arm(concept, method, learning_rate=0.01) for method in METHODS]
    together = learn(pipe, arms, tmp_path / "together", steps=2)
    starts = objective(pipe, arms).start
    for i, method in enumerate(METHODS):
        alone = learn(pipe, [arms[i]], tmp_path / method, steps=2)[0]
        way = (alone - starts[i, : len(alone)]).norm()
        assert way > 0 and (alone - together[i]).norm() <= 2e-3 * way, method


NEUTRAL = {
    "core": dict(core_weight=1e-60),  # 0 in float32, so that its code runs with nothing to add
    "l2": dict(l2_weight=0.0),
    "high_timesteps": dict(lowest_timestep=0, highest_timestep=999),
    "kl_uniform": dict(kl_weight=1e-60),
    "vectors": dict(vectors=1),
    "dti": dict(direction_prior=None),
    "norm_lock": dict(norm_lock=False),
    "cross_init": dict(cross_init=False, l2_weight=0.0),
    "name_basis": dict(basis=()),
}


def test_at_its_neutral_setting_each_is_naive_bit_for_bit(pipe, concept, tmp_path):
    naive = learn(pipe, [Arm(concept)], tmp_path / "naive")[0]
    for method, settings in NEUTRAL.items():
        own = Arm(concept, **{k: v for k, v in METHODS[method].items() if k != "directions"} | settings)
        assert torch.equal(learn(pipe, [own], tmp_path / method)[0], naive), method
    word = initial_rows(pipe, "tower")
    assert torch.equal(tea(Embedding("<a>", naive), word, 0).rows, naive)


def test_a_naive_arm_is_the_same_beside_the_others(pipe, concept, tmp_path):
    own, others = Arm(concept), [arm(concept, m) for m in ("core", "dti", "cross_init", "name_basis", "norm_lock")]
    alone = objective(pipe, [own, own.model_copy(update={"seed": 1})])
    beside = objective(pipe, [own, *others])
    start = alone.start[:1] + 0.1
    step = [o.moves.step(start.expand(len(o.arms), -1, -1).clone(), start.expand(len(o.arms), -1, -1) * 0.3,
                         *torch.zeros(2, *o.start.shape), step=1)[0][0] for o in (alone, beside)]  # fmt: skip
    assert torch.equal(*step)


# --- DTI -------------------------------------------------------------------------------------------


def test_directions_alone_are_learned_at_the_vocabularys_mean_length(pipe, concept, tmp_path):
    mean = pipe.text_encoder.get_input_embeddings().weight.norm(dim=-1).mean()
    arms = [Arm(concept, "dti", learning_rate=0.05), Arm(concept, "dti", vectors=2, learning_rate=0.05)]
    run = train(pipe, arms, steps=6, out=tmp_path, batch_size=2, checkpoint_every=2, progress=False)
    for step in run.steps:
        for embedding in run.at(step):
            torch.testing.assert_close(embedding.rows.norm(dim=-1), mean.expand(len(embedding.rows)))
    first, last = run.at(0)[0].rows, run.at(6)[0].rows
    assert torch.cosine_similarity(first, initial_rows(pipe, "tower")) > 1 - 1e-6
    assert torch.cosine_similarity(first, last) < 0.999


def test_its_step_is_tangential_as_long_as_asked_and_follows_the_gradient_of_loss_and_prior():
    generator = torch.Generator().manual_seed(0)
    u, c, target = (torch.randn(1, 5, generator=generator, dtype=torch.float64) for _ in range(3))
    u, norm, kappa, eta = normalize(u), torch.tensor(3.0, dtype=torch.float64), 0.7, 0.01
    direction = u.clone().requires_grad_()
    # The closed form: loss(norm u) - kappa <u, c/|c|>.
    (((norm * direction - target) ** 2).sum() - kappa * (direction * c / c.norm()).sum()).backward()
    into_row = 2 * (norm * u - target)
    after = direction_step(norm * u, into_row, c, norm=norm, prior=kappa, learning_rate=eta) / norm
    tangent = direction.grad - (direction.grad * u).sum() * u
    torch.testing.assert_close(after, normalize(u - eta * tangent / tangent.norm()))
    assert math.acos(float((after * u).sum())) == pytest.approx(math.atan(eta), rel=1e-6)


def test_without_a_gradient_the_prior_leads_to_the_class_word():
    u, c = torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([[0.0, 5.0, 0.0]])
    for _ in range(400):
        u = direction_step(u, torch.zeros(1, 3), c, norm=torch.tensor(1.0), prior=1e-4, learning_rate=0.01)
    assert float((u * normalize(c)).sum()) > 0.999


# --- CoRe ------------------------------------------------------------------------------------------


def test_tokens_before_the_word_are_constant_and_do_not_count(pipe):
    ids = tokenize(pipe.tokenizer, ["a photo of <x> in the forest"], {"<x>": 1})
    place, word = int((ids[0] == FIRST_LEARNED_ID).int().argmax()), initial_rows(pipe, "tower")
    other = word.flip(-1)
    with torch.no_grad():
        one, two = encode(pipe.text_encoder, ids, word), encode(pipe.text_encoder, ids, other)
    others = beside_learned(ids, pipe.tokenizer.eos_token_id)
    assert others.sum() == len(["a", "photo", "of", "in", "the", "forest"]) + 2 and not others[0, place]
    assert torch.equal(one[0, :place], two[0, :place]) and not torch.equal(one[0, place + 1], two[0, place + 1])
    cosine = torch.cosine_similarity(one, two, dim=-1)[0]
    after = [1 - cosine[i] for i in range(place + 1, int(others.sum()) + 1)]
    assert float(context_loss(two, one, others)) == pytest.approx(float(sum(after)) / int(others.sum()), abs=1e-5)
    assert float(context_loss(one, one, others)) == pytest.approx(0, abs=1e-5)


def test_its_gradient_is_that_of_the_term_and_no_network_of_pictures_is_called(pipe, concept):
    own, plain = objective(pipe, [Arm(concept, core_weight=2.0)]), objective(pipe, [Arm(concept)])
    rows = own.start + torch.randn(own.start.shape, generator=torch.Generator().manual_seed(0))
    (loss, grad), (loss_0, grad_0) = own.gradient(rows, 3), plain.gradient(rows, 3)
    assert float(loss - loss_0) > 0
    leaf = rows.clone().requires_grad_()
    template = own._batch(0, "red_tower", 3).template
    states, word = (encode(pipe.text_encoder, own.ids[0][template], r) for r in (leaf[0], own.moves.words[0]))
    others = beside_learned(own.ids[0][template], pipe.tokenizer.eos_token_id)
    term = 2 * context_loss(states, word, others).mean()
    (expected,) = torch.autograd.grad(term, leaf)
    torch.testing.assert_close(grad - grad_0, expected, rtol=1e-3, atol=1e-4 * float(grad.abs().max()))
    own.unet = None  # a call would fail
    torch.testing.assert_close(own._core(rows.clone().requires_grad_(), template[None]), term.detach()[None])


# --- where learning starts, and what it draws ------------------------------------------------------


def test_cross_initialization_starts_from_what_the_text_encoder_makes_of_the_word(pipe, concept):
    own = objective(pipe, [Arm(concept, "cross_init")])
    with torch.no_grad():
        states = encode_prompts(pipe, ["tower"])
    torch.testing.assert_close(own.start[0, 0], states[0, 1])
    assert torch.equal(own.moves.words[0], initial_rows(pipe, "tower"))
    rows, plain = own.start + 1, objective(pipe, [Arm(concept, cross_init=True)])
    pull = own.gradient(rows, 1)[0] - plain.gradient(rows, 1)[0]
    assert float(pull) == pytest.approx(1e-5 * own.start.numel(), rel=0.05)  # the weight times the squared distance


def test_high_timesteps_are_drawn_from_their_range_and_apart_from_the_others(pipe, concept):
    own = objective(pipe, [Arm(concept), Arm(concept, "high_timesteps"), Arm(concept, "high_timesteps", seed=1)])
    assert own.pair_of.tolist() == [0, 1, 2]
    drawn = torch.cat([own._batch(*own.pairs[1][:2], step, *own.pairs[1][2:]).timesteps for step in range(1, 300)])
    assert 500 <= drawn.min() < 510 and 890 < drawn.max() <= 900
    kl = objective(pipe, [Arm(concept, kl_weight=1.0), Arm(concept, "high_timesteps", kl_weight=1.0)])
    assert len(kl.groups) == 2 and kl.gradient(kl.start, 1)[1].isfinite().all()


def test_a_basis_of_names_keeps_the_row_among_them(pipe, concept, tmp_path):
    mean, axes = name_basis(pipe, NAMES, 3)
    table = torch.cat([initial_rows(pipe, name) for name in NAMES])
    torch.testing.assert_close(mean, table.mean(0))
    assert (axes.norm(dim=-1) > 0).sum() == 3
    torch.testing.assert_close((axes @ axes.T)[:3, :3], torch.eye(3), atol=1e-5, rtol=0)
    explained = ((table - mean) @ axes.T).pow(2).sum() / (table - mean).pow(2).sum()
    assert explained == pytest.approx(float((torch.linalg.svdvals(table - mean)[:3] ** 2).sum()
                                            / (table - mean).pow(2).sum()), rel=1e-4)  # fmt: skip
    run = train(pipe, [arm(concept, "name_basis", learning_rate=0.05)], steps=4, out=tmp_path, batch_size=2,
                checkpoint_every=2, progress=False)  # fmt: skip
    torch.testing.assert_close(run.at(0)[0].rows[0], mean)
    moved = run.at(4)[0].rows[0] - mean
    assert moved.norm() > 0
    torch.testing.assert_close(moved @ axes.T @ axes, moved, atol=1e-5, rtol=1e-4)  # within the directions
    assert name_basis(pipe, NAMES, 100)[1].norm(dim=-1).bool().sum() == len(NAMES) - 1


def test_resumed_in_a_basis_and_by_direction_it_ends_at_the_same_bytes(pipe, concept, tmp_path, monkeypatch):
    arms = [arm(concept, "name_basis"), arm(concept, "dti"), arm(concept, "core")]
    whole = learn(pipe, arms, tmp_path / "whole")
    gradient = Objective.gradient

    def stops(self, rows, step):
        if step == 3:
            raise KeyboardInterrupt
        return gradient(self, rows, step)

    monkeypatch.setattr(Objective, "gradient", stops)
    with pytest.raises(KeyboardInterrupt):
        learn(pipe, arms, tmp_path / "cut")
    monkeypatch.undo()
    for one, other in zip(whole, learn(pipe, arms, tmp_path / "cut"), strict=True):
        assert torch.equal(one, other)


# --- after training --------------------------------------------------------------------------------


def test_tea_goes_the_share_of_the_angle_and_of_the_length():
    v, c = torch.tensor([[4.0, 0.0, 0.0]]), torch.tensor([[0.0, 2.0, 0.0]])
    for share in (0.25, 0.5, 0.9):
        row = tea(Embedding("<a>", v, "arm", 7), c, share)
        angle = math.acos(float(torch.cosine_similarity(row.rows, v)))
        assert angle == pytest.approx(share * math.pi / 2, abs=1e-4)
        assert float(row.rows.norm()) == pytest.approx((1 - share) * 4 + share * 2, rel=1e-5)
        assert row.step == 7 and row.arm != "arm"
    torch.testing.assert_close(tea(Embedding("<a>", v), c, 1.0).rows, c)
    torch.testing.assert_close(tea(Embedding("<a>", v), 2 * v, 0.5).rows, 1.5 * v)  # no angle to go


def test_dvar_stops_where_the_last_losses_vary_little_against_all():
    steps, losses = list(range(0, 100, 10)), [9, 7, 5, 4, 3.1, 3.0, 3.05, 3.02, 3.01, 3.0]
    stop = dvar_stop(steps, losses, ratio=0.15, window=3)
    share = {s: np.var(losses[i - 2 : i + 1]) / np.var(losses[: i + 1]) for i, s in enumerate(steps) if i >= 3}
    assert share[stop] < 0.15 and all(share[s] >= 0.15 for s in share if s < stop) and stop < 90
    assert dvar_stop(steps, losses, ratio=0.0, window=3) == 90
    assert dvar_stop(steps[:3], losses[:3], ratio=0.5, window=4) == 20  # too few to tell


def test_prior_preservation_has_no_gradient_into_the_row(pipe, concept):
    """The class's prompt does not hold the placeholder, and all that it goes through is frozen."""
    row = initial_rows(pipe, "tower").requires_grad_()
    scheduler = DDPMScheduler.from_config(pipe.scheduler.config)
    how = dict(seed=0, step=1, batch_size=2, templates=1, flip=True)
    batch = training_batch(encode_latents(pipe, concept.images), scheduler, **how)

    def loss(text):
        states = encode_prompts(pipe, [text], [Embedding("<x>", row)]).expand(2, -1, -1)
        noise_pred = pipe.unet(batch.noisy, batch.timesteps, encoder_hidden_states=states).sample
        return denoising_loss(noise_pred, batch.target).mean()

    own, prior = loss("a photo of <x>"), loss("a photo of a tower")
    (whole,) = torch.autograd.grad(own + prior, row, retain_graph=True)
    (alone,) = torch.autograd.grad(own, row)
    assert alone.abs().max() > 0 and torch.equal(whole, alone)
    assert not torch.autograd.grad(prior, row)[0].any()
