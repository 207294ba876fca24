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
# # Does the first word matter?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# A learned word starts as a copy of an ordinary one, its initializer. The poster (its Fig. 3) starts the same building from
# `building` and from `tower` and finds that the choice matters. Here several concepts start from four words each: their own, the nearest
# other one, a word from far away, and a word drawn at random. Do they end in the same place? Do they draw the same pictures?

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["nova_hall", "elder_tree", "wooden_figurine"]  # [names or folders] what to learn; the first is shown at length
initializer: str = ""  # [word] the own word; empty: each concept's own
alternative: str = ""  # [word] the nearest other word; empty: each concept's first alternative
far_word: str = "apple"  # [word] a word from far away
word_seed: int = 0  # [number] draws the random word
steps: int = 1000  # [updates] length of training
checkpoint_every: int = 500  # [updates] distance of the steps looked at
seeds: list[int] = [0, 1, 2, 3, 4]  # [numbers] training seeds of the own and the other word
control_seeds: int = 3  # [seeds] how many of them the far and the random word get
learning_rate: float = 0.001  # [per update] Adam's step size
batch_size: int = 4  # [pictures] per update and learned word
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 6  # [pictures] drawn at each checkpoint for each prompt
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
from textinv_core.evaluation.seed_variance import interval_of, resampled_units, spread_between
from textinv_core.evaluation.stats import holm, paired_differences, paired_interval
from textinv_core.evaluation.vocabulary import drawn_word
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import class_phrase, context_prompts, load_images, plain_prompt
from textinv_core.learning.tokens import nearest_words

EDITABILITY = "editability_deleted"  # the paper's reading: placeholder deleted
CALLED = {"own": "own word", "other": "other word", "far": "far word", "random": "random word"}
RIVALS = ("other", "far", "random")
NEGLIGIBLE = 0.1  # a difference in variability below this share of the own word's is none to speak of
FEWEST = 5  # pairs of words (concept and training seed) below which no verdict is given
SHOWN = 3  # contexts whose pictures are shown
use_style()
plt.rcParams["figure.dpi"] = 120

# %% tags=["hide-input"]
where = dict(profile=profile, model=model, judge=judge, out=out, runs=runs, initializer=initializer)
page = open_page("initializer_ablation", concepts=[concept] if concept else concepts, **where)
pipe, chosen, store, folder = page.pipe, page.concepts, page.store, page.folder
how = dict(guidance_scale=guidance, num_inference_steps=num_inference_steps)
picture_seeds = range(images_per_prompt)
prompts = {c.name: [plain_prompt(c.kind), *list(context_prompts(c.kind))[:contexts]] for c in chosen}

# %% tags=["hide-input"]
starts = {}  # concept -> role -> word
for c in chosen:
    near = [word for word in ([alternative] if alternative else c.alternatives) if word != c.initializer][:1]
    words = {"own": c.initializer} | dict.fromkeys(["other"] * len(near), *near) | {"far": far_word}
    if far_word in (*near, c.initializer):
        raise ValueError(f"far_word {far_word!r}: {c.name} already starts from it; choose another word")
    avoid = {*words.values(), *c.alternatives, c.class_word}
    starts[c.name] = words | {"random": drawn_word(pipe.tokenizer, seed=word_seed, name=c.name, avoid=avoid)}

# %% [markdown]
# ## Train, draw, score
#
# All words of a concept that share a training seed see the same pictures, noise and timesteps, and draw from the same noise: whatever
# differs between them comes from the first word. What an earlier run, or another page, already made is loaded.

# %% tags=["hide-input"]
settings = dict(batch_size=batch_size, checkpoint_every=min(checkpoint_every, steps))
learned, arms = {}, []
for c in chosen:
    plan = [(r, s) for r, word in starts[c.name].items() for s in (seeds if r in ("own", "other") else seeds[:control_seeds])]
    own = [Arm(c, initializer=starts[c.name][r], seed=s, learning_rate=learning_rate) for r, s in plan]
    learned[c.name] = store.learn(pipe, own, steps=steps, **settings)
    arms += [dict(arm=a.id, concept=c.name, role=r, word=a.start, seed=s) for a, (r, s) in zip(own, plan, strict=True)]
