# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,mystnb,-papermill
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What does a word cost?
#
# :::{div} answer
# {glue:text}`answer`
# :::
#
# The published loop learns one word at a time. It encodes the pictures at every step, and moves and then restores the whole
# vocabulary to change one row of it. Here the latents are kept, the rows are the only parameters, the frozen network
# computes in whatever short format the processor is fastest in, and many words are learned in one batch, the timesteps of
# each word’s examples drawn apart. What does that save, is what it learns as good, and where does a whole study spend its time?

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["violet_cloud", "sky_castle", "plum_cat"]  # [names or folders] what to learn
initializer: str = ""  # [word] where learning starts; empty: each concept's own
arms: list[int] = [1, 4, 16, 64]  # [words] learned together
batch_size: int = 4  # [pictures] per update and learned word
calls: int = 2  # [updates] in one timing
repeats: int = 5  # [rounds] in which everything is timed once
compiled: bool = False  # [yes or no] also time our loop compiled, which takes a minute or two for each number of words
memory_gb: float = 4.0  # [GB] what one backward pass may keep
steps: int = 500  # [updates] of both loops where what they learn is compared
updates: int = 256  # [updates] of each word, whose gradients are compared by how they vary
seeds: list[int] = [0, 1]  # [numbers] training seeds
learning_rate: float = 0.01  # [per update] Adam's step size
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 4  # [pictures] drawn for each prompt
contexts: int = 4  # [prompts] with a context, of each concept
num_inference_steps: int = 25  # [steps] of the sampler
sampler_steps: list[int] = [10, 12, 15, 20, 25, 50]  # [steps] numbers to compare; the last is the yardstick
sd15_shape: bool = False  # [yes or no] also time a network of Stable Diffusion 1.5's shape, with random weights
sd15_rate: float = 0.0  # [updates per second] of one word on Stable Diffusion 1.5, measured elsewhere; zero: not measured
gpu_tflops: float = 100.0  # [Tflop/s] that an accelerator is assumed to sustain, for the estimate
study_concepts: int = 30  # [concepts] of the study that is estimated
study_seeds: int = 5  # [seeds] of each concept there
study_steps: int = 3000  # [updates] of each word there
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead
runs: str = ""  # [folder] where learned words are kept instead

# %% tags=["remove-cell"]
from study.parameters import check_notebook

check_notebook(In, globals())

# %% tags=["hide-input"]
# %matplotlib inline
import os
import tempfile
from functools import partial
from itertools import product

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import torch
from pocket_world.oracle.witness import open_oracle, sees

from study.analysis import what_it_costs as analysis
from study.analysis import what_it_costs_whole as whole
from study.analysis.what_it_costs import COMPILED, OURS, PUBLISHED, task_of
from study.costs import bare_network, gradient_variance, in_turns, peak_bytes, sd15_unet, steps_of_arms, traced
from study.page import begin
from study.published_loop import reference_loop
from study.truth import outcomes
from study.wording import counted, in_words
from textinv_core.drawing.generation import generate
from textinv_core.evaluation.metrics import evaluate
from textinv_core.learning.arms import Arm
from textinv_core.learning.batches import encode_latents
from textinv_core.learning.compiling import can_compile
from textinv_core.learning.concepts import class_phrase, context_prompts
from textinv_core.learning.objective import Objective
from textinv_core.learning.precision import fastest_dtype, shortened
from textinv_core.learning.tokens import Embedding
from textinv_core.learning.training import describe
from textinv_core.paths import record_dir, scratch_dir
from textinv_core.provenance import machine

page = begin("what_it_costs", globals())
pipe, first, prompts, oracle = page.pipe, page.concepts[0], page.prompts(), open_oracle(model)
templates = describe(pipe, [Arm(c) for c in page.concepts], steps=1)["templates"]
dtype, length = fastest_dtype(pipe.unet), pipe.text_encoder.config.max_position_embeddings
on, both_ways, table = machine(), compiled and can_compile(), {}
best = COMPILED if both_ways else OURS

