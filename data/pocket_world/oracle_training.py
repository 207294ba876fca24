"""The oracle's training: the dataset's ground truth, shifted, flipped, blurred, noisy, and after the autoencoder."""

import numpy as np
import torch
from torch.nn import functional as F

from pocket_world.clip import augment
from pocket_world.dataset import Pictures, to_images, to_tensor
from pocket_world.files import StageError, seed_of, weights_hash
from pocket_world.latents import write_array
from pocket_world.oracle import WIDTHS, Oracle, truth_table, world_heads
from pocket_world.stages import StageRun
from pocket_world.vae import encoder_state, load_raw_vae

BATCH, RATE = 64, 2e-3
RECONSTRUCTED = 6000  # pictures that are also seen after the autoencoder, as the model's own pictures are


def disturb(x, generator):
    """A blur of random strength and noise of up to 6 % of the range, each on half of the pictures (n, 3, H, W)."""
    n = len(x)
    strength, noisy = torch.rand(2, n, 1, 1, 1, generator=generator).to(x.device)
    blurred = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    x = x + (2 * strength - 1).clamp(min=0) * (blurred - x)
    noise = torch.randn(x.shape, generator=generator).to(x.device)
    return x + 0.12 * (2 * noisy - 1).clamp(min=0) * noise


@torch.no_grad()
def reconstructions(options, pictures):
    """uint8 (count, 64, 64, 3): the first training pictures after the autoencoder; None where there is none yet."""
    try:
        vae = load_raw_vae(options.build)
    except StageError:
        return None
    path = options.build / "oracle" / f"reconstructions_{weights_hash(encoder_state(vae))}.npy"
    if not path.exists():
        rows, vae = [], vae.to(options.device)
        for start in range(0, min(RECONSTRUCTED, len(pictures)), 50):
            chunk = range(start, min(start + 50, len(pictures)))
            with torch.autocast(options.device, torch.bfloat16):
                decoded = vae.decode(vae.encode(pictures.batch(chunk, options.device)).latent_dist.mean).sample
            rows.append(to_images(decoded.float()))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_array(path, np.concatenate(rows))
    return np.load(path, mmap_mode="r")


def train_oracle(options):
    """Train on the dataset, a quarter of each batch on pictures that went through the autoencoder."""
    torch.set_num_threads(options.threads)
    pictures = Pictures(options.build)
    heads = world_heads()
    truth = truth_table(pictures.records(), heads)
    seen_again = reconstructions(options, pictures)
    torch.manual_seed(options.seed + 2000)  # initial weights
    model = Oracle(heads, (8, 8, 8, 8) if options.tiny else WIDTHS)
    model = model.to(options.device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.02, fused=True)
    batch = 8 if options.tiny else BATCH
    run = StageRun("oracle", options, {"model": model, "optimizer": optimizer}, batch=batch, warmup=200, cooldown=0.4)
    run.resume()
    model.train()

    for _ in run.steps():
        chosen = run.indices(len(pictures), batch)
        images = pictures.images(chosen)
        if seen_again is not None:
            pick = np.random.default_rng(seed_of("oracle", "again", options.seed, run.step))
            chosen = chosen.copy()
            chosen[: batch // 4] = pick.integers(0, len(seen_again), batch // 4)
            images[: batch // 4] = seen_again[chosen[: batch // 4]]
        generator = run.generator("augment")
        x = disturb(augment(to_tensor(images, options.device), generator), generator)
        run.set_rate(optimizer, RATE)
        with torch.autocast(options.device, torch.bfloat16):
            logits = model.forward(x.contiguous(memory_format=torch.channels_last))
        labels = truth[chosen].to(options.device)
        parts = model.split(logits.float())
        losses = torch.stack([F.cross_entropy(part, labels[:, i]) for i, part in enumerate(parts.values())])
        loss = losses.sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if not torch.isfinite(loss):
            raise FloatingPointError(f"oracle: the loss is {loss.item()} at step {run.step}")
        right = (parts["subject"].argmax(1) == labels[:, 0]).float().mean().item()
        run.values.update(loss=loss.item(), subject=0.95 * run.values.get("subject", right) + 0.05 * right)
    return run
