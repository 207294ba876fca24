"""How learned rows move: where they start, and the step they take.

By Adam as they please, at their first norm, within a basis of names, or by their direction alone.
Shapes: A arms; S slots, the most vectors of any arm; D the text width.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import normalize, pad

from textinv_core.learning.arms import Arm
from textinv_core.learning.tokens import initial_rows

BETAS, EPS = (0.9, 0.999), 1e-8


def adam_step(
    rows: Tensor, grad: Tensor, mean: Tensor, square: Tensor, *, step: int, learning_rate: Tensor | float
) -> tuple[Tensor, Tensor, Tensor]:
    """One step of Adam (Kingma & Ba 2015, alg. 1), elementwise, without weight decay; `step` counts from 1."""
    mean = BETAS[0] * mean + (1 - BETAS[0]) * grad
    square = BETAS[1] * square + (1 - BETAS[1]) * grad**2
    unbiased_mean, unbiased_square = mean / (1 - BETAS[0] ** step), square / (1 - BETAS[1] ** step)
    return rows - learning_rate * unbiased_mean / (unbiased_square.sqrt() + EPS), mean, square


def direction_step(
    rows: Tensor, grad: Tensor, words: Tensor, *, norm: Tensor, prior: Tensor | float, learning_rate: Tensor | float
) -> Tensor:
    """One step of Directional Textual Inversion: rows `norm` times u, of which u alone moves, along the unit sphere.

    The prior is -kappa <u, c/|c|> with c the class word's row. The step is as long as the learning rate says, whatever
    the gradient's length, and has no momentum.
    """
    u = normalize(rows, dim=-1)
    g = norm * grad - prior * normalize(words, dim=-1)  # the gradient into u
    g = g - (g * u).sum(-1, keepdim=True) * u
    return norm * normalize(u - learning_rate * normalize(g, dim=-1), dim=-1)


def name_basis(pipe, names: Sequence[str], directions: int) -> tuple[Tensor, Tensor]:
    """The mean of the names' rows (D,), and their first principal directions as rows of (D, D), the others zero."""
    rows = torch.cat([initial_rows(pipe, name) for name in names])  # (n, D)
    mean = rows.mean(0)
    axes = torch.linalg.svd(rows - mean, full_matrices=False).Vh[: min(directions, len(rows) - 1)]
    return mean, pad(axes, (0, 0, 0, rows.shape[1] - len(axes)))


class Movement:
    """The rows of all arms; what takes steps are `values` (A, S, D), the rows themselves or coefficients in a basis."""

    def __init__(self, pipe, arms: Sequence[Arm], device: torch.device):
        def of(name: str) -> Tensor:
            return torch.tensor([getattr(arm, name) or 0.0 for arm in arms], device=device)[:, None, None]

        def stacked(rows: list[Tensor]) -> Tensor:
            slots = max(arm.vectors for arm in arms)
            return torch.stack([pad(own, (0, 0, 0, slots - len(own))) for own in rows]).to(device)

        self.arms, self.rate, self.prior = arms, of("learning_rate"), of("direction_prior")
        self.norm = pipe.text_encoder.get_input_embeddings().weight.detach().float().norm(dim=-1).mean().to(device)
        self.locked = of("norm_lock").bool()
        by_direction = [[[arm.direction_prior is not None]] for arm in arms]
        self.by_direction = torch.tensor(by_direction, device=device)  # (A, 1, 1)
        bases = {a: name_basis(pipe, arm.basis, arm.directions) for a, arm in enumerate(arms) if arm.basis}
        self.bases = {a: (mean.to(device), axes.to(device)) for a, (mean, axes) in bases.items()}
        words = [initial_rows(pipe, arm.start, arm.vectors) for arm in arms]
        encoded = [initial_rows(pipe, a.start, a.vectors, encoded=True) if a.cross_init else None for a in arms]
        self.words = stacked(words)  # (A, S, D) the initializers' rows; slots past an arm's vectors stay 0
        start = stacked([word if own is None else own for word, own in zip(words, encoded, strict=True)])
        start = torch.where(self.by_direction, self.norm * normalize(start, dim=-1), start)
        for a in bases:
            start[a] = 0  # the mean of the names
        self.first = start
        self.start = self.rows(self.first)

    def rows(self, values: Tensor) -> Tensor:
        """The rows that values stand for."""
        rows = values.clone() if self.bases else values
        for a, (mean, axes) in self.bases.items():
            own = slice(self.arms[a].vectors)
            rows[a, own] = mean + values[a, own] @ axes
        return rows

    def step(self, values: Tensor, grad: Tensor, mean: Tensor, square: Tensor, *, step: int) -> tuple[Tensor, ...]:
        """Values after a step of each arm in its own way, and Adam's means; `grad` is into the rows."""
        before, grad = values, grad.clone() if self.bases else grad
        for a, (_, axes) in self.bases.items():
            grad[a] = grad[a] @ axes.T
        values, mean, square = adam_step(values, grad, mean, square, step=step, learning_rate=self.rate)
        norm = values.norm(dim=-1, keepdim=True).clamp(min=1e-12)
        values = torch.where(self.locked, values * self.first.norm(dim=-1, keepdim=True) / norm, values)
        if self.by_direction.any():
            how = dict(norm=self.norm, prior=self.prior, learning_rate=self.rate)
            values = torch.where(self.by_direction, direction_step(before, grad, self.words, **how), values)
        return values, mean, square
