"""How good the exported models are, measured on pictures and captions that no training saw: quality.json."""

import json

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from torch.nn import functional as F
from tqdm import tqdm
from transformers import CLIPModel, CLIPTokenizer

from pocket_world.dataset import Pictures, to_tensor
from pocket_world.files import StageError, seed_of, write_text
from pocket_world.oracle import accepts, label_of, load_oracle
from pocket_world.oracle_concepts import concept_pictures
from pocket_world.samples import draw
from pocket_world.tokenizer import encode
from pocket_world.vae import psnr, there_and_back

FRESH, GALLERY, GUIDANCE, STEPS = 2000, 256, 4.0, 25
FRESH_CONCEPTS = 100  # pictures of each concept, and as many of its imposters


def load_exported(path):
    """The exported pipeline in fp32, without a progress bar; one line of error where there is none."""
    if not (path / "model_index.json").exists():
        raise StageError(f"{path}: no exported model; run 'python -m pocket_world export' first")
    pipeline = StableDiffusionPipeline.from_pretrained(path, dtype=torch.float32, safety_checker=None,
                                                       requires_safety_checker=False)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def fresh_samples(count, purpose, seed=0):
    """`count` samples of the world from seeds that the dataset does not use."""
    from pocket_world.world import sample

    generator = np.random.default_rng(seed_of("evaluate", purpose, seed))
    return [sample(generator) for _ in range(count)]


def asked_for(head, attributes):
    """Whether the caption of `attributes` says what `head` should be."""
    if head.startswith("person."):
        return head.removeprefix("person.") in attributes.get("named", ())
    if head == "count":
        return attributes["count"] == 2
    return attributes.get(head) is not None


def oracle_accuracy(oracle, images, attributes, only_asked):
    """{head: {"accuracy", "n"}}: the share of pictures whose predicted label is the true one.

    only_asked: count for each head only the pictures whose caption asks for it; else all pictures (a person's
    attributes: those with a person).
    """
    answers, table = oracle(images), {}
    for head, answer in answers.items():
        person = head.startswith("person.")
        rows = [i for i, a in enumerate(attributes)
                if (asked_for(head, a) if only_asked else a["person"] is not None or not person)]
        right = [answer["label"][i] == label_of(head, attributes[i]) for i in rows]
        if rows:
            table[head] = {"accuracy": round(float(np.mean(right)), 4), "n": len(rows)}
    return table


def concept_accuracy(oracle, images, attributes):
    """{concept: {"recall", "false_accepts", "n", "imposters"}}: the shares of its pictures and of its imposters that
    `accepts` takes for it."""
    answers, table = oracle(images), {}
    for name in sorted({a["of"] for a in attributes}):
        taken = accepts(answers, concept=name)
        own = np.array([a["concept"] == name for a in attributes])
        fake = np.array([a["of"] == name and a["concept"] is None for a in attributes])
        table[name] = {"recall": round(float(taken[own].mean()), 4), "n": int(own.sum()),
                       "false_accepts": round(float(taken[fake].mean()), 4), "imposters": int(fake.sum())}
    return table


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


def evaluate(options):
    """Measure, print and write `models/pocket/quality.json`."""
    torch.set_num_threads(options.threads)
    folder = options.models / "pocket"
    pipeline, oracle = load_exported(folder).to(options.device), load_oracle(options.models / "pocket_oracle")
    validation = Pictures(options.build, "validation")
    held_out = validation.images(range(min(1024, len(validation))))
    fresh = fresh_samples(FRESH if options.pictures >= 100 else 64, "oracle", options.seed)
    asked = fresh_samples(options.pictures, "generation", options.seed)
    attributes = [s.attributes for s in asked]
    count = FRESH_CONCEPTS if options.pictures >= 100 else 4
    concepts, concept_truth = zip(*concept_pictures("evaluate", options.seed, count, count), strict=True)
    concepts = {"drawn": np.stack(concepts), "after_autoencoder": there_and_back(pipeline.vae, np.stack(concepts))}
    drawn = []
    for start in tqdm(range(0, len(asked), 48), desc="drawing", unit="batch"):
        chunk = asked[start : start + 48]
        drawn.append(draw(pipeline, [s.caption for s in chunk], range(start, start + len(chunk)), STEPS, GUIDANCE))
    quality = {
        "oracle_on_fresh_pictures": oracle_accuracy(oracle, np.stack([s.image for s in fresh]),
                                                    [s.attributes for s in fresh], only_asked=False),
        "generated_as_asked": oracle_accuracy(oracle, np.concatenate(drawn), attributes, only_asked=True),
        "drawn_by_the_world_as_asked": oracle_accuracy(oracle, np.stack([s.image for s in asked]), attributes,
                                                       only_asked=True),
        "oracle_on_concepts": {key: concept_accuracy(oracle, images, concept_truth)
                               for key, images in concepts.items()},
        "vae": vae_psnr(pipeline.vae, held_out),
        "settings": {"steps": STEPS, "guidance": GUIDANCE, "sampler": "DPM-Solver++ 2M", "seed": options.seed,
                     "clip_hit": "the nearest picture's caption equals the query caption"},
    }
    for name in ("pocket_clip", "pocket_judge"):
        if (options.models / name).exists() and len(held_out) >= GALLERY:
            captions = validation.captions()[: len(held_out)]
            quality[name] = retrieval(options.models / name, held_out, captions)
    write_text(folder / "quality.json", json.dumps(quality, indent=1) + "\n")
    print(json.dumps(quality, indent=1))
