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
# # Is one vector enough?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# A learned word is one row of numbers, and the network, which never changes, must get everything about the concept from it. Where the
# pictures fall short of the concept, is that row too little to say it with? A word may also stand for several rows, which the text encoder reads
# one after another. Here the same concepts are learned with words of different length, from the same initializer, with the same steps, pictures and noise.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["violet_cloud", "sky_castle", "leaf_robot", "merry_man", "plum_cat", "dusk_style"]  # [names or folders] what to learn
vectors: list[int] = [1, 2, 4, 8]  # [rows] how many a word stands for; the shortest is what the others are compared with
initializer: str = ""  # [word] where learning starts; empty: each concept's own
steps: int = 500  # [updates] length of training
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
learning_rate: float = 0.01  # [per update] Adam's step size
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

# %% tags=["hide-input"]
# %matplotlib inline
import matplotlib.pyplot as plt
import pandas as pd
from pocket_world.oracle.witness import open_oracle, sees

from study.analysis import more_vectors as analysis
from study.figures import image_grid, step_curves
from study.page import Claim, begin
from study.panels import PIXELS
from study.scores import on_the_anchors_scale, summarised
from study.truth import NO_ORACLE, POINTS, agreement, agreement_said, known, outcomes, seen_beside
from study.wording import FEWEST_CONCEPTS, counted, in_words, percent
from textinv_core.evaluation.metrics import evaluate, image_only
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import context_prompts, load_images
from textinv_core.learning.tokens import save_embedding

page = begin("more_vectors", globals())
label, prompts, oracle = page.labels, page.prompts(), open_oracle(model)
plain, lengths = {name: texts[0] for name, texts in prompts.items()}, sorted(vectors)
shortest, longest = lengths[0], lengths[-1]

# %% [markdown]
# ## What is compared
#
# Named before looking: **words of the most vectors minus words of the fewest**, of the same concept and training seed, on two outcomes that the
# oracle of the drawn world reads: the share of the plain prompt’s pictures that keep the concept (**K**), and the share of the others that show the
# context (**C**). A longer word is *better at likeness* if the first interval lies above zero, and *costs obedience* if the second lies
# below, with p at most what the correction (Holm) allows; *not supported* if the effect is surely less than {glue:text}`points` of the
# pictures. Beside them, both in one picture (**B**) and CLIP’s scores on the scale of the anchors ({ref}`how <measures>`), which decide on a model without an oracle.
# Intervals resample concepts, then training seeds; on fewer than {glue:text}`fewest_concepts` concepts nothing is decided. {glue:text}`judged`
#
# A word of several rows starts with all of them at the initializer’s row. Words of every length and training seed learn side by side and see the same pictures in
# the same order. What another page already learned is taken over.

# %% tags=["hide-input"]
tiles, parts = {}, {kind: [] for kind in ("scores", "anchors", "log")}
for c in page.concepts:
    arms = [Arm(c, seed=s, vectors=n, learning_rate=learning_rate) for s in seeds for n in lengths]
    words, texts = page.store.learn(page.pipe, arms, steps=steps, batch_size=batch_size), prompts[c.name]
    pictures = page.draw(words.at(), texts)
    seen = sees(oracle, pictures, context_prompts(c.kind), c.name)
    parts["scores"].append(seen_beside(evaluate(pictures, c, page.judge), seen))
    parts["anchors"] += [evaluate(end, c, page.judge) for end in (image_only(c, texts, page.side), page.draw_plain(c, texts))]
    parts["log"].append(words.log)
    first = pictures[pictures["seed"] == 0].set_index(["arm", "prompt"])["image"]
    tiles |= {(c.name, n, text): first[arm, text] for n, arm in zip(lengths, words.ids, strict=False) for text in texts}
    # Beside the numbers: the pictures of the first training seed, and its words for any diffusers pipeline.
    page.sheet(c.name, [tiles[c.name, n, t] for n in lengths for t in texts], len(texts))
    for word in words.at()[: len(lengths)]:
        save_embedding(word, page.folder / c.name / counted(len(word.rows), "vector").replace(" ", "_"))