arms = pd.DataFrame(arms).set_index("arm")
at = list(learned[chosen[0].name].steps)
last = at[-1]

# %% tags=["hide-input"]
tiles, parts, features, read = {}, {kind: [] for kind in ("scores", "anchors", "log")}, {}, {}
for c in chosen:
    texts = prompts[c.name]
    pictures = pd.concat([store.draw(pipe, learned[c.name].at(step), texts, picture_seeds, **how) for step in at])
    anchor = image_only(c, texts, page.side), store.draw(pipe, None, texts, picture_seeds, word=class_phrase(c), **how)
    for row in pictures[pictures["seed"].eq(0) | pictures["step"].eq(last)].itertuples():
        tiles[row.arm, row.step, row.prompt, row.seed] = row.image
    seen = pictures[pictures["prompt"] == texts[0]].sort_values(["step", "arm", "seed"], kind="stable")
    vectors = page.judge.image_features(list(seen["image"])).unflatten(0, (-1, images_per_prompt))
    features[c.name] = dict(zip(dict.fromkeys(zip(seen["step"], seen["arm"], strict=True)), vectors, strict=True))
    reading = [texts[0].replace("{}", class_phrase(c.model_copy(update={"class_word": w}))) for w in starts[c.name].values()]
    read[c.name] = dict(zip(starts[c.name], page.judge.text_features(reading), strict=True))
    parts["scores"].append(evaluate(pictures, c, page.judge))
    parts["anchors"].append(pd.concat([evaluate(t, c, page.judge) for t in anchor]))
    parts["log"].append(learned[c.name].log)
table = {kind: pd.concat(tables, ignore_index=True) for kind, tables in parts.items()}

# %% tags=["hide-input"]
names = [c.name for c in chosen]
label = {c.name: c.name.replace("_", " ") for c in chosen}
for kind in ("scores", "anchors"):
    plain = {c.name: prompts[c.name][0] for c in chosen}
    of_concept = [summarise(rows, plain[name]) for name, rows in table[kind].groupby("concept", sort=False)]
    table[f"{kind}_summary"] = pd.concat(of_concept, ignore_index=True)
role, seed_of = arms["role"], arms["seed"]
pairs = images_per_prompt / (images_per_prompt - 1) if images_per_prompt > 1 else np.nan  # a picture is no pair with itself
summary = table["scores_summary"].assign(
    role=lambda t: t["arm"].map(role),
    seed=lambda t: t["arm"].map(seed_of),
    variability=lambda t: (1 - t["coherence"]) * pairs,
)
log = table["log"].assign(role=lambda t: t["arm"].map(role), travelled=lambda t: t["distance"] * t["norm_ratio"] / t["norm"])
anchors = table["anchors_summary"].set_index(["arm", "concept"])
rows_of = {name: {step: dict(zip(words.ids, words.at(step), strict=True)) for step in at} for name, words in learned.items()}


def ids(name, which, count=None):
    """The arms of a concept that start from one of the four words, in the order of their training seeds."""
    return list(arms.query("concept == @name and role == @which").index[:count])


# %% [markdown]
# ## What is compared
#
# Said before the results are shown:
#
# - **Does the first word matter?** Take two words learned from the own and the other word with the same training seed, and let them draw from the same
#   noise. How far apart are the pictures (one minus the cosine of the judge’s features)? The measure is the
#   training seed: how far apart are two words that both started from the own word, but saw other training noise? The first word matters if it sets pictures further
#   apart than the seed does.
# - **Does it change how much the pictures vary?** Variability is the same distance between pictures of *one* word from different noise. The poster’s pair is
#   compared on the first concept, seed by seed. A difference below {glue:text}`negligible` of the own word’s variability counts as none.
# - **Is one word better?** Reconstruction and editability at the last step, each of the three rivals minus the own word: six differences,
#   tests over concepts, corrected together (Holm).
#
# A verdict needs an interval clear of the mark and at least {glue:text}`fewest` pairs of words; with fewer, all of them can fall on one side by luck. The first
# contrast speaks of concepts in general and also needs {glue:text}`fewest_concepts` of them; the second is the poster’s, of one concept.

