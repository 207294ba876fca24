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
# # Does the sentence around the word still count?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# The research note reads a learned word with CLIP and observes that `A photo of <x> doing ballet` says no more than `A photo of <x>`:
# the context is lost. It asks three questions of CLIP, first of a naively learned word (its “experiments 1-3”), then of one learned
# with the KL term (its “experiments 4-6”). Here the same questions are asked of several concepts and training seeds, with many pictures,
# with controls, with {ref}`both ways of reading a text <method>`, and of the pictures that the words draw.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores pictures: a folder or a Hub id; empty: the model's own
clip: str = ""  # [name] the CLIP probed, whose text half is the model's text encoder; empty: by rule
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["elder_tree", "nova_hall", "wooden_figurine", "jolly_man"]  # [names or folders] what to learn
initializer: str = ""  # [word] where learning starts; empty: each concept's own
steps: int = 1500  # [updates] length of training
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
learning_rate: float = 0.001  # [per update] Adam's step size
kl_weight: float = 0.0  # [lam] weight of the KL term in the second arm; zero: the one that kl_tradeoff chose
batch_size: int = 4  # [pictures] per update and learned word
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 4  # [pictures] drawn for each prompt, from the same noise in every arm
contexts: int = 4  # [prompts] how many contexts each word is put into
rung_pictures: int = 12  # [pictures] a rung of the first probe
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
import seaborn as sns
from IPython.display import HTML
from myst_nb import glue
from pocket_world.first.oracle import accepts, context_of
from pocket_world.first.witness import open_oracle, sees

from study.analysis.probes import RUNGS, fitting, picture_differences, place_among, rung_images
from study.earlier_pages import chosen_kl_weight
from study.figures import PALETTE, image_grid, step_slider_html, use_style
from study.page import Claim, model_title, open_page
from study.sheets import write_sheet
from study.vocabulary import drawn_word
from study.wording import FEWEST_CONCEPTS, counted, verdict
from textinv_core.evaluation import probes, vocabulary
from textinv_core.evaluation.metrics import evaluate
from textinv_core.evaluation.stats import (
    UNKNOWN,
    hierarchical_bootstrap,
    holm,
    page_trend,
    paired_differences,
    sign_flip_test,
)
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import class_phrase, context_prompts, load_concept, load_images, plain_prompt
from textinv_core.learning.tokens import Embedding, initial_rows

CLASS, RANDOM, NAIVE, KL = "class word", "random word", "naive", "KL"
NAIVE_SCALED, KL_SCALED = "naive, rescaled", "KL, rescaled"
READINGS = (CLASS, RANDOM, NAIVE, NAIVE_SCALED, KL, KL_SCALED)
DRAWN = (CLASS, NAIVE, NAIVE_SCALED, KL, KL_SCALED)
RIGHT, TRAP = probes.POOLINGS
POOLED = {RIGHT: "end of text", TRAP: "highest id (the trap)"}
PERSON, STAND_IN = "jolly_man", "elder_tree"  # whose probe pictures lend a backpack; who stands in as another thing
PERSON_CONTEXTS = ("doing ballet", "dancing", "dancing with a girl", "on the beach", "in the forest")
POSES = {"ballet": "doing ballet", "dancing": "dancing"}  # probe folder -> the words for it
side = 96
use_style()
plt.rcParams["figure.dpi"] = 120

# %% tags=["hide-input"]
kl_weight, weight_from = chosen_kl_weight(profile, kl_weight)
where = dict(profile=profile, model=model, judge=judge, out=out, runs=runs, initializer=initializer)
page = open_page("probes", concepts=[concept] if concept else concepts, **where)
pipe, chosen, store, folder = page.pipe, page.concepts, page.store, page.folder
probed, about_clip = probes.open_clip(pipe, model, clip)
oracle = open_oracle(model)

# %% tags=["hide-input"]
names = [c.name for c in chosen]
label = {name: name.replace("_", " ") for name in names}
plain = {c.name: plain_prompt(c.kind) for c in chosen}
phrases = {}
for c in chosen:
    known = {plain[c.name] + f" {p}": p for p in PERSON_CONTEXTS} if c.kind == "person" else context_prompts(c.kind)
    phrases[c.name] = dict(list(known.items())[:contexts])  # prompt -> the phrase for its context
prompts = {name: [plain[name], *phrases[name]] for name in names}
how = dict(guidance_scale=guidance, num_inference_steps=num_inference_steps)
noises = range(images_per_prompt)
median_norm = float(pipe.text_encoder.get_input_embeddings().weight.float().norm(dim=-1).median())

# %% [markdown]
# ## Train, draw, score
#
# Each concept is learned from each seed twice, without and with the KL term, all from the same initializer, pictures and noise. Four controls
# go through every probe: the class word; a word of the vocabulary drawn at random (another for each seed); and both
# learned words rescaled to the vocabulary’s median length, so that only their direction counts.

# %% tags=["hide-input"]
readings = {}  # (concept, seed) -> reading -> what fills "{}", and the learned row if there is one
for c in chosen:
    both = [Arm(c, seed=s, learning_rate=learning_rate, kl_weight=w) for s in seeds for w in (0.0, kl_weight)]
    rows = store.learn(pipe, both, steps=steps, batch_size=batch_size).at()
    for i, s in enumerate(seeds):
        naive, kl = rows[2 * i : 2 * i + 2]
        any_word = drawn_word(pipe.tokenizer, seed=s, name=c.name, avoid=(c.initializer, c.class_word))
        chance = Embedding(c.placeholder, initial_rows(pipe, any_word), "random")
        scaled = [probes.rescaled(row, median_norm) for row in (naive, kl)]
        own = dict(zip((RANDOM, NAIVE, KL, NAIVE_SCALED, KL_SCALED), (chance, naive, kl, *scaled), strict=True))
        readings[c.name, s] = {CLASS: (class_phrase(c), [])} | {k: (c.placeholder, [row]) for k, row in own.items()}

