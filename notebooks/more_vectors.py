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
# # Is one vector enough?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# A learned word is one row of numbers, and the network, which never changes, must get everything about the concept from it. Where the
# pictures fall short of the concept, is that row too little to say it with? A word may also stand for several rows, which the text encoder reads
# one after another. Here the same concepts are learned with words of different length, from the same initializer, with the same steps, pictures and noise.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["elder_tree", "jolly_man", "nova_hall", "wooden_figurine"]  # [names or folders] what to learn
vectors: list[int] = [1, 2, 4, 8]  # [rows] how many a word stands for; the shortest is what the others are compared with
initializer: str = ""  # [word] where learning starts; empty: each concept's own
steps: int = 1000  # [updates] length of training
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
learning_rate: float = 0.001  # [per update] Adam's step size
batch_size: int = 4  # [pictures] per update and learned word
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 4  # [pictures] drawn of each word for each prompt
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
from myst_nb import glue
from pocket_world.first.witness import open_oracle, sees

from study.figures import image_grid, step_curves, use_style
from study.page import Claim, model_title, open_page
from study.sheets import write_sheet
from study.wording import FEWEST_CONCEPTS, counted, in_words, side, verdict
from textinv_core.evaluation.fronts import on_anchor_scale
from textinv_core.evaluation.metrics import evaluate, image_only, summarise
from textinv_core.evaluation.stats import holm, paired_interval
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import class_phrase, context_prompts, load_images, plain_prompt
from textinv_core.learning.tokens import save_embedding

EDITABILITY = "editability_deleted"  # the paper's reading: placeholder deleted
use_style()
plt.rcParams["figure.dpi"] = 120

# %% tags=["hide-input"]
where = dict(profile=profile, model=model, judge=judge, out=out, runs=runs, initializer=initializer)
page = open_page("more_vectors", concepts=[concept] if concept else concepts, **where)
pipe, chosen, store, folder = page.pipe, page.concepts, page.store, page.folder
how = dict(guidance_scale=guidance, num_inference_steps=num_inference_steps)
noises = range(images_per_prompt)
phrases = {c.name: dict(list(context_prompts(c.kind).items())[:contexts]) for c in chosen}
plain = {c.name: plain_prompt(c.kind) for c in chosen}
lengths, names = sorted(vectors), [c.name for c in chosen]
shortest, longest = lengths[0], lengths[-1]
oracle = open_oracle(model)

# %% [markdown]
# ## Train, draw, score
#
# A word of several rows starts with all of them at the initializer’s row. Words of every length and training seed learn side by side and see the same pictures in
# the same order. What another page already learned is taken over.

# %% tags=["hide-input"]
tiles, parts = {}, {kind: [] for kind in ("scores", "anchors", "log")}
for c in chosen:
    arms = [Arm(c, seed=s, vectors=n, learning_rate=learning_rate) for s in seeds for n in lengths]
    words, texts = store.learn(pipe, arms, steps=steps, batch_size=batch_size), [plain[c.name], *phrases[c.name]]
    pictures = store.draw(pipe, words.at(), texts, noises, **how)
    scores = evaluate(pictures, c, page.judge, contexts=phrases[c.name]).join(sees(oracle, pictures, phrases[c.name], c.name))
    ends = image_only(c, texts, page.side), store.draw(pipe, None, texts, noises, word=class_phrase(c), **how)
    parts["scores"].append(scores)
    parts["anchors"].append(pd.concat([summarise(evaluate(t, c, page.judge), plain[c.name]) for t in ends]))
    parts["log"].append(words.log)
    first = pictures[pictures["seed"] == 0].set_index(["arm", "prompt"])["image"]
    tiles |= {(c.name, n, text): first[arm, text] for n, arm in zip(lengths, words.ids, strict=False) for text in texts}
    # Beside the numbers: the pictures of the first training seed, and its words for any diffusers pipeline.
    write_sheet(folder / f"{c.name}.png", [tiles[c.name, n, t] for n in lengths for t in texts], len(texts), side=min(page.side, 192))
    for word in words.at()[: len(lengths)]:
        save_embedding(word, folder / c.name / counted(len(word.rows), "vector").replace(" ", "_"))

