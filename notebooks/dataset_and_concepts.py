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
# Words differ in nothing but what they learn from.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["violet_cloud", "sky_castle", "plum_cat"]  # [names or folders] learned from few and many pictures, in one place and in many
types: list[str] = ["violet_cloud", "coral_cap", "sky_castle", "amber_hall", "plum_cat", "lime_pup", "merry_man", "tea_girl", "dusk_style", "glow_style"]  # [names or folders] compared by type; empty: none
initializer: str = ""  # [word] where learning starts; empty: each concept's own
pictures: list[int] = [1, 2, 5, 25]  # [pictures] how many to learn from, each set within the next
few: int = 5  # [pictures] the number that the others are compared with, and at which places are
steps: int = 500  # [updates] length of training
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds, each with its own choice of pictures
learning_rate: float = 0.01  # [per update] Adam's step size
batch_size: int = 4  # [pictures] per update and learned word
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
plain_pictures: int = 8  # [pictures] drawn of each word for the plain prompt
images_per_prompt: int = 4  # [pictures] drawn of each word for each prompt with a context
contexts: int = 4  # [prompts] how many contexts there are
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
import numpy as np
import pandas as pd
from PIL import Image
from pocket_world.oracle.witness import open_oracle, sees
from pocket_world.world.concepts import draw, members
from pocket_world.world.scenes import SCENES

from study.analysis import dataset_and_concepts as analysis
from study.analysis import dataset_and_concepts_types as kinds
from study.analysis.dataset_and_concepts import CALLED, EDITABILITY, HELD_OUT, ONE, OWN, PLAIN, VARIED, WORD
from study.datasets import held_back, places, write_concept
from study.figures import image_grid
from study.page import Claim, begin
from study.panels import PIXELS, bars
from study.wording import counted, shown_name
from textinv_core.evaluation.metrics import evaluate, image_only
from textinv_core.files import write_image
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import context_prompts, load_concept, load_images, plain_prompt
from textinv_core.paths import CONCEPTS, scratch_dir

if min([*pictures, few, plain_pictures]) < 1:
    raise ValueError(f"pictures, few, plain_pictures: expected 1 or more, got {pictures}, {few}, {plain_pictures}")
page = begin("dataset_and_concepts", globals())
label, prompts, oracle = page.labels, page.prompts(), open_oracle(model)
plain = {name: texts[0] for name, texts in prompts.items()}
drawn = [c.name for c in page.concepts if c.name in members() and c.images[0].is_relative_to(CONCEPTS)]
own = {c.name: held_back(c) for c in page.concepts}

# %% [markdown]
# ## What will be compared
#
# Judged by {glue:text}`judged`. Four contrasts, named before the results, each over concepts and training seeds, paired, one-sided, with
# Holm’s correction over them all:
#
# - **Few pictures against one**: {glue:text}`keeps`. Control: the class word, which has learned nothing.
# - **Many against few**: the same. The paper’s advice holds if many gain less than {glue:text}`smallest`, and few do better than the class word.
# - **Varied scenes against one scene**, at equal number: {glue:text}`both`. Control: a plain backdrop against the one
#   scene, which has no variety either.
# - **One scene against varied scenes**: does the scene come back in the plain prompt’s pictures? Control: another
#   scene, which was in none of the set’s pictures.
#
# A change of less than {glue:text}`smallest` is of no interest. Fewer than {glue:text}`fewest_concepts` concepts decide nothing.

# %% [markdown]
# ## The pictures
#
# For each training seed there is a fresh row of pictures, each in another scene, and a word learns from the first few of them: sets
# within sets. At one number of pictures there are two more rows: all before a plain backdrop, and all in one and the same scene, which
# no prompt will ask for. Photos of your own are chosen from at random, and the places are left out.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "What words learn from (first concept, first training seed). Above, the row of varied pictures: one word learns from the first, another from the first few, and so on. Below, the sets of equal number that differ only in where the thing was \u201cphotographed\u201d.", "name": "fig-data-sets"}, "image": {"alt": "Rows of training pictures of one concept: in varied scenes, and for drawn concepts before a plain backdrop and in one scene.", "width": "100%"}}
spots = {}
for c, seed in product(page.concepts, seeds):
    spots[c.name, seed] = places(SCENES, [context_prompts(c.kind)[text] for text in prompts[c.name][1:]], seed)


