"""The oracle's training: the dataset's ground truth and the study's concepts, disturbed, and after the autoencoder."""

import numpy as np
import torch
from torch.nn import functional as F

from pocket_world.clip import augment
from pocket_world.dataset import Pictures, to_tensor
from pocket_world.files import StageError, seed_of, weights_hash
from pocket_world.latents import write_array
from pocket_world.oracle import IGNORE, WIDTHS, Oracle, heads_name, truth_table, world_heads
from pocket_world.oracle_concepts import concept_set
from pocket_world.stages import StageRun
from pocket_world.vae import load_raw_vae, there_and_back

BATCH, RATE = 64, 2e-3
CONCEPTS = 20 / 64  # the share of a batch that shows concepts and imposters
RECONSTRUCTED = {"world": 6000, "concepts": 4000}  # pictures also seen after the autoencoder, as the model's own are
AGAIN = {"world": 1 / 4, "concepts": 1 / 2}  # the share of their part of a batch


def disturb(x, generator):
    """A blur of random strength and noise of up to 6 % of the range, each on half of the pictures (n, 3, H, W)."""
    n = len(x)
    strength, noisy = torch.rand(2, n, 1, 1, 1, generator=generator).to(x.device)
    blurred = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    x = x + (2 * strength - 1).clamp(min=0) * (blurred - x)
    noise = torch.randn(x.shape, generator=generator).to(x.device)
    return x + 0.12 * (2 * noisy - 1).clamp(min=0) * noise


def reconstructions(options, name, images):
    """uint8 (count, 64, 64, 3): the first of `images` after the autoencoder; None where there is none yet."""
    try:
        vae = load_raw_vae(options.build).to(options.device)
    except StageError:
        return None
    path = options.build / "oracle" / f"{name}_after_{weights_hash(vae.state_dict())}.npy"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_array(path, there_and_back(vae, images, desc="after the autoencoder"))
    return np.load(path, mmap_mode="r")


def take(images, chosen, again, share, generator):
    """The pictures `chosen` by `images` (indices -> uint8), the first `share` of them other ones out of `again`.

    Returns the pictures and the indices of what they show.
    """
    if again is None:
        return images(chosen), chosen
    count = int(share * len(chosen))
    other = generator.integers(0, len(again), count)
    return np.concatenate([again[other], images(chosen[count:])]), np.concatenate([other, chosen[count:]])


def head_losses(parts, labels):
    """Cross-entropy of each head, averaged over the pictures (n, heads) that have a label for it: (heads,)."""
    sums = [F.cross_entropy(part, labels[:, i], ignore_index=IGNORE, reduction="sum") for i, part in enumerate(parts)]
    return torch.stack(sums) / (labels != IGNORE).sum(0).clamp(min=1)


def train_oracle(options):
    """Train on the dataset and the concepts; a share of both went through the autoencoder."""
    torch.set_num_threads(options.threads)
    pictures = Pictures(options.build)
    heads = world_heads()
    truth = truth_table(pictures.records(), heads)
    name, concepts, records = concept_set(options)
    concept_truth = truth_table(records, heads)
    seen_again = reconstructions(options, "world", pictures.images(range(min(RECONSTRUCTED["world"], len(pictures)))))
    concepts_again = reconstructions(options, name, concepts[: RECONSTRUCTED["concepts"]])
    torch.manual_seed(options.seed + 2000)  # initial weights
    model = Oracle(heads, (8, 8, 8, 8) if options.tiny else WIDTHS)
    model = model.to(options.device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.02, fused=True)
    batch = 8 if options.tiny else BATCH
    of_concepts = int(CONCEPTS * batch)
    run = StageRun("oracle", options, {"model": model, "optimizer": optimizer}, batch=batch, warmup=200, cooldown=0.4,
                   facts={"heads": heads_name(heads)})
    run.resume()
    model.train()

    for _ in run.steps():
        pick = np.random.default_rng(seed_of("oracle", "again", options.seed, run.step))
        images, shown = take(pictures.images, run.indices(len(pictures), batch - of_concepts), seen_again,
                             AGAIN["world"], pick)
        more, also = take(concepts.__getitem__, pick.integers(0, len(concepts), of_concepts), concepts_again,
                          AGAIN["concepts"], pick)
        labels = torch.cat([truth[shown], concept_truth[also]]).to(options.device)
        generator = run.generator("augment")
        x = to_tensor(np.concatenate([images, more]), options.device)
        x = disturb(augment(x, generator), generator)
        run.set_rate(optimizer, RATE)
        with torch.autocast(options.device, torch.bfloat16):
            logits = model.forward(x.contiguous(memory_format=torch.channels_last))
        parts = model.split(logits.float())
        loss = head_losses(parts.values(), labels).sum()
        run.descend(loss, optimizer)
        right = {"subject": (parts["subject"].argmax(1) == labels[:, 0])[: len(shown)],
                 "concept": (parts["concept"].argmax(1) == labels[:, -1])[len(shown) :]}
        for head, hits in right.items():
            value = hits.float().mean().item()
            run.values[head] = 0.95 * run.values.get(head, value) + 0.05 * value
        run.values["loss"] = loss.item()
    return run
