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
# concepts and training seeds, looked at most closely where a word moves fastest: at the beginning.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["violet_cloud", "sky_castle", "leaf_robot", "merry_man"]  # [names or folders] what to learn
initializer: str = ""  # [word] where learning starts; empty: each concept's own
steps: int = 5000  # [updates] length of training
checkpoint_every: int = 0  # [updates] distance of the steps looked at; zero: dense early, then evenly
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
learning_rate: float = 0.01  # [per update] Adam's step size
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
from pocket_world.oracle.witness import open_oracle, sees

from study.analysis import step_ablation as analysis
from study.figures import image_grid, step_curves, step_slider
from study.measuring import measure
from study.page import Claim, begin
from study.panels import PIXELS, picture_frames, scores_between_anchors, slider
from study.scores import SCORES, dense_early, nearest_by_step, scores_by_step, some_of
from study.truth import KEPT, NO_ORACLE, POINTS, agreement, agreement_said
from study.wording import FEWEST_CONCEPTS, counted, percent
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import context_prompts, load_images
from textinv_core.learning.tokens import nearest_words, save_embedding

POSTER = (1000, 3500)  # steps: the range its Fig. 2 calls the best
SHOWN = 3  # contexts whose pictures are shown
page = begin("step_ablation", globals())
label, prompts, oracle = page.labels, page.prompts(), open_oracle(model)

# %% [markdown]
# ## What counts as best
#
# Said before the results are shown. A picture of a prompt with a context is a good one if the concept *and* the context are
# in it. An oracle that knows what the drawn world looks like says so of each picture; the share of good pictures is **B**. Best is
# the step with the highest B, averaged over concepts and training seeds; its interval comes from studies resampled from these concepts and seeds. The
# poster’s claim is *supported* if the whole interval lies within its range, *not supported* if it lies outside,
# *undecided* otherwise, when the best step is the last one looked at, or with fewer than {glue:text}`fewest_concepts` concepts. A difference below
# {glue:text}`points` of the pictures is none to speak of. CLIP’s {ref}`scores <measures>` stand beside; on a model without an oracle they
# decide, by the balance of both. {glue:text}`judged`
#
# For each concept all seeds are trained together from the same initializer. At each checkpoint pictures are drawn, always
# from the same noise. What an earlier run, or another page, already made is loaded.

# %% tags=["hide-input"]
settings = dict(batch_size=batch_size, checkpoint_every=checkpoint_every or dense_early(steps))
arms = {c.name: [Arm(c, seed=s, learning_rate=learning_rate) for s in seeds] for c in page.concepts}
learned = {name: page.store.learn(page.pipe, own, steps=steps, **settings) for name, own in arms.items()}


def first_pictures(concept, pictures):
    """Of the first training seed from the first noise, by prompt and step."""
    own = pictures[(pictures["arm"] == learned[concept.name].ids[0]) & (pictures["seed"] == 0)]
    return own.set_index(["prompt", "step"])["image"]


def see(pictures, concept):
    """What the oracle sees in each picture."""
    return sees(oracle, pictures, context_prompts(concept.kind), concept.name)


found = measure(page, learned, look=first_pictures, see=see)
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
# ## Concept by concept
#
# Kept, the concept is there in pictures of the plain prompt; both, concept and context are in one picture of a prompt with a context. The
# training pictures, taken as if they had been drawn, say what the oracle can find at most.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "By training step, one column a concept: share of pictures in which the oracle finds the concept (above), and concept and context together (below); without an oracle, reconstruction and editability. Mean over training seeds with 95 % band. Dashed, the training pictures themselves; dotted, the plain class word. Shaded, the poster\u2019s best range, where this run reaches it.", "name": "fig-step-curves"}, "image": {"alt": "Line plots of two outcomes against training steps for each concept, between two horizontal reference lines.", "width": "100%"}}
values = KEPT if found.has_oracle else SCORES
scores_between_anchors(found.summary, found.anchors, label, width=2.3, shaded=POSTER, values=values)
plt.show()

# %% [markdown]
# ## All concepts together, and what CLIP makes of the same pictures
#
# CLIP’s scores have another floor and ceiling for each concept, so they are put on the scale the anchors span, zero to one, before they are averaged. The
# *balance* is the geometric mean of the two: high only where both are. {glue:text}`agreement`

