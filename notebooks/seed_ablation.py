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
concepts: list[str] = ["elder_tree"]  # [names or folders] what to learn; the first is shown at length
initializer: str = ""  # [word] where learning starts; empty: each concept's own
steps: int = 2000  # [updates] length of training
checkpoint_every: int = 500  # [updates] distance of the steps looked at
seeds: list[int] = [0, 1, 2, 3, 4]  # [numbers] training seeds
learning_rate: float = 0.001  # [per update] Adam's step size
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

# %% [markdown]
# ## Setup

# %% tags=["hide-input"]
# %matplotlib inline
from itertools import product

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from IPython.display import HTML
from myst_nb import glue

from study.figures import image_grid, step_curves, step_slider_html, use_style
from study.page import Claim, model_title, open_page
from study.sheets import write_sheet
from study.wording import ENOUGH, FEWEST_CONCEPTS, counted, in_words, side, verdict
from textinv_core.evaluation.metrics import evaluate, image_only, summarise
from textinv_core.evaluation.seed_variance import (
    interval_of,
    resampled_units,
    spread_between,
    spread_within,
    variance_parts,
)
from textinv_core.evaluation.stats import paired_interval
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import class_phrase, context_prompts, load_images, plain_prompt

EDITABILITY = "editability_deleted"  # the paper's reading: placeholder deleted
SUBSTANTIAL = 0.1  # share of the variance from which on the training seed's part is called substantial
FEWEST = 5  # learned words (concept and training seed) below which no verdict is given
SHOWN = 6  # noises in the picture grid
use_style()
plt.rcParams["figure.dpi"] = 120

# %% tags=["hide-input"]
where = dict(profile=profile, model=model, judge=judge, out=out, runs=runs, initializer=initializer)
page = open_page("seed_ablation", concepts=[concept] if concept else concepts, **where)
pipe, chosen, store, folder = page.pipe, page.concepts, page.store, page.folder
how = dict(guidance_scale=guidance, num_inference_steps=num_inference_steps)
noises = range(images_per_prompt)
prompts = {c.name: [plain_prompt(c.kind), *list(context_prompts(c.kind))[:contexts]] for c in chosen}

# %% [markdown]
# ## Train, draw, score
#
# Each concept is learned once for each training seed, always from the same initializer. Every learned word draws from the same noises. What an earlier
# run, or another page, already made is loaded.

# %% tags=["hide-input"]
settings = dict(batch_size=batch_size, checkpoint_every=min(checkpoint_every, steps))
learned = {
    c.name: store.learn(pipe, [Arm(c, seed=s, learning_rate=learning_rate) for s in seeds], steps=steps, **settings)
    for c in chosen
}
at = list(learned[chosen[0].name].steps)
last = at[-1]

# %% tags=["hide-input"]
tiles, parts, features = {}, {kind: [] for kind in ("scores", "anchors", "log")}, {}
for c in chosen:
    words, texts = learned[c.name], prompts[c.name]
    pictures = pd.concat([store.draw(pipe, words.at(step), texts, noises, **how) for step in at])
    anchor = image_only(c, texts, page.side), store.draw(pipe, None, texts, noises, word=class_phrase(c), **how)
    end = pictures[pictures["step"] == last]
    tiles |= {(row.arm, row.prompt, row.seed): row.image for row in end.itertuples()}
    vectors = page.judge.image_features(list(end["image"]))  # in the order drawn: arm, prompt, noise
    features[c.name] = vectors.unflatten(0, (len(words.ids), len(texts), images_per_prompt))
    parts["scores"].append(evaluate(pictures, c, page.judge))
    parts["anchors"].append(pd.concat([evaluate(t, c, page.judge) for t in anchor]))
    parts["log"].append(words.log)
table = {kind: pd.concat(tables, ignore_index=True) for kind, tables in parts.items()}

# %% tags=["hide-input"]
names = [c.name for c in chosen]
label = {c.name: c.name.replace("_", " ") for c in chosen}
for kind in ("scores", "anchors"):
    of_concept = [summarise(rows, prompts[name][0]) for name, rows in table[kind].groupby("concept", sort=False)]
    table[f"{kind}_summary"] = pd.concat(of_concept, ignore_index=True)
log = table["log"]
training_seed = log.drop_duplicates("arm").set_index("arm")["seed"]
summary = table["scores_summary"].assign(seed=lambda t: t["arm"].map(training_seed))
anchors = table["anchors_summary"].set_index(["arm", "concept"])