# %% tags=["hide-input"]
scores, anchors, log = (pd.concat(parts[kind], ignore_index=True) for kind in ("scores", "anchors", "log"))
of_arm = log[log["step"] == steps].drop_duplicates("arm").set_index("arm")
in_context = scores["prompt"] != scores["concept"].map(plain)
scores["both_seen"] = (scores["concept_seen"] * scores["context_seen"]).where(in_context)
scores["concept_seen"] = scores["concept_seen"].where(~in_context)  # each question where nothing else can answer it
SEEN = ["concept_seen", "context_seen", "both_seen"]
summary = pd.concat([summarise(rows, plain[name]) for name, rows in scores.groupby("concept", sort=False)], ignore_index=True)
summary = summary.join(scores.groupby("arm")[SEEN].mean(), on="arm")
summary = summary.join(of_arm[["seed", "vectors", "norm_ratio", "cos_initial"]], on="arm")
ends = anchors.set_index(["arm", "concept"])[["reconstruction", EDITABILITY]]
floor, ceiling = ({name: tuple(ends.loc[(arm, name)]) for name in names} for arm in ("plain", "image_only"))
scaled = on_anchor_scale(summary, floor, ceiling, EDITABILITY)

# %% [markdown]
# ## What words of each length draw
#
# The first training seed and the first noise, none chosen. Left the plain prompt, right one with a context.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "A training picture, and what words of more and more vectors draw from the same noise: left for the plain prompt, right for a prompt with a context, named at the right.", "name": "fig-vectors-grid"}, "image": {"alt": "Two grids of small pictures, a row for each concept: a training picture and one drawn picture for each number of vectors, for the plain prompt and for a prompt with a context.", "width": "100%"}}
pixels, label = 96, {c.name: c.name.replace("_", " ") for c in chosen}
second = {c.name: next(iter(phrases[c.name]), plain[c.name]) for c in chosen}
cells = [dict(concept=c.name, column="pictures", image=load_images(c.images[:1], pixels)[0]) for c in chosen]
cells += [dict(concept=name, column=n, image=tiles[name, n, plain[name]]) for name in names for n in lengths]
cells_in_context = [dict(concept=name, column=n, image=tiles[name, n, second[name]]) for name in names for n in lengths]
size = (1.05 * (2 * len(lengths) + 1) + 2.6, 1.05 * len(names) + 0.5)
figure, (left, right) = plt.subplots(1, 2, figsize=size, width_ratios=[len(lengths) + 1, len(lengths)], layout="constrained")
image_grid(pd.DataFrame(cells), row="concept", column="column", row_labels=label, ax=left, pixels=pixels)
said = {name: phrases[name].get(second[name], "") for name in names}
image_grid(pd.DataFrame(cells_in_context), row="concept", column="column", row_labels=said, ax=right, pixels=pixels)
right.yaxis.tick_right()
right.tick_params(axis="y", length=0)
figure.savefig(folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# ## What is compared
#
# Named before looking: **words of the most vectors minus words of the fewest**, of the same concept and training seed, on *reconstruction* and on
# *editability*, both on the scale of the anchors ({ref}`how <measures>`): zero is the class word on the first and the training pictures on the
# second, one the other way round. A longer word is *better at likeness* if the first interval lies above zero, and *costs obedience* if the second lies below.
# Intervals resample concepts, then training seeds; on fewer than {glue:text}`fewest_concepts` concepts nothing is decided.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Left: reconstruction and editability on the anchors\u2019 scale by the number of vectors, mean over concepts with 95 % band. Right: how often the oracle sees the concept in pictures of the plain prompt, the context in the others, and both at once.", "name": "fig-vectors-curves"}, "image": {"alt": "Two line plots against the number of vectors: reconstruction and editability at the left, three shares of pictures at the right.", "width": "100%"}}
figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 3.8), layout="constrained")
known = scaled.dropna(subset=["R"])
units = "concept" if len(names) > 1 else "seed"
for value, called in (("R", "reconstruction"), ("E", "editability")):
    if len(known):
        step_curves(known, value, x="vectors", units=units, ax=left, label=called)
