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
# # Which pictures should one learn from?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# The paper asks for “3-5 images” {cite:p}`gal2023`; the poster leaves the number of pictures, the variety of their backgrounds
# and the type of concept to future work. Our concepts are drawn by code, so there can be any number of pictures of each, in any place.
# Every word here is compared with the *same* held-out pictures, which no word has seen.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["elder_tree", "nova_hall", "wooden_figurine", "jolly_man", "plum_beast", "ember_style"]  # [names or folders] what to learn
types: list[str] = []  # [names or folders] concepts compared by type; empty: those of `concepts`
initializer: str = ""  # [word] where learning starts; empty: each concept's own
pictures: list[int] = [1, 3, 5, 10, 25]  # [pictures] how many to learn from, each set within the next
few: int = 5  # [pictures] the number at which backgrounds and mirroring are compared
steps: int = 300  # [updates] length of training
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds, each with its own choice of pictures
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
from IPython.display import Markdown
from matplotlib.ticker import NullLocator
from myst_nb import glue
from PIL import Image
from pocket_world.first.scenes import SCENES
from pocket_world.first.study_concepts import CONCEPTS_TABLE, draw
from pocket_world.first.witness import open_oracle, sees
from scipy.stats import kruskal

from study.datasets import held_back, write_concept
from study.figures import image_grid, use_style
from study.page import Claim, model_title, open_page
from study.sheets import write_sheet
from study.wording import FEWEST_CONCEPTS, counted, in_words, verdict
from textinv_core.evaluation.metrics import evaluate, image_only, normalised, summarise
from textinv_core.evaluation.stats import hierarchical_bootstrap, holm, mean_interval, paired_interval
from textinv_core.files import write_image
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import class_phrase, context_prompts, load_concept, load_images, plain_prompt
from textinv_core.paths import CONCEPTS, scratch_dir

HELD_OUT, EDITABILITY = "reconstruction_held_out", "editability_deleted"  # likeness to pictures not seen; the paper's reading
MARGIN = 0.1  # of the way from the class word to the concept's own pictures: less than this counts as enough
SETS = ("plain", "one scene", "varied")
use_style()
plt.rcParams["figure.dpi"] = 120

# %% tags=["hide-input"]
where = dict(profile=profile, model=model, judge=judge, out=out, runs=runs, initializer=initializer)
page = open_page("dataset_and_concepts", concepts=[concept] if concept else concepts, **where)
pipe, chosen, store, folder = page.pipe, page.concepts, page.store, page.folder
if min([*pictures, few]) < 1:
    raise ValueError(f"pictures, few: expected numbers of 1 or more, got {pictures} and {few}")
how = dict(guidance_scale=guidance, num_inference_steps=num_inference_steps)
picture_seeds = range(images_per_prompt)
plain = {c.name: plain_prompt(c.kind) for c in chosen}
prompts = {c.name: [plain[c.name], *list(context_prompts(c.kind))[:contexts]] for c in chosen}
drawn = {c.name for c in chosen if c.name in CONCEPTS_TABLE and c.images[0].is_relative_to(CONCEPTS)}
oracle = open_oracle(model)
label = {c.name: c.name.replace("_", " ") for c in chosen}

# %% [markdown]
# ## The pictures
#
# For each training seed there is a fresh row of pictures, each in another scene, and a word learns from the first few of them: sets
# within sets. At one number of pictures there are two more rows: all before a plain backdrop, and all in one and the same scene.
# One more word learns from varied scenes without mirroring; otherwise half of the pictures a word sees in training are
# mirrored. With photos of your own, the rows are choices from them, and the backgrounds are left out.

# %% tags=["hide-input"]
def row_of_pictures(c, seed, background, count):
    """Files of `count` pictures of a concept: its own in a random order, or drawn anew against a background."""
    if c.name not in drawn:
        return [own[c.name][0][i] for i in np.random.default_rng(seed).permutation(len(own[c.name][0]))]
    key, home = (17, list(CONCEPTS_TABLE).index(c.name), seed), scratch_dir(profile) / "concepts" / c.name
    paths = [home / f"{background}-{seed}" / f"{i:03d}.png" for i in range(count)]
    for i, path in enumerate(paths):
        scene = {"plain": None, "one scene": order[c.name, seed][0]}.get(background, order[c.name, seed][i % len(SCENES)])
        write_image(path, Image.fromarray(draw(c.name, np.random.default_rng((*key, i)), scene=scene)[0]))
    return paths


