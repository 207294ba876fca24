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
# # Is the training seed luck?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# Train the same word twice, from the same pictures and the same start, and only the order of the training noise differs. The poster (its Fig. 4)
# shows one tree from several such runs and calls the difference “substantial”. But pictures differ anyway: each begins with noise of its own. So
# here both are varied, every learned word draws from every noise, and the question becomes which share of the
# difference is the training seed’s.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["violet_cloud", "sky_castle", "leaf_robot"]  # [names or folders] what to learn; the first is shown at length
initializer: str = ""  # [word] where learning starts; empty: each concept's own
steps: int = 500  # [updates] length of training
checkpoint_every: int = 250  # [updates] distance of the steps looked at
seeds: list[int] = [0, 1, 2, 3, 4]  # [numbers] training seeds
learning_rate: float = 0.01  # [per update] Adam's step size
batch_size: int = 4  # [pictures] per update and learned word
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 8  # [pictures] drawn at each checkpoint for each prompt
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
import numpy as np
import pandas as pd
import torch
from pocket_world.oracle.witness import open_oracle, sees

from study.analysis import seed_ablation as analysis
from study.figures import image_grid, step_slider
from study.measuring import measure
from study.page import Claim, begin
from study.panels import PIXELS, bars, interval_rows, picture_frames, scores_between_anchors, shared_legend, slider
from study.scores import SCORES
from study.truth import KEPT, NO_ORACLE, SAID, agreement, agreement_said
from study.wording import FEWEST_CONCEPTS, by_side, counted, in_words, percent
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import class_phrase, context_prompts, load_images

SUBSTANTIAL = 0.1  # share of the variance from which on the training seed's part is called substantial
SHOWN = 6  # noises in the picture grid
page = begin("seed_ablation", globals())
label, prompts, noises = page.labels, page.prompts(), page.noises
oracle = open_oracle(model)

# %% [markdown]
# ## Train, draw, score
#
# Each concept is learned once for each training seed, always from the same initializer. Every learned word draws from the same noises. What an earlier
# run, or another page, already made is loaded.

# %% tags=["hide-input"]
settings = dict(batch_size=batch_size, checkpoint_every=min(checkpoint_every, steps))
arms = {c.name: [Arm(c, seed=s, learning_rate=learning_rate) for s in seeds] for c in page.concepts}
learned = {name: page.store.learn(page.pipe, own, steps=steps, **settings) for name, own in arms.items()}


def last_pictures(concept, pictures):
    """Those of the last step by arm, prompt and noise; and what the judge sees in them, (words, prompts, noises, D)."""
    end = pictures[pictures["step"] == pictures["step"].max()]
    vectors = page.judge.image_features(list(end["image"]))
    shape = len(learned[concept.name].ids), len(prompts[concept.name]), len(noises)
    return end.set_index(["arm", "prompt", "seed"])["image"], vectors.unflatten(0, shape)


def see(pictures, concept):
    """What the oracle sees in each picture."""
    return sees(oracle, pictures, context_prompts(concept.kind), concept.name)


found = measure(page, learned, look=last_pictures, see=see)
at, last = found.steps, found.last
tiles, features = ({name: look[i] for name, look in found.looks.items()} for i in (0, 1))

# %% [markdown]
# ## What would count as substantial
#
# Said before the results are shown. Take single pictures of the plain prompt, from every training seed and every noise, and ask the oracle of the
# drawn world whether each keeps the concept. The answers vary, and their
# variance has three parts: what the training seed explains (some learned words are better, whatever the noise), what the noise explains (some noises
# are lucky for every word), and the rest, which belongs to single pictures.
#
# - **Primary:** the training seed makes a substantial difference if it explains more than {glue:text}`substantial` of the variance of
#   that answer (**K**): *supported* if the whole interval is above, *not supported* if it is below, otherwise *undecided*. So is anything that rests on
#   fewer than {glue:text}`fewest` learned words or {glue:text}`fewest_concepts` concepts. On a model without an oracle, reconstruction takes its
#   place. {glue:text}`judged`
# - **Beside it, by the same measure:** whether concept and context are both in a picture (**B**), CLIP’s reconstruction and its editability.
# - **To see what it means:** the range of K from the worst seed to the best, against what the second half of training brought; and how far apart
#   pictures are (one minus the cosine of the judge’s features) when only the training seed differs, against when only the noise does.
#
# Over several concepts, variances are averaged before shares are taken. Intervals draw concepts and training seeds anew.