# %% [markdown]
# ## What would count as substantial
#
# Said before the results are shown. Take single pictures of the plain prompt, from every training seed and every noise, and their reconstruction. Its
# variance has three parts: what the training seed explains (some learned words are better, whatever the noise), what the noise explains (some noises
# are lucky for every word), and the rest, which belongs to single pictures.
#
# - **Primary:** the training seed makes a substantial difference if it explains more than {glue:text}`substantial` of the variance of
#   reconstruction between pictures: *supported* if the whole interval is above, *not supported* if it is below, otherwise *undecided*. So is anything that rests on
#   fewer than {glue:text}`fewest` learned words or {glue:text}`fewest_concepts` concepts.
# - **Beside it, by the same measure:** editability of single pictures in context.
# - **To see what it means:** the range of reconstruction from the worst seed to the best, against what the second half of training brought; and how far apart
#   pictures are (one minus the cosine of the judge’s features) when only the training seed differs, against when only the noise does.
#
# Over several concepts, variances are averaged before shares are taken. Intervals draw concepts and training seeds anew.

# %% [markdown]
# ## What the words draw

# %% tags=["hide-input"] mystnb={"figure": {"caption": "The first concept at the last step. Rows: training seeds, each a word learned anew from the same start; the top row is the plain class word. Columns: the same noise for all, plain prompt; the last column adds a context.", "name": "fig-seed-grid"}, "image": {"alt": "A grid of small pictures: one row for each training seed, one column for each noise, and a context.", "width": "100%"}}
pixels, first = 96, chosen[0]
plain_text, *context_texts = prompts[first.name]
wanted = [(plain_text, n, f"noise {n}") for n in list(noises)[:SHOWN]]
wanted += [(text, noises[0], context_prompts(first.kind)[text]) for text in context_texts[:1]]
of_class = store.draw(pipe, None, prompts[first.name], noises, word=class_phrase(first), **how).set_index(["prompt", "seed"])["image"]
cells = [dict(row=class_phrase(first), column=said, image=of_class[text, n]) for text, n, said in wanted]
for arm, s in zip(learned[first.name].ids, seeds, strict=True):
    cells += [dict(row=f"seed {s}", column=said, image=tiles[arm, text, n]) for text, n, said in wanted]
grid = image_grid(pd.DataFrame(cells), row="row", column="column", pixels=pixels)
grid.figure.savefig(folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# Switch from one training seed to the next and watch what changes, and what stays.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Every concept from one training seed at the last step: a training picture, the plain prompt from three noises, and prompts with a context. Drag the slider, or use the arrow keys.", "name": "fig-seed-slider"}}
frames = []
for i in range(len(seeds)):
    figure, axes = plt.subplots(len(names), 1, figsize=(7.4, 1.5 * len(names)), squeeze=False, layout="constrained")
    for c, ax in zip(chosen, axes[:, 0], strict=True):
        arm, (plain, *others) = learned[c.name].ids[i], prompts[c.name]
        shown = {"pictures": load_images(c.images[:1], pixels)[0]} | {f"noise {n}": tiles[arm, plain, n] for n in list(noises)[:3]}
        shown |= {context_prompts(c.kind)[text]: tiles[arm, text, noises[0]] for text in others[:2]}
        row = pd.DataFrame([dict(concept=label[c.name], prompt=k, image=image) for k, image in shown.items()])
        image_grid(row, row="concept", column="prompt", ax=ax, pixels=pixels).tick_params(labelsize=8)
    frames.append(figure)
    plt.close(figure)
alt = "For each concept a training picture, the plain prompt from three noises and prompts with a context, training seed"
HTML(step_slider_html(frames, [str(s) for s in seeds], alt, name="Training seed", start=0))

# %% [markdown]
# ## Scores, seed by seed

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Reconstruction (above) and editability (below) by training step, one line a training seed, one column a concept. Dashed, the training pictures themselves; dotted, the plain class word.", "name": "fig-seed-curves"}, "image": {"alt": "Line plots of reconstruction and editability against training steps for each concept, one line for each training seed.", "width": "100%"}}
size = (max(6.5, 3.4 * len(names)), 5.4)
figure, axes = plt.subplots(2, len(names), figsize=size, sharex=True, sharey="row", squeeze=False, layout="constrained")
lines = summary.assign(seed=summary["seed"].map("seed {}".format))
for (i, name), (j, (value, said)) in product(enumerate(names), enumerate((("reconstruction", "reconstruction"), (EDITABILITY, "editability")))):
    ax = step_curves(lines.query("concept == @name"), value, hue="seed", units="arm", ax=axes[j, i], markersize=4)
    ax.axhline(anchors.loc[("image_only", name), value], color="0.3", linestyle="--", linewidth=1)
    ax.axhline(anchors.loc[("plain", name), value], color="0.3", linestyle=":", linewidth=1.2)
    ax.set(xlabel=f"training step\n{label[name]}", ylabel=said)
    ax.get_legend().remove()
figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=5, frameon=False)
plt.show()

