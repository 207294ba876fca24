"""Draw some of a profile's published pictures again, from the learned words kept in its records, and score them anew.

    python book/verify.py --sample 5

For each page that keeps scores of single pictures: is it of this code, model and data (else it is named as stale),
and do fresh pictures of a few of its words score as recorded? Exits with 1 where one does not. No cache is used.
"""

import argparse
import random
import sys

import pandas as pd
import torch
from tqdm import tqdm

from build import find, pages
from textinv_core.drawing.generation import generate
from textinv_core.evaluation.judges import load_judge
from textinv_core.evaluation.metrics import evaluate
from textinv_core.files import load_json, load_table
from textinv_core.learning.concepts import class_phrase, data_hash, load_concept
from textinv_core.learning.models import load_pipeline, model_hash
from textinv_core.learning.runs import Run
from textinv_core.paths import PUBLISHED, RESULTS
from textinv_core.provenance import code_identity

# Means over the pictures of one word at one step. The same batch on the same machine gives the same bytes; elsewhere,
# or drawn in other batches, pictures differ in their last bits, and now and then visibly.
TOLERANCE = 0.02
MEASURES = ("reconstruction", "text_class")
SCORED = ("arm", "step", "prompt", "seed", "concept", *MEASURES)
PLAIN = "plain"


def words_of(profile: str) -> dict[tuple[str, int], tuple[Run, int]]:
    """(arm, step) -> the run that keeps it, and its place there; not arms that two runs learned differently."""
    kept, twice = {}, set()
    for path in sorted((RESULTS / profile / "runs").glob("*/run.json")):
        run = Run(path.parent)
        for place, arm in enumerate(run.table["arm"]):
            for step in run.steps:
                there, at = kept.setdefault((arm, step), (run, place))
                if not torch.equal(run.at(step)[place].rows, there.at(step)[at].rows):
                    twice.add((arm, step))
    return {key: word for key, word in kept.items() if key not in twice}


def drawn_alike(scores: pd.DataFrame) -> pd.DataFrame:
    """One row a picture that its arm, step, prompt and noise name, `seed` being the noise's.

    A page that has several training seeds or readings of a word calls the noise `image`; pictures of a changed word
    (rescaled, say) share its arm and are left out.
    """
    if "image" in scores:
        scores = scores.assign(seed=scores["image"])
    return scores[~scores.duplicated(["arm", "step", "prompt", "seed", "concept"], keep=False)]


def stale(record: dict, pipe) -> list[str]:
    """What a page was made with that is no longer so."""
    old = ["code"] if record["code"] != code_identity("textinv_core") else []
    old += ["model"] if record["model"] != model_hash(pipe) else []
    return old + [f"pictures of {name}" for name, was in record["data"].items() if was != data_hash(load_concept(name))]


def groups_of(scores: pd.DataFrame, words: dict) -> list[tuple[str, int, str]]:
    """(arm, step, concept) of what can be drawn again."""
    asked = scores[["arm", "step", "concept"]].drop_duplicates().itertuples(index=False, name=None)
    return [(arm, step, concept) for arm, step, concept in asked if arm == PLAIN or (arm, step) in words]


def again(pipe, judge, record: dict, scores: pd.DataFrame, words: dict, arm: str, step: int, concept: str) -> dict:
    """Recorded and fresh means of one word's pictures, and the greater of their differences."""
    own, kept = scores.query("arm == @arm and step == @step and concept == @concept"), load_concept(concept)
    run, place = words.get((arm, step), (None, 0))
    given = record["parameters"]
    how = dict(guidance_scale=given["guidance"], num_inference_steps=given["num_inference_steps"])
    prompts, seeds = list(dict.fromkeys(own["prompt"])), list(dict.fromkeys(own["seed"]))
    embedding = run.at(step)[place] if run else None
    fresh = evaluate(generate(pipe, embedding, prompts, seeds, word=class_phrase(kept), **how), kept, judge)
    both = own.merge(fresh, on=["prompt", "seed"], suffixes=("", "_now"))
    means = {name: (both[name].mean(), both[f"{name}_now"].mean()) for name in MEASURES}
    off = max(abs(was - now) for was, now in means.values())
    return dict(concept=concept, arm=arm, step=step, pictures=len(both), **{k: v for k, v in means.items()}, off=off)


def shown() -> dict[str, list[str]]:
    """The pages of the book by the profile each is shown from."""
    found: dict[str, list[str]] = {}
    for page in pages():
        found.setdefault(find(page, PUBLISHED).parent.parent.name, []).append(page)
    return found


def verify(profile: str, names: list[str], sample: int, seed: int, judge: str | None = None) -> tuple[int, int]:
    """Print one line a page and word; how many words were drawn again, and how many do not score as recorded."""
    words, wrong, checked, models = words_of(profile), 0, 0, {}
    for page in names:
        file = RESULTS / profile / page / "scores.csv"
        if not file.is_file():
            continue
        record = load_json(file.with_name("provenance.json"))
        model = record["parameters"]["model"]
        if model not in models:
            models[model] = load_pipeline(model), load_judge(judge, model=model)
        pipe, scorer = models[model]
        if scorer.name != record["parameters"]["judge"]:
            print(f"{page}: not checked, {record['parameters']['judge']} judged it; give it as --judge")
            continue
        if old := stale(record, pipe):
            print(f"{page}: stale, made with another {', '.join(old)}")
            if "model" in old:
                continue
        scores = load_table(file)
        if missing := [name for name in SCORED if name not in scores]:
            print(f"{page}: not checked, its scores lack {', '.join(missing)}")
            continue
        if "set" in scores:
            print(f"{page}: not checked, it scores against sets of pictures of its own")
            continue
        scores = drawn_alike(scores)
        found = groups_of(scores, words)
        some = random.Random(f"{seed}/{page}").sample(found, min(sample, len(found)))
        for arm, step, concept in tqdm(some, desc=page):
            line = again(pipe, scorer, record, scores, words, arm, step, concept)
            checked, wrong = checked + 1, wrong + (line["off"] > TOLERANCE)
            says = "as recorded" if line["off"] <= TOLERANCE else "NOT AS RECORDED"
            means = ", ".join(f"{name} {line[name][0]:.4f}, now {line[name][1]:.4f}" for name in MEASURES)
            print(f"{page}: {concept}, arm {arm}, step {step}: {means}: {says}")
    return checked, wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", help="default: for each page the one the book shows it from")
    parser.add_argument("--sample", type=int, default=3, help="words a page")
    parser.add_argument("--seed", type=int, default=0, help="which words")
    parser.add_argument("--judge", help="a folder or Hub id; default: the model's own")
    given = parser.parse_args()
    try:
        asked = {given.profile: pages()} if given.profile else shown()
        found = [verify(p, names, given.sample, given.seed, given.judge) for p, names in asked.items()]
        checked, wrong = (sum(counts) for counts in zip(*found, strict=True))
        print(f"{checked} words drawn again, {wrong} not as recorded (tolerance {TOLERANCE})")
        sys.exit(1 if wrong else None if checked else f"results/{given.profile or ''}: nothing could be checked")
    except (ValueError, OSError) as error:
        sys.exit(str(error))