SAID = {"concept_seen": "the concept (plain prompt)", "context_seen": "the context", "both_seen": "both at once"}
for value, called in SAID.items():
    if summary[value].notna().any():
        step_curves(summary.dropna(subset=[value]), value, x="vectors", units=units, ax=right, label=called)
    else:
        right.text(shortest, 0.5, "the oracle does not know these", fontsize=9)
left.set(xlabel="vectors", ylabel="share of the anchors’ span")
right.set(xlabel="vectors", ylabel="share of pictures", ylim=(-0.03, 1.03))
for ax in (left, right):
    ax.set_xscale("log", base=2)
    ax.set_xticks(lengths, [f"{n}" for n in lengths])
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, fontsize=8, frameon=False)
plt.show()

# %% tags=["hide-input"]
MEASURES = {"R": "reconstruction", "E": "editability", "concept_seen": "concept seen", "context_seen": "context seen", "both_seen": "both seen"}
change = {
    (n, value): paired_interval(scaled, value, arm="vectors", new=n, base=shortest, pair=("concept", "seed"))
    for n in lengths[1:]
    for value in MEASURES
}
rows = []
for (n, value), c in change.items():
    means = summary.assign(R=scaled["R"], E=scaled["E"]).groupby("vectors")[value].mean()
    first = dict(vectors=n, measure=MEASURES[value], fewest=means[shortest], these=means[n])
    rows.append(first | dict(estimate=c.estimate, low=c.low, high=c.high, p=c.p, primary=n == longest and value in ("R", "E")))
contrasts = pd.DataFrame(rows)
contrasts.loc[contrasts["primary"], "p_holm"] = holm(contrasts.loc[contrasts["primary"], "p"].fillna(1))

# %% [markdown]
# Each length against the shortest, {glue:text}`n_shortest`: means, their paired difference and its 95 % interval. What the oracle answers is a second
# witness, which no CLIP has a part in; it knows the study’s own concepts alone.

# %% tags=["hide-input"]
ends = contrasts["fewest"].map("{:.2f} → ".format) + contrasts["these"].map("{:.2f}".format)
spans = (" (" + contrasts["low"].map("{:+.2f}".format) + " to " + contrasts["high"].map("{:+.2f}".format) + ")").where(np.isfinite(contrasts["low"]), "")
cell = (ends + ", " + contrasts["estimate"].map("{:+.2f}".format) + spans).where(np.isfinite(contrasts["estimate"]), "–")
table = contrasts.assign(cell=cell).pivot_table(index="measure", columns="vectors", values="cell", aggfunc="first", sort=False)
table.rename_axis(index=None, columns="vectors").style

# %% [markdown]
# ## Where the rows go
#
# A longer word need not go as far: its rows share the work. Length of the rows against the vocabulary’s median row, and their cosine to the initializer’s row,
# means over the word’s rows, after training.

# %% tags=["hide-input"]
moved = summary.groupby("vectors")[["norm_ratio", "cos_initial"]].mean()
moved.columns = ["length / vocabulary’s median", "cosine to the initializer"]
moved.style.format("{:.2f}")

# %% tags=["remove-cell"]
likeness, obedience = change[longest, "R"], change[longest, "E"]
cost = paired_interval(scaled, "E", arm="vectors", new=shortest, base=longest, pair=("concept", "seed"))
answers = {"likeness": verdict(likeness), "obedience": verdict(cost)}
verbs = {1: "raise", -1: "lower"}
clear = {
    key: "do not clearly change" if answers[key] == "undecided" else verbs[side(c)]
    for key, c in (("likeness", likeness), ("obedience", obedience))
}
model_name = model_title(model)
told = {"likeness": in_words(likeness, "+.2f"), "obedience": in_words(obedience, "+.2f")}
sentence = f"On {model_name}, {longest} vectors for a word instead of {shortest} {clear['likeness']} likeness ({told['likeness']}) and {clear['obedience']} editability ({told['obedience']}), as shares of the anchors’ span."
seen = summary.groupby("vectors")[SEEN].mean()
oracle_told = "There is no oracle for this model, so nothing but CLIP has looked."
if seen.notna().all(axis=None):
    oracle_told = f"The oracle sees the concept in {100 * seen.loc[shortest, 'concept_seen']:.0f} % of the plain prompt’s pictures with {counted(shortest, 'vector')} and in {100 * seen.loc[longest, 'concept_seen']:.0f} % with {longest}, and concept and context together in {100 * seen.loc[shortest, 'both_seen']:.0f} % and {100 * seen.loc[longest, 'both_seen']:.0f} % of the others."
