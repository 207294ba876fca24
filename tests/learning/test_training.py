"""The laws of training: what must be equal, zero, unchanged, or moved."""

import pytest
import torch
from scipy.stats import kstest

from study.published_loop import reference_loop
from textinv_core.files import load_json
from textinv_core.learning.arms import Arm
from textinv_core.learning.batches import encode_latents, training_batch
from textinv_core.learning.concepts import load_concept, training_templates
from textinv_core.learning.models import load_pipeline, model_hash
from textinv_core.learning.objective import Objective
from textinv_core.learning.precision import fastest_dtype
from textinv_core.learning.steps import adam_step
from textinv_core.learning.training import train
from textinv_core.seeds import stream


def objective(pipe, arms, batch_size=2, **options):
    templates = {arm.concept.name: training_templates(arm.concept.kind) for arm in arms}
    return Objective(pipe, arms, batch_size=batch_size, templates=templates, **options)


def learn(pipe, arms, out, steps=6, **options):
    # The laws are exact in the model's own format; what a shorter one changes has its own tests.
    options = dict(batch_size=2, checkpoint_every=3, progress=False, dtype=pipe.unet.dtype) | options
    return train(pipe, arms, steps=steps, out=out, **options)


def rows_of(run, step=None):
    return [embedding.rows for embedding in run.at(step)]


# --- what is learned, and what is not --------------------------------------------------------------


def test_rows_move_and_the_model_does_not(pipe, concept, tmp_path):
    before = model_hash(pipe)
    run = learn(pipe, [Arm(concept), Arm(concept, vectors=3, initializer="red tree")], tmp_path)
    assert model_hash(pipe) == before and len(pipe.tokenizer) == pipe.text_encoder.get_input_embeddings().num_embeddings
    for first, last in zip(rows_of(run, 0), rows_of(run, 6), strict=True):
        assert ((first - last).norm(dim=-1) > 0).all()  # every vector's row
    assert [len(rows) for rows in rows_of(run)] == [1, 3]
    assert run.steps == [0, 3, 6]


def test_training_lowers_the_loss_it_logs(pipe, concept, tmp_path):
    run = learn(pipe, [Arm(concept, learning_rate=0.05)], tmp_path, steps=40, checkpoint_every=40, batch_size=4)
    log = run.log.set_index("step")
    assert log.loc[40, "loss"] < log.loc[0, "loss"]
    assert log.loc[0, ["drift", "distance"]].tolist() == [0, 0] and log.loc[0, "cos_initial"] == pytest.approx(1)
    assert log.loc[40, "drift"] > 0 and log.loc[40, "grad_norm"] > 0
    assert log.loc[40, ["concept", "initializer", "seed"]].tolist() == ["red_tower", "tower", 0]


@pytest.mark.parametrize("stratified", [True, False])
def test_the_loss_and_gradient_are_the_published_loops(pipe, concept, stratified):
    """The example's algorithm on the same pictures, noise, timesteps and prompts: `reference_loop`."""
    templates, before = training_templates(concept.kind), model_hash(pipe)
    own = objective(pipe, [Arm(concept)], batch_size=4, stratified=stratified)
    rows, moments = own.start, torch.zeros(2, *own.start.shape)
    settings = dict(templates=templates, steps=3, weight_decay=0.0, stratified=stratified)
    for step, theirs in enumerate(reference_loop(pipe, concept, **settings), 1):
        loss, gradient = own.gradient(rows, step)
        assert float(loss) == pytest.approx(theirs.loss, rel=1e-5)
        torch.testing.assert_close(gradient[0, 0], theirs.grad, rtol=1e-3, atol=1e-4 * float(theirs.grad.abs().max()))
        _, *moments = adam_step(rows, gradient, *moments, step=step, learning_rate=2e-3)
        rows = theirs.row[None, None]  # from the same row again: rounding does not add up
    assert model_hash(pipe) == before


def test_the_published_loops_weight_decay_shrinks_the_row(pipe, concept):
    def last(decay):
        steps = list(reference_loop(pipe, concept, templates=["a {}"], steps=2, weight_decay=decay))
        return steps[-1].row

    assert last(5.0).norm() < last(0.0).norm()


