"""Can the model be inverted?  Plain Textual Inversion (Gal et al. 2022, arXiv:2208.01618) of the world's concepts, all
arms in one pass, read by the oracle: the learned word beside its class word, the same noises.
"""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from PIL import Image
from tqdm import tqdm

from pocket_world.oracle.model import load_oracle
from pocket_world.oracle.reading import attributes, context_of, kept, one_by_one, shows
from pocket_world.release.evaluate import GUIDANCE, STEPS
from pocket_world.training.files import StageError, write_text
from pocket_world.training.samples import grid
from pocket_world.world import captions, concepts
from textinv_core import Arm, generate, load_concept, load_pipeline, train
from textinv_core.paths import CONCEPTS

PLAIN, PLACED = 24, 8  # pictures of each word: of the plain prompt, which a concept is counted by, and of each context
EVERY = 25  # steps between the rows that are averaged
PLACES = ("in the forest", "on the beach", "on the moon", "in the snow")
SUBJECTS = ("a tree", "a building", "a creature", "a car")  # of a style's contexts


def learned_words(run, since, steps):
    """What a run's arms learned: the mean of their rows from step `since` on (Polyak & Juditsky 1992), `EVERY` so many
    steps.  A learning rate that never falls keeps a row moving around the place it has found.
    """
    several = list(zip(*(run.at(step) for step in range(since, steps + 1, EVERY)), strict=True))
    return [replace(rows[-1], rows=torch.stack([one.rows for one in rows]).mean(0)) for rows in several]


def prompts_of(kind):
    """(plain prompt, context prompts, their phrases) of a kind of concept, "{}" where its word goes."""
    if kind == "style":
        contexts = [f"a photo of {who} in the style of {{}}" for who in SUBJECTS]
        return "a photo of a tree in the style of {}", contexts, SUBJECTS
    return "a photo of {}", [f"a photo of {{}} {place}" for place in PLACES], PLACES


def readings(oracle, pipeline, kind, member, source):
    """What the oracle reads of pictures: (row of shares, plain pictures, pictures in contexts), uint8.

    source: of `generate`, an embedding or a word.
    """
    plain, contexts, phrases = prompts_of(kind)
    word, embedding = (source, None) if isinstance(source, str) else (None, source)

    def drawn(prompts, count):
        table = generate(pipeline, embedding, prompts, range(count), word=word, guidance_scale=GUIDANCE,
                         num_inference_steps=STEPS, batch_size=40)
        return np.stack([np.asarray(image) for image in table["image"]])

    alone, placed = drawn([plain], PLAIN), drawn(contexts, PLACED)
    found, there = oracle.read_pictures(alone), oracle.read_pictures(placed)
    table, in_context = attributes(found, member), kept(there, member)
    asked = [context_of(phrase) for phrase in phrases for _ in range(PLACED)]
    seen = np.array([bool(shows(one, a)[0]) for one, a in zip(one_by_one(there), asked, strict=True)])
    row = {"kept": kept(found, member), "context": seen, "both": in_context & seen, "kept in context": in_context}
    row |= {column: table[column] for column in table if not column.startswith("delta")}
    return {name: float(np.mean(values)) for name, values in row.items()}, alone, placed


def invert_check(options):
    """Learn every concept of the world and write `invert_check.json` and `.png` to the build folder.

    Concepts of another folder, such as those that ways to learn are tried on, have files of their own: what the card
    reads is of the study's.
    """
    torch.set_num_threads(options.threads)
    names = [name for name in concepts.members() | concepts.fresh() if (options.concepts / name).exists()]
    names = [name for name in names if not options.concept or name in options.concept]
    if not names:
        raise StageError(f"{options.concepts}: no such concept of the world; 'python -m pocket_world concepts "
                         f"{options.concepts}' draws them")
    loaded = {name: load_concept(options.concepts / name) for name in names}
    pipeline, oracle = load_pipeline(options.models / "pocket"), load_oracle(options.models / "pocket_oracle")
    arms = [Arm(loaded[name], seed=seed, learning_rate=options.rate) for name in names for seed in range(options.seeds)]
    of = "" if options.concepts.resolve() == CONCEPTS else f"_{options.concepts.name}"
    home = options.build / f"invert_check{of}"
    folder = home / f"rate_{options.rate}_steps_{options.steps}"
    since = options.steps if options.since is None else options.since
    if since != options.steps and (since % EVERY or options.steps % EVERY or not 0 < since < options.steps):
        raise StageError(f"--since {since}: expected --steps, or less; where less, both in {EVERY}s")
    run = train(pipeline, arms, steps=options.steps, out=folder, checkpoint_every=EVERY)
    learned = list(zip(arms, learned_words(run, since, options.steps), strict=True))
    rows, pictures, labels = [], [], []
    for arm, embedding in tqdm(learned, desc="drawing", unit="word"):
        name, concept = arm.concept.name, arm.concept
        sources = {"learned": embedding}
        if arm.seed == 0:
            style = concept.kind == "style"
            sources["class word"] = concept.class_word if style else captions.article(concept.class_word)
            sources |= {"true name": concepts.true_names()[name]} if name in concepts.KNOWN else {}
        for what, source in sources.items():
            row, alone, placed = readings(oracle, pipeline, concept.kind, concepts.member_of(name), source)
            rows.append({"concept": name, "seed": arm.seed, "what": what} | row)
            if what == "learned" and arm.seed == 0:
                own = np.stack([np.asarray(Image.open(path).resize((64, 64))) for path in concept.images[:3]])
                pictures += [own, alone[:4], placed[::PLACED]]
                labels.append(f"{name}: kept {row['kept']:.2f}, context {row['context']:.2f}, both {row['both']:.2f}")
    table = pd.DataFrame(rows)
    write_text(home.with_suffix(".json"), json.dumps({
        "steps": options.steps, "since": since, "rate": options.rate, "seeds": options.seeds,
        "rows": [{k: v for k, v in row.items() if pd.notna(v)} for row in rows]}, indent=1) + "\n")  # fmt: skip
    sheet = grid(np.concatenate(pictures), labels, columns=11)
    sheet.resize((2 * sheet.width, 2 * sheet.height), Image.Resampling.NEAREST).save(home.with_suffix(".png"))
    print(table.groupby(["what"])[["kept", "context", "both"]].mean().round(3))
    print(table[table["what"] == "learned"].groupby("concept")[["kept", "context", "both"]].mean().round(2))
