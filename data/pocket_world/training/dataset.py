"""The drawn pictures on disk: rendered once by worker processes, read by every trainer.

`build/pocket/data/` holds shards `train_0000.npy` (uint8, (SHARD, 64, 64, 3)) with `train_0000.jsonl` (a caption and
the truth about its picture a line), `train_0000.txt` (the captions alone) and `train_0000.map` (float16, (SHARD, 8, 8):
how much a cell of the latents says of who is there; empty for the oracle), and `validation_0000.npy` and so on, drawn
from other seeds.
"""

import json
import multiprocessing
import os
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from pocket_world.training.files import StageError, seed_of

SHARD = 2000  # pictures
TRAIN, VALIDATION = 120_000, 4_000  # pictures
CELLS = 8  # a side of the latents
MIX = {"oracle": "nobody", "names": "names"}  # of the world's mixes, for each split; the others are of "all"


def draw_shard(job):
    """Draw one shard and write its files, the pictures last: a shard whose `.npy` exists is whole."""
    folder, split, number, size, seed = job
    from pocket_world.world.concepts import like_a_concept
    from pocket_world.world.picture import sample

    generator = np.random.default_rng(seed_of("dataset", split, seed, number))
    images, lines, captions, maps = [], [], [], []
    for _ in range(size):
        drawn = sample(generator, mix=MIX.get(split, "all"))
        while drawn.truth["kind"] == "passing" and like_a_concept(drawn.placed[0][0].member):
            drawn = sample(generator, mix=MIX[split])
        images.append(drawn.image)
        if MIX.get(split) != "nobody":  # the oracle weighs nothing
            maps.append(coarse(drawn.emphasis))
        captions.append(drawn.caption)
        lines.append(json.dumps({"caption": drawn.caption, "truth": drawn.truth}))
    path = Path(folder) / f"{split}_{number:04d}"
    for suffix, write in ((".txt", lambda f: f.write(("\n".join(captions) + "\n").encode())),
                          (".jsonl", lambda f: f.write(("\n".join(lines) + "\n").encode())),
                          (".map", lambda f: np.save(f, np.array(maps))),
                          (".npy", lambda f: np.save(f, np.stack(images)))):
        temporary = path.with_suffix(suffix + ".tmp")
        with open(temporary, "wb") as file:
            write(file)
        os.replace(temporary, path.with_suffix(suffix))
    return size


def coarse(emphasis):
    """Means over the cells of the latents: float (S, S) -> float16 (CELLS, CELLS)."""
    cell = len(emphasis) // CELLS
    return emphasis.reshape(CELLS, cell, CELLS, cell).mean((1, 3)).astype(np.float16)


def draw_split(options, split, count):
    """Draw the shards of a split of `count` pictures that are missing, each split of its MIX."""
    folder = Path(options.build) / "data"
    folder.mkdir(parents=True, exist_ok=True)
    size = 64 if options.tiny else SHARD
    jobs = [(str(folder), split, number, size, options.seed) for number in range(-(-count // size))
            if not (folder / f"{split}_{number:04d}.npy").exists()]
    if not jobs:
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(max(1, options.threads)) as pool, tqdm(total=len(jobs) * size, desc=f"{split} pictures",
                                                             unit="picture", dynamic_ncols=True) as bar:
        for drawn in pool.imap_unordered(draw_shard, jobs):
            bar.update(drawn)


def train_dataset(options):
    """Draw what is missing of `options.samples` pictures of `options.split` and of the validation shards."""
    draw_split(options, "validation", 64 if options.tiny else VALIDATION)
    draw_split(options, options.split, options.samples or TRAIN)


def drawing(split):
    """The command that draws a split, as messages name it."""
    return f"'python -m pocket_world train dataset{' --split names' if split == 'names' else ''}'"


class Pictures:
    """The shards of one split, read on demand (memory-mapped); for a CUDA device, held there as a whole."""

    def __init__(self, build, split="train", device="cpu"):
        self.folder, self.split = Path(build) / "data", split
        self.paths = sorted(self.folder.glob(f"{split}_*.npy"))
        if not self.paths:
            raise StageError(f"{self.folder}: no {split} pictures; run {drawing(split)} first")
        self.shards = [np.load(path, mmap_mode="r") for path in self.paths]
        self.size = len(self.shards[0])
        self.held = None if device == "cpu" else hold(self.shards, device)  # (n, 64, 64, 3) uint8

    def __len__(self):
        return self.size * len(self.shards)

    def images(self, indices):
        """uint8 (len(indices), 64, 64, 3)."""
        return np.stack([self.shards[i // self.size][i % self.size] for i in indices])

    def batch(self, indices, device="cpu", memory_format=torch.contiguous_format):
        """float (len(indices), 3, 64, 64) in [-1, 1]."""
        if self.held is None:
            return to_tensor(self.images(indices), device).contiguous(memory_format=memory_format)
        return scaled(self.held[on(indices, device)]).contiguous(memory_format=memory_format)

    def records(self, shard=None):
        """The dicts {"caption", "truth"} of all pictures, or of one shard, in order."""
        paths = self.paths if shard is None else [self.paths[shard]]
        texts = (path.with_suffix(".jsonl").read_text(encoding="utf-8") for path in paths)
        return [json.loads(line) for text in texts for line in text.split("\n") if line]

    def maps(self):
        """How much each cell of the latents says of who is there: float16 (pictures, CELLS, CELLS)."""
        paths = [path.with_suffix(".map") for path in self.paths]
        if missing := [path for path in paths if not path.exists()]:
            raise StageError(f"{missing[0]}: missing; pictures drawn by an earlier version: move {self.folder} away "
                             f"and run {drawing(self.split)}")
        return np.concatenate([np.load(path) for path in paths])

    def captions(self):
        """The captions of all pictures, in order."""
        texts = (path.with_suffix(".txt").read_text(encoding="utf-8") for path in self.paths)
        return [line for text in texts for line in text.split("\n") if line]


def on(indices, device):
    """Numbers of pictures as an int64 tensor there."""
    return torch.as_tensor(np.asarray(indices)).to(device, non_blocking=True)


def hold(shards, device):
    """Arrays of equal shape (n, ...), one after the other, as one tensor on a device."""
    first = shards[0]
    whole = torch.empty((len(first) * len(shards), *first.shape[1:]), dtype=torch.from_numpy(first[:1].copy()).dtype,
                        device=device)
    for number, shard in enumerate(shards):
        whole[number * len(first) : (number + 1) * len(first)] = torch.from_numpy(np.array(shard)).to(device)
    return whole


def scaled(images):
    """uint8 (n, H, W, 3) -> float (n, 3, H, W) in [-1, 1]."""
    return images.permute(0, 3, 1, 2).float() / 127.5 - 1


def to_tensor(images, device="cpu"):
    """uint8 array (n, H, W, 3) -> float (n, 3, H, W) in [-1, 1]."""
    return scaled(torch.from_numpy(np.ascontiguousarray(images)).to(device))


def to_images(tensor):
    """float (n, 3, H, W) in [-1, 1] -> uint8 (n, H, W, 3)."""
    return ((tensor.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
