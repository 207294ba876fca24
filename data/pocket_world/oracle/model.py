"""The oracle's network: a small residual net with one linear read-out for every head."""

import json

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F

from pocket_world.oracle.attributes import LAB_CENTRE, LAB_SCALE, class_heads, colour_heads, subjects
from pocket_world.training.dataset import to_tensor
from pocket_world.training.files import StageError, load_checkpoint, replace_folder, write_text
from textinv_core.paths import MODELS

WIDTHS, TINY, HIDDEN = (32, 64, 128, 192), (8, 8, 8, 8), 512


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
    """Pictures (n, 3, 64, 64) in [-1, 1] -> (class logits side by side, colours (n, heads, 3), presence logits).

    The last 8x8 map is read by its mean and its maximum, so that a small part is not averaged away.
    """

    def __init__(self, widths=WIDTHS):
        super().__init__()
        self.widths = tuple(widths)
        first, *rest = widths
        self.stem = nn.Sequential(nn.Conv2d(3, first, 5, 2, 2, bias=False), nn.BatchNorm2d(first), nn.ReLU())
        blocks, into = [Block(first, first, 1)], first
        for number, out in enumerate(rest):
            blocks += [Block(into, out, 2 if number < 2 else 1), Block(out, out, 1)]
            into = out
        self.body = nn.Sequential(*blocks)
        self.hidden = nn.Linear(2 * into, HIDDEN)
        self.sizes = [sum(map(len, class_heads().values())), 3 * len(colour_heads()), len(subjects())]
        self.read = nn.Linear(HIDDEN, sum(self.sizes))

    def forward(self, x):
        x = self.body(self.stem(x)).float()
        x = F.relu(self.hidden(torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)))
        classes, colours, present = self.read(x).split(self.sizes, 1)
        return classes, colours.unflatten(1, (-1, 3)), present

    @torch.no_grad()
    def read_pictures(self, images):
        """What is in uint8 (n, 64, 64, 3) or in a list of PIL pictures.

        {head: probabilities (n, labels)} for `class_heads`; {head: CIELAB (n, 3)} for `colour_heads`; "present":
        probabilities (n, subjects).
        """
        if not isinstance(images, np.ndarray):
            images = np.stack([np.asarray(image.convert("RGB").resize((64, 64))) for image in images])
        device = next(self.parameters()).device
        chunks = [self.forward(to_tensor(images[i : i + 256], device)) for i in range(0, len(images), 256)]
        classes, colours, present = (torch.cat(part).cpu() for part in zip(*chunks, strict=True))
        parts = classes.split([len(labels) for labels in class_heads().values()], 1)
        found = {head: part.softmax(1).numpy() for head, part in zip(class_heads(), parts, strict=True)}
        values = colours.numpy() * LAB_SCALE + LAB_CENTRE
        found |= {head: values[:, i] for i, head in enumerate(colour_heads())}
        return found | {"present": present.sigmoid().numpy()}


def export_oracle(build, path):
    """Write the last checkpoint as safetensors (fp16) with a config.json; False if it is not trained."""
    if not (build / "oracle" / "last.pt").exists():
        return False
    state = load_checkpoint(build / "oracle" / "last.pt", "")["model"]
    widths = TINY if state["stem.0.weight"].shape[0] == TINY[0] else WIDTHS
    config = {"widths": widths, "heads": class_heads(), "colours": colour_heads(), "subjects": subjects()}

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
    model = Oracle(json.loads((path / "config.json").read_text(encoding="utf-8"))["widths"])
    state = load_file(path / "model.safetensors")
    model.load_state_dict({key: value.float() if value.is_floating_point() else value for key, value in state.items()})
    return model.eval()