# %% [markdown]
# ## What the words draw

# %% tags=["hide-input"] mystnb={"figure": {"caption": "The first concept at the last step. Rows: training seeds, each a word learned anew from the same start; the top row is the plain class word. Columns: the same noise for all, plain prompt; the last column adds a context.", "name": "fig-seed-grid"}, "image": {"alt": "A grid of small pictures: one row for each training seed, one column for each noise, and a context.", "width": "100%"}}
first = page.concepts[0]
plain_text, *context_texts = prompts[first.name]
wanted = [(plain_text, n, f"noise {n}") for n in noises[:SHOWN]]
wanted += [(text, noises[0], context_prompts(first.kind)[text]) for text in context_texts[:1]]
rows = {class_phrase(first): page.draw_plain(first, prompts[first.name]).set_index(["prompt", "seed"])["image"]}
rows |= {f"seed {s}": tiles[first.name][arm] for s, arm in zip(seeds, learned[first.name].ids, strict=True)}
cells = [dict(row=row, column=said, image=own[text, n]) for row, own in rows.items() for text, n, said in wanted]
grid = image_grid(pd.DataFrame(cells), row="row", column="column", pixels=PIXELS)
grid.figure.savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# Switch from one training seed to the next and watch what changes, and what stays.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Every concept from one training seed at the last step: a training picture, the plain prompt from three noises, and prompts with a context. Drag the slider, or use the arrow keys.", "name": "fig-seed-slider"}}
cells = []
for i, s in enumerate(seeds):
    for c in page.concepts:
        own, (plain, *others) = tiles[c.name][learned[c.name].ids[i]], prompts[c.name]
        shown = {"pictures": load_images(c.images[:1], PIXELS)[0]} | {f"noise {n}": own[plain, n] for n in noises[:3]}
        shown |= {context_prompts(c.kind)[text]: own[text, noises[0]] for text in others[:2]}
        place = dict(frame=s, panel=c.name, row=label[c.name])
        cells += [place | dict(column=column, image=image) for column, image in shown.items()]
frames = picture_frames(cells, size=(7.4, 1.5))
alt = (
    "For each concept a training picture, the plain prompt from three noises and prompts with a context, training seed"
)
slider(frames, seeds, alt, name="Training seed", start=0)

# %% [markdown]
# ## Seed by seed

# %% tags=["hide-input"] mystnb={"figure": {"caption": "By training step, one line a training seed, one column a concept: share of pictures in which the oracle finds the concept (above), and concept and context together (below); without an oracle, reconstruction and editability. Dashed, the training pictures themselves; dotted, the plain class word.", "name": "fig-seed-curves"}, "image": {"alt": "Line plots of two outcomes against training steps for each concept, one line for each training seed.", "width": "100%"}}
lines = found.summary.assign(seed=lambda t: t["seed"].map("seed {}".format))
scores_between_anchors(lines, found.anchors, label, hue="seed", values=KEPT if found.has_oracle else SCORES)
plt.show()

# %% [markdown]
# ## Whose variance is it?

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Shares of the variance between single pictures at the last step, by outcome: training seed (with 95 % interval), noise common to all seeds, and the rest. Dashed, the mark set beforehand. An estimate below zero is drawn as zero.", "name": "fig-seed-variance"}, "image": {"alt": "Stacked horizontal bars for each concept and outcome: share of variance of training seed, noise and rest.", "width": "100%"}}
sources = analysis.variance_sources(found.of_pictures(last), prompts, seeds)
variance = analysis.shares_by_concept(sources, page.names)
who = [label.get(name, "all together") for name in dict.fromkeys(variance["concept"])]
figure, axes = plt.subplots(1, len(sources), figsize=(2.8 * len(sources) + 1.5, 1.3 + 0.55 * len(who)), sharey=True, layout="constrained")
for ax, (score, split) in zip(axes, variance.groupby("score", sort=False), strict=True):
    begun = np.zeros(len(who))
    for source, colour in (("seed", "C1"), ("noise", "C0"), ("rest", "0.85")):
        own = split[split["source"] == source]
        width, called = np.nan_to_num(own["estimate"].clip(0)), {"seed": "training seed"}.get(source, source)
        ax.barh(range(len(who)), width, left=begun, color=colour, height=0.6, label=called)
        begun += width
    ends = split.loc[split["source"] == "seed", ["low", "high"]].clip(0, 1).to_numpy().T
    ax.plot(ends, [range(len(who))] * 2, color="black", linewidth=2, marker="|", markersize=9)
    ax.axvline(SUBSTANTIAL, color="0.3", linestyle="--", linewidth=1)
    ax.set(xlabel=analysis.CALLED.get(score, score), xlim=(0, 1), yticks=range(len(who)), yticklabels=who)
