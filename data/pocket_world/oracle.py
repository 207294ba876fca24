"""The oracle: a small classifier of what a picture shows - subjects, scene, style, colour, count, person attributes.

    oracle = load_oracle()
    answers = oracle(images)          # uint8 (n, 64, 64, 3), or a list of PIL pictures
    answers["subject"]["label"]       # list of n str; "none" where there is nothing to name
    answers["subject"]["probability"] # float (n, labels), columns in the order of answers["subject"]["labels"]
"""

import json

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F

from pocket_world.clip import augment
from pocket_world.dataset import Pictures, to_tensor
from pocket_world.latents import write_array
from pocket_world.stages import StageError, StageRun, load_checkpoint, replace_folder, seed_of, write_text
from textinv_core.paths import MODELS

NONE = "none"
WIDTHS = (32, 64, 128, 192)
BATCH, RATE = 64, 2e-3
RECONSTRUCTED = 6000  # pictures that are also seen after the autoencoder, as the model's own pictures are


def world_heads():
    """The labels of every head, {head: tuple of labels}, the person's heads named "person.<attribute>"."""
    from pocket_world import world

    subjects = (*world.SUBJECTS, *world.PEOPLE, NONE)
    heads = {"subject": subjects, "second": subjects, "scene": (*world.SCENES, NONE), "style": (*world.STYLES, NONE),
             "colour": (*world.COLOURS, NONE), "count": ("1", "2")}
    return heads | {f"person.{name}": (*values, NONE) for name, values in world.PERSON_ATTRIBUTES.items()}


def label_of(head, attributes):
    """The label that a picture's `attributes` (see `world.Sample`) give to `head`."""
    if head.startswith("person."):
        value = (attributes["person"] or {}).get(head.removeprefix("person."))
    else:
        value = attributes[head]
    return NONE if value is None else str(value)


def truth_table(records, heads):
    """int64 (len(records), len(heads)): the index of each record's label in each head."""
    index = {head: {label: number for number, label in enumerate(labels)} for head, labels in heads.items()}
    return torch.tensor([[index[h].get(label_of(h, r["attributes"]), len(heads[h]) - 1) for h in heads]
                         for r in records])


class Block(nn.Module):
    """Two 3x3 convolutions with a skip (He et al. 2015, arXiv:1512.03385)."""

    def __init__(self, into, out, stride):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(into, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out)
        self.conv2, self.norm2 = nn.Conv2d(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out)
        self.skip = nn.Identity() if (into, stride) == (out, 1) else nn.Conv2d(into, out, 1, stride)

    def forward(self, x):
        return F.relu(self.skip(x) + self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x))))))


class Oracle(nn.Module):
    """Pictures (n, 3, 64, 64) in [-1, 1] -> logits of all heads side by side, (n, total labels).

    The last 8x8 map is read by its mean and its maximum, so that a small second subject is not averaged away.
    """

    def __init__(self, heads, widths=WIDTHS):
        super().__init__()
        self.heads, self.widths = {head: tuple(labels) for head, labels in heads.items()}, tuple(widths)
        first, *rest = widths
        self.stem = nn.Sequential(nn.Conv2d(3, first, 5, 2, 2, bias=False), nn.BatchNorm2d(first), nn.ReLU())
        blocks, into = [Block(first, first, 1)], first
        for number, out in enumerate(rest):
            blocks += [Block(into, out, 2 if number < 2 else 1), Block(out, out, 1)]
            into = out
        self.body = nn.Sequential(*blocks)
        self.read = nn.Linear(2 * into, sum(len(labels) for labels in heads.values()))

    def forward(self, x):
        x = self.body(self.stem(x)).float()
        return self.read(torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1))

    def split(self, logits):
        """{head: logits (n, labels)} of the logits side by side."""
        parts = logits.split([len(labels) for labels in self.heads.values()], 1)
        return dict(zip(self.heads, parts, strict=True))

    @torch.no_grad()
    def __call__(self, images):
        """Labels and probabilities of uint8 (n, 64, 64, 3) or of a list of PIL pictures; see the module's text."""
        if not isinstance(images, np.ndarray):
            images = np.stack([np.asarray(image.convert("RGB").resize((64, 64))) for image in images])
        device = next(self.parameters()).device
        logits = torch.cat([self.forward(to_tensor(images[i : i + 256], device)).cpu()
                            for i in range(0, len(images), 256)])
        answers = {}
        for head, part in self.split(logits).items():
            labels = self.heads[head]
            answers[head] = {"label": [labels[i] for i in part.argmax(1)], "labels": labels,
                             "probability": part.softmax(1).numpy()}
        return answers


def disturb(x, generator):
    """A blur of random strength and noise of up to 6 % (standard deviation), each on half of the pictures (n, 3, H, W)."""
    n = len(x)
    strength, noisy = torch.rand(2, n, 1, 1, 1, generator=generator).to(x.device)
    blurred = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    x = x + (2 * strength - 1).clamp(min=0) * (blurred - x)
    noise = torch.randn(x.shape, generator=generator).to(x.device)
    return x + 0.12 * (2 * noisy - 1).clamp(min=0) * noise


@torch.no_grad()
def reconstructions(options, pictures):
    """uint8 (count, 64, 64, 3): the first training pictures after the autoencoder; None where there is none yet."""
    from pocket_world.dataset import to_images
    from pocket_world.vae import encoder_state, load_raw_vae
    from pocket_world.stages import weights_hash

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
    network = model.forward if options.tiny else torch.compile(model.forward)

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
            logits = network(x.contiguous(memory_format=torch.channels_last))
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


def export_oracle(build, path):
    """Write the last checkpoint as safetensors (fp16) with a config.json of heads and widths; False if not trained."""
    if not (build / "oracle" / "last.pt").exists():
        return False
    state = load_checkpoint(build / "oracle" / "last.pt", "")["model"]
    widths = (8, 8, 8, 8) if state["stem.0.weight"].shape[0] == 8 else WIDTHS
    config = {"heads": world_heads(), "widths": widths}

    def write(folder):
        half = {key: value.half() if value.is_floating_point() else value for key, value in state.items()}
        save_file({key: value.contiguous() for key, value in half.items()}, folder / "model.safetensors")
        write_text(folder / "config.json", json.dumps(config, indent=1))

    replace_folder(path, write)
    return True


def load_oracle(path=None):
    """The exported oracle of `path` (default data/models/pocket_oracle), in evaluation mode, fp32."""
    path = MODELS / "pocket_oracle" if path is None else path
    if not (path / "config.json").exists():
        raise StageError(f"{path}: no oracle; run 'python -m pocket_world train oracle' and 'export' first")
    config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    model = Oracle(config["heads"], config["widths"])
    state = load_file(path / "model.safetensors")
    model.load_state_dict({key: value.float() if value.is_floating_point() else value for key, value in state.items()})
    return model.eval()