def pictures_of(c, seed, where, count):
    """Files of a concept's pictures: its own in a random order, or drawn anew at a place."""
    if c.name not in drawn:
        return [own[c.name][0][i] for i in np.random.default_rng(seed).permutation(len(own[c.name][0]))]
    many, one, _ = spots[c.name, seed]
    scenes = {PLAIN: [None], ONE: [one], VARIED: many}[where]
    paths = [scratch_dir(profile) / "concepts" / c.name / f"{where}-{seed}" / f"{i:03d}.png" for i in range(count)]
    for i, path in enumerate(paths):  # one picture's noise is the same wherever it is taken
        rng = np.random.default_rng((17, list(members()).index(c.name), seed, i))
        write_image(path, Image.fromarray(draw(c.name, rng, scene=scenes[i % len(scenes)])[0]))
    return paths


sets = []
for c, seed in product(page.concepts, seeds):
    most = max(*pictures, few) if c.name in drawn else len(own[c.name][0])
    at = min(few, most)
    varied = pictures_of(c, seed, VARIED, most)
    made = {str(n): varied[:n] for n in sorted({min(n, most) for n in (*pictures, few)})}
    made |= {where: pictures_of(c, seed, where, at) for where in (PLAIN, ONE) if c.name in drawn}
    for name, paths in made.items():
        called = f"{c.name}-{name.replace(' ', '-')}-{len(paths)}-s{seed}"
        learns = write_concept(scratch_dir(profile) / "concepts" / called, c, paths, own[c.name][1])
        sets.append(dict(concept=c.name, seed=seed, set=name, pictures=len(paths), learns=learns))
sets = pd.DataFrame(sets)
numbers = analysis.numbers_of(sets, few)
first = sets[(sets["concept"] == page.names[0]) & (sets["seed"] == seeds[0])].set_index("set")["learns"]
rows = {VARIED: first[numbers.most]} | {where: first[where] for where in (PLAIN, ONE) if where in first}
tiles = {row: load_images(learns.images[:10], PIXELS) for row, learns in rows.items()}
cells = [dict(row=row, number=i + 1, image=image) for row, images in tiles.items() for i, image in enumerate(images)]
image_grid(pd.DataFrame(cells), row="row", column="number", pixels=PIXELS)
plt.show()

# %% [markdown]
# ## More pictures
#
# All words of a concept are trained together, and all draw from the same noise. Every picture is compared with the *same* held-out
# pictures, which no word has seen.

# %% tags=["hide-input"]
scores, shown = [], {}
for c in page.concepts:
    texts, mine = prompts[c.name], sets[sets["concept"] == c.name]
    arms = [Arm(row.learns, seed=row.seed, learning_rate=learning_rate) for row in mine.itertuples()]
    words = page.store.learn(page.pipe, arms, steps=steps, batch_size=batch_size)
    compared = c.model_copy(update=dict(images=own[c.name][0], held_out=own[c.name][1]))
    tables = [page.draw(words.at(), texts[:1], range(plain_pictures)), image_only(compared, texts[:1], page.side)]
    tables += [page.draw_plain(c, texts[:1], range(plain_pictures))]
    tables += [page.draw(words.at(), texts[1:]), page.draw_plain(c, texts[1:])] if texts[1:] else []
    labels = [mine.assign(arm=words.ids).drop(columns=["learns", "concept"])]
    labels += [pd.DataFrame(dict(arm="plain", set=WORD, pictures=0, seed=seeds))]  # beside every seed, as it has none
    labels += [pd.DataFrame([dict(arm="image_only", set=OWN, pictures=0, seed=seeds[0])])]
    drawing = pd.concat(tables, ignore_index=True).merge(pd.concat(labels).rename(columns={"seed": "trained"}), on="arm")
    table = evaluate(drawing, compared, page.judge).assign(leak=np.nan, other=np.nan)
    table = table.join(sees(oracle, drawing, context_prompts(c.kind), c.name))
    for seed in seeds if c.name in drawn else ():
        alone = drawing[(drawing["prompt"] == texts[0]) & (drawing["trained"] == seed)]
        for column, scene in zip(("leak", "other"), spots[c.name, seed][1:], strict=True):
            table.loc[alone.index, column] = sees(oracle, alone, {texts[0]: SCENES[scene]})["context_seen"]
    scores.append(table.rename(columns={"seed": "image", "trained": "seed"}))
    at_first = drawing[(drawing["trained"] == seeds[0]) & (drawing["seed"] == 0)]
    shown[c.name] = at_first.set_index(["set", "prompt"])["image"]
    page.sheet(c.name, [shown[c.name][name, text] for name in mine["set"].unique() for text in texts], len(texts))
