"""What the page on costs runs: loops in turns, growth, drawing with fewer steps, both loops at equal work, gradients."""

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product

import pandas as pd
import torch

from study.analysis.what_it_costs import OURS, PUBLISHED, task_of
from study.costs import bare_network, gradient_variance, in_turns, peak_bytes, steps_of_arms, traced
from study.page import Page
from study.published_loop import reference_loop
from study.truth import outcomes
from textinv_core.drawing.compiling import package_of
from textinv_core.drawing.generation import generate
from textinv_core.drawing.store import prepared
from textinv_core.evaluation.metrics import evaluate
from textinv_core.learning.arms import Arm
from textinv_core.learning.batches import encode_latents
from textinv_core.learning.concepts import Concept, class_phrase
from textinv_core.learning.models import model_hash
from textinv_core.learning.objective import Objective
from textinv_core.learning.precision import shortened
from textinv_core.learning.tokens import Embedding

DRAWN = 64  # pictures, at least, of a timing: whole batches
See = Callable[..., pd.DataFrame]  # pictures, their concept, perhaps its name -> the columns of `truth.OUTCOMES`


def empty_cache() -> tempfile.TemporaryDirectory:
    """A new cache of compiled code, as long as what is returned lives: what is timed then is a first compilation."""
    cache = tempfile.TemporaryDirectory()
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = cache.name
    return cache