own = {c.name: held_back(c) for c in chosen}
order = {(name, s): np.random.default_rng((17, s, i)).permutation(list(SCENES)) for i, name in enumerate(CONCEPTS_TABLE) for s in seeds}
sets = []
for c in chosen:
    most = max(pictures) if c.name in drawn else len(own[c.name][0])
    numbers = sorted({n for n in (*pictures, few) if n <= most} | {most})
    at = few if few in numbers else most
    for seed in seeds:
        varied = row_of_pictures(c, seed, "varied", max(numbers))
        made = [(str(n), varied[:n], True) for n in numbers] + [("no mirroring", varied[:at], False)]
        if c.name in drawn:
            made += [(name, row_of_pictures(c, seed, name, at), True) for name in SETS[:2]]
        for name, paths, flip in made:
            called = name if name.isdigit() else f"{name.replace(' ', '-')}-{len(paths)}"
            home = scratch_dir(profile) / "concepts" / f"{c.name}-{called}-s{seed}"
            learns = write_concept(home, c, paths, own[c.name][1])
            sets.append(dict(concept=c.name, seed=seed, set=name, pictures=len(paths), flip=flip, learns=learns, at=at))
sets = pd.DataFrame(sets)

# %% tags=["hide-input"] mystnb={"figure": {"caption": "What words learn from (first training seed). Above, the row of varied pictures: one word learns from the first, another from the first few, and so on. Below, the sets of equal number that differ only in where the thing was \u201cphotographed\u201d.", "name": "fig-data-sets"}, "image": {"alt": "Rows of training pictures of one concept: in varied scenes, and for drawn concepts before a plain backdrop and in one scene.", "width": "100%"}}
show = chosen[min(1, len(chosen) - 1)]
first = sets.query("concept == @show.name and seed == @seeds[0] and flip").sort_values("pictures", kind="stable")
rows = {"varied": first[first["set"].str.isdigit()].iloc[-1], **{r.set: r for _, r in first.iterrows() if r.set in SETS[:2]}}
cells = [
    dict(set=name, number=i + 1, image=image)
    for name, row in rows.items()
    for i, image in enumerate(load_images(row["learns"].images[:10], 96))
]
image_grid(pd.DataFrame(cells), row="set", column="number", pixels=96)
plt.show()

# %% [markdown]
# ## Train, draw, score

# %% tags=["hide-input"]
learned = {}
for (_, flip), rows in sets.groupby(["concept", "flip"], sort=False):
    arms = [Arm(row.learns, seed=row.seed, learning_rate=learning_rate) for row in rows.itertuples()]
    words = store.learn(pipe, arms, steps=steps, batch_size=batch_size, flip=bool(flip))
    learned |= dict(zip(rows.index, words.at(), strict=True))

# %% tags=["hide-input"]
def scored(images, c, scene=None, **labels):
    """Scores of pictures, one row each; `image` is the picture's number, `seed` the training seed.

    `leak`: whether a picture of the plain prompt shows the scene of the training pictures; NaN where that means nothing.
    """
    rows = evaluate(images, c, page.judge).rename(columns={"seed": "image"})
    plainly = {plain_prompt(c.kind): SCENES.get(scene)}
    seen = sees(oracle, images, dict(context_prompts(c.kind)) | plainly, labels["concept"])
    of_plain = images["prompt"].isin(plainly)
    seen["leak"] = seen["context_seen"].where(of_plain)
    seen["context_seen"] = seen["context_seen"].mask(of_plain)
    return rows.join(seen).assign(**labels)


# %% tags=["hide-input"]
kept, scores, anchors = {}, [], []
for c in chosen:
    ceiling = image_only(c.model_copy(update=dict(images=own[c.name][0])), prompts[c.name], page.side)
    floor = store.draw(pipe, None, prompts[c.name], picture_seeds, word=class_phrase(c), **how)
    compared = c.model_copy(update=dict(held_out=own[c.name][1]))
    for i, row in sets.query("concept == @c.name").iterrows():
        drawing = store.draw(pipe, learned[i], prompts[c.name], picture_seeds, **how)
        scene = order[c.name, row["seed"]][0] if c.name in drawn else None
        labels = dict(concept=c.name, seed=row["seed"], set=row["set"], pictures=row["pictures"])
        scores.append(scored(drawing, row["learns"], scene, **labels))
        kept[c.name, row["seed"], row["set"]] = drawing.query("seed == 0").set_index("prompt")["image"]
    anchors.append(scored(ceiling, compared, concept=c.name, seed=seeds[0], set="own pictures", pictures=0))
    for seed in seeds:  # the class word, asked about the scene of each seed's pictures
        scene = order[c.name, seed][0] if c.name in drawn else None
        anchors.append(scored(floor, compared, scene, concept=c.name, seed=seed, set="class word", pictures=0))
    write_sheet(folder / f"{c.name}.png", [kept[c.name, seeds[0], s][p] for s in sets.query("concept == @c.name")["set"].unique() for p in prompts[c.name]], len(prompts[c.name]), side=min(page.side, 192))