# %% [markdown]
# ## Whose variance is it?

# %% tags=["hide-input"]
scores = table["scores"].query("step == @last").assign(trained=lambda t: t["arm"].map(training_seed))
SCORES = {"reconstruction": "reconstruction", "editability": "text_deleted"}  # of single pictures
sources = {}  # score -> source -> one part a concept
for score, c in product(SCORES, chosen):
    texts = prompts[c.name][:1] if score == "reconstruction" else prompts[c.name][1:]
    mine = [scores.query("concept == @c.name and prompt == @text").pivot(index="trained", columns="seed", values=SCORES[score]) for text in texts]
    found = [variance_parts(values.loc[seeds].to_numpy()) for values in mine]
    for source in ("seed", "noise", "within"):
        sources.setdefault(score, {}).setdefault(source, []).append(np.mean([f[source] for f in found], axis=0))


def shares(score, which):
    """Shares of a score's variance, over the concepts numbered in `which`: source -> interval."""
    of = {source: [parts[i] for i in which] for source, parts in sources[score].items()}
    drawn = {source: resampled_units(parts) for source, parts in of.items()}
    total = drawn["seed"] + drawn["within"]
    split = {"seed": drawn["seed"], "noise": drawn["noise"], "rest": drawn["within"] - drawn["noise"]}
    return {source: interval_of(np.divide(part, total, out=np.full_like(part, np.nan), where=total > 0), of["within"]) for source, part in split.items()}


# %% tags=["hide-input"]
everyone = list(range(len(names)))
rows = []
for score, (name, which) in product(sources, [(n, [i]) for i, n in enumerate(names)] + ([("all", everyone)] if len(names) > 1 else [])):
    for source, found in shares(score, which).items():
        rows.append(dict(score=score, concept=name, source=source) | found._asdict())
table["variance"] = pd.DataFrame(rows).drop(columns=["n", "p"])
of_seed = {score: shares(score, everyone)["seed"] for score in sources}

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Shares of the variance between single pictures at the last step: training seed (with 95 % interval), noise common to all seeds, and the rest. Dashed, the mark set beforehand. An estimate below zero is drawn as zero.", "name": "fig-seed-variance"}, "image": {"alt": "Stacked horizontal bars for each concept and score: share of variance of training seed, noise and rest.", "width": "100%"}}
who = list(dict.fromkeys(table["variance"]["concept"]))
figure, axes = plt.subplots(1, len(sources), figsize=(10.5, 1.3 + 0.55 * len(who)), sharey=True, layout="constrained")
for ax, score in zip(axes, sources, strict=True):
    split = table["variance"].query("score == @score").set_index(["concept", "source"])
    for y, name in enumerate(who):
        begin = 0.0
        for source, colour in (("seed", "C1"), ("noise", "C0"), ("rest", "0.85")):
            width = np.nan_to_num(max(0.0, split.estimate[name, source]))
            ax.barh(y, width, left=begin, color=colour, height=0.6, label={"seed": "training seed"}.get(source, source) if y == 0 else None)
            begin += width
        low, high = np.clip([split.low[name, "seed"], split.high[name, "seed"]], 0, 1)
        ax.plot([low, high], [y, y], color="black", linewidth=2, marker="|", markersize=9)
    ax.axvline(SUBSTANTIAL, color="0.3", linestyle="--", linewidth=1)
    ax.set(yticks=range(len(who)), yticklabels=[label.get(name, "all together") for name in who], xlabel=f"share of the variance of {score}", xlim=(0, 1))
axes[0].invert_yaxis()
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False)
plt.show()

# %% [markdown]
# Scores see only one side of a picture. The next figure compares pictures as wholes: two words from the same noise, one word from two noises, and, for scale, two
# words from two noises.

