"""Small things every stage uses: named seeds, hashes of weights, and files that are never seen half written."""

import hashlib
import os
import shutil
from pathlib import Path

import torch


class StageError(Exception):
    """A problem the user can solve; its text is one line."""


def seed_of(*names):
    """A 63-bit seed named by `names`: (any printable values) -> int."""
    digest = hashlib.sha256("/".join(str(name) for name in names).encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def weights_hash(state):
    """Twelve hex digits that name the weights `state` (dict of tensors) on any device."""
    digest = hashlib.sha256()
    for name in sorted(state):
        digest.update(name.encode())
        digest.update(state[name].detach().to("cpu", torch.float32).contiguous().numpy().tobytes())
    return digest.hexdigest()[:12]


def write_text(path, text):
    """Write `text` to a temporary name and move it to `path`, so that a reader never sees half a file."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def replace_folder(path, write):
    """Call `write(temporary folder)` and put the folder at `path`; what was there stays until the new one is whole."""
    path = Path(path)
    temporary, old = path.with_name(path.name + ".tmp"), path.with_name(path.name + ".old")
    for leftover in (temporary, old):
        shutil.rmtree(leftover, ignore_errors=True)
    temporary.mkdir(parents=True)
    write(temporary)
    if path.exists():
        os.replace(path, old)
    os.replace(temporary, path)
    shutil.rmtree(old, ignore_errors=True)


def save_checkpoint(path, checkpoint):
    """torch.save to a temporary name, flushed to the disk, then moved."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    with open(temporary, "wb") as file:
        torch.save(checkpoint, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def load_checkpoint(path, missing):
    """Tensors and plain values only (weights_only); raises StageError with the line `missing` where there is none."""
    if not Path(path).exists():
        raise StageError(missing)
    return torch.load(path, map_location="cpu", weights_only=True)


def final_states(saved):
    """The states of the UNet and of its text encoder that a checkpoint of their stage stands for.

    The averaged weights; but the last ones where the learning rate was taken down to nothing, since an average lags.
    """
    states = saved["model"], saved["text"]
    if saved["plan"].get("cooling") and saved["plan"]["finished"]:
        return states
    averages = iter(saved["ema"]["shadow_params"])
    states = tuple({name: next(averages) for name in state} for state in states)
    assert next(averages, None) is None, "a state holds more than parameters"
    return states
