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

# %% tags=["hide-input"]
# %matplotlib inline
import matplotlib.pyplot as plt
import pandas as pd

from study.analysis import step_ablation as analysis
from study.figures import image_grid, step_curves, step_slider, trade_off
from study.measuring import measure
from study.page import Claim, begin
from study.panels import PIXELS, picture_frames, scores_between_anchors, slider
from study.scores import nearest_by_step, scores_by_step, some_of
from study.wording import counted, percent
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import context_prompts, load_images
from textinv_core.learning.tokens import nearest_words, save_embedding

POSTER = (1000, 3500)  # steps: the range its Fig. 2 calls the best
SHOWN = 3  # contexts whose pictures are shown
page = begin("step_ablation", globals())
label, prompts = page.labels, page.prompts()

# %% [markdown]
# ## Train, draw, score
#
# For each concept all seeds are trained together from the same initializer. At each checkpoint pictures are drawn, always
# from the same noise, and scored. What an earlier run, or another page, already made is loaded.

# %% tags=["hide-input"]
settings = dict(batch_size=batch_size, checkpoint_every=checkpoint_every or max(1, steps // 10))
arms = {c.name: [Arm(c, seed=s, learning_rate=learning_rate) for s in seeds] for c in page.concepts}
learned = {name: page.store.learn(page.pipe, own, steps=steps, **settings) for name, own in arms.items()}


def first_pictures(concept, pictures):
    """Of the first training seed from the first noise, by prompt and step."""
    own = pictures[(pictures["arm"] == learned[concept.name].ids[0]) & (pictures["seed"] == 0)]
    return own.set_index(["prompt", "step"])["image"]


found = measure(page, learned, look=first_pictures)
at, last, tiles = found.steps, found.last, found.looks
words = [
    dict(step=step, word=word, cosine=cosine, concept=name)
    for name, own in learned.items()
    for step in at
    for word, cosine in nearest_words(page.pipe, own.at(step)[0].rows[:1], k=3)[0]
]
words = pd.DataFrame(words)

# %% [markdown]
# ## What the word draws
#
# One row a concept, one training seed, the same noise throughout. The step at the far left of training is the
# ordinary word the concept started from.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "\u201cA photo of\u201d the learned word after more and more training steps. Left, one of the training pictures. Step 0 is the initializer, an ordinary word.", "name": "fig-step-grid"}, "image": {"alt": "A grid of small pictures: one row for each concept; a training picture, then one drawn picture for each number of training steps.", "width": "100%"}}
columns = some_of(at, 11)
photo = {c.name: load_images(c.images[:1], PIXELS)[0] for c in page.concepts}
cells = [dict(concept=name, column="pictures", image=photo[name]) for name in page.names]
cells += [dict(concept=n, column=step, image=tiles[n][prompts[n][0], step]) for n in page.names for step in columns]
grid = image_grid(pd.DataFrame(cells), row="concept", column="column", row_labels=label, pixels=PIXELS)
grid.figure.savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# Move through training yourself. The context pictures show the other half of the bargain: whether the sentence around the word
# is still heard.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Every concept at one number of training steps: a training picture, the plain prompt, and prompts with a context. Drag the slider, or use the arrow keys.", "name": "fig-step-slider"}}
cells = []
for step in at:
    for c in page.concepts:
        place, texts = dict(frame=step, panel=c.name, row=label[c.name]), prompts[c.name][: SHOWN + 1]
        called = ["plain", *(context_prompts(c.kind)[text] for text in texts[1:])]
        cells.append(place | dict(column="pictures", image=photo[c.name]))
        cells += [
            place | dict(column=k, image=tiles[c.name][text, step]) for k, text in zip(called, texts, strict=True)
        ]
frames = picture_frames(cells, size=(6.2, 1.45))
alt = "For each concept a training picture, the plain prompt and prompts with a context, at training step"
slider(frames, at, alt)

# %% [markdown]
# ## Likeness against obedience, step by step
#
# Reconstruction is how much pictures of the plain prompt look like the concept; editability, how well pictures from prompts with a
# context match them (placeholder deleted from the text, as in the paper). The anchors say what could be reached.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Reconstruction (above) and editability (below) by training step, one column a concept: mean over training seeds with 95 % band. Dashed, the training pictures themselves; dotted, the plain class word. Shaded, the poster\u2019s best range, where this run reaches it.", "name": "fig-step-curves"}, "image": {"alt": "Line plots of reconstruction and editability against training steps for each concept, between two horizontal reference lines.", "width": "100%"}}
scores_between_anchors(found.summary, found.anchors, label, width=2.3, shaded=POSTER)
plt.show()

# %% [markdown]
# Each concept has its own floor and ceiling, so the scores are put on the scale the anchors span, zero to one, before they are averaged. The
# *balance* is the geometric mean of the two: high only where both are.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Left: reconstruction, editability and their balance on the anchors\u2019 scale, mean over concepts with 95 % band. Right: each concept\u2019s way through the plane, from its initializer (open circle) to the last step; top right would be the best of both.", "name": "fig-step-balance"}, "image": {"alt": "Left, three curves against training steps. Right, one path for each concept in the plane of scaled reconstruction and scaled editability.", "width": "100%"}}
scaled, usable = analysis.balanced(found.summary, found.anchors)
peak = analysis.peak_of(scaled)
figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.2), layout="constrained")
for value, called in (("R", "reconstruction"), ("E", "editability"), ("balance", "balance")):
    step_curves(scaled, value, units="concept" if usable > 1 else "arm", ax=left, label=called, markersize=4)
