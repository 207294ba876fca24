"""The oracle's training: random members only, nobody with a name and no concept; disturbed, and after the autoencoder.

The pictures are a split of their own, `build/pocket/data/oracle_*.npy`, drawn by the stage when they are missing.
"""

import numpy as np
import torch
from torch.nn import functional as F
from tqdm import tqdm

from pocket_world.oracle.attributes import UNKNOWN, class_heads, targets
from pocket_world.oracle.model import TINY, WIDTHS, Oracle
from pocket_world.training.clip import augment
from pocket_world.training.compiling import in_bfloat16
from pocket_world.training.dataset import Pictures, draw_split, hold, on, scaled
from pocket_world.training.files import StageError, seed_of, weights_hash
from pocket_world.training.latents import write_array
from pocket_world.training.stages import StageRun
from pocket_world.training.vae import load_raw_vae, there_and_back

PICTURES, BATCH, RATE = 360_000, {"cpu": 64, "cuda": 512}, 2e-3
AGAIN = 3 / 4  # the share of a batch seen after the autoencoder, as the model's own pictures are
COLOUR_WEIGHT, PRESENT_WEIGHT = 4.0, 2.0


def disturb(x, generator):
    """A blur of random strength and noise of up to 6 % of the range, each on half of the pictures (n, 3, H, W)."""
    n = len(x)
    strength, noisy = torch.rand(2, n, 1, 1, 1, generator=generator, device=x.device)
    blurred = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    x = x + (2 * strength - 1).clamp(min=0) * (blurred - x)
    noise = torch.randn(x.shape, generator=generator, device=x.device)
    return x + 0.12 * (2 * noisy - 1).clamp(min=0) * noise


def reconstructions(options, pictures):
    """uint8 (count, 64, 64, 3): the pictures after the autoencoder; None where there is none yet."""
    try:
        vae = load_raw_vae(options.build).to(options.device)
    except StageError:
        return None
    path = options.build / "oracle" / f"after_{weights_hash(vae.state_dict())}_{len(pictures)}.npy"
    if not path.exists():
        shards = tqdm(pictures.shards, desc="after the autoencoder", unit="shard", dynamic_ncols=True)
        write_array(path, np.concatenate([there_and_back(vae, shard) for shard in shards]))
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
    error = F.smooth_l1_loss(values.float(), colours.nan_to_num(), beta=0.1, reduction="none")
    error = torch.where(known, error, 0.0).sum() / known.sum().clamp(min=1)
    there = F.binary_cross_entropy_with_logits(presence.float(), present)
    return named + COLOUR_WEIGHT * error + PRESENT_WEIGHT * there


def train_oracle(options):
    """Train on pictures of random members, a share of which went through the autoencoder."""
    torch.set_num_threads(options.threads)
    draw_split(options, "oracle", 64 if options.tiny else PICTURES)
    pictures = Pictures(options.build, "oracle", options.device)
    truth = [torch.from_numpy(np.stack(part)).to(options.device) for part in
             zip(*(targets(record["truth"]) for record in pictures.records()), strict=True)]
    again = reconstructions(options, pictures)
    again = None if again is None else hold([again], options.device)
    torch.manual_seed(options.seed + 2000)  # initial weights
    model = Oracle(TINY if options.tiny else WIDTHS).to(options.device, memory_format=torch.channels_last)
    trained = model.colours if options.only_colours else model
    model.requires_grad_(False)
    trained.requires_grad_(True)
    optimizer = torch.optim.AdamW(trained.parameters(), lr=options.rate or RATE, weight_decay=0.02, fused=True)
    part = "optimizer_colours" if options.only_colours else "optimizer"
    batch = options.batch or (8 if options.tiny else BATCH[options.device])
    run = StageRun("oracle", options, {"model": model, part: optimizer}, batch=batch, warmup=200, cooldown=0.4)
    run.resume()
    model.train(not options.only_colours)
    for _ in run.steps():
        rows = run.indices(len(pictures), batch)
        if again is not None:
            pick = np.random.default_rng(seed_of("oracle", "again", options.seed, run.step))
            count = int(AGAIN * batch)
            rows = np.concatenate([pick.integers(0, len(again), count), rows[count:]])
        x = pictures.batch(rows, options.device)
        if again is not None:
            x[:count] = scaled(again[on(rows[:count], options.device)])
        classes, colours, present = (part[on(rows, options.device)] for part in truth)
        x = disturb(augment(x, run.generator("augment")), run.generator("disturb", options.device))
        run.set_rate(optimizer, options.rate or RATE)
        with in_bfloat16(options.device):
            outputs = model.forward(x.contiguous(memory_format=torch.channels_last))
        loss = oracle_loss(outputs, classes, colours, present.float())
        run.descend(loss, optimizer, longest=5.0)
        run.values["loss"] = 0.98 * run.values.get("loss", loss.detach()) + 0.02 * loss.detach()
    return run
