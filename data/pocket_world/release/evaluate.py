"""How good the exported models are, measured on pictures that no training saw: quality.json.

Everything generated is read by the oracle: names alone and in scenes, class words, styles by name, poses.
"""

import json

import numpy as np
import pandas as pd
import torch
from diffusers import StableDiffusionPipeline
from torch.nn import functional as F
from transformers import CLIPModel, CLIPTokenizer

from pocket_world.oracle.attributes import LAB_CENTRE, LAB_SCALE, UNKNOWN, class_heads, colour_heads, targets
from pocket_world.oracle.model import load_oracle
from pocket_world.oracle.reading import attributes, kept, one_by_one, shows
from pocket_world.release.limits import limit_quality
from pocket_world.training.dataset import Pictures, to_tensor
from pocket_world.training.files import StageError, seed_of, write_text
from pocket_world.training.samples import draw
from pocket_world.training.tokenizer import encode
from pocket_world.training.vae import psnr, there_and_back
from pocket_world.world import captions, concepts, scenes
from pocket_world.world.families import FAMILIES
from pocket_world.world.names import named, named_styles, names_of
from pocket_world.world.picture import compose, random_pose, sample, single

FRESH, GALLERY, GUIDANCE, STEPS = 2000, 256, 4.0, 25
CONCEPT_PICTURES = 60  # of each concept, and as many of others of its kind
RANDOM_MEMBERS = 500  # of each family, for the colour limit
ENOUGH = 100  # generated pictures; who asks for fewer is trying whether it runs


def load_exported(path):
    """The exported pipeline in fp32, without a progress bar; one line of error where there is none."""
    if not (path / "model_index.json").exists():
        raise StageError(f"{path}: no exported model; run 'python -m pocket_world export' first")
    pipeline = StableDiffusionPipeline.from_pretrained(path, dtype=torch.float32, safety_checker=None,
                                                       requires_safety_checker=False)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def share(values):
    """The share that is true, and of how many."""
    values = np.asarray(values, float)
    return {"share": round(float(values.mean()), 4), "n": len(values)}