# %% tags=["hide-input"]
drawn, scores = {}, []
for c in chosen:
    words = [(s, k, readings[c.name, s][k][1][0]) for s in seeds for k in DRAWN if k != CLASS]
    parts = [store.draw(pipe, row, prompts[c.name], noises, **how).assign(reading=k, of=s) for s, k, row in words]
    ordinary = store.draw(pipe, None, prompts[c.name], noises, word=class_phrase(c), **how)
    parts += [ordinary.assign(reading=CLASS, of=s, arm=f"plain {s}") for s in seeds]
    pictures = pd.concat(parts, ignore_index=True)
    scored = evaluate(pictures, c, page.judge, contexts=phrases[c.name])
    scored["differs"] = picture_differences(pictures, plain[c.name], page.judge)
    seen = sees(oracle, pictures, phrases[c.name], c.name)
    scored["there"], scored["kept"] = seen["context_seen"], seen["concept_seen"]
    scores.append(scored.rename(columns={"seed": "image", "of": "seed"}))
    drawn[c.name] = pictures.set_index(["reading", "of", "prompt", "seed"])["image"]
scores = pd.concat(scores, ignore_index=True)
in_context = scores[scores["differs"].notna()]

# %% [markdown]
# ## The pictures that the probes read
#
# The order that the note expects: a text with the learned word should fit the concept’s own pictures best, then a look-alike, then another of
# its kind, and a backpack least. For the person each of these is a folder of pictures. For the other concepts
# there is no such folder, so we make the rungs: their own are the held-out pictures (filled up with training pictures), the
# look-alike is the class word drawn by the plain model, the other is the word next to it (a pine for a tree), and the backpack is the same backpack.

# %% tags=["hide-input"]
backpack = load_images(load_concept(PERSON).probes.get("backpack", ())[:rung_pictures], page.side)
rungs, sources = {}, []
for c in chosen:
    stand_ins = {"backpack": backpack}
    if not set(RUNGS) <= c.probes.keys():
        near = [class_phrase(c.model_copy(update={"class_word": word})) for word in (c.class_word, *c.alternatives[:1])]
        for rung, word in zip(("look_alike", "other_person"), near, strict=False):
            asked = store.draw(pipe, None, [plain[c.name]], range(rung_pictures), word=word, **how)
            stand_ins[rung] = list(asked["image"])
        if not c.alternatives:
            spare = load_concept(STAND_IN if c.kind != "tree" else "nova_hall")
            stand_ins["other_person"] = load_images((*spare.held_out, *spare.images)[:rung_pictures], page.side)
    found = rung_images(c, page.side, stand_ins, rung_pictures)
    rungs[c.name] = {rung: images for rung, (images, _) in found.items()}
    sources += [dict(concept=c.name, rung=rung, pictures=len(i), source=said) for rung, (i, said) in found.items()]
sources = pd.DataFrame(sources)
rung_label = dict(zip(RUNGS, ("own", "look-alike", "other", "backpack"), strict=True))
fewest = int(sources["pictures"].min())

# %% tags=["hide-input"] mystnb={"figure": {"caption": "One picture of each rung, from the one expected to fit best to the one expected to fit least.", "name": "fig-probes-rungs"}, "image": {"alt": "A grid of small pictures, one row for each concept: its own picture, a look-alike, another of its kind, and a backpack.", "width": "55%"}}
cells = [dict(concept=n, rung=r, image=images[0]) for n in names for r, images in rungs[n].items()]
image_grid(pd.DataFrame(cells), row="concept", column="rung", row_labels=label, column_labels=rung_label, pixels=side)
plt.show()

# %% [markdown]
# The third probe needs the concept’s own pictures in a context. The person has them, doing ballet and dancing. For the other concepts we take their
# own pictures in the places of the pocket world, as the oracle names them, against those on a plain ground. Where neither can be had, a concept is left
# out of the third probe.

# %% tags=["hide-input"]
pairs = {}  # concept -> (context phrase, plain picture, picture in that context)
for c in chosen:
    if c.probes.get("own") and set(POSES) & c.probes.keys():
        own = rungs[c.name]["own"]
        for rung, phrase in POSES.items():
            there = load_images(c.probes.get(rung, ())[:rung_pictures], page.side)
            pairs.setdefault(c.name, []).extend((phrase, own[i % len(own)], image) for i, image in enumerate(there))
    elif oracle and c.kind != "style":
        images = load_images((*c.images, *c.held_out), page.side)
        answers = oracle(images)
        ground = [i for i, place in enumerate(answers["scene"]["label"]) if place == "none"]
        for phrase in context_prompts(c.kind).values() if ground else ():
            if "scene" in (asked := context_of(phrase) or {}):
                there = [images[i] for i in np.flatnonzero(accepts(answers, **asked))]
                at = len(pairs.get(c.name, ()))
                more = [(phrase, images[ground[(at + i) % len(ground)]], image) for i, image in enumerate(there)]
                pairs.setdefault(c.name, []).extend(more)
pairs = {name: own for name, own in pairs.items() if own}

# %% [markdown]
# ## What will be compared
#
# Named before any result, with the text read at its end:
#
# - *The order* (first probe): how much the cosine falls from rung to rung, for the naive word and for the KL word; expected above zero. Page’s
#   trend test over concepts.
# - *The word against a description* (second probe): cosine of the concept’s own pictures to the text with the word, minus that to a plain
#   description; expected above zero.
# - *Each text with its picture* (third probe): plain and context text against plain and context picture, the interaction of the four cosines;
#   expected above zero.
# - *Context in the text*: how far a context moves the text, naive word minus class word.
# - *Context in the picture*: whether it is there (the oracle’s word; left out without one), and how far the picture differs from the plain prompt’s from
#   the same noise. Each for naive minus class word, and for KL minus naive.
# - *Among the words*: the cosine to the nearest ordinary word, KL minus naive.
#
# Intervals resample concepts, then training seeds, then prompts and pictures; the p-values beside them (Page’s, else sign flips
# over concepts) are corrected together by Holm’s method. Verdicts follow the intervals and need two concepts and two seeds at least.

# %% [markdown]
# ## The trap
#
# Which vector *is* the text? CLIP’s own answer: the one at the end-of-text token. Code written for an older convention looks for the largest
# token id instead, and an added word has a larger id than any. The vector is then read at the word, before the context.
# Here both are computed, from the same hidden states.

