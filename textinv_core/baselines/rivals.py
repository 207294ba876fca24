"""What others proposed to keep a learned word usable, and what needs no training: made of words as they were learned.

How the trained ones train is `learning.arms.METHODS`.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn.functional import normalize

from textinv_core.learning.tokens import Embedding

WINDOW = 4  # checkpoints whose losses DVAR's stop looks at


def tea(embedding: Embedding, word: torch.Tensor, share: float) -> Embedding:
    """Test-time embedding adjustment: lengths to `(1 - share) |v| + share |c|`, directions by slerp toward the word's.

    word: rows (n, D), the class word's.
    """
    if share == 0:
        return embedding
    v, c = embedding.rows, word.to(embedding.rows)
    u, w = normalize(v, dim=-1), normalize(c, dim=-1)
    angle = (u * w).sum(-1, keepdim=True).clamp(-1, 1).acos()
    turned = (torch.sin((1 - share) * angle) * u + torch.sin(share * angle) * w) / angle.sin().clamp(min=1e-6)
    length = (1 - share) * v.norm(dim=-1, keepdim=True) + share * c.norm(dim=-1, keepdim=True)
    rows = length * torch.where(angle > 1e-4, normalize(turned, dim=-1), u)
    return Embedding(embedding.placeholder, rows, f"{embedding.arm} tea {share:g}", embedding.step)


def dvar_stop(steps: Sequence[int], losses: Sequence[float], *, ratio: float = 0.15, window: int = WINDOW) -> int:
    """The checkpoint at which DVAR stops (Voronov et al. 2023, arXiv 2302.04841): the last one if it never does.

    It stops when the variance of the last `window` checkpoints' fixed-batch losses falls below `ratio` of that of all
    so far. A ratio of 0 never stops.
    """
    for i in range(window, len(steps)):
        if np.var(losses[i + 1 - window : i + 1]) < ratio * np.var(losses[: i + 1]):
            return int(steps[i])
    return int(steps[-1])