# %% tags=["hide-input"]
spreads = {kind: {"seeds": [], "noises": [], "both": []} for kind in ("plain prompt", "in context")}
for name, (kind, which) in product(names, (("plain prompt", slice(0, 1)), ("in context", slice(1, None)))):
    by_prompt = [features[name][:, p] for p in range(len(prompts[name]))[which]]  # each (words, noises, D)
    spreads[kind]["seeds"].append(np.mean([spread_between(f) for f in by_prompt], axis=0))
    spreads[kind]["noises"].append(np.mean([spread_within(f) for f in by_prompt], axis=0))
    shifted = [[spread_between(f, f.roll(k, dims=1)) for k in range(1, images_per_prompt)] or [np.full([len(f)] * 2, np.nan)] for f in by_prompt]
    spreads[kind]["both"].append(np.mean(shifted, axis=(0, 1)))
rows, ratios = [], {}
for kind, of in spreads.items():
    drawn = {what: resampled_units(parts) for what, parts in of.items()}
    rows += [dict(prompt=kind, differs=what) | interval_of(samples, of[what])._asdict() for what, samples in drawn.items()]
    ratios[kind] = interval_of(drawn["seeds"] / drawn["noises"], of["noises"])
spread = pd.DataFrame(rows)
table["spread"] = spread.drop(columns=["n", "p"])

# %% tags=["hide-input"] mystnb={"figure": {"caption": "How far apart two pictures are at the last step (one minus the cosine of the judge\u2019s features): only the training seed differs, only the noise, or both. Mean over concepts with 95 % interval; each dot a concept.", "name": "fig-seed-spread"}, "image": {"alt": "Two panels, plain prompt and in context; points with intervals for distance of pictures when seed, noise or both differ.", "width": "100%"}}
figure, axes = plt.subplots(1, 2, figsize=(9.5, 2.7), sharey=True, sharex=True, layout="constrained")
for ax, (kind, of) in zip(axes, spreads.items(), strict=True):
    for y, what in enumerate(("seeds", "noises", "both")):
        found = spread.query("prompt == @kind and differs == @what").iloc[0]
        bars = np.nan_to_num([[found.estimate - found.low], [found.high - found.estimate]])
        ax.errorbar(found.estimate, y, xerr=bars, color="black", marker="o", capsize=3, zorder=3)
        for i, (name, part) in enumerate(zip(names, of[what], strict=True)):
            each = resampled_units([part], repetitions=0)[0]
            ax.scatter(each, y + 0.25, s=22, color=f"C{i + 4}", label=label[name] if y == 0 else None)
    ax.set(yticks=range(3), yticklabels=["training seed", "noise", "both"], ylim=(2.6, -0.5), xlabel=f"distance of pictures, {kind}", xlim=(0, None))
axes[0].set_ylabel("what differs")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right upper", fontsize=8, frameon=False)
plt.show()

# %% [markdown]
# ## And the learned rows?
#
# Do all seeds end at the same row of numbers? The distance between two learned rows is given relative to how far they came from the initializer: two
# directions chosen quite independently would stand at about {glue:text}`independent`, two equal rows at zero.

# %% tags=["hide-input"]
rows = []
for name, step in product(names, at):
    own = torch.stack([e.rows[0] for e in learned[name].at(step)]).double()
    start = learned[name].at(0)[0].rows[0].double()
    unit = torch.nn.functional.normalize(own, dim=-1)
    moves = torch.nn.functional.normalize(own - start, dim=-1)
    rows.append(
        dict(concept=name, step=step, cosine=(unit @ unit.T).numpy(), moved=(moves @ moves.T).numpy())
        | dict(distance=torch.cdist(own, own).numpy(), travelled=(own - start).norm(dim=-1).numpy())
    )
learned_rows = pd.DataFrame(rows)
rows = []
for step, of in learned_rows.groupby("step"):
    drawn = {what: resampled_units(list(of[what])) for what in ("cosine", "moved", "distance", "travelled")}
    drawn["relative"] = np.divide(drawn["distance"], drawn["travelled"], out=np.full_like(drawn["distance"], np.nan), where=drawn["travelled"] > 0)
    rows += [dict(step=step, measure=what) | interval_of(drawn[what], list(of["travelled"]))._asdict() for what in ("cosine", "moved", "relative")]
