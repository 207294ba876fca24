"""The learned rows: put them into a prompt, encode it, save them, load them.

Nothing here touches the tokenizer or the embedding table. A learned token gets an id above every
vocabulary, as an added token would; `encode` runs the text model as it is and only exchanges, at
those ids, what its embedding lookup returns. Gradients reach the rows and nothing else.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file

from textinv_core.files import atomic
from textinv_core.learning.concepts import PLACEHOLDER
from textinv_core.learning.models import end_of_text

FIRST_LEARNED_ID = 2**20
FILE_NAME = "learned_embeds.safetensors"  # diffusers' name


@dataclass(frozen=True, eq=False)
class Embedding:
    """A learned word: `rows` (n, D) in float32 on the CPU stand where `placeholder` is written."""

    placeholder: str
    rows: torch.Tensor
    arm: str = ""
    step: int = 0


def token_names(placeholder: str, vectors: int) -> list[str]:
    """`<x>`, `<x>_1`, ...: diffusers' names for the tokens of one placeholder."""
    return [placeholder] + [f"{placeholder}_{i}" for i in range(1, vectors)]


def expand(text: str, vectors: Mapping[str, int]) -> str:
    """`text` with each placeholder `<x>` written out as `<x> <x>_1 ...`, one token per vector."""
    for placeholder, count in vectors.items():
        tokens = " ".join(token_names(placeholder, count))
        text = re.sub(re.escape(placeholder) + r"(?!_\d)", lambda _: tokens, text, flags=re.IGNORECASE)  # noqa: B023
    return text


def tokenize(tokenizer, texts: Sequence[str], vectors: Mapping[str, int] | None = None) -> torch.Tensor:
    """Ids (N, L), padded to the model's length; learned tokens count up from FIRST_LEARNED_ID."""
    vectors = vectors or {}
    names = [name for placeholder, count in vectors.items() for name in token_names(placeholder, count)]
    learned = {name: FIRST_LEARNED_ID + slot for slot, name in enumerate(names)}
    longest_first = sorted(map(re.escape, names), key=len, reverse=True)
    split = re.compile(f"({'|'.join(longest_first)})", re.IGNORECASE) if names else None
    length, rows = tokenizer.model_max_length, []
    for text in texts:
        ids = [tokenizer.bos_token_id]
        for piece in split.split(expand(text, vectors)) if split else [text]:
            if piece.lower() in learned:
                ids.append(learned[piece.lower()])
            elif stray := re.search(PLACEHOLDER, piece, re.IGNORECASE):
                raise ValueError(f"prompt {text!r}: no embedding was given for {stray[0]!r}")
            else:
                ids += tokenizer(piece, add_special_tokens=False).input_ids
        ids.append(tokenizer.eos_token_id)
        if len(ids) > length:
            raise ValueError(f"prompt {text!r}: {len(ids)} tokens with start and end, the text encoder has {length}")
        rows.append(ids + [tokenizer.pad_token_id] * (length - len(ids)))
    return torch.tensor(rows, dtype=torch.long)


def look_up(text_encoder, ids: torch.Tensor, rows: torch.Tensor | None = None) -> torch.Tensor:
    """Token embeddings (N, L, D) of `ids` (N, L): the table's, and learned `rows` (S, D), or (N, S, D) each its own."""
    ids = ids.to(text_encoder.device)
    learned = ids >= FIRST_LEARNED_ID
    table = text_encoder.get_input_embeddings()
    slots = 0 if rows is None else rows.shape[-2]
    if rows is not None and rows.shape[-1] != table.embedding_dim:
        raise ValueError(f"embedding of width {rows.shape[-1]}: this text encoder's is {table.embedding_dim}")
    if learned.any() and int(ids.max()) - FIRST_LEARNED_ID >= slots:
        raise ValueError(f"ids ask for {int(ids.max()) - FIRST_LEARNED_ID + 1} learned rows, {slots} were given")
    tokens = table(ids.masked_fill(learned, 0))
    # `where` per slot: its backward is a plain sum, the same bytes every time (indexing's is not).
    for slot in range(slots):
        row = rows[..., slot, :].to(tokens)  # (D,) or (N, D)
        row = row if row.dim() == 1 else row[:, None]
        tokens = torch.where((ids == FIRST_LEARNED_ID + slot)[..., None], row, tokens)
    return tokens


def beside_learned(ids: torch.Tensor, eos_id: int) -> torch.Tensor:
    """Which places of `ids` (N, L) hold other tokens than learned ones, up to the end of the text: (N, L)."""
    places = torch.arange(ids.shape[1], device=ids.device)
    return (ids < FIRST_LEARNED_ID) & (places <= end_of_text(ids, eos_id)[:, None])


def hidden_states(text_encoder, tokens: torch.Tensor) -> torch.Tensor:
    """What the text encoder makes of token embeddings (N, L, D): its last hidden states (N, L, D)."""
    hook = text_encoder.get_input_embeddings().register_forward_hook(lambda *_: tokens)  # it accepts ids alone
    try:
        return text_encoder(torch.zeros(tokens.shape[:2], dtype=torch.long, device=tokens.device)).last_hidden_state
    finally:
        hook.remove()


