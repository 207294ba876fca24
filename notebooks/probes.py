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
# with the KL term (its “experiments 4-6”). Here the same questions are asked with many pictures and several seeds, of a word and of its controls,
# with {ref}`both ways of reading a text <method>`. And each context is asked for by itself, of the pictures that the words draw.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores pictures: a folder or a Hub id; empty: the model's own
clip: str = ""  # [name] the CLIP probed, whose text half is the model's text encoder; empty: by rule
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["merry_man", "tea_girl", "known_person", "violet_cloud", "sky_castle", "plum_cat", "leaf_robot", "known_tree", "known_building"]  # [names or folders] what to learn
initializer: str = ""  # [word] where learning starts; empty: each concept's own
steps: int = 500  # [updates] length of training
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
learning_rate: float = 0.01  # [per update] Adam's step size
kl_weight: float = 0.0  # [lam] weight of the KL term in the second arm; zero: the one that kl_tradeoff chose
batch_size: int = 4  # [pictures] per update and learned word
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 4  # [pictures] drawn for each prompt, from the same noise for every word
contexts: int = 3  # [prompts] how many places, or for a style subjects, each word is put into; people dance besides
rung_pictures: int = 12  # [pictures] a rung of the first probe
num_inference_steps: int = 25  # [steps] of the sampler
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead
runs: str = ""  # [folder] where learned words are kept instead

# %% tags=["remove-cell"]
from study.parameters import check_notebook

check_notebook(In, globals())

# %% tags=["hide-input"]
# %matplotlib inline
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from pocket_world.oracle.reading import label
from pocket_world.oracle.witness import open_oracle, sees
from pocket_world.world.scenes import SCENES

from study import vocabulary
from study.analysis import probes as analysis
from study.analysis import probes_figures as figures
from study.analysis import probes_pictures as pictured
from study.analysis import probes_said as said
from study.analysis import probes_texts as asked
from study.analysis.probes import BALLET, CLASS, CONTEXT, KL, NAIVE, PRIMARY, READINGS, TRUE
from study.earlier_pages import chosen_kl_weight
from study.figures import image_grid
from study.page import Claim, begin
from study.panels import PIXELS
from study.wording import FEWEST_CONCEPTS, LEVEL, counted, in_words, percent
from textinv_core.evaluation import probes
from textinv_core.evaluation.metrics import evaluate
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import load_images, plain_prompt

page = begin("probes", globals())
kl_weight, weight_from = chosen_kl_weight(profile, kl_weight)
clip_probed, about_clip = probes.open_clip(page.pipe, model, clip)
oracle = open_oracle(model)
plain = {c.name: plain_prompt(c.kind) for c in page.concepts}
phrases = {c.name: pictured.contexts_of(c, max(contexts, 1)) for c in page.concepts}
prompts = {name: [plain[name], *own] for name, own in phrases.items()}
context_called = {prompt: phrase for own in phrases.values() for prompt, phrase in own.items()}
named = BALLET if BALLET in context_called.values() else next(iter(context_called.values()))
people = [c for c in page.concepts if c.kind == "person"] or page.concepts[:1]
ordinary = vocabulary.ordinary_words(page.pipe)
norm = float(page.pipe.text_encoder.get_input_embeddings().weight.float().norm(dim=-1).median())