row_distances = pd.DataFrame(rows).set_index(["measure", "step"])
table["rows"] = row_distances.drop(columns=["n", "p"]).reset_index()

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Left and middle: pairs of training seeds by training step, cosine between their learned rows and distance between them relative to the distance from the initializer; mean over pairs with 95 % interval. Right: the cosines at the last step for the first concept.", "name": "fig-seed-rows"}, "image": {"alt": "Two line plots against training steps and a matrix of cosines between the learned rows of the training seeds.", "width": "100%"}}
figure, axes = plt.subplots(1, 3, figsize=(11.5, 3.4), layout="constrained")
for ax, measure, said in zip(axes, ("cosine", "relative"), ("cosine of learned rows", "distance / distance from start"), strict=False):
    line = row_distances.loc[measure]
    bars = np.nan_to_num(np.abs(line[["low", "high"]].sub(line["estimate"], axis=0).to_numpy().T.astype(float)))
    ax.errorbar(line.index, line["estimate"].astype(float), yerr=bars, marker="o", capsize=2)
    ax.set(xlabel="training step", ylabel=said, xticks=at)
axes[1].set_ylim(0, None)
cosines = learned_rows.query("concept == @first.name and step == @last")["cosine"].iloc[0]
shown = axes[2].imshow(cosines, cmap="cividis", vmin=cosines.min(), vmax=1)
axes[2].set(xticks=range(len(seeds)), yticks=range(len(seeds)), xticklabels=seeds, yticklabels=seeds, xlabel="training seed", ylabel="training seed")
axes[2].grid(False)
figure.colorbar(shown, ax=axes[2], label="cosine")
plt.show()

# %% [markdown]
# ## All the numbers

# %% tags=["hide-input"]
kept = {"reconstruction": "reconstruction", "reconstruction_held_out": "held out", EDITABILITY: "editability", "coherence": "coherence"}
listed = summary.query("step == @last").assign(concept=lambda t: t["concept"].map(label)).set_index(["concept", "seed"])
ends = log.query("step == @last").assign(concept=lambda t: t["concept"].map(label)).set_index(["concept", "seed"])[["norm_ratio", "cos_initial"]]
listed[list(kept)].rename(columns=kept).join(ends.rename(columns={"norm_ratio": "norm / median", "cos_initial": "cosine to start"})).style.format("{:.3f}", na_rep="–")

# %% tags=["remove-cell"]
model_name, primary = model_title(model), of_seed["reconstruction"]
half = min(at, key=lambda step: abs(step - last / 2))
ranges = summary.query("step == @last").groupby("concept")["reconstruction"].agg(lambda x: x.max() - x.min())
gain = paired_interval(summary, "reconstruction", arm="step", new=last, base=half)
mark, among = f"{100 * SUBSTANTIAL:.0f} %", f"{counted(len(names), 'concept')}, {counted(len(seeds), 'training seed')}"


def percent(found):
    """A share with its interval, as percentages; below zero is said to be zero."""
    if not np.isfinite(found.estimate):
        return "an unknown share"
    low, high = (f"{100 * min(1, max(0, x)):.0f}" for x in (found.low, found.high)) if np.isfinite(found.low) else ("–", "–")
    return f"{100 * min(1, max(0, found.estimate)):.0f} % (95 % interval {low} to {high} %)"


# %% tags=["remove-cell"]
answer = verdict(primary, SUBSTANTIAL, fewest=ENOUGH | {"seed": FEWEST})
if not np.isfinite(primary.low):
    why = "what share of the variance is the training seed’s cannot be told: that takes several training seeds and noises"
else:
    lies = {1: "above", -1: "below", 0: "not clear of"}[side(primary, SUBSTANTIAL)]
    why = f"the training seed explains {percent(primary)} of the variance of likeness between single pictures, {lies} the {mark} set as substantial"
    few = primary.seeds < FEWEST or primary.concepts < FEWEST_CONCEPTS
    why += f"; {counted(primary.seeds, 'learned word')} of {counted(primary.concepts, 'concept')} {'is' if primary.seeds == 1 else 'are'} too few for a verdict" if few else ""
sentence = f"On {model_name}, {why}."
other = {1: "above", -1: "below", 0: "not clear of"}[side(of_seed["editability"], SUBSTANTIAL)]
against = {1: "more", -1: "less", 0: "neither clearly more nor clearly less"}[side(ratios["plain prompt"], 1.0)]
seen = dict(zip(spread["prompt"] + spread["differs"], spread["estimate"], strict=True))
wider = "wider than" if ranges.mean() > gain.estimate else "narrower than"
alike, apart = (row_distances.loc[(measure, last)] for measure in ("cosine", "relative"))

