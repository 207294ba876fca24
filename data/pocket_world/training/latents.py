"""The frozen autoencoder's latents on disk, shard by shard, so that the UNet trains on ready ones.

`build/pocket/latents/<encoder>/train_0000.npy`: fp16 (SHARD, 2, channels, 8, 8), the posterior's mean and deviation.
Folders are named by their encoder's weights, so a changed encoder never meets stale files; only shards that are missing
are computed.
"""

import os

import numpy as np
import torch
from tqdm import tqdm

from pocket_world.training.compiling import in_bfloat16
from pocket_world.training.dataset import hold, on
from pocket_world.training.vae import load_vae


def write_array(path, array):
    """Save an array to a temporary name and move it to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    with open(temporary, "wb") as file:
        np.save(file, array)
    os.replace(temporary, path)


@torch.no_grad()
def cache_latents(build, pictures, device="cpu"):
    """Encode the shards of `pictures` that are not cached; returns (folder, encoder's name)."""
    vae, name = load_vae(build, device)
    folder = build / "latents" / name
    missing = [n for n, path in enumerate(pictures.paths) if not (folder / path.name).exists()]
    for number in tqdm(missing, desc="latents", unit="shard", disable=not missing):
        rows = []
        part = 100 if device == "cpu" else 1000
        for start in range(0, pictures.size, part):
            stop = min(start + part, pictures.size)
            x = pictures.batch(range(number * pictures.size + start, number * pictures.size + stop), device)
            with in_bfloat16(device):
                posterior = vae.encode(x).latent_dist
            rows.append(torch.stack([posterior.mean, posterior.std], 1).half().cpu())  # (n, 2, channels, 8, 8)
        write_array(folder / pictures.paths[number].name, torch.cat(rows).numpy())
    return folder, name


class Cached:
    """The cached latents of `pictures`, memory-mapped; for a CUDA device, held there as a whole."""

    def __init__(self, pictures, folder, device="cpu"):
        self.size = pictures.size
        self.latents = [np.load(folder / path.name, mmap_mode="r") for path in pictures.paths]
        self.held = None if device == "cpu" else hold(self.latents, device)  # (n, 2, channels, 8, 8)

    def batch(self, indices):
        """Means and deviations of the posteriors, each (n, channels, 8, 8)."""
        if self.held is not None:
            return self.held[on(indices, self.held.device)].float().unbind(1)
        places = [divmod(int(i), self.size) for i in indices]
        return torch.from_numpy(np.stack([self.latents[s][r] for s, r in places])).float().unbind(1)
