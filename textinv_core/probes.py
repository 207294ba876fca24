"""The CLIP probes: does the learned word still read as what it shows, and does a sentence around it still count?

A probe needs the text encoder that the word was learned in, with the vision half it was trained with: one
`CLIPModel`. Texts may be pooled at the end-of-text token (right) or at the highest id (the trap: there the
text after the placeholder is never seen, see `tokens.pool`).
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from textinv_core.tokens import Embedding, encode, pool, tokenize

RUNGS = ("own", "look_alike", "other_person", "backpack")  # expected order of similarity, highest first


@torch.no_grad()
def text_features(
    judge,
    texts: Sequence[str],
    embeddings: Sequence[Embedding] = (),
    *,
    pooling: str = "end_of_text",  # or argmax
) -> Tensor:
    """L2-normalised features (N, D) of texts that may hold learned words, pooled either way."""
    ids = tokenize(judge.tokenizer, texts, {e.placeholder: len(e.rows) for e in embeddings})
    rows = torch.cat([e.rows for e in embeddings]) if embeddings else None
    hidden = encode(judge.model.text_model, ids, rows)
    pooled = pool(hidden, ids, judge.tokenizer.eos_token_id, pooling)
    return torch.nn.functional.normalize(judge.model.text_projection(pooled).float().cpu(), dim=-1)


def similarities(texts: Tensor, images: Tensor) -> Tensor:
    """Cosines (texts, images) of L2-normalised features."""
    return texts @ images.T


def interaction(cosines: Tensor) -> float:
    """`s11 + s22 - s12 - s21` of a 2 x 2 table (texts x images): above 0 if each text goes with its own image."""
    if cosines.shape != (2, 2):
        raise ValueError(f"interaction: expected a 2 x 2 table, got {tuple(cosines.shape)}")
    return float(cosines[0, 0] + cosines[1, 1] - cosines[0, 1] - cosines[1, 0])


def rescaled(embedding: Embedding, norm: float) -> Embedding:
    """The embedding with every row at length `norm`: the control that only the direction counts."""
    rows = torch.nn.functional.normalize(embedding.rows, dim=-1) * norm
    return Embedding(embedding.placeholder, rows, f"{embedding.arm} rescaled", embedding.step)