# %% [markdown]
# ## What is compared
#
# The contrasts of this page, named before its results: steps per second and word against the published loop, for one word
# and for the largest batch; the share of a step that is the frozen networks themselves; what the words draw that both loops learned
# ({glue:text}`decides`, as good if the difference is less than {glue:text}`smallest`; the control is the published loop at the same
# seeds); and how much an update’s gradient varies with timesteps drawn apart, against drawn freely.

# %% [markdown]
# ## Steps per second
#
# In turns, in one process: a step of the published loop, a step of ours with more and more words in it, and what no loop around
# them can beat: the forward and backward pass of the denoising network alone on as many examples, and of both frozen networks
# that a word’s gradient comes through, the text encoder and the denoising network. Where it is asked for, ours is timed once more, compiled.

# %% tags=["hide-input"]
cache = tempfile.TemporaryDirectory()  # an empty one: what is timed is a first compilation
os.environ["TORCHINDUCTOR_CACHE_DIR"] = cache.name
loop = reference_loop(pipe, first, templates=templates[first.name], steps=10**9, batch_size=batch_size)
loops = {OURS: False} | ({COMPILED: True} if both_ways else {})
how = dict(batch_size=batch_size, templates=templates, dtype=dtype)
tasks, waits = steps_of_arms(pipe, first, loops, arms, memory_gb=memory_gb, **how)
tasks, timed = {PUBLISHED: partial(next, loop)} | tasks, {PUBLISHED: [1]} | dict.fromkeys(loops, arms)
tasks[f"network, {PUBLISHED}"] = bare_network(pipe.unet, examples=batch_size, at_once=batch_size, length=length)
timings = table["timings"] = in_turns(tasks, repeats=repeats, calls=calls)
rates = table["rates"] = analysis.rates_of(timings, timed)
peaks = [dict(loop=name, words=k, gigabytes=peak_bytes(tasks[task_of(name, k)]) / 2**30) for name in timed for k in timed[name]]
memory = table["memory"] = pd.DataFrame(peaks)
table["compiling"] = analysis.paid_off(waits, timings)

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Left: steps per second, counted for each word, by the number of words learned together; dashed, the published loop. Right: the share of a step of ours (compiled, where that was timed) that is the frozen networks\u2019 own forward and backward pass. Lines are medians, points are rounds.", "name": "fig-costs-rate"}, "image": {"alt": "Left, rising curves of steps per second against the number of words, above a dashed line. Right, shares below one.", "width": "100%"}}
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
ours, typical = rates[rates["loop"] != PUBLISHED], analysis.typical(rates)
share = {"network": "denoising network", "both": "with the text encoder"}
shares = ours[ours["loop"] == best].rename(columns=share).melt("words", list(share.values()), "of", "share")
for ax, data, value, hue in ((left, ours, "rate", "loop"), (right, shares, "share", "of")):
    sns.lineplot(data, x="words", y=value, hue=hue, estimator="median", errorbar=None, marker="o", ax=ax)
    ax.plot(data["words"], data[value], "o", color="0.5", markersize=3, zorder=0)
    ax.set_xscale("log", base=2)
    ax.set_xticks(arms, arms)
    ax.legend(title=None)
left.axhline(typical[typical["loop"] == PUBLISHED]["rate"].item(), color="0.3", linestyle="--")
left.set(xlabel="words learned together", ylabel="steps per second and word", ylim=(0, None))
right.set(xlabel="words learned together", ylabel="share of a step", ylim=(0, max(1.1, 1.05 * shares["share"].max())))
plt.show()

# %%
analysis.rate_table(rates, memory)

# %% [markdown]
# A share can come out above one: what is divided was timed one after the other. Memory is the most that the process held at any
# time of a step, libraries and weights and the other loops’ copies of them included. What compiling costs the first time, and after how
# many steps it has paid for itself (in shorter runs, training does not compile unless told to; where it was not timed, the table is empty):

# %%
shown = table["compiling"].rename(columns={"examples": "examples at once", "seconds": "compiling, s", "pays_after": "pays after steps"})
shown.style.format("{:.0f}").hide(axis="index")

# %% [markdown]
# ## What makes it grow
#
# Words: the figure above. Steps: each costs the same. Pictures: only what is done once, encoding them. Resolution: the network’s
# own cost, counted in operations and timed.