def test_shortened_networks_give_nearly_the_same_gradient_and_leave_the_model_alone(pipe, concept):
    arms, before = [Arm(concept), Arm(concept, kl_weight=0.5, seed=1)], model_hash(pipe)
    full, short = objective(pipe, arms), objective(pipe, arms, dtype=torch.bfloat16)
    assert short.unet.dtype == short.text_encoder.dtype == torch.bfloat16 and full.unet is pipe.unet
    rows = full.start + 0.1
    again = objective(pipe, arms, dtype=torch.bfloat16).gradient(rows, 1)
    for a, b, c in zip(full.gradient(rows, 1), short.gradient(rows, 1), again, strict=True):
        assert b.dtype == torch.float32 and torch.equal(b, c)
        assert torch.cosine_similarity(a.flatten(), b.flatten(), dim=0) > 0.97  # a trained model's is closer to 1
    assert model_hash(pipe) == before and pipe.unet.dtype == torch.float32


def test_a_run_says_the_format_it_was_trained_in(pipe, concept, tmp_path):
    learn(pipe, [Arm(concept)], tmp_path / "default", dtype=None)
    assert load_json(tmp_path / "default" / "run.json")["dtype"] == str(fastest_dtype(pipe.unet))
    learn(pipe, [Arm(concept)], tmp_path / "asked")
    assert load_json(tmp_path / "asked" / "run.json")["dtype"] == "torch.float32"
    with pytest.raises(ValueError, match="other dtype"):
        learn(pipe, [Arm(concept)], tmp_path / "asked", dtype=torch.bfloat16)


def test_v_prediction_is_trained_toward_the_velocity(pipe, concept):
    pipe.scheduler.register_to_config(prediction_type="v_prediction")
    own = objective(pipe, [Arm(concept, kl_weight=0.5)])
    batch = own._batch(0, concept.name, 1)
    shape = (2, *own.latents[concept.name].shape[3:])
    noise = torch.randn(shape, generator=stream(0, 1, "noise"))
    A = own.scheduler.alphas_cumprod[batch.timesteps].reshape(-1, 1, 1, 1)
    clean = (batch.noisy - (1 - A).sqrt() * noise) / A.sqrt()
    torch.testing.assert_close(batch.target, A.sqrt() * noise - (1 - A).sqrt() * clean, rtol=1e-4, atol=1e-4)
    assert own.gradient(own.start, 1)[1].isfinite().all()


# --- the KL term -----------------------------------------------------------------------------------


@pytest.mark.parametrize("weighting", ["exact", "uniform"])
def test_kl_and_its_gradient_are_zero_at_the_initializer(pipe, concept, weighting):
    naive, kl = objective(pipe, [Arm(concept)]), objective(pipe, [Arm(concept, kl_weight=3.0, kl_weighting=weighting)])
    for plain, regularised in zip(naive.gradient(naive.start, 1), kl.gradient(kl.start, 1), strict=True):
        assert torch.equal(plain, regularised)
    moved = kl.start + 0.5
    assert not torch.equal(naive.gradient(moved, 1)[1], kl.gradient(moved, 1)[1])


@pytest.mark.parametrize("weighting", ["exact", "uniform"])
def test_a_kl_weight_of_zero_is_the_naive_arm_bit_for_bit(pipe, concept, tmp_path, weighting):
    arms = {
        "naive": Arm(concept),
        "zero": Arm(concept, kl_weight=0.0, kl_weighting=weighting),
        # Small enough to be 0 in float32, so that the KL code runs with nothing to add.
        "through": Arm(concept, kl_weight=1e-60, kl_weighting=weighting),
    }
    rows = {name: rows_of(learn(pipe, [arm], tmp_path / name))[0] for name, arm in arms.items()}
    assert torch.equal(rows["naive"], rows["zero"]) and torch.equal(rows["naive"], rows["through"])


def test_a_kl_weight_keeps_the_predictions_nearer_to_the_initializers(pipe, concept, tmp_path):
    arms = [Arm(concept, learning_rate=0.05, kl_weight=w, kl_weighting="uniform") for w in (0.0, 20.0)]
    log = learn(pipe, arms, tmp_path, steps=30, checkpoint_every=30, batch_size=4).log
    drift = log[log["step"] == 30].set_index("kl_weight")["drift"]
    assert drift[20.0] < drift[0.0]


def test_kl_holds_for_several_vectors_and_both_variances(pipe, concept):
    arms = [Arm(concept, vectors=2, kl_weight=1.0, kl_variance=v) for v in ("fixed_small", "fixed_large")]
    own = objective(pipe, arms)
    assert len(own.groups) == 1  # one start, one prediction
    gradients = own.gradient(own.start + 0.3, 1)[1]
    assert not torch.equal(gradients[0], gradients[1])


