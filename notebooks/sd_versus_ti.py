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
# # Does the word draw what the plain model cannot?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# The poster (its Fig. 5 to Fig. 8) sets pictures by plain Stable Diffusion beside pictures by the inverted word: an object in
# a forest, a building on a campus, and a painting style lent to a woman and to a lake. Here the same prompts are drawn twice *from
# the same noise*, once with the ordinary class word and once with the learned one, and each picture carries its scores.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["elder_tree", "nova_hall", "ember_style"]  # [names or folders] what to learn
prompts: list[str] = []  # [texts] your own, with {} in place of “a tree”; empty: the poster's for each kind
initializer: str = ""  # [word] where learning starts; empty: each concept's own
steps: int = 1000  # [updates] length of training
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
learning_rate: float = 0.001  # [per update] Adam's step size
batch_size: int = 4  # [pictures] per update and learned word
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 8  # [pictures] drawn for each prompt, each from its own noise
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
import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from myst_nb import glue
from pocket_world.first.witness import open_oracle, sees

from study.figures import image_grid, use_style
from study.page import Claim, model_title, open_page
from study.parameters import ParameterError
from study.sheets import write_sheet
from study.wording import counted, in_words, side
from textinv_core.evaluation.metrics import evaluate, image_only, normalised
from textinv_core.evaluation.stats import paired_interval
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import class_phrase, load_images
from textinv_core.learning.tokens import save_embedding

POSTER = {
    "tree": ["a photo of {} in the forest"],
    "building": ["a photo of {} in the campus"],
    "style": ["a woman in the style of {}", "a lake in the style of {}"],
}
OTHERS = ["a photo of {} in the forest"]  # for a kind of concept that the poster does not show
SHOWN = 5  # noises whose pictures are on the page
PLAIN, LEARNED = "plain", "learned"
use_style()
plt.rcParams["figure.dpi"] = 120

# %% tags=["hide-input"]
for prompt in prompts:
    if prompt.count("{}") != 1:
        raise ParameterError(f"prompt {prompt!r}: expected exactly one {{}} where the concept stands")
where = dict(profile=profile, model=model, judge=judge, out=out, runs=runs, initializer=initializer)
page = open_page("sd_versus_ti", concepts=[concept] if concept else concepts, **where)
pipe, chosen, store, folder = page.pipe, page.concepts, page.store, page.folder
how = dict(guidance_scale=guidance, num_inference_steps=num_inference_steps)
noises = range(images_per_prompt)
asked = {c.name: prompts or POSTER.get(c.kind, OTHERS) for c in chosen}
contexts = {}  # prompt -> the phrase that names the context alone: what follows the concept, or has its style
for prompt in dict.fromkeys(text for texts in asked.values() for text in texts):
    before, _, after = prompt.partition("{}")
    styled = before.removesuffix(" in the style of ") if before.endswith(" in the style of ") else ""
    contexts[prompt] = after.strip(" ,.") or styled

# %% tags=["remove-cell"]
oracle = open_oracle(model)

# %% [markdown]
# ## Train, draw, score
#
# Each word is learned from several training seeds; the plain model needs no training. *Likeness* is the mean cosine of a
# picture to the concept’s training pictures, *text* its cosine to the prompt with the concept’s name deleted, both by
# {ref}`the judge <measures>`.

# %% tags=["hide-input"]
drawn, ceilings, tiles = [], {}, {}
for c in chosen:
    words = store.learn(
        pipe, [Arm(c, seed=s, learning_rate=learning_rate) for s in seeds], steps=steps, batch_size=batch_size
    )
    texts, of_seed = asked[c.name], dict(zip(words.ids, seeds, strict=True))
    base = store.draw(pipe, None, texts, noises, word=class_phrase(c), **how)
    own = store.draw(pipe, words.at(), texts, noises, **how)
    pictures = pd.concat([base, own], ignore_index=True)
    scores = evaluate(pictures, c, page.judge, contexts=contexts)
    seen = sees(oracle, pictures, contexts, c.name)
    scores["oracle_concept"], scores["oracle_context"] = seen["concept_seen"], seen["context_seen"]
    scores["method"] = np.where(scores["arm"] == PLAIN, PLAIN, LEARNED)
    drawn.append(scores.assign(image=scores["seed"], seed=scores["arm"].map(of_seed), kind=c.kind))
    ceilings[c.name] = evaluate(image_only(c, texts[:1], page.side), c, page.judge)["reconstruction"].mean()
    tiles[c.name] = pictures[pictures["arm"].isin([PLAIN, words.ids[0]])].set_index(["arm", "prompt", "seed"])["image"]
    # Beside the numbers: the pictures of the first seed, and its word for any diffusers pipeline.
    write_sheet(folder / f"{c.name}.png", list(tiles[c.name]), len(noises), side=min(page.side, 192))
    save_embedding(words.at()[0], folder / c.name)
