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
# # What does the word buy, and what does it cost?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# The poster’s Table 1 gives two numbers for plain Stable Diffusion and two for Textual Inversion: reconstruction rises from
# “0.7622” to “0.8077”, editability falls from “0.2639” to “0.1611”. It does not say over how many pictures, by which CLIP, or how the prompt was
# read. Here the table is made again for several concepts and training seeds, with intervals, and with neighbours: a word held back by a KL
# term, DreamBooth {cite:p}`ruiz2023`, which fine-tunes the network itself, and, where the model knows one, the concept’s true name.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
clip: str = ""  # [name] the CLIP whose text half is the model's text encoder; empty: by rule
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["violet_cloud", "coral_cap", "sky_castle", "amber_hall", "plum_cat", "lime_pup", "blue_racer", "sun_bubble", "leaf_robot", "star_cupcake", "merry_man", "tea_girl", "dusk_style", "glow_style", "known_tree", "known_building", "known_creature", "known_figurine"]  # [names or folders] what to learn
development: list[str] = ["lemon_pine", "brick_tower", "mint_bunny", "rose_bus", "toy_king", "berry_cake"]  # [names] concepts whose results were looked at to choose settings
initializer: str = ""  # [word] where learning starts; empty: each concept's own
steps: int = 500  # [updates] length of training of a word
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
learning_rate: float = 0.01  # [per update] Adam's step size for a word
batch_size: int = 4  # [pictures] per update
kl_weight: float = 0.0  # [lam] weight of the KL term; zero: the one that kl_tradeoff chose
dreambooth_steps: int = 300  # [updates] length of DreamBooth's fine-tuning; zero leaves it out
dreambooth_learning_rate: float = 0.0002  # [per update] AdamW's step size for the network
class_pictures: int = 48  # [pictures] of the class, drawn beforehand for DreamBooth
identifier: str = ""  # [token] DreamBooth's rare token; empty: by rule
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 4  # [pictures] drawn for each prompt
contexts: int = 6  # [prompts] how many contexts editability is measured in
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
import yaml
from pocket_world.oracle.witness import open_oracle, sees

from study.analysis import quantitative as analysis
from study.analysis import quantitative_readings as reading
from study.analysis import quantitative_traps as traps
from study.analysis.quantitative import COPY, DB, KL, SD, SPOKEN, TI, TRUE
from study.analysis.quantitative_traps import EMPTY, SMEAR
from study.earlier_pages import chosen_kl_weight
from study.figures import image_grid
from study.page import Claim, begin
from study.panels import PIXELS, differences
from study.scores import SCORES, against_every_seed
from study.truth import NO_ORACLE, agreement, agreement_said, known, seen_beside
from study.wording import FEWEST_CONCEPTS, LEVEL, counted, percent, shown_name
from textinv_core.baselines.dreambooth import DreamBooth, dreambooth, rare_token
from textinv_core.evaluation.metrics import evaluate, image_only
from textinv_core.evaluation.probes import open_clip
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import class_phrase, context_prompts, load_images
from textinv_core.learning.precision import autocast_dtype
from textinv_core.learning.tokens import save_embedding
from textinv_core.paths import DATA

page = begin("quantitative", globals())
label, prompts, oracle = page.labels, page.prompts(), open_oracle(model)
own_clip, about_clip = open_clip(page.pipe, model, clip)
named = [c.name for c in page.concepts if c.true_name]
reported = [name for name in page.names if name not in (*development, *named)] or page.names
kl_weight, weight_from = chosen_kl_weight(profile, kl_weight)
weights = {TI: 0.0, KL: kl_weight}
token = identifier or rare_token(page.pipe.tokenizer)
published = pd.DataFrame(yaml.safe_load((DATA / "published.yml").read_text(encoding="utf-8")))
poster = published[published["source"].str.startswith("poster")].set_index("method")
poster_ratio = float(poster.loc[TI, "editability"] / poster.loc[SD, "editability"])

