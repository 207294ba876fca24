"""The laws of the trainers' parts: losses, weights, plans and what is done to pictures; nothing is trained."""

import numpy as np
import pytest
import torch
from pocket_world.oracle import training as oracle_training
from pocket_world.release import adopt, invert_check
from pocket_world.training import clip, critic, passing, stages, unet, vae
from pocket_world.world import names
from pocket_world.world.captions import SOMEBODY

from textinv_core import Arm, train


def test_a_log_is_thinned_to_its_ends_and_between():
    assert adopt.thinned([1, 2, 3], 5) == [1, 2, 3]
    kept = adopt.thinned(list(range(1000)), 11)
    assert len(kept) == 11 and kept[0] == 0 and kept[-1] == 999 and kept == sorted(kept)


def test_a_checked_word_is_the_mean_of_its_rows_or_the_last_alone(pipe, concept, tmp_path):
    arms = [Arm(concept, seed=seed) for seed in (0, 1)]
    run = train(pipe, arms, steps=50, out=tmp_path, checkpoint_every=invert_check.EVERY)
    middle, last = run.at(25), run.at(50)
    for one, found in zip(last, invert_check.learned_words(run, 50, 50), strict=True):
        assert torch.equal(one.rows, found.rows) and found.arm == one.arm
    for a, b, found in zip(middle, last, invert_check.learned_words(run, 25, 50), strict=True):
        torch.testing.assert_close(found.rows, (a.rows + b.rows) / 2)


def test_the_contrastive_loss_is_least_where_equal_captions_are_nearest():
    same = torch.tensor([[1, 1, 0], [1, 1, 0], [0, 0, 1]]).bool()
    good, bad = 20.0 * same.float(), 20.0 * (~same).float()
    losses = clip.contrastive_loss(good, same)
    assert losses.shape == (3,)
    assert losses.tolist() == pytest.approx([np.log(2), np.log(2), 0], abs=1e-4)  # the entropy of the targets
    assert (clip.contrastive_loss(bad, same) > losses).all()


