"""The losses, one value per example: the caller averages.

Symbols: `A` = alphas_cumprod, `s` = t - 1 the step before t in the chain, `a = A_t / A_s`, `b = 1 - a`,
`d` = the difference of two noise predictions at the same (x_t, t).
"""

import torch
from torch import Tensor

VARIANCES = ("fixed_small", "fixed_large")
PREDICTION_TYPES = ("epsilon", "v_prediction")


def denoising_loss(noise_pred: Tensor, target: Tensor) -> Tensor:
    """Mean squared error of each example, (N,): the Textual Inversion loss (Gal et al. 2022, eq. 2)."""
    return (noise_pred.float() - target.float()).pow(2).flatten(1).mean(1)


def training_target(scheduler, latents: Tensor, *, noise: Tensor, timesteps: Tensor) -> Tensor:
    """What the network should predict at `timesteps`, by the scheduler's prediction type (Salimans & Ho 2022)."""
    kind = scheduler.config.prediction_type
    if kind == "epsilon":
        return noise
    if kind == "v_prediction":
        return scheduler.get_velocity(latents, noise, timesteps)
    raise ValueError(f"prediction type {kind!r}: expected one of {', '.join(PREDICTION_TYPES)}")


def kl_step_weights(
    alphas_cumprod: Tensor,  # (T,)
    variance: str = "fixed_small",  # of the reverse step: fixed_small or fixed_large (Ho et al. 2020, sec. 3.2)
    prediction_type: str = "epsilon",  # what the network predicts: epsilon or v_prediction
) -> Tensor:
    """Weights `w` (T,) in float64 with KL(p_new(x_s|x_t) || p_init(x_s|x_t)) = w_t * sum(d^2), exactly.

    Two Gaussians of equal variance sigma^2 differ by ||mean difference||^2 / (2 sigma^2), and the
    reverse mean (Ho et al. 2020, eq. 11) moves by b / sqrt(a (1 - A_t)) * d. At t = 0 the chain ends
    (A_s = 1) and `fixed_small` has no variance: the weight is infinite there.
    """
    if variance not in VARIANCES:
        raise ValueError(f"variance {variance!r}: expected one of {', '.join(VARIANCES)}")
    if prediction_type not in PREDICTION_TYPES:
        raise ValueError(f"prediction type {prediction_type!r}: expected one of {', '.join(PREDICTION_TYPES)}")
    A_t = alphas_cumprod.detach().cpu().double()
    A_s = torch.cat([torch.ones(1, dtype=torch.float64), A_t[:-1]])
    a = A_t / A_s
    b = 1 - a
    sigma2 = b * (1 - A_s) / (1 - A_t) if variance == "fixed_small" else b
    weights = b**2 / (2 * sigma2 * a * (1 - A_t))
    return weights * A_t if prediction_type == "v_prediction" else weights


def _median(weights: Tensor) -> float:
    """The median over the steps whose KL is finite."""
    return float(weights[weights.isfinite()].median())


def kl_beta(lam: float, weights: Tensor, numel: int) -> float:
    """`beta` of the KL whose weight on mean(d^2) is `lam` at the median w_t; `numel` latent values an example."""
    return lam / (_median(weights) * numel)


def lam_by_timestep(lam: float, weights: Tensor, weighting: str = "exact") -> Tensor:
    """The weight on mean(d^2) at every timestep, (T,): `exact` follows w_t, `uniform` is what DPOK's code does.

    Zero where the weight is infinite: the KL term is drawn from the steps that have a variance.
    """
    if weighting not in ("exact", "uniform"):
        raise ValueError(f"KL weighting {weighting!r}: expected 'exact' or 'uniform'")
    lams = lam * weights / _median(weights) if weighting == "exact" else torch.full_like(weights, lam)
    return torch.where(weights.isfinite(), lams, 0.0)


def context_loss(states: Tensor, states_word: Tensor, others: Tensor) -> Tensor:
    """Mean over the `others` (N, L), tokens beside the word, of 1 - cosine of states (N, L, D) with the class word's.

    CoRe's embedding term (Wu et al. 2024, arXiv 2408.15914), (N,). Attention is causal: before the word it is zero.
    """
    apart = 1 - torch.cosine_similarity(states.float(), states_word.float(), dim=-1)
    return (apart * others).sum(1) / others.sum(1)


def regularised_loss(noise_pred: Tensor, target: Tensor, *, noise_pred_init: Tensor, lam: Tensor) -> Tensor:
    """Denoising loss plus `lam` (N,) times mean(d^2), (N,): the KL-regularised loss in its direct form."""
    return denoising_loss(noise_pred, target) + lam * denoising_loss(noise_pred, noise_pred_init)