# %% [markdown]
# ## What the words draw

# %% mystnb={"figure": {"caption": "The first concept from its first words, one training seed, the same noise throughout. Left, training pictures. Numbers: training steps, plain prompt; step 0 is the ordinary word. Right, prompts with a context at the last step.", "name": "fig-init-grid"}, "image": {"alt": "A grid of small pictures: one row for each first word; columns for a training picture, training steps and contexts.", "width": "100%"}} tags=["hide-input"]
side_px, first = 96, chosen[0]
plain_text, *context_texts = prompts[first.name]
columns = [at[i] for i in np.unique(np.linspace(0, len(at) - 1, min(len(at), 6)).round().astype(int))]
cells, photos = [], load_images(first.images, side_px)
for i, (which, word) in enumerate(starts[first.name].items()):
    arm, photo = ids(first.name, which)[0], photos[i % len(photos)]
    shown = [("pictures", photo)] + [(f"{step}", tiles[arm, step, plain_text, 0]) for step in columns]
    shown += [(context_prompts(first.kind)[text], tiles[arm, last, text, 0]) for text in context_texts[:SHOWN]]
    cells += [dict(row=f"{word}\n({CALLED[which]})", column=title, image=image) for title, image in shown]
grid = image_grid(pd.DataFrame(cells), row="row", column="column", pixels=side_px)
grid.figure.savefig(folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# The same for every concept, at a step of your choice.

# %% mystnb={"figure": {"caption": "Every concept from its first words at one number of training steps: the plain prompt, and a context. Drag the slider, or use the arrow keys.", "name": "fig-init-slider"}} tags=["hide-input"]
frames = []
for step in at:
    figure, axes = plt.subplots(1, len(names), figsize=(3.2 * len(names), 4.6), squeeze=False, layout="constrained")
    for c, ax in zip(chosen, axes[0], strict=True):
        cells = [
            dict(row=word, column="plain" if text == prompts[c.name][0] else context_prompts(c.kind)[text], image=tiles[ids(c.name, r)[0], step, text, 0])
            for (r, word), text in product(starts[c.name].items(), prompts[c.name][:2])
        ]
        image_grid(pd.DataFrame(cells), row="row", column="column", ax=ax, pixels=side_px).tick_params(labelsize=8)
        ax.set_xlabel(label[c.name])
    frames.append(figure)
    plt.close(figure)
alt = "For each concept and each of its first words the plain prompt and one context, at training step"
HTML(step_slider_html(frames, [f"{step:g}" for step in at], alt))

# %% [markdown]
# Variability is what one sees along a row here: one word, one prompt, different noise.

# %% mystnb={"figure": {"caption": "Pictures of the first concept at the last step, the plain prompt from different noise. Two training seeds for each of the two nearest words: rows of one word show what the seed changes, rows of one seed what the word changes.", "name": "fig-init-noises"}, "image": {"alt": "A grid of small pictures: rows for first word and training seed, columns for noise.", "width": "100%"}} tags=["hide-input"]
cells = []
for which, i in product([r for r in ("own", "other") if r in starts[first.name]], range(min(2, len(seeds)))):
    arm, title = ids(first.name, which)[i], f"{starts[first.name][which]}\nseed {seeds[i]}"
    cells += [dict(row=title, column=f"noise {n}", image=tiles[arm, last, plain_text, n]) for n in list(picture_seeds)[:8]]
image_grid(pd.DataFrame(cells), row="row", column="column", pixels=side_px)
plt.show()

# %% [markdown]
# ## Does the first word set the pictures apart?

# %% tags=["hide-input"]
apart = []
for name, step, which in product(names, at, RIVALS):
    mine = ids(name, which)
    if mine:
        own = torch.stack([features[name][step, arm] for arm in ids(name, "own", len(mine))])
        other = torch.stack([features[name][step, arm] for arm in mine])
        row = dict(concept=name, step=step, role=which, words=np.diag(spread_between(own, other)), seeds=spread_between(own))
        rows = [torch.stack([rows_of[name][step][arm].rows[0] for arm in some]) for some in (ids(name, "own", len(mine)), mine)]
        own_row, other_row = (torch.nn.functional.normalize(r, dim=-1).double() for r in rows)
        apart.append(row | dict(cos_words=(own_row * other_row).sum(-1).numpy(), cos_seeds=(own_row @ own_row.T).numpy()))
apart = pd.DataFrame(apart, columns=["concept", "step", "role", "words", "seeds", "cos_words", "cos_seeds"])


def over_concepts(which, step, *columns):
    """Each column's mean over concepts and seeds as resampled samples, and the parts they came from."""
    some = apart.query("role == @which and step == @step")
    return [resampled_units(list(some[column])) for column in columns], list(some["words"])


# %% tags=["hide-input"]
rows = []
for step, which in product(at, RIVALS):
    (words, by_seed, cos_words, cos_seeds), units = over_concepts(which, step, "words", "seeds", "cos_words", "cos_seeds")
    for name, samples in dict(words=words, seeds=by_seed, excess=words - by_seed, cos_words=cos_words, cos_seeds=cos_seeds).items():
        rows.append(dict(role=which, step=step, measure=name) | interval_of(samples, units)._asdict())
distances = pd.DataFrame(rows).set_index(["role", "step", "measure"])
table["distances"] = distances.drop(columns=["n", "p"]).reset_index()
excess = interval_of(*[(w - s, u) for (w, s), u in [over_concepts("other", last, "words", "seeds")]][0])

# %% mystnb={"figure": {"caption": "Left: how far apart pictures from the same noise are, by training step, when only the first word differs (one line for each rival of the own word) and when only the training seed differs (dashed). Right: the same for the learned rows themselves, as cosines. Mean over concepts and seeds with 95 % interval.", "name": "fig-init-apart"}, "image": {"alt": "Two line plots against training steps: distance between pictures, and cosine between learned rows, for three pairs of first words and for pairs of training seeds.", "width": "100%"}} tags=["hide-input"]
figure, axes = plt.subplots(1, 2, figsize=(10.5, 3.8), layout="constrained")
for ax, (between, same) in zip(axes, (("words", "seeds"), ("cos_words", "cos_seeds")), strict=True):
    lines = [(which, between, CALLED[which], "-") for which in RIVALS] + [("other" if len(apart.query("role == 'other'")) else "far", same, "another seed", "--")]
    for i, (which, measure, called, style) in enumerate(lines):
        line = distances.loc[which].xs(measure, level="measure")
        bars = np.nan_to_num(np.abs(line[["low", "high"]].sub(line["estimate"], axis=0).to_numpy().T.astype(float)))
        colour = "0.3" if style == "--" else f"C{i + 1}"
        ax.errorbar(np.array(at) + (i - 1.5) * last / 150, line["estimate"].astype(float), yerr=bars, label=called, color=colour, linestyle=style, marker="o", capsize=2)
    ax.set(xlabel="training step", xticks=at)
axes[0].set(ylabel="distance of pictures (1 − cosine)", ylim=(0, None))
axes[1].set(ylabel="cosine of learned rows")
axes[0].legend(fontsize=9)
plt.show()

# %% [markdown]
# ## Is one word better?

# %% mystnb={"figure": {"caption": "Reconstruction (above) and editability (below) by training step for each first word, one column a concept: mean over training seeds with 95 % band. Dashed, the training pictures themselves; dotted, the plain class word.", "name": "fig-init-curves"}, "image": {"alt": "Line plots of reconstruction and editability against training steps for each concept, one line for each first word.", "width": "100%"}} tags=["hide-input"]
called = summary.assign(start=summary["role"].map(CALLED))
figure, axes = plt.subplots(2, len(names), figsize=(max(6.5, 3.3 * len(names)), 5.4), sharex=True, sharey="row", squeeze=False, layout="constrained")
for (i, name), (j, (value, said)) in product(enumerate(names), enumerate((("reconstruction", "reconstruction"), (EDITABILITY, "editability")))):
    ax = step_curves(called.query("concept == @name"), value, hue="start", hue_order=list(CALLED.values()), units="arm", ax=axes[j, i], markersize=4)
    ax.axhline(anchors.loc[("image_only", name), value], color="0.3", linestyle="--", linewidth=1)
    ax.axhline(anchors.loc[("plain", name), value], color="0.3", linestyle=":", linewidth=1.2)
    ax.set(xlabel=f"training step\n{label[name]}", ylabel=said)
    ax.get_legend().remove()
handles = axes[0, 0].get_legend_handles_labels()
figure.legend(*handles, loc="outside upper center", ncols=4, frameon=False)
plt.show()

# %% tags=["hide-input"]
final, pair = summary.query("step == @last"), ("concept", "seed")
MEASURES = {"reconstruction": "reconstruction", EDITABILITY: "editability", "variability": "variability"}
contrasts = []
for value, which in product(MEASURES, RIVALS):
    found = paired_interval(final, value, arm="role", new=which, base="own", pair=pair)
    contrasts.append(dict(measure=value, role=which, **found._asdict(), p_holm=np.nan, concepts=found.concepts, pairs=found.seeds))
contrasts = pd.DataFrame(contrasts)
tested = contrasts["measure"].ne("variability") & contrasts["p"].notna()
contrasts.loc[tested, "p_holm"] = holm(contrasts.loc[tested, "p"])
table["contrasts"] = contrasts.drop(columns="n")

# %% mystnb={"figure": {"caption": "Each rival minus the own word at the last step, paired by concept and training seed: mean with 95 % interval (black), and each concept\u2019s own mean (coloured). Right of zero, the rival has more.", "name": "fig-init-contrasts"}, "image": {"alt": "Three panels of differences with intervals, for reconstruction, editability and variability; three rows, one for each rival word.", "width": "100%"}} tags=["hide-input"]
figure, axes = plt.subplots(1, 3, figsize=(11, 2.9), sharey=True, layout="constrained")
for ax, (value, said) in zip(axes, MEASURES.items(), strict=True):
    mine = contrasts.query("measure == @value").set_index("role")
    for y, which in enumerate(RIVALS):
        bars = np.nan_to_num([[mine.estimate[which] - mine.low[which]], [mine.high[which] - mine.estimate[which]]])
        ax.errorbar(mine.estimate[which], y, xerr=bars, color="black", marker="o", capsize=3, zorder=3)
        if mine.concepts[which]:
            each = paired_differences(final, value, arm="role", new=which, base="own", pair=pair).groupby("concept")["difference"].mean()
            for i, name in enumerate(n for n in names if n in each):
                ax.scatter(each[name], y + 0.22, color=f"C{i + 4}", s=22, label=label[name] if y == 1 else None)
    ax.axvline(0, color="0.5", linewidth=1)
    ax.locator_params(axis="x", nbins=5)
    ax.set(yticks=range(3), yticklabels=[CALLED[r] for r in RIVALS], ylim=(2.6, -0.6), xlabel=f"{said}, difference")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right upper", fontsize=8, frameon=False)
plt.show()

# %% tags=["hide-input"]
shown = contrasts.assign(measure=contrasts["measure"].map(MEASURES), role=contrasts["role"].map(CALLED) + " − own word")
shown = shown.set_index(["measure", "role"])[["estimate", "low", "high", "concepts", "pairs", "p", "p_holm"]]
forms = {name: "{:+.3f}" for name in ("estimate", "low", "high")} | {"p": "{:.3f}", "p_holm": "{:.3f}"}
shown.rename(columns={"estimate": "difference", "p_holm": "p (Holm)"}).astype(float, errors="ignore").style.format(
    {{"estimate": "difference", "p_holm": "p (Holm)"}.get(k, k): v for k, v in forms.items()} | {"concepts": "{:.0f}", "pairs": "{:.0f}"}, na_rep="–"
)

# %% [markdown]
# The test flips signs over concepts. With {glue:text}`n_concepts` of them it can give no p-value below {glue:text}`smallest_p`, so the intervals
# carry the weight here.
#
# ## How far it goes, and what is left of the first word
#
# Does the picture still read as the word it came from? The judge compares it with that word in a plain sentence, and does the same for the pictures of the
# concept’s other words. The difference is what the first word has left behind: zero when the picture reads no more like it than the others do.

# %% tags=["hide-input"]
left_over = []
for c, step, which in product(chosen, at, CALLED):
    for i, arm in enumerate(ids(c.name, which)):
        others = [features[c.name][step, ids(c.name, r)[i]] for r in starts[c.name] if r != which and i < len(ids(c.name, r))]
        text = read[c.name][which]
        own = float((features[c.name][step, arm] @ text).mean())
        rest = float(np.mean([float((pictures @ text).mean()) for pictures in others]))
        left_over.append(dict(concept=c.name, step=step, role=which, seed=seeds[i], arm=arm, reads=own, others=rest, left=own - rest))
left_over = table["left_over"] = pd.DataFrame(left_over)

# %% mystnb={"figure": {"caption": "By training step: the way from the first word\u2019s row, relative to the length of a median vocabulary row; the cosine to it; and how much more the pictures read as their first word than those of the concept\u2019s other words do. Mean over concepts with 95 % band.", "name": "fig-init-travel"}, "image": {"alt": "Three line plots against training steps, one line for each first word: distance travelled, cosine to the start, and what is left of the first word in the picture.", "width": "100%"}} tags=["hide-input"]
figure, axes = plt.subplots(1, 3, figsize=(11.5, 3.6), layout="constrained")
units = "concept" if len(names) > 1 else "arm"
curves = ((log, "travelled", "distance / vocabulary median"), (log, "cos_initial", "cosine to the first word"), (left_over, "left", "reads as its first word"))
for ax, (rows, value, said) in zip(axes, curves, strict=True):
    step_curves(rows.assign(start=rows["role"].map(CALLED)), value, hue="start", hue_order=list(CALLED.values()), units=units, ax=ax, markersize=4)
    ax.set(xlabel="training step", ylabel=said)
    ax.get_legend().remove()
axes[2].axhline(0, color="0.5", linewidth=1)
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4, frameon=False)
plt.show()

