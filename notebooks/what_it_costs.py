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
# each word’s examples drawn apart. What does that save, how much of what is left is the network itself, and is what it learns as good?

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["elder_tree", "nova_hall", "wooden_figurine", "plum_beast"]  # [names or folders] what to learn
initializer: str = ""  # [word] where learning starts; empty: each concept's own
arms: list[int] = [1, 4, 16, 64]  # [words] learned together
batch_size: int = 4  # [pictures] per update and learned word
calls: int = 2  # [updates] in one timing
repeats: int = 5  # [rounds] in which everything is timed once
compiled: bool = False  # [yes or no] also time our loop compiled, which takes a minute or two for each number of words
memory_gb: float = 4.0  # [GB] what one backward pass may keep
steps: int = 400  # [updates] of both loops where what they learn is compared
updates: int = 256  # [updates] of each word, whose gradients are compared by how they vary
seeds: list[int] = [0, 1]  # [numbers] training seeds
learning_rate: float = 0.001  # [per update] Adam's step size
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 4  # [pictures] drawn for each prompt
contexts: int = 4  # [prompts] drawn where numbers of sampler steps are compared
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

# %% [markdown]
# ## Setup

# %% tags=["hide-input"]
# %matplotlib inline
import os
import tempfile
import time
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import torch
from myst_nb import glue
from pocket_world.first.witness import open_oracle, sees
from scipy.stats import binomtest

from study.costs import (
    arm_step,
    bare_network,
    frozen_networks,
    in_turns,
    peak_bytes,
    sd15_unet,
    traced,
)
from study.figures import use_style
from study.page import model_title, open_page
from study.published_loop import reference_loop
from study.wording import FEWEST_CONCEPTS, counted, in_words
from textinv_core.drawing.generation import generate
from textinv_core.evaluation.metrics import evaluate
from textinv_core.evaluation.stats import UNKNOWN, paired_interval
from textinv_core.learning.arms import Arm
from textinv_core.learning.batches import encode_latents
from textinv_core.learning.compiling import can_compile
from textinv_core.learning.compiling import compiled as compile_gradient
from textinv_core.learning.concepts import class_phrase, context_prompts, plain_prompt
from textinv_core.learning.objective import Objective
from textinv_core.learning.precision import fastest_dtype, shortened
from textinv_core.learning.tokens import Embedding
from textinv_core.learning.training import describe
from textinv_core.provenance import machine

MARGIN = 0.05  # share of pictures: a loss of contexts smaller than this is let pass
use_style()
plt.rcParams["figure.dpi"] = 120

# %% tags=["hide-input"]
where = dict(profile=profile, model=model, judge=judge, out=out, runs=runs, initializer=initializer)
page = open_page("what_it_costs", concepts=[concept] if concept else concepts, **where)
pipe, chosen, store = page.pipe, page.concepts, page.store
first = chosen[0]
templates = describe(pipe, [Arm(c) for c in chosen], steps=1)["templates"]
dtype, length = fastest_dtype(pipe.unet), pipe.text_encoder.config.max_position_embeddings
on, title, both_ways = machine(), model_title(model), compiled and can_compile()
table = {}

# %% [markdown]
# ## Steps per second
#
# In turns, in one process: a step of the published loop, a step of ours with more and more words in it, and what no loop around
# them can beat: the forward and backward pass of the denoising network alone on as many examples, and of both frozen networks
# that a word’s gradient comes through, the text encoder and the denoising network.
#
# Where it is asked for, all of ours is timed a second time with that pass traced and compiled as one function, its frozen weights
# laid out once. The published loop is left as its authors run it.
#
# The contrasts of this page, named before its results: steps per second and word against the published loop, for one word
# and for the largest batch; the share of a step that is the frozen networks themselves; the difference in reconstruction after equally
# many steps; and how much an update’s gradient varies with timesteps drawn apart, against drawn freely.