def timed_loops(
    pipe,
    concept: Concept,
    loops: Mapping[str, bool],  # of ours, name -> whether compiled
    arms: Sequence[int],  # numbers of words learned together
    *,
    repeats: int,
    calls: int,
    memory_gb: float,
    batch_size: int,
    templates: Mapping[str, Sequence[str]],  # by concept
    dtype: torch.dtype,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Steps in turns with the published loop, as of `in_turns`; what compiling took; the peak memory of each step."""
    loop = reference_loop(pipe, concept, templates=templates[concept.name], steps=10**9, batch_size=batch_size)
    how = dict(batch_size=batch_size, templates=templates, dtype=dtype)
    tasks, waits = steps_of_arms(pipe, concept, loops, arms, memory_gb=memory_gb, **how)
    length = pipe.text_encoder.config.max_position_embeddings
    bare = bare_network(pipe.unet, examples=batch_size, at_once=batch_size, length=length)
    tasks = {PUBLISHED: partial(next, loop)} | tasks | {f"network, {PUBLISHED}": bare}
    timings = in_turns(tasks, repeats=repeats, calls=calls)
    measured = [(PUBLISHED, 1), *product(loops, arms)]
    peaks = [dict(loop=name, words=k, gigabytes=peak_bytes(tasks[task_of(name, k)]) / 2**30) for name, k in measured]
    return timings, waits, pd.DataFrame(peaks)


def growth(pipe, concept: Concept, *, pixels: int, batch_size: int, dtype: torch.dtype, repeats: int) -> pd.DataFrame:
    """Seconds of encoding more pictures, and of the network's pass at more pixels a side, with its operations."""
    length, own_side = pipe.text_encoder.config.max_position_embeddings, pixels // pipe.vae_scale_factor
    network, many = shortened(pipe.unet, dtype), len(concept.images)
    some = sorted({1, (many + 1) // 2, many})
    tasks = {f"pictures, {n}": partial(encode_latents, pipe, concept.images[:n]) for n in some}
    sides = {f"pixels a side, {scale * pixels}": scale * own_side for scale in (1, 2)}
    how = dict(examples=batch_size, at_once=batch_size, length=length)
    tasks |= {called: bare_network(network, side=side, **how) for called, side in sides.items()}
    flops = {called: batch_size * traced(network, length=length, side=side)["flops"] for called, side in sides.items()}
    median = in_turns(tasks, repeats=repeats).groupby("task", sort=False)["seconds"].median()
    table = median.rename_axis("with").reset_index()
    return table.assign(gigaflops=table["with"].map(flops) / 1e9)


def pictures_per_second(
    page: Page, texts: Sequence[str], dtype: torch.dtype, repeats: int, batches: Sequence[int]
) -> pd.DataFrame:
    """By batch size (`at_once`), number format and round: pictures of the first concept's class word, in turns.

    "compiled" where the network is: see `compile_drawing`.
    """
    noises, model, tasks = range(-(-max(DRAWN, *batches) // len(texts))), model_hash(page.pipe), {}
    package = package_of(page.pipe.unet, model, dtype)
    ways = [(form, None) for form in dict.fromkeys((page.pipe.unet.dtype, dtype))]
    ways += [(dtype, package)] if package.exists() else []
    for at_once, (form, used) in product(batches, ways):
        how = dict(batch_size=at_once, dtype=form, word=class_phrase(page.concepts[0]), **page.drawing)
        pipe = prepared(page.pipe, form, model, used)  # as a store draws
        called = str(form).removeprefix("torch.") + (", compiled" if used else "")
        tasks[at_once, called] = partial(generate, pipe, None, texts, noises, **how)
    timed = in_turns(tasks, repeats=repeats)
    timed["at_once"], timed["format"] = zip(*timed.pop("task"), strict=True)
    return timed.assign(pictures_per_second=len(texts) * len(noises) / timed.pop("seconds"))


def by_sampler_steps(page: Page, texts: Mapping[str, Sequence[str]], steps: Sequence[int], see: See) -> pd.DataFrame:
    """Pictures of each class word with more and more steps: how `alike` to those with the last, and the context `there`.

    texts: by concept; see: as for `both_loops`.
    """
    rows = []
    for c in page.concepts:
        drawn = {n: page.draw(None, texts[c.name], word=class_phrase(c), num_inference_steps=n) for n in steps}
        most = page.judge.image_features(list(drawn[steps[-1]]["image"]))
        for n, pictured in drawn.items():
            alike = (page.judge.image_features(list(pictured["image"])) * most).sum(1).tolist()
            there = see(pictured, c)["context_seen"]
            rows.append(pictured[["prompt", "seed"]].assign(concept=c.name, steps=n, alike=alike, there=there))
    return pd.concat(rows, ignore_index=True).rename(columns={"seed": "image"})


def both_loops(
    page: Page,
    prompts: Mapping[str, Sequence[str]],  # concept -> the plain prompt, then those with a context
    see: See,
    templates: Mapping[str, Sequence[str]],
) -> tuple[pd.DataFrame, dict[tuple[str, int], Embedding]]:
    """What both loops learn in as many steps: a row a concept, seed and loop; and our words by concept and seed.

    The steps, seeds, batch and learning rate are the page's.
    """
    given, rows, ends = page.parameters, [], {}
    how = dict(steps=given["steps"], batch_size=given["batch_size"])
    for c in page.concepts:
        arms = [Arm(c, seed=s, learning_rate=given["learning_rate"]) for s in given["seeds"]]
        for arm, ours in zip(arms, page.store.learn(page.pipe, arms, **how).at(), strict=True):
            alike = dict(templates=templates[c.name], seed=arm.seed, learning_rate=arm.learning_rate)
            *_, last = reference_loop(page.pipe, c, **how, **alike)
            theirs = Embedding(c.placeholder, last.row[None].float().cpu(), "published", given["steps"])
            away = float(torch.cosine_similarity(ours.rows[0], theirs.rows[0], dim=0))
            ends[c.name, arm.seed] = ours
            for name, word in ((OURS, ours), (PUBLISHED, theirs)):
                pictured, plain = page.draw(word, prompts[c.name]), prompts[c.name][0]
                one = evaluate(pictured, c, page.judge).join(see(pictured, c, c.name))
                kept = outcomes(one, {c.name: plain}, ["concept"]).iloc[0].to_dict()
                likeness = one[one["prompt"] == plain]["reconstruction"].mean()
                rows.append(kept | dict(seed=arm.seed, loop=name, reconstruction=likeness, cosine_of_rows=away))
    return pd.DataFrame(rows), ends


def gradient_spread(
    page: Page,
    ends: Mapping[tuple[str, int], Embedding],  # our words by concept and seed
    *,
    words: int,  # looked at in one go
    updates: int,
    memory_gb: float,
    **how,  # as for `Objective`
) -> pd.DataFrame:
    """How much an update's gradient varies, timesteps drawn freely or apart, where learning begins and where it ended."""
    seeds, rows = page.parameters["seeds"], []
    for c, (way, stratified) in product(page.concepts, {"freely": False, "apart": True}.items()):
        arms = [Arm(c, seed=seed) for seed in range(words)]
        objective = Objective(page.pipe, arms, stratified=stratified, **how)
        objective.fit(memory_gb)
        points = [("initializer", seeds[0], objective.start[:1])]
        points += [("learned", seed, ends[c.name, seed].rows[None]) for seed in seeds]
        for at, seed, row in points:
            found = gradient_variance(objective, row, updates=updates, offset=10_000 * (1 + seeds.index(seed)))
            rows.append(dict(concept=c.name, seed=seed, at=at, drawn=way, variance=found))
    return pd.DataFrame(rows)