# %% [markdown]
# ## What is compared
#
# *SD*: the plain model with the class word, which is also the prompt-only anchor. *SD + TI*: a learned word. *SD + TI + KL*: a
# word learned with the KL term, at a weight of {glue:text}`kl_weight` ({glue:text}`weight_from`). *DreamBooth*: the network fine-tuned for {glue:text}`dreambooth_steps` steps and
# called by a rare token before the class word, here “{glue:text}`token`”, with prior preservation. *True name*: the word by which the model
# has always known some of the concepts, which is what a good word looks like. *Image-only*: the training pictures as if they had been
# drawn. All but the last draw from the same noises.
#
# The oracle of the drawn world says of each picture whether the concept is kept (**K**, plain prompt), the context there (**C**), and both (**B**).
# DreamBooth’s learning rate and the KL weight were looked for on the development concepts ({glue:text}`development`). So the
# table of all numbers, and whatever concerns these two rows, uses other concepts only.
#
# Named before looking, four primary contrasts. The poster claims two scores of CLIP, so these judge it (placeholder deleted, as in the paper); the
# research note claims what the oracle can see:
#
# - SD + TI minus SD, reconstruction: does it rise? SD + TI minus SD, editability: does it fall? (all concepts; smallest effect of
#   interest {glue:text}`smallest_cosine`)
# - SD + TI + KL minus SD + TI, B and C: do they rise? (reporting concepts; smallest effect of interest {glue:text}`smallest_share` of the
#   pictures; without an oracle, editability and reconstruction.) {glue:text}`judged`
#
# Each gets a 95 % interval over concepts, training seeds, prompts and noises, and a sign-flip test over concepts, one-sided where
# the direction is named. A claim is *supported* when its interval lies on the claimed side of zero *and* its p-value, Holm-corrected over
# the four, is at most {glue:text}`level`; *not supported* when the whole interval falls short of the smallest effect; else *undecided*, as is
# anything from fewer than {glue:text}`fewest_concepts` concepts. The smallest possible p-value is one in two to the number of
# concepts, so a handful of them supports nothing, whatever its intervals.

# %% [markdown]
# ## Train, draw, score

# %% tags=["hide-input"]
drawn, words, parts, half = {}, {}, [], autocast_dtype(page.pipe.unet)
spare = page.store.pictures.with_name("dreambooth")  # fine-tuned networks: large, and made again when lost
for c in page.concepts:
    texts, where = prompts[c.name], [(method, s) for method in weights for s in seeds]
    arms = [Arm(c, seed=s, learning_rate=learning_rate, kl_weight=weights[method]) for method, s in where]
    words[c.name] = page.store.learn(page.pipe, arms, steps=steps, batch_size=batch_size)
    photos, bare = load_images(c.images, page.side), {traps.without_subject(text): text for text in texts}
    tables = [image_only(c, texts, page.side).assign(method=COPY), page.draw_plain(c, texts).assign(method=SD)]
    tables.append(page.draw(None, list(bare)).replace({"prompt": bare}).assign(method=EMPTY, arm=EMPTY))
    tables.append(traps.smeared(photos, texts).assign(method=SMEAR))
    if c.true_name:
        tables.append(page.draw(None, texts, word=c.true_name).assign(method=TRUE, arm="true_name"))
    for word, (method, s) in zip(words[c.name].at(), where, strict=True):
        tables.append(page.draw(word, texts).assign(method=method, train_seed=s))
    if dreambooth_steps:
        how = dict(steps=dreambooth_steps, learning_rate=dreambooth_learning_rate, class_pictures=class_pictures)
        recipe = DreamBooth(c, identifier=token, seed=seeds[0], batch_size=batch_size, **how)
        tuned = dreambooth(page.pipe, recipe, out=spare, dtype=half, **page.drawing)
        pictures = page.draw(None, texts, pipe=tuned, word=recipe.word)
        tables.append(pictures.assign(method=DB, arm="dreambooth", train_seed=seeds[0]))
        del tuned
    drawn[c.name] = pd.concat(tables, ignore_index=True)
    seen = sees(oracle, drawn[c.name], context_prompts(c.kind), c.name)
    own = seen_beside(evaluate(drawn[c.name], c, page.judge), seen)
    parts.append(own.assign(is_plain=own["prompt"] == texts[0]))
scores = pd.concat(parts, ignore_index=True).rename(columns={"seed": "image", "train_seed": "seed"})
methods = [m for m in (SD, *weights, DB, TRUE, COPY) if (scores["method"] == m).any()]
paired = against_every_seed(scores, SD, [TI, KL, DB], seeds)

# %% [markdown]
# ## The pictures behind the numbers

