"""The model card: data, samples seen, hours, quality and pictures, written from the logs and quality.json."""

import json
import os
import platform
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt

from pocket_world.dataset import Pictures
from pocket_world.evaluate import load_exported
from pocket_world.files import StageError, load_checkpoint, write_text
from pocket_world.samples import CONTACT_PROMPTS, contact_sheet

CURVES = {"clip": ("top1", "top-1 in the batch of 128"), "judge": ("top1", "top-1 in the batch of 128"),
          "vae": ("psnr", "PSNR (dB)"), "unet": ("loss", "weighted noise error"),
          "oracle": ("subject", "subject right")}
PARTS = {"clip": "CLIP (text encoder and picture tower)", "judge": "judge CLIP", "vae": "autoencoder", "unet": "UNet",
         "oracle": "oracle"}
AIMS = {  # what the study asked of the model before it was trained, in percent
    "generated_as_asked": {"subject": 80, "scene": 95, "style": 90, "person": 80},
    "oracle_on_fresh_pictures": {"subject": 97, "scene": 99},
}
PSNR_AIM, CLIP_AIM = 27, 85  # dB, percent
CALLED = {"generated_as_asked": "generated pictures", "oracle_on_fresh_pictures": "the oracle itself"}
TRIED = """Where it falls short, and what was tried. Faces are two or three latents wide. Going on from 418,000 to
593,000 pictures with min-SNR weighting at a limit of 5 changed no figure beyond its noise; a limit of 25, which counts
nearly clean latents more, made faces and edges sharper within 100,000 pictures and is still improving. A decoder
trained on latents moved by noise raised the PSNR by 1.1 dB and the generated subjects by 3 points. CLIP, the judge and
the oracle have seen few pictures; another 47,000 made the oracle no better."""


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


def hardware():
    """The processor's name and its core count, as this machine says it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    return f"{os.cpu_count()} cores of {name}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def accuracy_table(quality):
    """Heads against: generated pictures, the world's own pictures of the same captions, fresh pictures."""
    keys = ("generated_as_asked", "drawn_by_the_world_as_asked", "oracle_on_fresh_pictures")
    rows = []
    for head in quality[keys[2]]:
        cells = [quality[key].get(head) for key in keys]
        rows.append([head, *(f"{100 * c['accuracy']:.1f} % (n={c['n']})" if c else "" for c in cells)])
    return table(("head", "generated, as asked", "world's own pictures, as asked", "oracle on fresh pictures"), rows)


def concept_table(quality):
    """The study's concepts, drawn and after the autoencoder: mean recall and false accepts, with the worst concept."""
    rows = []
    for key, scores in quality["oracle_on_concepts"].items():
        cells = [f"{key.replace('_', ' ')} (n={sum(score['n'] for score in scores.values())} each)"]
        for measure, worst in (("recall", min), ("false_accepts", max)):
            values = {name: 100 * score[measure] for name, score in scores.items()}
            name = worst(values, key=values.get)
            cells.append(f"{sum(values.values()) / len(values):.1f} % (worst {values[name]:.0f} %, {name})")
        rows.append(cells)
    return table(("concept pictures", "recognised", "imposters taken for it"), rows)


def percent_right(quality, where, head):
    """Accuracy in percent of a head, or of all of a person's but pose and framing taken together."""
    answers = quality[where]
    heads = [h for h in answers if h.startswith("person.") and h not in ("person.pose", "person.framing")]
    heads = heads if head == "person" else [head]
    count = sum(answers[h]["n"] for h in heads)
    return 100 * sum(answers[h]["accuracy"] * answers[h]["n"] for h in heads) / count if count else float("nan")


def aims_table(quality):
    """What was aimed at, what was reached, and whether that is enough."""
    rows = [(f"{CALLED[where]}: {head}", percent_right(quality, where, head), aim, "%")
            for where, heads in AIMS.items() for head, aim in heads.items() if head in (*quality[where], "person")]
    rows.append(("autoencoder", quality["vae"]["psnr_db"], PSNR_AIM, "dB"))
    if "pocket_clip" in quality:
        rows.append(("CLIP, text to picture", 100 * quality["pocket_clip"]["top1_of_256"], CLIP_AIM, "%"))
    cells = [(what, f"{aim} {unit}", f"{got:.1f} {unit}", "yes" if got >= aim else "no")
             for what, got, aim, unit in rows]
    return table(("", "aim", "reached", "met"), cells)


