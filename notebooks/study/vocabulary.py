"""The ordinary words of a tokenizer: one drawn from them, and where a learned row lies among their rows."""

from collections.abc import Mapping, Sequence

import pandas as pd
import torch
from torch import Tensor
from torch.nn.functional import normalize

from textinv_core.drawing.store import Words
from textinv_core.learning.tokens import nearest_words, whole_words
from textinv_core.seeds import stream

ORDINARY = 2000  # words that stand for a larger vocabulary


def drawn_word(tokenizer, *, seed: int, name: str, avoid: Sequence[str] = ()) -> str:
    """A whole word in lower case, drawn by (seed, name): a control that any word would do.

    Pieces that only end longer words ("ack" of "black") do not count as words.
    """
    known = [token[:-4] for token in tokenizer.get_vocab() if token.endswith("</w>")]
    endings = {word[i:] for word in known for i in range(1, len(word))}
    words = {word for word in whole_words(tokenizer) if word.isascii() and word.islower()}
    words = sorted(words - endings - set(avoid))
    if not words:
        raise ValueError("tokenizer: no whole word is left to draw from")
    return words[int(torch.randint(len(words), (1,), generator=stream(seed, 0, f"word/{name}")))]


def ordinary_words(pipe) -> pd.DataFrame:
    """Where ordinary words lie: word, norm, nearest other whole word and cosine to it; a sample if they are many."""
    words = whole_words(pipe.tokenizer)
    table = pipe.text_encoder.get_input_embeddings().weight[list(words.values())].detach().float().cpu()
    shown = torch.arange(len(table))
    if len(table) > ORDINARY:
        shown = torch.randperm(len(table), generator=torch.Generator().manual_seed(0))[:ORDINARY].sort().values
    directions = normalize(table, dim=-1)
    cosines = directions[shown] @ directions.T  # (words shown, words)
    cosines[torch.arange(len(shown)), shown] = -1
    nearest = cosines.max(dim=1)
    names = list(words)
    return pd.DataFrame(
        dict(
            word=[names[i] for i in shown],
            norm=table[shown].norm(dim=-1).numpy(),
            nearest=[names[i] for i in nearest.indices],
            cosine=nearest.values.numpy(),
        )
    )


def nearest_ordinary(pipe, row: Tensor, *, but: str = "") -> tuple[str, float]:
    """The whole word, other than `but`, whose row has the highest cosine to `row` (D,), and that cosine."""
    return next(near for near in nearest_words(pipe, row[None], k=2)[0] if near[0] != but)


def nearest_over_steps(pipe, learned: Mapping[str, Words], k: int = 3) -> pd.DataFrame:
    """The `k` ordinary words nearest to each concept's first word at every checkpoint: step, word, cosine, concept."""
    rows = [
        dict(step=step, word=word, cosine=cosine, concept=name)
        for name, own in learned.items()
        for step in own.steps
        for word, cosine in nearest_words(pipe, own.at(step)[0].rows[:1], k=k)[0]
    ]
    return pd.DataFrame(rows)
