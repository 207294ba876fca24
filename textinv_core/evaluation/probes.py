"""The CLIP probes: does the learned word still read as what it shows, and does a sentence around it still count?

A probe needs the text encoder that the word was learned in, with the vision half it was trained with: one
`CLIPModel`. Texts may be pooled at the end-of-text token (right) or at the highest id (the trap: there the
text after the placeholder is never seen, see `tokens.pool`).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import normalize

from textinv_core.evaluation.judges import Judge, load_judge
from textinv_core.learning.tokens import Embedding, encode, pool, tokenize
from textinv_core.paths import MODELS

POOLINGS = ("end_of_text", "argmax")
SAME = 0.05  # relative difference that half precision explains, and another model does not


@torch.no_grad()
def text_states(
    text_model,
    tokenizer,
    texts: Sequence[str],
    embeddings: Sequence[Embedding] = (),
    *,
    pooling: str = "end_of_text",  # or argmax
) -> Tensor:
    """L2-normalised pooled states (N, D) of texts that may hold learned words: features before their projection."""
    return normalize(_pooled(text_model, tokenizer, texts, embeddings, pooling).float().cpu(), dim=-1)


@torch.no_grad()
def text_features(
    judge,
    texts: Sequence[str],
    embeddings: Sequence[Embedding] = (),
    *,
    pooling: str = "end_of_text",  # or argmax
) -> Tensor:
    """L2-normalised features (N, D) of texts that may hold learned words, pooled either way."""
    pooled = _pooled(judge.model.text_model, judge.tokenizer, texts, embeddings, pooling)
    return normalize(judge.model.text_projection(pooled).float().cpu(), dim=-1)


def _pooled(text_model, tokenizer, texts, embeddings, pooling) -> Tensor:
    ids = tokenize(tokenizer, texts, {e.placeholder: len(e.rows) for e in embeddings})
    rows = torch.cat([e.rows for e in embeddings]) if embeddings else None
    return pool(encode(text_model, ids, rows), ids, tokenizer.eos_token_id, pooling)


def open_clip(pipe, model: str | Path, name: str = "") -> tuple[Judge | None, str]:
    """The CLIP whose text half is the pipeline's text encoder, and a sentence about it; None where there is none.

    By `name`, or by rule: a folder `<model>_clip` beside the model's; else, for a text encoder of Stable Diffusion
    1.x's shape, OpenAI's ViT-L/14, which it was taken from. One that was named and is another is a ValueError.
    """
    folder = MODELS / model if model == "pocket" else Path(model)
    beside, shape = folder.with_name(f"{folder.name}_clip"), pipe.text_encoder.config
    large = (shape.hidden_size, shape.num_hidden_layers, len(pipe.tokenizer)) == (768, 12, 49408)
    found = name or (str(beside) if beside.is_dir() else "openai/clip-vit-large-patch14" if large else "")
    if not found:
        return None, "no CLIP is known to hold this model’s text encoder"
    try:
        clip = load_judge(found)
        gap = encoder_gap(clip, pipe)
    except ValueError as error:
        if name:
            raise
        return None, str(error)
    if gap <= SAME:
        same = "bit for bit" if gap == 0 else f"within {gap:.1g}, relatively"
        return clip, f"the text half of {clip.name} equals the model’s text encoder {same}"
    if name:
        raise ValueError(f"clip {name!r}: its text half is not this model's text encoder (they differ by {gap:.2g})")
    return None, f"the text half of {clip.name} is not the model’s text encoder"


@torch.no_grad()
def encoder_gap(clip: Judge, pipe) -> float:
    """Largest relative difference of the two text encoders' tables and states; inf if they cannot be compared."""
    own, other = pipe.text_encoder, clip.model.text_model
    tables = [encoder.get_input_embeddings().weight.float().cpu() for encoder in (own, other)]
    same_words = clip.tokenizer.get_vocab() == pipe.tokenizer.get_vocab()
    if tables[0].shape != tables[1].shape or not same_words:
        return float("inf")
    ids = tokenize(pipe.tokenizer, ["", "a photo of a tree", "a photo of a man doing ballet"])
    states = [encode(encoder, ids).float().cpu() for encoder in (own, other)]
    return max(float((a - b).norm() / a.norm()) for a, b in (tables, states))


def slope(cosines) -> np.ndarray:
    """Least-squares fall of the cosine from one rung to the next (..., rungs): above 0 if the order is as expected."""
    cosines = np.asarray(cosines, dtype=float)
    place = np.arange(cosines.shape[-1]) - (cosines.shape[-1] - 1) / 2
    return -(cosines * place).sum(-1) / (place**2).sum()


def rescaled(embedding: Embedding, norm: float) -> Embedding:
    """The embedding with every row at length `norm`: the control that only the direction counts."""
    rows = normalize(embedding.rows, dim=-1) * norm
    return Embedding(embedding.placeholder, rows, f"{embedding.arm} rescaled", embedding.step)


def context_cosines(
    clip: Judge,
    plain: str,  # the plain text
    pairs: Sequence[tuple[str, Image.Image, Image.Image]],
    embeddings: Sequence[Embedding] = (),
    *,
    pooling: str = "end_of_text",  # or argmax
) -> pd.DataFrame:
    """Probe 3 on `pairs` of (context text, plain picture, picture in that context): one row per pair.

    Columns s11, s12, s21, s22 (text x picture, 1 plain, 2 with context) and their `interaction`.
    """
    texts, plains, contexts = zip(*pairs, strict=True)
    first, second = clip.image_features(list(plains)), clip.image_features(list(contexts))
    known = list(dict.fromkeys(texts))
    one, *others = text_features(clip, [plain, *known], embeddings, pooling=pooling)
    two = torch.stack([others[known.index(text)] for text in texts])
    table = pd.DataFrame(
        dict(
            s11=(first @ one).numpy(),
            s12=(second @ one).numpy(),
            s21=(first * two).sum(1).numpy(),
            s22=(second * two).sum(1).numpy(),
            text=texts,
        )
    )
    return table.assign(interaction=table["s11"] + table["s22"] - table["s12"] - table["s21"])
