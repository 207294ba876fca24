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
# # Is KL the better leash?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# The research note proposes {ref}`a KL term <method>` that holds the learned word near its initializer, and expects the word to keep the meaning and
# context around it, to be more stable, and to stay on the “semantic manifold”. Any leash trades likeness for obedience; so does
# simply stopping early. So the question here is not whether KL changes something, but whether it trades *better* than cheaper leashes do. Every
# method gets a curve over its settings.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["comet_cake", "bubble_car", "elder_tree", "nova_hall", "wooden_figurine", "jolly_man"]  # [names or folders] what to learn
development: list[str] = ["comet_cake", "bubble_car"]  # [names] those of `concepts` that settings are chosen on; the others are reported
initializer: str = ""  # [word] where learning starts; empty: each concept's own
kl_weights: list[float] = [0.01, 0.03, 0.1, 0.3, 1.0, 3.0]  # [lam] the KL curve, in both weightings; none (naive) is always there
kl_weight: float = 0.0  # [lam] the one weight that single comparisons use; zero: chosen on the development concepts
l2_weights: list[float] = [0.01, 0.03, 0.1, 0.3]  # [factor] the L2 pull's curve
rate_shares: list[float] = [0.1, 0.3]  # [share] lower learning rates, of `learning_rate`
shares: list[float] = [0.15, 0.3, 0.45, 0.6, 0.75, 0.9]  # [share] interpolations: how much of the learned word
level: float = 0.5  # [share of the anchors' span] the reconstruction at which editability is compared
steps: int = 210  # [updates] length of training
checkpoint_every: int = 0  # [updates] distance of the early stops; zero: a seventh of all
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
development_seeds: list[int] = [0]  # [numbers] training seeds of the development concepts
learning_rate: float = 0.001  # [per update] Adam's step size
batch_size: int = 4  # [pictures] per update and learned word
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 3  # [pictures] drawn with each setting for each prompt
contexts: int = 4  # [prompts] how many contexts editability is measured in
num_inference_steps: int = 20  # [steps] of the sampler
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead
runs: str = ""  # [folder] where learned words are kept instead

# %% tags=["remove-cell"]
from study.parameters import check_notebook

check_notebook(In, globals())

# %% [markdown]
# ## The methods
#
# | method | what holds the word back | its settings |
# |---|---|---|
# | *KL exact* | the KL term, weighted over timesteps as it is: $\lambda w_t$, scaled to $\lambda$ at the median | {glue:text}`kl_weights` |
# | *KL uniform* | the same term with one weight $\lambda$ for all timesteps, as DPOK’s code has it | {glue:text}`kl_weights` |
# | *L2 pull* | a penalty on the row’s squared distance from its start {cite:p}`gal2023` | {glue:text}`l2_weights` |
# | *early stopping* | nothing; the naive run’s checkpoints | after {glue:text}`stops` steps |
# | *interpolation* | nothing; after training, so much of the learned row, the rest the initializer’s | {glue:text}`shares` |
# | *lower rate* | smaller steps | {glue:text}`rates` of the learning rate |
# | *norm lock* | the row keeps its first length | one |
# | *rescaled* | nothing; after training, the row gets the vocabulary’s median length | one |
#
# Two ends belong to every method, since every leash can be let go or held so tight that nothing moves: the *naive* word at the end of training and the
# *initializer*. All trained methods see the same pictures, noise and timesteps in each training seed.
#
# The KL is *teacher-forced*: $x_t$ comes from noised training pictures, not from the model’s own chain. Its weight $\lambda$ is relative to the denoising loss; the
# $\beta$ that each $\lambda$ stands for is in [the table of all settings](kl-all-settings).

# %% [markdown]
# ## What was decided before looking
#
# Scores are on {ref}`the scale that the anchors span <measures>`. Settings are chosen on {glue:text}`n_development` and reported on
# {glue:text}`n_reported`. The **primary contrasts** are paired over concepts and training seeds:
#
# - *KL exact* minus *early stopping*, minus *L2 pull*, and minus *interpolation*: editability at equal reconstruction, {glue:text}`level` of the span, read off each
#   method’s front. KL is called better only if it beats all three.
# - *KL exact* at the chosen weight minus *naive*: editability. These two do not reconstruct equally; the price is stated beside the gain.
#
# A verdict needs a 95 % interval clear of zero and {glue:text}`fewest` concepts or more. Beside it stands the p-value of sign flips over concepts, after Holm’s correction over all four; with few concepts
# it cannot become small. A front with more settings looks better by chance, so everything is repeated with
# {glue:text}`equal_size` settings a method, averaged over all ways to pick them.

# %% [markdown]
# ## Setup

# %% tags=["hide-input"]
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from IPython.display import HTML
from myst_nb import glue
from pocket_world.first.witness import open_oracle, sees

from study.analysis.kl_tradeoff import spread_over_seeds
from study.figures import image_grid, step_curves, step_slider_html, trade_off, use_style
from study.page import Claim, model_title, open_page
from study.sheets import write_sheet
from study.vocabulary import ordinary_words
from study.wording import FEWEST_CONCEPTS, counted, verdict
from textinv_core.evaluation.fronts import column, fronts, interpolated, on_anchor_scale
from textinv_core.evaluation.metrics import evaluate, image_only, summarise
from textinv_core.evaluation.probes import rescaled
from textinv_core.evaluation.stats import holm, mean_interval, paired_interval
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import class_phrase, context_prompts, load_images, plain_prompt
from textinv_core.learning.tokens import nearest_words