left.axvspan(*POSTER, color="0.9", zorder=0)
left.set(xlabel="training step", ylabel="share of the anchors’ span", xlim=(0, last))
ways = analysis.ways(scaled)
trade_off(ways.replace({"concept": label}), x="R", y="E", hue="concept", ax=right)
right.scatter("R", "E", data=ways[ways["step"] == 0], s=70, facecolor="white", edgecolor="0.2", zorder=4)
right.set(xlabel="reconstruction", ylabel="editability")
plt.show()

# %% [markdown]
# ## Where the row goes
#
# The loss below is taken on one fixed batch of pictures, noise and timesteps, because the loss of single training steps is mostly
# noise. The norm is relative to the vocabulary’s median row; the cosine is to the initializer’s row.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Loss on a fixed batch, length of the learned row, and its cosine to the initializer, by training step: mean over concepts with 95 % band.", "name": "fig-step-drift"}, "image": {"alt": "Three line plots against training steps: fixed-batch loss, norm ratio and cosine to the initializer.", "width": "100%"}}
figure, axes = plt.subplots(1, 3, figsize=(11, 3.3), layout="constrained")
measures = {
    "loss": "fixed-batch loss",
    "norm_ratio": "norm / vocabulary median",
    "cos_initial": "cosine to initializer",
}
for ax, (value, called) in zip(axes, measures.items(), strict=True):
    step_curves(found.log, value, units="concept" if len(page.names) > 1 else "arm", ax=ax, markersize=4)
    ax.set(xlabel="training step", ylabel=called, xlim=(0, last))

# %% [markdown]
# Which ordinary words is the learned row closest to? (First training seed, cosine in brackets.)

# %%
few = [columns[i] for i in sorted({0, 1, len(columns) // 2, len(columns) - 1})]
nearest_by_step(words, few).rename(index=label).rename_axis(index=None, columns="step").style

# %% tags=["remove-cell"]
verdict, why = analysis.answer(peak, last, *POSTER)
change, end = analysis.changes(found.summary), found.log[found.log["step"] == last]
page.say(
    **page.common("model_name", "n_concepts", "n_seeds", "n_pictures", "n_contexts", "learning_rate"),
    verdict=verdict,
    verdict_short=f"On {page.model_name}, {why}.",
    poster_range=f"{POSTER[0]} to {POSTER[1]}",
    peak=f"{peak.interval.estimate if peak else 0}",
    inside=percent(analysis.share_within(peak, *POSTER)),
    last=f"{last}",
    n_usable=f"{usable}",
    change_reconstruction=change["reconstruction"],
    change_editability=change["editability_deleted"],
    norm_last=f"{end['norm_ratio'].mean():.2f}",
    cosine_last=f"{end['cos_initial'].mean():.2f}",
)

# %% [markdown]
# ## All the numbers
#
# Averages over concepts and seeds: reconstruction against the pictures seen in training and the held-out ones; editability in
# three readings of the prompt and both ways of averaging. *Mean* is the mean of the pictures’ cosines, *of mean* the cosine of the
# mean picture feature.

# %%
scores_by_step(found.summary, found.tables["anchors_summary"]).style.format("{:.3f}", na_rep="–")

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
for c in page.concepts:  # beside the numbers: the pictures shown, and the word itself for any diffusers pipeline
    shown = [tiles[c.name][text, step] for text in prompts[c.name][: SHOWN + 1] for step in at]
    page.sheet(c.name, shown, len(at))
    save_embedding(learned[c.name].at()[0], page.folder / c.name)
claim = Claim(
    source="poster, Fig. 2",
    words="the best results lie between 1000 and 3500 steps",
    test="balance of reconstruction and editability on the anchors’ scale, by step; concepts and seeds resampled",
    result=why,
    n=f"{counted(usable, 'concept')}, {counted(len(seeds), 'training seed')}, {counted(images_per_prompt, 'picture')} a prompt",
    verdict=verdict,
    primary=True,
)
page.close(found.tables | dict(words=words), [claim], **settings)

# %% tags=["remove-cell"]
step_slider(frames, at)  # in Jupyter: the same frames under a widget