usable = scaled.dropna(subset=["R"])["concept"].nunique()
sample = f"{counted(usable, 'concept')}, {counted(len(seeds), 'training seed')}, {counted(images_per_prompt, 'picture')} a prompt"

# %% tags=["remove-cell"]
glued = dict(
    verdict_short=sentence,
    verdict_likeness=answers["likeness"],
    verdict_obedience=answers["obedience"],
    told_likeness=told["likeness"],
    told_obedience=told["obedience"],
    oracle_told=oracle_told,
    shortest=f"{shortest}",
    n_shortest=counted(shortest, "vector"),
    longest=f"{longest}",
    sample=sample,
    n_left_out=f"{len(names) - usable}",
    n_concepts=f"{len(names)}",
    fewest_concepts=f"{FEWEST_CONCEPTS}",
    steps=f"{steps}",
    learning_rate=f"{learning_rate:g}",
    model_name=model_name,
    smallest_p=f"{2 ** (1 - usable):.2g}" if usable else "undefined",
    p_likeness=f"{contrasts.query('primary').set_index('measure')['p_holm'].get('reconstruction', np.nan):.2g}",
    p_obedience=f"{contrasts.query('primary').set_index('measure')['p_holm'].get('editability', np.nan):.2g}",
)
for key, value in glued.items():
    glue(key, value, display=False)

# %% [markdown]
# ## What this shows, and what it does not
#
# On {glue:text}`model_name` ({glue:text}`sample`), {glue:text}`longest` vectors instead of {glue:text}`shortest` change reconstruction by {glue:text}`told_likeness` of the span
# and editability by {glue:text}`told_obedience`. **A longer word is more like the concept: {glue:text}`verdict_likeness`. It hears the rest of the sentence less:
# {glue:text}`verdict_obedience`.** {glue:text}`oracle_told`
#
# What it does not show:
#
# - All words had {glue:text}`steps` steps at a learning rate of {glue:text}`learning_rate`. Every row moves at that rate, so a longer word covers more ground in a step; [training
#   longer](step_ablation.ipynb) gives a short word more ground too.
# - A longer word takes more of the sentence’s places in the text encoder, and leaves fewer to what is said beside it.
# - Left out of the anchors’ scale, because their anchors do not bracket the scores: {glue:text}`n_left_out` of {glue:text}`n_concepts` concepts. They count in the oracle’s shares alone.
# - The intervals decide. Sign flips over concepts, after Holm, give p = {glue:text}`p_likeness` and {glue:text}`p_obedience`; with this many concepts the smallest they could give
#   is {glue:text}`smallest_p`, before the correction.
# - The oracle’s and CLIP’s answers rest on few pictures a word. Nobody was asked which pictures they prefer.

# %% tags=["remove-cell"]
given = dict(model=model, vectors=lengths, seeds=seeds, steps=steps, learning_rate=learning_rate, batch_size=batch_size, guidance=guidance)
given |= dict(contexts=contexts, images_per_prompt=images_per_prompt, num_inference_steps=num_inference_steps, initializer=initializer)
test = f"{longest} vectors minus {shortest}, same concept and training seed: {{}} on the anchors’ scale; concepts and seeds resampled"
asked = dict(source="this study", n=sample, primary=True)
claims = [
    Claim(
        words="a word of more vectors draws the concept more faithfully",
        test=test.format("reconstruction"),
        result=told["likeness"],
        verdict=answers["likeness"],
        **asked,
    ),
    Claim(
        words="a word of more vectors hears the rest of the sentence less",
        test=test.format("editability"),
        result=told["obedience"],
        verdict=answers["obedience"],
        **asked,
    ),
]
page.record(given, dict(scores=scores, anchors=anchors, summary=scaled, contrasts=contrasts), glued, claims)