# %% tags=["hide-input"]
moved = []
for (name, s), ways in readings.items():
    for reading, (fill, rows) in ways.items():
        texts = [prompt.replace("{}", fill) for prompt in prompts[name]]
        for pooling in probes.POOLINGS:
            if probed:
                first, *rest = probes.text_features(probed, texts, rows, pooling=pooling).double()
            else:
                first, *rest = probes.text_states(
                    pipe.text_encoder, pipe.tokenizer, texts, rows, pooling=pooling
                ).double()
            for prompt, other in zip(phrases[name], rest, strict=True):
                line = dict(concept=name, seed=s, reading=reading, pooling=pooling, prompt=prompt)
                line["after"] = prompt.startswith(plain[name])  # the context stands after the word
                largest = float((first - other).abs().max())
                cosine = float(first @ other / (first.norm() * other.norm()))
                moved.append(line | dict(moved=1 - cosine, largest=largest, cosine=cosine))
moved = pd.DataFrame(moved)
after = moved[moved["after"]]  # a style's contexts stand before the word: both readings see them

# %% tags=["hide-input"] mystnb={"figure": {"caption": "How far a context moves the vector of the text (one minus cosine, plain sentence against sentence with context): mean over concepts, seeds and contexts with 95 % interval over concepts. Read at the highest id, a learned word\u2019s sentence does not move at all.", "name": "fig-probes-trap"}, "image": {"alt": "Points with error bars for six kinds of word, once read at the end of text and once at the highest token id, where all added words lie at zero.", "width": "80%"}}
figure, ax = plt.subplots(figsize=(10, 3.6), layout="constrained")
unit = "concept" if len(names) > 1 else "seed"
shown = (
    after.groupby(["reading", "pooling", unit], sort=False)["moved"].mean().reset_index().replace({"pooling": POOLED})
)
dots = dict(errorbar=("ci", 95), seed=0, palette=PALETTE, linestyle="none", dodge=0.3, capsize=0.08)
if len(shown):
    sns.pointplot(shown, x="reading", y="moved", hue="pooling", order=READINGS, markers=["o", "X"], ax=ax, **dots)
    ax.legend(title="read at", fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))
ax.axhline(0, color="0.3", linewidth=1)
ax.set(xlabel="", ylabel="1 − cosine to the plain sentence")
plt.show()

# %% tags=["remove-cell"]
trapped = after[(after["pooling"] == TRAP) & after["reading"].isin([NAIVE, KL])]
right = after[after["pooling"] == RIGHT]
right_mean = right.groupby("reading")["moved"].mean().reindex(READINGS)
quirk = pipe.text_encoder.config.eos_token_id == 2
config_says = (
    "This text encoder’s own configuration has the old convention: code that trusts it falls into the trap."
    if quirk
    else "This text encoder’s own configuration does not have the old convention, so the trap is computed on purpose."
)
largest_gap = float(trapped["largest"].max())
trap_cosine = f"{trapped['cosine'].min():.7f}" if len(trapped) else "–"
if not len(trapped):
    trap_said = "cannot be compared here (a style’s context stands before the word)"
elif largest_gap == 0:
    trap_said = "has the very same vector, number for number,"
elif largest_gap < 1e-4:
    trap_said = f"has the same vector to within rounding (largest difference {largest_gap:.1g})"
else:
    trap_said = f"has another vector (largest difference {largest_gap:.1g})"

# %% [markdown]
# **Read at the placeholder, a sentence with a context after the word {glue:text}`trap_said` as the one without**: cosine
# {glue:text}`trap_cosine` at the least, over concepts, seeds and contexts, naive or KL. {glue:text}`config_says` Two sentences whose text features are *equal*, as in the
# note’s observation, are this trap’s signature: it would hold for a word of any quality, a random one included. How the note pooled its texts we cannot
# know; if it was so, the observation says nothing about the word. What remains with the right pooling is a matter of degree. Read at the end of text, the context moves the naive word’s sentence by {glue:text}`moved_naive`, the KL word’s by
# {glue:text}`moved_kl`, and the class word’s by {glue:text}`moved_class` (one minus cosine).

# %% [markdown]
# ## The note’s probes
#
# {glue:text}`clip_sentence`

# %% tags=["hide-input"]
order, third, described = [], [], {}
for c in chosen if probed else ():
    features = {rung: probed.image_features(images) for rung, images in rungs[c.name].items()}
    told = c.description if c.kind == "style" else plain[c.name].replace("{}", c.description)
    described[c.name] = fitting(pipe.tokenizer, told) if c.description else ""
    for s in seeds:
        ways = {k: (plain[c.name].replace("{}", fill), rows) for k, (fill, rows) in readings[c.name, s].items()}
        ways |= {"description": (described[c.name], [])} if c.description else {}
        for reading, (text, rows) in ways.items():
            for pooling in probes.POOLINGS:
                line = dict(concept=c.name, seed=s, reading=reading, pooling=pooling)
                (vector,) = probes.text_features(probed, [text], rows, pooling=pooling)
                for rung, of_rung in features.items():
                    cosines = (of_rung @ vector).tolist()
                    order += [line | dict(rung=rung, image=i, cosine=x) for i, x in enumerate(cosines)]
                if reading == "description" or c.name not in pairs:
                    continue
                fill = readings[c.name, s][reading][0]
                filled = [(f"{text} {phrase}", *images) for phrase, *images in pairs[c.name]]
                table = probes.context_cosines(probed, text, filled, rows, pooling=pooling)
                third.append(table.rename_axis("image").reset_index().assign(**line))
order = pd.DataFrame(order, columns=["concept", "seed", "reading", "pooling", "rung", "image", "cosine"])
empty = pd.DataFrame(
    columns=["concept", "seed", "reading", "pooling", "image", "interaction", "s11", "s12", "s21", "s22"]
)
third = pd.concat(third, ignore_index=True) if third else empty

