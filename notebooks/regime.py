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
# # Which settings?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# How fast a word is learned, for how long, how tightly it is held back, how strongly the sampler listens: each changes what every
# other page of this book would see. So they are chosen once, here, on concepts that no other page reports, and by one number:
# how often the concept *and* its context are in the same picture. The other pages take what comes out.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["lemon_pine", "brick_tower", "mint_bunny", "rose_bus", "toy_king", "berry_cake"]  # [names or folders] development concepts
initializer: str = ""  # [word] where learning starts; empty: each concept's own
learning_rates: list[float] = [0.003, 0.01, 0.03]  # [per update] Adam's step sizes to choose from
steps: int = 1000  # [updates] the longest training
checkpoint_every: int = 0  # [updates] distance of the steps to choose from; zero: a quarter of all
kl_weights: list[float] = [0.01, 0.03, 0.1, 0.3, 1.0]  # [lam] weights of the KL term to choose from
guidances: list[float] = [2.0, 4.0, 7.0, 10.0]  # [factor] classifier-free guidances to choose from
guidance: float = 4.0  # [factor] classifier-free guidance while the others are chosen
smallest: float = 0.1  # [share] smallest difference in B that anybody should care about
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
batch_size: int = 4  # [pictures] per update and learned word
images_per_prompt: int = 2  # [pictures] drawn for each prompt
contexts: int = 4  # [prompts] how many contexts are asked for
num_inference_steps: int = 25  # [steps] of the sampler
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead
runs: str = ""  # [folder] where learned words are kept instead

# %% tags=["remove-cell"]
from study.parameters import check_notebook

check_notebook(In, globals())

# %% tags=["hide-input"]
# %matplotlib inline
from itertools import product

import matplotlib.pyplot as plt
import pandas as pd
from pocket_world.oracle.witness import open_oracle, sees

from study.analysis import regime as analysis
from study.figures import image_grid, step_curves
from study.page import begin
from study.panels import PIXELS, nothing_there
from study.scores import summarised
from study.wording import counted, percent
from textinv_core.evaluation.metrics import evaluate, image_only
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import context_prompts, load_images

UNIT = ("rate", "step", "weight", "guidance", "concept", "seed")  # what tells one word's pictures apart
CALLED = dict(step="steps", rate="learning rate", weight="KL weight", guidance="guidance")
SIZES = [*product((6, 8, 10, 12, 14, 16, 20, 24, 32, 48, 64), (1, 3, 5), (8, 16, 32))]  # concepts, seeds, pictures
page = begin("regime", globals())
prompts, oracle = page.prompts(), open_oracle(model)
plain = {name: texts[0] for name, texts in prompts.items()}
value_name = "B, concept and context in one picture" if oracle else "balance of CLIP’s two scores"

# %% [markdown]
# ## What is chosen, and by what
#
# {glue:text}`n_concepts` development concepts, {glue:text}`n_seeds` training seeds each, {glue:text}`n_contexts` contexts. Of every
# setting the pictures are read by the oracle: K, the concept is kept; C, the context is there; B, both in one picture.
# First learning rate and length together, for the naive word, by B; then the KL weight at these; then guidance. Where two settings
# of rate and length are as good, the shorter and slower one is taken. {glue:text}`judged_by`

# %% tags=["hide-input"]
concept_of, drawn = {c.name: c for c in page.concepts}, {}


def looked_at(arms, at, guided=guidance, **how):
    """Every arm's pictures at some steps, judged by CLIP and by the oracle; kept to be shown, too."""
    words, parts = page.store.learn(page.pipe, arms, batch_size=batch_size, **how), []
    for n in at:
        for arm, word in zip(arms, words.at(n), strict=True):
            name = arm.concept.name
            pictures = page.draw(word, prompts[name], guidance_scale=guided)
            if arm.seed == seeds[0]:
                drawn[arm.learning_rate, n, arm.kl_weight, guided, name] = pictures["image"].tolist()
            scores = evaluate(pictures, arm.concept, page.judge).rename(columns=dict(seed="image"))
            seen = sees(oracle, pictures, context_prompts(arm.concept.kind), name)
            where = dict(rate=arm.learning_rate, weight=arm.kl_weight, guidance=guided, seed=arm.seed)
            parts.append(scores.assign(**where).join(seen.reset_index(drop=True)))
    return pd.concat(parts, ignore_index=True)


def arms_of(rates, weights):
    """An arm a concept, seed, learning rate and KL weight."""
    every = product(page.concepts, seeds, rates, weights)
    return [Arm(c, seed=s, learning_rate=rate, kl_weight=weight) for c, s, rate, weight in every]


