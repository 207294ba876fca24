"""The oracle's training: random members only, nobody with a name and no concept; disturbed, and after the autoencoder.

The pictures are a split of their own, `build/pocket/data/oracle_*.npy`, drawn by the stage when they are missing.
"""

import numpy as np
import torch
from torch.nn import functional as F

from pocket_world.oracle.attributes import UNKNOWN, class_heads, targets
from pocket_world.oracle.model import TINY, WIDTHS, Oracle
from pocket_world.training.clip import augment
from pocket_world.training.dataset import Pictures, draw_split, to_tensor
from pocket_world.training.files import StageError, seed_of, weights_hash
from pocket_world.training.latents import write_array
from pocket_world.training.stages import StageRun
from pocket_world.training.vae import load_raw_vae, there_and_back

PICTURES, BATCH, RATE = 80_000, 64, 2e-3
RECONSTRUCTED, AGAIN = 12_000, 1 / 4  # pictures also seen after the autoencoder, as the model's own are; of a batch
COLOUR_WEIGHT, PRESENT_WEIGHT = 4.0, 2.0


def disturb(x, generator):
    """A blur of random strength and noise of up to 6 % of the range, each on half of the pictures (n, 3, H, W)."""
    n = len(x)
    strength, noisy = torch.rand(2, n, 1, 1, 1, generator=generator).to(x.device)
    blurred = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    x = x + (2 * strength - 1).clamp(min=0) * (blurred - x)
    noise = torch.randn(x.shape, generator=generator).to(x.device)
    return x + 0.12 * (2 * noisy - 1).clamp(min=0) * noise


def reconstructions(options, pictures):
    """uint8 (count, 64, 64, 3): the first pictures after the autoencoder; None where there is none yet."""
    try:
        vae = load_raw_vae(options.build).to(options.device)
    except StageError:
        return None
    path = options.build / "oracle" / f"after_{weights_hash(vae.state_dict())}.npy"
    if not path.exists():
        images = pictures.images(range(min(RECONSTRUCTED, len(pictures))))
        write_array(path, there_and_back(vae, images, desc="after the autoencoder"))
    return np.load(path, mmap_mode="r")


def oracle_loss(outputs, classes, colours, present):
    """The sum of the heads' losses, each averaged over the pictures that say something of it: a scalar.

    classes (n, heads) int, UNKNOWN where nothing is said; colours (n, heads, 3), NaN likewise; present (n, subjects).
    """
    logits, values, presence = outputs
    parts = logits.float().split([len(labels) for labels in class_heads().values()], 1)
    asked = dict(ignore_index=UNKNOWN, reduction="sum")
    sums = [F.cross_entropy(part, classes[:, i], **asked) for i, part in enumerate(parts)]
    named = (torch.stack(sums) / (classes != UNKNOWN).sum(0).clamp(min=1)).sum()
    known = ~colours.isnan()
    error = F.smooth_l1_loss(values.float()[known], colours[known], beta=0.1)
    there = F.binary_cross_entropy_with_logits(presence.float(), present)
    return named + COLOUR_WEIGHT * error + PRESENT_WEIGHT * there


def train_oracle(options):
    """Train on pictures of random members, a share of which went through the autoencoder."""
    torch.set_num_threads(options.threads)
    draw_split(options, "oracle", 64 if options.tiny else PICTURES)
    pictures = Pictures(options.build, "oracle")
    truth = [torch.from_numpy(np.stack(part)) for part in
             zip(*(targets(record["truth"]) for record in pictures.records()), strict=True)]
    again = reconstructions(options, pictures)
    torch.manual_seed(options.seed + 2000)  # initial weights
    model = Oracle(TINY if options.tiny else WIDTHS).to(options.device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.02, fused=True)
    batch = 8 if options.tiny else BATCH
    run = StageRun("oracle", options, {"model": model, "optimizer": optimizer}, batch=batch, warmup=200, cooldown=0.4)
    run.resume()
    model.train()
    for _ in run.steps():
        rows, images = run.indices(len(pictures), batch), None
        if again is not None:
            pick = np.random.default_rng(seed_of("oracle", "again", options.seed, run.step))
            count = int(AGAIN * batch)
            rows = np.concatenate([pick.integers(0, len(again), count), rows[count:]])
            images = np.concatenate([again[rows[:count]], pictures.images(rows[count:])])
        images = pictures.images(rows) if images is None else images
        classes, colours, present = (part[torch.from_numpy(rows)].to(options.device) for part in truth)
        generator = run.generator("augment")
        x = disturb(augment(to_tensor(images, options.device), generator), generator)
        run.set_rate(optimizer, RATE)
        with torch.autocast(options.device, torch.bfloat16):
            outputs = model.forward(x.contiguous(memory_format=torch.channels_last))
        loss = oracle_loss(outputs, classes, colours, present.float())
        run.descend(loss, optimizer, longest=5.0)
        run.values["loss"] = 0.98 * run.values.get("loss", loss.item()) + 0.02 * loss.item()
    return run
