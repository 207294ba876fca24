"""METHOD's laws of the losses, against diffusers where diffusers computes the same thing."""

import math

import pytest
import torch
from diffusers import DDPMScheduler
from hypothesis import given
from hypothesis import strategies as st

from textinv_core.learning import losses

SD15 = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False)


@pytest.mark.parametrize("variance", losses.VARIANCES)
@pytest.mark.parametrize("prediction_type", losses.PREDICTION_TYPES)
def test_kl_is_that_of_the_schedulers_own_gaussians(variance, prediction_type):
    scheduler = DDPMScheduler(**SD15, variance_type=variance, prediction_type=prediction_type)
    # The schedule itself in float64: 1 - A cancels, and the law is about the formula, not about float32.
    scheduler.alphas_cumprod = scheduler.alphas_cumprod.double()
    scheduler.one = scheduler.one.double()
    scheduler.set_timesteps(1000)
    weights = losses.kl_step_weights(scheduler.alphas_cumprod, variance, prediction_type)
    x, new, init = torch.randn(3, 1, 4, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for t in (1, 5, 500, 999):
        steps = [
            scheduler.step(pred, t, x, generator=torch.Generator().manual_seed(1)).prev_sample for pred in (new, init)
        ]
        sigma2 = float(scheduler._get_variance(t))
        expected = float((steps[0] - steps[1]).pow(2).sum()) / (2 * sigma2)
        kl = weights[t] * (new - init).pow(2).sum()
        assert float(kl) == pytest.approx(expected, rel=1e-4)


def test_kl_weights_are_those_the_method_states():
    weights = losses.kl_step_weights(DDPMScheduler(**SD15).alphas_cumprod)
    assert weights.dtype == torch.float64 and math.isinf(weights[0])
    for t, stated in ((1, 0.503), (10, 0.052), (100, 0.0066), (500, 0.0033), (999, 0.0061)):
        assert float(weights[t]) == pytest.approx(stated, rel=0.02)


@given(st.floats(0, 50), st.integers(0, 2**31))
def test_a_shrunk_target_has_the_same_gradient(lam, seed):
    generator = torch.Generator().manual_seed(seed)
    pred, target, init = torch.randn(3, 2, 4, 3, 3, dtype=torch.float64, generator=generator)
    lam = torch.tensor([lam, lam / 2], dtype=torch.float64)

    def gradient(loss):
        leaf = pred.clone().requires_grad_()
        return torch.autograd.grad(loss(leaf).sum(), leaf)[0]

    mse = lambda a, b: (a - b).pow(2).flatten(1).mean(1)  # noqa: E731 (in float64; the package's own is float32)
    direct = gradient(lambda p: mse(p, target) + lam * mse(p, init))
    toward = (target + lam.reshape(2, 1, 1, 1) * init) / (1 + lam).reshape(2, 1, 1, 1)
    torch.testing.assert_close(gradient(lambda p: (1 + lam) * mse(p, toward)), direct)


def test_regularised_loss_in_both_forms_has_equal_gradients():
    pred, target, init = torch.randn(3, 2, 4, 8, 8, generator=torch.Generator().manual_seed(3))
    lam = torch.tensor([0.5, 3.0])
    leaf = pred.clone().requires_grad_()
    direct = losses.regularised_loss(leaf, target, noise_pred_init=init, lam=lam)
    ratio = lam.reshape(2, 1, 1, 1)
    shrunk = (1 + lam) * losses.denoising_loss(leaf, (target + ratio * init) / (1 + ratio))
    gradients = [torch.autograd.grad(loss.sum(), leaf)[0] for loss in (direct, shrunk)]
    torch.testing.assert_close(*gradients)


def test_losses_return_one_value_per_example():
    a, b = torch.zeros(3, 4, 2, 2), torch.arange(3.0).reshape(3, 1, 1, 1).expand(3, 4, 2, 2)
    assert losses.denoising_loss(a, b).tolist() == [0, 1, 4]


def test_beta_and_lam_meet_at_the_median_weight():
    weights = losses.kl_step_weights(DDPMScheduler(**SD15).alphas_cumprod)
    beta = losses.kl_beta(0.7, weights, numel=256)
    lams = losses.lam_by_timestep(0.7, weights)
    assert float(lams[1:].median()) == pytest.approx(0.7) and lams[0] == 0
    assert (losses.lam_by_timestep(0.7, weights, "uniform")[1:] == 0.7).all()
    d2, t = torch.tensor(5.0), 321
    assert beta * float(weights[t] * d2) == pytest.approx(float(lams[t] * d2 / 256))


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda A: losses.kl_step_weights(A, "learned"), "variance 'learned'"),
        (lambda A: losses.kl_step_weights(A, prediction_type="sample"), "prediction type 'sample'"),
        (lambda A: losses.lam_by_timestep(1.0, A, "other"), "KL weighting 'other'"),
    ],
)
def test_bad_input_is_one_line(call, named):
    with pytest.raises(ValueError, match=named) as error:
        call(DDPMScheduler(**SD15).alphas_cumprod)
    assert "\n" not in str(error.value)
