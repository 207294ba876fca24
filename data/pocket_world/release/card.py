"""The model card: data, samples seen, hours, quality and pictures, written from the logs and quality.json."""

import json
from pathlib import Path

import matplotlib
import pandas as pd

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from PIL import Image

from pocket_world.oracle.reading import COLOUR_LIMIT
from pocket_world.release.evaluate import load_exported
from pocket_world.release.limits import OWN
from pocket_world.training.files import StageError, load_checkpoint, write_text
from pocket_world.training.samples import contact_prompts, contact_sheet
from pocket_world.world.concepts import IN_WORLD, KNOWN

CURVES = {"clip": ("top1", "top-1 in the batch of 128"), "judge": ("top1", "top-1 in the batch of 128"),
          "vae": ("psnr", "PSNR (dB)"), "unet": ("loss", "weighted noise error"), "oracle": ("loss", "loss")}
PARTS = {"clip": "CLIP (text encoder and picture tower)", "judge": "judge CLIP", "vae": "autoencoder",
         "unet": "UNet and text encoder", "oracle": "oracle"}
# What the study asks of the model: (what, measure) -> percent, over all families.
AIMS = {("name", "kept"): 75, ("name in a scene", "kept"): 65, ("name in a scene", "as asked"): 97,
        ("style", "as asked"): 80, ("pose", "as asked"): 90, ("class word", "as asked"): 98}
PSNR_AIM, SHARP_AIM, FORMS_AIM, COLOUR_AIM = 28, 85, 97, 5  # dB, percent, percent, Delta-E


def read_log(build, stage):
    path = Path(build) / stage / "log.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def draw_curves(logs, path):
    """One panel a stage: its figure of merit against the pictures seen."""
    logs = {stage: lines for stage, lines in logs.items() if lines}
    figure, axes = plt.subplots(1, max(1, len(logs)), figsize=(3 * max(1, len(logs)), 2.6), squeeze=False)
    for axis, (stage, lines) in zip(axes[0], logs.items(), strict=False):
        key, label = CURVES[stage]
        values, smooth = [line[key] for line in lines], []
        for value in values:  # an average over about 20 lines
            smooth.append(value if not smooth else 0.95 * smooth[-1] + 0.05 * value)
        seen = [line["samples"] / 1000 for line in lines]
        axis.plot(seen, values, color="0.8", linewidth=0.7)
        axis.plot(seen, smooth, color="#0072B2")
        axis.set(xlabel="thousand pictures", ylabel=label, title=stage)
    figure.tight_layout()
    figure.savefig(path, dpi=110, facecolor="white")
    plt.close(figure)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def percent(cell):
    """A share with its number, as text."""
    return f"{100 * cell['share']:.0f} % (n={cell['n']})"


def pooled(families, measure):
    """A measure over all families that have it, in percent."""
    cells = [cell[measure] for cell in families.values() if measure in cell]
    return 100 * sum(cell["share"] * cell["n"] for cell in cells) / sum(cell["n"] for cell in cells)


def aims_table(quality):
    """What was aimed at, what was reached, and whether that is enough."""
    rows = [(f"{what}: {measure}", aim, "%", pooled(quality["drawn"][what], measure), 1)
            for (what, measure), aim in AIMS.items() if what in quality["drawn"]]
    rows.append(("autoencoder, PSNR", PSNR_AIM, "dB", quality["vae"]["psnr_db"], 1))
    rows.append(("sharpness of generated pictures over drawn ones", SHARP_AIM, "%", 100 * quality["sharpness"], 1))
    rows.append(("oracle: forms of fresh members", FORMS_AIM, "%", 100 * quality["oracle"]["forms"]["share"], 1))
    rows.append(("oracle: median colour error", COLOUR_AIM, "Delta-E", quality["oracle"]["colour_error_median"], -1))
    return table(("", "aim", "reached", "met"), [
        (what, f"{aim} {unit}", f"{got:.1f} {unit}", "yes" if sign * (got - aim) >= 0 else "no")
        for what, aim, unit, got, sign in rows])


def drawn_table(quality):
    """Each family's names, alone and in scenes, its class word and styles."""
    drawn, rows = quality["drawn"], []
    for family in drawn["name"]:
        cells = [drawn[what][family].get(measure) for what, measure in
                 (("name", "kept"), ("name", "reachable"), ("name in a scene", "kept"), ("name in a scene", "as asked"),
                  ("class word", "as asked"), ("style", "as asked"))]
        rows.append([family, *(percent(cell) for cell in cells)])
    return table(("family", "name kept", "of drawings kept", "kept in a scene", "scene there", "class word",
                  "style by name"), rows)