# %% tags=["hide-input"]
cache = tempfile.TemporaryDirectory()  # an empty one: what is timed is a first compilation
os.environ["TORCHINDUCTOR_CACHE_DIR"] = cache.name
loop = reference_loop(pipe, first, templates=templates[first.name], steps=10**9, batch_size=batch_size)
tasks, called, parts, waits = {"published": partial(next, loop)}, {"published": [1]}, {}, []
for name, fast in {"ours": False, "ours, compiled": True}.items() if both_ways else [("ours", False)]:
    called[name] = arms
    for k in arms:
        words = [Arm(first, seed=seed) for seed in range(k)]
        objective = Objective(pipe, words, batch_size=batch_size, templates=templates, dtype=dtype)
        at_once = objective.fit(memory_gb)
        if fast:  # what is compiled depends on the frozen networks and on how many examples run at once
            objective.part = parts.setdefault(at_once, compile_gradient(objective.loss_and_grad))
            start = time.perf_counter()
            objective.gradient(objective.start, 1)
            waits.append(dict(words=k, examples=at_once, seconds=time.perf_counter() - start))
        tasks[f"{name}, {k}"] = arm_step(objective)
        tasks[f"both networks, {name}, {k}"] = frozen_networks(objective)
        bare = dict(examples=k * batch_size, at_once=at_once, length=length, compile=fast)
        tasks[f"network, {name}, {k}"] = bare_network(objective.unet, **bare)
tasks["network, published"] = bare_network(pipe.unet, examples=batch_size, at_once=batch_size, length=length)
timings = table["timings"] = in_turns(tasks, repeats=repeats, calls=calls)

# %% tags=["hide-input"]
seconds = timings.pivot(index="repeat", columns="task", values="seconds")
theirs, rates = seconds["published"], []
for name, k in [(name, k) for name, some in called.items() for k in some]:
    task = name if name == "published" else f"{name}, {k}"
    own, network = seconds[task], seconds[f"network, {task}"]
    both = seconds.get(f"both networks, {task}", np.nan)  # not timed for the published loop
    rates.append(pd.DataFrame(dict(loop=name, words=k, rate=k / own, speedup=k * theirs / own, network=network / own, both=both / own)))
rates = table["rates"] = pd.concat(rates, ignore_index=True)
typical = rates.groupby(["loop", "words"], sort=False).median().reset_index()
memory = [dict(loop=name, words=k, gigabytes=peak_bytes(tasks[name if name == "published" else f"{name}, {k}"]) / 2**30) for name, some in called.items() for k in some]
memory = table["memory"] = pd.DataFrame(memory)

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Left: steps per second, counted for each word, by the number of words learned together; dashed, the published loop. Right: the share of a step of ours (compiled, where that was timed) that is the frozen networks’ own forward and backward pass. Lines are medians, points are rounds.", "name": "fig-costs-rate"}, "image": {"alt": "Left, rising curves of steps per second against the number of words, above a dashed line. Right, shares below one.", "width": "100%"}}
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
best = "ours, compiled" if both_ways else "ours"
ours = rates.query("loop != 'published'")
share = {"network": "denoising network", "both": "with the text encoder"}
shares = ours.query("loop == @best").rename(columns=share).melt("words", list(share.values()), "of", "share")
for ax, data, value, hue in ((left, ours, "rate", "loop"), (right, shares, "share", "of")):
    sns.lineplot(data, x="words", y=value, hue=hue, estimator="median", errorbar=None, marker="o", ax=ax)
    ax.plot(data["words"], data[value], "o", color="0.5", markersize=3, zorder=0)
    ax.set_xscale("log", base=2)
    ax.set_xticks(arms, arms)
    ax.legend(title=None)
left.axhline(typical.query("loop == 'published'")["rate"].item(), color="0.3", linestyle="--")
left.set(xlabel="words learned together", ylabel="steps per second and word", ylim=(0, None))
right.set(xlabel="words learned together", ylabel="share of a step", ylim=(0, max(1.1, 1.05 * shares["share"].max())))
plt.show()

# %% tags=["hide-input"]
titles = {"loop": "loop", "words": "words", "rate": "steps/s per word", "speedup": "times the published loop", "network": "share of the denoising network", "both": "with the text encoder", "gigabytes": "peak memory, GB"}
shown = typical.merge(memory, on=["loop", "words"]).rename(columns=titles)
shown.style.format({name: "{:.2f}" for name in list(titles.values())[2:]}, na_rep="–").hide(axis="index")

# %% [markdown]
# What compiling costs the first time, and after how many steps it has paid for itself; in shorter runs, training does not compile unless told to.
# Where compiling was not timed, there is no table.

