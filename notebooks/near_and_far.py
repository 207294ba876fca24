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
# # What can one word not learn?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# A learned word is one row in a table; the network that draws stays as it is. So it should be able to call up what the network can draw
# already, and nothing else. Here are two kinds of concepts: some that the drawing programs of the model’s world could have made, though it never saw
# them, and strangers that no program of that world makes. Beside the word stands DreamBooth {cite:p}`ruiz2023`, which changes the network itself.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["violet_cloud", "sky_castle", "leaf_robot", "merry_man", "elder_tree", "nova_hall", "wooden_figurine", "jolly_man"]  # [names or folders] what to learn
strangers: list[str] = ["elder_tree", "nova_hall", "wooden_figurine", "ember_style", "jolly_man", "plum_beast", "bubble_car", "comet_cake"]  # [names] which of them nothing in the world draws
initializer: str = ""  # [word] where learning starts; empty: each concept's own
as_chosen: bool = False  # [yes or no] take learning rate, steps and guidance from the page on settings, where it was run
learning_rate: float = 0.01  # [per update] Adam's step size for a word
steps: int = 500  # [updates] length of training of a word
dreambooth_steps: int = 150  # [updates] length of DreamBooth's fine-tuning
dreambooth_learning_rate: float = 0.0002  # [per update] AdamW's step size for the network
class_pictures: int = 16  # [pictures] of the class, drawn beforehand for DreamBooth
identifier: str = ""  # [token] DreamBooth's rare token; empty: by rule
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
batch_size: int = 4  # [pictures] per update
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 4  # [pictures] drawn for each prompt
contexts: int = 6  # [prompts] how many contexts are asked for
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
from pocket_world.oracle.witness import open_oracle, sees

from study.analysis import near_and_far as analysis
from study.analysis.near_and_far import DB, FAR, NEAR, SD, TI
from study.contrasts import as_claims, contrast_table, decided
from study.figures import image_grid
from study.page import Claim, begin
from study.panels import PIXELS, nothing_there
from study.wording import counted
from textinv_core.baselines.dreambooth import DreamBooth, dreambooth, rare_token
from textinv_core.evaluation.metrics import evaluate
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import context_prompts, load_images
from textinv_core.learning.precision import autocast_dtype

page = begin("near_and_far", globals())
label, prompts, oracle = page.labels, page.prompts(), open_oracle(model)
plain = {name: texts[0] for name, texts in prompts.items()}
group_of = {name: FAR if name in strangers else NEAR for name in page.names}
token = identifier or rare_token(page.pipe.tokenizer)

# %% [markdown]
# ## What is compared
#
# {glue:text}`n_near` concepts of the model’s world and {glue:text}`n_far` strangers; a word after {glue:text}`steps` steps, {glue:text}`n_seeds` training
# seeds, and DreamBooth after {glue:text}`dreambooth_steps` steps, from the first seed, called by “{glue:text}`token`” before the class word. All draw from
# the same noises. K, the concept is kept in plain pictures; C, the context is there; B, both in one picture. {glue:text}`judged_by`
#
# Named before looking, four primary contrasts, each with {glue:text}`smallest` as the smallest effect of interest:
#
# - K of the word, in the world minus strangers. Control: DreamBooth; a gap as wide there is one of reading, not of learning.
# - K on strangers, DreamBooth minus the word: does changing the network learn what the word does not?
# - K in the world, DreamBooth minus the word: is the difference within the smallest of interest?
# - C over all concepts, the word minus DreamBooth: does the word keep more of the sentence?

