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
from pocket_world.world.colour import RGB_TO_XYZ, WHITE, XYZ_TO_LAB
from textinv_core.paths import MODELS

WIDTHS, TINY, HIDDEN, LOOK, CORRECT = (32, 64, 128, 192), (8, 8, 8, 8), 512, 64, 256


class Block(nn.Module):
    """Two 3x3 convolutions with a skip (He et al. 2015, arXiv:1512.03385)."""

    def __init__(self, into, out, stride):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(into, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out)
        self.conv2, self.norm2 = nn.Conv2d(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out)
        self.skip = nn.Identity() if (into, stride) == (out, 1) else nn.Conv2d(into, out, 1, stride)

    def forward(self, x):
        return F.relu(self.skip(x) + self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x))))))


class ColourReader(nn.Module):
    """Where a part is, and of which colour: for every colour head a map of where to look, the mean there, and a small
    correction.

    The maps come from the features at three scales; what they weigh are the picture's own pixels in CIELAB, so a
    colour is looked up and not guessed. Some are nowhere to be seen pure: thin parts take on their surroundings' colour
    in an autoencoder, a tint is laid over the picture's own colours. What is looked up for all the parts, and the
    picture's features, tell how far off it is.
    """

    def __init__(self, fine, middle, coarse, heads):
        super().__init__()
        self.levels = nn.ModuleList(nn.Conv2d(width, LOOK, 1) for width in (fine, middle, coarse))
        self.where = nn.Sequential(nn.ReLU(), nn.Conv2d(LOOK, LOOK, 3, 1, 1), nn.ReLU(),
                                   nn.Conv2d(LOOK, 4 * heads, 1), nn.PixelShuffle(2))
        self.correct = nn.Sequential(nn.Linear(HIDDEN + 3 * heads, CORRECT), nn.ReLU(), nn.Linear(CORRECT, 3 * heads))
        nn.init.zeros_(self.correct[-1].weight)  # begins as nothing but looking up
        nn.init.zeros_(self.correct[-1].bias)

    def forward(self, x, features, found):
        """Colours (n, heads, 3), scaled, of pictures (n, 3, 64, 64) with features at 32, 16 and 8 places a side and the
        pooled ones, `found` (n, HIDDEN)."""
        side = features[0].shape[2:]
        seen = sum(F.interpolate(level(f), side, mode="bilinear", align_corners=False)
                   for level, f in zip(self.levels, features, strict=True))
        weights = self.where(seen).flatten(2).float().softmax(-1)  # (n, heads, 4096)
        looked_up = weights @ to_lab(x.float()).flatten(2).transpose(1, 2)
        return looked_up + self.correct(torch.cat([found, looked_up.flatten(1)], 1)).float().view_as(looked_up)


def to_lab(x):
    """Scaled CIELAB of pictures in [-1, 1], as `colour.lab` gives it: (n, 3, H, W) -> the same shape."""
    values = (x.clamp(-1, 1) + 1) / 2
    linear = torch.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    known = (RGB_TO_XYZ, WHITE, XYZ_TO_LAB)
    matrix, white, way = (torch.tensor(part, dtype=x.dtype, device=x.device) for part in known)
    xyz = torch.einsum("ij,njhw->nihw", matrix, linear) / white[:, None, None]
    f = torch.where(xyz > (6 / 29) ** 3, xyz.clamp(min=1e-6) ** (1 / 3), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    lab = torch.einsum("ij,nihw->njhw", way, f)
    centre, scale = (torch.tensor(part, dtype=x.dtype, device=x.device)[:, None, None]
                     for part in (LAB_CENTRE + (16, 0, 0), LAB_SCALE))  # `f` alone gives 16 too much of lightness
    return (lab - centre) / scale


class Oracle(nn.Module):
    """Pictures (n, 3, 64, 64) in [-1, 1] -> (class logits side by side, colours (n, heads, 3), presence logits).

    The last 8x8 map is read by its mean and its maximum, so that a small part is not averaged away; colours are looked
    up where the parts are.
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
        self.sizes = [sum(map(len, class_heads().values())), len(subjects())]
        self.read = nn.Linear(HIDDEN, sum(self.sizes))
        self.colours = ColourReader(first, rest[0], into, len(colour_heads()))

    def forward(self, x):
        fine = self.body[0](self.stem(x))  # 32 places a side
        middle = self.body[2](self.body[1](fine))  # 16
        coarse = self.body[3:](middle).float()  # 8
        found = F.relu(self.hidden(torch.cat([coarse.mean((2, 3)), coarse.amax((2, 3))], 1)))
        classes, present = self.read(found).split(self.sizes, 1)
        return classes, self.colours(x, (fine, middle, coarse), found), present

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