# %% [markdown]
# ## What will be compared
#
# Each concept is learned from each seed twice, without and with the KL term, from the same initializer, pictures and noise. Every question is also put to
# the controls: the class word; a word of the vocabulary drawn at random, another for each seed; both learned words rescaled
# to the vocabulary’s median length, so that only their direction counts; and, for concepts that the model knows by name, the *true name*: what a
# good word looks like. Texts are read at their end. Named before any result, for the naive word and for the KL word:
#
# - *The order* (first probe; people, who have pictures for it): how much the cosine falls from own pictures to a look-alike, to
#   another person, to a backpack; Page’s trend test over concepts.
# - *The word against a description* (second probe): cosine of the concept’s own pictures to the text with the word, minus that to a plain
#   description.
# - *Each text with its picture* (third probe; “{glue:text}`named`”): plain and context text against plain and context picture, the
#   interaction of the four cosines.
# - *The context in pictures* (naive word; “{glue:text}`named`”): {glue:text}`measure`, class word minus learned word, from the same noise. Above zero, it is lost.
#
# All are above zero where the claim holds. The smallest effect of interest is {glue:text}`smallest_cosine` in a cosine and {glue:text}`smallest_share` of
# the pictures. Intervals resample concepts, then training seeds, then prompts and pictures; p-values (Page’s, else sign flips over concepts) are
# corrected together by Holm’s method. A claim is *supported* if its interval lies above zero, its corrected p is at most {glue:text}`level`, and no control shows the
# same: the random word, and for the first two probes the class word too. It is *not supported* if the interval ends below
# the smallest effect, or a control shows the same and the word surely adds less than that. Else, and with fewer than
# {glue:text}`fewest` concepts, it is *undecided*; and so is a context that the class word itself shows too little of to lose. Sign flips need {glue:text}`needed` concepts to pass the correction.

# %% tags=["hide-input"]
readings, drawn, parts = {}, {}, []
for c in page.concepts:
    arms = [Arm(c, seed=s, learning_rate=learning_rate, kl_weight=w) for s in seeds for w in (0.0, kl_weight)]
    rows = page.store.learn(page.pipe, arms, steps=steps, batch_size=batch_size).at()
    tables = []
    for i, s in enumerate(seeds):
        ways = readings[c.name, s] = asked.ways_of(page.pipe, c, s, *rows[2 * i : 2 * i + 2], norm)
        for reading, (fill, words) in ways.items():
            if words or s == seeds[0]:  # what is not learned has no training seed
                own = page.draw(words[0] if words else None, prompts[c.name], word=fill)
                tables.append(own.assign(arm=f"{reading} {s}", reading=reading, trained=s if words else np.nan))
    pictures = pd.concat(tables, ignore_index=True)
    scored = evaluate(pictures, c, page.judge, contexts=phrases[c.name])
    scored[pictured.DIFFERS] = pictured.picture_differences(pictures, plain[c.name], page.judge)
    seen = pictured.seen(lambda p, asked_for, name=c.name: sees(oracle, p, asked_for, name), pictures, phrases[c.name])
    parts.append(scored.join(seen))
    drawn[c.name] = pictures.drop_duplicates(["reading", "prompt"]).set_index(["reading", "prompt"])["image"]
scores = pd.concat(parts, ignore_index=True).rename(columns={"seed": "image", "trained": "seed"})
scores = pictured.beside_every_seed(scores, seeds)
scores["context"] = scores["prompt"].map(context_called).fillna(pictured.PLAIN)

# %% [markdown]
# ## The pictures
#
# The same noise throughout. A word around which the sentence no longer counts draws the same picture in every column.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "What the words draw, each context by itself: one noise, first training seed. Left, a training picture. Above, a person whom the model does not know; below, one it knows by name, where there is one, with the true name in the last row.", "name": "fig-probes-pictures"}, "image": {"alt": "Grids of small pictures: rows for the class word, a random word, the naive word, the KL word and the true name; columns for a training picture, the plain prompt and prompts with a context.", "width": "100%"}}
shown = dict.fromkeys([people[0].name, *[c.name for c in people if c.true_name][:1]])
figure, axes = plt.subplots(len(shown), 1, figsize=(9.5, 6.2 * len(shown)), squeeze=False, layout="constrained")
for ax, c in zip(axes.flat, (c for c in page.concepts if c.name in shown), strict=True):
    cells, heads = [], [context_called.get(p, pictured.PLAIN) for p in prompts[c.name]]
    for reading in (k for k in figures.MAIN if k in readings[c.name, seeds[0]]):
        cells.append(dict(row=reading, column="pictures", image=load_images(c.images[:1], PIXELS)[0]))
        tiles = drawn[c.name][reading]
        cells += [dict(row=reading, column=h, image=tiles[p]) for h, p in zip(heads, prompts[c.name], strict=True)]
    image_grid(pd.DataFrame(cells), row="row", column="column", ax=ax, pixels=PIXELS).tick_params(labelsize=8)
    ax.set_xlabel(page.labels[c.name])