scores, anchors = pd.concat(scores, ignore_index=True), pd.concat(anchors, ignore_index=True)

# %% tags=["hide-input"]
BY = ["concept", "seed", "set", "pictures"]


def averages(rows):
    """One row per word: both scores, and the shares of pictures in which the oracle sees what was asked for."""
    parts = [summarise(table, plain[name], by=BY) for name, table in rows.groupby("concept", sort=False)]
    shares = rows.groupby(BY, sort=False)[["concept_seen", "context_seen", "leak"]].mean()
    return pd.concat(parts).merge(shares.reset_index(), on=BY, how="left")


bounds = averages(anchors).groupby(["concept", "set"])[[HELD_OUT, EDITABILITY]].mean()
span = {n: bounds.loc[(n, "own pictures"), HELD_OUT] - bounds.loc[(n, "class word"), HELD_OUT] for n in label}
summary = averages(scores)
summary["R"] = [
    float(normalised(r[HELD_OUT], floor=bounds.loc[(r["concept"], "class word"), HELD_OUT], ceiling=bounds.loc[(r["concept"], "own pictures"), HELD_OUT]))
    if span[r["concept"]] > 0
    else np.nan
    for _, r in summary.iterrows()
]

# %% [markdown]
# ## What will be compared
#
# Named before the results, each over concepts and training seeds, paired, with Holm’s correction over them all:
#
# - **Few pictures against one**: likeness to the held-out pictures, as a share of the way from the class word to the concept’s own pictures.
# - **Many against few**: the same. The paper’s advice holds if few pictures do better
#   than the class word and many gain less than {glue:text}`margin` of that way.
# - **Varied scenes against one scene**, at equal number: editability.
# - **Mirroring on against off**, at equal number: likeness, as in the first.
#
# A verdict needs an interval clear of the mark and {glue:text}`fewest_concepts` concepts or more; with fewer it is *undecided*, whatever the interval.

# %% tags=["hide-input"]
numbers = sorted(int(s) for s in summary["set"].unique() if s.isdigit())
middle = str(int(sets["at"].max()))
fewest, most = str(numbers[0]), str(numbers[-1])
PAIRS = {
    "number, few": (middle, fewest, "R", f"{middle} v. {counted(int(fewest), 'picture')}"),
    "number, many": (most, middle, "R", f"{most} v. {middle} pictures"),
    "backgrounds": (middle, "one scene", EDITABILITY, "varied scenes v. one scene"),
    "mirroring": (middle, "no mirroring", "R", "mirroring on v. off"),
}
contrasts, found = [], {}
for key, (new, base, primary, called) in PAIRS.items():
    for value in ("R", EDITABILITY):
        interval = found[key, value] = paired_interval(summary, value, arm="set", new=new, base=base)
        row = dict(key=key, contrast=called, value=value, primary=value == primary, p=interval.p)
        row |= dict(estimate=interval.estimate, low=interval.low, high=interval.high)
        contrasts.append(row | dict(concepts=interval.concepts, words=interval.seeds))
contrasts = pd.DataFrame(contrasts)
tested = contrasts["primary"] & contrasts["p"].notna()
contrasts["p_holm"] = np.nan
if tested.any():
    contrasts.loc[tested, "p_holm"] = holm(contrasts.loc[tested, "p"])

# %% [markdown]
# ## More pictures

# %% tags=["hide-input"] mystnb={"figure": {"caption": "What words draw that learned from more and more pictures: the plain prompt and, below it, one with a context. Left, a held-out picture. First training seed, the same noise throughout.", "name": "fig-data-number-grid"}, "image": {"alt": "A grid of small pictures, two rows a concept: a held-out picture, then pictures drawn by words that learned from one, three, five and more pictures.", "width": "100%"}}
pixels, cells, row_label = 96, [], {}
blank = Image.new("RGB", (pixels, pixels), "white")
for c in chosen:
    references = load_images((own[c.name][1] or own[c.name][0])[:1], pixels)
    for prompt in prompts[c.name][:2]:
        row = f"{c.name}/{prompt}"
        row_label[row] = f"… {context_prompts(c.kind)[prompt]}" if row_label.get(f"{c.name}/{plain[c.name]}") else label[c.name]
        images = {"a picture": blank if references is None else references[0]}
        images |= {n: kept.get((c.name, seeds[0], str(n)), {}).get(prompt, blank) for n in numbers}
        cells += [dict(row=row, column=column, image=image) for column, image in images.items()]
        references = None  # beside the plain prompt only
