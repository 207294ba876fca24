"""A byte-level BPE tokenizer in CLIP's style, trained on the captions.

Every world word becomes one token; any other text falls back to pieces and, at the last, to single bytes.
"""

import json
import re
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from pocket_world.training.files import StageError

LENGTH = 24  # tokens, the two ends included
MERGES = 4000  # at most; the captions' words need fewer
START, END = "<|startoftext|>", "<|endoftext|>"
# Words a study may start a placeholder from or say, though the captions may lack them.
EXTRA_WORDS = ("toy", "statue", "style", "painting", "person", "face", "object", "food", "animal", "art", "my", "one",
               "cup", "ball", "hall", "beast", "wooden", "glass", "dome", "old", "round", "star")


def world_words():
    """Every single word of the world's vocabulary, sorted."""
    from pocket_world.world import captions, colour, names, scenes, things
    from pocket_world.world.families import FAMILIES

    values = [*names.named(), *names.named_styles(), *scenes.SCENES, *scenes.SCENES.values(), *things.THINGS,
              *colour.WORDS, *captions.OPENINGS, *captions.PAINTED, *captions.DOING.values()]
    for family in FAMILIES.values():
        kinds = (*family.kinds, *family.special)
        values += [family.name, *kinds, *map(captions.plural, kinds), *family.colours.values()]
        values += [text for options in family.forms.values() for text in options.values()]
    return sorted({word for value in (*values, *EXTRA_WORDS) for word in re.findall(r"[^\W\d_]+", value.lower())})


def train_tokenizer(captions, folder):
    """Train on `captions` (list of str), write vocab.json and merges.txt to `folder`, return the CLIPTokenizer."""
    base = CLIPTokenizer().backend_tokenizer
    bpe = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    bpe.normalizer, bpe.pre_tokenizer = base.normalizer, base.pre_tokenizer
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=512 + MERGES, initial_alphabet=alphabet, end_of_word_suffix="</w>",
                                  show_progress=False)
    bpe.train_from_iterator([*sorted(set(captions)), *world_words()], trainer)
    merges = [tuple(pair) for pair in json.loads(bpe.to_str())["model"]["merges"]]
    # CLIP's order: bytes, bytes that end a word, merges, the two ends (the end is the greatest id).
    entries = [*alphabet, *(byte + "</w>" for byte in alphabet), *("".join(pair) for pair in merges), START, END]
    vocabulary = {entry: number for number, entry in enumerate(dict.fromkeys(entries))}
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    tokenizer = load_tokenizer(folder)
    split = [word for word in world_words() if len(tokenizer(word).input_ids) != 3]
    if split:
        raise StageError(f"tokenizer: these words are more than one token: {' '.join(split)}; raise MERGES")
    return tokenizer


def load_tokenizer(folder):
    """The CLIPTokenizer of `folder` (vocab.json, merges.txt)."""
    folder = Path(folder)
    if not (folder / "vocab.json").exists():
        raise StageError(f"{folder}: no tokenizer; run 'python -m pocket_world train clip' first")
    vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    lines = (folder / "merges.txt").read_text(encoding="utf-8").splitlines()[1:]
    return CLIPTokenizer(vocab=vocabulary, merges=[tuple(line.split(" ")) for line in lines], model_max_length=LENGTH)


def encode(tokenizer, captions):
    """int64 (len(captions), LENGTH): padded to LENGTH with the end token, as Stable Diffusion pads.

    What stands between spaces is looked up once: no token reaches over a space, and captions repeat their words.
    """
    pieces = list(dict.fromkeys(piece for caption in captions for piece in caption.split()))
    found = tokenizer(pieces, add_special_tokens=False).input_ids if pieces else []
    known = dict(zip(pieces, found, strict=True))
    rows = np.full((len(captions), LENGTH), tokenizer.pad_token_id, np.int64)
    rows[:, 0] = tokenizer.bos_token_id
    for row, caption in zip(rows, captions, strict=True):
        ids = [number for piece in caption.split() for number in known[piece]][: LENGTH - 2]
        row[1 : len(ids) + 1], row[len(ids) + 1] = ids, tokenizer.eos_token_id
    return torch.from_numpy(rows)