# %% [markdown]
# Which ordinary words is each learned row closest to at the last step? (First training seed, cosine in brackets.)

# %% tags=["hide-input"]
lines = []
for c, which in product(chosen, CALLED):
    if which not in starts[c.name]:
        continue
    near = nearest_words(pipe, rows_of[c.name][last][ids(c.name, which)[0]].rows[:1], k=3)[0]
    said = ", ".join(f"{word} ({cosine:.2f})" for word, cosine in near)
    lines.append({"concept": label[c.name], "first word": starts[c.name][which], "": CALLED[which], "nearest words": said})
pd.DataFrame(lines).style.hide(axis="index")

# %% tags=["remove-cell"]
model_name, poster = model_title(model), final.query("concept == @first.name")
apart_words, apart_seeds = (distances.loc[("other", last, m), "estimate"] for m in ("words", "seeds"))
matters = verdict(excess, fewest=ENOUGH | {"seed": FEWEST})
if not np.isfinite(excess.low):
    why = "it cannot be told whether the first word matters: that takes a second word and several training seeds"
else:
    far_from = {1: "further apart than", -1: "less far apart than", 0: "not clearly further apart than"}[side(excess)]
    few = excess.seeds < FEWEST or excess.concepts < FEWEST_CONCEPTS
    too_few = f", from {counted(excess.seeds, 'pair')} of words of {counted(excess.concepts, 'concept')}, too few for a verdict" if few else ""
    why = (
        f"after {last} steps two neighbouring first words set the pictures {far_from} two training seeds of one word do "
        f"({apart_words:.3f} against {apart_seeds:.3f}, difference {in_words(excess)}{too_few})"
    )