scores, anchors, log = (pd.concat(parts[kind], ignore_index=True) for kind in ("scores", "anchors", "log"))
of_arm = log[log["step"] == steps].drop_duplicates("arm").set_index("arm")[["seed", "vectors", "norm_ratio", "cos_initial"]]
anchors = summarised(anchors, plain)
summary = on_the_anchors_scale(summarised(scores, plain).join(of_arm, on="arm"), anchors.set_index(["arm", "concept"]))
summary = summary.merge(outcomes(scores, plain), on=["arm", "step", "concept"])

# %% [markdown]
# ## What words of each length draw
#
# The first training seed and the first noise, none chosen. Left the plain prompt, right one with a context.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "A training picture, and what words of more and more vectors draw from the same noise: left for the plain prompt, right for a prompt with a context, named at the right.", "name": "fig-vectors-grid"}, "image": {"alt": "Two grids of small pictures, a row for each concept: a training picture and one drawn picture for each number of vectors, for the plain prompt and for a prompt with a context.", "width": "100%"}}
names, pixels = page.names, PIXELS
second = {name: texts[min(1, len(texts) - 1)] for name, texts in prompts.items()}
cells = [dict(concept=c.name, column="pictures", image=load_images(c.images[:1], pixels)[0]) for c in page.concepts]
cells += [dict(concept=name, column=n, image=tiles[name, n, plain[name]]) for name in names for n in lengths]
cells_in_context = [dict(concept=name, column=n, image=tiles[name, n, second[name]]) for name in names for n in lengths]
size = (1.05 * (2 * len(lengths) + 1) + 2.6, 1.05 * len(names) + 0.5)
figure, (left, right) = plt.subplots(1, 2, figsize=size, width_ratios=[len(lengths) + 1, len(lengths)], layout="constrained")
image_grid(pd.DataFrame(cells), row="concept", column="column", row_labels=label, ax=left, pixels=pixels)
said = {c.name: context_prompts(c.kind).get(second[c.name], "") for c in page.concepts}
image_grid(pd.DataFrame(cells_in_context), row="concept", column="column", row_labels=said, ax=right, pixels=pixels)
right.yaxis.tick_right()
right.tick_params(axis="y", length=0)
figure.savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# ## Likeness and obedience by length

# %% tags=["hide-input"] mystnb={"figure": {"caption": "By the number of vectors, mean over concepts with 95 % band. Left, the oracle\u2019s shares of pictures: concept kept (K), context there (C), both in one (B). Right, CLIP\u2019s scores of the same pictures on the anchors\u2019 scale.", "name": "fig-vectors-curves"}, "image": {"alt": "Two line plots against the number of vectors: three shares of pictures at the left, reconstruction and editability at the right.", "width": "100%"}}
figure, axes = plt.subplots(1, 2, figsize=(10.5, 3.8), layout="constrained")
curves = [(dict(K="K", C="C", B="B"), "share of pictures"), (dict(R="reconstruction", E="editability"), "share of the anchors’ span")]
for ax, (drawn, said) in zip(axes, curves, strict=True):
    for value, called in drawn.items():
        rows = summary.dropna(subset=[value])
        if len(rows):
            units = "concept" if rows["concept"].nunique() > 1 else "seed"
            step_curves(rows, value, x="vectors", units=units, ax=ax, label=called)
    ax.set_xscale("log", base=2)
    ax.set_xticks(lengths, [f"{n}" for n in lengths])
    ax.set(xlabel="vectors", ylabel=said)
plt.show()

# %% [markdown]
# Each length against the shortest, {glue:text}`n_shortest`: means, their paired difference and its 95 % interval. {glue:text}`agreement`

# %%
primary = analysis.judged_by(known(scores))
contrasts = analysis.contrasts(summary, lengths, primary)
analysis.contrast_table(contrasts)

# %% [markdown]
# ## Where the rows go
#
# A longer word need not go as far: its rows share the work. Length of the rows against the vocabulary’s median row, and their cosine to the initializer’s row,
# means over the word’s rows, after training.