def attribute_table(quality):
    """Each attribute of a name alone, family by family."""
    rows = []
    for family, cells in quality["drawn"]["name"].items():
        own = {name: cell for name, cell in cells.items() if name not in ("as asked", "kept", "reachable")}
        rows.append((family, ", ".join(f"{name} {100 * cell['share']:.0f} %" for name, cell in own.items())))
    return table(("family", "right in pictures of \"a photo of NAME\""), rows)


def concept_table(quality):
    """The concepts of the world: their own drawings kept, others of their kind taken for them."""
    rows = [(name, *(percent(cell[key]) if key in cell else "" for key in ("drawn", "after_autoencoder", "others")))
            for name, cell in quality["concepts"].items()]
    return table(("concept", "own drawings kept", "after the autoencoder", "others of its kind kept"), rows)


def limit_table(quality):
    """What each colour limit accepts after the autoencoder: of a random member's own drawings, of another's."""
    rows = pd.DataFrame(quality["limits"])
    rows[["own", "others", "recoloured"]] *= 100
    mean, least = rows.groupby("limit").mean(numeric_only=True), rows.loc[rows.groupby("limit")["own"].idxmin()]
    worst = [f"{own:.1f} % ({family})" for own, family in zip(least["own"], least["family"], strict=True)]
    own, others, recoloured = ([f"{value:.1f} %" for value in mean[what]] for what in ("own", "others", "recoloured"))
    lines = [("own", *own), ("own, in the family that has it worst", *worst), ("another of its kind", *others),
             ("its forms, another's colours asked for", *recoloured)]
    return table(("Delta-E up to", *(f"{limit:.0f}" for limit in rows["limit"].unique())), lines)


def inversion_table(build):
    """What `invert_check` found: learned words beside class words and true names; empty if it has not been run."""
    path = Path(build) / "invert_check.json"
    if not path.exists():
        return ""
    found = json.loads(path.read_text(encoding="utf-8"))
    rows = pd.DataFrame(found["rows"])
    rows["kind"] = rows["concept"].map(lambda name: "in the world" if name in IN_WORLD else
                                       "known" if name in KNOWN else "stranger")
    groups = [(kind, what, f"{len(part)}", *(f"{100 * part[m].mean():.0f} %" for m in ("kept", "context", "both")))
              for (kind, what), part in rows.groupby(["kind", "what"])]
    each = rows[rows["what"] == "learned"].groupby("concept")[["kept", "context", "both"]].mean()
    lines = [(name, *(f"{100 * value:.0f} %" for value in row)) for name, row in each.iterrows()]
    mean = f"""A word is the mean of its rows from step {found['since']} on; the study's pages take the last row alone.
""" if found["since"] < found["steps"] else ""
    return f"""## Can it be inverted?

Plain Textual Inversion, one vector, {found['steps']} steps at learning rate {found['rate']}, {found['seeds']} training
seed(s). {mean}Read by the oracle: the concept kept in plain pictures, the context there, both in one picture.

{table(("concepts", "word", "words", "kept", "context", "both"), groups)}

{table(("learned word of", "kept", "context", "both"), lines)}

![A concept a row: training pictures, plain ones drawn with its word, one in each of four places](learned.png)
"""