# %% tags=["remove-cell"]
names_of = starts[first.name]
ask = dict(arm="role", new="other", base="own", pair=pair)
of_pair = {value: paired_interval(poster, value, **ask) for value in MEASURES}
varies, own_variability = of_pair["variability"], poster.query("role == 'own'")["variability"].mean()
margin = NEGLIGIBLE * own_variability
enough = varies.seeds >= FEWEST
same = bool(-margin < varies.low and varies.high < margin)
verdict_variability = "undecided" if not enough else "supported" if side(varies) else "not supported" if same else "undecided"
between = f"“{names_of['other']}” instead of “{names_of['own']}”" if "other" in names_of else "another word"
more = {1: "vary more", -1: "vary less", 0: "do not clearly vary more or less"}[side(varies)]
too_few = "" if enough else f", from {varies.seeds} pairs of words, too few for a verdict"
why_variability = f"started from {between}, the pictures of {label[first.name]} {more} (difference {in_words(varies)}{too_few})"
if not np.isfinite(varies.low):
    why_variability = f"for {label[first.name]}, a difference in variability cannot be told"
sentence = f"On {model_name}, {why}; {why_variability}."


# %% tags=["remove-cell"]
def compared(value, found, rose, fell):
    """What became of a score when the word was exchanged, in words."""
    moved = {1: rose, -1: fell, 0: "not clearly different"}[side(found)]
    return f"{MEASURES[value]} is {moved} (difference {in_words(found)})"


