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
# # Look around
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# The words that the experiments learned are on record, at every checkpoint; here are those learned at one learning rate. Open this notebook in JupyterLab (`make lab`, then
# `explore.ipynb`, then *Run*, *Run All Cells*, and scroll to *Choose*): concept, training seed, KL weight, step and prompt are under sliders and menus, a prompt of your own is drawn and ranked
# before your eyes, and what was drawn once comes back at once. On a printed page, here is one concept.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that ranks: a folder or a Hub id; empty: the model's own
concepts: list[str] = ["violet_cloud", "sky_castle", "leaf_robot", "merry_man", "plum_cat", "dusk_style", "lemon_pine", "known_tree"]  # [names or folders] to choose from
shown: str = ""  # [name] the concept of the printed figure; empty: the one with the most KL weights on record
learning_rate: float = 0.01  # [per update] Adam's step size: words learned with another are left out
steps: int = 100  # [updates] length of training, if nothing is on record
kl_weights: list[float] = [0.0, 0.3]  # [lam] KL weights, if nothing is on record
seeds: list[int] = [0]  # [numbers] training seeds, if nothing is on record
batch_size: int = 4  # [pictures] per update and learned word, if nothing is on record
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 3  # [pictures] drawn for each choice, each from its own noise
own_prompt: str = "a photo of {} on the moon"  # [prompt] what stands in the prompt field at first
own_pictures: int = 8  # [pictures] drawn of it, if nobody says otherwise
null_pictures: int = 0  # [pictures] of the plain model to read scores beside, 200 or more; fewer: ranked by the cosines alone
num_inference_steps: int = 20  # [steps] of the sampler
profile: str = "own"  # [name] words of results/<profile>/ come first, then those of the published records
out: str = ""  # [folder] where this page's records go instead
runs: str = ""  # [folder] of the learned words, and of no others

# %% tags=["remove-cell"]
from study.parameters import check_notebook

check_notebook(In, globals())

# %% tags=["hide-input"]
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import HTML
from myst_nb import glue

from study.earlier_pages import recorded_words, word_at
from study.figures import image_grid, step_slider_html, use_style
from study.page import model_title, open_page
from study.parameters import ParameterError
from study.photos import best_first, own_nulls, phrase_of
from study.widgets import Chooser, PromptBox
from study.wording import counted
from textinv_core.drawing.store import open_store
from textinv_core.evaluation.metrics import SMALLEST_NULL
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import context_prompts, plain_prompt
from textinv_core.paths import PUBLISHED

MOST = dict(steps=7, weights=4, prompts=4)  # in the printed figure
use_style()
plt.rcParams["figure.dpi"] = 120

# %% tags=["hide-input"]
page = open_page("explore", profile=profile, model=model, judge=judge, concepts=concepts, out=out, runs=runs)
pipe, store, known = page.pipe, page.store, {c.name: c for c in page.concepts}
how = dict(guidance_scale=guidance, num_inference_steps=num_inference_steps)
prompts = {name: [plain_prompt(c.kind), *context_prompts(c.kind)] for name, c in known.items()}
if shown and shown not in known:
    raise ParameterError(f"shown: {shown!r} is not one of the concepts ({', '.join(known)})")

# %% [markdown]
# ## What is on record
#
# Words that differ in nothing but concept, seed, KL weight and step. {glue:text}`source_said`