# %% tags=["hide-input"]
waits = table["compiling"] = pd.DataFrame(waits, columns=["words", "examples", "seconds"]).drop_duplicates("examples")
saved = [float((seconds[f"ours, {k}"] - seconds[f"ours, compiled, {k}"]).median()) for k in waits["words"]]
waits["pays_after"] = [wait / s if s > 0 else np.inf for wait, s in zip(waits["seconds"], saved, strict=True)]
names = {"words": "words", "examples": "examples at once", "seconds": "compiling, s", "pays_after": "pays after steps"}
waits.rename(columns=names).style.format({names["seconds"]: "{:.0f}", names["pays_after"]: "{:.0f}"}).hide(axis="index") if len(waits) else None

# %% [markdown]
# A share can come out above one: what is divided was timed one after the other. Memory is the most that the process held at any
# time of a step, libraries and weights and the other loops’ copies of them included.
#
# ## What makes it grow
#
# Words: the figure above. Steps: each costs the same. Pictures: only what is done once, encoding them. Resolution: the network’s
# own cost, counted in operations and timed.

# %% tags=["hide-input"]
some = sorted({1, (len(first.images) + 1) // 2, len(first.images)})
encode = {f"{n}": partial(encode_latents, pipe, first.images[:n]) for n in some}
pictures = in_turns(encode, repeats=repeats).groupby("task", sort=False)["seconds"].median()
own_side = page.side // pipe.vae_scale_factor
sides = {f"{scale * page.side} px": scale * own_side for scale in (1, 2)}
network = shortened(pipe.unet, dtype)
sized = {px: bare_network(network, examples=batch_size, at_once=batch_size, length=length, side=s) for px, s in sides.items()}
resolutions = in_turns(sized, repeats=repeats).groupby("task", sort=False)["seconds"].median()
operations = pd.DataFrame({px: traced(network, length=length, side=s) for px, s in sides.items()}).T
growth = [dict(grows="pictures", value=n, seconds=s, gigaflops=np.nan) for n, s in pictures.items()]
growth += [dict(grows="resolution", value=px, seconds=s, gigaflops=batch_size * operations.loc[px, "flops"] / 1e9) for px, s in resolutions.items()]
table["growth"] = pd.DataFrame(growth)
table["growth"].style.format({"seconds": "{:.3f}", "gigaflops": "{:.1f}"}, na_rep="–").hide(axis="index")

# %% [markdown]
# ## Drawing
#
# Pictures per second, in full and in short numbers. Then: how few steps of the sampler give the same pictures? Every picture is
# compared with the one from the same noise and most steps: by the judge’s features, and, where the world’s own recogniser is
# at hand, by whether it finds what the prompt asks for.

# %% tags=["hide-input"]
texts = {c.name: list(context_prompts(c.kind))[:contexts] for c in chosen}
draw = partial(generate, pipe, None, texts[first.name], range(images_per_prompt), word=class_phrase(first), guidance_scale=guidance)
formats = {str(form).removeprefix("torch."): form for form in dict.fromkeys((pipe.unet.dtype, dtype))}
drawing = in_turns({name: partial(draw, num_inference_steps=num_inference_steps, dtype=form) for name, form in formats.items()}, repeats=min(repeats, 2))
speed = len(texts[first.name]) * images_per_prompt / drawing.groupby("task", sort=False)["seconds"].median()
table["drawing"] = speed.rename("pictures_per_second").rename_axis("format").reset_index()

# %% tags=["hide-input"]
oracle, rows, numbers = open_oracle(model), [], range(images_per_prompt)
for c in chosen:
    asked = context_prompts(c.kind)
    drawn = {n: store.draw(pipe, None, texts[c.name], numbers, word=class_phrase(c), guidance_scale=guidance, num_inference_steps=n) for n in sampler_steps}
    features = {n: page.judge.image_features(list(t["image"])) for n, t in drawn.items()}
    for n, pictured in drawn.items():
        alike = (features[n] * features[sampler_steps[-1]]).sum(1).tolist()
        there = sees(oracle, pictured, asked)["context_seen"]
        of_picture = pictured[["prompt", "seed"]].assign(concept=c.name, steps=n, alike=alike, there=there)
        rows.append(of_picture.rename(columns={"seed": "image"}))
sampler = table["sampler"] = pd.concat(rows, ignore_index=True)

# %% tags=["hide-input"]
paired, most = dict(arm="steps", base=sampler_steps[-1], pair=("concept", "prompt", "image")), sampler_steps[-1]
found = {n: paired_interval(sampler, "there", new=n, **paired) for n in sampler_steps[:-1]}
for n, d in found.items():
    if d.estimate == 0 and np.isnan(d.low):  # all agree, nothing to resample: the exact bound on the share that would not
        share = binomtest(0, d.n["image"]).proportion_ci().high
        found[n] = d._replace(low=-share, high=share)
by_steps = sampler.groupby("steps")[["alike", "there"]].mean()
by_steps["difference"] = [f"{d.estimate:+.3f} ({d.low:+.3f} to {d.high:+.3f})" if np.isfinite((d := found.get(n, UNKNOWN)).low) else "–" for n in by_steps.index]
by_steps.columns = ["cosine to most steps", "context found", "difference in context found, 95 % interval"]
by_steps.style.format({by_steps.columns[0]: "{:.3f}", by_steps.columns[1]: "{:.3f}"}, na_rep="–")

# %% [markdown]
# ## As good, at equal work?
#
# Both loops learn each concept for the same number of steps, from the same pictures and the same noise. The published one draws
# its timesteps freely, decays the row’s weights a little, as its example does, and computes in full numbers. Each word then draws
# the plain prompt.

# %% tags=["hide-input"]
rows, ends = [], {}
for c in chosen:
    words = [Arm(c, seed=seed, learning_rate=learning_rate) for seed in seeds]
    learned = dict(zip(seeds, store.learn(pipe, words, steps=steps, batch_size=batch_size).at(), strict=True))
    ends[c.name] = learned
    for seed in seeds:
        how = dict(templates=templates[c.name], steps=steps, seed=seed, batch_size=batch_size, learning_rate=learning_rate)
        *_, last = reference_loop(pipe, c, **how)
        theirs = Embedding(c.placeholder, last.row[None].float().cpu(), "published", steps)
        for name, word in (("ours", learned[seed]), ("published", theirs)):
            pictured = store.draw(pipe, word, [plain_prompt(c.kind)], numbers, guidance_scale=guidance, num_inference_steps=num_inference_steps)
            score = evaluate(pictured, c, page.judge)["reconstruction"].mean()
            away = torch.cosine_similarity(learned[seed].rows[0], theirs.rows[0], dim=0)
            rows.append(dict(concept=c.name, seed=seed, loop=name, reconstruction=score, cosine_of_rows=float(away)))
quality = table["quality"] = pd.DataFrame(rows)
equal = paired_interval(quality, "reconstruction", arm="loop", new="ours", base="published")

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Reconstruction after equally many steps: the published loop (across) against ours (up), one point a concept and training seed. On the line, the two are equal.", "name": "fig-costs-quality"}, "image": {"alt": "A scatter of points along the diagonal."}}
figure, ax = plt.subplots(figsize=(6, 4.2), layout="constrained")
wide = quality.pivot(index=["concept", "seed"], columns="loop", values="reconstruction").reset_index()
sns.scatterplot(wide.assign(concept=wide["concept"].str.replace("_", " ")), x="published", y="ours", hue="concept", ax=ax)
limits = np.array([quality["reconstruction"].min() - 0.05, quality["reconstruction"].max() + 0.05])
ax.plot(limits, limits, color="0.5", linewidth=1, zorder=0)
sns.move_legend(ax, "upper left", bbox_to_anchor=(1, 1))
ax.set(xlabel="published loop", ylabel="ours", xlim=limits, ylim=limits, aspect="equal")
plt.show()

# %% [markdown]
# ## Timesteps drawn apart
#
# The gradient of a nearly clean picture is many times that of a nearly lost one, so a batch whose timesteps are drawn freely is by
# luck a loud one or a quiet one. Ours takes one timestep from each of as many equal parts of the range as there are examples, and pairs
# a low one with a high one that shares its prompt, so that the text encoder works half as often. On average over the draws nothing changes. What
# may change is the spread: here the rows stand still, at their initializer or where learning ended, and only the draws differ.

# %% tags=["hide-input"]
ways, rows, arms_at_once = {"freely": False, "apart": True}, [], min(max(arms), 16)
for c in chosen:
    words = [Arm(c, seed=seed) for seed in range(arms_at_once)]  # a seed draws for itself: so many updates in one go
    for way, stratified in ways.items():
        objective = Objective(pipe, words, batch_size=batch_size, templates=templates, dtype=dtype, stratified=stratified)
        objective.fit(memory_gb)
        points = [("initializer", seeds[0], objective.start[:1])]
        points += [("learned", seed, word.rows.to(objective.start)[None]) for seed, word in ends[c.name].items()]
        for at, seed, row in points:
            own = row.expand(arms_at_once, -1, -1)
            offset = 10_000 * (1 + seeds.index(seed))  # no two words see the same draws
            drawn = torch.cat([objective.gradient(own, offset + i)[1].flatten(1) for i in range(-(-updates // arms_at_once))])
            rows.append(dict(concept=c.name, seed=seed, at=at, drawn=way, variance=float(drawn.var(dim=0).sum())))
variance = table["variance"] = pd.DataFrame(rows)
log_variance = variance.assign(log=np.log(variance["variance"]))
shrunk = {at: paired_interval(some, "log", arm="drawn", new="apart", base="freely") for at, some in log_variance.groupby("at", sort=False)}
shrunk = {at: d._replace(**{name: np.exp(getattr(d, name)) for name in ("estimate", "low", "high")}) for at, d in shrunk.items()}
ratios = {at: [d.estimate, d.low, d.high] for at, d in shrunk.items()}
columns = ["variance of an update’s gradient, apart : freely", "95 % interval from", "to"]
pd.DataFrame.from_dict(ratios, orient="index", columns=columns).rename_axis("at the row").style.format("{:.2f}", na_rep="–")

# %% [markdown]
# ## At Stable Diffusion 1.5’s size
#
# The operations and the memory of a network of that exact shape are counted without running it. Where it was run, with random
# weights, its time is beside them. The hours of a whole study are an estimate: from a measured rate where one was given, otherwise from
# the counted operations and an assumed accelerator.

# %% tags=["hide-input"]
large = traced(sd15_unet())
per_step = batch_size * large["flops"]
timed = float("nan")
if sd15_shape:
    at = "cuda" if torch.cuda.is_available() else "cpu"
    task = bare_network(sd15_unet(device=at), examples=1, at_once=1)
    timed = in_turns({"sd15": task}, repeats=1)["seconds"].item()
rate = sd15_rate or gpu_tflops * 1e12 / per_step
words = study_concepts * study_seeds
hours = words * study_steps / rate / 3600
weights, kept = large["weight_bytes"] / 2**30, large["kept_bytes"] / 2**30
size = [("operations of an update, Tflop", per_step / 1e12), ("weights, GB", weights), ("kept for backward by an example, GB", kept)]
size += [("one word, an example at a time: both, GB", weights + kept)]
size += [("one example forward and backward, s, timed", timed), ("updates per second, estimate", rate), ("hours for the study, estimate", hours)]
table["sd15"] = pd.DataFrame(size, columns=["what", "value"])
table["sd15"].style.format({"value": "{:.2f}"}, na_rep="not run").hide(axis="index")

# %% tags=["remove-cell"]
one, many = (typical.query("loop == @best and words == @k").iloc[0] for k in (min(arms), max(arms)))
spread = {k: rates.query("loop == @best and words == @k")["speedup"] for k in (min(arms), max(arms))}
plain = typical.query("loop == 'ours'").set_index("words")["speedup"]
plainly = f"{plain[min(arms)]:.1f} and {plain[max(arms)]:.1f} times"
low, high = round(equal.low, 3) + 0.0, round(equal.high, 3) + 0.0
said = "scores higher" if low > 0 else "scores lower" if high < 0 else "cannot be told from theirs by its score"
basis = "a measured rate" if sd15_rate else "counted operations and an assumed accelerator"
if len(chosen) < FEWEST_CONCEPTS:
    said = f"is that of {counted(len(chosen), 'concept')}, too few to tell"
kept_up = [n for n, d in found.items() if d.concepts >= FEWEST_CONCEPTS and d.low >= -MARGIN]
drawn_each = int(sampler.groupby("steps")["there"].count().max())
fewest = f"with {min(kept_up, default=most)} steps of the sampler the recogniser finds a context at most {100 * MARGIN:.0f} % less often than with {most}"
tells = f"{fewest} (95 % interval, {drawn_each} pictures each)" if kept_up else "no smaller number of sampler steps could be shown to be enough here"
where = f"{on['processor']}, {on['cores']} cores, {on['threads']} threads in use, accelerator: {on['accelerator']}"
answer = (
    f"On {title}, one word is learned {one['speedup']:.1f} times as fast as by the published loop, and {max(arms)} together "
    f"{many['speedup']:.1f} times as fast a word{', ours compiled' if both_ways else ''}; what is learned {said} "
    f"(reconstruction {in_words(equal)})."
)
glued = dict(
    answer=answer,
    machine=where,
    format=str(dtype).removeprefix("torch."),
    full=str(pipe.unet.dtype).removeprefix("torch."),
    most=f"{max(arms)}",
    one_speedup=f"{one['speedup']:.1f} ({spread[min(arms)].min():.1f} to {spread[min(arms)].max():.1f})",
    many_speedup=f"{many['speedup']:.1f} ({spread[max(arms)].min():.1f} to {spread[max(arms)].max():.1f})",
    one_network=f"{100 * one['network']:.0f} %",
    many_network=f"{100 * many['network']:.0f} %",
    one_both=f"{100 * one['both']:.0f} %",
    many_both=f"{100 * many['both']:.0f} %",
    rounds=f"{repeats}",
    quality=in_words(equal),
    variance="; ".join(f"at the {at} row {in_words(d, '.2f')}" for at, d in shrunk.items()),
    n_quality=f"{counted(len(chosen), 'concept')} and {counted(len(seeds), 'training seed')}",
    quality_steps=f"{steps}",
    drawing=", ".join(f"{rate_:.1f} in {name}" for name, rate_ in speed.items()),
    tells=tells,
    study=f"{study_concepts} concepts of {study_seeds} seeds and {study_steps} steps",
    hours=f"{hours:.0f}" if hours >= 10 else f"{hours:.1f}",
    basis=basis,
    title=title,
    compiled=f"compiled; without compiling {plainly}" if both_ways else "not compiled",
)
for key, value in glued.items():
    glue(key, value, display=False)

# %% [markdown]
# ## What this shows, and what it does not
#
# On {glue:text}`title`, one word takes a step {glue:text}`one_speedup` times as fast as in the published loop, and {glue:text}`most` words
# together {glue:text}`many_speedup` times as fast for each word (median and range of {glue:text}`rounds` rounds; ours
# {glue:text}`compiled`). Of our step, {glue:text}`one_network` and {glue:text}`many_network`
# are the denoising network’s own work, {glue:text}`one_both` and {glue:text}`many_both` both frozen networks’ (in
# {glue:text}`format`; the published loop computes in {glue:text}`full`, not compiled). After {glue:text}`quality_steps` steps, ours minus theirs in reconstruction is
# {glue:text}`quality` ({glue:text}`n_quality`). With timesteps drawn apart, the variance of an update’s gradient is, as a share of
# that with timesteps drawn freely, {glue:text}`variance`.
#
# Pictures drawn per second: {glue:text}`drawing`; {glue:text}`tells`.
#
# A study of {glue:text}`study` on Stable Diffusion 1.5 would take about {glue:text}`hours` hours of one accelerator: an **estimate**,
# from {glue:text}`basis`, not a measurement of this page.
#
# What it does not show:
#
# - Times are of one machine ({glue:text}`machine`), and of what else it was doing. Ratios carry over better than seconds, and not
#   exactly: a small network gains more from larger batches than a large one.
# - The published loop here is its algorithm, run in the same libraries, with the pictures already in memory. It is not its authors’ program.
# - Equal within an interval is not equal: the interval says how large a difference could have been missed.
# - Memory is the whole process’s, and counts what other cells had loaded.

# %% tags=["remove-cell"]
given = dict(model=model, seeds=seeds, steps=steps, learning_rate=learning_rate, guidance=guidance, contexts=contexts)
given |= dict(arms=arms, batch_size=batch_size, calls=calls, repeats=repeats, compiled=compiled, memory_gb=memory_gb)
given |= dict(images_per_prompt=images_per_prompt, num_inference_steps=num_inference_steps, initializer=initializer)
given |= dict(updates=updates, sampler_steps=sampler_steps, sd15_shape=sd15_shape, sd15_rate=sd15_rate, gpu_tflops=gpu_tflops)
given |= dict(study_concepts=study_concepts, study_seeds=study_seeds, study_steps=study_steps)
page.record(given, table, glued)