scores = pd.concat(scores, ignore_index=True)
summary = analysis.averages(scores, plain)
read = analysis.reading(summary)

# %% tags=["hide-input"] mystnb={"figure": {"caption": "What words draw that learned from more and more pictures: the plain prompt and, below it, one with a context. Left, a held-out picture. First training seed, the same noise throughout.", "name": "fig-data-number-grid"}, "image": {"alt": "A grid of small pictures, two rows a concept: a held-out picture, then pictures drawn by words that learned from more and more pictures.", "width": "100%"}}
columns = sorted((name for name in sets["set"].unique() if name.isdigit()), key=int)
cells, row_label = [], {}
for c, (i, text) in product(page.concepts, enumerate(["plain", "context"])):
    said = ["", *context_prompts(c.kind).values()][i]
    row_label[f"{c.name} {text}"] = f"… {said}" if i else label[c.name]
    if not i:
        photo = load_images((own[c.name][1] or own[c.name][0])[:1], PIXELS)[0]
        cells.append(dict(row=f"{c.name} {text}", column="a picture", image=photo))
    for name in columns if i < len(prompts[c.name]) else ():
        if (name, prompts[c.name][i]) in shown[c.name]:
            image = shown[c.name][name, prompts[c.name][i]]
            cells.append(dict(row=f"{c.name} {text}", column=name, image=image))
grid = image_grid(pd.DataFrame(cells), row="row", column="column", row_labels=row_label, pixels=PIXELS)
grid.figure.savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% tags=["hide-input"] mystnb={"figure": {"caption": "By number of training pictures: thin, each concept; thick, the mean with its 95 % interval over concepts and training seeds. Dotted, the plain class word; dashed, the concept\u2019s own pictures.", "name": "fig-data-number"}, "image": {"alt": "Line plots against the number of training pictures, one thin line a concept and a thick mean with its interval, for each outcome.", "width": "100%"}}
values = [v for v in ("K", "C", "B", HELD_OUT, EDITABILITY) if summary[v].notna().any()]
level = analysis.levels(summary, [*values, "leak"])
figure, axes = plt.subplots(1, len(values), figsize=(2.7 * len(values) + 1, 3.3), layout="constrained", squeeze=False)
for ax, value in zip(axes.flat, values, strict=True):
    for name, rows in summary[summary["set"].isin(columns)].groupby("concept", sort=False):
        rows.groupby("pictures")[value].mean().plot(ax=ax, linewidth=1, alpha=0.7, label=label[name])
    mean = level[(level["value"] == value) & level["set"].isin(columns)].sort_values("pictures")
    ax.errorbar(mean["pictures"], mean["estimate"], bars(mean), color="0.1", linewidth=2.5, marker="o", capsize=3)
    for name, line in ((WORD, ":"), (OWN, "--")):
        anchor = level[(level["value"] == value) & (level["set"] == name)]["estimate"]
        if anchor.notna().any():
            ax.axhline(anchor.item(), color="0.3", linestyle=line, linewidth=1.2)
    ax.set(xscale="log", xlabel="training pictures", ylabel=CALLED[value])
    ax.set_xticks([int(n) for n in columns], columns)
    ax.minorticks_off()
axes.flat[-1].legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
plt.show()

# %% [markdown]
# ## Where they were taken
#
# At equal number: all before a plain backdrop, all in one scene, each in another scene. Does a word take the scene of its pictures
# for part of the thing? Where the world’s own recogniser is at hand, it says whether the plain prompt’s pictures show the one scene unasked.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Plain prompt (and one with a context) after training on equally many pictures taken in different places. First column, a picture of the one-scene set: does its scene come back?", "name": "fig-data-background-grid"}, "image": {"alt": "A grid of small pictures: for each concept a training picture in one scene, then pictures drawn after training on a plain backdrop, in one scene and in varied scenes; plain prompt and a context prompt.", "width": "100%"}}
where, cells = {PLAIN: PLAIN, ONE: ONE, numbers.few: VARIED}, []
for name in drawn:
    one = sets[(sets["concept"] == name) & (sets["seed"] == seeds[0]) & (sets["set"] == ONE)]["learns"].item()
    cells.append(dict(row=name, column="the one scene", image=load_images(one.images[:1], PIXELS)[0]))
    for text, said in zip(prompts[name][:2], ("", "\n+ context"), strict=False):
        cells += [dict(row=name, column=f"{v}{said}", image=shown[name][k, text]) for k, v in where.items()]