def write_card(options):
    """Write README.md and its pictures into `models/pocket`."""
    folder = options.models / "pocket"
    pipeline = load_exported(folder)
    if not (folder / "quality.json").exists():
        raise StageError(f"{folder / 'quality.json'}: missing; run 'python -m pocket_world evaluate' first")
    quality = json.loads((folder / "quality.json").read_text(encoding="utf-8"))
    logs = {stage: read_log(options.build, stage) for stage in CURVES}
    draw_curves(logs, folder / "curves.png")
    contact_sheet(pipeline.to(options.device), steps=25).save(folder / "contact_sheet.png")
    if (learned := Path(options.build) / "invert_check.png").exists():
        colours = Image.open(learned).convert("RGB").quantize(256, dither=Image.Dither.NONE)  # a quarter of the bytes
        colours.save(folder / "learned.png", optimize=True)
    millions = {name: sum(p.numel() for p in getattr(pipeline, name).parameters()) / 1e6
                for name in ("text_encoder", "vae", "unet")}
    last = {stage: Path(options.build) / stage / "last.pt" for stage in CURVES}
    seen = {stage: load_checkpoint(path, "")["counters"] for stage, path in last.items() if path.exists()}
    stages = [(PARTS[stage], f"{n['samples']:,}", f"{n['seconds'] / 3600:.1f}",
               f"{n['samples'] / max(1, n['seconds']):.0f}", n.get("hardware", "")) for stage, n in seen.items()]
    drawn = json.loads((folder / "training.json").read_text(encoding="utf-8"))["pictures"]
    named = drawn.get("names", 0)
    by_name = (f"; {named:,} more, mostly of named members and of others who are called by a word made from their "
               "looks, for the denoiser's last part") if named else ""
    retrieval = [(name, f"{100 * quality[key]['top1_of_256']:.1f} %") for name, key in
                 (("CLIP", "pocket_clip"), ("judge", "pocket_judge")) if key in quality]
    settings, channels = quality["settings"], pipeline.vae.config.latent_channels
    write_text(folder / "README.md", f"""# The pocket model

A small Stable Diffusion for 64x64 pictures of a drawn world of individuals, in diffusers' folder layout: CLIP text
encoder ({millions['text_encoder']:.1f} M parameters), autoencoder to 8x8x{channels} latents ({millions['vae']:.1f} M),
UNet ({millions['unet']:.1f} M), SD 1.5's noise schedule. The text encoder begins as CLIP's and learns on with the UNet,
as in latent diffusion's own text-to-image model.

```python
from diffusers import StableDiffusionPipeline

pipe = StableDiffusionPipeline.from_pretrained("data/models/pocket")
pipe("a photo of a castle at night", height=64, width=64, guidance_scale={settings['guidance']}).images[0]
```

## Data

{drawn['train']:,} pictures with captions and ground truth, drawn by `data/pocket_world` from fixed seeds; other
{drawn['oracle']:,}, of random members only, for the oracle{by_name}. The study's concepts are not among them.

## Training

One command a stage: `python -m pocket_world train <stage>`. Pictures count as often as they were seen.

{table(("stage", "pictures seen", "hours", "pictures/s", "at the end on"), stages)}

A few hundred names a family leave gaps between them, where Stable Diffusion has many thousands. What the rows of names
have learned is in large part a linear map of their bearers' looks; in the denoiser's last part anybody else, too, was
called by the row that this map makes of their looks, each for once. The map is not part of the model, no word was
added, and nobody who is like a concept was called so (`training/passing.py`).

![Training curves](curves.png)

## Quality

Answers of the oracle, a network trained apart on random members. A picture keeps a member if its class, all but one of
its forms and its main colours (Delta-E up to {COLOUR_LIMIT:.0f}) are right; it keeps a style if it reads nearer to it
than to any named one. Drawn with {settings['sampler']}, {settings['steps']} steps, guidance {settings['guidance']}.

{aims_table(quality)}

{drawn_table(quality)}

*Of drawings kept*: the world's own pictures of the same names after the autoencoder, which is all that a perfect
denoiser could reach.

{attribute_table(quality)}

### The oracle's colour limit

How often a random member's own drawing is kept after the autoencoder, by the limit ({quality['limits'][0]['n']} members
a family); how often the drawing of another of its kind is, and its own with another's colours asked for. In use is the
smallest limit that surely keeps {100 * OWN:.0f} % of all: by the lower end of the share’s 95 % interval.

{limit_table(quality)}

### The oracle on the study's concepts

{concept_table(quality)}

Autoencoder: {quality['vae']['psnr_db']} dB PSNR on {quality['vae']['n']} validation pictures.
Text-to-picture retrieval, top-1 among 256 (a hit when {settings['clip_hit']}):
{', '.join(f'{name} {value}' for name, value in retrieval) or 'not measured'}.

{inversion_table(options.build)}
## Pictures

![Names, class words and contexts, eight noises](contact_sheet.png)

Rows, a drawing of its bearer before a name's: {'; '.join(contact_prompts()[0])}.

## Licence

Weights: MIT. The pictures they learned from were drawn by code and with openly licensed sprites: Noto Emoji (Google
Inc., Apache License 2.0) and Twemoji (copyright 2020 Twitter, Inc and other contributors; jdecked/twemoji; graphics
CC BY 4.0); see `data/pocket_world/LICENCES.md`.
""")
    print(f"{folder / 'README.md'}: written")