KL, UNIFORM, RIVALS = "KL exact", "KL uniform", ("early stopping", "L2 pull", "interpolation")
CURVES = (KL, UNIFORM, *RIVALS)
POINTS = ("lower rate", "norm lock", "rescaled", "naive", "initializer")
CHOOSING = (KL, "L2 pull")  # all that the development concepts are needed for
LEVELS = sorted({0.3, 0.5, 0.7, level})
SHOWN = 3  # contexts whose pictures are kept
AT_ONCE = 4  # concepts under the slider: a page is to stay light
use_style()
plt.rcParams["figure.dpi"] = 120

# %% tags=["hide-input"]
where = dict(profile=profile, model=model, judge=judge, out=out, runs=runs, initializer=initializer)
page = open_page("kl_tradeoff", concepts=[concept] if concept else concepts, **where)
pipe, chosen, store, folder = page.pipe, page.concepts, page.store, page.folder
reported = [c for c in chosen if concept or c.name not in development]
seeds_of = {c.name: seeds if c in reported else development_seeds for c in chosen}
how = dict(guidance_scale=guidance, num_inference_steps=num_inference_steps)
picture_seeds = range(images_per_prompt)
prompts = {c.name: [plain_prompt(c.kind), *list(context_prompts(c.kind))[:contexts]] for c in chosen}
weights = sorted({w for w in [*kl_weights, kl_weight] if w > 0})
if not weights:
    raise ValueError(f"kl_weights: expected one or more above 0, got {kl_weights}")

# %% tags=["hide-input"]
oracle = open_oracle(model)  # in the pocket world what a picture shows can be asked


def witness(scores, pictures, c):
    """`scores` with what the oracle sees: the prompt's context, and the concept; NaN where it cannot tell."""
    return scores.join(sees(oracle, pictures, context_prompts(c.kind), c.name))


# %% [markdown]
# ## Train, draw, score
#
# All arms of a concept are trained together. What needs no training (checkpoints, interpolations, the rescaled row) is made from the naive arm.