# %%
moved = summary.groupby("vectors")[["norm_ratio", "cos_initial"]].mean()
moved.columns = ["length / vocabulary’s median", "cosine to the initializer"]
moved.style.format("{:.2f}")

# %% tags=["remove-cell"]
likeness, obedience = (analysis.changes(summary, lengths)[longest, value] for value in primary)
p_likeness, p_obedience = (contrasts.query("primary").set_index("value")["p_holm"].get(value, 1.0) for value in primary)
better, moved_likeness = analysis.answer(likeness, p_likeness)
costs, moved_obedience = analysis.answer(obedience, p_obedience, falls=True)
agreed = agreement(scores, plain)
n_judged = summary.dropna(subset=list(primary))["concept"].nunique()
sample = f"{counted(n_judged, 'concept')}, {counted(len(seeds), 'training seed')}, {counted(images_per_prompt, 'picture')} a prompt"
likely, obeyed = (analysis.MEASURES[value] for value in primary)
page.say(
    **page.common("model_name", "n_concepts", "steps", "learning_rate"),
    verdict_short=f"On {page.model_name}, with {longest} vectors for a word instead of {shortest}, likeness {moved_likeness} and "
    f"obedience {moved_obedience}.",
    verdict_likeness=better,
    verdict_obedience=costs,
    told_likeness=f"{likely} {moved_likeness} ({in_words(likeness, '+.2f')})",
    told_obedience=f"{obeyed} {moved_obedience} ({in_words(obedience, '+.2f')})",
    judged="The oracle judges here." if known(scores) else NO_ORACLE,
    agreement=agreement_said(agreed),
    points=percent(POINTS),
    shortest=f"{shortest}",
    n_shortest=counted(shortest, "vector"),
    longest=f"{longest}",
    sample=sample,
    n_judged=f"{n_judged}",
    fewest_concepts=f"{FEWEST_CONCEPTS}",
    smallest_p=f"{2 ** (1 - n_judged):.2g}" if n_judged else "undefined",
)

# %% [markdown]
# ## What this shows, and what it does not
#
# On {glue:text}`model_name` ({glue:text}`sample`), with {glue:text}`longest` vectors instead of {glue:text}`shortest`, {glue:text}`told_likeness`;
# {glue:text}`told_obedience`. **A longer word is more like the concept: {glue:text}`verdict_likeness`. It hears the rest of the sentence less:
# {glue:text}`verdict_obedience`.**
#
# **What to do.** Begin with one vector; take more if the concept is not found in what it draws, and then look at the contexts again.
#
# What it does not show:
#
# - All words had {glue:text}`steps` steps at a learning rate of {glue:text}`learning_rate`. Every row moves at that rate, so a longer word covers more ground in a step; [training
#   longer](step_ablation.ipynb) gives a short word more ground too.
# - A longer word takes more of the sentence’s places in the text encoder, and leaves fewer to what is said beside it.
# - Both primary outcomes are known of {glue:text}`n_judged` of {glue:text}`n_concepts` concepts. With these the sign-flip test can give no p below {glue:text}`smallest_p`,
#   before the correction.
# - The oracle’s and CLIP’s answers rest on few pictures a word. Nobody was asked which pictures they prefer.

# %% tags=["remove-cell"]
asked = dict(source="this study", n=sample, primary=True)
test = f"{longest} vectors minus {shortest}, same concept and training seed: {{}}; concepts and seeds resampled, Holm over two"
claims = [
    Claim(
        words="a word of more vectors draws the concept more faithfully",
        test=test.format(likely),
        result=page.numbers["told_likeness"],
        verdict=better,
        **asked,
    ),
    Claim(
        words="a word of more vectors hears the rest of the sentence less",
        test=test.format(obeyed),
        result=page.numbers["told_obedience"],
        verdict=costs,
        **asked,
    ),
]
tables = dict(scores=scores, anchors=anchors, summary=summary, contrasts=contrasts, agreement=agreed)
page.close(tables, claims, vectors=lengths)
