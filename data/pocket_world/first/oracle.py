"""The oracle: a small classifier of what a picture shows - subjects, scene, style, person, the study's concepts.

    oracle = load_oracle()
    answers = oracle(images)          # uint8 (n, 64, 64, 3), or a list of PIL pictures
    answers["subject"]["label"]       # list of n str; "none" where there is nothing to name
    answers["subject"]["probability"] # float (n, labels), columns in the order of answers["subject"]["labels"]
    accepts(answers, concept="elder_tree", **context_of("in the forest"))  # bool (n,)
"""

import functools
import hashlib
import json

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F

from pocket_world.training.dataset import to_tensor
from pocket_world.training.files import StageError, load_checkpoint, replace_folder, write_text
from textinv_core.paths import MODELS

NONE = "none"
IGNORE = -100  # the label of a head that a picture says nothing about
WIDTHS = (32, 64, 128, 192)


def world_heads():
    """The labels of every head, {head: tuple of labels}, the person's heads named "person.<attribute>"."""
    from pocket_world.first import study_concepts, world

    subjects = (*world.SUBJECTS, *world.PEOPLE, NONE)
    heads = {"subject": subjects, "second": subjects, "scene": (*world.SCENES, NONE), "style": (*world.STYLES, NONE),
             "colour": (*world.COLOURS, NONE), "count": ("1", "2")}
    heads |= {f"person.{name}": (*values, NONE) for name, values in world.PERSON_ATTRIBUTES.items()}
    return heads | {"concept": (*study_concepts.CONCEPTS_TABLE, NONE)}


def heads_name(heads):
    """Twelve hex digits that name the heads and their labels."""
    return hashlib.sha256(json.dumps(heads).encode()).hexdigest()[:12]


def label_of(head, attributes):
    """The label that a picture's `attributes` (see `world.Sample`) give to `head`; what they leave out is not there."""
    if head.startswith("person."):
        value = (attributes["person"] or {}).get(head.removeprefix("person."))
    else:
        value = attributes.get(head)
    return NONE if value is None else str(value)


def truth_table(records, heads):
    """int64 (len(records), len(heads)): the index of each record's label in each head, IGNORE where it has none."""
    index = {head: {label: number for number, label in enumerate(labels)} for head, labels in heads.items()}
    return torch.tensor([[index[h].get(label_of(h, r["attributes"]), IGNORE) for h in heads]
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


@functools.cache
def contexts():
    """What the world calls its scenes, poses, styles and subjects: {phrase: {head: label}}."""
    from pocket_world.first import captions, scenes, world

    known = {captions.article(name): {"scene": name} for name in scenes.SCENES}
    known |= {phrase: {"scene": name} for name, phrase in scenes.SCENES.items()}
    known |= {phrase: {"person.pose": pose} for pose, phrase in captions.DOING.items()}
    known |= {f"in the style of {style}": {"style": style} for style in world.STYLES}
    return known | {captions.article(word): {"subject": word} for word in (*world.SUBJECTS, *world.PEOPLE)}


def context_of(phrase):
    """What a prompt's `phrase` asks of the picture, {head: label}; None where the world does not know it."""
    found = contexts().get(phrase)
    return None if found is None else dict(found)


def certainty(answers, *, concept=None, scene=None, pose=None, style=None, **heads):
    """How sure the oracle is that everything asked for is there: the least of its probabilities, (n,).

    answers: of an oracle; heads: more labels by the heads' names, so that `**context_of(phrase)` fits.
    """
    asked = {"concept": concept, "scene": scene, "person.pose": pose, "style": style}
    asked = {head: label for head, label in asked.items() if label is not None} | heads
    if not asked:
        raise ValueError("certainty: nothing is asked for")
    columns = []
    for head, label in asked.items():
        labels = answers[head]["labels"] if head in answers else ()
        if label not in labels:
            raise ValueError(f"certainty: head {head!r} has no label {label!r} ({', '.join(labels) or 'no such head'})")
        columns.append(answers[head]["probability"][:, list(labels).index(label)])
    return np.minimum.reduce(columns)


def accepts(answers, *, threshold=0.5, **asked):
    """Whether everything asked for (see `certainty`) has a probability of at least `threshold`: bool (n,)."""
    return certainty(answers, **asked) >= threshold


def export_oracle(build, path):
    """Write the last checkpoint as safetensors (fp16) with a config.json of heads and widths; False if not trained."""
    if not (build / "oracle" / "last.pt").exists():
        return False
    saved, heads = load_checkpoint(build / "oracle" / "last.pt", ""), world_heads()
    if saved["facts"].get("heads") != heads_name(heads):
        print(f"{build / 'oracle'}: trained with other heads than now; move this folder away and train anew")
        return False
    state = saved["model"]
    widths = (8, 8, 8, 8) if state["stem.0.weight"].shape[0] == 8 else WIDTHS
    config = {"heads": heads, "widths": widths}

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