# %% tags=["hide-input"] mystnb={"figure": {"caption": "One noise, one training seed, every concept. Above, the plain prompt; below, a prompt with a context. Rows: a training picture, then each method.", "name": "fig-quant-pictures"}, "image": {"alt": "Two grids of small pictures with a column for each concept: a training picture and one drawn picture for each method, for the plain prompt above and for a prompt with a context below.", "width": "100%"}}
shown = {name: t[t["method"].isin(methods[:-1]) & (t["seed"] == 0)] for name, t in drawn.items()}
shown = {name: t[t["train_seed"].isin([seeds[0], np.nan])] for name, t in shown.items()}
size = (1.12 * max(len(page.names), 3) + 2, 2.25 * (len(methods) - 1) + 2)
figure, axes = plt.subplots(2, 1, figsize=size, layout="constrained")
for ax, which in zip(axes, (0, min(1, contexts)), strict=True):
    cells = [
        dict(row="training picture", concept=c.name, image=load_images(c.images[:1], PIXELS)[0]) for c in page.concepts
    ]
    for name, table in shown.items():
        own = table[table["prompt"] == prompts[name][which]]
        cells += [dict(row=row.method, concept=name, image=row.image) for row in own.itertuples()]
    phrases = {c.name: ["", *context_prompts(c.kind).values()][which] for c in page.concepts}
    heads = {name: f"{label[name]}\n{phrases[name]}".strip() for name in page.names}
    image_grid(pd.DataFrame(cells), row="row", column="concept", column_labels=heads, ax=ax, pixels=PIXELS)
    ax.tick_params(labelsize=8)
figure.savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# ## The primary contrasts

# %% tags=["hide-input"] mystnb={"figure": {"caption": "The four primary contrasts: each concept\u2019s paired difference (dots; open, a development concept) and the mean with its 95 % interval (bar).", "name": "fig-quant-contrasts"}, "image": {"alt": "Four rows of dots with a mean and an interval each, around a vertical line at zero.", "width": "100%"}}
asked = analysis.BY_ORACLE if known(scores) else analysis.BY_CLIP
primary, intervals, by_concept = analysis.primary_contrasts(paired, page.names, reported, asked)
figure, axes = plt.subplots(2, 1, figsize=(9, 3.8), layout="constrained")
units = ("difference in cosine", "difference in share of pictures" if known(scores) else "difference in cosine")
for ax, rows, unit in zip(axes, (primary[:2], primary[2:]), units, strict=True):
    differences(ax, rows, by_concept, analysis.names_of(rows), hollow=development).set_xlabel(unit)

# %%
analysis.contrast_table(primary)

# %% [markdown]
# ## All the numbers, beside those published
#
# Means over the reporting concepts, with 95 % intervals over concepts and training seeds; the true name’s over the concepts that have one. *Mean* is
# the mean of the pictures’ cosines, *of mean* the cosine of the mean picture feature. {glue:text}`agreement`

# %%
summary = analysis.by_method(scores, {name: texts[0] for name, texts in prompts.items()}, seeds[0])
numbers = analysis.numbers_of(summary, methods, reported, named)
analysis.number_table(numbers)

# %% [markdown]
# What others published. Another CLIP, other prompts, photographs instead of drawings: the levels cannot be compared with
# ours, only the directions can.

# %%
others = published.set_index(["source", "method"])[["reconstruction", "editability", "dino", "measured"]]
others.rename_axis(index=[None, None]).style.format(
    "{:.4g}", subset=["reconstruction", "editability", "dino"], na_rep="–"
)

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Reconstruction against editability (placeholder deleted). Left, this run: small dots are concepts, large ones the means with 95 % intervals. Right, the published numbers, on their own axes. Arrows lead from the plain model to Textual Inversion.", "name": "fig-quant-plane"}, "image": {"alt": "Two scatter plots of editability against reconstruction; an arrow leads from the plain model to Textual Inversion in each.", "width": "100%"}}
figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.4), layout="constrained")
colour = {method: f"C{i}" for i, method in enumerate((SD, TI, KL, DB, COPY, TRUE))} | {"SD + DreamBooth": "C3"}
at, points = numbers.set_index(["value", "method"]), analysis.points(summary, page.names)
for method in methods:
    left.plot(*points.loc[method].to_numpy().T, ".", color=colour[method], alpha=0.4, markersize=5)
    x, y = (at.loc[(value, method)] for value in SCORES)
    left.plot([x["low"], x["high"]], [y["mean"]] * 2, color=colour[method])
    left.plot([x["mean"]] * 2, [y["low"], y["high"]], color=colour[method])
    left.plot(x["mean"], y["mean"], "o", color=colour[method], markersize=9, label=method)
for row in published.itertuples():
    marker = "o" if row.source.startswith("poster") else "s"
    said = dict(color=colour[row.method], label=f"{row.method} ({row.source})")
    right.plot(row.reconstruction, row.editability, marker, markersize=9, **said)