# %% tags=["hide-input"]
drawn, parts = {}, []
spare, half = page.store.pictures.with_name("dreambooth"), autocast_dtype(page.pipe.unet)
for c in page.concepts:
    texts, arms = prompts[c.name], [Arm(c, seed=s, learning_rate=learning_rate) for s in seeds]
    words = page.store.learn(page.pipe, arms, steps=steps, batch_size=batch_size)
    tables = [page.draw(word, texts).assign(method=TI, train_seed=s) for s, word in zip(seeds, words.at(), strict=True)]
    how = dict(steps=dreambooth_steps, learning_rate=dreambooth_learning_rate, class_pictures=class_pictures)
    recipe = DreamBooth(c, identifier=token, seed=seeds[0], batch_size=batch_size, **how)
    tuned = dreambooth(page.pipe, recipe, out=spare, dtype=half, **page.drawing)
    pictures = page.draw(None, texts, pipe=tuned, word=recipe.word)
    tables += [pictures.assign(method=DB, arm="dreambooth", train_seed=seeds[0])]
    tables += [page.draw_plain(c, texts).assign(method=SD, train_seed=seeds[0])]
    del tuned
    pictures = pd.concat(tables, ignore_index=True)
    drawn[c.name] = pictures[pictures["train_seed"] == seeds[0]].drop_duplicates(["method", "prompt"])
    seen = sees(oracle, pictures, context_prompts(c.kind), c.name)
    scored = evaluate(pictures, c, page.judge).join(seen).assign(group=group_of[c.name], is_plain=pictures["prompt"] == texts[0])
    parts.append(scored)
pictures = pd.concat(parts, ignore_index=True).rename(columns={"seed": "image", "train_seed": "seed"})
shares = analysis.shares_of(pictures, plain)

# %% [markdown]
# ## The pictures side by side

# %% tags=["hide-input"] mystnb={"figure": {"caption": "One noise, one training seed. Above, concepts of the model\u2019s world; below, strangers. Rows: a training picture, the plain model with the class word, the learned word and DreamBooth, from the plain prompt.", "name": "fig-near-pictures"}, "image": {"alt": "Two grids of small pictures with a column for each concept: a training picture, the plain model\u2019s, the learned word\u2019s and DreamBooth\u2019s.", "width": "100%"}}
sets = {group: [c for c in page.concepts if group_of[c.name] == group] for group in (NEAR, FAR)}
sets = {group: of for group, of in sets.items() if of}
size = (1.12 * max(len(of) for of in sets.values()) + 2.4, 4.6 * len(sets))
figure, axes = plt.subplots(len(sets), 1, figsize=size, squeeze=False, layout="constrained")
for ax, (group, of) in zip(axes.flat, sets.items(), strict=True):
    cells = [dict(row=f"{group}:\ntraining picture", column=c.name, image=load_images(c.images[:1], PIXELS)[0]) for c in of]
    for method in (SD, TI, DB):
        rows = {c.name: drawn[c.name].query("method == @method and prompt == @plain[@c.name]") for c in of}
        cells += [dict(row=method, column=name, image=own["image"].iloc[0]) for name, own in rows.items()]
    image_grid(pd.DataFrame(cells), row="row", column="column", column_labels=label, ax=ax, pixels=PIXELS).tick_params(labelsize=8)
figure.savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# ## Concept by concept

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Left, K of the learned word and of DreamBooth, a pair of dots a concept, in the world above and strangers below. Right, C against K: a dot a concept and method, open for strangers.", "name": "fig-near-rates"}, "image": {"alt": "Left, two dots for each concept joined by a line. Right, a scatter plot of kept context against kept concept.", "width": "100%"}}
figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 0.26 * len(page.names) + 2.6), layout="constrained")
of_concept = shares.groupby(["method", "concept"])[["K", "C"]].mean()
order = [c.name for of in sets.values() for c in of]
if oracle:
    left.hlines(range(len(order)), *(of_concept.loc[m, "K"].reindex(order) for m in (TI, DB)), color="0.7")
    for method, colour in ((TI, "C1"), (DB, "C3")):
        left.plot(of_concept.loc[method, "K"].reindex(order), range(len(order)), "o", color=colour, label=method)
        for group, of in sets.items():
            names = [c.name for c in of]
            fill = colour if group == NEAR else "white"
            right.plot(*of_concept.loc[method].reindex(names).to_numpy().T, "o", color=colour, markerfacecolor=fill)
    left.set_yticks(range(len(order)), [label[name] for name in order], fontsize=8)
    left.axhline(len(sets.get(NEAR, [])) - 0.5, color="0.4", linestyle=":")
    left.set(xlabel="K, concept kept", xlim=(-0.03, 1.03), ylim=(len(order) - 0.5, -0.5))
    left.legend(fontsize=8)
    right.set(xlabel="K, concept kept", ylabel="C, context there", xlim=(-0.05, 1.05), ylim=(-0.05, 1.05))