axes[0].invert_yaxis()
shared_legend(figure, axes[0], ncols=3)
plt.show()

# %% [markdown]
# An answer sees only one side of a picture. The next figure compares pictures as wholes: two words from the same noise, one word from two noises, and, for scale, two
# words from two noises.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "How far apart two pictures are at the last step (one minus the cosine of the judge\u2019s features): only the training seed differs, only the noise, or both. Mean over concepts with 95 % interval; each dot a concept.", "name": "fig-seed-spread"}, "image": {"alt": "Two panels, plain prompt and in context; points with intervals for distance of pictures when seed, noise or both differ.", "width": "100%"}}
apart = analysis.pictures_apart(features)
differs = {"seeds": "training seed", "noises": "noise", "both": "both"}
figure, axes = plt.subplots(1, 2, figsize=(9.5, 2.7), sharey=True, sharex=True, layout="constrained")
for ax, (kind, rows) in zip(axes, apart.table.groupby("prompt", sort=False), strict=True):
    interval_rows(ax, rows, [apart.each[kind, what] for what in rows["differs"]], list(differs.values()), label)
    ax.set(xlabel=f"distance of pictures, {kind}", xlim=(0, None))
axes[0].set_ylabel("what differs")
shared_legend(figure, axes[0], "outside right upper")
plt.show()

# %% [markdown]
# ## And the learned rows?
#
# Do all seeds end at the same row of numbers? The distance between two learned rows is given relative to how far they came from the initializer: two
# directions chosen quite independently would stand at about {glue:text}`independent`, two equal rows at zero.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Left and middle: pairs of training seeds by training step, cosine between their learned rows and distance between them relative to the distance from the initializer; mean over pairs with 95 % interval. Right: the cosines at the last step for the first concept.", "name": "fig-seed-rows"}, "image": {"alt": "Two line plots against training steps and a matrix of cosines between the learned rows of the training seeds.", "width": "100%"}}
ends = {(n, step): torch.stack([e.rows[0] for e in learned[n].at(step)]) for n in page.names for step in at}
pairs, cosines = analysis.rows_apart(ends)
figure, axes = plt.subplots(1, 3, figsize=(11.5, 3.4), layout="constrained")
measures = {"cosine": "cosine of learned rows", "relative": "distance / distance from start"}
for ax, (measure_, said) in zip(axes, measures.items(), strict=False):
    line = pairs[pairs["measure"] == measure_]
    ax.errorbar(line["step"], line["estimate"], yerr=bars(line), marker="o", capsize=2)
    ax.set(xlabel="training step", ylabel=said, xticks=at)
axes[1].set_ylim(0, None)
shown = axes[2].imshow(cosines[first.name, last], cmap="cividis", vmin=cosines[first.name, last].min(), vmax=1)
places = dict(xticks=range(len(seeds)), yticks=range(len(seeds)), xticklabels=seeds, yticklabels=seeds)
axes[2].set(xlabel="training seed", ylabel="training seed", **places)
axes[2].grid(False)
figure.colorbar(shown, ax=axes[2], label="cosine")
plt.show()

# %% [markdown]
# ## All the numbers

# %%
analysis.at_the_end(found.summary, found.log, label).style.format("{:.3f}", na_rep="–")