def questions(count, seed):
    """What to draw and what is asked of it: rows with `prompt`, `what`, `family`, `name` and `asked` ({head: label}).

    About `count` rows, an equal number of each family's names alone, in scenes, of class words, of styles and poses.
    """
    rng, rows = np.random.default_rng(seed_of("questions", seed)), []
    each = max(1, count // (4 * len(FAMILIES)))
    places = list(scenes.SCENES.items())
    for family in FAMILIES.values():
        for index in range(each):
            name = names_of(family.name)[(7 * index + 1) % len(names_of(family.name))]
            scene, where = places[int(rng.integers(len(places)))]
            kind = family.kinds[index % len(family.kinds)]
            style = str(rng.choice(list(named_styles())))
            rows += [
                ("name", family.name, name, f"a photo of {name}", {}),
                ("name in a scene", family.name, name, f"a photo of {name} {where}", {"scene": scene}),
                ("class word", family.name, None, f"a photo of {captions.article(kind)}", {"subject": kind}),
                ("style", family.name, None, f"a photo of {captions.article(kind)} in the style of {style}",
                 {"style": style}),
            ]  # fmt: skip
    for index in range(each):
        pose, name = FAMILIES["person"].poses[1 + index % 5], str(rng.choice(names_of("person")))
        rows.append(("pose", "person", name, f"a photo of {name} {captions.DOING[pose]}", {"pose": pose}))
    return pd.DataFrame(rows, columns=["what", "family", "name", "prompt", "asked"])


def drawn_quality(pipeline, oracle, count, seed):
    """What the model draws of what it is asked for: {what: {family: {measure: share}}}, and the pictures."""
    table = questions(count, seed)
    images = draw(pipeline, table["prompt"], range(len(table)), STEPS, GUIDANCE)
    found = oracle.read_pictures(images)
    result = {}
    for (what, family), part in table.groupby(["what", "family"], sort=False):
        each = one_by_one({head: values[part.index] for head, values in found.items()})
        measures = {"as asked": [bool(shows(one, asked)[0]) for one, asked in zip(each, part["asked"], strict=True)]}
        if what.startswith("name"):
            seen = [attributes(one, named()[name]).iloc[0] for one, name in zip(each, part["name"], strict=True)]
            measures["kept"] = [bool(kept(one, named()[name])[0]) for one, name in zip(each, part["name"], strict=True)]
            measures |= {column: [bool(row[column]) for row in seen]
                         for column in seen[0].index if not column.startswith("delta")}
        result.setdefault(what, {})[family] = {measure: share(values) for measure, values in measures.items()}
    return result, table, images


def oracle_quality(oracle, count, seed):
    """The oracle on fresh pictures of random members: {"forms": share, "colours": median Delta-E, head: share}."""
    generator = np.random.default_rng(seed_of("evaluate", "oracle", seed))
    fresh = [sample(generator, mix="nobody") for _ in range(count)]
    found = oracle.read_pictures(np.stack([one.image for one in fresh]))
    classes, colours, _ = (np.stack(part) for part in zip(*(targets(one.truth) for one in fresh), strict=True))
    result, forms = {}, []
    for number, head in enumerate(class_heads()):
        said = classes[:, number] != UNKNOWN
        right = found[head].argmax(1)[said] == classes[said, number]
        result[head] = share(right)
        if head.split(".")[0] in FAMILIES:
            forms.append(right)
    known = ~np.isnan(colours[..., 0])
    errors = [np.linalg.norm(found[head] - (colours[:, i] * LAB_SCALE + LAB_CENTRE), axis=1)[known[:, i]]
              for i, head in enumerate(colour_heads()) if not head.startswith("style.")]
    median = round(float(np.median(np.concatenate(errors))), 2)
    return {"forms": share(np.concatenate(forms)), "colour_error_median": median, "heads": result}


def concept_quality(oracle, vae, count, seed):
    """Of every concept of the world: the share of `count` drawings of it that is kept (as drawn, after the
    autoencoder), and of as many other members of its kind."""
    result = {}
    for name, member in concepts.members().items():
        rng = np.random.default_rng(seed_of("evaluate", name, seed))
        places = [None, *scenes.SCENES]
        style = member.family == "style"

        def pictures(who, rng=rng, name=name, places=places, style=style):
            return np.stack([concepts.draw(name, rng, scene=places[i % len(places)], size=64,
                                           member=None if style else who(rng))[0] for i in range(count)])

        own = pictures(lambda rng, member=member: member)
        table = {"drawn": share(kept(oracle.read_pictures(own), member)),
                 "after_autoencoder": share(kept(oracle.read_pictures(there_and_back(vae, own)), member))}
        if not style:
            others = pictures(lambda rng, member=member: FAMILIES[member.family].random_member(rng, member.kind))
            table["others"] = share(kept(oracle.read_pictures(others), member))
        result[name] = table
    return result


@torch.no_grad()
def retrieval(path, images, captions):
    """Text-to-picture top-1 among 256: the share of captions whose nearest picture's caption is the same caption."""
    model = CLIPModel.from_pretrained(path, dtype=torch.float32).eval()
    tokenizer = CLIPTokenizer.from_pretrained(path)
    hits = []
    for start in range(0, len(images) - GALLERY + 1, GALLERY):
        names = captions[start : start + GALLERY]
        picture = model.get_image_features(pixel_values=to_tensor(images[start : start + GALLERY])).pooler_output
        text = model.get_text_features(input_ids=encode(tokenizer, names)).pooler_output
        nearest = (F.normalize(text, dim=1) @ F.normalize(picture, dim=1).t())
        hits += [names[i] == name for i, name in zip(nearest.argmax(1).tolist(), names, strict=True)]
    return {"top1_of_256": round(float(np.mean(hits)), 4), "n": len(hits)}


@torch.no_grad()
def vae_psnr(vae, images):
    """Mean PSNR (dB) of pictures encoded to the posterior's mean and decoded."""
    values = []
    for start in range(0, len(images), 100):
        x = to_tensor(images[start : start + 100], vae.device)
        decoded = vae.decode(vae.encode(x).latent_dist.mean).sample.clamp(-1, 1)
        values += psnr((decoded - x).square().flatten(1).mean(1)).tolist()
    return {"psnr_db": round(float(np.mean(values)), 2), "n": len(values)}


def sharpness(images):
    """The mean size of the brightness gradient of pictures (n, H, W, 3): a float."""
    grey = images.astype(np.float32).mean(3)
    return float(np.hypot(*np.gradient(grey, axis=(1, 2))).mean())


def names_as_drawn(table, seed):
    """The rows of `questions` that are of names, and the world's own drawings of them: (rows, uint8 (n, 64, 64, 3))."""
    rng = np.random.default_rng(seed_of("as drawn", seed))
    rows = table[table["what"].isin(["name", "name in a scene"])]
    return rows, np.stack([
        compose([single(rng, named()[name], name, random_pose(rng, family, 1.0))], asked.get("scene"), rng=rng)
        for name, family, asked in zip(rows["name"], rows["family"], rows["asked"], strict=True)])


def reachable(oracle, vae, rows, own):
    """{(what, family): the share of the world's own drawings of names that is kept after the autoencoder}: what a
    perfect denoiser would reach."""
    found = one_by_one(oracle.read_pictures(there_and_back(vae, own)))
    good = [bool(kept(one, named()[name])[0]) for one, name in zip(found, rows["name"], strict=True)]
    return {key: share(part) for key, part in pd.Series(good).groupby([rows["what"].array, rows["family"].array])}


def evaluate(options):
    """Measure, print and write `models/pocket/quality.json`."""
    torch.set_num_threads(options.threads)
    folder = options.models / "pocket"
    pipeline, oracle = load_exported(folder).to(options.device), load_oracle(options.models / "pocket_oracle")
    validation = Pictures(options.build, "validation")
    held_out = validation.images(range(min(1024, len(validation))))
    result, table, images = drawn_quality(pipeline, oracle, options.pictures, options.seed)
    rows, own = names_as_drawn(table, options.seed)
    for (what, family), found in reachable(oracle, pipeline.vae, rows, own).items():
        result[what][family]["reachable"] = found
    enough = options.pictures >= ENOUGH
    quality = {
        "drawn": result,
        "sharpness": round(sharpness(images[rows.index]) / sharpness(own), 4),
        "oracle": oracle_quality(oracle, FRESH if enough else 64, options.seed),
        "concepts": concept_quality(oracle, pipeline.vae, CONCEPT_PICTURES if enough else 4, options.seed),
        "limits": limit_quality(oracle, pipeline.vae, RANDOM_MEMBERS if enough else 8, options.seed),
        "vae": vae_psnr(pipeline.vae, held_out),
        "settings": {"steps": STEPS, "guidance": GUIDANCE, "sampler": "DPM-Solver++ 2M", "seed": options.seed,
                     "clip_hit": "the nearest picture's caption equals the query caption"},
    }
    for name in ("pocket_clip", "pocket_judge"):
        if (options.models / name).exists() and len(held_out) >= GALLERY:
            quality[name] = retrieval(options.models / name, held_out, validation.captions()[: len(held_out)])
    write_text(folder / "quality.json", json.dumps(quality, indent=1) + "\n")
    print(json.dumps(quality, indent=1))