# %% tags=["hide-input"]
families = {
    KL: {w: dict(kl_weight=w) for w in weights},
    UNIFORM: {w: dict(kl_weight=w, kl_weighting="uniform") for w in weights},
    "L2 pull": {w: dict(l2_weight=w) for w in sorted(l2_weights) if w > 0},
    "lower rate": {x: dict(learning_rate=x * learning_rate) for x in sorted(rate_shares) if 0 < x < 1},
    "norm lock": {1.0: dict(norm_lock=True)},
}
settings = dict(steps=steps, batch_size=batch_size, checkpoint_every=checkpoint_every or max(1, steps // 7))
plans, learned = {}, {}
for c in chosen:
    own = [(m, x, f) for m, of in families.items() if c in reported or m in CHOOSING for x, f in of.items()]
    each = [(m, x, s, dict(learning_rate=learning_rate) | f) for m, x, f in [("naive", 0.0, {}), *own] for s in seeds_of[c.name]]
    plans[c.name] = [(m, x, s, Arm(c, seed=s, **f)) for m, x, s, f in each]
    learned[c.name] = store.learn(pipe, [arm for *_, arm in plans[c.name]], **settings)
at = learned[chosen[0].name].steps
stops = [step for step in at[1:-1] if steps - step > settings["checkpoint_every"] / 2]  # the last is not a repeat of the end

# %% tags=["hide-input"]
median = float(pipe.text_encoder.get_input_embeddings().weight.float().norm(dim=-1).median())
words = []
for c in chosen:
    start, last = learned[c.name].at(0), learned[c.name].at()
    words += [(c.name, m, x, s, e) for (m, x, s, _), e in zip(plans[c.name], last, strict=True)]
    for i, s in enumerate(seeds_of[c.name]):  # the naive arms come first
        words.append((c.name, "initializer", 0.0, s, start[i]))
        if c in reported:
            words += [(c.name, "early stopping", float(step), s, learned[c.name].at(step)[i]) for step in stops]
            words += [(c.name, "interpolation", x, s, interpolated(last[i], start[i].rows, x)) for x in sorted(shares)]
            words.append((c.name, "rescaled", 1.0, s, rescaled(last[i], median)))
words = pd.DataFrame(words, columns=["concept", "method", "strength", "training_seed", "word"])

# %% tags=["hide-input"]
of_setting = ["concept", "method", "strength", "training_seed"]
tiles, parts = {}, {"scores": [], "anchors": []}
for c in chosen:
    texts = prompts[c.name]
    for row in words[words["concept"] == c.name].itertuples(index=False):
        pictures = store.draw(pipe, row.word, texts, picture_seeds, **how)
        scores = witness(evaluate(pictures, c, page.judge), pictures, c)
        parts["scores"].append(scores.assign(**{name: getattr(row, name) for name in of_setting}))
        if row.training_seed == seeds_of[c.name][0] and row.method in (KL, "naive", "initializer"):
            first = pictures[pictures["seed"] == 0].set_index("prompt")["image"]
            tiles |= {(c.name, row.method, row.strength, text): first[text] for text in texts[: SHOWN + 1]}
    floor = store.draw(pipe, None, texts, picture_seeds, word=class_phrase(c), **how)
    for pictures in (image_only(c, texts, page.side), floor):
        parts["anchors"].append(witness(evaluate(pictures, c, page.judge), pictures, c))

# %% tags=["hide-input"]
table = {kind: pd.concat(tables, ignore_index=True) for kind, tables in parts.items()}
plain = {c.name: plain_prompt(c.kind) for c in chosen}
for kind, by in (("scores", of_setting), ("anchors", ["arm", "step", "concept"])):
    rows, edited = table[kind], table[kind]["prompt"] != table[kind]["concept"].map(plain)
    summary = pd.concat([summarise(own, plain[name], by) for name, own in rows.groupby("concept", sort=False)])
    seen = rows[edited].assign(both_seen=lambda t: t["context_seen"] * t["concept_seen"])
    seen = seen.groupby(by)[["context_seen", "both_seen"]].mean().join(rows[~edited].groupby(by)["concept_seen"].mean())
    table[f"{kind}_summary"] = summary.merge(seen.reset_index(), on=by, how="left")

# %% tags=["hide-input"]
bounds = table["anchors_summary"].set_index(["arm", "concept"])[["reconstruction", "editability_deleted"]]
floor, ceiling = ({name: tuple(bounds.loc[arm, name]) for name in plain} for arm in ("plain", "image_only"))
results = on_anchor_scale(table["scores_summary"].rename(columns={"training_seed": "seed"}), floor, ceiling)
place = words.rename(columns={"training_seed": "seed"})
rows = torch.cat([word.rows[:1] for word in place["word"]])
ordinary = ordinary_words(pipe)
place["norm_ratio"] = rows.norm(dim=-1).numpy() / median
place["norm_percentile"] = [100 * float((ordinary["norm"] < norm).mean()) for norm in rows.norm(dim=-1).tolist()]
place["nearest_cosine"] = [near[0][1] for near in nearest_words(pipe, rows, k=1)]
starts = {c.name: learned[c.name].at(0)[0].rows[0] for c in chosen}
place["cos_initial"] = torch.cosine_similarity(rows, torch.stack([starts[name] for name in place["concept"]])).numpy()
log = pd.concat([learned[c.name].log for c in chosen]).set_index(["arm", "step"])["loss"]
place["loss"] = [log.get((word.arm, word.step), np.nan) for word in place["word"]]
results = results.merge(place.drop(columns="word"), on=["concept", "method", "strength", "seed"])
names = [c.name for c in reported or chosen]  # what the figures show
ours = results[results["concept"].isin(names)]
usable = ours.dropna(subset=["R"])["concept"].nunique()
left_out = [name.replace("_", " ") for name in names if ours.loc[ours["concept"] == name, "R"].isna().all()]
label = {c.name: c.name.replace("_", " ") for c in chosen}

# %% [markdown]
# ## Choosing one weight
#
# Where a single KL word is needed, here and on the pages that take over this choice, its weight is the one with the best *balance*, the geometric mean of scaled reconstruction and
# editability, on the development concepts alone. {glue:text}`choice_told` The table shows how far
# each setting of KL and of the L2 pull goes, so that the ranges of the two penalties can be compared.

# %% tags=["hide-input"]
development_only = results[~results["concept"].isin([c.name for c in reported])]
tried = development_only.assign(balance=np.sqrt(development_only["R"].clip(0) * development_only["E"].clip(0)))
alone = tried.query("method == @KL").groupby(["concept", "strength"])["balance"].mean().dropna()
alone = alone.unstack("strength").idxmax(axis=1)  # what each development concept would choose
tried = tried[tried["method"].isin(["naive", *CHOOSING])].groupby(["method", "strength"])[["R", "E", "balance"]].mean()
balance = tried["balance"].dropna().get(KL, pd.Series(dtype=float))
weight = kl_weight or (float(balance.idxmax()) if len(balance) else weights[len(weights) // 2])
tried.rename_axis(["method", "weight"]).style.format("{:.2f}", na_rep="–").format_index("{:g}", level="weight")

# %% [markdown]
# ## What the leash does
#
# One concept, one training seed, the same noise everywhere. From the naive word at the top, the leash gets shorter downward; at the bottom is the ordinary word.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "The plain prompt and prompts with a context, by KL weight (exact weighting): from unchecked training down to the initializer itself. Left, the training pictures.", "name": "fig-kl-grid"}, "image": {"alt": "A grid of small pictures: one row for each KL weight from zero upward and one for the initializer; columns for a training picture, the plain prompt and prompts with a context.", "width": "100%"}}
side = 96
rungs = [("naive", 0.0), *((KL, w) for w in weights), ("initializer", 0.0)]
called = {rung: f"λ = {rung[1]:g}" for rung in rungs} | {rungs[0]: "naive", rungs[-1]: "initializer"}
phrases = {c.name: ["plain", *context_prompts(c.kind).values()][: min(contexts, SHOWN) + 1] for c in chosen}
references = {c.name: load_images(c.images, side) for c in chosen}
cells = []
for i, rung in enumerate(rungs):
    cells.append(dict(rung=rung, column="training", image=references[names[0]][i % len(references[names[0]])]))
    shown = zip(phrases[names[0]], prompts[names[0]], strict=False)
    cells += [dict(rung=rung, column=phrase, image=tiles[names[0], *rung, text]) for phrase, text in shown]
grid = image_grid(pd.DataFrame(cells), row="rung", column="column", row_labels=called, pixels=side)
grid.figure.savefig(folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# Tighten the leash yourself, on every concept at once.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Concepts at one KL weight: a training picture, the plain prompt, and prompts with a context. Drag the slider, or use the arrow keys.", "name": "fig-kl-slider"}}
frames, sliding = [], names[:AT_ONCE]
for rung in rungs:
    figure, axes = plt.subplots(len(sliding), 1, figsize=(6.2, 1.45 * len(sliding)), squeeze=False, layout="constrained")
    for name, ax in zip(sliding, axes[:, 0], strict=True):
        shown = {"training": references[name][0]}
        shown |= {phrase: tiles[name, *rung, text] for phrase, text in zip(phrases[name], prompts[name], strict=False)}
        row = pd.DataFrame([dict(concept=name, prompt=k, image=image) for k, image in shown.items()])
        image_grid(row, row="concept", column="prompt", row_labels=label, ax=ax, pixels=side).tick_params(labelsize=8)
    frames.append(figure)
    plt.close(figure)
alt = "For each concept a training picture, the plain prompt and prompts with a context, at KL weight"
HTML(step_slider_html(frames, [called[rung] for rung in rungs], alt, name="KL weight", start=0))

# %% tags=["remove-cell"]
for name in names:
    kept = [tiles[name, *rung, text] for rung in rungs for text in prompts[name][: SHOWN + 1]]
    write_sheet(folder / f"{name}.png", kept, len(prompts[name][: SHOWN + 1]), side=min(page.side, 192))

# %% [markdown]
# ## The curves
#
# Up and to the right is better. A method that only trades as well as its rivals lies on their curve, wherever its settings fall along it.

# %% tags=["hide-input"]
whole = ("R", "E", "context_seen", "both_seen", "concept_seen")
means = ours.groupby(["method", "strength", "concept"])[list(whole)].mean().groupby(["method", "strength"]).mean().reset_index()
by_concept = ours.groupby(["concept", "method", "strength"])[list(whole)].mean().reset_index()
ascending = ("early stopping", "interpolation")  # these move away from the initializer as they get stronger


def curve(rows, method):
    """A method's settings in order, from the one end to the other."""
    ends = [rows[rows["method"] == end] for end in ("initializer", "naive")]
    first, last = ends if method in ascending else ends[::-1]
    return pd.concat([first, rows[rows["method"] == method].sort_values("strength"), last]).assign(method=method)


there = [m for m in CURVES if (ours["method"] == m).any()]
singles = means[means["method"].isin(POINTS)].assign(anchor=lambda t: t["method"] + np.where(t["method"] == "lower rate", t["strength"].map(" × {:g}".format), ""))

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Likeness against obedience: each method over its settings, mean over concepts and training seeds, on the anchors\u2019 scale. Left, scored by CLIP; numbers beside the points are KL weights (exact). Right, what the oracle sees, where there is one: the share of context prompts whose context is in the picture.", "name": "fig-kl-curves"}, "image": {"alt": "Two panels of trade-off curves, one curve for each method, between the initializer at the top left and the naive word at the right.", "width": "100%"}}
truth = bool(means["context_seen"].notna().any())
by_oracle = truth and bool(means["concept_seen"].notna().all())  # else likeness is still CLIP's
panels = [("R", "E", "reconstruction", "editability")]
panels += [("concept_seen" if by_oracle else "R", "context_seen", "concept seen" if by_oracle else "reconstruction", "context seen")] if truth else []
figure, axes = plt.subplots(1, len(panels), figsize=(5.6 * len(panels), 4.6), squeeze=False, layout="constrained")
for ax, (x, y, likeness, obedience) in zip(axes[0], panels, strict=True):
    lines = pd.concat([curve(means, method) for method in there]).dropna(subset=[x, y])
    if len(lines):
        trade_off(lines, x=x, y=y, hue="method", anchors=singles, ax=ax)
    ax.set(xlabel=likeness, ylabel=obedience)
axes[0, 0].axvline(level, color="0.6", linestyle=":", linewidth=1, zorder=0)
for point in means[means["method"] == KL].dropna(subset=["R", "E"]).itertuples():
    axes[0, 0].annotate(f"{point.strength:g}", (point.R, point.E), xytext=(4, 4), textcoords="offset points", fontsize=7)
for ax in axes[0]:
    if ax.get_legend():
        ax.get_legend().remove()
shared = axes[0, 0].get_legend_handles_labels()
if shared[0]:
    figure.legend(*shared, loc="outside lower center", ncols=5, fontsize=8)
plt.show()

# %% tags=["hide-input"] mystnb={"figure": {"caption": "The same curves for each concept, mean over its training seeds. A concept whose anchors do not bracket the scores has no curve.", "name": "fig-kl-concepts"}, "image": {"alt": "Small trade-off plots side by side, one for each concept.", "width": "100%"}}
across = min(len(names), 4)
down = -(-len(names) // across)
figure, axes = plt.subplots(down, across, figsize=(3.1 * across, 3 * down), sharex=True, sharey=True, squeeze=False, layout="constrained")
for name, ax in zip(names, axes.flat, strict=False):
    rows = by_concept[by_concept["concept"] == name].dropna(subset=["R", "E"])
    lines = pd.concat([curve(rows, method) for method in there])
    if len(lines):
        trade_off(lines, x="R", y="E", hue="method", ax=ax).get_legend().remove()
    ax.set(xlabel=f"reconstruction\n{label[name]}", ylabel="editability")
for ax in axes.flat[len(names) :]:
    ax.set_visible(False)
shared = axes.flat[0].get_legend_handles_labels()
if shared[0]:
    figure.legend(*shared, loc="outside upper center", ncols=len(there), fontsize=8)
plt.show()

# %% [markdown]
# ## Measured against its rivals
#
# Two numbers for a curve: the *hypervolume*, the area below its front, and the editability it has left where reconstruction reaches {glue:text}`level` of the span.
# {glue:text}`reach_told`

# %% tags=["hide-input"]
size = max(1, min(len(families[KL]), len(families["L2 pull"]), len(stops), len(shares)))
methods = [m for m in (*CURVES, "lower rate", "norm lock", "rescaled") if (ours["method"] == m).any()]
at_level = column(level)
front = fronts(ours, LEVELS)
versions = {"all settings": front, "equal size": fronts(ours, LEVELS, size=size)}
if truth:
    seen = ours.assign(R=ours["concept_seen" if by_oracle else "R"])
    versions["oracle"] = fronts(seen, [level], score="context_seen")
measured = [("all settings", column(x), f"editability at {x:g}") for x in LEVELS]
measured += [("equal size", at_level, f"editability at {level:g}, equal size")]
measured += [(v, "hypervolume", f"hypervolume, {v}") for v in ("all settings", "equal size")]
measured += [("oracle", at_level, f"context seen at {level:g} (oracle)")] if truth else []

# %% tags=["hide-input"]
against, listed = (*RIVALS, UNIFORM), []
for version, value, title in measured:
    found = {rival: paired_interval(versions[version], value, arm="method", new=KL, base=rival) for rival in against}
    listed += [dict(measure=title, rival=rival, **c._asdict(), concepts=c.concepts, pairs=c.seeds) for rival, c in found.items()]
    if (version, value) == ("all settings", at_level):
        equal_reconstruction = found
single = ours[(ours["method"] == "naive") | ((ours["method"] == KL) & (ours["strength"] == weight))]
paid = {v: paired_interval(single, v, arm="method", new=KL, base="naive") for v in ("R", "E", "context_seen", "concept_seen", "both_seen")}
listed += [dict(measure=f"λ = {weight:g}: {v}", rival="naive", **c._asdict(), concepts=c.concepts, pairs=c.seeds) for v, c in paid.items() if c.n]
primary = {rival: equal_reconstruction[rival] for rival in RIVALS} | {"naive": paid["E"]}
adjusted = dict(zip(primary, holm([1.0 if np.isnan(c.p) else c.p for c in primary.values()]), strict=True))
contrasts = pd.DataFrame(listed).drop(columns="n")

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Left and middle: hypervolume, and editability at equal reconstruction, by method; filled with all of a method\u2019s settings, open with the same number of settings for each. Right: the primary contrasts, KL exact minus its rival, and minus the uniform weighting. Means over concepts and training seeds with 95 % intervals.", "name": "fig-kl-dots"}, "image": {"alt": "Three dot plots with intervals: hypervolume by method, editability at equal reconstruction by method, and the difference between KL and each rival around a line at zero.", "width": "100%"}}
figure, axes = plt.subplots(1, 3, figsize=(12, 3.9), layout="constrained")
for ax, value in zip(axes, ("hypervolume", at_level), strict=False):
    for shift, (version, filled) in enumerate((("all settings", True), ("equal size", False))):
        for i, method in enumerate(methods):
            dot = mean_interval(versions[version][versions[version]["method"] == method], value)
            y = i + 0.28 * shift - 0.14
            ax.plot([dot.low, dot.high], [y, y], color=f"C{i}", linewidth=1.5)
            ax.plot(dot.estimate, y, "o", color=f"C{i}", markerfacecolor=f"C{i}" if filled else "white")
    ax.set(yticks=range(len(methods)), yticklabels=methods if ax is axes[0] else [], ylim=(len(methods) - 0.5, -0.5))
axes[0].set_xlabel("hypervolume")
axes[1].set_xlabel(f"editability at reconstruction {level:g}")
for i, c in enumerate([*primary.values(), equal_reconstruction[UNIFORM]]):
    axes[2].plot([c.low, c.high], [i, i], color="0.2", linewidth=1.5)
    axes[2].plot(c.estimate, i, "o", color="0.2")
axes[2].axvline(0, color="0.5", linewidth=1, zorder=0)
axes[2].set(yticks=range(5), yticklabels=[f"− {r}" for r in (*RIVALS, f"naive (λ = {weight:g})", UNIFORM)], ylim=(4.5, -0.5), xlabel="KL exact minus rival, editability")
plt.show()

# %% [markdown]
# Every contrast, with its n and the p-value of sign flips over concepts (before correction). With {glue:text}`n_usable` the smallest p that this test can give is {glue:text}`smallest_p`, and
# {glue:text}`smallest_holm` after Holm’s correction: the verdicts rest on the intervals.

# %% tags=["hide-input"]
shown = contrasts.assign(rival="− " + contrasts["rival"]).set_index(["measure", "rival"])
shown.style.format({name: "{:+.3f}" for name in ("estimate", "low", "high")} | {"p": "{:.3f}"}, na_rep="–")

# %% [markdown]
# ## Stability, and where the row goes
#
# *More stable* is read here as: training again with another seed ends nearer to the same place. The spread is the standard deviation of both scores over training seeds. Any leash
# shrinks it by moving less, so KL is also set against the early stop that reconstructs as much.

# %% tags=["hide-input"]
spread = spread_over_seeds(ours)
keep = ["concept", "method", "strength"]
alike = []
for key, own in words[words["concept"].isin(names)].groupby(keep, sort=False)["word"]:
    directions = torch.nn.functional.normalize(torch.cat([word.rows[:1] for word in own]), dim=-1)
    cosines = (directions @ directions.T)[~torch.eye(len(own), dtype=bool)]
    alike.append((*key, float(cosines.mean()) if len(cosines) else np.nan))
spread = spread.merge(pd.DataFrame(alike, columns=[*keep, "seed_cosine"]), on=keep)
spread = spread.merge(ours.groupby(keep)[["cos_initial", "nearest_cosine", "norm_percentile"]].mean().reset_index(), on=keep)

# %% tags=["hide-input"] mystnb={"figure": {"caption": "By KL weight (exact), zero is naive. Above: spread of the scores over training seeds, spread of the fixed-batch loss, and cosine between the rows of different seeds. Below: cosine to the initializer, cosine to the nearest vocabulary word, and the row\u2019s length as a percentile of ordinary words\u2019; shaded, where 95 % of ordinary words lie. Mean over concepts with 95 % band.", "name": "fig-kl-stability"}, "image": {"alt": "Six line plots against KL weight: score spread, loss spread, cosine between seeds; cosine to the initializer, cosine to the nearest word, norm percentile.", "width": "100%"}}
ladder = spread[spread["method"].isin(["naive", KL])].assign(position=lambda t: t["strength"].map([0.0, *weights].index))
lonely = float(ordinary["cosine"].quantile(0.025))
panels = (("spread", "spread of scores"), ("sd_loss", "spread of the loss"), ("seed_cosine", "cosine between seeds"))
panels += (("cos_initial", "cosine to initializer"), ("nearest_cosine", "cosine to the nearest word"), ("norm_percentile", "norm, percentile"))
figure, axes = plt.subplots(2, 3, figsize=(11, 5.6), sharex=True, layout="constrained")
for ax, (value, title) in zip(axes.flat, panels, strict=True):
    if ladder[value].notna().any():
        step_curves(ladder, value, x="position", units="concept", ax=ax, markersize=4)
    ax.set(ylabel=title, xlabel="KL weight λ", xticks=range(len(weights) + 1), xticklabels=[f"{w:g}" for w in (0, *weights)])
axes[1, 1].axhspan(lonely, 1, color="0.93", zorder=0)
axes[1, 2].axhspan(2.5, 97.5, color="0.93", zorder=0)
plt.show()

# %% tags=["remove-cell"]
two = spread[(spread["method"] == "naive") | ((spread["method"] == KL) & (spread["strength"] == weight))]
steadier = {v: paired_interval(two, v, arm="method", new=KL, base="naive", pair=("concept",)) for v in ("spread", "sd_R", "sd_E", "sd_loss", "seed_cosine")}
matched = [two[two["method"] == KL]]
for row in matched[0].dropna(subset=["R"]).itertuples():
    stopped = spread[(spread["concept"] == row.concept) & spread["method"].isin(["early stopping", "naive"])].dropna(subset=["R"])
    matched.append(stopped.iloc[[(stopped["R"] - row.R).abs().argmin()]].assign(method="matched") if len(stopped) else stopped)
matched = pd.concat(matched)
level_ground = paired_interval(matched, "spread", arm="method", new=KL, base="matched", pair=("concept",))
nearer = paired_interval(single, "nearest_cosine", arm="method", new=KL, base="naive")
outside = ~single["norm_percentile"].between(2.5, 97.5) | (single["nearest_cosine"] < lonely)
outside = outside.groupby(single["method"]).mean()
typical = single.groupby("method")[["norm_percentile", "nearest_cosine", "cos_initial"]].median().loc[KL]
on_manifold = bool(2.5 <= typical["norm_percentile"] <= 97.5 and typical["nearest_cosine"] >= lonely)

# %% tags=["remove-cell"]
def told(c, form="+.2f", short=False):
    """A contrast as it stands in a sentence."""
    if np.isnan(c.estimate):
        return "an unknown amount"
    if np.isnan(c.low):
        return f"{c.estimate:{form}} (one pair, no interval)"
    bounds = f"{c.low:{form}} to {c.high:{form}}"
    return f"{c.estimate:{form}} [{bounds}]" if short else f"{c.estimate:{form}} (95 % interval {bounds})"


decides = bool(reported)  # settings must not be reported on the concepts they were chosen on


def judged(c):
    """Whether a contrast is above zero, as far as this run may decide."""
    return verdict(c) if decides else "undecided"


keeps, of_rival = judged(paid["E"]), {rival: judged(equal_reconstruction[rival]) for rival in RIVALS}
worse_than = [rival for rival, found in of_rival.items() if found == "not supported"]
better = "not supported" if worse_than else "supported" if set(of_rival.values()) == {"supported"} else "undecided"
steady = {"supported": "not supported", "not supported": "supported"}.get(judged(steadier["spread"]), "undecided")  # a smaller spread is steadier
enough = decides and nearer.concepts >= FEWEST_CONCEPTS
stays = judged(nearer) if on_manifold else "not supported" if enough else "undecided"
few = "" if usable >= FEWEST_CONCEPTS and decides else f"; {counted(usable, 'reported concept')} with a scale cannot decide it" if decides else "; no concept was kept back to report on"

# %% tags=["remove-cell"]
against_rivals = "; ".join(f"against {r} {told(c)}" for r, c in equal_reconstruction.items() if r in RIVALS)
in_short = ", ".join(f"{r} {told(c, short=True)}" for r, c in equal_reconstruction.items() if r in RIVALS)
summed = {
    "supported": "it trades better than early stopping, an L2 pull and interpolation",
    "not supported": f"it trades worse than {' and '.join(worse_than)}",
    "undecided": "it is not shown to trade better than early stopping, an L2 pull and interpolation",
}[better]
kept_told = {
    "supported": "keeps more of the context than naive inversion does",
    "not supported": "keeps less of the context than naive inversion does",
    "undecided": "is not shown to keep more of the context than naive inversion",
}[keeps]
model_name = model_title(model)
shares_of = "as shares of the anchors’ span [95 % intervals]"
sentence = f"On {model_name}, the KL term at λ = {weight:g} {kept_told}: editability {told(paid['E'], short=True)} for reconstruction "
sentence += f"{told(paid['R'], short=True)}, {shares_of}. At equal reconstruction {summed} (editability, KL minus {in_short}{few})."
betas = pd.concat([learned[c.name].table for c in chosen])
beta = {w: float(betas.loc[(betas["kl_weight"] == w) & (betas["kl_weighting"] == "exact"), "kl_beta"].iloc[0]) for w in weights}
units = ours.groupby(["concept", "seed"]).ngroups
reached = {r: c.seeds for r, c in equal_reconstruction.items() if r in RIVALS}
reach_told = f"That level was reached by both sides in {', '.join(f'{n} ({r})' for r, n in reached.items())} of {units} pairs of concept and training seed."
reach_told += f" Left out, because their anchors do not bracket the scores: {', '.join(left_out)}." if left_out else ""
if kl_weight:
    choice_told = f"This run was told to use λ = {weight:g}."
elif len(balance):
    choice_told = f"It is λ = {weight:g}, with a balance of {balance[weight]:.2f}."
    if len(alone) > 1:  # how much hangs on which concepts these are
        each = [f"{name.replace('_', ' ')} would choose λ = {own:g}" for name, own in alone.items()]
        roughly = "So few concepts choose roughly; the comparison at equal reconstruction takes in every weight."
        choice_told += f" Alone, {', '.join(each)}. {roughly if alone.nunique() > 1 else ''}".rstrip()
else:
    choice_told = f"This run has no development concept with a balance, so λ = {weight:g}, the middle of the grid, stands in."
context_told = ""
if truth:
    context_told = f"The oracle sees the context in a share of pictures that changes by {told(paid['context_seen'])} from naive to KL."
    if by_oracle:
        context_told += f" The share of plain pictures with the concept changes by {told(paid['concept_seen'])}, that of pictures with both by {told(paid['both_seen'])}."

# %% tags=["remove-cell"]
glued = dict(
    verdict_short=sentence,
    keeps=keeps,
    better=better,
    steady=steady,
    stays=stays,
    kl_weights=", ".join(f"{w:g}" for w in weights),
    l2_weights=", ".join(f"{w:g}" for w in families["L2 pull"]) or "none",
    stops=", ".join(map(str, stops)) or "no",
    shares=", ".join(f"{x:g}" for x in sorted(shares)) or "none",
    rates=" and ".join(f"{x:g}" for x in families["lower rate"]) or "none",
    level=f"{level:g}",
    fewest=f"{FEWEST_CONCEPTS}",
    equal_size=f"{size}",
    kl_weight=f"{weight:g}",
    kl_beta=f"{beta[weight]:.3g}",
    choice_told=choice_told,
    reach_told=reach_told,
    context_told=context_told or "No oracle knows this model’s pictures.",
    n_development=counted(len(chosen) - len(reported), "development concept"),
    n_reported=counted(len(reported), "other"),
    n_usable=counted(usable, "concept"),
    n_seeds=counted(len(seeds), "training seed"),
    n_pictures=counted(images_per_prompt, "picture"),
    n_contexts=counted(min(contexts, *(len(p) - 1 for p in prompts.values())), "context"),
    smallest_holm=f"{min(1, len(primary) * 2.0 ** (1 - usable)):.3g}" if usable > 1 else "not defined",
    smallest_p=f"{2.0 ** (1 - usable):.3g}" if usable > 1 else "not defined",
    steps=f"{steps}",
    model_name=model_name,
    paid_R=told(paid["R"]),
    paid_E=told(paid["E"]),
    p_holm="; ".join(f"{r} {p:.2f}" for r, p in adjusted.items()),
    gains=against_rivals,
    weighting_told=told(equal_reconstruction[UNIFORM]),
    spread_told=told(steadier["spread"], "+.3f"),
    cosine_told=told(steadier["seed_cosine"], "+.3f"),
    loss_told=told(steadier["sd_loss"], "+.4f"),
    matched_told=told(level_ground, "+.3f"),
    nearer_told=told(nearer, "+.3f"),
    outside_kl=f"{100 * outside[KL]:.0f} %",
    outside_naive=f"{100 * outside['naive']:.0f} %",
    norm_kl=f"{typical['norm_percentile']:.0f}",
    cosine_kl=f"{typical['cos_initial']:.2f}",
)
for key, value in glued.items():
    glue(key, value, display=False)

# %% [markdown]
# (kl-all-settings)=
# ## All settings
#
# Means over concepts and training seeds; $\tilde R$ and $\tilde E$ are on the anchors’ scale, editability in the three readings of the prompt. *Seen* is the oracle: the context and both in pictures of context prompts, the concept in
# the plain one. $\beta$ belongs to the exact weighting.

# %% tags=["hide-input"]
columns = {"R": "R̃", "E": "Ẽ", "reconstruction": "reconstruction", "reconstruction_held_out": "held out"}
columns |= {"editability_deleted": "deleted", "editability_class": "class word", "editability_context": "context only"}
columns |= {"concept_seen": "concept seen", "context_seen": "context seen", "both_seen": "both seen"}
columns |= {"norm_ratio": "norm / median", "cos_initial": "cos initializer", "nearest_cosine": "cos nearest", "loss": "loss"}
everything = ours.groupby(["method", "strength", "concept"])[list(columns)].mean().groupby(["method", "strength"]).mean()
order = ["initializer", *there, "lower rate", "norm lock", "rescaled", "naive"]
everything = everything.sort_index(key=lambda level: level.map(order.index) if level.name == "method" else level)
everything.insert(0, "β", [beta[x] if m == KL else np.nan for m, x in everything.index])
everything = everything.rename(columns=columns).rename_axis(["method", "setting"])
everything.style.format({"β": "{:.3g}", "loss": "{:.4f}"} | {c: "{:.3f}" for c in columns.values() if c != "loss"}, na_rep="–").format_index("{:g}", level="setting")

# %% [markdown]
# ## What this shows, and what it does not
#
# On {glue:text}`model_name`, {glue:text}`n_usable` with {glue:text}`n_seeds` each, {glue:text}`steps` steps, KL weight $\lambda=$ {glue:text}`kl_weight` ($\beta=$ {glue:text}`kl_beta`) where a single one is meant:
#
# - **KL keeps meaning and context: {glue:text}`keeps`.** From naive to KL, editability changes by {glue:text}`paid_E`, reconstruction by {glue:text}`paid_R` of the anchors’ span. {glue:text}`context_told`
# - **KL is better than simpler leashes: {glue:text}`better`.** Editability at equal reconstruction, KL minus rival: {glue:text}`gains`. Holm’s p-values: {glue:text}`p_holm`.
# - **KL is more stable: {glue:text}`steady`.** The spread over training seeds changes by {glue:text}`spread_told`, that of the fixed-batch loss by {glue:text}`loss_told`, the cosine between rows of different seeds by
#   {glue:text}`cosine_told`. Against an early stop of the same reconstruction, the spread differs by {glue:text}`matched_told`.
# - **KL stays on the semantic manifold: {glue:text}`stays`.** The cosine to the nearest ordinary word changes by {glue:text}`nearer_told`. A typical KL row lies at the {glue:text}`norm_kl`th percentile of ordinary words’
#   lengths, at a cosine of {glue:text}`cosine_kl` to its initializer; {glue:text}`outside_kl` of KL rows and {glue:text}`outside_naive` of naive rows lie outside the range of ordinary words in length or direction.
# - **Exact or uniform weighting:** editability at equal reconstruction, exact minus uniform, differs by {glue:text}`weighting_told`.
#
# What it does not show:
#
# - The KL tried here is teacher-forced. One along the model’s own chain, as in reinforcement learning, is another method.
# - *Manifold* is the note’s word, not a measured thing: nearness to ordinary words is what we could measure.
# - Equal reconstruction is read off straight lines between neighbouring settings; a finer grid could bend them.
# - Scores come from one CLIP, each point from {glue:text}`n_pictures` a prompt and {glue:text}`n_contexts`. Intervals cover {glue:text}`n_usable`, which is few.

# %% tags=["remove-cell"]
given = dict(model=model, seeds=seeds, development_seeds=development_seeds, learning_rate=learning_rate, guidance=guidance)
given |= dict(contexts=contexts, images_per_prompt=images_per_prompt, num_inference_steps=num_inference_steps, level=level)
given |= dict(kl_weights=weights, kl_weight=kl_weight, l2_weights=l2_weights, rate_shares=rate_shares, shares=shares)
given |= dict(development=development, initializer=initializer) | settings
n = f"{counted(usable, 'concept')}, {counted(len(seeds), 'training seed')}, {counted(images_per_prompt, 'picture')} a prompt, {glued['n_contexts']}"
note = dict(source="research note", n=n)
fair = f"Holm p {glued['p_holm']}"
claims = [
    Claim(**note, words="KL keeps meaning and context", test=f"editability at λ = {weight:g} minus naive", result=f"{told(paid['E'])}, reconstruction {told(paid['R'])}; {fair}", verdict=keeps, primary=True),
    Claim(**note, words="KL is better than simpler rivals", test=f"editability at reconstruction {level:g}, KL exact minus each rival", result=f"{against_rivals}; {fair}", verdict=better, primary=True),
    Claim(**note, words="KL is more stable", test="spread of both scores over training seeds, KL minus naive", result=f"{glued['spread_told']}; against an early stop of equal reconstruction {glued['matched_told']}", verdict=steady),
    Claim(**note, words="the word stays on the semantic manifold", test="cosine to the nearest word, KL minus naive, and the place of a typical KL row among ordinary words", result=f"{glued['nearer_told']}; outside: {glued['outside_kl']} of KL rows, {glued['outside_naive']} of naive rows", verdict=stays),
]
tables = table | dict(results=results, fronts=front, fronts_equal_size=versions["equal size"], contrasts=contrasts, spread=spread)
tables |= {"fronts_oracle": versions["oracle"]} if truth else {}
page.record(given, tables, glued, claims)

# %% [markdown] tags=["remove-cell"]
# ### Live
#
# In Jupyter: the same frames under a widget.

# %% tags=["remove-cell"]
from study.figures import step_slider

step_slider(frames, [called[rung] for rung in rungs], name="KL weight", start=0)