own = [[at.loc[(value, method), "mean"] for value in SCORES] for method in (SD, TI)]
theirs = [poster.loc[method, ["reconstruction", "editability"]] for method in (SD, TI)]
for ax, (start, end) in ((left, own), (right, theirs)):
    ax.annotate("", end, start, arrowprops=dict(arrowstyle="->", color="0.3"))
    ax.set(xlabel="reconstruction", ylabel="editability")
    ax.margins(0.12)
    ax.legend(fontsize=8)

# %% [markdown]
# ## Two traps
#
# With the placeholder deleted from the text, a picture that leaves the subject out fits it all the better; and a blurred mean of the training
# pictures resembles them all. {glue:text}`traps_said` So neither score decides alone here, and what the oracle sees stands beside them.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "The first concept, one noise: the plain prompt at the left, then prompts with a context. *No subject*: the plain model, the subject left out of the prompt. *Smear*: the mean of the training pictures, blurred, offered for every prompt.", "name": "fig-quant-traps"}, "image": {"alt": "A grid of small pictures: rows for the learned word, pictures without a subject and the smear; a column for each prompt.", "width": "70%"}}
name, texts = page.names[0], prompts[page.names[0]]
own = drawn[name][(drawn[name]["seed"] == 0) & drawn[name]["train_seed"].isin([seeds[0], np.nan])].set_index(["method", "prompt"])
said = dict(zip(texts, ["plain", *context_prompts(page.concepts[0].kind).values()], strict=False))
cells = [dict(row=m, column=said[t], image=own.at[(m, t), "image"]) for m in (TI, EMPTY, SMEAR) for t in texts[:4]]
image_grid(pd.DataFrame(cells), row="row", column="column", pixels=PIXELS)
plt.show()

# %%
trapped = analysis.numbers_of(summary, [SD, TI, EMPTY, SMEAR], reported)
traps.trap_table(trapped)

# %% [markdown]
# ## Which reading of the metric gives a fall like the poster’s?
#
# The poster’s editability falls to {glue:text}`poster_ratio` of the plain model’s. No reading of “editability” is given there, so here is
# the same ratio, SD + TI over SD, under each of them: three texts, two averagings, with and without the plain prompt among the contexts; and three
# readings that a hurried measurement can slip into. *Raw token*: the placeholder is left in the judge’s text as the letters it
# is written with. *Own CLIP*: the learned word itself is read by the CLIP it was trained in, pooled where it should be, at the
# end of the text; and *trap*: pooled at the highest token id, which is the placeholder, so that the context is never seen.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Editability of SD + TI as a share of SD\u2019s under each reading, with 95 % intervals over all concepts and training seeds. Orange, readings that are shown the token itself. Dashed, the poster\u2019s share; shaded, what we call near it; dotted, no fall.", "name": "fig-quant-readings"}, "image": {"alt": "A row for each reading of editability with a dot and an interval for the ratio of Textual Inversion to the plain model, and a vertical line at the poster\u2019s ratio.", "width": "100%"}}
read = []
for c in page.concepts:
    fills = {"plain": (class_phrase(c), [])} | {e.arm: (e.placeholder, [e]) for e in words[c.name].at()}
    pictures = drawn[c.name][drawn[c.name]["method"].isin([SD, TI])]
    read.append(reading.shown_the_token(pictures, fills, page.judge, own_clip))
compared = scores[scores["method"].isin([SD, TI])].reset_index(drop=True).join(pd.concat(read, ignore_index=True))
readings = reading.ratios(compared, SD, TI, seeds, poster_ratio)
figure, ax = plt.subplots(figsize=(9, 0.34 * len(readings) + 1), layout="constrained")
for i, (row, of_token) in enumerate(zip(readings.itertuples(), reading.sees_the_token(readings), strict=True)):
    shade = "C3" if of_token else "C0"
    ax.plot([row.low, row.high], [i, i], color=shade, linewidth=2)
    ax.plot(row.ratio, i, "o", color=shade, markersize=7)
ax.axvspan(poster_ratio - reading.NEAR, poster_ratio + reading.NEAR, color="0.9", zorder=0)
ax.axvline(poster_ratio, color="0.3", linestyle="--", linewidth=1)
ax.axvline(1, color="0.3", linestyle=":", linewidth=1.2)
ax.set_yticks(readings.index, reading.named(readings), fontsize=8)
ax.set(xlabel="editability of SD + TI / editability of SD", ylim=(len(readings) - 0.5, -0.5))
ax.grid(axis="y", visible=False)