# %% tags=["hide-input"] mystnb={"figure": {"caption": "By training step, mean over concepts with 95 % band. Left, the oracle\u2019s shares of pictures: concept kept (K), context there (C), both in one (B). Right, CLIP\u2019s reconstruction, editability and their balance on the anchors\u2019 scale. Shaded, the poster\u2019s range.", "name": "fig-step-balance"}, "image": {"alt": "Two panels of three curves each against training steps: the oracle\u2019s shares at the left, the scores of CLIP at the right.", "width": "100%"}}
scaled, usable = analysis.balanced(found.summary, found.anchors)
figure, panels = plt.subplots(1, 2, figsize=(10.5, 4.2), layout="constrained")
of_clip = {"R": "reconstruction", "E": "editability", "balance": "balance"}
curves = [(found.summary, dict(K="K", C="C", B="B"), "share of pictures"), (scaled, of_clip, "share of the anchors’ span")]
for ax, (table, drawn, said) in zip(panels, curves, strict=True):
    for value, called in drawn.items():
        rows = table.dropna(subset=[value])
        if len(rows):
            units = "concept" if rows["concept"].nunique() > 1 else "arm"
            step_curves(rows, value, units=units, ax=ax, label=called, markersize=4)
    ax.axvspan(*POSTER, color="0.9", zorder=0)
    ax.set(xlabel="training step", ylabel=said, xlim=(0, last))
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
outcome, judged = (found.summary, "B") if found.has_oracle else (scaled, "balance")
of = "the share of pictures with concept and context" if found.has_oracle else "the balance of likeness and obedience"
peak = analysis.peak_of(outcome, judged)
verdict, why = analysis.answer(peak, last, *POSTER, of)
best = f"at step {peak.interval.estimate}" if peak else "nowhere"
clip_peak, near = analysis.peak_of(scaled, "balance"), analysis.plateau(outcome, judged, POINTS)
change = analysis.changes(found.summary, ["K", "C", "B", *SCORES])
end, agreed = found.log[found.log["step"] == last], agreement(found.tables["scores"], {n: t[0] for n, t in prompts.items()})
page.say(
    **page.common("model_name", "n_concepts", "n_seeds", "n_pictures", "n_contexts", "learning_rate"),
    verdict=verdict,
    verdict_short=f"On {page.model_name}, {of} is best {best}. That the best lies where the poster says is {verdict}.",
    poster_range=f"{POSTER[0]} to {POSTER[1]}",
    judged="The oracle judges here." if found.has_oracle else NO_ORACLE,
    agreement=agreement_said(agreed),
    fewest_concepts=f"{FEWEST_CONCEPTS}",
    points=percent(POINTS),
    why=why,
    clip_peak=f"at step {clip_peak.interval.estimate}" if clip_peak else "nowhere",
    plateau=f"from step {near[0]} to step {near[1]}" if near else "nowhere",
    inside=percent(analysis.share_within(peak, *POSTER)),
    last=f"{last}",
    n_usable=f"{usable}",
    change_kept=change["K"],
    change_context=change["C"],
    change_both=change["B"],
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
# {glue:text}`model_name`, with {glue:text}`n_concepts` concepts and {glue:text}`n_seeds` training seeds each,
# {glue:text}`why`. Of the resampled studies, {glue:text}`inside` peak within the poster’s range. It lies within {glue:text}`points` of its
# best {glue:text}`plateau`.
#
# From the initializer to step {glue:text}`last`, the share of pictures with the concept {glue:text}`change_kept`, that with the
# context {glue:text}`change_context`, that with both {glue:text}`change_both`. By CLIP, reconstruction {glue:text}`change_reconstruction` and editability
# {glue:text}`change_editability`; their balance peaks {glue:text}`clip_peak`, over the {glue:text}`n_usable` concepts whose anchors bracket the scores. The row
# ends at {glue:text}`norm_last` times the length of a median vocabulary row, at a cosine of {glue:text}`cosine_last` to the word it started from.
#
# **What to do.** Look at more than one step before you keep a word, and stop where the curve flattens: longer costs time and, where the context falls,
# more than that. The page of [your own concept](your_own_concept.ipynb) does so for you.
#
# What it does not show:
#
# - A step is not a fixed amount of learning. With another learning rate (here {glue:text}`learning_rate`), batch size or model, the same number of steps
#   goes another distance; a range of steps carries over only with all of these.
# - Each point rests on {glue:text}`n_pictures` pictures a prompt and {glue:text}`n_contexts` contexts. The oracle was trained on the world it
#   judges; it can err, and counts a concept as kept when all but one of its forms are right.
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
    test=f"{of}, by step; concepts and seeds resampled",
    result=why,
    n=f"{counted(outcome['concept'].nunique(), 'concept')}, {counted(len(seeds), 'training seed')}, {counted(images_per_prompt, 'picture')} a prompt",
    verdict=verdict,
    primary=True,
)
page.close(found.tables | dict(words=words, agreement=agreed), [claim], **settings)

# %% tags=["remove-cell"]
step_slider(frames, at)  # in Jupyter: the same frames under a widget