# %% tags=["hide-input"]
places = [store] + [open_store(name) for name in PUBLISHED if name != profile and not runs]
found = [table for place in places if len(table := recorded_words(place, pipe, page.concepts, learning_rate))]
trained_here = not found
if trained_here:  # a short run, so that there is something to look at
    one = known[shown] if shown else page.concepts[0]
    arms = [Arm(one, seed=s, kl_weight=w, learning_rate=learning_rate) for w in kl_weights for s in seeds]
    store.learn(pipe, arms, steps=steps, checkpoint_every=max(1, steps // 4), batch_size=batch_size)
    found = [recorded_words(store, pipe, page.concepts, learning_rate)]
table = found[0]

# %% tags=["hide-input"]
label = {name: name.replace("_", " ") for name in known}
listed = table.groupby("concept").agg(
    seeds=("seed", "nunique"), words=("arm", "nunique"), checkpoints=("step", "size"), longest=("step", "max")
)
weights_of = table.groupby("concept")["weight"].agg(lambda w: ", ".join(f"{x:g}" for x in sorted(w.unique())))
listed.insert(1, "KL weights", weights_of)
listed.rename(index=label).rename_axis(index=None).style

# %% [markdown]
# ## One concept, printed
#
# The same noise throughout: downwards a stronger pull towards the ordinary word, to the right what the prompt says beside the word, along the slider
# more training.

# %% tags=["hide-input"]
def some(values, most):
    """At most so many of the values, the first and the last among them."""
    values = list(values)
    return [values[i] for i in np.unique(np.linspace(0, len(values) - 1, min(len(values), most)).round().astype(int))]


weights_known = table.groupby("concept").agg(weights=("weight", "nunique"), seeds=("seed", "nunique"))
name = shown or weights_known.sort_values(["weights", "seeds"], kind="stable").index[-1]
own = table[(table["concept"] == name) & (table["seed"] == table.loc[table["concept"] == name, "seed"].iloc[0])]
seed, weights = int(own["seed"].iloc[0]), some(sorted(own["weight"].unique()), MOST["weights"])
common = set.intersection(*(set(own.loc[own["weight"] == w, "step"]) for w in weights))
at = some(sorted(common), MOST["steps"])
texts = prompts[name][: MOST["prompts"]]
cells = []
for step in at:
    words = [word_at(table, name, seed, weight, step) for weight in weights]
    drawn = store.draw(pipe, words, texts, [0], **how)
    weight_of = {word.arm: f"λ = {weight:g}" for word, weight in zip(words, weights, strict=True)}
    cells.append(drawn.assign(step=step, weight=drawn["arm"].map(weight_of)))
cells = pd.concat(cells, ignore_index=True)

# %% tags=["hide-input"] mystnb={"figure": {"caption": "One concept from one training seed: a row for each of a few KL weights on record, a column for each of the first prompts. Drag the slider, or use the arrow keys.", "name": "fig-explore"}}
frames = []
says = {text: phrase_of(text, known[name]) or "nothing else" for text in texts}
for step in at:
    figure, ax = plt.subplots(figsize=(1.35 * len(texts) + 1.2, 1.35 * len(weights) + 0.4), layout="constrained")
    rows = cells[cells["step"] == step]
    image_grid(rows, row="weight", column="prompt", column_labels=says, ax=ax, pixels=min(page.side, 256)).tick_params(labelsize=8)
    frames.append(figure)
    plt.close(figure)
alt = f"Pictures of {label[name]} by KL weight and prompt, at training step"
HTML(step_slider_html(frames, [f"{step:g}" for step in at], alt))

# %% [markdown]
# ## Choose
#
# *In Jupyter.* What is not on record for a choice is replaced by the nearest that is. A picture not drawn before takes the model a moment.

# %% tags=["hide-input", "remove-output"]
noises = range(images_per_prompt)
first = table.sort_values("concept", key=lambda concepts: concepts != name, kind="stable")  # the one printed above
chooser = Chooser(first, prompts, lambda word, prompt: list(store.draw(pipe, word, [prompt], noises, **how)["image"]))
chooser

# %% [markdown]
# ## Say it yourself
#
# *In Jupyter.* Any prompt, with the word chosen above: as many pictures as you like, ranked, best first. {glue:text}`ranked_said`

# %% tags=["hide-input", "remove-output"]
def draw_own(prompt, noises):
    """Pictures of the word chosen above."""
    return store.draw(pipe, chooser.word(), [prompt], noises, **how)


def order(pictures):
    """Best first, beside nulls if they were asked for."""
    concept = known[chooser.concept.value]
    nulls = own_nulls(store, pipe, concept, page.judge, [], null_pictures, **how)
    return best_first(pictures, concept, page.judge, nulls)


box = PromptBox(draw_own, order, prompt=own_prompt, pictures=own_pictures)
box

# %% tags=["remove-cell"]
count = f"{counted(table['arm'].nunique(), 'learned word')} of {counted(table['concept'].nunique(), 'concept')}"
ranking = f"read beside {null_pictures} pictures of the class" if null_pictures >= SMALLEST_NULL else "by the sum of the cosines to concept and prompt"
glued = dict(
    verdict_short=f"On {model_title(model)}: {count}, at {len(table)} checkpoints in all, with KL weights from {table['weight'].min():g} to {table['weight'].max():g}.",
    source_said="None were found, so this page learned a few in a short run." if trained_here else f"They were learned by the other pages, at a learning rate of {learning_rate:g}.",
    ranked_said=f"The order is {ranking}; the parameter null_pictures has the cosines read beside nulls."
    if null_pictures < SMALLEST_NULL
    else f"The order is {ranking}.",
    shown=label[name],
    seed=f"{seed}",
)
for key, value in glued.items():
    glue(key, value, display=False)

# %% [markdown]
# ## What this shows, and what it does not
#
# The printed figure shows {glue:text}`shown` from training seed {glue:text}`seed` and from one noise: an illustration of the sliders, not a result. Looking around finds
# examples; whether they are the rule is what the other pages ask, with seeds, anchors and intervals.
#
# - Choosing among many pictures until one pleases is choosing: what you find this way says what a word can do, not what it does.
# - Steps on record differ between KL weights; the figure shows those that all of its rows have.
# - An order by score holds within one prompt and concept; how far to trust it has [a page of its own](harmony.ipynb).

# %% tags=["remove-cell"]
given = dict(model=model, guidance=guidance, num_inference_steps=num_inference_steps, learning_rate=learning_rate, shown=name)
given |= dict(seeds=sorted(int(s) for s in table["seed"].unique()), images_per_prompt=images_per_prompt)
given |= dict(steps=steps, kl_weights=kl_weights) if trained_here else {}
page.record(given, dict(words=table.drop(columns="run")), glued)