cells = pd.DataFrame(cells)
grid = image_grid(cells, row="row", column="column", row_labels=row_label, pixels=pixels)
grid.figure.savefig(folder / "overview.png", dpi=150, bbox_inches="tight")

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Likeness to the held-out pictures (left) and editability (right) by number of training pictures: thin, each concept; thick, their mean with 95 % band over concepts and training seeds. Dotted, the mean of the plain class word; dashed, of the concept\u2019s own pictures.", "name": "fig-data-number"}, "image": {"alt": "Two line plots against the number of training pictures, one thin line a concept and a thick mean with its band.", "width": "100%"}}
by_number = summary[summary["set"].str.isdigit()]
figure, axes = plt.subplots(1, 2, figsize=(10.5, 4), layout="constrained")
for ax, (value, called) in zip(axes, ((HELD_OUT, "likeness, held-out pictures"), (EDITABILITY, "editability")), strict=True):
    for name, rows in by_number.groupby("concept", sort=False):
        rows.groupby("pictures")[value].mean().plot(ax=ax, linewidth=1, alpha=0.8, label=label[name])
    bands = {}
    for n, rows in by_number.dropna(subset=[value]).groupby("pictures"):
        bands[n] = hierarchical_bootstrap(rows, value, ["concept", "seed"])[:3]
    if bands:
        mean, low, high = np.array(list(bands.values())).T
        ax.plot(list(bands), mean, color="0.1", linewidth=2.5, marker="o", label="mean")
        ax.fill_between(list(bands), low, high, color="0.1", alpha=0.15, linewidth=0)
    for which, line in (("class word", ":"), ("own pictures", "--")):
        ax.axhline(bounds.xs(which, level="set")[value].mean(), color="0.3", linestyle=line, linewidth=1.2)
    ax.set(xscale="log", xlabel="training pictures", ylabel=called)
    ax.set_xticks(numbers, [str(n) for n in numbers])
    ax.xaxis.set_minor_locator(NullLocator())
axes[1].legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
plt.show()

# %% [markdown]
# ## Where they were taken
#
# At equal number: all before a plain backdrop, all in one scene, each in another scene. Does a word take the scene of its pictures
# for part of the thing? In the pocket world that can be asked: the oracle says whether the plain prompt’s pictures show the scene that the
# one-scene word was trained in.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Plain prompt (and one with a context) after training on equally many pictures taken in different places. First column, a picture of the one-scene set: does its scene come back?", "name": "fig-data-background-grid"}, "image": {"alt": "A grid of small pictures: for each concept a training picture in one scene, then pictures drawn after training on a plain backdrop, in one scene and in varied scenes; plain prompt and a context prompt.", "width": "100%"}}
cells = []
for c in (c for c in chosen if c.name in drawn):
    one = sets.query("concept == @c.name and seed == @seeds[0] and set == 'one scene'").iloc[0]
    cells.append(dict(row=c.name, column="the one scene", image=load_images(one["learns"].images[:1], pixels)[0]))
    for prompt, said in zip(prompts[c.name][:2], ("", "\n+ context"), strict=False):
        for name in SETS:
            images = kept[c.name, seeds[0], str(one["at"]) if name == "varied" else name]
            cells.append(dict(row=c.name, column=f"{name}{said}", image=images[prompt]))
if cells:
    order_of_columns = list(dict.fromkeys(cell["column"] for cell in cells))
    image_grid(pd.DataFrame(cells), row="row", column="column", row_labels=label, pixels=pixels).tick_params(axis="x", labelsize=9)
else:
    plt.subplots(figsize=(6, 0.6))[1].set_axis_off()
    plt.text(0.5, 0.5, "left out: the concepts' pictures are not drawn by code", ha="center")

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Held-out likeness, editability, and the share of plain-prompt pictures that show the one scene, by background of the training pictures: mean over concepts and training seeds with 95 % interval; grey, each concept. Dotted, the plain class word.", "name": "fig-data-backgrounds"}, "image": {"alt": "Three dot plots with intervals comparing plain backdrop, one scene and varied scenes on likeness, editability and leaking of the scene.", "width": "100%"}}
at_equal = summary[summary["set"].isin([middle, *SETS]) & summary["concept"].isin(drawn)].replace({"set": {middle: "varied"}})
word_leak = averages(anchors).query("set == 'class word'")["leak"].mean()
measures = ((HELD_OUT, "likeness, held-out"), (EDITABILITY, "editability"), ("leak", "share that shows the one scene"))
measures = [m for m in measures if m[0] != "leak" or at_equal["leak"].notna().any()]
figure, axes = plt.subplots(1, len(measures), figsize=(3.5 * len(measures), 3.2), layout="constrained")
for ax, (value, called) in zip(axes, measures, strict=True):
    each = at_equal.pivot_table(index="set", columns="concept", values=value).reindex(list(SETS)) if len(at_equal) else []
    ax.plot(np.arange(len(each)) + 0.1, each, color="0.75", linewidth=0.9, marker="o", markersize=3, zorder=1)
    for x, name in enumerate(SETS):
        rows = at_equal[at_equal["set"] == name].dropna(subset=[value])
        if rows.empty:
            continue
        mean, low, high = hierarchical_bootstrap(rows, value, ["concept", "seed"])[:3]
        ax.errorbar([x], [mean], [[mean - low], [high - mean]], marker="o", color=f"C{x}", capsize=4, linewidth=2)
    base = word_leak if value == "leak" else bounds.xs("class word", level="set")[value].mean()
    if np.isfinite(base):
        ax.axhline(base, color="0.3", linestyle=":", linewidth=1.2)
    ax.set(ylabel=called, xlim=(-0.6, 2.6))
    ax.set_xticks(range(3), SETS)