figure.savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# ## The trap
#
# Which vector *is* the text? CLIP’s own answer: the one at the end-of-text token. Code written for an older convention looks for the largest
# token id instead, and an added word has a larger id than any. The vector is then read at the word, before the context.
# Here both are computed, from the same hidden states.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "How far a context moves the vector of the text (one minus cosine, plain sentence against sentence with context): mean over concepts with 95 % interval. Read at the highest id, the sentence of an added word does not move at all, whatever the word.", "name": "fig-probes-trap"}, "image": {"alt": "Points with error bars for each kind of word, once read at the end of text and once at the highest token id, where all added words lie at zero.", "width": "80%"}}
encoder = (page.pipe.text_encoder, page.pipe.tokenizer)
features = partial(probes.text_features, clip_probed) if clip_probed else partial(probes.text_states, *encoder)
moved = asked.moved(readings, prompts, features)
moved["context"] = moved["prompt"].map(context_called)
figures.trap(moved)
plt.show()

# %% [markdown]
# Read at the placeholder, a sentence with a context after the word **{glue:text}`trap_said`** as the one without. {glue:text}`config_says` Two sentences whose features
# are *equal* are this trap’s signature; it holds for the random word too. How the note pooled its texts we cannot know; if it was so, its
# observation says nothing about the word. Read at its end, each context by itself, the sentence moves so far (one minus cosine):

# %%
said.means_by_context(moved, "moved").style.format("{:.3f}", na_rep="–")

# %% [markdown]
# ## The note’s probes
#
# {glue:text}`clip_sentence` For the third probe people have pictures of themselves in a pose; of the others we take their own pictures in the
# places that the oracle sees, against those on a plain ground.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Above, first probe: cosine of the plain sentence to the pictures of each rung, less its mean; expected to fall from left to right. Below, second probe (cosine to own pictures, word minus description) and third (interaction of texts and pictures, all contexts that have pictures): expected above zero. Means with 95 % interval over concepts, with both ways of reading a text.", "name": "fig-probes-three"}, "image": {"alt": "Four panels: lines over the rungs own, look-alike, other and backpack for each kind of word, read at the end of text and at the highest id; and points with intervals around zero for the second and the third probe.", "width": "100%"}}
order = third = pd.DataFrame()
if clip_probed:
    pairs, scene = {}, lambda images: label(oracle.read_pictures(images), "scene")
    for c in page.concepts:
        pairs[c.name] = asked.posed_pairs(c, page.side, rung_pictures)
        if oracle and not pairs[c.name] and c.kind != "style":
            own = load_images((*c.images, *c.held_out), page.side)
            pairs[c.name] = asked.placed_pairs(own, [SCENES.get(place, "") for place in scene(own)])
    rungs = {c.name: asked.rung_images(c, page.side, rung_pictures) for c in page.concepts}
    described = {c.name: asked.description_of(c, page.pipe.tokenizer) for c in page.concepts}
    order = asked.rung_cosines(clip_probed, readings, plain, described, rungs)
    third = asked.pair_cosines(clip_probed, readings, plain, pairs)
slopes, gaps = analysis.slopes(order), analysis.against_description(order)
figures.three_probes(slopes, gaps, third)
plt.show()

# %% [markdown]
# The third probe, each context by itself (interaction, read at the end):

# %%
said.means_by_context(third, "interaction").style.format("{:+.3f}", na_rep="–")

# %% [markdown]
# ## Each context by itself, in pictures
#
# A poor probe does not settle the matter. Textual Inversion trains what the token hands to the denoiser; **the end-of-text vector gets no gradient
# of its own**, so a word may fail in CLIP and work in pictures. Three things are asked of each context. *C*: is it there? *K*: is the
# concept still there, since a word can obey by forgetting? *Differs*: how far is the picture from the plain prompt’s of the same noise (one minus cosine of the
# judge’s features); where that is less than for the class word, the word listens less. {glue:text}`oracle_sentence`

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Each context by itself: whether it is there, whether the concept is still there (in the first row, of the plain prompt), and how far the picture differs from the plain prompt\u2019s. Means over concepts with 95 % interval. Panels of what only an oracle can tell are empty without one.", "name": "fig-probes-context"}, "image": {"alt": "Three panels with a row for each context and a point with an interval for each kind of word.", "width": "100%"}}
by_context = pictured.by_context(scores)
rows, shown = list(dict.fromkeys(by_context["context"])), (pictured.HAS, pictured.KEEPS, pictured.DIFFERS)
figures.contexts(scores, rows, {value: pictured.CALLED[value] for value in shown})
plt.show()

