"""Somebody's own pictures: what to see to before training, and which of the pictures drawn come first.

Only a picture that cannot be read stops anything. Few, small or repeated ones teach less, and that is said.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from PIL import Image, ImageOps
from scipy.stats import rankdata

from study.wording import counted
from textinv_core.drawing.store import Store
from textinv_core.evaluation.metrics import SMALLEST_NULL, evaluate, judge_texts
from textinv_core.evaluation.nulls import NULL_SEED, Nulls, cached_nulls, describe_nulls
from textinv_core.evaluation.ranking import rank
from textinv_core.learning.concepts import Concept, class_phrase, context_prompts, load_images, plain_prompt
from textinv_core.learning.models import model_hash
from textinv_core.provenance import identity

FEWEST, MOST = 2, 25  # pictures: beyond these the study has no advice
BEST = (3, 6)  # pictures: what Gal et al. 2022 (sec. 4.1) train with, and this study
ALIKE = 8.0  # levels of 255 between two thumbnails: copies stay below, other photos of the thing above
UNREAD = (".heic", ".heif", ".avif", ".gif", ".jxl", ".dng", ".svg")  # pictures to people, skipped by `load_concept`


def look_over(concept: Concept, side: int) -> pd.DataFrame:
    """A row per training picture: `file`, `width`, `height`, `image` (as trained with), `twin` (a near-copy before it).

    `side` is the model's, in pixels. Two pictures are near-copies if their colour thumbnails differ by less than
    `ALIKE` (root mean square), mirrored or not: training mirrors them. ValueError naming every unreadable picture.
    """
    rows, broken = [], []
    for path in concept.images:
        try:
            (image,) = load_images([path], side)
        except ValueError as error:
            broken.append(" ".join(str(error).split()))
            continue
        with Image.open(path) as file:
            rows.append(dict(file=path.name, width=file.width, height=file.height, image=image))
    if broken:
        raise ValueError(f"{len(broken)} of {len(concept.images)} pictures cannot be used: {'; '.join(broken)}")
    table = pd.DataFrame(rows)
    small = [_thumbnail(image) for image in table["image"]]
    twins = []
    for i, image in enumerate(table["image"]):
        either_way = (small[i], _thumbnail(ImageOps.mirror(image)))
        near = [j for j in range(i) if min(np.sqrt(((t - small[j]) ** 2).mean()) for t in either_way) < ALIKE]
        twins.append(table["file"][near[0]] if near else "")
    return table.assign(twin=twins)


def advice(table: pd.DataFrame, concept: Concept, side: int) -> list[str]:
    """What to see to before training with the pictures of `look_over`, a sentence each; none if all is well."""
    said, count = [], len(table)
    low, high = BEST
    if not FEWEST <= count <= MOST:
        said.append(f"{counted(count, 'picture')}: take {FEWEST} to {MOST}, best {low} to {high}.")
    for row in table.itertuples():
        if min(row.width, row.height) < side:
            said.append(f"{row.file} has {row.width}x{row.height} pixels, the model draws {side}: it will be blurred.")
        if row.twin:
            said.append(f"{row.file} is nearly the same as {row.twin}: leave one out, or its backdrop is learned too.")
    there = sorted(path.name for path in concept.images[0].parent.iterdir() if path.suffix.lower() in UNREAD)
    if there:
        said.append(f"Left out, save them as JPEG or PNG: {', '.join(there[:5])}{' ...' if len(there) > 5 else ''}.")
    return said


def own_nulls(
    store: Store,
    pipe,
    concept: Concept,
    judge,
    prompts: Sequence[str],  # those to be ranked, besides the kind's own contexts
    pictures: int,  # of prompts other than the one ranked
    **how,  # settings of the pictures, as for `generate`
) -> Nulls | None:
    """The nulls of a concept's class, drawn by the plain model once and kept beside the store; None if under 200."""
    if pictures < SMALLEST_NULL:
        return None
    texts = list(dict.fromkeys([*context_prompts(concept.kind), *prompts]))
    noises = range(NULL_SEED, NULL_SEED + max(2, -(-pictures // (len(texts) - 1))))
    made = describe_nulls(concept, judge, texts, noises, model=model_hash(pipe), **how)
    path = store.pictures.parent / "nulls" / f"own-{identity(made)}.safetensors"
    return cached_nulls(
        path, lambda: store.draw(pipe, None, texts, noises, word=class_phrase(concept), **how), judge, made
    )


def phrase_of(prompt: str, concept: Concept) -> str:
    """What a prompt says beside the concept, for the judge; empty if it asks for the concept and nothing else."""
    known, plain = context_prompts(concept.kind), plain_prompt(concept.kind)
    rest = prompt.removeprefix(plain) if prompt.startswith(plain) else judge_texts(prompt, concept)["deleted"]
    return known.get(prompt, rest.strip())


def best_first(pictures: pd.DataFrame, concept: Concept, judge, nulls: Nulls | None = None) -> pd.DataFrame:
    """The pictures of one prompt, best first, with `rank` (from 1), `score`, and `by`: what the score is.

    With nulls it is accord, or the mean z where accord is not defined (under three training pictures, or a prompt the
    nulls were not drawn for). Without, it is the sum of the cosines to the concept and to the context; a prompt
    without context is ranked by likeness alone. Columns of `pictures`: those of `generate`.
    """
    (prompt,) = set(pictures["prompt"])
    pictures, phrase = pictures.reset_index(drop=True), phrase_of(prompt, concept)
    if nulls is not None and phrase:
        defined = len(concept.images) > 2 and nulls.prompts.count(prompt) > 1
        by = "accord" if defined else "mean_z"
        scores = rank(list(pictures["image"]), concept, prompt, nulls, judge, context=phrase, by=by)[by]
    else:
        found = evaluate(pictures, concept, judge, contexts={prompt: phrase})
        by = "sum of the cosines" if phrase else "likeness"
        scores = found["reconstruction"] + (found["text_context"] if phrase else 0)
    table = pictures.assign(score=scores, by=by.replace("mean_z", "mean z"))  # aligned on the picture's place
    table.insert(0, "rank", rankdata(-table["score"], method="min").astype(int))
    return table.sort_values("rank", kind="stable")


def _thumbnail(image: Image.Image) -> np.ndarray:
    """An 8 x 8 colour thumbnail (8, 8, 3), 0 to 255."""
    return np.asarray(image.resize((8, 8), Image.Resampling.BOX), dtype=float)