plt.show()

# %% [markdown]
# ## The comparisons

# %% tags=["hide-input"] mystnb={"figure": {"caption": "The comparisons named above, with 95 % intervals: filled, the primary one of each pair; open, the other score. Likeness as a share of the way from the class word to the concept\u2019s own pictures, editability as a cosine. Shaded, less than what counts as a gain in likeness.", "name": "fig-data-contrasts"}, "image": {"alt": "A forest plot of four comparisons, for likeness and for editability, with intervals around zero.", "width": "100%"}}
figure, axes = plt.subplots(1, 2, figsize=(10, 2.9), sharey=True, layout="constrained")
for ax, (value, called) in zip(axes, (("R", "gain in likeness"), (EDITABILITY, "gain in editability")), strict=True):
    for y, row in enumerate(contrasts[contrasts["value"] == value].itertuples()):
        face = "C0" if row.primary else "white"
        ax.plot([row.low, row.high], [y, y], color="C0", linewidth=2)
        ax.plot([row.estimate], [y], marker="o", color="C0", markerfacecolor=face, markersize=8)
    ax.axvline(0, color="0.3", linewidth=1)
    if value == "R":
        ax.axvspan(-MARGIN, MARGIN, color="0.92", zorder=0)
    ax.set(xlabel=called)
axes[0].set_yticks(range(len(PAIRS)), [called for *_, called in PAIRS.values()])
axes[0].set_ylim(len(PAIRS) - 0.5, -0.5)
plt.show()

# %% tags=["hide-input"]
listed = contrasts.replace({"value": {"R": "likeness", EDITABILITY: "editability"}}).set_index(["contrast", "value"])
listed = listed[["estimate", "low", "high", "p", "p_holm", "concepts", "words"]].rename(columns={"low": "95 % from", "high": "to", "p_holm": "p (Holm)"})
listed.style.format("{:+.3f}", subset=["estimate", "95 % from", "to"], na_rep="–").format("{:.3f}", subset=["p", "p (Holm)"], na_rep="–")

# %% [markdown]
# What the oracle saw, as shares of pictures: the concept, in all prompts; the context asked for; the one scene, in the plain prompt’s.

# %% tags=["hide-input"]
both = pd.concat([averages(anchors).query("set == 'class word'"), summary])
eyes = both.groupby("set", sort=False)[["concept_seen", "context_seen", "leak"]].mean().rename_axis("learned from")
eyes.columns = ["concept", "context", "one scene"]
Markdown("*The oracle is left out: it knows the pocket world only.*") if oracle is None else eyes.style.format("{:.2f}", na_rep="–")

# %% [markdown]
# ## Types of concept
#
# The same training on each concept’s own pictures, concept by concept, each score on the scale that its own anchors span. There
# is one concept of each type, so a difference may be the type’s or the concept’s.