# %%
pictured.context_table(by_context)

# %% [markdown]
# ## Among the words
#
# Does the row leave the region where words live? Every ordinary word of three letters or more has a length and a nearest neighbour. A row lies *outside* if
# its length is beyond 95 % of theirs, or if it is lonelier than all but the loneliest few. The true names show where a word lies that the model was taught.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Length, and cosine to the nearest other word: every ordinary word of the vocabulary (grey), the learned rows and the true names. Dashed, the limits of what counts as outside.", "name": "fig-probes-words"}, "image": {"alt": "A scatter plot of row length against cosine to the nearest word: a grey cloud of ordinary words, coloured marks for naive rows, KL rows and true names.", "width": "70%"}}
places = asked.among_words(page.pipe, page.concepts, readings, ordinary)
figures.words(places, ordinary, norm)
plt.show()

# %% [markdown]
# ## The named comparisons

# %%
evidence = pictured.evidence_of(scores)
by_oracle = evidence == pictured.HAS
losses = pictured.lost(scores, evidence)
tables = analysis.frames(order, third, losses, named)
share = by_context[by_context["context"] == named].set_index("reading")
contrasts = analysis.contrasts(tables, slopes, by_oracle, share.at[CLASS, evidence])
said.contrast_table(contrasts)

# %% tags=["remove-cell"]
leaves, outside = said.outside_of(places)
each = pictured.context_verdicts(losses, scores, evidence, [NAIVE, KL])
gap, quirk = said.trap_gap(moved), page.pipe.text_encoder.config.eos_token_id == 2
page.say(
    **page.common("model_name", "n_concepts", "n_seeds", "n_pictures", "steps"),
    verdict_short=f"On {page.model_name}, "
    + said.answer(contrasts.at[(CONTEXT, NAIVE), "verdict"], share[evidence], named, by_oracle, gap < said.ROUNDING),
    named=named,
    measure=said.MEASURES[evidence],
    smallest_cosine=f"{analysis.COSINE:g}",
    smallest_share=percent(analysis.SHARE),
    level=f"{LEVEL:g}",
    fewest=f"{FEWEST_CONCEPTS}",
    needed=f"{analysis.concepts_needed()}",
    trap_said=said.trap_said(gap),
    config_says=said.CONFIG[quirk],
    clip_sentence=said.clip_said(about_clip, clip_probed is not None),
    oracle_sentence=said.ORACLE[by_oracle],
    kl_weight=f"{kl_weight:g}",
    weight_from=weight_from,
    **said.contrasts_said(contrasts),
    lost_in=said.contexts_said(each, NAIVE),
    lost_in_kl=said.contexts_said(each, KL),
    both_kl=in_words(pictured.gained(scores, pictured.BOTH, named, KL, NAIVE)),
    kept=said.kept_said(by_context, named),
    leaves=leaves,
    **{f"outside_{k.split()[0].lower()}": said.outside_said(outside.get(k, analysis.UNKNOWN)) for k in (NAIVE, KL, TRUE)},
    n_people=f"{slopes['concept'].nunique()}",
    n_third=f"{third['concept'].nunique() if len(third) else 0}",
    n_named=counted(int(share.at[NAIVE, "concepts"]), "concept"),
)

