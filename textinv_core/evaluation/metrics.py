"""How much of the concept is in a picture, how much of the prompt, and one number for both.

Features are L2-normalised CLIP features, similarities raw cosines. Tables have one row per picture;
`summarise` averages them as the published code and the paper do. The ceilings are pictures like any
others: `image_only` makes a table of the training pictures, the plain model draws the other one.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from textinv_core.learning.concepts import Concept, class_phrase, context_prompts, load_images

TEXTS = ("deleted", "class", "context")  # the judge's three readings of a prompt
SMALLEST_NULL = 200


def judge_texts(prompt: str, concept: Concept, context: str | None = None) -> dict[str, str]:
    """What the judge reads for a prompt: the placeholder deleted, the class word in its place, the context alone.

    No reading holds the placeholder. A prompt without context has an empty context reading.
    """
    if context is None:
        context = context_prompts(concept.kind).get(prompt, "")
    deleted = " ".join(prompt.replace("{}", "").split())
    return {"deleted": deleted, "class": prompt.replace("{}", class_phrase(concept)), "context": context}


def evaluate(
    images: pd.DataFrame,  # from generate: arm, step, prompt, text, seed, image
    concept: Concept,
    judge,
    *,
    contexts: Mapping[str, str] | None = None,  # prompt -> context phrase; default: the concept kind's own
) -> pd.DataFrame:
    """One row per picture, without the picture; all similarities are cosines.

    Added columns: `reconstruction` and `held_out` (mean cosine to the training and the held-out pictures),
    `text_deleted`, `text_class`, `text_context` (NaN without context or held-out pictures), and `coherence`
    (mean cosine to the pictures of the same arm, step and prompt, itself included; 1 = all alike).
    """
    if needed := {"arm", "step", "prompt", "seed", "image"} - set(images.columns):
        raise ValueError(f"images: lacks the columns {', '.join(sorted(needed))}")
    if images.empty:
        raise ValueError("images: expected one or more rows, got none")
    size = max(image.height for image in images["image"])
    features = judge.image_features(list(images["image"]))  # (N, D)
    table = images.drop(columns="image").reset_index(drop=True).assign(concept=concept.name)
    for column, paths in (("reconstruction", concept.images), ("held_out", concept.held_out)):
        table[column] = np.nan
        if paths:
            references = judge.image_features(load_images(paths, size))  # (M, D)
            table[column] = (features @ references.T).mean(1).double().numpy()
    prompts = list(dict.fromkeys(table["prompt"]))
    readings = {prompt: judge_texts(prompt, concept, (contexts or {}).get(prompt)) for prompt in prompts}
    for kind in TEXTS:
        texts = {prompt: reading[kind] for prompt, reading in readings.items() if reading[kind]}
        vectors = dict(zip(texts, judge.text_features(list(texts.values())), strict=True)) if texts else {}
        pairs = zip(features, table["prompt"], strict=True)
        table[f"text_{kind}"] = [float(f @ vectors[p]) if p in vectors else np.nan for f, p in pairs]
    table["coherence"] = 0.0
    for rows in table.groupby(["arm", "step", "prompt"], sort=False).indices.values():
        own = features[rows]
        table.loc[rows, "coherence"] = (own @ own.T).mean(1).double().numpy()
    return table


def summarise(table: pd.DataFrame, plain: str, by: Sequence[str] = ("arm", "step", "concept")) -> pd.DataFrame:
    """One row per group of an evaluated table: reconstruction of the `plain` prompt, editability of the others.

    `editability_*` is the mean of the cosines over pictures, then prompts; `editability_*_of_mean` uses the
    mean image feature of each prompt, whose length is sqrt(mean coherence).
    """
    by = list(by)
    if missing := {"prompt", *by, "coherence", "held_out", "reconstruction"} - set(table.columns):
        raise ValueError(f"table: lacks the columns {', '.join(sorted(missing))}")
    pictured, edited = table[table["prompt"] == plain], table[table["prompt"] != plain]
    if pictured.empty:
        raise ValueError(f"table: holds no picture of the plain prompt {plain!r}")
    columns = {"reconstruction": "reconstruction", "held_out": "reconstruction_held_out", "coherence": "coherence"}
    summary = pictured.groupby(by, sort=False)[list(columns)].mean().rename(columns=columns)
    if edited.empty:
        return summary.reset_index()
    cosines = [f"text_{kind}" for kind in TEXTS]
    prompts = edited.groupby([*by, "prompt"], sort=False)[[*cosines, "coherence"]].mean()
    length = np.sqrt(prompts["coherence"])
    for kind in TEXTS:
        prompts[f"editability_{kind}"] = prompts[f"text_{kind}"]
        prompts[f"editability_{kind}_of_mean"] = prompts[f"text_{kind}"] / length
    names = [column for column in prompts if column.startswith("editability")]
    return summary.join(prompts.groupby(by, sort=False)[names].mean()).reset_index()


def image_only(concept: Concept, prompts: Sequence[str], size: int) -> pd.DataFrame:
    """The training pictures as if generated for every prompt: the reconstruction ceiling, as a table of pictures.

    Each picture is also its own reference, as it would be for a method that returns its training data.
    The other anchor is `generate(pipe, None, prompts, seeds, word=class_phrase(concept))`.
    """
    pictures = list(enumerate(load_images(concept.images, size)))
    return pd.DataFrame(
        dict(arm="image_only", step=0, prompt=prompt, text="", seed=i, image=image)
        for prompt in prompts
        for i, image in pictures
    )


def calibrate(values, null) -> np.ndarray:
    """The share of a null sample that is lower than each value, in [0, 1]; ValueError for nulls under 200."""
    null = np.sort(np.asarray(null, dtype=float).ravel())
    if len(null) < SMALLEST_NULL or not np.isfinite(null).all():
        raise ValueError(f"null: expected {SMALLEST_NULL} or more finite similarities, got {np.isfinite(null).sum()}")
    return np.searchsorted(null, np.asarray(values, dtype=float), side="left") / len(null)


def evidence(values, null, hits) -> np.ndarray:
    """Log odds that each value is a hit's rather than the null's; NaN with fewer than two hits.

    Both are taken as Gaussian with the larger of their two deviations, equally likely beforehand. Hits that do
    not lie a deviation above the null are taken to: more similarity is never evidence against.
    """
    null, hits = np.asarray(null, dtype=float), np.asarray(hits, dtype=float)
    if len(hits) < 2:
        return np.full(np.shape(values), np.nan)
    deviation = max(null.std(), hits.std(), 1e-12)
    low = null.mean()
    high = max(hits.mean(), low + deviation)
    return (high - low) / deviation**2 * (np.asarray(values, dtype=float) - (low + high) / 2)


def combine(subject, text, *, subject_null, text_null, subject_hits=(), text_hits=()) -> pd.DataFrame:
    """Every way to rank pictures by both similarities at once; higher is better.

    `harmony = sqrt(u_subject * u_text)` over calibrated shares; `minimum` of the two; `mean_z` over the
    nulls' means and deviations; the raw sum, product and harmonic mean, which calibration replaces; and
    `accord = sqrt(p_subject * p_text)`, where p is the probability, by `evidence`, that the subject (the context)
    is there. A share cannot tell the null's best from what lies far above it; accord can. Its hits are the
    references' similarities to each other, and those of class pictures drawn for this very prompt.
    """
    subject, text = np.asarray(subject, dtype=float), np.asarray(text, dtype=float)
    u_subject, u_text = calibrate(subject, subject_null), calibrate(text, text_null)
    z = [(x - np.mean(null)) / max(np.std(null), 1e-12) for x, null in ((subject, subject_null), (text, text_null))]
    odds = evidence(subject, subject_null, subject_hits), evidence(text, text_null, text_hits)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_p = [-np.logaddexp(0, -e) for e in odds]
        harmonic = np.where(np.minimum(subject, text) > 0, 2 * subject * text / (subject + text), 0.0)
    return pd.DataFrame(
        dict(
            u_subject=u_subject,
            u_text=u_text,
            p_subject=np.exp(log_p[0]),
            p_text=np.exp(log_p[1]),
            accord=np.exp((log_p[0] + log_p[1]) / 2),
            harmony=np.sqrt(u_subject * u_text),
            minimum=np.minimum(u_subject, u_text),
            mean_z=(z[0] + z[1]) / 2,
            raw_sum=subject + text,
            raw_product=subject * text,
            raw_harmonic_mean=harmonic,
        )
    )


def normalised(values, *, floor: float, ceiling: float) -> np.ndarray:
    """Values on the scale where the one anchor is 0 and the other 1 (`R~`, `E~`)."""
    if not ceiling > floor:
        raise ValueError(f"anchors: the ceiling {ceiling:.4f} is not above the floor {floor:.4f}")
    return (np.asarray(values, dtype=float) - floor) / (ceiling - floor)


def hypervolume(R, E) -> float:
    """Area that the points (R~, E~) of one method dominate above (0, 0); 1 would be both ceilings at once."""
    points = sorted(zip(np.clip(R, 0, None), np.clip(E, 0, None), strict=True), reverse=True)
    area, reached = 0.0, 0.0
    for i, (_, e) in enumerate(points):
        reached = max(reached, e)
        following = points[i + 1][0] if i + 1 < len(points) else 0.0
        area += (points[i][0] - following) * reached
    return float(area)


def editability_at(level: float, R, E) -> float:
    """`E~` where a method's front reaches `R~ = level`, interpolated; NaN where it reaches no such level."""
    order = np.argsort(R)
    R, E = np.asarray(R, dtype=float)[order], np.asarray(E, dtype=float)[order]
    E = np.maximum.accumulate(E[::-1])[::-1]  # a setting that reconstructs more and edits better is preferred
    if not len(R) or not R[0] <= level <= R[-1]:
        return float("nan")
    return float(np.interp(level, R, E))