# %% tags=["hide-input"]
own_side = page.side // pipe.vae_scale_factor
sides = {scale * page.side: scale * own_side for scale in (1, 2)}  # pixels -> latents a side
network = shortened(pipe.unet, dtype)
sized = {f"pictures, {n}": partial(encode_latents, pipe, first.images[:n]) for n in sorted({1, (len(first.images) + 1) // 2, len(first.images)})}
bare = partial(bare_network, network, examples=batch_size, at_once=batch_size, length=length)
sized |= {f"pixels a side, {px}": bare(side=s) for px, s in sides.items()}
operations = {f"pixels a side, {px}": batch_size * traced(network, length=length, side=s)["flops"] for px, s in sides.items()}
growth = in_turns(sized, repeats=repeats).groupby("task", sort=False)["seconds"].median().rename_axis("with").reset_index()
growth = table["growth"] = growth.assign(gigaflops=growth["with"].map(operations) / 1e9)
growth.style.format({"seconds": "{:.3f}", "gigaflops": "{:.1f}"}, na_rep="–").hide(axis="index")

# %% [markdown]
# ## Drawing
#
# How few steps of the sampler give the same pictures? Every picture of the class word in a context is
# compared with the one from the same noise and most steps: by whether the world’s own recogniser, where it is
# at hand, finds what the prompt asks for, and by the judge’s features.

# %% tags=["hide-input"]
texts = {name: own[1:] or own for name, own in prompts.items()}
draw = partial(generate, pipe, None, texts[first.name], page.noises, word=class_phrase(first), **page.drawing)
formats = {str(form).removeprefix("torch."): form for form in dict.fromkeys((pipe.unet.dtype, dtype))}
drawing = in_turns({name: partial(draw, dtype=form) for name, form in formats.items()}, repeats=min(repeats, 2))
speed = len(texts[first.name]) * images_per_prompt / drawing.groupby("task", sort=False)["seconds"].median()
table["drawing"] = speed.rename("pictures_per_second").rename_axis("format").reset_index()
rows = []
for c in page.concepts:
    drawn = {n: page.draw(None, texts[c.name], word=class_phrase(c), num_inference_steps=n) for n in sampler_steps}
    most = page.judge.image_features(list(drawn[sampler_steps[-1]]["image"]))
    for n, pictured in drawn.items():
        alike = (page.judge.image_features(list(pictured["image"])) * most).sum(1).tolist()
        there = sees(oracle, pictured, context_prompts(c.kind))["context_seen"]
        rows.append(pictured[["prompt", "seed"]].assign(concept=c.name, steps=n, alike=alike, there=there))
sampler = table["sampler"] = pd.concat(rows, ignore_index=True).rename(columns={"seed": "image"})
fewer = analysis.fewer_steps(sampler, sampler_steps)
analysis.sampler_table(sampler, fewer)

# %% [markdown]
# ## As good, at equal work?
#
# Both loops learn each concept for the same number of steps, from the same pictures and the same noise. The published one draws
# its timesteps freely, decays the row’s weights a little, as its example does, and computes in full numbers. Each word then draws
# the plain prompt and the contexts.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "After equally many steps: the published loop (across) against ours (up), one point a concept and training seed. On the line, the two are equal. First the outcome that decides; last, reconstruction by CLIP.", "name": "fig-costs-quality"}, "image": {"alt": "Scatter plots of points along the diagonal.", "width": "100%"}}
rows, ends = [], {}
for c in page.concepts:
    learned = page.store.learn(pipe, [Arm(c, seed=s, learning_rate=learning_rate) for s in seeds], steps=steps, batch_size=batch_size)
    ends[c.name] = dict(zip(seeds, learned.at(), strict=True))
    for seed in seeds:
        alike = dict(templates=templates[c.name], seed=seed, batch_size=batch_size, learning_rate=learning_rate)
        *_, last = reference_loop(pipe, c, steps=steps, **alike)
        theirs = Embedding(c.placeholder, last.row[None].float().cpu(), "published", steps)
        away = float(torch.cosine_similarity(ends[c.name][seed].rows[0], theirs.rows[0], dim=0))
        for name, word in ((OURS, ends[c.name][seed]), (PUBLISHED, theirs)):
            pictured = page.draw(word, prompts[c.name])
            one = evaluate(pictured, c, page.judge).join(sees(oracle, pictured, context_prompts(c.kind), c.name))
            kept = outcomes(one, {c.name: prompts[c.name][0]}, ["concept"]).iloc[0].to_dict()
            likeness = one[one["prompt"] == prompts[c.name][0]]["reconstruction"].mean()
            rows.append(kept | dict(seed=seed, loop=name, reconstruction=likeness, cosine_of_rows=away))
quality = table["quality"] = pd.DataFrame(rows)
equal, decides, said = analysis.equally_good(quality)
panels = list(dict.fromkeys((decides, "reconstruction")))
figure, axes = plt.subplots(1, len(panels), figsize=(4.5 * len(panels) + 1, 4), layout="constrained", squeeze=False)
for ax, value in zip(axes.flat, panels, strict=True):
    wide = quality.pivot(index=["concept", "seed"], columns="loop", values=value).reset_index().replace({"concept": page.labels})
    sns.scatterplot(wide, x=PUBLISHED, y=OURS, hue="concept", ax=ax, legend=value == panels[-1])
    limits = np.array([quality[value].min() - 0.05, quality[value].max() + 0.05])
    ax.plot(limits, limits, color="0.5", linewidth=1, zorder=0)
    ax.set(xlabel="published loop", ylabel=f"ours: {analysis.CALLED[value]}", xlim=limits, ylim=limits, aspect="equal")
sns.move_legend(axes.flat[-1], "upper left", bbox_to_anchor=(1, 1))
plt.show()

# %% [markdown]
# ## Timesteps drawn apart
#
# The gradient of a nearly clean picture is many times that of a nearly lost one, so a batch whose timesteps are drawn freely is by
# luck a loud one or a quiet one. Ours takes one timestep from each of as many equal parts of the range as there are examples, and pairs
# a low one with a high one that shares its prompt, so that the text encoder works half as often. On average over the draws nothing changes. What
# may change is the spread: here the rows stand still, at their initializer or where learning ended, and only the draws differ.

# %% tags=["hide-input"]
rows = []
for c, (way, stratified) in product(page.concepts, {"freely": False, "apart": True}.items()):
    words = [Arm(c, seed=seed) for seed in range(min(max(arms), 16))]  # so many updates in one go
    objective = Objective(pipe, words, stratified=stratified, **how)
    objective.fit(memory_gb)
    points = [("initializer", seeds[0], objective.start[:1])]
    points += [("learned", seed, word.rows[None]) for seed, word in ends[c.name].items()]
    for at, seed, row in points:
        found = gradient_variance(objective, row, updates=updates, offset=10_000 * (1 + seeds.index(seed)))
        rows.append(dict(concept=c.name, seed=seed, at=at, drawn=way, variance=found))
table["variance"] = pd.DataFrame(rows)
shrunk = analysis.spread_ratios(table["variance"])
analysis.ratio_table(shrunk)

# %% [markdown]
# ## Where a study spends its seconds
#
# Processor seconds, on all cores, of the pages of this profile that were on record when this page ran, their jobs for single concepts
# included. *Learning* has its compiling in it; *the rest* is statistics, figures and what a page times or fine-tunes itself. A page
# that found its words and pictures made by another has not paid for them.

# %%
folders = [record_dir(profile, page.name).parent, *scratch_dir(profile).glob("*")]
spent = table["study_seconds"] = whole.seconds_of(one for one in whole.records(folders) if one.get("page") != page.name)
whole.seconds_table(spent)

# %% [markdown]
# ## At Stable Diffusion 1.5’s size
#
# The operations and the memory of a network of that exact shape are counted without running it. Where it was run, with random
# weights, its time is beside them. The hours of a whole study are an estimate: from a measured rate where one was given, otherwise from
# the counted operations and an assumed accelerator.

# %%
once = float("nan")
if sd15_shape:
    large = sd15_unet(device="cuda" if torch.cuda.is_available() else "cpu")
    once = in_turns({"sd15": bare_network(large, examples=1, at_once=1)}, repeats=1)["seconds"].item()
given = dict(batch_size=batch_size, words=study_concepts * study_seeds, steps=study_steps, rate=sd15_rate)
table["sd15"], hours = whole.sizes(traced(sd15_unet()), **given, teraflops=gpu_tflops, timed=once)
table["sd15"].style.format({"value": "{:.2f}"}, na_rep="not run").hide(axis="index")

# %% tags=["remove-cell"]
least, most = min(arms), max(arms)
medians = typical[typical["loop"] == best].set_index("words")
plainly = typical[typical["loop"] == OURS].set_index("words")["speedup"]
page.say(
    **page.common("n_concepts", "n_seeds", "steps", "repeats"),
    answer=f"On {page.model_name}, one word is learned {medians.loc[least, 'speedup']:.1f} times as fast as by the published loop, and "
    f"{most} together {medians.loc[most, 'speedup']:.1f} times as fast a word. What is learned {said.split(':')[0]}.",
    machine=f"{on['processor']}, {on['cores']} cores, {on['threads']} threads in use, accelerator: {on['accelerator']}",
    format=str(dtype).removeprefix("torch."),
    full=str(pipe.unet.dtype).removeprefix("torch."),
    most=f"{most}",
    decides=analysis.CALLED[decides],
    smallest=f"{analysis.SMALLEST[decides]:g}",
    **analysis.speed_said(rates, best),
    quality=said,
    variance="; ".join(f"at the {at} row {in_words(d, '.2f')}" for at, d in shrunk.items()),
    drawing=", ".join(f"{rate:.1f} in {form}" for form, rate in speed.items()),
    tells=analysis.enough_steps(sampler, fewer, sampler_steps),
    spends=whole.largest_said(spent),
    study=f"{counted(study_concepts, 'concept')} of {counted(study_seeds, 'seed')} and {counted(study_steps, 'step')}",
    hours=f"{hours:.0f}" if hours >= 10 else f"{hours:.1f}",
    basis="a measured rate" if sd15_rate else "counted operations and an assumed accelerator",
    compiled=f"compiled; without compiling {plainly[least]:.1f} and {plainly[most]:.1f} times" if both_ways else "not compiled",
)

# %% [markdown]
# ## What this shows, and what it does not
#
# On this machine one word takes a step {glue:text}`one_speedup` times as fast as in the published loop, and {glue:text}`most` words
# together {glue:text}`many_speedup` times as fast for each word (median and range of {glue:text}`repeats` rounds; ours
# {glue:text}`compiled`). Of our step, {glue:text}`one_network` and {glue:text}`many_network`
# are the denoising network’s own work, {glue:text}`one_both` and {glue:text}`many_both` both frozen networks’ (in
# {glue:text}`format`; the published loop computes in {glue:text}`full`, not compiled). With timesteps drawn apart, the variance of an
# update’s gradient is, as a share of that with timesteps drawn freely, {glue:text}`variance`.
#
# After {glue:text}`steps` steps, what ours learns {glue:text}`quality` (ours minus theirs; {glue:text}`n_concepts` concepts,
# {glue:text}`n_seeds` training seeds each). Pictures drawn per second: {glue:text}`drawing`; {glue:text}`tells`. Of the pages’ seconds:
# {glue:text}`spends`.
#
# A study of {glue:text}`study` on Stable Diffusion 1.5 would take about {glue:text}`hours` hours of one accelerator: an **estimate**,
# from {glue:text}`basis`, not a measurement of this page.
#
# What to do: learn words together, as many as there are; and draw with no more steps of the sampler than the contexts need.
#
# What it does not show:
#
# - Times are of one machine ({glue:text}`machine`), and of what else it was doing. Ratios carry over better than seconds, and not
#   exactly: a small network gains more from larger batches than a large one.
# - The published loop here is its algorithm, run in the same libraries, with the pictures already in memory. It is not its authors’ program.
# - Equal within an interval is not equal: the interval says how large a difference could have been missed.
# - Memory is the whole process’s, and counts what other cells had loaded.

# %% tags=["remove-cell"]
page.close(table)
