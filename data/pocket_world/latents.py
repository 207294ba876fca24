"""The frozen encoders' outputs on disk, shard by shard, so that the UNet trains on ready latents and hidden states.

`build/pocket/latents/<encoder>/train_0000.npy`: fp16 (SHARD, 2, 8, 8, 8), mean and standard deviation of the posterior.
`build/pocket/hidden/<text encoder>/train_0000.npy`: fp16 (unique captions, 24, width) with `train_0000_rows.npy`, the
row of each picture; `empty.npy` is the empty caption's.  Folders are named by their encoder's weights, so a changed
encoder never meets stale files; only shards that are missing are computed.
"""

import os

import numpy as np
import torch
from tqdm import tqdm

from pocket_world.clip import load_clip
from pocket_world.files import weights_hash
from pocket_world.tokenizer import encode
from pocket_world.vae import load_vae


def write_array(path, array):
    temporary = path.with_name(path.name + ".tmp")
    with open(temporary, "wb") as file:
        np.save(file, array)
    os.replace(temporary, path)


@torch.no_grad()
def cache_latents(build, pictures, device="cpu"):
    """Encode the shards of `pictures` that are not cached; returns (folder, encoder's name)."""
    vae, name = load_vae(build)
    folder = build / "latents" / name
    missing = [n for n, path in enumerate(pictures.paths) if not (folder / path.name).exists()]
    vae.to(device)
    for number in tqdm(missing, desc="latents", unit="shard", disable=not missing):
        rows = []
        for start in range(0, pictures.size, 100):
            stop = min(start + 100, pictures.size)
            x = pictures.batch(range(number * pictures.size + start, number * pictures.size + stop), device)
            with torch.autocast(device, torch.bfloat16):
                posterior = vae.encode(x).latent_dist
            rows.append(torch.stack([posterior.mean, posterior.std], 1).half().cpu())  # (n, 2, 8, 8, 8)
        write_array(folder / pictures.paths[number].name, torch.cat(rows).numpy())
    return folder, name


@torch.no_grad()
def cache_hidden(build, pictures, device="cpu"):
    """Encode the captions of the shards that are not cached; returns (folder, text encoder's name)."""
    clip, tokenizer = load_clip(build)
    text_model = clip.text_model.to(device)
    name = weights_hash(text_model.state_dict())
    folder = build / "hidden" / name
    folder.mkdir(parents=True, exist_ok=True)

    def hidden(captions):
        ids = encode(tokenizer, captions).to(device)
        return torch.cat([text_model(chunk).last_hidden_state.half().cpu() for chunk in ids.split(256)]).numpy()

    write_array(folder / "empty.npy", hidden([""])[0])
    missing = [n for n, path in enumerate(pictures.paths) if not (folder / path.name).exists()]
    for number in tqdm(missing, desc="hidden states", unit="shard", disable=not missing):
        captions = [record["caption"] for record in pictures.records(number)]
        unique = {caption: row for row, caption in enumerate(dict.fromkeys(captions))}
        stem = pictures.paths[number].stem
        write_array(folder / f"{stem}_rows.npy", np.array([unique[c] for c in captions], dtype=np.int32))
        write_array(folder / f"{stem}.npy", hidden(unique))
    return folder, name


class Cached:
    """The cached latents and hidden states of `pictures`, memory-mapped."""

    def __init__(self, pictures, latents, hidden):
        self.size = pictures.size
        self.latents = [np.load(latents / path.name, mmap_mode="r") for path in pictures.paths]
        self.hidden = [np.load(hidden / path.name, mmap_mode="r") for path in pictures.paths]
        self.rows = [np.load(hidden / f"{path.stem}_rows.npy") for path in pictures.paths]
        self.empty = np.load(hidden / "empty.npy")

    def batch(self, indices, dropped):
        """Means and deviations (n, 8, 8, 8) and hidden states (n, 24, width); `dropped` (n,) bool: empty caption."""
        places = [divmod(int(i), self.size) for i in indices]
        latents = torch.from_numpy(np.stack([self.latents[s][r] for s, r in places])).float()
        hidden = [self.empty if drop else self.hidden[s][self.rows[s][r]]
                  for (s, r), drop in zip(places, dropped, strict=True)]
        return latents[:, 0], latents[:, 1], torch.from_numpy(np.stack(hidden)).float()