# --- many arms -------------------------------------------------------------------------------------


def eight(concept):
    return [
        Arm(concept),
        Arm(concept, seed=1),
        Arm(concept, initializer="castle"),
        Arm(concept, kl_weight=0.5),
        Arm(concept, kl_weight=0.5, kl_weighting="uniform", seed=1),
        Arm(concept, vectors=2, learning_rate=1e-3),
        Arm(concept, l2_weight=0.1),
        Arm(concept, norm_lock=True),
    ]


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-6), (torch.float32, 1e-3)])
def test_eight_arms_learn_what_eight_runs_learn(model_folder, concept, tmp_path, dtype, tolerance):
    """Up to the order of sums: a share of the way the rows went, as kept in float32."""
    pipe = load_pipeline(model_folder, device="cpu", dtype=dtype)
    together = learn(pipe, eight(concept), tmp_path / "together", steps=3)
    for i in (1, 4, 5, 7):
        arm = eight(concept)[i]
        alone = learn(pipe, [arm], tmp_path / str(i), steps=3)
        start, there, here = rows_of(alone, 0)[0], rows_of(alone)[0], rows_of(together)[i]
        assert (there - here).norm() <= tolerance * (there - start).norm(), arm.settings


def test_micro_batches_change_the_gradient_by_rounding_only(pipe, concept):
    own = objective(pipe, eight(concept))
    whole = own.gradient(own.start + 0.1, 2)
    own.micro_batch = 3  # does not divide 16, and cuts arms apart
    for a, b in zip(whole, own.gradient(own.start + 0.1, 2), strict=True):
        assert (a - b).norm() <= 1e-4 * a.norm()


def test_arms_of_different_concepts_and_kinds_train_together(pipe, concept, concept_folder, tmp_path):
    style = load_concept(concept_folder, name="style", placeholder="<brush>", kind="style", initializer="fantasy")
    run = learn(pipe, [Arm(concept), Arm(style, kl_weight=0.1)], tmp_path)
    assert [embedding.placeholder for embedding in run.at(6)] == ["<red-tower>", "<brush>"]
    assert run.table["concept"].tolist() == ["red_tower", "style"]


def test_arms_that_share_a_seed_see_one_batch(pipe, concept):
    own = objective(pipe, [Arm(concept), Arm(concept, kl_weight=1.0), Arm(concept, seed=1)])
    assert [pair[:2] for pair in own.pairs] == [(0, "red_tower"), (1, "red_tower")]
    assert own.pair_of.tolist() == [0, 0, 1]
    one, again, other, later = (
        own._batch(seed, "red_tower", step).noisy for seed, step in ((0, 1), (0, 1), (1, 1), (0, 2))
    )
    assert torch.equal(one, again) and not torch.equal(one, other) and not torch.equal(one, later)


# --- batches, optimiser ----------------------------------------------------------------------------


def test_cached_latents_are_the_vaes_own_distribution(pipe, concept):
    from textinv_core.learning.concepts import load_images

    latents = encode_latents(pipe, concept.images)
    assert latents.shape == (3, 2, 2, 4, 8, 8)
    image = pipe.image_processor.preprocess(load_images(concept.images, 32)[1])
    for mirrored, pixels in enumerate((image, image.flip(-1))):
        dist = pipe.vae.encode(pixels).latent_dist
        expected = torch.stack([dist.mean[0], dist.std[0]]) * pipe.vae.config.scaling_factor
        torch.testing.assert_close(latents[1, mirrored], expected, rtol=1e-4, atol=1e-5)


def test_a_concepts_own_templates_come_before_the_papers(pipe, concept, tmp_path):
    own = concept.model_copy(update={"templates": ("a {} in the snow",)})
    for name, given, expected in (("paper", concept, 27), ("own", own, 1)):
        learn(pipe, [Arm(given)], tmp_path / name, steps=1)
        assert len(load_json(tmp_path / name / "run.json")["templates"]["red_tower"]) == expected
    learn(pipe, [Arm(own)], tmp_path / "asked", steps=1, templates=["{} at night", "a {}"])
    assert load_json(tmp_path / "asked" / "run.json")["templates"] == {"red_tower": ["{} at night", "a {}"]}


