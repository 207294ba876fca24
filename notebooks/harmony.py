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
# # Which picture of the batch is best?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# A good picture of a learned word shows the thing *and* does what the rest of the sentence says. Two cosines measure the two, but
# what is their sum worth? *Harmony* reads each against a null first: the share of pictures that cannot be right and yet score less
# ({ref}`how <measures>`). This page asks whether that ranks pictures better, where the right order is known.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
other_judge: str = ""  # [name] a second CLIP, to see what hangs on the judge; empty: the pocket model's text CLIP, or none
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["comet_cake", "bubble_car", "elder_tree", "nova_hall", "wooden_figurine", "jolly_man", "plum_beast", "ember_style"]  # [names or folders] what to rank
development: list[str] = ["comet_cake", "bubble_car"]  # [names] those of `concepts` that the scores were designed on; the others are reported
initializer: str = ""  # [word] where learning starts; empty: each concept's own
steps: int = 210  # [updates] length of training
checkpoint_every: int = 0  # [updates] distance of the steps looked at; zero: a seventh of all
kl_weights: list[float] = [0.03, 0.1, 0.3, 1.0]  # [lam] KL weights looked at, besides none
seeds: list[int] = [0]  # [numbers] training seeds
learning_rate: float = 0.001  # [per update] Adam's step size
batch_size: int = 4  # [pictures] per update and learned word
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
contexts: int = 4  # [prompts] how many contexts pictures are ranked in
constructed: int = 8  # [pictures] constructed for each case of known order and each prompt
through_vae: bool = True  # [yes or no] pass constructed pictures through the model's autoencoder, as its own are
null_pictures: int = 240  # [pictures] of other prompts in each null, 200 or more
batch: int = 32  # [pictures] drawn of each learned word for each prompt, to choose the best of
tuned_steps: int = 80  # [updates] of a network fine-tuned with DreamBooth, whose pictures are ranked too; zero: none
tuned_learning_rate: float = 0.0002  # [per update] AdamW's step size for it
images_per_prompt: int = 6  # [pictures] drawn at each training step and KL weight for each prompt
own_prompt: str = ""  # [prompt] with {} for the concept: what the last figure ranks; empty: the first context
own_pictures: int = 16  # [pictures] that the last figure ranks
num_inference_steps: int = 20  # [steps] of the sampler
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
from functools import partial
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from myst_nb import glue
from PIL import Image
from pocket_world.first.constructed import SETS, known_order
from pocket_world.first.witness import open_oracle, sees
from pocket_world.training.vae import there_and_back

from study.figures import image_grid, use_style
from study.page import POCKET, Claim, model_title, open_page
from study.parameters import ParameterError
from study.wording import FEWEST_CONCEPTS, counted, in_words, verdict
from textinv_core.baselines.dreambooth import DreamBooth, dreambooth, rare_token
from textinv_core.evaluation.judges import load_judge
from textinv_core.evaluation.metrics import SMALLEST_NULL
from textinv_core.evaluation.nulls import NULL_SEED, OWN_SEED, Nulls, cached_nulls, describe_nulls
from textinv_core.evaluation.ranking import best_of, concordance, context_features, rank, score
from textinv_core.evaluation.stats import holm, kendall, mean_interval, paired_interval
from textinv_core.files import write_image
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import class_phrase, context_prompts, load_images
from textinv_core.learning.models import model_hash
from textinv_core.learning.precision import autocast_dtype
from textinv_core.paths import MODELS

SCORES = {
    "accord": "accord", "harmony": "harmony", "minimum": "minimum of shares", "mean_z": "mean z", "raw_sum": "raw sum",
    "raw_product": "raw product", "raw_harmonic_mean": "raw harmonic mean", "subject": "subject alone", "text": "text alone",
}  # fmt: skip
RAW = ["raw_sum", "raw_product", "raw_harmonic_mean", "subject", "text"]  # what harmony must beat
PICKERS = ["subject", "text", "raw_product", "raw_harmonic_mean"]  # and when picking the best of many
SIZES = [1, 2, 4, 8, 16]  # N of best-of-N
WORD = "learned word"  # the source of a batch; the other is a fine-tuned network
COLOURS = dict(zip(SCORES, ("C1", "C0", "C6", "C7", "C2", "C4", "C9", "C3", "C5"), strict=True))
use_style()
plt.rcParams["figure.dpi"] = 120

# %% tags=["hide-input"]
if null_pictures < SMALLEST_NULL:
    raise ParameterError(f"null_pictures: expected {SMALLEST_NULL} or more, got {null_pictures}")
if own_prompt and own_prompt.count("{}") != 1:
    raise ParameterError(f"own_prompt {own_prompt!r}: expected exactly one {{}} where the concept stands")
