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
concepts: list[str] = ["lemon_pine", "brick_tower", "mint_bunny", "rose_bus", "toy_king", "berry_cake", "violet_cloud", "sky_castle", "plum_cat", "blue_racer", "leaf_robot", "star_cupcake", "merry_man", "dusk_style"]  # [names or folders] what to rank
development: list[str] = ["lemon_pine", "brick_tower", "mint_bunny", "rose_bus", "toy_king", "berry_cake"]  # [names] those of `concepts` that settings were chosen on; the others are reported
initializer: str = ""  # [word] where learning starts; empty: each concept's own
steps: int = 500  # [updates] length of training
seeds: list[int] = [0]  # [numbers] training seeds
learning_rate: float = 0.01  # [per update] Adam's step size
batch_size: int = 4  # [pictures] per update and learned word
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
contexts: int = 4  # [prompts] how many contexts pictures are ranked in, two or more
constructed: int = 8  # [pictures] constructed for each case of known order and each prompt
through_vae: bool = True  # [yes or no] pass constructed pictures through the model's autoencoder, as its own are
null_pictures: int = 240  # [pictures] of other prompts in each null, 200 or more
batch: int = 32  # [pictures] drawn of each learned word for each prompt, to choose the best of
fewest_accepted: int = 30  # [pictures] that the oracle must accept before picks are compared
own_prompt: str = ""  # [prompt] with {} for the concept: what the last figure ranks; empty: the first context
own_pictures: int = 16  # [pictures] that the last figure ranks
num_inference_steps: int = 20  # [steps] of the sampler
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
from PIL import Image
from pocket_world.oracle.constructed import known_order
from pocket_world.oracle.witness import open_oracle, sees
from pocket_world.training.vae import there_and_back

from study.analysis import harmony as analysis
from study.analysis import harmony_told as told
from study.analysis.harmony import NEW, RAW, SCORES
from study.figures import image_grid
from study.page import POCKET, Claim, begin
from study.panels import PIXELS, bars, shared_legend
from study.parameters import ParameterError
from study.wording import FEWEST_CONCEPTS, counted
from textinv_core.evaluation.judges import load_judge
from textinv_core.evaluation.metrics import SMALLEST_NULL
from textinv_core.evaluation.nulls import NULL_SEED, OWN_SEED, cached_nulls, describe_nulls
from textinv_core.evaluation.ranking import context_features, rank, score
from textinv_core.files import write_image
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import context_prompts, load_images
from textinv_core.learning.models import model_hash
from textinv_core.paths import MODELS

if null_pictures < SMALLEST_NULL:
    raise ParameterError(f"null_pictures: expected {SMALLEST_NULL} or more, got {null_pictures}")
if own_prompt and own_prompt.count("{}") != 1:
    raise ParameterError(f"own_prompt {own_prompt!r}: expected exactly one {{}} where the concept stands")