# %% tags=["hide-input"]
by_rung = order.groupby(["concept", "seed", "reading", "pooling", "rung"])["cosine"].mean().unstack("rung")
by_rung = (
    by_rung.reindex(columns=RUNGS).dropna() if len(by_rung) else pd.DataFrame(columns=RUNGS, dtype=float)
)
slopes = by_rung.assign(
    slope=probes.slope(by_rung.to_numpy()), exact=(by_rung.diff(axis=1).iloc[:, 1:] < 0).all(axis=1)
)
slopes = (
    slopes.reset_index()
    if len(by_rung)
    else pd.DataFrame(columns=["concept", "seed", "reading", "pooling", *RUNGS, "slope", "exact"])
)
gap = pd.DataFrame(columns=["concept", "seed", "image", "difference", "reading", "pooling"])
if any(described.values()):
    own = order.query("rung == 'own'")
    pair = ["concept", "seed", "image"]
    of = {
        (k, p): paired_differences(
            own[own["pooling"] == p], "cosine", arm="reading", new=k, base="description", pair=pair
        )
        for k in READINGS
        for p in POOLED
    }
    gap = pd.concat([table.assign(reading=k, pooling=p) for (k, p), table in of.items()], ignore_index=True)

# %% [markdown]
# ### The order of the rungs

# %% tags=["hide-input"] mystnb={"figure": {"caption": "First probe. Cosine of the plain sentence to the pictures of each rung, less its mean over the rungs: mean over concepts with 95 % interval. Expected: a line that falls from left to right. Left, the text is read at its end; right, at the highest id.", "name": "fig-probes-order"}, "image": {"alt": "Two panels of lines over the four rungs own, look-alike, other and backpack, for the class word, a random word and the learned words.", "width": "100%"}}
figure, axes = plt.subplots(1, 2, figsize=(10.5, 3.8), sharey=True, layout="constrained")
levelled = slopes[list(RUNGS)].sub(slopes[list(RUNGS)].mean(axis=1), axis=0).rename(columns=rung_label)
centred = slopes[["concept", "seed", "reading", "pooling"]].join(levelled)
centred = centred.melt(["concept", "seed", "reading", "pooling"], var_name="rung", value_name="cosine")
for ax, pooling in zip(axes, probes.POOLINGS, strict=True):
    rows = centred[(centred["pooling"] == pooling) & centred["reading"].isin((CLASS, RANDOM, NAIVE, KL))]
    if len(rows):
        mean = rows.groupby(["reading", "rung", unit], sort=False)["cosine"].mean().reset_index()
        options = dict(hue_order=(CLASS, RANDOM, NAIVE, KL), order=list(rung_label.values()), dodge=0.25)
        style = dict(errorbar=("ci", 95), seed=0, palette=PALETTE, capsize=0.06, linewidth=1.6)
        sns.pointplot(mean, x="rung", y="cosine", hue="reading", ax=ax, **options, **style)
        ax.get_legend().remove()
    ax.axhline(0, color="0.3", linewidth=1)
    ax.set(xlabel=f"read at: {POOLED[pooling]}", ylabel="cosine, less its mean")
if len(centred):
    axes[0].legend(fontsize=8, loc="lower left")
plt.show()

# %% tags=["hide-input"]
trend = []
for (reading, pooling), rows in slopes.groupby(["reading", "pooling"], sort=False):
    of_concepts = rows.groupby("concept")[list(RUNGS)].mean().to_numpy()[:, ::-1]
    learns = reading not in (CLASS, "description")  # these are the same for every seed
    person = rows[(rows["concept"] == PERSON) & learns][list(RUNGS)].to_numpy()[:, ::-1]
    found = dict(reading=reading, pooling=POOLED[pooling], fall=rows["slope"].mean(), exact=rows["exact"].mean())
    for key, ranked in (("concepts", of_concepts), ("person", person)):
        L, p = page_trend(ranked) if len(ranked) > 1 else (np.nan, np.nan)
        found |= {f"L_{key}": L, f"p_{key}": p}
    trend.append(found)
trend = pd.DataFrame(
    trend, columns=["reading", "pooling", "fall", "exact", "L_concepts", "p_concepts", "L_person", "p_person"]
)

# %% [markdown]
# Page’s trend test asks whether the rungs come in the expected order more often than by chance: over the concepts (each the mean of its seeds), and
# for the person alone over training seeds. One exact order of the four comes by chance once in {glue:text}`orders` tries.

# %% tags=["hide-input"]
rows_shown = pd.MultiIndex.from_product([POOLED.values(), (*READINGS, "description")], names=["read at", "text"])
shown = trend.set_index(["pooling", "reading"]).reindex(rows_shown).dropna(how="all")
called = {
    "fall": "fall per rung",
    "exact": "exact orders",
    "L_concepts": "L, concepts",
    "p_concepts": "p",
    "L_person": "L, person’s seeds",
    "p_person": "p ",
}
shown = shown.rename(columns=called)
shown.style.format("{:.3f}", na_rep="–").format("{:+.4f}", subset=["fall per rung"], na_rep="–").format(
    "{:.0%}", subset=["exact orders"], na_rep="–"
).format("{:.0f}", subset=["L, concepts", "L, person’s seeds"], na_rep="–")

# %% [markdown]
# ### The word against a description, and each text with its picture

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Left, second probe: cosine to the concept\u2019s own pictures, sentence with the word minus a plain description. Right, third probe: the interaction of plain and context text with plain and context picture. Above zero is as expected. Means with 95 % interval over concepts; read at the highest id, the third probe is zero for every added word by construction.", "name": "fig-probes-pairs"}, "image": {"alt": "Two panels of points with error bars for six kinds of word, each read at the end of text and at the highest id, around a zero line.", "width": "100%"}}
figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
panels = ((gap, "difference", "cosine, word − description"), (third, "interaction", "s11 + s22 − s12 − s21"))
for ax, (table, value, called) in zip(axes, panels, strict=True):
    if len(table):
        mean = (
            table.groupby(["reading", "pooling", unit], sort=False)[value]
            .mean()
            .reset_index()
            .replace({"pooling": POOLED})
        )
        sns.pointplot(mean, y="reading", x=value, hue="pooling", order=READINGS, markers=["o", "X"], ax=ax, **dots)
        ax.get_legend().remove()
    ax.axvline(0, color="0.3", linewidth=1)
    ax.set(ylabel="", xlabel=called)