def encode(text_encoder, ids: torch.Tensor, rows: torch.Tensor | None = None) -> torch.Tensor:
    """Hidden states (N, L, D) of `ids` (N, L) with learned `rows`, as for `look_up`."""
    return hidden_states(text_encoder, look_up(text_encoder, ids, rows))


def encode_prompts(pipe, texts: Sequence[str], embeddings: Sequence[Embedding] = ()) -> torch.Tensor:
    """Hidden states (N, L, D) of prompts in which each embedding's placeholder may stand."""
    ids = tokenize(pipe.tokenizer, texts, {e.placeholder: len(e.rows) for e in embeddings})
    rows = torch.cat([e.rows for e in embeddings]) if embeddings else None
    return encode(pipe.text_encoder, ids, rows)


def pool(hidden: torch.Tensor, ids: torch.Tensor, eos_id: int, how: str = "end_of_text") -> torch.Tensor:
    """One state per text (N, D): at the end-of-text token; `argmax` at the highest id, which is the trap.

    Text models whose configuration says `eos_token_id == 2` (SD 1.5's) pool at the highest id. An added
    token's id is the highest, and attention is causal, so what follows the token is never seen.
    """
    if how not in ("end_of_text", "argmax"):
        raise ValueError(f"pooling {how!r}: expected 'end_of_text' or 'argmax'")
    where = end_of_text(ids, eos_id) if how == "end_of_text" else ids.argmax(dim=-1)
    return hidden[torch.arange(len(hidden), device=hidden.device), where.to(hidden.device)]


@torch.no_grad()
def initial_rows(pipe, initializer: str, vectors: int = 1, *, encoded: bool = False) -> torch.Tensor:
    """Rows (vectors, D) to start from: the initializer's own, tiled; if it has more tokens, means of neighbours.

    `encoded`: what the text encoder makes of them, the initializer standing alone.
    """
    ids = pipe.tokenizer(initializer, add_special_tokens=False).input_ids
    if not ids or pipe.tokenizer.unk_token_id in ids:
        raise ValueError(f"initializer {initializer!r}: the tokenizer does not know it")
    if vectors < 1:
        raise ValueError(f"vectors: expected 1 or more, got {vectors}")
    if encoded:
        own = encode(pipe.text_encoder, tokenize(pipe.tokenizer, [initializer]))[0, 1 : 1 + len(ids)]
    else:
        own = pipe.text_encoder.get_input_embeddings().weight[ids]  # (T, D)
    own = own.detach().float().cpu()
    if len(own) <= vectors:
        return own.repeat(-(-vectors // len(own)), 1)[:vectors]
    return torch.stack([part.mean(dim=0) for part in own.tensor_split(vectors)])


def save_embedding(embedding: Embedding, folder: str | Path) -> Path:
    """Write diffusers' `learned_embeds.safetensors` into `folder`; loads with `pipe.load_textual_inversion`."""
    path = Path(folder) / FILE_NAME
    with atomic(path) as temporary:
        save_file({embedding.placeholder: embedding.rows.contiguous()}, temporary)
    return path


def known_templates(tokenizer, templates: Sequence[str]) -> tuple[str, ...]:
    """The templates without a word that falls into three or more tokens: a text encoder has hardly seen such a word.

    Stable Diffusion knows all of the paper's; a model of few words only some. The shortest stays in any case.
    """

    def pieces(template: str) -> int:
        words = re.findall(r"\w+", template.replace("{}", " "))
        return max((len(tokenizer(word, add_special_tokens=False).input_ids) for word in words), default=0)

    return tuple(t for t in templates if pieces(t) <= 2) or (min(templates, key=len),)


def whole_words(tokenizer) -> dict[str, int]:
    """The vocabulary's whole words of three or more letters, with their ids, in the order of their ids."""
    found = {t[:-4]: i for t, i in tokenizer.get_vocab().items() if t.endswith("</w>") and t[:-4].isalpha()}
    return dict(sorted(((word, i) for word, i in found.items() if len(word) > 2), key=lambda pair: pair[1]))


def nearest_words(pipe, rows: torch.Tensor, k: int = 5) -> list[list[tuple[str, float]]]:
    """For each row the `k` whole words of the vocabulary with the highest cosine, and that cosine."""
    words = whole_words(pipe.tokenizer)
    table = pipe.text_encoder.get_input_embeddings().weight[list(words.values())].detach().float().cpu()
    normalize = torch.nn.functional.normalize
    cosines = normalize(rows.float().cpu(), dim=-1) @ normalize(table, dim=-1).T  # (n, words)
    best, names = cosines.topk(min(k, len(words))), list(words)
    pairs = zip(best.values.tolist(), best.indices.tolist(), strict=True)
    return [[(names[i], c) for c, i in zip(*pair, strict=True)] for pair in pairs]