clear = contrasts[tested & ((contrasts["low"] > 0) | (contrasts["high"] < 0))]
listed = [
    f"{MEASURES[c.measure]} with the {CALLED[c.role]} {'above' if c.low > 0 else 'below'} the own word’s (difference {in_words(c)})" for c in clear.itertuples()
]
end = left_over.query("step == @last")
remains = {r: interval_of(resampled_units(u), u) for r in CALLED if (u := [g["left"].to_numpy() for _, g in end.query("role == @r").groupby("concept", sort=False)])}
begin = left_over.query("step == 0").groupby("role")["left"].mean()
cos_units = apart.query("role == 'other' and step == @last")
cos_gap = interval_of(*[(s - w, u) for (w, s), u in [over_concepts("other", last, "cos_words", "cos_seeds")]][0])
met = {
    1: "They do not meet in one place: rows from two words stay further apart than rows from two training seeds of one word",
    -1: "They meet: rows from two words are nearer to each other than rows from two training seeds of one word",
    0: "Whether they meet in one place is not clear: rows from two words against rows from two training seeds of one word",
}[side(cos_gap)]
way = log.query("step == @last").groupby("role")["travelled"].mean()

# %% tags=["remove-cell"]
glued = dict(
    verdict=matters,
    verdict_variability=verdict_variability,
    verdict_short=sentence,
    why=why,
    why_variability=why_variability,
    negligible=f"{100 * NEGLIGIBLE:.0f} %",
    fewest=f"{FEWEST}",
    fewest_concepts=f"{FEWEST_CONCEPTS}",
    n_concepts=f"{len(names)}",
    n_seeds=f"{len(seeds)}",
    n_control=f"{len(seeds[:control_seeds])}",
    n_pictures=f"{images_per_prompt}",
    n_contexts=f"{min(contexts, *(len(p) - 1 for p in prompts.values()))}",
    last=f"{last}",
    learning_rate=f"{learning_rate:g}",
    model_name=model_name,
    first_concept=label[first.name],
    between=between,
    smallest_p=f"{2.0 ** (1 - len(names)):.2g}",
    pair_reconstruction=compared("reconstruction", of_pair["reconstruction"], "higher", "lower"),
    pair_editability=compared(EDITABILITY, of_pair[EDITABILITY], "higher", "lower"),
    clear_contrasts=f"{len(listed)} of {int(tested.sum())}" if tested.any() else "none",
    listed_contrasts="; ".join(listed) or "no difference’s interval is clear of zero",
    apart_start=f"{distances.loc[('other', 0, 'words'), 'estimate']:.3f}".replace("nan", "–"),
    far_words=in_words(distances.loc[("far", last, "excess")]),
    way_own=f"{way.get('own', np.nan):.2f}",
    way_far=f"{way.get('far', np.nan):.2f}",
    met="Whether they meet in one place cannot be told"
    if not np.isfinite(cos_gap.estimate)
    else f"{met} (mean cosines {distances.loc[('other', last, 'cos_words'), 'estimate']:.2f} and "
    f"{distances.loc[('other', last, 'cos_seeds'), 'estimate']:.2f}, difference {in_words(cos_gap)})",
    left_own=f"{begin['own']:+.3f} at the start, at the end {in_words(remains['own'])}",
    left_far=f"{begin['far']:+.3f} at the start, at the end {in_words(remains['far'])}",
)
for key, value in glued.items():
    glue(key, value, display=False)

