"""The autoencoder's decoder alone, on cached latents: the encoder and all that was trained on it stay valid.

Latents that a denoiser draws are never quite an encoder's. The decoder therefore also learns from latents moved by
noise of a random size, and draws a clean picture from an inexact one (noise-augmented decoding, Zheng et al. 2025,
arXiv:2510.11690, sec. 4.3).
"""

import numpy as np
import torch

from pocket_world.training.dataset import Pictures
from pocket_world.training.files import load_checkpoint
from pocket_world.training.latents import cache_latents
from pocket_world.training.stages import StageRun
from pocket_world.training.vae import BATCH, ENCODER, LATENT_CHANNELS, RATE, new_vae, psnr, reconstruction_losses

JITTER = 0.2  # of a latent channel's standard deviation: the scale of the noise's half-normal size


def train_decoder(options):
    """Train the decoder of the last checkpoint; nothing is encoded again."""
    torch.set_num_threads(options.threads)
    pictures, device = Pictures(options.build), options.device
    folder, _ = cache_latents(options.build, pictures, device)
    shards = [np.load(folder / path.name, mmap_mode="r") for path in pictures.paths]
    fold = {k: v[:, None, None] for k, v in load_checkpoint(folder / "statistics.pt", "").items()}  # (channels, 1, 1)
    vae = new_vae(options.tiny).to(device).requires_grad_(False)
    trained = [p.requires_grad_(True) for key, p in vae.named_parameters() if not key.startswith(ENCODER)]
    optimizer = torch.optim.AdamW(trained, lr=RATE, betas=(0.9, 0.99), weight_decay=0.0, fused=True)
    batch = 4 if options.tiny else BATCH
    run = StageRun("vae", options, {"model": vae, "optimizer_decoder": optimizer}, batch=batch, warmup=100,
                   cooldown=0.3)
    run.resume()
    for _ in run.steps():
        draw, rows = run.generator("posterior"), run.indices(len(pictures), batch)
        x = pictures.batch(rows, device)
        cached = np.stack([shards[i // pictures.size][i % pictures.size] for i in map(int, rows)])
        mean, std = torch.from_numpy(cached).float().unbind(1)  # each (n, channels, 8, 8), normalised
        size = JITTER * torch.randn(batch, 1, 1, 1, generator=draw).abs()
        latents = mean + (std + size) * torch.randn(batch, LATENT_CHANNELS, 8, 8, generator=draw)
        run.set_rate(optimizer, RATE)
        with torch.autocast(device, torch.bfloat16):
            reconstruction = vae.decode((latents * fold["std"] + fold["mean"]).to(device)).sample
        losses, squared = reconstruction_losses(reconstruction.float(), x)
        loss = losses.mean()
        run.descend(loss, optimizer, longest=1.0)
        run.values.update(loss=loss.item(), psnr=psnr(squared).mean().item())
    return run