def test_batches_draw_every_picture_flip_and_template(pipe, concept):
    own = objective(pipe, [Arm(concept)])
    latents = torch.zeros(3, 2, 2, 1, 1, 1)
    latents[:, :, 0] = torch.arange(6.0).reshape(3, 2, 1, 1, 1)  # the mean names picture and flip, no deviation
    settings = dict(seed=0, step=1, batch_size=600, templates=27)
    batch = training_batch(latents, own.scheduler, **settings, flip=True)
    A = own.scheduler.alphas_cumprod[batch.timesteps]
    clean = ((batch.noisy.flatten() - (1 - A).sqrt() * batch.target.flatten()) / A.sqrt()).round()
    easy = batch.timesteps < 300  # where the division is well conditioned
    assert set(clean[easy].tolist()) == {0, 1, 2, 3, 4, 5}
    assert set(batch.template.tolist()) == set(range(27))
    assert batch.timesteps.min() < 20 and batch.timesteps.max() > 980


def test_stratified_batches_hold_one_timestep_of_each_part_and_every_timestep_is_as_likely(pipe, concept):
    own = objective(pipe, [Arm(concept)])
    latents, T = own.latents[concept.name], own.scheduler.config.num_train_timesteps
    settings = dict(seed=0, templates=27, flip=True, stratified=True)
    for size in (1, 2, 4, 5):
        batches = [training_batch(latents, own.scheduler, step=s, batch_size=size, **settings) for s in range(400)]
        parts = torch.stack([batch.timesteps * size // T for batch in batches])
        assert torch.equal(parts.sort(dim=1).values, torch.arange(size).expand(len(batches), -1))
        assert kstest(torch.cat([b.timesteps for b in batches]) / T, "uniform").pvalue > 0.01
        for batch in batches:  # a template for two examples, one from a low part and one from a high
            assert torch.equal(batch.template[: size // 2 * 2 : 2], batch.template[1::2])
    templates = torch.stack([batch.template for batch in batches])
    assert set(templates.flatten().tolist()) == set(range(27)) and (templates[:, 0] != templates[:, 2]).any()


@pytest.mark.parametrize("micro_batch", [1, 2, 3, 4, 6, 12])
def test_prompts_that_two_examples_share_give_the_gradient_of_prompts_apart(pipe, concept, micro_batch):
    own = objective(pipe, [Arm(concept, seed=seed) for seed in range(3)], batch_size=4)
    whole = own.gradient(own.start, 1)
    own.micro_batch = micro_batch  # odd ones cut pairs: each example's prompt is then encoded for itself
    assert own._examples_per_prompt == (1 if micro_batch % 2 else 2)
    for a, b in zip(whole, own.gradient(own.start, 1), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4 * float(a.abs().max()))


def test_adam_is_torchs_without_weight_decay():
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(2, 3, generator=generator)
    theirs = rows.clone().requires_grad_()
    optimizer = torch.optim.Adam([theirs], lr=0.01)
    mean, square = torch.zeros(2, 2, 3)
    for step in range(1, 6):
        theirs.grad = torch.randn(2, 3, generator=generator)
        optimizer.step()
        rows, mean, square = adam_step(rows, theirs.grad, mean, square, step=step, learning_rate=0.01)
    torch.testing.assert_close(rows, theirs.detach())


def test_norm_lock_and_l2_pull(pipe, concept, tmp_path):
    settings = (dict(norm_lock=True), dict(l2_weight=100.0), dict())
    arms = [Arm(concept, learning_rate=0.05, **own) for own in settings]
    log = learn(pipe, arms, tmp_path, steps=10, checkpoint_every=10).log
    last, first = (log[log["step"] == step].reset_index() for step in (10, 0))
    assert last["norm"][0] == pytest.approx(first["norm"][0], rel=1e-5) and last["distance"][0] > 0
    assert last["distance"][1] < 0.7 * last["distance"][2]


def test_checkpoints_may_be_named_and_change_no_row(pipe, concept, tmp_path):
    named = learn(pipe, [Arm(concept)], tmp_path / "named", checkpoint_every=[1, 2, 40])
    assert named.steps == [0, 1, 2, 6]
    assert torch.equal(rows_of(named)[0], rows_of(learn(pipe, [Arm(concept)], tmp_path / "even"))[0])
    assert learn(pipe, [Arm(concept)], tmp_path / "named", checkpoint_every=[1, 2, 40]).steps == [0, 1, 2, 6]
