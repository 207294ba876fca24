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
# # How long should one train?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# Each step of training moves the learned row a little further from the ordinary word it began as. Pictures of the plain
# prompt come to look like the concept; the rest of the sentence may lose its say. The poster (its Fig. 2) shows one
# concept over training and puts the best balance at “1000 to 3500” steps. Here the same question is asked of several
# concepts and training seeds, with {ref}`both scores <measures>` and their anchors.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["elder_tree", "nova_hall", "wooden_figurine", "jolly_man"]  # [names or folders] what to learn
initializer: str = ""  # [word] where learning starts; empty: each concept's own
steps: int = 5000  # [updates] length of training
checkpoint_every: int = 0  # [updates] distance of the steps looked at; zero: a tenth of all
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
learning_rate: float = 0.001  # [per update] Adam's step size
batch_size: int = 4  # [pictures] per update and learned word
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 4  # [pictures] drawn at each checkpoint for each prompt
contexts: int = 4  # [prompts] how many contexts editability is measured in
num_inference_steps: int = 25  # [steps] of the sampler
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
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import HTML
from myst_nb import glue

from study.figures import image_grid, step_curves, step_slider_html, trade_off, use_style
from study.page import Claim, model_title, open_page
from study.sheets import write_sheet
from study.wording import counted, in_words
from textinv_core.evaluation.fronts import on_anchor_scale
from textinv_core.evaluation.metrics import evaluate, image_only, summarise
from textinv_core.evaluation.stats import paired_interval
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import class_phrase, context_prompts, load_images, plain_prompt
from textinv_core.learning.tokens import nearest_words, save_embedding

POSTER = (1000, 3500)  # steps: the range its Fig. 2 calls the best
SHOWN = 3  # contexts whose pictures are kept
EDITABILITY = "editability_deleted"  # the paper's reading: placeholder deleted
use_style()
plt.rcParams["figure.dpi"] = 120

# %% tags=["hide-input"]
where = dict(profile=profile, model=model, judge=judge, out=out, runs=runs, initializer=initializer)
page = open_page("step_ablation", concepts=[concept] if concept else concepts, **where)
pipe, chosen, store, folder = page.pipe, page.concepts, page.store, page.folder
how = dict(guidance_scale=guidance, num_inference_steps=num_inference_steps)
picture_seeds = range(images_per_prompt)
prompts = {c.name: [plain_prompt(c.kind), *list(context_prompts(c.kind))[:contexts]] for c in chosen}

# %% [markdown]
# ## Train, draw, score
#
# For each concept all seeds are trained together from the same initializer. At each checkpoint pictures are drawn, always
# from the same noise, and scored. What an earlier run, or another page, already made is loaded.