cells = cells or [dict(row="left out", column="no picture of these is drawn by code", image=Image.new("RGB", (PIXELS, 8), "white"))]
image_grid(pd.DataFrame(cells), row="row", column="column", row_labels=label, pixels=PIXELS).tick_params(labelsize=9)
plt.show()

# %% tags=["hide-input"] mystnb={"figure": {"caption": "By where the training pictures were taken: mean over concepts and training seeds with 95 % interval; grey, each concept. Dotted, the plain class word.", "name": "fig-data-backgrounds"}, "image": {"alt": "Dot plots with intervals comparing plain backdrop, one scene and varied scenes on each outcome and on the scene that comes back unasked.", "width": "100%"}}
at_equal = summary[summary["concept"].isin(drawn)]
measured = [v for v in (*values, "leak") if at_equal[v].notna().any()] or values
figure, axes = plt.subplots(1, len(measured), figsize=(2.4 * len(measured) + 1, 3), layout="constrained", squeeze=False)
for ax, value in zip(axes.flat, measured, strict=True):
    each = at_equal.pivot_table(index="set", columns="concept", values=value).reindex(list(where))
    ax.plot(np.arange(len(where)) + 0.1, each, color="0.75", linewidth=0.9, marker="o", markersize=3, zorder=1)
    mean = level[level["value"] == value].set_index("set").reindex([*where, WORD])
    ax.errorbar(range(len(where)), mean["estimate"][:-1], bars(mean[:-1]), color="C0", linestyle="", marker="o", capsize=4)
    ax.axhline(mean.loc[WORD, "estimate"], color="0.3", linestyle=":", linewidth=1.2)
    ax.set(ylabel=CALLED[value], xlim=(-0.6, len(where) - 0.4))
    ax.set_xticks(range(len(where)), [name.replace(" ", "\n") for name in where.values()], fontsize=8)
plt.show()

# %% [markdown]
# ## The contrasts
#
# Differences with 95 % intervals over concepts and training seeds: shares of pictures for the oracle’s outcomes, cosines for CLIP’s. The star
# marks the outcome that decides.

# %%
contrasts, found = analysis.contrasts(summary, numbers, read)
control = analysis.controls(summary, numbers, read)
analysis.contrast_table(contrasts)

# %% [markdown]
# ## Types of concept
#
# The same training, on each concept’s own few pictures. Where two concepts are of one type, it can be asked whether types
# differ more than concepts do; of a single one, its type cannot be told from itself.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Concepts by type: a picture of each, what its word draws (first seed, first noise) from the plain prompt and with a context; below, the same concepts\u2019 outcomes with 95 % intervals over training seeds and pictures.", "name": "fig-data-types"}, "image": {"alt": "A grid of pictures with a column for each concept, in the order of their types; below it, dots with intervals for each concept.", "width": "100%"}}
several = [] if concept or len(page.concepts) == 1 else [load_concept(name, initializer=initializer or None) for name in types]
several = sorted((c for c in several if c.held_out), key=lambda c: (c.kind, c.name))
arms = [Arm(c, seed=seed, learning_rate=learning_rate) for c, seed in product(several, seeds)]
learned = page.store.learn(page.pipe, arms, steps=steps, batch_size=batch_size).at() if arms else []
words = dict(zip(product([c.name for c in several], seeds), learned, strict=True))
typed, cells = [], []
for c, seed in product(several, seeds):
    texts = [plain_prompt(c.kind), *list(context_prompts(c.kind))[:contexts]]
    drawing = page.draw(words[c.name, seed], texts)
    table = evaluate(drawing, c, page.judge).join(sees(oracle, drawing, context_prompts(c.kind), c.name))
    typed.append(table.rename(columns={"seed": "image"}).assign(seed=seed, kind=c.kind))
    if seed == seeds[0]:
        tiles = [load_images(c.images[:1], PIXELS)[0], *drawing[drawing["seed"] == 0]["image"][:2]]
        rows = ["a picture", "plain prompt", "with a context"]
        cells += [dict(row=row, concept=c.name, image=image) for row, image in zip(rows, tiles, strict=False)]