PICKED = ("text", "subject", "harmony")  # whose picks are shown
page, oracle = begin("harmony", globals()), open_oracle(model)
label, first = page.labels, page.concepts[0]
reported = [name for name in page.names if name not in development] or page.names
known = {c.name: dict(context_prompts(c.kind)) for c in page.concepts}  # prompt -> the phrase that names its context
many = max(2, contexts)
tested = {name: list(texts)[:: max(1, len(texts) // many)][:many] for name, texts in known.items()}
own_prompt = own_prompt or tested[first.name][0]
own_context = known[first.name].get(own_prompt) or " ".join(own_prompt.replace("{}", "").split())
known[first.name] |= {own_prompt: own_context}
second = other_judge or (str(MODELS / "pocket_clip") if model == POCKET and (MODELS / "pocket_clip").is_dir() else "")
judges = {"the judge": page.judge} | ({"another CLIP": load_judge(second)} if second else {})

# %% [markdown]
# ## The scores
#
# What is a cosine worth? The plain model, which has never seen the concept, draws its class word: {glue:text}`n_null` pictures or more
# for each concept, over all contexts. None of them can show the concept, so their likeness to its pictures is what *the wrong identity* scores.
# Those drawn for other prompts cannot show this prompt’s context, so their cosine to it is what *the wrong context* scores.
#
# - **harmony** takes the share of the null that scores less, $u$, of subject and of text: $\sqrt{u_\text{subject}\,u_\text{text}}$.
# - **accord** asks for the probability, $p$, that the cosine comes from the real thing and not from the null (two Gaussians; the
#   real thing: the concept’s pictures compared with each other, and class pictures drawn for this very prompt): $\sqrt{p_\text{subject}\,p_\text{text}}$.
#
# Beside them: the *minimum* of the two shares, the *mean z*-score, and what people do without nulls: the *raw* sum, product and
# harmonic mean of the cosines, the *subject* cosine alone (CLIP-I), the *text* cosine alone (CLIP-T).
#
# ## Contrasts, named before looking
#
# On the reported concepts, harmony minus each of its rivals; the same of accord is a second family:
#
# - **Known order.** Over constructed pictures, the share of (right, wrong) pairs that a score puts in order (AUC): minus {glue:text}`raw_rivals`. Smallest effect of interest: {glue:text}`smallest_auc`.
# - **Best of N.** Of the largest N pictures drawn for one prompt the best-scored is kept; the share of these that the oracle accepts: minus
#   {glue:text}`pick_rivals`. Smallest effect of interest: {glue:text}`smallest_best`. The random pick is the control. With fewer than {glue:text}`fewest_accepted` accepted pictures in all this is not judged, since it would hang on single ones.
#
# A verdict needs an interval over {glue:text}`fewest` concepts or more on its side, and Holm’s p over the family.

# %% tags=["hide-input"]
weights, home = model_hash(page.pipe), page.store.pictures.parent / "nulls"
nulls, references, texts = {}, {}, {}
for c in page.concepts:
    noises = range(NULL_SEED, NULL_SEED + -(-null_pictures // (len(known[c.name]) - 1)))
    drawing = partial(page.draw_plain, c, list(known[c.name]), noises)
    for called, clip in judges.items():
        made = describe_nulls(c, clip, list(known[c.name]), noises, model=weights, **page.drawing)
        path = home / f"{c.name}-{called.replace(' ', '-')}.safetensors"
        nulls[called, c.name] = cached_nulls(path, drawing, clip, made)
        references[called, c.name] = clip.image_features(load_images(c.images, page.side))
        others = [prompt for prompt in known[c.name] if prompt != own_prompt]
        texts[called, c.name] = context_features(others, c, clip) | context_features([own_prompt], c, clip, own_context)


def scored(rows, name, called="the judge"):
    """Pictures (prompt, image) of one concept with all their scores."""
    features, key = judges[called].image_features(list(rows["image"])), (called, name)
    found = score(features, rows["prompt"], texts[key], references[key], nulls[key]).set_index(rows.index)
    return pd.concat([rows.drop(columns=["image", "text"], errors="ignore").assign(judge=called), found], axis=1)


# %% [markdown]
# ## Pictures whose order is known, and the traps
#
# The pocket world can draw what no model can be asked for: the concept in the right context, the concept elsewhere, something else in the right
# context, something else elsewhere. Something else is of the same class, or another concept, or nearly the concept. Three *traps* stand beside them. A picture that *drops the
# subject* is the best picture of its context there is. A *smear*, the blurred mean of the concept’s pictures, has its colours and nothing else. And a *training picture* handed back
# has all the likeness one can have. {glue:text}`vae_said`

# %% tags=["hide-input"] mystnb={"figure": {"caption": "One row a concept: what was asked for, the subject only, the context only, neither; then the traps: the subject dropped, a smear, a training picture as it is.", "name": "fig-harmony-sets"}, "image": {"alt": "A grid of small pictures: one row for each concept; columns for both, subject only, context only, neither, empty context, smear and training picture.", "width": "100%"}}
cases = []
for c in page.concepts:
    prompt_of = {known[c.name][prompt]: prompt for prompt in tested[c.name]}
    rows = known_order(c.name, list(prompt_of), constructed, side=page.side)
    plain = load_images(c.images[::2], page.side) if rows and c.kind != "style" else []  # those on a plain backdrop
    rows += [dict(phrase=phrase, set="training picture", image=image) for phrase in prompt_of for image in plain]
    cases += [row | dict(concept=c.name, kind=c.kind, prompt=prompt_of[row["phrase"]]) for row in rows]
cases = pd.DataFrame(cases, columns=["concept", "kind", "prompt", "phrase", "set", "level", "stand_in", "image"])
if through_vae and len(cases):
    decoded = there_and_back(page.pipe.vae, np.stack([np.asarray(image) for image in cases["image"]]))
    cases["image"] = [Image.fromarray(pixels) for pixels in decoded]
shown = cases.groupby(["concept", "phrase", "set"], sort=False).first().reset_index()
shown = shown[shown["phrase"] == shown.groupby("concept")["phrase"].transform("first")]
if len(shown):
    asked_for = {row.concept: f"{label[row.concept]}\n{row.phrase}" for row in shown.itertuples()}
    grid = image_grid(shown, row="concept", column="set", row_labels=asked_for, pixels=PIXELS)
    grid.tick_params(labelsize=8)

# %% [markdown]
# ## Who puts them in order?
#
# A coin gives half. Left, right pictures against wrong ones; then against each trap, where a score below the line prefers the trap.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "The share of pairs that each score puts in order on the reported concepts, mean with 95 % interval over concepts and prompts: right against wrong pictures, and right pictures against each trap.", "name": "fig-harmony-auc"}, "image": {"alt": "Four dot plots with intervals, a row for each score: known order, subject dropped, smear, training picture; a line at one half.", "width": "100%"}}
parts = [scored(own, name, called) for called in judges for name, own in cases.groupby("concept", sort=False)]
order = analysis.orders(pd.concat([cases.drop(columns="image").assign(judge="")[:0], *parts], ignore_index=True))
of_judge = order[(order["judge"] == "the judge") & order["concept"].isin(reported)]
shares = {value: analysis.in_order(of_judge, value) for value in ("auc", *analysis.TRAPS)}
figure, axes = plt.subplots(1, len(shares), figsize=(11.5, 3.4), sharey=True, layout="constrained")
for ax, (value, rows) in zip(axes, shares.items(), strict=True):
    named = [SCORES[s] for s in rows["score"]]
    colours = ["C0" if s in NEW else "0.45" for s in rows["score"]]
    ax.errorbar(rows["estimate"], named, xerr=bars(rows), linestyle="", color="0.5", zorder=1)
    ax.scatter(rows["estimate"], named, color=colours, zorder=2)
    ax.axvline(0.5, color="0.5", linewidth=1, zorder=0)
    ax.set(xlabel="right above wrong" if value == "auc" else f"above {analysis.TRAPS[value]}", xlim=(-0.05, 1.05))
axes[0].invert_yaxis()

# %% [markdown]
# The two halves of the task (telling the subject from its stand-ins where the context is right, and the context from a wrong one where the subject is right), each kind of
# concept, and, where there is one, another CLIP.

# %%
analysis.by_kind(order, reported).style.format("{:.3f}", na_rep="–")

# %% [markdown]
# ## The best of N, by an eye that no score shares
#
# Now the model’s own pictures. A word is learned for each concept, each prompt is drawn {glue:text}`batch` times, and each score picks one. The
# oracle then says whether the pick shows what was asked for. {glue:text}`accepted_told`

# %% tags=["hide-input"] mystnb={"figure": {"caption": "What three scores pick from the same batch: the reported concepts, each in its first context; below each the best-scored picture. Two ticks: the oracle sees subject and context; one: only one of them.", "name": "fig-harmony-picks"}, "image": {"alt": "A grid of small pictures: a column for each concept, a row for each score, the picture that it picks.", "width": "100%"}}
learned, drawn, cells = {}, [], []
for c in page.concepts:
    arms = [Arm(c, seed=s, learning_rate=learning_rate) for s in seeds]
    learned[c.name] = page.store.learn(page.pipe, arms, steps=steps, batch_size=batch_size)
    for s, word in zip(seeds, learned[c.name].at(), strict=True):
        pictures = page.draw(word, tested[c.name], range(batch))
        seen = sees(oracle, pictures, known[c.name], c.name)
        rows = scored(pictures, c.name).rename(columns={"seed": "noise"}).join(seen)
        drawn.append(rows.assign(concept=c.name, kind=c.kind, seed=s, accepted=seen["both_seen"]))
        for by in PICKED if c.name in reported and s == seeds[0] else ():
            best = rows.loc[rows["prompt"] == tested[c.name][0], by].idxmax()
            ticks = "✓" * int(seen.loc[best, ["concept_seen", "context_seen"]].fillna(0).sum())
            column = f"{label[c.name]}\n{known[c.name][tested[c.name][0]]}"
            cells.append(dict(row=SCORES[by], column=column, image=pictures["image"][best], ticks=ticks))
drawn = pd.concat(drawn, ignore_index=True)
judged_on = drawn[drawn["concept"].isin(reported)]
grid = image_grid(pd.DataFrame(cells), row="row", column="column", pixels=PIXELS)
grid.tick_params(labelsize=7)
for i, cell in enumerate(cells):  # the pictures stand a gap of three pixels apart
    place = ((PIXELS + 3) * (i // len(PICKED)) + 4, (PIXELS + 3) * (i % len(PICKED) + 1) - 12)
    grid.text(*place, cell["ticks"], fontsize=8, bbox=dict(facecolor="white", linewidth=0, pad=1) if cell["ticks"] else None)

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Left: the share of picks that the oracle accepts when each score picks the best of N; dotted, a random pick. Right: harmony and accord minus what each must beat, for picks at the largest N and, hollow, for pictures of known order. Without enough accepted pictures there is no curve.", "name": "fig-harmony-best"}, "image": {"alt": "Left, curves of the accepted share against N for each score. Right, differences with intervals around a line at zero.", "width": "100%"}}
there = analysis.enough(judged_on, fewest_accepted)
picked = analysis.picks(judged_on)
contrasts, found = analysis.contrasts(of_judge, picked, there.enough)
each = analysis.verdicts(contrasts, found)
figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 3.8), layout="constrained")
for s, rows in picked.groupby("score") if there.enough else ():
    look = dict(linewidth=2.5) if s in NEW else dict(linestyle=":" if s == analysis.RANDOM else "--", linewidth=1.2)
    mean = rows.groupby("N")["accepted"].mean()
    left.plot(mean.index, mean, marker="o", markersize=3, label=SCORES.get(s, "random pick"), **look)
left.set(xlabel="N", ylabel="share of picks: accepted", xticks=analysis.SIZES, visible=there.enough)
left.legend(fontsize=7) if there.enough else None
for i, (new, rows) in enumerate(contrasts.rename(columns={"difference": "estimate"}).groupby("score", sort=False)):
    middle, fill = np.arange(len(rows)) + 0.3 * i, ["white" if m == "auc" else f"C{i}" for m in rows["measure"]]
    right.errorbar(rows["estimate"], middle, xerr=bars(rows), linestyle="", color=f"C{i}", label=new, zorder=1)
    right.scatter(rows["estimate"], middle, c=fill, edgecolor=f"C{i}", zorder=2)
    named = told.rows_called(rows)
right.set(yticks=range(len(named)), yticklabels=named, ylim=(len(named), -0.7), xlabel="difference")
right.axvline(0, color="0.5", linewidth=1, zorder=0)
_ = right.legend(fontsize=8)

# %%
told.contrast_table(contrasts)

# %% [markdown]
# ## Do the scores agree with the truth?
#
# Within a batch, how often does a score rank a picture that the oracle accepts above one that it does not? And is a probability what it says: of the pictures given so much, in which share
# does the oracle see the subject, or the context?

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Left: within batches of drawn pictures, the share of pairs of an accepted and another picture that each score puts in order, mean with 95 % interval over concepts. Right: accord\u2019s two probabilities against the share in which the oracle sees it, in tenths that hold enough pictures; on the diagonal they would be what they say.", "name": "fig-harmony-agreement"}, "image": {"alt": "Left, a dot plot of agreement by score around a line at one half. Right, two calibration curves and a diagonal.", "width": "90%"}}
agreeing, probable = analysis.agreement(judged_on), analysis.calibration(judged_on)
truth = analysis.in_order(agreeing)
figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained")
left.errorbar(truth["estimate"], [SCORES[s] for s in truth["score"]], xerr=bars(truth), linestyle="", marker="o")
left.axvline(0.5, color="0.5", linewidth=1, zorder=0)
left.set(xlabel="accepted above others", xlim=(0, 1))
left.invert_yaxis()
right.plot([0, 1], [0, 1], color="0.6", linewidth=1)
for reading, rows in probable.groupby("reading"):
    right.plot(rows["p"], rows["seen"], marker="o", label=reading)
right.set(xlabel="probability, by CLIP", ylabel="share seen, by the oracle", xlim=(0, 1), ylim=(0, 1))
shared_legend(figure, right, "outside right upper")

# %% tags=["remove-cell"]
concepts_of = of_judge["concept"].nunique()
page.say(
    **page.common("model_name", "n_seeds", "steps", "batch", "fewest_accepted"),
    verdict_short=f"On {page.model_name}, {told.answered(shares['auc'], each)}.",
    n_null=f"{null_pictures}",
    smallest_null=f"{SMALLEST_NULL}",
    n_cases=f"{len(cases)}",
    n_concepts=f"{concepts_of}",
    n_tested=f"{many}",
    fewest=f"{FEWEST_CONCEPTS}",
    smallest_auc=f"{analysis.SMALLEST['auc']:g}",
    smallest_best=f"{analysis.SMALLEST['best']:g}",
    raw_rivals=", ".join(SCORES[r] for r in RAW),
    pick_rivals=", ".join(SCORES.get(r, "a random pick") for r in analysis.PICKERS),
    vae_said="All went through the model’s autoencoder." if through_vae else "They are shown as drawn.",
    accepted_told=there.told,
    own_prompt=own_prompt.replace("{}", first.placeholder),
    **told.numbers(shares, of_judge, truth, each),
)

# %% [markdown]
# ## Rank your own batch
#
# {glue:text}`own_prompt`: drawn anew, ranked, the best one kept beside this page’s records as `best.png`. With `-r concept`, `-r own_prompt` and
# `-p own_pictures` this is your concept, your prompt and your number.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "A batch, ranked: best first, row by row. Above each picture its rank and score; a tick where the oracle accepts it.", "name": "fig-harmony-own"}, "image": {"alt": "Rows of small pictures in the order of their rank, each with its rank and score.", "width": "100%"}}
yours = page.draw(learned[first.name].at()[:1], [own_prompt], range(OWN_SEED, OWN_SEED + own_pictures))
by = "accord" if len(first.images) > 2 else "mean_z"  # one or two pictures do not say how alike its pictures are
ranked = rank(list(yours["image"]), first, own_prompt, nulls["the judge", first.name], page.judge, context=own_context, by=by)
accepted, across = sees(oracle, yours, known[first.name], first.name)["both_seen"], min(8, own_pictures)
write_image(page.folder / "best.png", yours["image"][ranked.index[0]])
under = {i: f"{ranked.at[i, 'rank']}: {ranked.at[i, by]:.2f}{' ✓' if accepted[i] == 1 else ''}" for i in ranked.index}
lines = [ranked.index[start : start + across] for start in range(0, own_pictures, across)]
figure, axes = plt.subplots(len(lines), 1, figsize=(1.25 * across, 1.5 * len(lines)), squeeze=False, layout="constrained")
for line, ax in zip(lines, axes[:, 0], strict=True):
    row = pd.DataFrame([dict(row="", column=i, image=yours["image"][i]) for i in line])
    image_grid(row, row="row", column="column", column_labels=under, ax=ax, pixels=PIXELS).tick_params(labelsize=8)
    ax.set_xlim(-0.5, (PIXELS + 3) * across)
figure.savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# ## What this shows, and what it does not
#
# **Does harmony rank better than the raw combinations? {glue:text}`verdict`.** Over {glue:text}`n_concepts` reported concepts, {glue:text}`n_tested` prompts each and
# {glue:text}`n_cases` constructed pictures in all, harmony’s AUC is {glue:text}`auc_harmony`; the raw sum’s {glue:text}`auc_raw_sum`. It is better than: {glue:text}`harmony_beats`; not better than: {glue:text}`harmony_loses`.
#
# **Accord**, the same two comparisons read as probabilities, reaches {glue:text}`auc_accord`. Better than all raw combinations: {glue:text}`verdict_accord`. It is better than: {glue:text}`accord_beats`; not better than: {glue:text}`accord_loses`.
#
# **Picking the best of N: {glue:text}`verdict_best`.** {glue:text}`accepted_told` Within batches, accepted pictures rank above others in this share of pairs: {glue:text}`truth_told`.
#
# **Traps.** A picture with both ranks above one without the subject in this share of pairs: {glue:text}`empty_told`; above a smear: {glue:text}`smear_told`; above a training picture:
# {glue:text}`pasted_told`. No score decides alone where these shares are low: look at the pictures.
#
# What to do: rank with the score that leads here, draw several, and look at the first few. Do not use any of these scores
#
# - with nulls of fewer than {glue:text}`smallest_null` pictures: the code refuses;
# - to compare pictures of different prompts or concepts: every null is of one concept and one context;
# - where the model cannot draw the context with the class word either: then accord’s idea of a hit is wrong.
#
# What it does not show:
#
# - Constructed pictures are cleaner than drawn ones, and their mistakes are whole: no half-right subjects, no merged contexts.
# - Accord’s form was picked among many in an earlier edition of this study, on other concepts of another model.
# - {glue:text}`batch` pictures a batch, {glue:text}`n_seeds` training seeds of a word; the oracle errs too, and nobody was asked which pictures they prefer.

# %% tags=["remove-cell"]
sizes = f"{counted(concepts_of, 'concept')}, {many} prompts each, {counted(len(cases), 'picture')}"
claims = [Claim(**said) for said in told.claims(found, each, there, sizes)]
tables = dict(order=order, drawn=drawn, best_of=picked, agreement=agreeing, calibration=probable, contrasts=contrasts)
page.close(tables, claims, own_prompt=own_prompt, judges=[clip.name for clip in judges.values()])