scores = pd.concat(drawn, ignore_index=True)

# %% [markdown]
# ## Side by side
#
# The first training seed, the first noises, none left out. Under each picture: its likeness and its text score.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "For each prompt: training pictures of the concept, what the plain model draws for the class word, and what it draws for the learned word. One column is one noise. Under each picture its likeness to the training pictures and its cosine to the text.", "name": "fig-sdti-pictures"}, "image": {"alt": "Blocks of three rows of small pictures: training pictures, pictures of the class word, and pictures of the learned word from the same noise, with two numbers under each drawn picture.", "width": "100%"}}
blocks = [(c, text) for c in chosen for text in asked[c.name]]
columns = list(noises)[:SHOWN]
across, down = min(2, len(blocks)), -(-len(blocks) // 2)
size = ((1.05 * max(len(columns), 3) + 1.3) * across, 3.9 * down)
ratios = [1.08, 1.08, 1.08, 0.15] * down  # a narrow empty row below each block
figure, axes = plt.subplots(4 * down, across, figsize=size, squeeze=False, height_ratios=ratios, layout="constrained")
for ax in axes.flat:
    ax.set_axis_off()
for i, (c, text) in enumerate(blocks):
    first, *pair = axes[4 * (i // across) : 4 * (i // across) + 3, i % across]
    photos = load_images(c.images[: len(columns)], 96)
    shown = pd.DataFrame([dict(row="training\npictures", column=i, image=image) for i, image in enumerate(photos)])
    image_grid(shown, row="row", column="column", column_labels=dict.fromkeys(shown["column"], ""), ax=first, pixels=96)
    first_seed = scores[(scores["concept"] == c.name) & (scores["prompt"] == text) & scores["seed"].isin([seeds[0], np.nan])]
    of_arm = {arm: rows.set_index("image") for arm, rows in first_seed.groupby("arm", sort=False)}
    for ax, (arm, rows) in zip(pair, of_arm.items(), strict=True):
        said = text.replace("{}", class_phrase(c) if arm == PLAIN else c.placeholder)
        shown = pd.DataFrame([dict(row=said, column=i, image=tiles[c.name][arm, text, i]) for i in columns])
        under = {i: f"{rows.at[i, 'reconstruction']:.2f} · {rows.at[i, 'text_deleted']:.2f}" for i in columns}
        wrapped = {said: textwrap.fill(said, 17, break_on_hyphens=False)}
        image_grid(shown, row="row", column="column", row_labels=wrapped, column_labels=under, ax=ax, pixels=96)
        ax.tick_params(axis="x", labeltop=False, labelbottom=True, labelsize=8, pad=1)
    for ax in (first, *pair):
        ax.set_axis_on()
        ax.tick_params(axis="y", labelsize=8)
        ax.set_xlim(-0.5, 99 * max(len(columns), 3))  # blocks with fewer pictures keep the scale
figure.savefig(folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# ## What is compared
#
# Named before looking: for each prompt, **the likeness of the learned word’s picture minus that of the class word’s
# picture from the same noise** (primary). A colour alone can raise it, so where there is an oracle that knows the concept, a
# second condition: it must **see the concept** more often in the learned word’s pictures. The claim speaks of every prompt. It is
# *supported* when each of these intervals lies above zero; *not supported* when one lies below zero, or when the oracle sees the
# concept in none of the learned word’s pictures of a prompt; *undecided* otherwise, or with a single training seed or
# noise. Because all must pass, no correction for their number is needed. Intervals resample training seeds, then noises:
# they speak of other seeds and noises, not of other concepts.

# %% tags=["hide-input"]
plain = scores[scores["method"] == PLAIN].drop(columns="seed").merge(pd.DataFrame(dict(seed=seeds)), how="cross")
paired = pd.concat([plain, scores[scores["method"] == LEARNED]], ignore_index=True)
contrast = dict(arm="method", new=LEARNED, base=PLAIN, pair=("seed", "image"))
enough = len(seeds) > 1 and len(noises) > 1
MEASURES = {
    "reconstruction": "likeness",
    "held_out": "likeness, held out",
    "text_deleted": "text",
    "oracle_concept": "concept seen",
    "oracle_context": "context seen",
}
rows = []
for (name, text), own in paired.groupby(["concept", "prompt"], sort=False):
    levels = own.groupby("method")[list(MEASURES)].mean()
    for value, called in MEASURES.items():
        change = paired_interval(own, value, **contrast)
        row = dict(concept=name, prompt=text, measure=called, plain=levels.at[PLAIN, value], learned=levels.at[LEARNED, value])
        rows.append(row | dict(change=change.estimate, low=change.low, high=change.high, sign=side(change), said=in_words(change)))
changes = pd.DataFrame(rows)
likeness = changes[changes["measure"] == "likeness"].set_index(["concept", "prompt"])

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Class word and learned word, one thin line a noise and training seed, for each prompt: likeness to the training pictures (left; the bar is what the training pictures score among themselves) and cosine to the text (right). Thick, the means.", "name": "fig-sdti-scores"}, "image": {"alt": "Two panels of short slope lines from the class word to the learned word, one group for each prompt.", "width": "100%"}}
figure, panels = plt.subplots(1, 2, figsize=(10.5, 3.8), layout="constrained")
for ax, (value, called) in zip(panels, (("reconstruction", "likeness"), ("text_deleted", "text")), strict=True):
    for i, (c, text) in enumerate(blocks):
        own = paired[(paired["concept"] == c.name) & (paired["prompt"] == text)]
        ends = own.pivot_table(index=["seed", "image"], columns="method", values=value)[[PLAIN, LEARNED]].to_numpy()
        ax.plot([i - 0.2, i + 0.2], ends.T, color="0.75", linewidth=0.6)
        ax.plot([i - 0.2, i + 0.2], ends.mean(0), color="C0", linewidth=2.5, marker="o", markevery=[1])
        ax.plot(i - 0.2, ends.mean(0)[0], color="C0", marker="o", markerfacecolor="white")
        if value == "reconstruction":
            ax.hlines(ceilings[c.name], i - 0.3, i + 0.3, color="0.3", linestyle="--", linewidth=1)
    named = [textwrap.fill(text.replace("{}", c.placeholder), 16, break_on_hyphens=False) for c, text in blocks]
    ax.set_xticks(range(len(blocks)), named, fontsize=8)
    ax.set(ylabel=called, xlim=(-0.5, len(blocks) - 0.5))
    ax.grid(axis="x", visible=False)

# %% [markdown]
# Open circles are the class word, filled ones the learned word. The table has the same in numbers: the class word’s
# mean, the learned word’s, their paired difference and its 95 % interval. {glue:text}`oracle_said`

# %% tags=["hide-input"]
known = np.isfinite(changes["change"])
ends = changes["plain"].map("{:.2f} → ".format) + changes["learned"].map("{:.2f}".format)
bounds = (" (" + changes["low"].map("{:+.2f}".format) + " to " + changes["high"].map("{:+.2f}".format) + ")").where(np.isfinite(changes["low"]), "")
table = changes.assign(cell=(ends + ", " + changes["change"].map("{:+.2f}".format) + bounds).where(known, "–"))
wide = table.pivot_table(index=["concept", "prompt"], columns="measure", values="cell", aggfunc="first", sort=False)
order = [name for name in MEASURES.values() if (wide[name] != "–").any()]
wide[order].rename(index=lambda x: x.replace("_", " "), level=0).rename_axis(columns=None).style

# %% tags=["remove-cell"]
up, down, total = int((likeness["sign"] > 0).sum()), int((likeness["sign"] < 0).sum()), len(likeness)
witness = changes[(changes["measure"] == "concept seen") & np.isfinite(changes["change"])]
blind = int((witness["learned"] == 0).sum())
if not enough:
    verdict = "undecided"
elif down or blind or (witness["sign"] < 0).any():
    verdict = "not supported"
else:
    verdict = "supported" if up == total and (witness["sign"] > 0).all() else "undecided"
shares = []
for (name, _), row in likeness.iterrows():
    if ceilings[name] > row["plain"]:
        shares.append(float(normalised([row["learned"]], floor=row["plain"], ceiling=ceilings[name])[0]))
model_name = model_title(model)
asked_of = counted(total, "prompt")
pairs = f"{counted(len(seeds), 'training seed')} and {counted(len(noises), 'noise')}"
found = f"the learned word’s pictures are more like the concept than the class word’s in {up} of {asked_of}"
if down:
    found += f", and less like it in {down}"
if len(witness):
    found += f"; the oracle sees the concept more often in {int((witness['sign'] > 0).sum())} of {len(witness)}"
    found += f", and in {blind} never" if blind else ""
few = "" if enough else f", too few to tell from {pairs}"
lowest, highest = (f"{x:+.3f}" for x in (likeness["change"].min(), likeness["change"].max()))
span = f"differences in cosine {lowest} to {highest}"
sentence = f"On {model_name}, {found}{few}. Differences in cosine: {lowest} to {highest}."

# %% tags=["remove-cell"]
mean_change = changes.groupby("measure")[["plain", "learned"]].mean()
seen = {name: mean_change.loc[name] for name in ("concept seen", "context seen") if mean_change.loc[name].notna().all()}
told = [
    f"in {100 * row['plain']:.0f} % of the class word’s pictures and {100 * row['learned']:.0f} % of the learned word’s it finds the {name.split()[0]}"
    for name, row in seen.items()
]
oracle_said = "The oracle looks at the same pictures: " + "; ".join(told) + "." if told else "There is no oracle for this model, so nothing but CLIP has looked."
text_rows = changes[changes["measure"] == "text"]
text_up, text_down = int((text_rows["sign"] > 0).sum()), int((text_rows["sign"] < 0).sum())
glued = dict(
    verdict=verdict,
    verdict_short=sentence,
    model_name=model_name,
    found=found,
    span=span,
    share=f"{100 * np.mean(shares):.0f} %" if shares else "an undefined share",
    oracle_said=oracle_said,
    text_said=f"it rises in {text_up} of {asked_of} and falls in {text_down}",
    n_prompts=asked_of,
    n_pairs=pairs,
    n_concepts=f"{len(chosen)}",
    steps=f"{steps}",
    learning_rate=f"{learning_rate:g}",
)
for key, value in glued.items():
    glue(key, value, display=False)

# %% [markdown]
# ## What this shows, and what it does not
#
# **The poster’s claim: Textual Inversion renders the concept where the plain model does not. Our verdict:
# {glue:text}`verdict`.** On {glue:text}`model_name`, {glue:text}`found` ({glue:text}`span`; paired over {glue:text}`n_pairs`). On average the learned
# word covers {glue:text}`share` of the way from the class word to the likeness that the training pictures have among themselves.
# The text score is the other half: {glue:text}`text_said`. {glue:text}`oracle_said`
#
# What it does not show:
#
# - The class word is the plain model’s poorest chance: a careful description of the concept might come closer.
# - Likeness is a cosine of one CLIP, and it rewards a backdrop or a colour as readily as a face. Look at the pictures.
# - {glue:text}`n_prompts` and {glue:text}`n_concepts` concepts are examples, as they were on the poster.
# - All words were trained for {glue:text}`steps` steps at a learning rate of {glue:text}`learning_rate`; other lengths weigh likeness and text otherwise.

# %% tags=["remove-cell"]
given = dict(model=model, seeds=seeds, steps=steps, learning_rate=learning_rate, batch_size=batch_size, prompts=prompts)
given |= dict(images_per_prompt=images_per_prompt, num_inference_steps=num_inference_steps, guidance=guidance, initializer=initializer)
claim = Claim(
    source="poster, Fig. 5 to 8",
    words="Textual Inversion renders the concept where the plain model does not",
    test="likeness of the learned word minus the class word, same noise, for each prompt; training seeds and noises resampled",
    result=f"{found}; {span}",
    n=f"{asked_of}, {counted(len(chosen), 'concept')}, {pairs}",
    verdict=verdict,
    primary=True,
)
page.record(given, dict(scores=scores, changes=changes), glued, [claim])