# %% [markdown]
# ## What this shows, and what it does not
#
# **The trap.** Read at the placeholder, a sentence with a context after the word {glue:text}`trap_said` as the one without, whatever the word
# learned. A probe with that pooling reports lost context always.
#
# **The note’s probes, read at the end of the text.**
#
# | probe | naive | with KL (weight {glue:text}`kl_weight`) |
# |---|---|---|
# | own, look-alike, other, backpack in this order | **{glue:text}`verdict_1_naive`**: {glue:text}`told_1_naive` | **{glue:text}`verdict_1_kl`**: {glue:text}`told_1_kl` |
# | the word before a description | **{glue:text}`verdict_2_naive`**: {glue:text}`told_2_naive` | **{glue:text}`verdict_2_kl`**: {glue:text}`told_2_kl` |
# | each text with its picture, “{glue:text}`named`” | **{glue:text}`verdict_3_naive`**: {glue:text}`told_3_naive` | **{glue:text}`verdict_3_kl`**: {glue:text}`told_3_kl` |
#
# Where a control shows the same, the probe says nothing about learning: the third can be passed by the context’s own words alone.
#
# **“Loses context”, in “{glue:text}`named`”: {glue:text}`verdict_context_naive`.** Class word minus naive word, {glue:text}`measure`:
# {glue:text}`told_context_naive`, from {glue:text}`n_named`. By its interval, context by context: the naive word {glue:text}`lost_in`; the KL
# word {glue:text}`lost_in_kl`. {glue:text}`kept` Concept and context both in one picture, KL minus naive: {glue:text}`both_kl`.
#
# **“Leaves the semantic manifold”: {glue:text}`leaves`.** Outside lie, of the naive rows, {glue:text}`outside_naive`; of the KL rows,
# {glue:text}`outside_kl`; of the true names, {glue:text}`outside_true`.
#
# What it does not show:
#
# - A CLIP probe is no test of the token. The end-of-text vector gets no gradient in Textual Inversion, so a poor probe and a working token can coexist, and do
#   not contradict each other.
# - Only {glue:text}`n_people` people have pictures made for each rung, and the third probe rests on {glue:text}`n_third` concepts. Other concepts’
#   own pictures include some that were trained on.
# - One KL weight ({glue:text}`kl_weight`, {glue:text}`weight_from`) and one length of training ({glue:text}`steps` steps). How other weights
#   trade context for likeness is [another page’s question](kl_tradeoff.ipynb).
# - Differing from the plain picture is not yet obeying: a broken picture differs too.
# - {glue:text}`n_concepts` concepts, {glue:text}`n_seeds` training seeds and {glue:text}`n_pictures` pictures a prompt, on {glue:text}`model_name`.
#
# **What to do.** Pool at the end-of-text token, and test it: a random word must move with its context. Put every probe to a random word and to the class word
# before believing it of a learned one. And judge a word by its pictures, one context at a time.

# %% tags=["remove-cell"]
source = {key: f"research note, experiment {i + 1}" for i, key in enumerate(PRIMARY[:-1])}
size = counted(len(seeds), "training seed")
claims = [
    Claim(
        source=source.get((p, k), "research note"),
        words=said.CLAIMED[p],
        test=f"{contrasts.at[(p, k), 'measured']}, {k} word; controls: {', '.join(analysis.PROBES[p][1])}; Holm over {len(PRIMARY)}",
        result=contrasts.at[(p, k), "said"] if clip_probed or p == CONTEXT else about_clip,
        n=f"{counted(int(contrasts.at[(p, k), 'concepts']), 'concept')}, {size}",
        verdict=contrasts.at[(p, k), "verdict"],
        primary=True,
    )
    for p, k in PRIMARY
]
claims.append(
    Claim(
        source="research note",
        words="the naive word leaves the semantic manifold",
        test=said.OUTSIDE,
        result=f"naive: {page.numbers['outside_naive']}; true names: {page.numbers['outside_true']}",
        n=f"{counted(len(page.names), 'concept')}, {size}",
        verdict=leaves,
    )
)
kept = dict(scores=scores, moved=moved, order=order, contexts=third, contrasts=contrasts.reset_index(), words=places)
page.close(kept | dict(trend=analysis.trends(slopes), by_context=by_context, lost=each), claims, kl_weight=kl_weight)
for name in page.names:
    shown = [drawn[name][k, p] for k in READINGS if k in drawn[name].index for p in prompts[name]]
    page.sheet(name, shown, len(prompts[name]))