every = checkpoint_every or max(1, steps // 4)
grid = sorted({*range(every, steps + 1, every), steps})
ends = [(c, end) for c in page.concepts for end in (image_only(c, prompts[c.name], page.side), page.draw_plain(c, prompts[c.name]))]
anchors = summarised(pd.concat([evaluate(end, c, page.judge) for c, end in ends]), plain).set_index(["arm", "concept"])
naive = looked_at(arms_of(learning_rates, [0.0]), grid, steps=steps, checkpoint_every=every)
of_length = analysis.values_of(naive, plain, anchors, UNIT)
middle = dict(step=grid[len(grid) // 2], rate=learning_rates[len(learning_rates) // 2])
length = analysis.choose(of_length, ("step", "rate"), middle)
rate, chosen_steps = length.setting["rate"], int(length.setting["step"])
base = naive[(naive["rate"] == rate) & (naive["step"] == chosen_steps)]
held = looked_at(arms_of([rate], kl_weights), [chosen_steps], steps=chosen_steps)
of_weight = analysis.values_of(held, plain, anchors, UNIT)
leash = analysis.choose(of_weight, ("weight",), dict(weight=kl_weights[len(kl_weights) // 2]), near=0)
kl_weight = leash.setting["weight"]
others = [looked_at(arms_of([rate], [0.0]), [chosen_steps], g, steps=steps, checkpoint_every=every) for g in guidances if g != guidance]
of_guidance = analysis.values_of(pd.concat([base, *others], ignore_index=True), plain, anchors, UNIT)
strength = analysis.choose(of_guidance, ("guidance",), dict(guidance=guidance))

# %% [markdown]
# ## What the chosen settings draw

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Development concepts, one training seed, the same noise throughout, a prompt with a context. From left: a training picture; the word at each learning rate, after the chosen number of steps; the word held back by the chosen KL weight.", "name": "fig-regime-pictures"}, "image": {"alt": "A grid of small pictures: a row for each concept; a training picture, one drawn picture for each learning rate, and one for the chosen KL weight.", "width": "100%"}}
cells, which = [], min(1, contexts) * images_per_prompt  # the first picture of the first context
for name in page.names:
    cells.append(dict(row=name, column="training", image=load_images(concept_of[name].images[:1], PIXELS)[0]))
    tried = {f"rate {r:g}": (r, chosen_steps, 0.0, guidance) for r in learning_rates}
    tried |= {f"rate {rate:g}, KL": (rate, chosen_steps, kl_weight, guidance)}
    cells += [dict(row=name, column=said, image=drawn[*at, name][which]) for said, at in tried.items()]
ax = image_grid(pd.DataFrame(cells), row="row", column="column", row_labels=page.labels, pixels=PIXELS)
ax.tick_params(labelsize=8)
ax.figure.savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# ## How fast, and how long?

# %% tags=["hide-input"] mystnb={"figure": {"caption": "By training step, a line a learning rate: mean over development concepts with 95 % band. Left K, the concept is kept; middle C, the context is there; right, what decides. Dashed, the chosen length.", "name": "fig-regime-length"}, "image": {"alt": "Three line plots against training steps, one line for each learning rate.", "width": "100%"}}
figure, axes = plt.subplots(1, 3, figsize=(11, 3.4), sharex=True, layout="constrained")
for ax, (value, said) in zip(axes, dict(K="concept kept", C="context there", value=value_name).items(), strict=True):
    if of_length[value].notna().any():
        by_rate = of_length.astype(dict(rate=str)).rename(columns=dict(rate=CALLED["rate"]))
        step_curves(by_rate, value, hue=CALLED["rate"], ax=ax, markersize=4)
    ax.axvline(chosen_steps, color="0.4", linestyle="--", linewidth=1)
    ax.set(xlabel="training step", ylabel=said)
plt.show()

# %% [markdown]
# ## How tight a leash, how much guidance?

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Left, what decides by KL weight; dotted, the naive word. Right, by guidance, for the naive word. Lines: mean over development concepts; thin, each concept. Dashed, what was chosen.", "name": "fig-regime-others"}, "image": {"alt": "Two line plots: the deciding value against the KL weight and against guidance, with a thin line for each concept.", "width": "100%"}}
figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained")
for ax, table, axis, chosen in zip(axes, (of_weight, of_guidance), ("weight", "guidance"), (kl_weight, strength.setting["guidance"]), strict=True):
    each = table.groupby(["concept", axis])["value"].mean().unstack("concept")
    ax.plot(each, color="0.7", linewidth=1)
    ax.plot(each.mean(axis=1), "o-", color="C0", linewidth=2.2)
    ax.axvline(chosen, color="0.4", linestyle="--", linewidth=1)
    ax.set(xlabel=CALLED[axis], ylabel=value_name, xscale="log")
    ax.set_xticks(each.index, [f"{x:g}" for x in each.index], minor=False)
    ax.minorticks_off()
axes[0].axhline(of_length[(of_length["rate"] == rate) & (of_length["step"] == chosen_steps)]["value"].mean(), color="C3", linestyle=":")
plt.show()

# %% [markdown]
# ## How many concepts, seeds and pictures decide?
#
# The contrast that the book turns on is B of the word under the KL term minus B of the naive word. Its spread on the development
# concepts, split into what differs between concepts, between training seeds and between pictures, says how wide an interval a
# larger study would have. We call {glue:text}`smallest` the smallest effect of interest: an interval narrower than that cannot hold
# both it and zero, so it always decides. The studies are simulated, {glue:text}`repetitions` of each size.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Width of the 95 % interval of the difference in B by number of concepts, for so many training seeds and pictures a seed. Dashed, the smallest effect of interest: below it a study always decides.", "name": "fig-regime-power"}, "image": {"alt": "Falling curves of the width of an interval against the number of concepts, with a horizontal line at the smallest effect of interest.", "width": "100%"}}
both = pd.concat([base.assign(method="naive"), held[held["weight"] == kl_weight].assign(method="KL")])
parts = analysis.components(both, "both_seen", arm="method", new="KL", base="naive")
plan = analysis.simulated(parts, SIZES, smallest) if parts else None
figure, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
for (n, pictures), rows in plan.groupby(["seeds", "pictures"]) if parts else ():
    if pictures == SIZES[0][2] or n == len(seeds):
        ax.plot(rows["concepts"], rows["width"], "o-", markersize=4, label=f"{counted(n, 'seed')}, {pictures} pictures")
ax.axhline(smallest, color="0.3", linestyle="--", linewidth=1)
ax.set(xlabel="concepts", ylabel="width of the interval", ylim=(0, None))
if parts:
    ax.legend(fontsize=8)
else:
    nothing_there(ax, "no oracle, or a single concept:\nnothing to plan from")

# %% tags=["remove-cell"]
settings = dict(learning_rate=rate, steps=chosen_steps, kl_weight=kl_weight, guidance=strength.setting["guidance"])
at = of_length[(of_length["rate"] == rate) & (of_length["step"] == chosen_steps)].groupby("concept")[["K", "C", "B"]].mean().mean()
page.say(
    **page.common("n_concepts", "n_seeds", "n_contexts"),
    **{f"chosen_{key}": f"{value:g}" if isinstance(value, float) else f"{value}" for key, value in settings.items()},
    verdict_short=f"On {page.model_name}, {chosen_steps} steps at a learning rate of {rate:g} serve best."
    if length.known
    else f"On {page.model_name} no setting does better than another; the book keeps {chosen_steps} steps at a learning rate of {rate:g}.",
    where_length=analysis.said_edge(length, CALLED),
    where_weight=analysis.said_edge(leash, CALLED),
    where_guidance=analysis.said_edge(strength, CALLED),
    rates_there=f"K {percent(at['K'])}, C {percent(at['C'])}, B {percent(at['B'])}" if oracle else "known by CLIP only",
    value_kl=f"{leash.value:.2f}" if leash.known else "not defined",
    judged_by="" if oracle else "This model has no oracle: only CLIP’s reading is there, and its balance of likeness and obedience decides.",
    spread=f"has a standard deviation of {parts.concept:.2f} between concepts, {parts.seed:.2f} between seeds of one, {parts.picture:.2f} between pictures" if parts else "is not known here",
    plan=analysis.plan_said(plan, smallest),
    smallest=f"{smallest:g}",
    repetitions=f"{analysis.REPETITIONS}",
)

# %% [markdown]
# ## What this shows, and what it does not
#
# **Chosen:** a learning rate of {glue:text}`chosen_learning_rate` for {glue:text}`chosen_steps` steps ({glue:text}`where_length`); a KL weight of
# {glue:text}`chosen_kl_weight` ({glue:text}`where_weight`; there the deciding value is {glue:text}`value_kl`); guidance of
# {glue:text}`chosen_guidance` ({glue:text}`where_guidance`). At the chosen rate and length the naive word’s rates are: {glue:text}`rates_there`.
#
# **How large a study:** the difference in B {glue:text}`spread`. So {glue:text}`plan`.
#
# **What to do:** run this page first, then the others with `as_chosen` set to true; they read what is written here. On another model, choose
# again: no setting is carried from one regime to another.
#
# What it does not show:
#
# - The best of a grid, not the best there is. Settings were looked at one after the other, not all together.
# - The best value of a grid flatters itself a little. That is why no result is reported on these concepts elsewhere.
# - {glue:text}`n_concepts` concepts give a rough idea of a spread between concepts, and the simulation takes it as normal.

# %% tags=["remove-cell"]
tables = dict(length=of_length, weights=of_weight, guidances=of_guidance)
page.close(tables | (dict(plan=plan) if plan is not None else {}), [], checkpoint_every=every)