columns = ["concept", "kind", "seed", "prompt", "image", "concept_seen", "context_seen", "both_seen", *kinds.CLIPS]
typed = pd.concat(typed, ignore_index=True) if typed else pd.DataFrame(columns=columns)
by_concept = kinds.by_concept(typed, {c.name: plain_prompt(c.kind) for c in several})
figure, (top, below) = plt.subplots(2, 1, figsize=(1.05 * max(5, len(several)) + 1.2, 6.2), layout="constrained")
cells = cells or [dict(row="left out", concept="one concept alone", image=Image.new("RGB", (PIXELS, 8), "white"))]
heads = {c.name: f"{c.kind}\n{shown_name(c.name)}" for c in several}
image_grid(pd.DataFrame(cells), row="row", column="concept", column_labels=heads, pixels=PIXELS, ax=top).tick_params(labelsize=8)
decides = kinds.outcome(by_concept)
for i, value in enumerate(("K", "C", "B") if decides == "B" else tuple(kinds.CLIPS)):
    mean = by_concept[by_concept["value"] == value]
    x, called = np.arange(len(mean)) + 0.18 * (i - 1), CALLED.get(value) or kinds.CLIPS[value]
    below.errorbar(x, mean["estimate"], bars(mean), linestyle="", marker="o", capsize=2, label=called)
below.set(xlim=(-0.5, max(1, len(several)) - 0.5), xticks=range(len(several)), xticklabels=heads.values(), ylabel="share of pictures" if decides == "B" else "cosine")
below.tick_params(axis="x", labelsize=8)
below.legend(fontsize=8) if len(by_concept) else None
plt.show()

# %% tags=["remove-cell"]
said, words_of = analysis.verdicts(contrasts, found, control, read), analysis.told(found, contrasts)
types_verdict, types_told = kinds.answer(by_concept)
page.say(
    **page.common("model_name", "n_concepts", "n_seeds", "n_pictures", "n_contexts", "steps", "plain_pictures"),
    **analysis.named_before(read),
    **{f"verdict_{key}": verdict for key, verdict in said.items()},
    **{f"said_{key}": text for key, text in words_of.items()},
    verdict_short=analysis.headline(page.model_name, summary, numbers, said, read),
    **dict(zip(("fewest", "few", "many"), numbers, strict=True)),
    reached=analysis.told({"few": control["class word"]}, contrasts.assign(p_holm=np.nan))["few"],
    advice=analysis.advice(said, numbers),
    verdict_types=types_verdict,
    types=types_told,
)

# %% [markdown]
# ## What this shows, and what it does not
#
# On {glue:text}`model_name`, with {glue:text}`n_concepts` concepts, {glue:text}`n_seeds` training seeds each and {glue:text}`steps` steps:
#
# - {glue:text}`few` pictures against {glue:text}`fewest`: {glue:text}`said_few`. More pictures help: **{glue:text}`verdict_few`**.
# - {glue:text}`many` against {glue:text}`few`: {glue:text}`said_many`; {glue:text}`few` pictures against the class word:
#   {glue:text}`reached`. The paper’s “3-5 images” are enough: **{glue:text}`verdict_many`**.
# - Varied scenes against one: {glue:text}`said_variety`. Variety helps: **{glue:text}`verdict_variety`**.
# - The one scene comes back unasked: {glue:text}`said_scene`, **{glue:text}`verdict_scene`**.
# - Types: {glue:text}`types`. The type of concept matters: **{glue:text}`verdict_types`**.
#
# What to do: {glue:text}`advice`.
#
# What it does not show:
#
# - Every word is trained for the same number of steps, so many pictures are each seen less often.
# - The pictures are drawn by code, tidy and alike in quality. Photographs vary in light, angle and clutter, and more of them may
#   then do more.
# - To a CLIP, likeness is also likeness of the background, and half of our held-out pictures stand before a plain backdrop: that
#   favours words that learned before one. The oracle’s outcomes do not depend on it.
# - A type here is a drawing program. That types differ may be the model’s doing, which draws some better than others. A claim that
#   they do not differ is never made: it would take more concepts of each.
# - Each point rests on {glue:text}`plain_pictures` pictures of the plain prompt and {glue:text}`n_pictures` of each of
#   {glue:text}`n_contexts` contexts.

# %% tags=["remove-cell"]
sample = f"{counted(len(page.names), 'concept')}, {counted(len(seeds), 'training seed')}; pictures a prompt: {images_per_prompt}"
claims = [Claim(**row) for row in analysis.claims(said, words_of, numbers, read, sample)]
if several:
    test = "outcomes by type, concepts rearranged among types; decided only with two or more concepts of a type"
    n = f"{counted(len(several), 'concept')} of {counted(len({c.kind for c in several}), 'type')}, {counted(len(seeds), 'training seed')}"
    asked = dict(source="poster, future work (a question there)", words="the type of concept matters")
    claims.append(Claim(**asked, test=test, result=types_told, n=n, verdict=types_verdict))
page.close(dict(scores=scores, summary=summary, contrasts=contrasts, types=typed, by_concept=by_concept), claims)