# %% tags=["hide-input"]
kinds = [load_concept(name, initializer=initializer or None) for name in (types or concepts)] if len(chosen) > 1 else []
kinds = [c for c in kinds if c.held_out]
typed, typical = [], []
for c in kinds:
    texts = [plain_prompt(c.kind), *list(context_prompts(c.kind))[:contexts]]
    words = store.learn(pipe, [Arm(c, seed=s, learning_rate=learning_rate) for s in seeds], steps=steps, batch_size=batch_size)
    floor = evaluate(store.draw(pipe, None, texts, picture_seeds, word=class_phrase(c), **how), c, page.judge)
    low, high = (summarise(t, texts[0]).iloc[0] for t in (floor, evaluate(image_only(c, texts, page.side), c, page.judge)))
    drawings = [store.draw(pipe, embedding, texts, picture_seeds, **how).assign(of=s) for s, embedding in zip(seeds, words.at(), strict=True)]
    rows = pd.concat([evaluate(d, c, page.judge).rename(columns={"seed": "image"}) for d in drawings], ignore_index=True)
    rows = rows.rename(columns={"of": "seed"}).assign(kind=c.kind, R=np.nan, E=np.nan)
    if high[HELD_OUT] > low[HELD_OUT]:
        rows["R"] = np.where(rows["prompt"] == texts[0], normalised(rows["held_out"], floor=low[HELD_OUT], ceiling=high[HELD_OUT]), np.nan)
    if low[EDITABILITY] > high[EDITABILITY]:
        rows["E"] = np.where(rows["prompt"] != texts[0], normalised(rows["text_deleted"], floor=high[EDITABILITY], ceiling=low[EDITABILITY]), np.nan)
    typed.append(rows)
    images = pd.concat(drawings, ignore_index=True)["image"]
    of_plain = rows.index[rows["prompt"] == texts[0]]
    median = rows.loc[of_plain, "held_out"].sort_values().index[len(of_plain) // 2]
    same = rows.index[(rows["prompt"] == texts[1]) & (rows["seed"] == rows.loc[median, "seed"]) & (rows["image"] == rows.loc[median, "image"])] if len(texts) > 1 else []
    shown = {"a picture": load_images(c.held_out[:1], pixels)[0], "plain prompt": images[median]} | {name: images[i] for name, i in zip(["with a context"], same, strict=False)}
    typical += [dict(kind=c.kind, column=k, image=image) for k, image in shown.items()]
typed = pd.concat(typed, ignore_index=True) if typed else pd.DataFrame(columns=["concept", "kind", "seed", "prompt", "image", "R", "E"])

# %% tags=["hide-input"] mystnb={"figure": {"caption": "A typical picture of each type: of all training seeds and pictures of the plain prompt, the one of median likeness, and the same word and noise with a context.", "name": "fig-data-type-grid"}, "image": {"alt": "A grid with one row for each type of concept: a picture of it, a typical drawing of the plain prompt and one with a context.", "width": "60%"}}
if typical:
    image_grid(pd.DataFrame(typical), row="column", column="kind", pixels=pixels)
else:
    plt.subplots(figsize=(6, 0.6))[1].set_axis_off()
    plt.text(0.5, 0.5, "left out: one concept has no other type to compare with", ha="center")

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Likeness to held-out pictures and editability by type of concept, on the scale of each concept\u2019s own anchors: mean and 95 % interval over training seeds, prompts and pictures; small dots, single training seeds.", "name": "fig-data-types"}, "image": {"alt": "Two dot plots with intervals, one row for each type of concept: scaled likeness and scaled editability.", "width": "100%"}}
figure, axes = plt.subplots(1, 2, figsize=(10, 0.38 * max(2, typed["kind"].nunique()) + 1.2), sharey=True, layout="constrained")
in_order = typed.groupby("kind")["R"].mean().sort_values(ascending=False).index if len(typed) else []
by_type = []
for ax, (value, called) in zip(axes, (("R", "likeness: class word 0, own pictures 1"), ("E", "editability: own pictures 0, class word 1")), strict=True):
    for y, kind in enumerate(in_order):
        rows = typed[typed["kind"] == kind].dropna(subset=[value])
        if rows.empty:
            continue
        interval = hierarchical_bootstrap(rows, value, ["concept", "seed", "prompt", "image"])
        by_type.append(dict(kind=kind, value=value, estimate=interval.estimate, low=interval.low, high=interval.high, **interval.n))
        ax.scatter(rows.groupby("seed")[value].mean(), np.full(rows["seed"].nunique(), y + 0.18), s=12, color="0.6")
        ax.errorbar([interval.estimate], [y], xerr=[[interval.estimate - interval.low], [interval.high - interval.estimate]], marker="o", color="C0", capsize=3, linewidth=2)
    ax.set(xlabel=called)
axes[0].set_yticks(range(len(in_order)), list(in_order))
axes[0].set_ylim(max(1, len(in_order)) - 0.5, -0.5)
plt.show()

# %% tags=["remove-cell"]
primary = {key: found[key, value] for key, (_, _, value, _) in PAIRS.items()}
answer = {key: verdict(interval) for key, interval in primary.items()}
# Enough: many gain less than the margin, and few themselves do better than the class word.
reached = mean_interval(summary[summary["set"] == middle], "R", ["concept", "seed"])
gains = verdict(primary["number, many"], MARGIN)
enough = {"supported": "not supported", "not supported": "supported"}.get(gains, "undecided")
if enough == "supported" and verdict(reached) != "supported":
    enough = "undecided"
leak = paired_interval(summary, "leak", arm="set", new="one scene", base=middle)

# %% tags=["remove-cell"]
model_name = model_title(model)
does = {
    "supported": "draws the concept better than",
    "not supported": "draws the concept worse than",
    "undecided": "is not clearly better or worse at drawing the concept than",
}
sentence = f"On {model_name}, a word that learns from {middle} pictures {does[answer['number, few']]} one that learns from {fewest}"
if middle == fewest:
    sentence = f"On {model_name}, there is only one number of pictures to look at"
further = {"supported": f"going on to {most} adds little", "not supported": f"going on to {most} adds clearly more", "undecided": f"whether {most} add to that is open"}
sentence += f"; {further[enough]}" if most != middle else ""
if drawn:
    edits = {"supported": "varied scenes keep it more editable than one scene", "not supported": "varied scenes leave it less editable than one scene", "undecided": "whether varied scenes keep it more editable than one scene is open"}
    sentence += f"; {edits[answer['backgrounds']]}"
comes_back = {"supported": "; a scene that never changes comes back unasked", "not supported": "; a scene that never changes does not come back"}
sentence += comes_back.get(verdict(leak), "") + "."
groups = [rows["R"].dropna().groupby(rows["seed"]).mean().to_numpy() for _, rows in typed.groupby("concept")]
groups = [g for g in groups if len(g) > 1]
kinds_p = float(kruskal(*groups).pvalue) if len(groups) > 1 and len({x for g in groups for x in g}) > 1 else np.nan
in_type = typed.groupby("kind")["concept"].nunique()
separable = len(in_type) > 1 and bool((in_type > 1).all())
types_verdict = "undecided" if not separable or not np.isfinite(kinds_p) else "supported" if kinds_p < 0.05 else "undecided"
likest = pd.DataFrame([r for r in by_type if r["value"] == "R"], columns=["kind", "estimate", "low", "high"]).sort_values("estimate")

# %% tags=["remove-cell"]
if len(likest) > 1:
    top, bottom = likest.iloc[-1], likest.iloc[0]
    types_told = f"likeness is highest for the {top['kind']}, {top['estimate']:.2f} ({top['low']:.2f} to {top['high']:.2f}), and lowest for the {bottom['kind']}, {bottom['estimate']:.2f} ({bottom['low']:.2f} to {bottom['high']:.2f})"
    apart = "differ" if kinds_p < 0.05 else "do not clearly differ"
    types_told += f"; the concepts {apart} beyond their training seeds (Kruskal-Wallis, p = {kinds_p:.3f})" if np.isfinite(kinds_p) else ""
else:
    types_told = "types were not compared"
leak_told = f"one scene against varied scenes {in_words(leak, '+.2f')} of the plain prompt’s pictures" if np.isfinite(leak.estimate) else "not measured: it takes drawn pictures and the oracle"
told = {key: in_words(interval, "+.2f") for key, interval in primary.items()}
told["backgrounds"] = in_words(primary["backgrounds"]) if drawn else "left out, these pictures are not drawn by code"
glued = dict(
    verdict_short=sentence,
    margin=f"{MARGIN:g}",
    model_name=model_name,
    few=middle,
    fewest=fewest,
    fewest_concepts=f"{FEWEST_CONCEPTS}",
    spans=", ".join(f"{label[name]} {way:.2f}" for name, way in span.items()),
    many=most,
    number_few=told["number, few"],
    number_many=told["number, many"],
    reached=in_words(reached, "+.2f"),
    backgrounds=told["backgrounds"],
    mirroring=told["mirroring"],
    verdict_few=answer["number, few"],
    verdict_enough=enough,
    verdict_backgrounds=answer["backgrounds"],
    verdict_mirroring=answer["mirroring"],
    leak=leak_told,
    types=types_told,
    smallest_p=f"{2 / 2 ** len(chosen):.3f}" if len(chosen) > 1 else "not defined",
    n_concepts=f"{len(chosen)}",
    n_seeds=f"{len(seeds)}",
    n_pictures=f"{images_per_prompt}",
    n_contexts=f"{min(contexts, *(len(p) - 1 for p in prompts.values()))}",
    steps=f"{steps}",
)
for key, value in glued.items():
    glue(key, value, display=False)

# %% [markdown]
# ## What this shows, and what it does not
#
# On {glue:text}`model_name`, with {glue:text}`n_concepts` concepts, {glue:text}`n_seeds` training seeds each and {glue:text}`steps` steps; likeness as a share of the
# way from the class word to the concept’s own pictures:
#
# - {glue:text}`few` pictures against {glue:text}`fewest`: {glue:text}`number_few`. More pictures help: **{glue:text}`verdict_few`**.
# - {glue:text}`many` against {glue:text}`few`: {glue:text}`number_many`; {glue:text}`few` pictures by themselves come
#   {glue:text}`reached` of the way. The paper’s “3-5 images” are enough: **{glue:text}`verdict_enough`**.
# - Varied scenes against one scene, editability: {glue:text}`backgrounds`. Variety helps: **{glue:text}`verdict_backgrounds`**. The scene comes
#   back unasked: {glue:text}`leak`.
# - Mirroring on against off: {glue:text}`mirroring`. Mirroring helps: **{glue:text}`verdict_mirroring`**.
# - Types: {glue:text}`types`.
#
# What it does not show:
#
# - Every word is trained for the same number of steps, so many pictures are each seen less often.
# - The pictures are drawn by code, tidy and alike in quality. Photographs vary in light, angle and clutter, and more of them may
#   then do more. The drawn things also appear from both sides already.
# - To a CLIP, likeness is also likeness of the background, and half of our drawn held-out pictures stand before a plain backdrop: that
#   favours words that learned before one. The oracle’s columns in the table above do not depend on it.
# - The way from the class word to the concept’s own pictures is not equally long: {glue:text}`spans` in cosine. Where it is short, shares of it are large and
#   uncertain, and weigh as much as any.
# - One concept a type cannot tell the type from the concept.
# - With this many concepts, the smallest p-value the test over concepts could give is {glue:text}`smallest_p`, before Holm’s correction. Each point
#   rests on {glue:text}`n_pictures` pictures a prompt and {glue:text}`n_contexts` contexts, and one CLIP scored them.

# %% tags=["remove-cell"]
given = dict(model=model, seeds=seeds, steps=steps, learning_rate=learning_rate, guidance=guidance, contexts=contexts, batch_size=batch_size)
given |= dict(pictures=pictures, few=few, types=[c.name for c in kinds], images_per_prompt=images_per_prompt)
given |= dict(num_inference_steps=num_inference_steps, initializer=initializer)
sample = f"{counted(len(chosen), 'concept')}, {counted(len(seeds), 'training seed')}; pictures a prompt: {images_per_prompt}"
likeness = "likeness to held-out pictures, as a share of the way from the class word to the concept’s own pictures"
claims = [
    Claim(
        source="paper, abstract",
        words="“Using only 3-5 images of a user-provided concept”",
        test=f"{PAIRS['number, many'][3]}: {likeness}; few are enough if they do better than the class word and many gain less than {MARGIN:g} of it",
        result=f"{told['number, many']}; {middle} pictures alone: {in_words(reached, '+.2f')}",
        n=sample,
        verdict=enough,
        primary=True,
    ),
    Claim(
        source="poster, future work (a question there)",
        words="more pictures help",
        test=f"{PAIRS['number, few'][3]}: {likeness}; supported if more pictures do better",
        result=told["number, few"],
        n=sample,
        verdict=answer["number, few"],
        primary=True,
    ),
    Claim(
        source="poster, future work (a question there)",
        words="varied backgrounds help",
        test=f"varied scenes against one scene, {middle} pictures each: editability; supported if variety does better",
        result=told["backgrounds"],
        n=sample,
        verdict=answer["backgrounds"],
        primary=True,
    ),
    Claim(
        source="poster, future work (a question there)",
        words="a background that never varies sticks to the word",
        test="share of plain-prompt pictures in which the oracle sees the scene of the one-scene set; supported if that set shows it more often than varied scenes do",
        result=leak_told,
        n=sample,
        verdict=verdict(leak),
    ),
    Claim(
        source="poster, future work (a question there)",
        words="mirrored pictures help",
        test=f"mirroring in training on against off, {middle} pictures each: {likeness}; supported if it does better",
        result=told["mirroring"],
        n=sample,
        verdict=answer["mirroring"],
        primary=True,
    ),
    Claim(
        source="poster, future work (a question there)",
        words="the type of concept matters",
        test="likeness by type, training seeds as replicates; decided only with two or more concepts of each type",
        result=types_told,
        n=f"{counted(len(kinds), 'concept')} of {counted(len(in_type), 'type')}, {counted(len(seeds), 'training seed')}",
        verdict=types_verdict,
    ),
]
# What was not asked is no claim: too few pictures of one's own, no drawn ones, no oracle, no other type.
asked = (most != middle, middle != fewest, bool(drawn), np.isfinite(leak.estimate), True, bool(kinds))
claims = [claim for claim, was in zip(claims, asked, strict=True) if was]
tables = dict(scores=scores, anchors=anchors, summary=summary, contrasts=contrasts, types=typed, by_type=pd.DataFrame(by_type))
page.record(given, tables, glued, claims)