def inversion_table(build):
    """What `invert_check` found of each concept; empty if it has not been run."""
    path = Path(build) / "invert_check.json"
    if not path.exists():
        return ""
    found = json.loads(path.read_text(encoding="utf-8"))
    rows = [(name, *(f"{one[key]:+.3f}" for key in ("initializer", "learned", "difference")),
             " to ".join(f"{value:+.3f}" for value in one["interval_95"])) for name, one in found["concepts"].items()]
    above = sum(one["interval_95"][0] > 0 for one in found["concepts"].values())
    head = ("concept", "initializer's word", "learned word", "difference", "95 % interval")
    return f"""## Can it be inverted?

{found['steps']} steps of plain Textual Inversion for each concept; the judge's mean cosine between pictures drawn and
held-out pictures, paired by noise. The interval is above zero for {above} of {len(rows)} concepts.

{table(head, rows)}
"""


def write_card(options):
    """Write README.md, curves.png and contact_sheet.png into `models/pocket`."""
    folder = options.models / "pocket"
    pipeline = load_exported(folder)
    if not (folder / "quality.json").exists():
        raise StageError(f"{folder / 'quality.json'}: missing; run 'python -m pocket_world evaluate' first")
    quality = json.loads((folder / "quality.json").read_text(encoding="utf-8"))
    logs = {stage: read_log(options.build, stage) for stage in CURVES}
    draw_curves(logs, folder / "curves.png")
    contact_sheet(pipeline.to(options.device), steps=25).save(folder / "contact_sheet.png")
    millions = {name: sum(p.numel() for p in getattr(pipeline, name).parameters()) / 1e6
                for name in ("text_encoder", "vae", "unet")}
    last = {stage: Path(options.build) / stage / "last.pt" for stage in CURVES}
    seen = {stage: load_checkpoint(path, "")["counters"] for stage, path in last.items() if path.exists()}
    stages = [(PARTS[stage], f"{n['samples']:,}", f"{n['seconds'] / 3600:.1f}",
               f"{n['samples'] / max(1, n['seconds']):.0f}") for stage, n in seen.items()]
    retrieval = [(name, f"{100 * quality[key]['top1_of_256']:.1f} %") for name, key in
                 (("CLIP", "pocket_clip"), ("judge", "pocket_judge")) if key in quality]
    settings = quality["settings"]
    write_text(folder / "README.md", f"""# The pocket model

A small Stable Diffusion for 64x64 pictures of a drawn world, in diffusers' folder layout: CLIP text encoder
({millions['text_encoder']:.1f} M parameters), autoencoder to 8x8x{pipeline.vae.config.latent_channels} latents
({millions['vae']:.1f} M), UNet ({millions['unet']:.1f} M), SD 1.5's noise schedule.

```python
from diffusers import StableDiffusionPipeline

pipe = StableDiffusionPipeline.from_pretrained("data/models/pocket")
pipe("a photo of a castle at night", height=64, width=64, guidance_scale=4.0).images[0]
```

## Data

{len(Pictures(options.build)):,} pictures with captions and ground truth, drawn by `data/pocket_world` from fixed seeds;
{len(Pictures(options.build, 'validation')):,} more for validation. The study's concepts are not among them.

## Training

Hardware: {hardware()}. One command a stage: `python -m pocket_world train <stage>`.

{table(("stage", "pictures seen", "hours", "pictures/s"), stages)}

![Training curves](curves.png)

## Quality

Answers of the oracle, a classifier trained apart. "As asked" counts only what a caption names; pictures drawn with
{settings['sampler']}, {settings['steps']} steps, guidance {settings['guidance']}.

{accuracy_table(quality)}

The oracle also knows the study's concepts, which the model does not; fresh drawings of them, and of imposters in wrong
colours, other looks or other paints:

{concept_table(quality)}

Autoencoder: {quality['vae']['psnr_db']} dB PSNR on {quality['vae']['n']} validation pictures.
Text-to-picture retrieval, top-1 among 256 (a hit when {settings['clip_hit']}):
{', '.join(f'{name} {value}' for name, value in retrieval)}.

### Aims

{aims_table(quality)}

{TRIED}

{inversion_table(options.build)}
## Pictures

![Twelve prompts, eight noises](contact_sheet.png)

Rows: {'; '.join(CONTACT_PROMPTS)}.

## Licence

Weights: MIT. The pictures they learned from were drawn by code and with openly licensed sprites: Noto Emoji (Google
Inc., Apache License 2.0) and Twemoji (copyright 2020 Twitter, Inc and other contributors; jdecked/twemoji; graphics
CC BY 4.0), cropped and in part recoloured; see `data/pocket_world/LICENCES.md`.
""")
    print(f"{folder / 'README.md'}: written")