# %% tags=["hide-input"]
settings = dict(batch_size=batch_size, checkpoint_every=checkpoint_every or max(1, steps // 10))
learned = {
    c.name: store.learn(pipe, [Arm(c, seed=s, learning_rate=learning_rate) for s in seeds], steps=steps, **settings)
    for c in chosen
}
at = list(learned[chosen[0].name].steps)

# %% tags=["hide-input"]
tiles, parts = {}, {kind: [] for kind in ("scores", "anchors", "log", "words")}
for c in chosen:
    words, texts = learned[c.name], prompts[c.name]
    pictures = pd.concat([store.draw(pipe, words.at(step), texts, picture_seeds, **how) for step in at])
    ceiling = image_only(c, texts, page.side)
    floor = store.draw(pipe, None, texts, picture_seeds, word=class_phrase(c), **how)
    first = pictures.query("arm == @words.ids[0] and seed == 0").set_index(["prompt", "step"])["image"]
    tiles[c.name] = [first[text, step] for text in texts[: SHOWN + 1] for step in at]
    near = [(step, *pair) for step in at for pair in nearest_words(pipe, words.at(step)[0].rows[:1], k=3)[0]]
    parts["scores"].append(evaluate(pictures, c, page.judge))
    parts["anchors"].append(pd.concat([evaluate(t, c, page.judge) for t in (ceiling, floor)]))
    parts["log"].append(words.log)
    parts["words"].append(pd.DataFrame(near, columns=["step", "word", "cosine"]).assign(concept=c.name))
    # Beside the numbers: the pictures shown, and the word itself for any diffusers pipeline.
    write_sheet(folder / f"{c.name}.png", tiles[c.name], len(at), side=min(page.side, 192))
    save_embedding(words.at()[0], folder / c.name)

# %% tags=["hide-input"]
names = [c.name for c in chosen]
table = {kind: pd.concat(tables, ignore_index=True) for kind, tables in parts.items()}
plain = {c.name: plain_prompt(c.kind) for c in chosen}
for kind in ("scores", "anchors"):
    of_concept = [summarise(rows, plain[name]) for name, rows in table[kind].groupby("concept", sort=False)]
    table[f"{kind}_summary"] = pd.concat(of_concept, ignore_index=True)
log = table["log"]
training_seed = log.drop_duplicates("arm").set_index("arm")["seed"]
summary = table["scores_summary"].assign(seed=lambda t: t["arm"].map(training_seed))
anchors = table["anchors_summary"].set_index(["arm", "concept"])

# %% [markdown]
# ## What the word draws
#
# One row a concept, one training seed, the same noise throughout. The step at the far left of training is the
# ordinary word the concept started from.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "\u201cA photo of\u201d the learned word after more and more training steps. Left, one of the training pictures. Step 0 is the initializer, an ordinary word.", "name": "fig-step-grid"}, "image": {"alt": "A grid of small pictures: one row for each concept; a training picture, then one drawn picture for each number of training steps.", "width": "100%"}}
side = 96
reference = {c.name: load_images(c.images[:1], side)[0] for c in chosen}
label = {c.name: c.name.replace("_", " ") for c in chosen}
columns = [at[i] for i in np.unique(np.linspace(0, len(at) - 1, min(len(at), 11)).round().astype(int))]
cells = [dict(concept=name, column="pictures", image=reference[name]) for name in names]
cells += [dict(concept=name, column=step, image=tiles[name][at.index(step)]) for name in names for step in columns]
grid = image_grid(pd.DataFrame(cells), row="concept", column="column", row_labels=label, pixels=side)
grid.figure.savefig(folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# Move through training yourself. The context pictures show the other half of the bargain: whether the sentence around the word
# is still heard.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Every concept at one number of training steps: a training picture, the plain prompt, and prompts with a context. Drag the slider, or use the arrow keys.", "name": "fig-step-slider"}}
phrases = {c.name: list(context_prompts(c.kind).values())[: min(contexts, SHOWN)] for c in chosen}
frames = []
for i in range(len(at)):
    figure, axes = plt.subplots(len(names), 1, figsize=(6.2, 1.45 * len(names)), squeeze=False, layout="constrained")
    for name, ax in zip(names, axes[:, 0], strict=True):
        shown = {"pictures": reference[name], "plain": tiles[name][i]}
        shown |= {phrase: tiles[name][(p + 1) * len(at) + i] for p, phrase in enumerate(phrases[name])}
        row = pd.DataFrame([dict(concept=name, prompt=k, image=image) for k, image in shown.items()])
        image_grid(row, row="concept", column="prompt", row_labels=label, ax=ax, pixels=side).tick_params(labelsize=8)
    frames.append(figure)
    plt.close(figure)
alt = "For each concept a training picture, the plain prompt and prompts with a context, at training step"
HTML(step_slider_html(frames, [f"{step:g}" for step in at], alt))

# %% [markdown]
# ## Likeness against obedience, step by step
#
# Reconstruction is how much pictures of the plain prompt look like the concept; editability, how well pictures from prompts with a
# context match them (placeholder deleted from the text, as in the paper). The anchors say what could be reached.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Reconstruction (above) and editability (below) by training step, one column a concept: mean over training seeds with 95 % band. Dashed, the training pictures themselves; dotted, the plain class word. Shaded, the poster\u2019s best range, where this run reaches it.", "name": "fig-step-curves"}, "image": {"alt": "Line plots of reconstruction and editability against training steps for each concept, between two horizontal reference lines.", "width": "100%"}}
size = (max(9, 2.1 * len(names) + 1), 5)
figure, axes = plt.subplots(2, len(names), figsize=size, sharex=True, sharey="row", squeeze=False, layout="constrained")
for name, column in zip(names, axes.T, strict=True):
    for ax, (value, called) in zip(column, (("reconstruction", "reconstruction"), (EDITABILITY, "editability")), strict=True):
        step_curves(summary.query("concept == @name"), value, units="arm", ax=ax, markersize=4)
        ax.axhline(anchors.loc[("image_only", name), value], color="0.3", linestyle="--", linewidth=1)
        ax.axhline(anchors.loc[("plain", name), value], color="0.3", linestyle=":", linewidth=1.2)
        ax.axvspan(*POSTER, color="0.9", zorder=0)
        ax.set(xlabel=f"training step\n{label[name]}", ylabel=called, xlim=(0, at[-1]))

# %% [markdown]
# Each concept has its own floor and ceiling, so the scores are put on the scale the anchors span, zero to one, before they are averaged. The
# *balance* is the geometric mean of the two: high only where both are.

# %% tags=["hide-input"]
bounds = anchors[["reconstruction", EDITABILITY]]
floor, ceiling = ({name: tuple(bounds.loc[arm, name]) for name in names} for arm in ("plain", "image_only"))
scaled = on_anchor_scale(summary, floor, ceiling, EDITABILITY)
scaled["balance"] = np.sqrt(scaled["R"].clip(0) * scaled["E"].clip(0))
usable = scaled.dropna(subset=["R"])["concept"].nunique()
scaled = scaled.dropna(subset=["R"]) if usable else scaled  # concepts whose anchors do not bracket the scores are left out

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Left: reconstruction, editability and their balance on the anchors\u2019 scale, mean over concepts with 95 % band. Right: each concept\u2019s way through the plane, from its initializer (open circle) to the last step; top right would be the best of both.", "name": "fig-step-balance"}, "image": {"alt": "Left, three curves against training steps. Right, one path for each concept in the plane of scaled reconstruction and scaled editability.", "width": "100%"}}
figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.2), layout="constrained")
for value, called in (("R", "reconstruction"), ("E", "editability"), ("balance", "balance")):
    step_curves(scaled, value, units="concept" if usable > 1 else "arm", ax=left, label=called, markersize=4)
left.axvspan(*POSTER, color="0.9", zorder=0)
left.set(xlabel="training step", ylabel="share of the anchors’ span", xlim=(0, at[-1]))
paths = scaled.groupby(["concept", "step"], sort=False)[["R", "E"]].mean().reset_index()
trade_off(paths.replace({"concept": label}), x="R", y="E", hue="concept", ax=right)
right.scatter("R", "E", data=paths.query("step == 0"), s=70, facecolor="white", edgecolor="0.2", zorder=4)
right.set(xlabel="reconstruction", ylabel="editability")
plt.show()

# %% tags=["hide-input"]
curves = scaled.pivot_table(index=["concept", "seed"], columns="step", values="balance", dropna=False)
units = [rows.to_numpy() for _, rows in curves.groupby(level="concept")]
rng, best = np.random.default_rng(0), []
for _ in range(2000 if usable else 0):  # concepts are drawn anew, then the training seeds within each
    of_concepts = [units[i] for i in rng.integers(len(units), size=len(units))]
    mean = np.mean([rows[rng.integers(len(rows), size=len(rows))].mean(0) for rows in of_concepts], axis=0)
    best.append(curves.columns[int(mean.argmax())])
balance = scaled.groupby(["concept", "step"])["balance"].mean().groupby("step").mean()
peak = int(balance.idxmax()) if usable else 0
low, high = (int(x) for x in np.quantile(best, [0.025, 0.975], method="nearest")) if usable else (0, 0)
inside = float(np.mean([POSTER[0] <= x <= POSTER[1] for x in best])) if usable else float("nan")

# %% [markdown]
# ## Where the row goes
#
# The loss below is taken on one fixed batch of pictures, noise and timesteps, because the loss of single training steps is mostly
# noise. The norm is relative to the vocabulary’s median row; the cosine is to the initializer’s row.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Loss on a fixed batch, length of the learned row, and its cosine to the initializer, by training step: mean over concepts with 95 % band.", "name": "fig-step-drift"}, "image": {"alt": "Three line plots against training steps: fixed-batch loss, norm ratio and cosine to the initializer.", "width": "100%"}}
figure, axes = plt.subplots(1, 3, figsize=(11, 3.3), layout="constrained")
measures = (("loss", "fixed-batch loss"), ("norm_ratio", "norm / vocabulary median"), ("cos_initial", "cosine to initializer"))
for ax, (value, called) in zip(axes, measures, strict=True):
    step_curves(log, value, units="concept" if len(names) > 1 else "arm", ax=ax, markersize=4)
    ax.set(xlabel="training step", ylabel=called, xlim=(0, at[-1]))

# %% [markdown]
# Which ordinary words is the learned row closest to? (First training seed, cosine in brackets.)

# %% tags=["hide-input"]
near = table["words"][table["words"]["step"].isin([columns[i] for i in sorted({0, 1, len(columns) // 2, len(columns) - 1})])]
near = near.assign(said=near["word"] + near["cosine"].map(" ({:.2f})".format))
listed = near.groupby(["concept", "step"], sort=False)["said"].agg(", ".join).unstack("step")
listed.rename(index=label).rename_axis(index=None, columns="step").style

# %% tags=["remove-cell"]
last, tried = at[-1], len(summary["concept"].unique())
paired = dict(arm="step", new=last, base=0, pair=("concept", "seed"))
change = {value: paired_interval(summary, value, **paired) for value in ("reconstruction", EDITABILITY)}
moved = {k: "rose" if c.low > 0 else "fell" if c.high < 0 else "did not clearly change" for k, c in change.items()}
told = {k: f"{moved[k]} ({in_words(c)})" for k, c in change.items()}
final = log.query("step == @last")

# %% tags=["remove-cell"]
where = f"{POSTER[0]} to {POSTER[1]}"
found = f"the balance of likeness and obedience is best at step {peak} (95 % interval {low} to {high})"
if not usable:
    verdict, why = "undecided", "the anchors do not bracket the scores of any concept, so there is no balance to speak of"
elif last < POSTER[1]:
    verdict, why = "undecided", f"{found}, but this run ends at step {last}, before the poster’s {where} does"
elif POSTER[0] <= low and high <= POSTER[1]:
    verdict, why = "supported", f"{found}, within the poster’s {where}"
elif high < POSTER[0]:
    verdict, why = "not supported", f"{found}, before the poster’s {where}"
elif low > POSTER[1]:
    verdict, why = "not supported", f"{found}, after the poster’s {where}"
else:
    verdict, why = "undecided", f"{found}, an interval neither within nor clear of the poster’s {where}"
model_name = model_title(model)
sentence = f"On {model_name}, {why}."

# %% tags=["remove-cell"]
glued = dict(
    verdict=verdict,
    verdict_short=sentence,
    poster_range=where,
    peak=f"{peak}",
    inside=f"{100 * inside:.0f} %" if usable else "not defined",
    last=f"{last}",
    n_concepts=f"{tried}",
    n_usable=f"{usable}",
    n_seeds=f"{len(seeds)}",
    n_pictures=f"{images_per_prompt}",
    n_contexts=f"{min(contexts, *(len(p) - 1 for p in prompts.values()))}",
    learning_rate=f"{learning_rate:g}",
    model_name=model_name,
    change_reconstruction=told["reconstruction"],
    change_editability=told[EDITABILITY],
    norm_last=f"{final['norm_ratio'].mean():.2f}",
    cosine_last=f"{final['cos_initial'].mean():.2f}",
)
for key, value in glued.items():
    glue(key, value, display=False)

# %% [markdown]
# ## All the numbers
#
# Averages over concepts and seeds: reconstruction against the pictures seen in training and the held-out ones; editability in
# three readings of the prompt and both ways of averaging. *Mean* is the mean of the pictures’ cosines, *of mean* the cosine of the
# mean picture feature.

# %% tags=["hide-input"]
readings = {"deleted": "placeholder deleted", "class": "class word", "context": "context only"}
score_columns = {"reconstruction": ("reconstruction", "seen"), "reconstruction_held_out": ("reconstruction", "held out")}
for key, called in readings.items():
    score_columns |= {f"editability_{key}": (called, "mean"), f"editability_{key}_of_mean": (called, "of mean")}
by_step = summary.groupby(["concept", "step"])[list(score_columns)].mean().groupby("step").mean()
by_anchor = table["anchors_summary"].groupby("arm")[list(score_columns)].mean()
both = pd.concat([by_anchor.rename({"image_only": "image-only", "plain": "prompt-only"}), by_step])
both.columns = pd.MultiIndex.from_tuples(score_columns[column] for column in both)
both.style.format("{:.3f}", na_rep="–")

# %% [markdown]
# ## What this shows, and what it does not
#
# **The poster’s claim: the best results lie at {glue:text}`poster_range` steps. Our verdict: {glue:text}`verdict`.** On
# {glue:text}`model_name`, with {glue:text}`n_concepts` concepts and {glue:text}`n_seeds` training seeds each, the balance peaks at step
# {glue:text}`peak`; of the resampled studies, {glue:text}`inside` peak within the poster’s range. The balance is defined for {glue:text}`n_usable` of the concepts:
# those whose training pictures score above the class word on likeness and below it on obedience.
#
# From the initializer to step {glue:text}`last`, reconstruction {glue:text}`change_reconstruction` and editability
# {glue:text}`change_editability`. The row ends at {glue:text}`norm_last` times the length of a median vocabulary row, at a cosine of
# {glue:text}`cosine_last` to the word it started from.
#
# What it does not show:
#
# - A step is not a fixed amount of learning. With another learning rate (here {glue:text}`learning_rate`), batch size or model, the same number of steps
#   goes another distance; a range of steps carries over only with all of these.
# - Both scores come from one CLIP. Each point rests on {glue:text}`n_pictures` pictures a prompt and {glue:text}`n_contexts` contexts.
# - Intervals cover concepts and training seeds as they were drawn here; {glue:text}`n_concepts` concepts are few.
# - Nobody was asked which pictures they prefer.

# %% tags=["remove-cell"]
given = dict(model=model, seeds=seeds, steps=steps, learning_rate=learning_rate, guidance=guidance, contexts=contexts)
given |= dict(images_per_prompt=images_per_prompt, num_inference_steps=num_inference_steps, initializer=initializer)
claim = Claim(
    source="poster, Fig. 2",
    words="the best results lie between 1000 and 3500 steps",
    test="balance of reconstruction and editability on the anchors’ scale, by step; concepts and seeds resampled",
    result=why,
    n=f"{counted(usable, 'concept')}, {counted(len(seeds), 'training seed')}, {counted(images_per_prompt, 'picture')} a prompt",
    verdict=verdict,
    primary=True,
)
page.record(given | settings, table, glued, [claim])

# %% [markdown] tags=["remove-cell"]
# ### Live
#
# In Jupyter: the same frames under a widget.

# %% tags=["remove-cell"]
from study.figures import step_slider

step_slider(frames, at)
