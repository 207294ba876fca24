"""Words on a leash: trained under each setting or made from the naive word; drawn and scored; where their rows lie."""

from collections.abc import Callable, Collection, Iterable, Sequence

import numpy as np
import pandas as pd
import torch
from PIL import Image

from study.page import Page
from study.scores import SETTING
from textinv_core.evaluation.fronts import interpolated
from textinv_core.evaluation.metrics import evaluate, image_only
from textinv_core.evaluation.probes import rescaled
from textinv_core.files import write_image
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import Concept
from textinv_core.learning.tokens import nearest_words

Look = Callable[[Concept, pd.DataFrame], pd.DataFrame]  # a concept and its pictures -> columns, on the same index
Tiles = dict[tuple[str, float, int, str], Image.Image]  # method, strength, training seed, prompt -> the first noise's


def learn(
    page: Page,
    concept: Concept,
    plan: Sequence[tuple[str, float, dict]],  # method, strength, what the arm is given; the naive one first
    *,
    steps: int,
    every: int,  # distance of the early stops
    shares: Sequence[float] = (),  # interpolations
    taught: Concept | None = None,  # whose pictures are learned from; default: the concept's own
    seeds: Sequence[int] | None = None,  # training seeds; default: the page's
) -> pd.DataFrame:
    """A row per word: its setting, the `word`, the training's `loss` and `beta` where known, where its row lies.

    Without training come from the naive words: the `initializer`, every early stop, the interpolations and, with those,
    the row `rescaled` to the vocabulary's median length.
    """
    given = page.parameters
    seeds = given["seeds"] if seeds is None else seeds
    where = [(m, x, s) for m, x, _ in plan for s in seeds]
    arms = [Arm(taught or concept, seed=s, **how) for *_, how in plan for s in seeds]
    how = dict(steps=steps, checkpoint_every=every, batch_size=given["batch_size"])
    learned = page.store.learn(page.pipe, arms, **how)
    table = page.pipe.text_encoder.get_input_embeddings().weight.detach().float().cpu()
    median, first = float(table.norm(dim=-1).median()), learned.at(0)[0]
    words = list(zip(where, learned.at(), strict=True))
    words += [(("initializer", 0.0, s), first) for s in seeds]
    for s, end in list(zip(seeds, learned.at(), strict=False)) if shares else ():
        words += [(("interpolation", x, s), interpolated(end, first.rows, x)) for x in sorted(shares)]
        words.append((("rescaled", 1.0, s), rescaled(end, median)))
    for step in learned.steps[1:-1]:
        words += [(("early stopping", step, s), w) for s, w in zip(seeds, learned.at(step), strict=False)]
    found = pd.DataFrame([(concept.name, m, float(x), s, w) for (m, x, s), w in words], columns=[*SETTING, "word"])
    rows, start = torch.cat([w.rows[:1] for _, w in words]), first.rows[:1]
    found["moved"] = (rows - start).norm(dim=-1).numpy()
    found["cos_initial"] = torch.cosine_similarity(rows, start).numpy()
    found["norm_ratio"] = (rows.norm(dim=-1) / median).numpy()
    found["nearest_cosine"] = [near[0][1] for near in nearest_words(page.pipe, rows, k=1)]
    loss = learned.log.set_index(["arm", "step"])["loss"]
    found["loss"] = [loss.get((w.arm, w.step), float("nan")) for _, w in words]
    found["beta"] = found["word"].map(lambda w: w.arm).map(learned.table.set_index("arm")["kl_beta"])
    return found


def redrawn(page: Page, concept: Concept, draw: Callable[[np.random.Generator], np.ndarray]) -> Concept:
    """The concept taught from other pictures: as many as its own, drawn anew and kept in the scratch folder."""
    home, rng = page.store.pictures.with_name("redrawn") / concept.name, np.random.default_rng(0)
    drawn = [write_image(home / f"{i}.png", Image.fromarray(draw(rng))) for i in range(len(concept.images))]
    return concept.model_copy(update=dict(images=tuple(drawn)))


def score(
    page: Page, concept: Concept, words: pd.DataFrame, plain_noises: Sequence[int], look: Look
) -> tuple[pd.DataFrame, Tiles]:
    """A row per picture of every word: CLIP's scores, what `look` gives, and the setting; and a picture of each.

    `seed` is the training seed, `image` the noise. The plain prompt is drawn from `plain_noises`, the others from the
    page's own.
    """
    parts, tiles = [], {}
    first, *others = page.prompts()[concept.name]
    for row in words.itertuples(index=False):
        drawn = [page.draw(row.word, [first], plain_noises)] + ([page.draw(row.word, others)] if others else [])
        drawn = pd.concat(drawn, ignore_index=True)
        shown = drawn.drop_duplicates("prompt")
        tiles |= {(row.method, row.strength, row.seed, p.prompt): p.image for p in shown.itertuples()}
        found = evaluate(drawn, concept, page.judge).join(look(concept, drawn)).rename(columns={"seed": "image"})
        parts.append(found.assign(**{key: getattr(row, key) for key in SETTING}))
    return pd.concat(parts, ignore_index=True), tiles


def learn_and_score(
    page: Page,
    concepts: Sequence[Concept],
    plan: Sequence[tuple[str, float, dict]],  # as for `learn`
    plain_noises: Sequence[int],
    look: Look,
    *,
    few: Collection[str] = (),  # names of concepts of which the `methods` alone are wanted
    methods: Collection[str] = (),
    **how,  # as for `learn`
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Tiles]]:
    """All words without their rows, the scores of their pictures, and each concept's first pictures."""
    words, scores, tiles = [], [], {}
    for concept in concepts:
        wanted = [one for one in plan if concept.name not in few or one[0] in methods]
        own = learn(page, concept, wanted, **how)
        if concept.name in few:
            own = own[own["method"].isin(methods)]
        found, tiles[concept.name] = score(page, concept, own, plain_noises, look)
        words.append(own.drop(columns="word"))
        scores.append(found)
    return pd.concat(words, ignore_index=True), pd.concat(scores, ignore_index=True), tiles


def score_taught(
    page: Page,
    cases: Iterable[
        tuple[str, Concept, Concept, Sequence, int]
    ],  # place, concept, as it is taught there, plan, updates
    seeds: Sequence[int],  # of the trainings
    look: Look,
) -> tuple[pd.DataFrame, dict[str, tuple[str, Tiles]]]:
    """The scores of the pictures of every case, with its `place`; and of each place one concept with its pictures."""
    parts, drawn = [], {}
    for place, concept, taught, plan, updates in cases:
        own = learn(page, concept, plan, steps=updates, every=max(1, updates // 5), taught=taught, seeds=seeds)
        found, tiles = score(page, concept, own, page.noises, look)
        parts.append(found.assign(place=place))
        drawn.setdefault(place, (concept.name, tiles))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(), drawn


def anchor_scores(page: Page) -> pd.DataFrame:
    """Scores of every concept's two anchors, by `arm`: its training pictures as if drawn, and the plain model's."""
    parts = []
    for concept in page.concepts:
        texts = page.prompts()[concept.name]
        ends = image_only(concept, texts, page.side), page.draw_plain(concept, texts)
        parts += [evaluate(end, concept, page.judge) for end in ends]
    return pd.concat(parts, ignore_index=True)
