"""Which words there are to start from: a control that any word would do."""

from collections.abc import Sequence

import torch

from textinv_core.batches import stream


def drawn_word(tokenizer, *, seed: int, name: str, avoid: Sequence[str] = ()) -> str:
    """A whole word that is one token, drawn by (seed, name).

    Pieces that only end longer words ("ack" of "black") do not count as words.
    """
    known = {token[:-4] for token in tokenizer.get_vocab() if token.endswith("</w>")}
    whole = {word for word in known if len(word) > 2 and word.isascii() and word.isalpha() and word.islower()}
    endings = {word[i:] for word in known for i in range(1, len(word))}
    words = sorted(whole - endings - set(avoid))
    if not words:
        raise ValueError("tokenizer: no whole word is left to draw from")
    return words[int(torch.randint(len(words), (1,), generator=stream(seed, 0, f"word/{name}")))]