else:
    for ax in (left, right):
        nothing_there(ax, "this model has no oracle:\nonly CLIP’s reading is there")
plt.show()

# %% [markdown]
# ## All the numbers
#
# Means over concepts; CLIP’s two scores stand beside the oracle’s rates. Over concepts and the two methods, K and CLIP’s likeness have a rank
# correlation of {glue:text}`agreement`.

# %%
numbers = analysis.by_group(shares)
analysis.group_table(numbers)

# %% [markdown]
# ## The primary contrasts

# %%
found, controls = analysis.contrasts(pictures, shares)
primary = decided(analysis.QUESTIONS, found, controls)
contrast_table(primary)

# %% tags=["remove-cell"]
agreement = analysis.agreement(shares, (TI, DB))
kept = analysis.kept_said(numbers)
n_near = sum(group == NEAR for group in group_of.values())
page.say(
    **page.common("n_seeds", "n_pictures", "n_contexts", "steps", "dreambooth_steps", "settings_from"),
    verdict_short=f"On {page.model_name}, {analysis.answer(numbers)}.",
    kept=kept,
    agreement=f"{agreement:.2f}" if np.isfinite(agreement) else "no defined value",
    n_near=f"{n_near}",
    n_far=f"{len(group_of) - n_near}",
    token=token,
    smallest=f"{analysis.SMALLEST:g}",
    judged_by="All three are read by the oracle." if oracle else "This model has no oracle, so they stay open: only CLIP’s reading is there.",
    **{f"verdict_{key}": row["verdict"] for key, row in primary.iterrows()},
    **{f"said_{key}": f"{row['said']}; {row['tested']}" for key, row in primary.iterrows()},
)

# %% [markdown]
# ## What this shows, and what it does not
#
# **One word learns a concept of the model’s world better than a stranger: {glue:text}`verdict_gap`** ({glue:text}`said_gap`). Kept: {glue:text}`kept`.
#
# **Fine-tuning learns a stranger that one word does not: {glue:text}`verdict_stranger`** ({glue:text}`said_stranger`).
#
# **Within its world one word does as well as fine-tuning: {glue:text}`verdict_near`** ({glue:text}`said_near`).
#
# **One word keeps more of the sentence: {glue:text}`verdict_context`** ({glue:text}`said_context`).
#
# **What to do:** ask first whether the model could draw the thing if only it had a name for it. If so, a word will do. If not, no length of training of
# a word helps, and the network has to change.
#
# What it does not show:
#
# - A stranger is judged by how the oracle reads its own pictures: by the member of the world it resembles most. Such a K is generous, so a gap is rather larger than it looks.
# - DreamBooth from one training seed and {glue:text}`dreambooth_steps` steps, its settings looked for briefly. The word: {glue:text}`steps` steps, {glue:text}`settings_from`.
# - {glue:text}`n_near` and {glue:text}`n_far` concepts; {glue:text}`n_pictures` pictures a prompt and {glue:text}`n_contexts` contexts.

# %% tags=["remove-cell"]
n = f"{counted(len(seeds), 'training seed')}, {counted(images_per_prompt, 'picture')} a prompt"
claims = [Claim(**fields) for fields in as_claims(analysis.QUESTIONS, primary, n)]
tables = dict(scores=pictures, shares=shares, numbers=numbers.reset_index(), primary=primary.reset_index())
page.close(tables, claims, identifier=token)