# %% [markdown]
# ## What this shows, and what it does not
#
# **The poster’s claim: the choice of the initializer matters. Our verdict: {glue:text}`verdict`.** On {glue:text}`model_name`, with {glue:text}`n_concepts`
# concepts, {glue:text}`why`. Before training they were {glue:text}`apart_start` apart. For the far word the same excess over the training seed is
# {glue:text}`far_words`.
#
# **That it changes how much the pictures vary: {glue:text}`verdict_variability`.** On the poster’s own pair, {glue:text}`why_variability`. For that pair,
# {glue:text}`pair_reconstruction`, and {glue:text}`pair_editability`.
#
# Over all concepts, intervals clear of zero among the primary differences in scores: {glue:text}`clear_contrasts`; {glue:text}`listed_contrasts`.
#
# The rows travel: by step {glue:text}`last`, {glue:text}`way_own` times the length of a median vocabulary row from the own word and {glue:text}`way_far` times from
# the far one. {glue:text}`met`. How much more a picture reads as its first word than the concept’s other pictures do: for the own word
# {glue:text}`left_own`; for the far word {glue:text}`left_far`.
#
# What it does not show:
#
# - “Other” and “far” are our choice of words, one of each a concept. With other words the differences may be larger or smaller.
# - Own and other word were trained with {glue:text}`n_seeds` seeds, the far and the random word with {glue:text}`n_control`. Bootstrap intervals
#   from so few seeds and concepts are on the narrow side.
# - At step {glue:text}`last`, learning rate {glue:text}`learning_rate`. Longer training may bring the rows together, or not.
# - Distances and scores come from one CLIP, {glue:text}`n_pictures` pictures a prompt and {glue:text}`n_contexts` contexts. A difference that it
#   does not see is not in these numbers.

