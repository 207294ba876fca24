"""Is the model good enough to be inverted?  A naive Textual Inversion (Gal et al. 2022, arXiv:2208.01618) of every
concept, judged by the judge CLIP against held-out pictures: the learned word beside its initializer, same noises.
"""

import json

import numpy as np
import torch
import yaml
from PIL import Image
from scipy.stats import bootstrap
from torch.nn import functional as F
from tqdm import tqdm
from transformers import CLIPModel

from pocket_world.dataset import to_tensor
from pocket_world.evaluate import load_exported
from pocket_world.files import StageError, seed_of, write_text
from pocket_world.samples import draw, grid
from textinv_core.paths import CONCEPTS

BATCH, RATE, PICTURES = 6, 5e-3, 16
TEMPLATES = ("a photo of a {}", "a picture of a {}", "a {}")
STYLE_TEMPLATES = ("a photo of a tree in the style of {}", "a lake in the style of {}", "a picture in the style of {}")


def read_concept(path):
    """(settings, training pictures, held-out pictures) of a folder; pictures are uint8 (n, 64, 64, 3)."""
    settings = yaml.safe_load((path / "concept.yml").read_text(encoding="utf-8"))

    def read(name):
        files = sorted(f for f in (path / name).glob("*") if f.suffix.lower() in (".png", ".jpg", ".jpeg"))
        if not files:
            raise StageError(f"{path / name}: no pictures")
        return np.stack([np.asarray(Image.open(f).convert("RGB").resize((64, 64), Image.Resampling.LANCZOS))
                         for f in files])

    return settings, read("images"), read("held_out")


def templates_of(settings):
    """The concept's own prompt templates, or plain ones for its kind."""
    given = settings.get("templates")
    if isinstance(given, (list, tuple)) and all("{}" in template for template in given):
        return tuple(given)
    return STYLE_TEMPLATES if settings.get("kind") == "style" or settings.get("type") == "style" else TEMPLATES


def invert(pipeline, placeholder, initializer, images, templates, steps, seed):
    """Learn the row of `placeholder` (added to the tokenizer) on `images`; the pipeline then knows the word.

    Only that row is a parameter: a hook puts it where the placeholder's id is looked up.
    """
    initial = pipeline.tokenizer(initializer, add_special_tokens=False).input_ids
    if pipeline.tokenizer.add_tokens(placeholder) != 1 or len(initial) != 1:
        raise StageError(f"{placeholder}: it must be a new word, and its initializer {initializer!r} one token")
    encoder, number = pipeline.text_encoder, pipeline.tokenizer.convert_tokens_to_ids(placeholder)
    encoder.resize_token_embeddings(len(pipeline.tokenizer), mean_resizing=False)
    table = encoder.get_input_embeddings()
    row = torch.nn.Parameter(table.weight[initial[0]].detach().clone())
    hook = table.register_forward_hook(
        lambda module, given, out: torch.where((given[0] == number)[..., None], row, out))
    for part in (encoder, pipeline.unet, pipeline.vae):
        part.requires_grad_(False)
    optimizer = torch.optim.AdamW([row], lr=RATE, weight_decay=0.0)
    generator = torch.Generator().manual_seed(seed_of("invert", placeholder, seed))
    alphas_cumprod = pipeline.scheduler.alphas_cumprod
    with torch.no_grad():
        posterior = pipeline.vae.encode(to_tensor(images)).latent_dist
    for _ in tqdm(range(steps), desc=placeholder, unit="step", leave=False):
        pick = torch.randint(len(images), (BATCH,), generator=generator)
        clean = posterior.mean[pick]
        clean = clean + posterior.std[pick] * torch.randn(clean.shape, generator=generator)
        noise = torch.randn(clean.shape, generator=generator)
        timesteps = torch.randint(1000, (BATCH,), generator=generator)
        prompts = [templates[i].format(placeholder)
                   for i in torch.randint(len(templates), (BATCH,), generator=generator)]
        a = alphas_cumprod[timesteps][:, None, None, None]
        ids = pipeline.tokenizer(prompts, padding="max_length", truncation=True, return_tensors="pt").input_ids
        with torch.autocast("cpu", torch.bfloat16):
            context = encoder(ids)[0]
            noise_pred = pipeline.unet(a.sqrt() * clean + (1 - a).sqrt() * noise, timesteps, context).sample
        loss = (noise_pred.float() - noise).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    hook.remove()
    with torch.no_grad():
        table.weight[number] = row
    return pipeline


@torch.no_grad()
def similarity(judge, images, references):
    """Each picture's mean cosine to the references in the judge's picture space: (len(images),)."""
    drawn, wanted = (F.normalize(judge.get_image_features(pixel_values=to_tensor(part)).pooler_output, dim=1)
                     for part in (images, references))
    return (drawn @ wanted.t()).mean(1).numpy()


def invert_check(options):
    """Invert the concepts and write `invert_check.json` and `.png` to the build folder."""
    torch.set_num_threads(options.threads)
    folders = sorted(path.parent for path in CONCEPTS.glob("*/concept.yml"))
    folders = [f for f in folders if not options.concept or f.name in options.concept]
    if not folders:
        raise StageError(f"{CONCEPTS}: no such concept")
    judge = CLIPModel.from_pretrained(options.models / "pocket_judge", dtype=torch.float32).eval()
    table, rows, labels = {}, [], []
    for folder in folders:
        settings, images, held_out = read_concept(folder)
        word, initializer, templates = settings["placeholder"], settings["initializer"], templates_of(settings)
        pipeline = invert(load_exported(options.models / "pocket"), word, initializer, images, templates,
                          options.steps, options.seed)
        seeds, scores = range(PICTURES), {}
        for name, text in (("initializer", initializer), ("learned", word)):
            drawn = draw(pipeline, [templates[0].format(text)] * PICTURES, seeds)
            scores[name] = similarity(judge, drawn, held_out)
            rows.append(np.concatenate([images[:4], drawn[:8]]))
            labels.append(f"{folder.name}: {name}")
        difference = scores["learned"] - scores["initializer"]
        interval = bootstrap((difference,), np.mean, confidence_level=0.95, method="percentile",
                             rng=np.random.default_rng(seed_of("bootstrap", folder.name))).confidence_interval
        table[folder.name] = {"learned": float(scores["learned"].mean()),
                              "initializer": float(scores["initializer"].mean()),
                              "difference": float(difference.mean()), "interval_95": [float(v) for v in interval],
                              "held_out_to_training": float(similarity(judge, held_out, images).mean())}
        print(folder.name, json.dumps({k: np.round(v, 3).tolist() for k, v in table[folder.name].items()}), flush=True)
    write_text(options.build / "invert_check.json", json.dumps({"steps": options.steps, "concepts": table}, indent=1))
    grid(np.concatenate(rows), labels, columns=12).save(options.build / "invert_check.png")