where = dict(profile=profile, model=model, judge=judge, out=out, runs=runs, initializer=initializer)
page = open_page("harmony", concepts=[concept] if concept else concepts, **where)
pipe, chosen, store, folder = page.pipe, page.concepts, page.store, page.folder
how = dict(guidance_scale=guidance, num_inference_steps=num_inference_steps)
names = [c.name for c in chosen]
label = {name: name.replace("_", " ") for name in names}
reported = [name for name in names if name not in development] or names
known = {c.name: dict(context_prompts(c.kind)) for c in chosen}  # prompt -> the phrase that names its context
tested = {name: list(texts)[:: max(1, len(texts) // max(2, contexts))][: max(2, contexts)] for name, texts in known.items()}

# %% tags=["hide-input"]
second = other_judge or (str(MODELS / "pocket_clip") if model == POCKET and (MODELS / "pocket_clip").is_dir() else "")
judges = {"the judge": page.judge} | ({"another CLIP": load_judge(second)} if second else {})
oracle = open_oracle(model)
own_concept = chosen[0]
own_prompt = own_prompt or tested[own_concept.name][0]
own_context = known[own_concept.name].get(own_prompt) or " ".join(own_prompt.replace("{}", "").split())
known[own_concept.name] |= {own_prompt: own_context}

# %% [markdown]
# ## The nulls
#
# What is a cosine worth? The plain model, which has never seen the concept, draws its class word: {glue:text}`n_null` pictures or more
# for each concept, over all contexts. None of them can show the concept, so their likeness to its pictures is what *the wrong identity* scores.
# Those drawn for other prompts cannot show this prompt’s context, so their cosine to it is what *the wrong context* scores.
#
# Two ways to read a cosine against them:
#
# - **harmony** takes the share of the null that scores less, $u$, of subject and of text: $\sqrt{u_\text{subject}\,u_\text{text}}$.
# - **accord** asks for the probability, $p$, that the cosine comes from the real thing and not from the null (two Gaussians; the
#   real thing: the concept’s pictures compared with each other, and class pictures drawn for this very prompt):
#   $\sqrt{p_\text{subject}\,p_\text{text}}$. It was picked for this page among dozens of variants, on the development concepts, where harmony had fallen behind the raw sum.
#
# Beside them: the *minimum* of the two shares, the *mean z*-score, and what people do without nulls: the *raw* sum, product and
# harmonic mean of the cosines, the *subject* cosine alone (CLIP-I), the *text* cosine alone (CLIP-T).

# %% tags=["hide-input"]
weights, home = model_hash(pipe), store.pictures.parent / "nulls"
nulls, references, texts = {}, {}, {}
for c in chosen:
    noises = range(NULL_SEED, NULL_SEED + -(-null_pictures // (len(known[c.name]) - 1)))
    drawing = partial(store.draw, pipe, None, list(known[c.name]), noises, word=class_phrase(c), **how)
    for called, clip in judges.items():
        made = describe_nulls(c, clip, list(known[c.name]), noises, model=weights, **how)
        path = home / f"{c.name}-{called.replace(' ', '-')}.safetensors"
        nulls[called, c.name] = cached_nulls(path, drawing, clip, made)
        references[called, c.name] = clip.image_features(load_images(c.images, page.side))
        ours = [prompt for prompt in known[c.name] if prompt != own_prompt]
        texts[called, c.name] = context_features(ours, c, clip) | context_features([own_prompt], c, clip, own_context)

# %% [markdown]
# ## Contrasts, named before looking
#
# On the reported concepts, none of which took part in designing a score:
#
# - **Known order.** Over constructed pictures, the share of (right, wrong) pairs that a score puts in order (AUC): harmony minus the raw sum, product
#   and harmonic mean, subject alone and text alone.
# - **Best of N.** Of the largest N pictures drawn for one prompt, of a learned word or of a network fine-tuned for the concept, the best-scored is kept; the
#   share of these that the oracle accepts: harmony minus subject alone, text alone, raw product and raw harmonic mean. (The fine-tuned networks were
#   added after a first run, in which the oracle accepted next to nothing of the learned words; their training length was set on the development concepts.)
#
# Each with a paired 95 % interval over concepts, and Holm’s correction over all of them. The same contrasts of accord form a second
# family.

# %% [markdown]
# ## Pictures whose order is known
#
# The pocket world can draw what no model can be asked for: the concept in the right context, the concept elsewhere, something else in the right
# context, something else elsewhere. Something else is of the same class, or another concept, or the concept in wrong colours. {glue:text}`vae_said`

# %% tags=["hide-input"]
cases = []
for c in chosen:
    prompt_of = {known[c.name][prompt]: prompt for prompt in tested[c.name]}
    try:
        rows = known_order(c.name, list(prompt_of), constructed, side=page.side)
    except ImportError:  # the renderer of the concepts' drawings is not installed
        rows = []
    plain = load_images(c.images[::2], page.side) if rows and c.kind != "style" else []  # on the plain backdrop
    pasted = dict(set="training picture", level=1, stand_in="")
    rows += [pasted | dict(phrase=phrase, image=image) for phrase in prompt_of for image in plain]
    cases += [row | dict(concept=c.name, kind=c.kind, prompt=prompt_of[row["phrase"]]) for row in rows]
columns = ["concept", "kind", "prompt", "phrase", "set", "level", "stand_in", "image"]
cases = pd.DataFrame(cases, columns=columns)
if through_vae and len(cases):
    decoded = there_and_back(pipe.vae, np.stack([np.asarray(image) for image in cases["image"]]))
    cases["image"] = [Image.fromarray(pixels) for pixels in decoded]

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Pictures of known order, one row a concept: what was asked for, the subject only, the context only, neither; then two that try to cheat: the context with no subject at all, and a training picture as it is.", "name": "fig-harmony-sets"}, "image": {"alt": "A grid of small pictures: one row for each concept; columns for both, subject only, context only, neither, empty context and training picture.", "width": "100%"}}
shown = cases.groupby(["concept", "phrase", "set"], sort=False).first().reset_index()
shown = shown[shown["phrase"] == shown.groupby("concept")["phrase"].transform("first")]
if len(shown):
    asked_for = {row.concept: f"{label[row.concept]}\n{row.phrase}" for row in shown.itertuples()}
    grid = image_grid(shown, row="concept", column="set", row_labels=asked_for, pixels=96)
    grid.tick_params(labelsize=8)

# %% tags=["hide-input"]
features, scored = {}, []
for called, clip in judges.items():
    for name, rows in cases.groupby("concept", sort=False):
        key = called, name
        features[key] = clip.image_features(list(rows["image"]))
        found = score(features[key], rows["prompt"], texts[key], references[key], nulls[key]).set_index(rows.index)
        scored.append(pd.concat([rows.drop(columns="image").assign(judge=called), found], axis=1))
scored = pd.concat(scored, ignore_index=True) if scored else pd.DataFrame(columns=[*columns[:-1], "judge", *SCORES])


def orders(rows, sides):
    """The share of pairs in the right order, by score: one row per judge, concept, prompt and score."""
    lines = []
    for key, own in rows.groupby(["judge", "kind", "concept", "prompt"], sort=False):
        groups = {value: own[own["set"].isin(some)] for value, some in sides.items()}
        for name in SCORES:
            shares = {v: concordance(g[name], g["level"] if v == "pairs" else g["level"] == 2) for v, g in groups.items()}
            lines.append(dict(zip(("judge", "kind", "concept", "prompt"), key, strict=True)) | dict(score=name) | shares)
    return pd.DataFrame(lines, columns=["judge", "kind", "concept", "prompt", "score", *sides])


known_sides = dict(auc=SETS, pairs=SETS, subject_auc=("both", "context only"), text_auc=("both", "subject only"))
known_sides |= dict(empty=("both", "empty"), pasted=("both", "training picture"))
order = orders(scored, known_sides)
own_order = order[(order["judge"] == "the judge") & order["concept"].isin(reported)]

# %% [markdown]
# ### Who puts them in order?
#
# AUC: the share of pairs of a right picture (both) and a wrong one that a score puts in order; a coin gives half.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Left: AUC of every score on the reported concepts, mean with 95 % interval over concepts and prompts. Right: harmony and accord minus what they must beat; right of the line they are better.", "name": "fig-harmony-auc"}, "image": {"alt": "Two dot plots with intervals: AUC by score, and differences between harmony or accord and the other scores around a line at zero.", "width": "100%"}}
levels = ("concept", "prompt")
aucs = {name: mean_interval(own_order[own_order["score"] == name], "auc", levels) for name in SCORES}
against = {
    new: {base: paired_interval(own_order, "auc", arm="score", new=new, base=base, pair=levels) for base in RAW}
    for new in ("harmony", "accord")
}
figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 3.8), layout="constrained", width_ratios=(1, 1.1))
for i, (s, dot) in enumerate(aucs.items()):
    colour = COLOURS[s] if s in against else "0.45"
    left.plot([dot.low, dot.high], [i, i], color=colour, linewidth=1.5)
    left.plot(dot.estimate, i, "o", color=colour)
left.axvline(0.5, color="0.5", linewidth=1, zorder=0)
left.set(yticks=range(len(SCORES)), yticklabels=SCORES.values(), ylim=(len(SCORES) - 0.5, -0.5), xlabel="AUC")
for shift, (new, found) in enumerate(against.items()):
    for i, c in enumerate(found.values()):
        right.plot([c.low, c.high], [i + 0.24 * shift - 0.12] * 2, color=COLOURS[new], linewidth=1.5)
        right.plot(c.estimate, i + 0.24 * shift - 0.12, "o", color=COLOURS[new], label=new if i == 0 else None)
right.axvline(0, color="0.5", linewidth=1, zorder=0)
right.set(yticks=range(len(RAW)), yticklabels=[f"− {SCORES[r]}" for r in RAW], ylim=(len(RAW) - 0.5, -0.5), xlabel="difference in AUC")
right.legend(fontsize=8)
plt.show()

# %% [markdown]
# By kind of concept (AUC), and over all: the share of *all* pairs of different rank put in order (both before either one before
# neither), and the two halves of the task: telling the subject from its stand-ins where the context is right, and the right context
# from a wrong one where the subject is right.

# %% tags=["hide-input"]
of_judge = order[order["judge"] == "the judge"]
by_kind = of_judge.pivot_table(index="score", columns="kind", values="auc", aggfunc="mean")
halves = own_order.groupby("score")[["auc", "pairs", "subject_auc", "text_auc"]].mean()
halves.columns = ["AUC", "all pairs", "subject half", "text half"]
both = pd.concat({"reported concepts": halves, "AUC by kind": by_kind}, axis=1).reindex(list(SCORES)).rename(SCORES)
both.rename_axis(index=None).style.format("{:.3f}", na_rep="–")

# %% [markdown]
# ### Why: what a share cannot see
#
# A share says how many of the null score less, not how far above them a picture lies. Where the null is easily passed, the
# right and the nearly right meet at the upper end, and the noise in the *other* cosine decides.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Above: the context, where the subject is right. Below: the subject, where the context is right. Left, as shares of the null; right, as probabilities. A score that tells them apart has the two colours at opposite ends.", "name": "fig-harmony-shares"}, "image": {"alt": "Four histograms comparing right and wrong pictures: text share, text probability, subject share, subject probability.", "width": "100%"}}
ours = scored[(scored["judge"] == "the judge") & scored["concept"].isin(reported)]
panels = (("u_text", "p_text", "subject only"), ("u_subject", "p_subject", "context only"))
figure, axes = plt.subplots(2, 2, figsize=(9, 4.6), sharex=True, layout="constrained")
for line, (share, probability, wrong) in zip(axes, panels, strict=True):
    for ax, value in zip(line, (share, probability), strict=True):
        for colour, case in (("C0", "both"), ("C3", wrong)):
            if len(own := ours[ours["set"] == case]):
                ax.hist(own[value].astype(float), bins=np.linspace(0, 1, 26), density=True, color=colour, alpha=0.55, label=case)
        ax.set(yticks=[], xlabel=f"{'share of the null below' if value == share else 'probability'}, {value[2:]}")
        ax.legend(fontsize=8) if len(ours) else None
plt.show()

# %% [markdown]
# ## The best of N, by an eye that no score shares
#
# Now the model’s own pictures. A word is learned for each concept, each prompt is drawn many times, and each score picks the best of N. The
# oracle then says whether the pick shows what was asked for. {glue:text}`oracle_said`
#
# {glue:text}`tuned_said`

# %% tags=["hide-input"]
settings = dict(batch_size=batch_size, checkpoint_every=checkpoint_every or max(1, steps // 7))
plan = [(weight, seed) for weight in (0.0, *kl_weights) for seed in seeds]
learned = {
    c.name: store.learn(
        pipe, [Arm(c, seed=s, kl_weight=w, learning_rate=learning_rate) for w, s in plan], steps=steps, **settings
    )
    for c in chosen
}
at = list(learned[names[0]].steps)


def truth(rows, name):
    """What the oracle accepts: subject and context; NaN where it cannot tell."""
    return sees(oracle, rows, known[name], name).prod(axis=1, skipna=False)


def scored_rows(c, rows):
    """One row per picture: all scores by the judge, and what the oracle accepts."""
    key = "the judge", c.name
    found = score(page.judge.image_features(list(rows["image"])), rows["prompt"], texts[key], references[key], nulls[key])
    facts = dict(concept=c.name, kind=c.kind, noise=rows["seed"], accepted=truth(rows, c.name))
    return pd.concat([rows.drop(columns=["image", "text"]).assign(**facts), found], axis=1)


def drawn_and_scored(c, embeddings, noises):
    """The pictures of learned words, scored, with each word's KL weight and training seed."""
    rows = scored_rows(c, store.draw(pipe, embeddings, tested[c.name], noises, **how))
    setting = dict(zip(learned[c.name].ids, plan, strict=True))
    facts = dict(weight=rows["arm"].map(lambda a: setting[a][0]), seed=rows["arm"].map(lambda a: setting[a][1]))
    return rows.assign(**facts, source=WORD)


def tuned_and_scored(c, noises):
    """The same of a network fine-tuned for the concept."""
    recipe = DreamBooth(
        c, identifier=rare_token(pipe.tokenizer), steps=tuned_steps, seed=seeds[0], learning_rate=tuned_learning_rate,
        class_pictures=8, batch_size=batch_size,
    )  # fmt: skip
    spare = store.pictures.with_name("dreambooth")
    tuned = dreambooth(pipe, recipe, out=spare, dtype=autocast_dtype(pipe.unet), **how)
    rows = scored_rows(c, store.draw(tuned, None, tested[c.name], noises, word=recipe.word, **how))
    return rows.assign(weight=0.0, seed=seeds[0], source="fine-tuned network")


# %% tags=["hide-input"]
naive = range(len(seeds))  # the arms without KL
drawn = [drawn_and_scored(c, [learned[c.name].at()[i] for i in naive], range(batch)) for c in chosen]
drawn += [tuned_and_scored(c, range(batch)) for c in chosen if tuned_steps]
drawn = pd.concat(drawn, ignore_index=True)
picked, agreement = [], []
place_of_batch = ["concept", "seed", "source", "prompt"]
for of_batch, rows in drawn.groupby(place_of_batch, sort=False):
    place = dict(zip(place_of_batch, of_batch, strict=True))
    for s in SCORES if rows["accepted"].notna().all() and rows[list(SCORES)].notna().all(axis=None) else ():
        shares = best_of(rows[s], rows["accepted"], SIZES)
        picked += [place | dict(score=s, N=N, accepted=share) for N, share in zip(SIZES, shares, strict=True)]
    for a, b in combinations(SCORES, 2):
        agreement.append(place | dict(one=a, other=b, tau=kendall(rows[a], rows[b])[0] if len(rows) > 1 else np.nan))
share_of_batch = drawn[drawn["concept"].isin(reported)].groupby(place_of_batch)["accepted"].mean().dropna()
open_batches = int(((share_of_batch > 0) & (share_of_batch < 1)).sum())  # in the others every pick is as good
picked = pd.DataFrame(picked, columns=[*place_of_batch, "score", "N", "accepted"])
agreement = pd.DataFrame(agreement)

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Left: share of picks that the oracle accepts when each score picks the best of N, on the reported concepts. Right: at the largest N, harmony and accord minus the others, with 95 % intervals.", "name": "fig-harmony-best"}, "image": {"alt": "Left, curves of the accepted share against N for each score. Right, differences with intervals around a line at zero.", "width": "100%"}}
ours = picked[picked["concept"].isin(reported)].dropna(subset=["accepted"])
largest = int(ours["N"].max()) if len(ours) else SIZES[-1]
at_largest = ours[ours["N"] == largest]
place = ("concept", "seed", "source", "prompt")
best = {
    new: {base: paired_interval(at_largest, "accepted", arm="score", new=new, base=base, pair=place) for base in PICKERS}
    for new in ("harmony", "accord")
}
figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 3.8), layout="constrained")
curves = ours.groupby(["score", "N"])["accepted"].mean()
for i, s in enumerate(SCORES):
    if len(curves):
        style = dict(linewidth=2.5, zorder=3) if i < 2 else dict(linewidth=1.2, linestyle="--")
        left.plot(curves[s].index, curves[s], marker="o", markersize=3, color=COLOURS[s], label=SCORES[s], **style)
left.set_xscale("log", base=2)
there = [N for N in SIZES if largest >= N]
left.set(xticks=there, xticklabels=there, xlabel="N", ylabel="share of picks: accepted")
left.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1)) if len(curves) else None
for shift, (new, found) in enumerate(best.items()):
    for i, c in enumerate(found.values()):
        right.plot([c.low, c.high], [i + 0.24 * shift - 0.12] * 2, color=COLOURS[new], linewidth=1.5)
        right.plot(c.estimate, i + 0.24 * shift - 0.12, "o", color=COLOURS[new], label=new if i == 0 else None)
right.axvline(0, color="0.5", linewidth=1, zorder=0)
right.set(yticks=range(len(PICKERS)), yticklabels=[f"− {SCORES[r]}" for r in PICKERS], ylim=(len(PICKERS) - 0.5, -0.5), xlabel="difference in the accepted share")
right.legend(fontsize=8)
plt.show()

# %% [markdown]
# ## Do the scores agree?
#
# Kendall’s rank correlation between the rankings that two scores give the same batch of drawn pictures.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Mean Kendall\u2019s tau-b between scores within batches of pictures drawn for one prompt, of one learned word or one fine-tuned network: one, the same ranking; zero, unrelated.", "name": "fig-harmony-agreement"}, "image": {"alt": "A matrix of rank correlations between all scores.", "width": "75%"}}
figure, ax = plt.subplots(figsize=(6.4, 5), layout="constrained")
mean = agreement.groupby(["one", "other"])["tau"].mean()
matrix = pd.DataFrame(1.0, index=list(SCORES), columns=list(SCORES))
for (a, b), tau in mean.items():
    matrix.loc[a, b] = matrix.loc[b, a] = tau
sns.heatmap(matrix.rename(SCORES).rename(SCORES, axis=1), vmin=-1, vmax=1, cmap="vlag", annot=True, fmt=".2f", annot_kws=dict(size=7), ax=ax)
ax.tick_params(labelsize=8)
plt.show()

# %% tags=["hide-input"]
lines = []
for s in ("accord", "harmony"):
    for other in SCORES:
        pair = agreement[((agreement["one"] == s) & (agreement["other"] == other)) | ((agreement["one"] == other) & (agreement["other"] == s))]
        if other != s:
            found = mean_interval(pair, "tau", ("concept", "seed", "prompt"))  # a prompt's batches, of word and network, count as one
            lines.append(dict(ranking=s, against=SCORES[other], tau=found.estimate, low=found.low, high=found.high, batches=len(pair)))
tau = pd.DataFrame(lines)
tau.set_index(["ranking", "against"]).style.format({k: "{:.2f}" for k in ("tau", "low", "high")}, na_rep="–")

# %% [markdown]
# ## What the ranking hangs on
#
# ### The judge, and the size of the null
#
# AUC on the constructed pictures of the reported concepts, by judge, and with nulls cut down to so many pictures of other prompts.

# %% tags=["hide-input"]
cut = []
for size in sorted({SMALLEST_NULL, *(n for n in (400, 800, 1600) if n < null_pictures), null_pictures}):
    for name, rows in cases.groupby("concept", sort=False):
        key = "the judge", name
        whole, each = nulls[key], -(-size // (len(known[name]) - 1))
        turn = pd.Series(whole.prompts).groupby(list(whole.prompts)).cumcount()  # of each prompt, the first so many
        keep = np.flatnonzero(turn < each)
        less = Nulls(whole.pictures[keep], tuple(whole.prompts[i] for i in keep), {})
        found = score(features[key], rows["prompt"], texts[key], references[key], less).set_index(rows.index)
        cut.append(pd.concat([rows.drop(columns="image").assign(judge=f"the judge, null of {size}"), found], axis=1))
by_size = orders(pd.concat(cut), dict(auc=SETS)) if cut else orders(scored, dict(auc=SETS))
sensitivity = pd.concat([order, by_size])
sensitivity = sensitivity[sensitivity["concept"].isin(reported)].pivot_table(index="judge", columns="score", values="auc", aggfunc="mean")
sensitivity = sensitivity.reindex(columns=list(SCORES)).rename(SCORES, axis=1)
sensitivity.rename_axis(index=None, columns=None).style.format("{:.3f}", na_rep="–")

# %% [markdown]
# ### The units of a raw sum
#
# Another CLIP spreads its cosines otherwise; a raw sum then weighs subject and text otherwise, without anyone having decided so. Here is its
# AUC if the text’s cosine counts so many times. Harmony and accord are the same in any unit. (This
# table was added after the first results, and is none of the contrasts named above.)

# %% tags=["hide-input"]
own, units = scored[(scored["judge"] == "the judge") & scored["concept"].isin(reported) & scored["set"].isin(SETS)], {}
for factor in (0.1, 0.2, 0.5, 1, 2, 5, 10):
    of_prompts = [concordance(g["subject"] + factor * g["text"], g["level"] == 2) for _, g in own.groupby(["concept", "prompt"])]
    units[factor] = np.mean(of_prompts) if of_prompts else np.nan
units = pd.Series(units, name="AUC of subject + factor · text").rename_axis("factor")
units.to_frame().T.style.format("{:.3f}", na_rep="–").format_index("{:g}", axis=1)

# %% [markdown]
# ### Pictures that cheat
#
# A training picture handed back as it is has all the likeness one can have and no context; an empty context has the context and
# nothing in it. How often does a picture that has both rank above them?

# %% tags=["hide-input"]
attacks = {}
for value, called in (("pasted", "above a training picture"), ("empty", "above an empty context")):
    for s in SCORES:
        attacks[SCORES[s], called] = mean_interval(own_order[own_order["score"] == s], value, levels)
shown = pd.Series({key: f"{a.estimate:.3f} ({a.low:.3f} to {a.high:.3f})" if np.isfinite(a.low) else "–" for key, a in attacks.items()})
shown.unstack().reindex(list(SCORES.values())).style

# %% [markdown]
# ## Where would each score stop?
#
# A score is also used to choose a setting: how long to train, how much KL. Every score’s mean over pictures is followed along both, beside the share
# that the oracle accepts. The *loss* is what one gives away, in that share, by going where a score is highest.

# %% tags=["hide-input"]
few, sweeps = range(images_per_prompt), []
for c in chosen:
    words = learned[c.name]
    along = [drawn_and_scored(c, [words.at(step)[i] for i in naive], few).assign(sweep="step", x=step) for step in at]
    along.append(drawn_and_scored(c, words.at(), few).assign(sweep="weight", x=lambda t: t["weight"]))
    sweeps.append(pd.concat(along))
sweeps = pd.concat(sweeps, ignore_index=True)
values = [*SCORES, "accepted"]
curve = sweeps.groupby(["concept", "seed", "sweep", "x"], sort=False)[values].mean().reset_index()
lost = []
for (name, seed, sweep), rows in curve[curve["concept"].isin(reported)].groupby(["concept", "seed", "sweep"], sort=False):
    for s in values:
        if rows[s].notna().all():
            top = rows.loc[rows[s].idxmax()]
            lost.append(dict(concept=name, seed=seed, sweep=sweep, score=s, x=top["x"], loss=rows["accepted"].max() - top["accepted"]))
lost = pd.DataFrame(lost, columns=["concept", "seed", "sweep", "score", "x", "loss"])

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Four scores and the share that the oracle accepts, along training (left) and over KL weights at its end (right). Each curve is put on the scale from its lowest to its highest value within a concept and seed; mean over the reported concepts. Intervals are in the table.", "name": "fig-harmony-sweet"}, "image": {"alt": "Two line plots: scaled scores against training step and against KL weight.", "width": "100%"}}
figure, axes = plt.subplots(1, 2, figsize=(10.5, 3.8), sharey=True, layout="constrained")
for ax, (sweep, called) in zip(axes, (("step", "training step"), ("weight", "KL weight λ")), strict=True):
    own = curve[(curve["sweep"] == sweep) & curve["concept"].isin(reported)].copy()
    place_of = {x: i for i, x in enumerate(sorted(own["x"].unique()))}
    own["position"] = own["x"].map(place_of)
    for s in ("accord", "harmony", "raw_sum", "raw_product", "accepted"):
        group = own.groupby(["concept", "seed"])[s]
        own["scaled"] = (own[s] - group.transform("min")) / (group.transform("max") - group.transform("min")).replace(0, np.nan)
        if own["scaled"].notna().any():
            look = dict(color="black", linewidth=2.5) if s == "accepted" else dict(color=COLOURS[s])
            mean = own.groupby("position")["scaled"].mean()
            ax.plot(mean.index, mean, marker="o", markersize=4, label=SCORES.get(s, "accepted"), **look)
    ax.set(xlabel=called, ylabel="share of its own range", xticks=list(place_of.values()), xticklabels=[f"{x:g}" for x in place_of])
    ax.legend(fontsize=7) if ax.lines else None
plt.show()

# %% tags=["hide-input"]
lines = []
for (sweep, s), rows in lost.groupby(["sweep", "score"], sort=False):
    found = mean_interval(rows, "loss")
    lines.append(dict(sweep={"step": "training step", "weight": "KL weight"}[sweep], score=SCORES.get(s, "the oracle’s share itself"), median=rows["x"].median(), loss=found.estimate, low=found.low, high=found.high))
sweet = pd.DataFrame(lines, columns=["sweep", "score", "median", "loss", "low", "high"])
sweet.set_index(["sweep", "score"]).style.format({"median": "{:g}"} | {k: "{:.3f}" for k in ("loss", "low", "high")}, na_rep="–")

# %% tags=["remove-cell"]
primary = {("auc", b): c for b, c in against["harmony"].items()} | {("best", b): c for b, c in best["harmony"].items()}
family = {("auc", b): c for b, c in against["accord"].items()} | {("best", b): c for b, c in best["accord"].items()}
adjusted = {}
for new, some in (("harmony", primary), ("accord", family)):
    p = holm([1.0 if np.isnan(c.p) else c.p for c in some.values()])
    adjusted |= {(new, *key): value for key, value in zip(some, p, strict=True)}
told = {"auc": "AUC", "best": f"best of {largest}"}
contrasts = pd.DataFrame(
    dict(score=new, measure=told[value], rival=base, **c._asdict(), concepts=c.concepts, prompts=c.n.get("prompt", 0), holm=adjusted[new, value, base])
    for new, some in (("harmony", primary), ("accord", family))
    for (value, base), c in some.items()
).drop(columns="n")


def judged(some):
    """Of each rival: better than it?"""
    return {base: verdict(c) for base, c in some.items()}


def outcome(some):
    """What the intervals say of `better than every one of these`."""
    found = set(judged(some).values())
    return "not supported" if "not supported" in found else "supported" if found == {"supported"} else "undecided"


def names_of(some, found):
    return ", ".join(SCORES[base] for base, answer in judged(some).items() if answer == found) or "none"


outcomes = {(new, value): outcome(some) for new in ("harmony", "accord") for value, some in (("auc", against[new]), ("best", best[new]))}

# %% tags=["remove-cell"]
model_name = model_title(model)
has_cases, has_truth = len(own_order) > 0 and np.isfinite(aucs["harmony"].estimate), len(at_largest) > 0
n_concepts = own_order["concept"].nunique()
if not has_cases:
    sentence = f"On {model_name} there are no pictures of known order of {', '.join(label.values())}, so nothing is decided; the batch at the end is ranked all the same."
else:
    shares = {name: f"{100 * aucs[name].estimate:.1f} %" for name in ("harmony", "accord", "raw_sum")}
    lead = f"On {model_name}, harmony puts {shares['harmony']} of the pairs of right and wrong pictures in order"
    rest = f"accord, which reads the same nulls as probabilities, {shares['accord']}; the plain sum of the cosines {shares['raw_sum']}"
    clear, worse = names_of(against["harmony"], "supported"), names_of(against["harmony"], "not supported")
    decided = f"Harmony does clearly better than: {clear}; clearly worse than: {worse}."
    sentence = f"{lead}; {rest}. {decided if n_concepts >= FEWEST_CONCEPTS else f'With fewer than {FEWEST_CONCEPTS} concepts nothing is decided.'}"
top = max((s for s in SCORES if np.isfinite(aucs[s].estimate)), key=lambda s: aucs[s].estimate, default="")
kinds = by_kind.loc["accord"].dropna() if "accord" in by_kind.index else pd.Series(dtype=float)

# %% tags=["remove-cell"]
judged_on = drawn[drawn["concept"].isin(reported)]
if judged_on["accepted"].notna().any():
    took = {source: f"{100 * share:.0f} % of those of a {source}" for source, share in judged_on.groupby("source", sort=False)["accepted"].mean().items()}
    oracle_said = f"Of the pictures drawn of the reported concepts it accepts {' and '.join(took.values())}."
else:
    oracle_said = "There is no oracle that knows these concepts, so nothing here is judged by it."
own_batches = at_largest[at_largest["source"] == WORD]
of_words = paired_interval(own_batches, "accepted", arm="score", new="harmony", base="raw_product", pair=place)
tuned_said = (
    "A ranking needs a batch in which some pictures are right. Each concept therefore also has a network fine-tuned with DreamBooth, stopped early, after "
    f"{tuned_steps} updates; its batches are ranked beside those of the word. Of the learned words’ batches alone, harmony’s picks minus the raw product’s: {in_words(of_words)}."
    if tuned_steps
    else ""
)
glued = dict(
    verdict=outcomes["harmony", "auc"],
    verdict_best=outcomes["harmony", "best"],
    verdict_accord=outcomes["accord", "auc"],
    verdict_short=sentence,
    model_name=model_name,
    n_null=f"{null_pictures}",
    smallest_null=f"{SMALLEST_NULL}",
    n_cases=f"{len(cases)}",
    n_concepts=f"{n_concepts}",
    n_tested=f"{own_order['prompt'].groupby(own_order['concept']).nunique().min() if len(own_order) else 0}",
    n_seeds=f"{len(seeds)}",
    text_leak=f"{halves.at['text', 'subject half']:.2f}" if "text" in halves.index else "unknown size",
    sum_range=f"{units.min():.2f} to {units.max():.2f}" if units.notna().any() else "not measured",
    n_batch=f"{batch}",
    largest=f"{largest}",
    open_batches=f"{open_batches}",
    n_batches=f"{len(share_of_batch)}",
    vae_said="All went through the model’s autoencoder, as its own pictures do." if through_vae else "They are shown as drawn.",
    oracle_said=oracle_said,
    and_tuned=", and networks stopped early on purpose" if tuned_steps else "",
    tuned_said=tuned_said,
    auc_harmony=in_words(aucs["harmony"], ".3f"),
    auc_accord=in_words(aucs["accord"], ".3f"),
    auc_sum=in_words(aucs["raw_sum"], ".3f"),
    harmony_sum=in_words(against["harmony"]["raw_sum"]),
    accord_sum=in_words(against["accord"]["raw_sum"]),
    accord_harmony=in_words(paired_interval(own_order, "auc", arm="score", new="accord", base="harmony", pair=levels)),
    harmony_beats=names_of(against["harmony"], "supported"),
    harmony_loses=names_of(against["harmony"], "not supported"),
    accord_beats=names_of(against["accord"], "supported"),
    accord_loses=names_of(against["accord"], "not supported"),
    best_score=SCORES.get(top, "none"),
    best_harmony_beats=names_of(best["harmony"], "supported") if has_truth else "not judged",
    best_accord_beats=names_of(best["accord"], "supported") if has_truth else "not judged",
    weakest_kind=f"{kinds.idxmin()} ({kinds.min():.2f})" if len(kinds) else "not known",
    pasted_accord=in_words(attacks[SCORES["accord"], "above a training picture"], ".2f"),
    pasted_sum=in_words(attacks[SCORES["raw_sum"], "above a training picture"], ".2f"),
    empty_accord=in_words(attacks[SCORES["accord"], "above an empty context"], ".2f"),
    empty_sum=in_words(attacks[SCORES["raw_sum"], "above an empty context"], ".2f"),
    own_prompt=own_prompt.replace("{}", own_concept.placeholder),
)
for key, value in glued.items():
    glue(key, value, display=False)

# %% [markdown]
# ## All contrasts
#
# Paired over concepts; *p* by sign flips over concepts, and after Holm’s correction within each family.

# %% tags=["hide-input"]
shown = contrasts.assign(rival=contrasts["rival"].map(lambda r: f"− {SCORES[r]}")).set_index(["score", "measure", "rival"])
shown.style.format({k: "{:+.3f}" for k in ("estimate", "low", "high")} | {"p": "{:.3f}", "holm": "{:.3f}"}, na_rep="–")

# %% [markdown]
# ## Rank your own batch
#
# {glue:text}`own_prompt`: drawn anew, ranked, the best one kept beside this page’s records as `best.png`. With `-r concept`, `-r own_prompt` and
# `-p own_pictures` this is your concept, your prompt and your number.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "A batch, ranked: best first, row by row. Under each picture its rank and score; a tick where the oracle accepts it.", "name": "fig-harmony-own"}, "image": {"alt": "Rows of small pictures in the order of their rank, each with its rank and score below.", "width": "100%"}}
noises = range(OWN_SEED, OWN_SEED + own_pictures)
yours = store.draw(pipe, learned[own_concept.name].at()[:1], [own_prompt], noises, **how)
by = "accord" if len(own_concept.images) > 2 else "mean_z"  # one or two pictures do not say how alike its pictures are
ranked = rank(list(yours["image"]), own_concept, own_prompt, nulls["the judge", own_concept.name], page.judge, context=own_context, by=by)
accepted = truth(yours, own_concept.name)
write_image(folder / "best.png", yours["image"][ranked.index[0]])
across = min(8, own_pictures)
figure, axes = plt.subplots(-(-own_pictures // across), 1, figsize=(1.25 * across, 1.5 * -(-own_pictures // across)), squeeze=False, layout="constrained")
for line, ax in enumerate(axes[:, 0]):
    places = ranked.index[line * across : (line + 1) * across]
    under = {i: f"{ranked.at[i, 'rank']}: {ranked.at[i, by]:.2f}{' ✓' if accepted[i] == 1 else ''}" for i in places}
    row = pd.DataFrame([dict(row="", column=i, image=yours["image"][i]) for i in places])
    image_grid(row, row="row", column="column", column_labels=under, ax=ax, pixels=96)
    ax.tick_params(axis="x", labeltop=False, labelbottom=True, labelsize=8, pad=1)
    ax.set_xlim(-0.5, 99 * across)
figure.savefig(folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# ## What this shows, and what it does not
#
# **Does harmony rank better than the raw combinations? {glue:text}`verdict`.** Over {glue:text}`n_concepts` reported concepts, {glue:text}`n_tested` prompts each and
# {glue:text}`n_cases` constructed pictures in all, harmony’s AUC is {glue:text}`auc_harmony`; the raw sum’s is {glue:text}`auc_sum` (harmony minus sum
# {glue:text}`harmony_sum`). It clearly beats: {glue:text}`harmony_beats`; it is clearly beaten by: {glue:text}`harmony_loses`.
#
# **Accord**, the same two comparisons read as probabilities, reaches {glue:text}`auc_accord`: {glue:text}`accord_harmony` over harmony, {glue:text}`accord_sum`
# over the raw sum, whose AUC is {glue:text}`sum_range` as the text’s cosine counts for less or more. It clearly beats: {glue:text}`accord_beats`; it is clearly beaten by: {glue:text}`accord_loses`. The highest AUC is that of: {glue:text}`best_score`.
#
# **Picking the best of {glue:text}`largest`: {glue:text}`verdict_best`.** {glue:text}`oracle_said` There was something to pick in
# {glue:text}`open_batches` of {glue:text}`n_batches` batches; in the others it accepts all or none. Harmony clearly beats: {glue:text}`best_harmony_beats`; accord: {glue:text}`best_accord_beats`.
#
# **Cheating.** A picture with both ranks above a pasted training picture in this share of pairs: accord {glue:text}`pasted_accord`, raw sum {glue:text}`pasted_sum`;
# above an empty context: accord {glue:text}`empty_accord`, raw sum {glue:text}`empty_sum`.
#
# When not to use any of these scores:
#
# - With nulls of fewer than {glue:text}`smallest_null` pictures: the code refuses.
# - To compare pictures of different prompts or concepts: every null is of one concept and one context.
# - Where the model cannot draw the context with the class word either: then accord’s idea of a hit is wrong.
# - Where the judge cannot tell the concept from its class. Accord’s weakest kind here: {glue:text}`weakest_kind`, as AUC.
#
# What it does not show:
#
# - Constructed pictures are cleaner than drawn ones, and their mistakes are whole: no half-right subjects, no merged contexts.
# - Accord is the pick of dozens of variants on the development concepts, so its scores there flatter it; the reported concepts took no part in the choice.
# - What stands for the subject may change how clearly CLIP reads the context: text alone, which should not know one thing from another,
#   tells the subject from its stand-ins with an AUC of {glue:text}`text_leak` (a half would be blind).
# - {glue:text}`n_batch` pictures a batch, {glue:text}`n_seeds` training seeds of a word{glue:text}`and_tuned`; the oracle errs too, and nobody was asked which pictures they prefer.

# %% tags=["remove-cell"]
given = dict(model=model, seeds=seeds, steps=steps, learning_rate=learning_rate, kl_weights=kl_weights, guidance=guidance)
given |= dict(contexts=contexts, constructed=constructed, through_vae=through_vae, null_pictures=null_pictures, batch=batch)
given |= dict(tuned_steps=tuned_steps, tuned_learning_rate=tuned_learning_rate)
given |= dict(images_per_prompt=images_per_prompt, num_inference_steps=num_inference_steps, initializer=initializer)
given |= dict(judges=[clip.name for clip in judges.values()], development=development, own_prompt=own_prompt, own_pictures=own_pictures)
tables = dict(constructed=scored, order=order, drawn=drawn, best_of=picked, agreement=tau, contrasts=contrasts, curve=curve, sweet_spots=sweet)
tables |= dict(sensitivity=sensitivity.reset_index(), units=units.reset_index())
n_auc = f"{counted(n_concepts, 'concept')}, {glued['n_tested']} prompts each, {counted(len(cases), 'picture')}"
batches_of = counted(len(seeds), "training seed") + (" of a word and one fine-tuned network each" if tuned_steps else "")
n_best = f"{counted(at_largest['concept'].nunique(), 'concept')}, {batches_of}, batches of {batch}"
margins = {(new, v): "; ".join(f"− {SCORES[b]} {in_words(c)}" for b, c in some.items()) for new in ("harmony", "accord") for v, some in (("auc", against[new]), ("best", best[new]))}
rule = "supported if every interval lies above zero, not supported if one lies below"
claims = [
    Claim(source="this study, harmony", words="harmony ranks pictures better than any raw combination of the two cosines", test=f"AUC over pictures of known order; {rule}", result=margins["harmony", "auc"], n=n_auc, verdict=outcomes["harmony", "auc"], primary=True),
    Claim(source="this study, harmony", words="the picture that harmony picks is more often right", test=f"share of picks of the best of {largest} that the oracle accepts; {rule}", result=margins["harmony", "best"] if has_truth else "not judged: it takes an oracle that knows the concepts", n=n_best, verdict=glued["verdict_best"], primary=True),
    Claim(source="this study, accord", words="accord ranks pictures better than any raw combination of the two cosines", test=f"AUC over pictures of known order; {rule}", result=margins["accord", "auc"], n=n_auc, verdict=outcomes["accord", "auc"]),
]
page.record(given | settings, tables, glued, claims)