# %% tags=["remove-cell"]
given = dict(model=model, seeds=seeds, control_seeds=control_seeds, steps=steps, learning_rate=learning_rate, guidance=guidance)
given |= dict(contexts=contexts, images_per_prompt=images_per_prompt, num_inference_steps=num_inference_steps)
given |= dict(initializer=initializer, alternative=alternative, far_word=far_word, word_seed=word_seed, words=starts)
table["arms"] = arms.reset_index()
for c in chosen:  # beside the numbers, the pictures: a row for each first word
    seen = [tiles[ids(c.name, r)[0], step, prompts[c.name][0], 0] for r in starts[c.name] for step in at]
    write_sheet(folder / f"{c.name}.png", seen, len(at), side=min(page.side, 192))
claims = [
    Claim(
        source="poster, Fig. 3",
        words="the choice of the initializer word matters",
        test="distance of pictures from the same noise: own v. other word, same training seed, minus two training seeds of the own word; concepts and seeds resampled",
        result=why,
        n=f"{counted(len(cos_units), 'concept')}, {counted(excess.seeds, 'pair')} of words, {counted(images_per_prompt, 'picture')} each",
        verdict=matters,
        primary=True,
    ),
    Claim(
        source="poster, Fig. 3",
        words="building and tower as initializers give pictures of different variability",
        test=f"1 − cosine between pictures of one word, other minus own word, first concept, paired by training seed; below {NEGLIGIBLE:.0%} of the own word’s counts as none",
        result=why_variability,
        n=f"1 concept, {varies.seeds} training seeds, {images_per_prompt} pictures each",
        verdict=verdict_variability,
        primary=True,
    ),
]
page.record(given | settings, table, glued, claims)

# %% [markdown] tags=["remove-cell"]
# ### Live
#
# In Jupyter: the same frames under a widget.

# %% tags=["remove-cell"]
from study.figures import step_slider

step_slider(frames, at)