# %% tags=["remove-cell"]
glued = dict(
    verdict=answer,
    verdict_short=sentence,
    why=why,
    substantial=mark,
    fewest=f"{FEWEST}",
    fewest_concepts=f"{FEWEST_CONCEPTS}",
    independent=f"{np.sqrt(2):.1f}",
    n_concepts=f"{len(names)}",
    n_seeds=f"{len(seeds)}",
    n_pictures=f"{images_per_prompt}",
    n_contexts=f"{min(contexts, *(len(p) - 1 for p in prompts.values()))}",
    among=among,
    last=f"{last}",
    half=f"{half}",
    learning_rate=f"{learning_rate:g}",
    model_name=model_name,
    share_editability=f"{percent(of_seed['editability'])}, {other} the mark",
    range=f"{ranges.mean():.3f}",
    gain=in_words(gain),
    wider=wider,
    against=against,
    ratio=in_words(ratios["plain prompt"], ".2f"),
    ratio_context=in_words(ratios["in context"], ".2f"),
    between=f"{seen['plain promptseeds']:.3f}".replace("nan", "–"),
    within=f"{seen['plain promptnoises']:.3f}".replace("nan", "–"),
    cosine=in_words(alike, ".2f"),
    relative=in_words(apart, ".2f"),
)
for key, value in glued.items():
    glue(key, value, display=False)

# %% [markdown]
# ## What this shows, and what it does not
#
# **The poster’s claim: the training seed makes a substantial difference. Our verdict: {glue:text}`verdict`.** On {glue:text}`model_name`
# ({glue:text}`among`, {glue:text}`n_pictures` pictures a prompt), {glue:text}`why`. Of the variance of editability in
# {glue:text}`n_contexts` contexts the seed explains {glue:text}`share_editability`.
#
# What that means: from the worst training seed to the best, reconstruction differs by {glue:text}`range` on average over concepts. This is {glue:text}`wider`
# the gain from step {glue:text}`half` to step {glue:text}`last`, {glue:text}`gain`.
#
# Another training seed changes the picture {glue:text}`against` than other noise does: a distance of {glue:text}`between` against {glue:text}`within` for the plain prompt, a ratio of
# {glue:text}`ratio`; in context, {glue:text}`ratio_context`. The learned rows of two seeds have a cosine of {glue:text}`cosine`; their distance is {glue:text}`relative`
# times that from the initializer.
#
# What it does not show:
#
# - The seed decides the order of pictures, noise, timesteps and prompts in training, all at once. Which of them matters is not taken apart here.
# - The range from worst to best grows with the number of seeds and holds the noise of a limited number of pictures; the shares of variance do neither.
# - With learning rate {glue:text}`learning_rate` and {glue:text}`last` steps. A smaller rate, or averaging over the last steps, may calm the seeds.
# - {glue:text}`n_seeds` seeds and {glue:text}`n_concepts` of the concepts are few for a variance: the intervals are wide, and still on the narrow side.
# - Distances and scores come from one CLIP.

# %% tags=["remove-cell"]
given = dict(model=model, seeds=seeds, steps=steps, learning_rate=learning_rate, guidance=guidance, contexts=contexts)
given |= dict(images_per_prompt=images_per_prompt, num_inference_steps=num_inference_steps, initializer=initializer)
for c in chosen:  # beside the numbers, the pictures: a row for each training seed
    seen = [tiles[arm, prompts[c.name][0], n] for arm in learned[c.name].ids for n in noises]
    write_sheet(folder / f"{c.name}.png", seen, images_per_prompt, side=min(page.side, 192))
claim = Claim(
    source="poster, Fig. 4",
    words="the training seed makes a substantial difference",
    test=f"share of the variance of reconstruction between single pictures that the training seed explains, against {mark}; concepts and seeds resampled",
    result=why,
    n=f"{among}, {images_per_prompt} noises",
    verdict=answer,
    primary=True,
)
page.record(given | settings, table, glued, [claim])

# %% [markdown] tags=["remove-cell"]
# ### Live
#
# In Jupyter: the same frames under a widget.

# %% tags=["remove-cell"]
from study.figures import step_slider

step_slider(frames, seeds, name="seed", start=0)