# %% tags=["remove-cell"]
verdicts = analysis.verdicts(primary, intervals)
said, tests = analysis.contrasts_said(primary, LEVEL)
agreed = agreement(scores[scores["method"].isin(methods[:-1])], {name: texts[0] for name, texts in prompts.items()})
page.say(
    **page.common("model_name", "n_concepts", "n_seeds", "n_pictures", "n_contexts", "steps", "dreambooth_steps"),
    verdict_short=f"On {page.model_name}, that likeness rises with a learned word is {verdicts['ti_reconstruction']}, that "
    f"editability falls is {verdicts['ti_editability']}. {analysis.kept_said(numbers)}",
    judged="The oracle judges here." if known(scores) else NO_ORACLE,
    agreement=agreement_said(agreed),
    traps_said=traps.traps_said(trapped, TI),
    true_name_said=analysis.true_name_said(summary, named),
    smallest_cosine=f"{analysis.SMALLEST['reconstruction']:g}",
    smallest_share=percent(analysis.SMALLEST["both_seen"]),
    verdict_reconstruction=verdicts["ti_reconstruction"],
    verdict_editability=verdicts["ti_editability"],
    verdict_kl=verdicts["kl"],
    said_reconstruction=f"{said['ti_reconstruction']}; {tests['ti_reconstruction']}",
    said_editability=f"{said['ti_editability']}; {tests['ti_editability']}",
    said_kl=f"{SPOKEN[asked['kl'][2]]} {said['kl']}; {tests['kl']}",
    said_kl_beside=f"{SPOKEN[asked['kl_beside'][2]]} {said['kl_beside']}; {tests['kl_beside']}",
    beside=analysis.beside(paired, reported),
    oracle_said=analysis.oracle_said(numbers),
    poster_ratio=f"{poster_ratio:.2f}",
    readings_said=reading.readings_said(readings, poster_ratio),
    honest_span=reading.honest_span(readings),
    about_clip=about_clip,
    level=f"{LEVEL:g}",
    fewest_concepts=f"{FEWEST_CONCEPTS}",
    token=token,
    kl_weight=f"{kl_weight:g}",
    weight_from=weight_from,
    development=", ".join(map(shown_name, development)) or "none",
    n_reported=f"{len(reported)}",
)

# %% [markdown]
# Against the poster’s {glue:text}`poster_ratio`, {glue:text}`readings_said`. Under the honest readings the share lies at
# {glue:text}`honest_span`. About the own CLIP: {glue:text}`about_clip`.

# %% [markdown]
# ## What this shows, and what it does not
#
# **The poster’s Table 1, reconstruction rises with Textual Inversion: {glue:text}`verdict_reconstruction`.** On {glue:text}`model_name` it
# {glue:text}`said_reconstruction`.
#
# **The poster’s Table 1, editability falls with it: {glue:text}`verdict_editability`.** Here it {glue:text}`said_editability`.
#
# **The KL term keeps the word usable in sentences: {glue:text}`verdict_kl`.** Against the word without it: {glue:text}`said_kl`. Beside it,
# {glue:text}`said_kl_beside`.
#
# {glue:text}`oracle_said` {glue:text}`true_name_said`. {glue:text}`beside`.
#
# **What to do.** Judge a word by whether its concept and the context are in one picture, and look at the pictures: a single score can be had without either.
#
# What it does not show:
#
# - One setting each: {glue:text}`steps` steps, one KL weight. Two points are no trade-off curve; a word stopped earlier may do as well as a leashed one.
# - DreamBooth is shown for orientation. Its settings were looked for briefly, and it changes every weight of the
#   network where a word changes one row.
# - Cosines of one CLIP and an oracle trained on the world it judges, {glue:text}`n_pictures` pictures a prompt and {glue:text}`n_contexts` contexts. The published levels come from other models, judges and prompts.
# - A reading that comes near the poster’s share could have produced it; that is no evidence that it did.
# - {glue:text}`n_concepts` concepts, {glue:text}`n_reported` of them not used to choose anything, and {glue:text}`n_seeds` training seeds are a small sample of either.

# %% tags=["remove-cell"]
for name, table in shown.items():  # beside the numbers: the pictures, and the word for any diffusers pipeline
    page.sheet(name, list(table["image"]), len(prompts[name]))
    save_embedding(words[name].at()[0], page.folder / name)
sizes = f"{counted(len(seeds), 'training seed')}, {counted(images_per_prompt, 'picture')} a prompt"
claims = [Claim(**row, primary=True) for row in analysis.claim_rows(primary, verdicts, tests, sizes)]
tables = dict(scores=scores, summary=summary, primary=primary.reset_index(), numbers=numbers, readings=readings)
tables |= dict(agreement=agreed, traps=trapped)
page.close(tables, claims, kl_weight=kl_weight, identifier=token)