def test_normalised_latents_have_unit_scale_and_decode_to_the_same_picture():
    torch.manual_seed(0)
    model = vae.new_vae(tiny=True).eval()
    x = torch.rand(4, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        before = model.encode(x).latent_dist
        picture = model.decode(before.mean).sample
        mean, std = before.mean.mean((0, 2, 3)), before.mean.std((0, 2, 3))
        after = vae.normalise_latents(model, mean, std).encode(x).latent_dist
        assert torch.allclose(after.mean.mean((0, 2, 3)), torch.zeros(vae.LATENT_CHANNELS), atol=1e-3)
        assert torch.allclose(after.mean.std((0, 2, 3)), torch.ones(vae.LATENT_CHANNELS), atol=1e-3)
        assert torch.allclose(after.std, before.std / std[None, :, None, None], rtol=1e-3)
        assert torch.allclose(model.decode(after.mean).sample, picture, atol=1e-3)


def test_every_noise_level_has_the_same_share_within_limits():
    scheduler = unet.DDPMScheduler(**unet.SCHEDULE)
    weights, snr = unet.level_weight(scheduler), unet.compute_snr(scheduler, torch.arange(1000))
    within = (snr > unet.SNR_LIMITS[0]) & (snr < unet.SNR_LIMITS[1])
    shares = (weights * snr.sqrt())[within]
    assert torch.allclose(shares, shares[0].expand_as(shares)) and weights.mean() == pytest.approx(1, abs=1e-5)
    assert (weights.diff() >= 0).all() and len(set(weights[~within].tolist())) == 2


def test_a_map_moves_the_loss_and_does_not_raise_it():
    torch.manual_seed(0)
    noise, guess = torch.randn(3, 4, 8, 8), torch.randn(3, 4, 8, 8)
    plain = (noise - guess).square().flatten(1).mean(1)
    assert torch.allclose(unet.weighted_error(guess, noise, torch.zeros(3, 8, 8)), plain)
    assert torch.allclose(unet.weighted_error(guess, noise, torch.full((3, 8, 8), 5.0)), plain)
    maps = torch.zeros(3, 8, 8)
    maps[:, 2, 3] = 4
    ones = unet.weighted_error(torch.ones(3, 4, 8, 8), torch.zeros(3, 4, 8, 8), maps)
    assert torch.allclose(ones, torch.ones(3))
    wrong_there, wrong_elsewhere = torch.zeros(2, 1, 4, 8, 8)
    wrong_there[0, :, 2, 3] = wrong_elsewhere[0, :, 5, 5] = 1
    right = torch.zeros(1, 4, 8, 8)
    there, elsewhere = (unet.weighted_error(one, right, maps[:1]) for one in (wrong_there, wrong_elsewhere))
    assert there / elsewhere == pytest.approx((4 + unet.EVERYWHERE) / unet.EVERYWHERE)


def test_a_word_made_from_looks_says_what_rows_of_names_say_linearly():
    everybody = names.named()
    table = torch.from_numpy(np.stack([passing.looks(member) for member in everybody.values()]))
    torch.manual_seed(0)
    rows = table @ torch.randn(table.shape[1], 8) + torch.randn(8)
    call = passing.CallByLooks(8)
    call.fit(rows)
    with torch.no_grad():
        found = call(table)[:, 0]
    torch.testing.assert_close(found.norm(dim=1), rows.norm(dim=1).mean().expand(len(rows)))
    assert torch.nn.functional.cosine_similarity(found, rows).min() > 0.99
    other = passing.CallByLooks(8)
    other.load_state_dict(call.state_dict())  # a checkpoint keeps the map
    assert torch.equal(other(table), call(table))


def test_only_who_is_called_by_looks_has_no_word_of_the_vocabulary(pipe):
    name, member = next(iter(names.named().items()))
    who = {"truth": {"subjects": [{"member": member.as_dict()}]}}
    captions = [f"a photo of {SOMEBODY} running", f"a photo of {name} running", "a lake"]
    ids, features = passing.callings(pipe.tokenizer, captions, [who, who, {"truth": {"subjects": []}}])
    assert (ids == passing.CALLED).sum(1).tolist() == [1, 0, 0]
    assert np.array_equal(features[0], passing.looks(member)) and not features[1:].any()
    plain = passing.callings(pipe.tokenizer, [captions[1]] * 3, [who] * 3)[0]
    assert torch.equal(plain[0], ids[1]) and torch.equal(ids[0] == passing.CALLED, ids[1] != ids[0])


def test_the_learning_rate_warms_up_stays_and_cools_down(tmp_path):
    run = stages.StageRun("plan", stages.Options(samples=1000, build=tmp_path), {}, batch=1, warmup=10, cooldown=0.25)
    rates = []
    for _ in run.steps():
        rates.append(run.learning_rate(1.0))
    assert rates[0] == pytest.approx(0.1) and rates[9:750] == [1.0] * 741
    assert rates[-1] == pytest.approx(0.01) and (np.diff(rates[751:]) <= 0).all()


def test_indices_visit_every_picture_once_an_epoch(tmp_path):
    run = stages.StageRun("order", stages.Options(samples=40, build=tmp_path), {}, batch=5)
    seen = []
    for _ in run.steps():
        seen.append(run.indices(20, 5))
    first, second = np.concatenate(seen[:4]), np.concatenate(seen[4:])
    assert sorted(first) == sorted(second) == list(range(20)) and list(first) != list(second)


def test_disturbances_of_the_oracle_are_small():
    x = torch.zeros(8, 3, 64, 64)
    assert oracle_training.disturb(x, torch.Generator().manual_seed(0)).std() < 0.12


def test_shifted_pictures_keep_their_pixels():
    x = torch.arange(2 * 3 * 64 * 64).reshape(2, 3, 64, 64).float()
    moved = clip.augment(x, torch.Generator().manual_seed(0))
    assert moved.shape == x.shape
    for one, own in zip(moved, x, strict=True):
        assert any(torch.equal(one[:, 2:-2, 2:-2], flipped[:, 2 + y : 62 + y, 2 + x0 : 62 + x0])
                   for flipped in (own, own.flip(2)) for y in range(-2, 3) for x0 in range(-2, 3))


def test_the_critics_loss_is_as_long_as_the_reconstructions_at_the_last_layer():
    weight = torch.ones(3, requires_grad=True)
    share = critic.adversarial_share((weight * 6).sum(), (weight * 2).sum(), weight)
    assert share == pytest.approx(3.0)