# %% tags=["remove-cell"]
shares = {score: analysis.shares(parts)["seed"] for score, parts in sources.items()}
asked = "K" if found.has_oracle and "K" in shares else "reconstruction"
verdict, why = analysis.answer(shares[asked], SUBSTANTIAL, asked)
spanned, half, gain = analysis.range_and_gain(found.summary, asked)
beside = {s: f"{analysis.CALLED.get(s, s)} {analysis.as_percent(share)}" for s, share in shares.items() if s != asked}
agreed = agreement(found.tables["scores"], {name: texts[0] for name, texts in prompts.items()})
between, within = (f"{x:.3f}".replace("nan", "–") for x in apart.table["estimate"][:2])  # of the plain prompt
alike, relative = (pairs[(pairs["measure"] == m) & (pairs["step"] == last)].iloc[0] for m in ("cosine", "relative"))
among = f"{counted(len(page.names), 'concept')}, {counted(len(seeds), 'training seed')}"
page.say(
    **page.common("model_name", "n_concepts", "n_seeds", "n_pictures", "n_contexts", "learning_rate"),
    verdict=verdict,
    verdict_short=f"On {page.model_name}, of the variance of {analysis.OF[asked]} {percent(min(1, max(0, shares[asked].estimate)))} is the "
    f"training seed’s. That the seed makes a substantial difference is {verdict}.",
    judged="The oracle judges here." if asked == "K" else NO_ORACLE,
    agreement=agreement_said(agreed),
    beside="; ".join(beside.values()),
    asked=f"the share of pictures in which {SAID['K']}" if asked == "K" else asked,
    why=why,
    substantial=percent(SUBSTANTIAL),
    fewest=f"{analysis.FEWEST}",
    fewest_concepts=f"{FEWEST_CONCEPTS}",
    independent=f"{np.sqrt(2):.1f}",
    among=among,
    last=f"{last}",
    half=f"{half}",
    range=f"{spanned:.3f}",
    gain=in_words(gain),
    wider="wider than" if spanned > gain.estimate else "narrower than",
    against=by_side(apart.ratios["plain prompt"], "more", "less", "neither clearly more nor clearly less", 1.0),
    ratio=in_words(apart.ratios["plain prompt"], ".2f"),
    ratio_context=in_words(apart.ratios["in context"], ".2f"),
    between=between,
    within=within,
    cosine=in_words(alike, ".2f"),
    relative=in_words(relative, ".2f"),
)

# %% [markdown]
# ## What this shows, and what it does not
#
# **The poster’s claim: the training seed makes a substantial difference. Our verdict: {glue:text}`verdict`.** On {glue:text}`model_name`
# ({glue:text}`among`, {glue:text}`n_pictures` pictures a prompt, {glue:text}`n_contexts` contexts), {glue:text}`why`. The seed’s share of the other
# outcomes: {glue:text}`beside`. {glue:text}`agreement`
#
# What that means: from the worst training seed to the best, {glue:text}`asked` differs by {glue:text}`range` on average over concepts. This is {glue:text}`wider`
# the gain from step {glue:text}`half` to step {glue:text}`last`, {glue:text}`gain`.
#
# Another training seed changes the picture {glue:text}`against` than other noise does: a distance of {glue:text}`between` against {glue:text}`within` for the plain prompt, a ratio of
# {glue:text}`ratio`; in context, {glue:text}`ratio_context`. The learned rows of two seeds have a cosine of {glue:text}`cosine`; their distance is {glue:text}`relative`
# times that from the initializer.
#
# **What to do.** Train a word from more than one seed and keep the best by what it draws; they train side by side at little more than the cost of one.
#
# What it does not show:
#
# - The seed decides the order of pictures, noise, timesteps and prompts in training, all at once. Which of them matters is not taken apart here.
# - The range from worst to best grows with the number of seeds and holds the noise of a limited number of pictures; the shares of variance do neither.
# - With learning rate {glue:text}`learning_rate` and {glue:text}`last` steps. A smaller rate, or averaging over the last steps, may calm the seeds.
# - {glue:text}`n_seeds` seeds and {glue:text}`n_concepts` of the concepts are few for a variance: the intervals are wide, and still on the narrow side.
# - Distances come from one CLIP; the oracle was trained on the world it judges, and can err.

# %% tags=["remove-cell"]
for c in page.concepts:  # beside the numbers, the pictures: a row for each training seed
    own, plain = tiles[c.name], prompts[c.name][0]
    page.sheet(c.name, [own[arm, plain, n] for arm in learned[c.name].ids for n in noises], len(noises))
claim = Claim(
    source="poster, Fig. 4",
    words="the training seed makes a substantial difference",
    test=f"share of the variance of {analysis.OF[asked]} that the training seed explains, against "
    f"{percent(SUBSTANTIAL)}; concepts and seeds resampled",
    result=why,
    n=f"{among}, {len(noises)} noises",
    verdict=verdict,
    primary=True,
)
page.close(found.tables | dict(variance=variance, spread=apart.table, rows=pairs, agreement=agreed), [claim], **settings)

# %% tags=["remove-cell"]
step_slider(frames, seeds, name="seed", start=0)  # in Jupyter: the same frames under a widget