if len(gap) or len(third):
    axes[1 if len(third) else 0].legend(title="read at", fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

# %% tags=["hide-input"]
of_person = third[third["concept"].isin([c.name for c in chosen if c.kind == "person"])]
spread = of_person if len(of_person) else third
headings = {
    "s11": ("plain picture", "plain text"),
    "s21": ("plain picture", "context text"),
    "s12": ("context picture", "plain text"),
    "s22": ("context picture", "context text"),
    "interaction": ("", "interaction"),
}
four = spread[spread["reading"].isin((CLASS, NAIVE, KL))].astype({key: float for key in headings})
four = four.groupby(["pooling", "reading"], sort=False)[list(headings)].mean()
four.columns = pd.MultiIndex.from_tuples(headings.values())
four.rename(index=POOLED).rename_axis(index=[None, None]).style.format("{:.4f}", na_rep="–")

# %% [markdown]
# The four cosines behind the third probe{glue:text}`four_of`. At the highest id the two texts are one, so their rows agree and the interaction is zero.
# What the probes read as a description was shortened where the text encoder has no room for more:

# %% tags=["hide-input"]
texts = pd.DataFrame(
    [dict(concept=label[n], description=text or "–") for n, text in described.items()],
    columns=["concept", "description"],
)
texts.style.hide(axis="index")

# %% [markdown]
# ## The pictures
#
# A poor probe does not settle the matter. Textual Inversion trains what the token hands to the denoiser; **the end-of-text vector gets no gradient
# of its own**, so a word may fail in CLIP and work in pictures. So we draw: the same noise in every row, the context changes from column to column.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "The same noise throughout. Above, the class word; below, the words learned without and with the KL term, first training seed. A word that has stopped listening draws the same picture in every column.", "name": "fig-probes-pictures"}, "image": {"alt": "A grid of small pictures: rows for class word, naive word and KL word, each also rescaled; columns for the plain prompt and prompts with a context.", "width": "85%"}}
person = next((c for c in chosen if c.kind == "person"), chosen[0])
columns = {plain[person.name]: "plain", **phrases[person.name]}
cells = [
    dict(reading=k, prompt=p, image=drawn[person.name][k, seeds[0], p, noises[0]])
    for k in (CLASS, NAIVE, NAIVE_SCALED, KL, KL_SCALED)
    for p in columns
]
_, ax = plt.subplots(figsize=(1.45 * len(columns) + 1.5, 7.2), layout="constrained")
grid = image_grid(pd.DataFrame(cells), row="reading", column="prompt", column_labels=columns, ax=ax, pixels=side)
grid.tick_params(axis="x", labelsize=9)
grid.figure.savefig(folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# Every concept, in one of its contexts: each pair of columns is one word, without and with the context. Move through the noise.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Without and with the context, for the class word, the naive word and the KL word, from one noise (first training seed). Drag the slider, or use the arrow keys, for another noise.", "name": "fig-probes-slider"}}
frames, kept = [], [noise for noise in noises if noise < 6]
one = {name: list(phrases[name])[0] for name in names}
for noise in kept:
    cells = [
        dict(
            concept=f"{label[n]},\n{phrases[n][one[n]]}",
            column=f"{k}{', context' if p != plain[n] else ''}",
            image=drawn[n][k, seeds[0], p, noise],
        )
        for n in names
        for k in (CLASS, NAIVE, KL)
        for p in (plain[n], one[n])
    ]
    figure, ax = plt.subplots(figsize=(8.4, 1.2 * len(names) + 0.6), layout="constrained")
    short = {cell["column"]: "with context" if "context" in cell["column"] else cell["column"] for cell in cells}
    image_grid(
        pd.DataFrame(cells), row="concept", column="column", column_labels=short, ax=ax, pixels=side
    ).tick_params(labelsize=8)
    frames.append(figure)
    plt.close(figure)
alt = "For each concept the class word, the naive word and the KL word, without and with a context, noise"
HTML(step_slider_html(frames, [str(noise) for noise in kept], alt, name="Noise", start=0))

# %% [markdown]
# In numbers. *There*: the oracle finds the context in the picture. *Differs*: how far the picture is from the plain prompt’s of the same noise
# (one minus cosine of the judge’s features); a word has collapsed where this is less than for the class word. *Likeness*: to the training pictures,
# because a word can also obey by forgetting its concept.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Pictures with a context: how often the oracle finds it (left; empty without an oracle), how far they differ from the plain prompt\u2019s picture of the same noise (middle), and how much they look like the concept (right). Means with 95 % interval over concepts.", "name": "fig-probes-context"}, "image": {"alt": "Three panels of points with error bars for the class word and the learned words: context found, difference from the plain picture, likeness to the concept.", "width": "100%"}}
figure, axes = plt.subplots(1, 3, figsize=(11.5, 3.6), sharey=True, layout="constrained")
panels = {
    "there": "share with the context there",
    "differs": "difference from the plain picture",
    "reconstruction": "likeness in context",
}
bars = dict(errorbar=("ci", 95), seed=0, color="C0", linestyle="none", capsize=0.1)
for ax, (value, called) in zip(axes, panels.items(), strict=True):
    mean = in_context.groupby(["reading", unit], sort=False)[value].mean().dropna().reset_index()
    if len(mean):
        sns.pointplot(mean, y="reading", x=value, order=DRAWN, ax=ax, **bars)
        ax.axvline(mean.loc[mean["reading"] == CLASS, value].mean(), color="0.3", linestyle=":", linewidth=1.2)
    else:
        ax.set_axis_off()
    ax.set(ylabel="", xlabel=called)
plt.show()

# %% tags=["hide-input"]
by_context = in_context.assign(
    context=[phrases[n][p] for n, p in zip(in_context["concept"], in_context["prompt"], strict=True)]
)
seen = by_context.groupby(["context", "reading"], sort=False)[["there", "differs"]].mean().unstack("reading")
seen = seen.reindex(columns=pd.MultiIndex.from_product([["there", "differs"], [CLASS, NAIVE, KL]]))
seen.rename_axis(index=None).style.format("{:.2f}", na_rep="–")

# %% [markdown]
# ## Among the words
#
# Does the row leave the region where words live? Every ordinary word of three letters or more has a length and a nearest neighbour. A learned row lies *outside* if
# its length is beyond 95 % of theirs, or if it is lonelier than all but the loneliest few.

# %% tags=["hide-input"]
ordinary = vocabulary.ordinary_words(pipe)
places = []
for (name, s), ways in readings.items():
    for reading in (NAIVE, KL):
        row = ways[reading][1][0].rows[0]
        near, cosine = vocabulary.nearest_ordinary(pipe, row)
        line = dict(concept=name, seed=s, reading=reading, norm=float(row.norm()), nearest=near, cosine=cosine)
        places.append(line | place_among(ordinary, line["norm"], cosine))
places = pd.DataFrame(places)

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Length, and cosine to the nearest other word: every ordinary word of the vocabulary (grey), and the learned rows. Dashed, the limits of what counts as outside.", "name": "fig-probes-words"}, "image": {"alt": "A scatter plot of row length against cosine to the nearest word: a grey cloud of ordinary words, coloured marks for naive and KL rows.", "width": "70%"}}
figure, ax = plt.subplots(figsize=(6.6, 4.4), layout="constrained")
ax.scatter(ordinary["norm"] / median_norm, ordinary["cosine"], s=9, color="0.75", label="ordinary words")
sns.scatterplot(
    places.assign(norm=places["norm"] / median_norm),
    x="norm",
    y="cosine",
    hue="reading",
    style="reading",
    palette=PALETTE,
    s=55,
    ax=ax,
)
for edge in ordinary["norm"].quantile([0.025, 0.975]) / median_norm:
    ax.axvline(edge, color="0.4", linestyle="--", linewidth=1)
ax.axhline(ordinary["cosine"].quantile(0.025), color="0.4", linestyle="--", linewidth=1)
ax.set(xlabel="length / vocabulary median", ylabel="cosine to the nearest word")
ax.legend(fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

# %% tags=["remove-cell"]
levels = ["concept", "seed", "prompt", "image"]
pictured = {}
for value in ("there", "differs"):
    rows = in_context.dropna(subset=[value])
    for new, base in ((NAIVE, CLASS), (KL, NAIVE), (KL, CLASS)):
        pictured[value, new, base] = (
            paired_differences(rows, value, arm="reading", new=new, base=base, pair=levels)
            if len(rows)
            else pd.DataFrame()
        )
in_text = pd.DataFrame()
if len(right):
    in_text = paired_differences(
        right, "moved", arm="reading", new=NAIVE, base=CLASS, pair=["concept", "seed", "prompt"]
    )
in_words = paired_differences(places, "cosine", arm="reading", new=KL, base=NAIVE, pair=["concept", "seed"])
asked = {}  # key -> what, table, value
for new in (NAIVE, KL):
    at_end = [table[(table["pooling"] == RIGHT) & (table["reading"] == new)] for table in (slopes, gap, third)]
    for probe, called, table, value in zip(
        "123",
        ("order: fall per rung", "word − description", "interaction"),
        at_end,
        ("slope", "difference", "interaction"),
        strict=True,
    ):
        asked[probe, new] = (f"{called}, {new}", table, value)
asked["text", NAIVE] = (f"context moves the text, {NAIVE} − {CLASS}", in_text, "difference")
for value, called in (("there", "context there"), ("differs", "picture differs")):
    for new, base in ((NAIVE, CLASS), (KL, NAIVE)):
        asked[value, new] = (f"{called}, {new} − {base}", pictured[value, new, base], "difference")
asked["words", KL] = (f"cosine to the nearest word, {KL} − {NAIVE}", in_words, "difference")

# %% tags=["remove-cell"]
contrasts = []
for (what, new), (called, table, value) in asked.items():
    table = table.dropna(subset=[value]).astype({value: float}) if len(table) else table
    found = hierarchical_bootstrap(table, value, levels) if len(table) else UNKNOWN
    p = np.nan
    if what == "1" and len(table):
        p = trend.query("reading == @new and pooling == @POOLED[@RIGHT]")["p_concepts"].iloc[0]
    elif found.concepts > 1:
        p = sign_flip_test(table.groupby("concept")[value].mean())
    line = dict(what=what, arm=new, contrast=called, estimate=found.estimate, low=found.low, high=found.high, p=p)
    contrasts.append(line | dict(concepts=found.concepts, seeds=table["seed"].nunique() if len(table) else 0))
contrasts = pd.DataFrame(contrasts)
tested = contrasts["p"].notna()
contrasts["holm"] = np.nan
contrasts.loc[tested, "holm"] = holm(contrasts.loc[tested, "p"])
decided = (contrasts["concepts"] >= FEWEST_CONCEPTS) & (contrasts["seeds"] > 1)
contrasts["sign"] = np.where(decided & (contrasts["low"] > 0), 1, np.where(decided & (contrasts["high"] < 0), -1, 0))
found = contrasts.set_index(["what", "arm"])

# %% [markdown]
# ## The named comparisons

# %% tags=["hide-input"]
shown = found.reset_index(drop=True).drop(columns="sign").set_index("contrast").rename_axis(index=None)
shown = shown.rename(columns={"low": "95 % from", "high": "to", "holm": "p, Holm"})
numbers_style = {"estimate": "{:+.4f}", "95 % from": "{:+.4f}", "to": "{:+.4f}", "p": "{:.3f}", "p, Holm": "{:.3f}"}
shown.style.format(numbers_style, na_rep="–")

# %% tags=["remove-cell"]
VERDICT = {1: "supported", 0: "undecided", -1: "not supported"}
told, verdicts = {}, {}
for key, row in found.iterrows():
    shown = f"{row['estimate']:+.4f} (95 % interval {row['low']:+.4f} to {row['high']:+.4f}; concepts: {row['concepts']:.0f}, seeds: {row['seeds']:.0f})"
    told[key] = shown if np.isfinite(row["estimate"]) else "not measured here"
    verdicts[key] = VERDICT[int(row["sign"])]
steps_told = {}
for new in (NAIVE, KL):  # an exact order is refuted by one step that clearly goes the other way
    rows = slopes[(slopes["pooling"] == RIGHT) & (slopes["reading"] == new)]
    backward = []
    for upper, lower in zip(RUNGS, RUNGS[1:], strict=False):
        if rows["concept"].nunique() >= FEWEST_CONCEPTS and rows["seed"].nunique() > 1:
            fall = hierarchical_bootstrap(rows.assign(fall=rows[upper] - rows[lower]), "fall", levels)
            backward += [f"{rung_label[lower]} above {rung_label[upper]}"] * (fall.high < 0)
    steps_told[new] = f"; but {', '.join(backward)}" if backward else ""
    if backward:
        verdicts["1", new] = "not supported"
    elif verdicts["1", new] == "supported" and not found.loc[("1", new), "holm"] < 0.05:
        verdicts["1", new] = "undecided"
control = {}
for p, table, value in (("2", gap, "difference"), ("3", third, "interaction")):
    mean = table[table["pooling"] == RIGHT].astype({value: float}).groupby(["reading", "concept"])[value].mean()
    for k in (CLASS, RANDOM):
        control[k, p] = f"{mean[k].mean():+.4f}" if k in mean.index else "–"
exact = slopes[slopes["pooling"] == RIGHT].groupby("reading")["exact"].mean()

# %% tags=["remove-cell"]
outside = {}
for reading, rows in places.groupby("reading"):
    outside[reading] = hierarchical_bootstrap(rows.assign(outside=rows["outside"].astype(float)), "outside", levels)
leaves = verdict(outside[NAIVE], 0.5) if len(seeds) > 1 else "undecided"
lonely = places.assign(lonely=places["lonelier"] < 0.025).groupby("reading")["lonely"].mean()
out_told = {
    k: f"{100 * x.estimate:.0f} % of the rows lie outside ({f'95 % interval {100 * x.low:.0f} to {100 * x.high:.0f} %' if x.low < x.high else 'all alike, so no interval'}), "
    f"{100 * lonely[k]:.0f} % by being lonely, the others by their length alone"
    for k, x in outside.items()
}
of_words = places.groupby("reading")[["norm", "shorter", "lonelier", "cosine"]].mean()
evidence = "there" if np.isfinite(found.loc[("there", NAIVE), "estimate"]) else "differs"
loses = VERDICT[-int(found.loc[(evidence, NAIVE), "sign"])]  # lost: less than for the class word
measure = {"there": "the context is found", "differs": "the picture’s difference"}[evidence]
mean_of = (
    in_context.groupby(["reading", "concept"])[["there", "differs", "reconstruction"]].mean().groupby("reading").mean()
)
seen_share = {
    k: f"{100 * mean_of.loc[k, 'there']:.0f} %" if np.isfinite(mean_of.loc[k, "there"]) else "–" for k in DRAWN
}
fate = {
    "supported": "loses context in its pictures",
    "not supported": "keeps context in its pictures",
    "undecided": "may or may not lose context in its pictures",
}
model_name = model_title(model)
in_numbers = (
    f"the oracle finds it in {seen_share[NAIVE]} of them, against {seen_share[CLASS]} for the class word and {seen_share[KL]} with the KL term"
    if evidence == "there"
    else f"they differ from the plain ones by {mean_of.loc[NAIVE, 'differs']:.3f}, against {mean_of.loc[CLASS, 'differs']:.3f} for the class word"
)
in_texts = (
    f"Read at the placeholder, a sentence with a context {trap_said} as the one without, for any learned word: a trap in how CLIP "
    f"texts are pooled, not a finding about the word. Read at its end, the context moves the naive word’s sentence by "
    f"{right_mean[NAIVE]:.3f} (class word {right_mean[CLASS]:.3f}). "
)
sentence = f"{in_texts if len(right) else ''}On {model_name} the naive word {fate[loses]}: {in_numbers}."

# %% tags=["remove-cell"]
glued = dict(
    verdict_short=sentence,
    trap_said=trap_said,
    trap_cosine=trap_cosine,
    config_says=config_says,
    moved_naive=f"{right_mean[NAIVE]:.3f}" if len(right) else "–",
    moved_kl=f"{right_mean[KL]:.3f}" if len(right) else "–",
    moved_class=f"{right_mean[CLASS]:.3f}" if len(right) else "–",
    clip_sentence=f"They are put to the CLIP whose text half the word was learned in: {about_clip}."
    if probed
    else f"Left out here: {about_clip}. The figures and tables below are empty.",
    four_of=", for the person" if len(of_person) else ", over all concepts that have them",
    orders="24",
    kl_weight=f"{kl_weight:g}",
    weight_from=weight_from,
    steps=f"{steps}",
    n_concepts=f"{len(names)}",
    n_seeds=f"{len(seeds)}",
    n_third=f"{third['concept'].nunique()}",
    n_rung=f"{fewest}",
    n_pictures=f"{images_per_prompt}",
    model_name=model_name,
    exact_naive=f"{100 * exact[NAIVE]:.0f} %" if NAIVE in exact else "–",
    exact_kl=f"{100 * exact[KL]:.0f} %" if KL in exact else "–",
    exact_random=f"{100 * exact[RANDOM]:.0f} %" if RANDOM in exact else "–",
    **{f"{k.split()[0]}_{p}": control[k, p] for k in (CLASS, RANDOM) for p in "23"},
    loses=loses,
    measure=measure,
    leaves=leaves,
    outside_naive=out_told[NAIVE],
    outside_kl=out_told[KL],
    shorter_naive=f"{100 * of_words.loc[NAIVE, 'shorter']:.0f} %",
    shorter_kl=f"{100 * of_words.loc[KL, 'shorter']:.0f} %",
    cosine_words=f"{ordinary['cosine'].median():.2f}",
    cosine_naive=f"{of_words.loc[NAIVE, 'cosine']:.2f}",
    cosine_kl=f"{of_words.loc[KL, 'cosine']:.2f}",
    there_class=seen_share[CLASS],
    there_naive=seen_share[NAIVE],
    there_kl=seen_share[KL],
    differs_naive=told["differs", NAIVE],
    differs_kl=told["differs", KL],
    context_naive=told[evidence, NAIVE],
    context_kl=told[evidence, KL],
    text_naive=told["text", NAIVE],
    words_kl=told["words", KL],
    likeness_naive=f"{mean_of.loc[NAIVE, 'reconstruction']:.3f}",
    likeness_kl=f"{mean_of.loc[KL, 'reconstruction']:.3f}",
    **{f"verdict_{p}_{k.lower()}": verdicts[p, k] for p in "123" for k in (NAIVE, KL)},
    **{f"told_{p}_{k.lower()}": told[p, k] + (steps_told[k] if p == "1" else "") for p in "123" for k in (NAIVE, KL)},
)
for key, value in glued.items():
    glue(key, value, display=False)

# %% [markdown]
# ## What this shows, and what it does not
#
# **The trap.** Read at the placeholder, a sentence with a context after the word {glue:text}`trap_said` as the one without, whatever the word
# learned. A probe with that pooling reports lost context whatever was learned.
#
# **The note’s probes, with the right pooling.**
#
# | probe | naive | with KL (weight {glue:text}`kl_weight`) |
# |---|---|---|
# | own, look-alike, other, backpack in this order | **{glue:text}`verdict_1_naive`**: {glue:text}`told_1_naive`; exact order in {glue:text}`exact_naive` of the words | **{glue:text}`verdict_1_kl`**: {glue:text}`told_1_kl`; exact order in {glue:text}`exact_kl` |
# | the word before a description | **{glue:text}`verdict_2_naive`**: {glue:text}`told_2_naive` | **{glue:text}`verdict_2_kl`**: {glue:text}`told_2_kl` |
# | each text with its picture | **{glue:text}`verdict_3_naive`**: {glue:text}`told_3_naive` | **{glue:text}`verdict_3_kl`**: {glue:text}`told_3_kl` |
#
# The controls, with the same pooling: a random word has the exact order in {glue:text}`exact_random` of the tries; its second probe comes to
# {glue:text}`random_2` and its third to {glue:text}`random_3`, the class word’s to {glue:text}`class_2` and {glue:text}`class_3`. Where a
# control does as well as a learned word, the probe says nothing about learning: the third can be passed by the context’s own words alone.
#
# **“Loses context”: {glue:text}`loses`.** In pictures, {glue:text}`measure`, naive minus class word: {glue:text}`context_naive`; KL minus naive:
# {glue:text}`context_kl`. The difference from the plain picture, naive minus class word: {glue:text}`differs_naive`; KL minus naive:
# {glue:text}`differs_kl`. In the text, read at its end, naive minus class word: {glue:text}`text_naive`. Likeness in context is {glue:text}`likeness_naive` for the naive word and
# {glue:text}`likeness_kl` for the KL word.
#
# **“Leaves the semantic manifold”: {glue:text}`leaves`.** Naive: {glue:text}`outside_naive`; KL: {glue:text}`outside_kl`. The naive row is longer than
# {glue:text}`shorter_naive` of the ordinary words, the KL row than {glue:text}`shorter_kl`. The nearest word is at a cosine of
# {glue:text}`cosine_naive` (naive) and {glue:text}`cosine_kl` (KL); an ordinary word’s nearest, at {glue:text}`cosine_words`. KL minus naive:
# {glue:text}`words_kl`.
#
# What it does not show:
#
# - A CLIP probe is no test of the token. The end-of-text vector gets no gradient in Textual Inversion, so a poor probe and a working token can coexist, and do
#   not contradict each other.
# - Only the person has pictures made for each rung. The other concepts’ look-alikes are drawn by the model and the rest are not, so a step between
#   rungs can also be one between drawn and given pictures; their own pictures include some that were trained on. Each rung has {glue:text}`n_rung` pictures or more; the
#   third probe rests on {glue:text}`n_third` concepts.
# - One KL weight ({glue:text}`kl_weight`, {glue:text}`weight_from`) and one length of training ({glue:text}`steps` steps). How other weights
#   trade context for likeness is [another page’s question](kl_tradeoff.ipynb).
# - Differing from the plain picture is not yet obeying: a broken picture differs too.
# - {glue:text}`n_concepts` concepts, {glue:text}`n_seeds` training seeds and {glue:text}`n_pictures` pictures a prompt, on {glue:text}`model_name`.

# %% tags=["remove-cell"]
given = dict(model=model, seeds=seeds, steps=steps, learning_rate=learning_rate, kl_weight=kl_weight, guidance=guidance)
given |= dict(
    images_per_prompt=images_per_prompt, contexts=contexts, rung_pictures=rung_pictures, batch_size=batch_size
)
given |= dict(num_inference_steps=num_inference_steps, initializer=initializer, clip=probed.name if probed else "")
size = f"{counted(len(names), 'concept')}, {counted(len(seeds), 'training seed')}"
rung_size = f"{size}, {fewest} or more pictures a rung"
words_of = {
    "1": (
        "own image before look-alike before another person before backpack",
        "fall of the cosine from rung to rung; Page’s test; read at the end of text",
    ),
    "2": (
        "the learned word fits its own image better than a description does",
        "cosine to own pictures, word minus description",
    ),
    "3": (
        "each text, plain and doing ballet, goes with its image",
        "interaction of texts and pictures; read at the end of text",
    ),
}
claims = []
for first, new in ((1, NAIVE), (4, KL)):
    for i, (probe, (said, test)) in enumerate(words_of.items()):
        result = glued[f"told_{probe}_{new.lower()}"] if probed else about_clip
        n = f"{counted(third['concept'].nunique(), 'concept')}, {counted(len(seeds), 'training seed')}" if probe == "3" else rung_size
        claims.append(
            Claim(
                source=f"research note, experiment {first + i}",
                words=said,
                test=f"{test}; {new} word",
                result=result,
                n=n,
                verdict=verdicts[probe, new],
                primary=True,
            )
        )
claims += [
    Claim(
        source="research note",
        words="a photo of the learned word doing ballet loses context",
        test=f"pictures, {measure}: naive minus class word, same noise",
        result=f"{told[evidence, NAIVE]}; as text, pooled at the placeholder, a sentence with a context {trap_said} as the one without",
        n=f"{size}, {images_per_prompt} pictures a prompt",
        verdict=loses,
        primary=True,
    ),
    Claim(
        source="research note",
        words="the naive word leaves the semantic manifold",
        test="share of learned rows beyond 95 % of ordinary words in length, or lonelier than all but 2.5 %",
        result=f"naive: {out_told[NAIVE]}; KL: {out_told[KL]}",
        n=size,
        verdict=leaves,
    ),
]
tables = dict(
    scores=scores,
    moved=moved,
    order=order,
    contexts=third,
    trend=trend,
    contrasts=contrasts,
    words=places,
    sources=sources,
)
page.record(given, tables, glued, claims)
for c in chosen:
    tiles = [drawn[c.name][k, seeds[0], p, noises[0]] for k in DRAWN for p in prompts[c.name]]
    write_sheet(folder / f"{c.name}.png", tiles, len(prompts[c.name]), side=min(page.side, 192))
