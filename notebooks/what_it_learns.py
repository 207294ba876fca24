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
# # What does one word carry, and when?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# A word is learned from a handful of pictures. Each of them shows many things at once: what kind of thing it is, its colours, the form of
# each part, and also where it happened to stand. In the pocket world all of that is known and can be read back from any picture. So we can
# ask, attribute by attribute and step by step, what has gone into the word, and what has leaked into it that was never meant.
# {cite:t}`okawa2023` asked this of a model’s own training; to our knowledge nobody has shown it for a learned word.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["violet_cloud", "sky_castle", "dusk_style", "merry_man"]  # [names or folders] what to learn
initializer: str = ""  # [word] where learning starts; empty: each concept's own
as_chosen: bool = False  # [yes or no] take learning rate, steps and guidance from the page on settings, where it was run
learning_rate: float = 0.01  # [per update] Adam's step size
steps: int = 500  # [updates] length of training
checkpoint_every: int = 0  # [updates] distance of the steps looked at; zero: a tenth of all
kl_weight: float = 0.0  # [lam] weight of the KL term; zero: the one that was chosen
dreambooth_steps: int = 0  # [updates] length of DreamBooth's fine-tuning; zero leaves it out
dreambooth_learning_rate: float = 0.0002  # [per update] AdamW's step size for the network
class_pictures: int = 16  # [pictures] of the class, drawn beforehand for DreamBooth
identifier: str = ""  # [token] DreamBooth's rare token; empty: by rule
backdrop: str = "beach"  # [scene] where all pictures of the leak's word are taken
references: int = 16  # [pictures] of the class word, and of the concept's own drawings
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
batch_size: int = 4  # [pictures] per update and learned word
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 8  # [pictures] drawn at each checkpoint
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
from PIL import Image
from pocket_world.oracle.reading import label
from pocket_world.oracle.witness import attributes_seen, open_oracle
from pocket_world.training.vae import there_and_back
from pocket_world.world.concepts import draw, members

from study.analysis import what_it_learns as analysis
from study.analysis.what_it_learns import DB, KL, TI
from study.contrasts import as_claims, contrast_table, decided
from study.datasets import write_concept
from study.earlier_pages import chosen_kl_weight
from study.figures import image_grid, step_curves
from study.page import Claim, begin
from study.panels import PIXELS, nothing_there, shared_legend
from study.scores import some_of
from study.wording import counted, percent
from textinv_core.baselines.dreambooth import DreamBooth, dreambooth, rare_token
from textinv_core.files import write_image
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import load_images, plain_prompt
from textinv_core.learning.precision import autocast_dtype
from textinv_core.paths import scratch_dir

WHY = "this model has no oracle:\nnothing to read here"
page = begin("what_it_learns", globals())
oracle, plain = open_oracle(model), {c.name: plain_prompt(c.kind) for c in page.concepts}
kl_weight, weight_from = chosen_kl_weight(profile, kl_weight)
weights = {TI: 0.0, KL: kl_weight}
every = checkpoint_every or max(1, steps // 10)

# %% [markdown]
# ## What is measured
#
# Pictures of the plain prompt, {glue:text}`n_pictures` of each word at each step, read by the oracle. An attribute is there when the
# part has the concept’s form, or its colour lies close to the concept’s. Its *recovery* is the share of pictures that have it, minus the
# same for the class word, over the same for the concept’s own drawings after the autoencoder: zero is what the class word shows anyway, one is
# all there is to show. Where drawings and class word are less than {glue:text}`span` apart a ratio says nothing, and none is shown.
# *Leaked* is what the training pictures share and the concept does not have: for this a word is learned from pictures that all
# have one backdrop.
#
# Named before looking, three primary contrasts, each with {glue:text}`smallest` as the smallest effect of interest:
#
# - naive word, recovery averaged over training, colours minus forms: do colours come first?
# - forms at the last step, KL minus naive: does the KL term cost forms?
# - share of plain pictures in the one backdrop, that word minus the class word: does it leak? Control: a word from varied backdrops.

# %% tags=["hide-input"]
shown, parts, own, of_class, leaks = [], [], [], [], []
half, spare = autocast_dtype(page.pipe.unet), page.store.pictures.with_name("dreambooth")


def read(pictures, name, **where):
    """Which attributes of a concept are in each picture, beside what tells the pictures apart."""
    seen = attributes_seen(oracle, list(pictures), name) if oracle else None
    return pd.DataFrame() if seen is None else seen.assign(concept=name, **where)


def drawings(c):
    """The concept's own drawings after the autoencoder; of one that the world cannot draw, its given pictures."""
    if c.name in members():
        made = [Image.fromarray(draw(c.name, np.random.default_rng((23, i)))[0]) for i in range(references)]
        made = [image.resize((64, 64), Image.Resampling.LANCZOS) for image in made]
    else:
        made = load_images([*c.held_out, *c.images], 64)
    return [Image.fromarray(image) for image in there_and_back(page.pipe.vae, np.stack([np.asarray(i) for i in made]))]


def in_one_place(c):
    """The concept's variant whose pictures all have one backdrop; None where the world cannot draw it so."""
    if c.name not in members() or members()[c.name].family == "style":
        return None
    home, paths = scratch_dir(profile) / "concepts" / f"{c.name}-in-{backdrop}", []
    for i in range(len(c.images)):
        paths.append(home.with_name(f"{home.name}-drawn") / f"{i:03d}.png")
        write_image(paths[-1], Image.fromarray(draw(c.name, np.random.default_rng((29, i)), scene=backdrop)[0]))
    return write_concept(home, c, paths, c.held_out)


def leaked(pictures, source, name, seed=None):
    """The share of pictures in the one backdrop."""
    if oracle:
        there = label(oracle.read_pictures(list(pictures)), "scene") == backdrop
        leaks.extend(dict(concept=name, seed=s, source=source, scene=there.mean()) for s in (seeds if seed is None else [seed]))


settings = dict(steps=steps, checkpoint_every=every, batch_size=batch_size)
for c in page.concepts:
    where = [(method, s) for method in weights for s in seeds]
    arms = [Arm(c, seed=s, learning_rate=learning_rate, kl_weight=weights[method]) for method, s in where]
    words, texts = page.store.learn(page.pipe, arms, **settings), [plain[c.name]]
    drawn = {n: [page.draw(word, texts)["image"].tolist() for word in words.at(n)] for n in words.steps}
    for n, images in ((n, pair) for n, row in drawn.items() for pair in zip(where, row, strict=True)):
        (method, s), pictures = images
        parts.append(read(pictures, c.name, method=method, seed=s, step=n))
        shown.append(dict(concept=c.name, method=method, seed=s, step=n, image=pictures[0]))
    if dreambooth_steps:
        token = identifier or rare_token(page.pipe.tokenizer)
        how = dict(steps=dreambooth_steps, learning_rate=dreambooth_learning_rate, class_pictures=class_pictures)
        recipe = DreamBooth(c, identifier=token, seed=seeds[0], batch_size=batch_size, **how)
        tuned = dreambooth(page.pipe, recipe, out=spare, dtype=half, **page.drawing)
        pictures = page.draw(None, texts, pipe=tuned, word=recipe.word)["image"].tolist()
        parts.append(read(pictures, c.name, method=DB, seed=seeds[0], step=steps))
        shown.append(dict(concept=c.name, method=DB, seed=seeds[0], step=steps, image=pictures[0]))
        del tuned
    by_class = page.draw_plain(c, texts, range(references))["image"].tolist()
    of_class.append(read(by_class, c.name))
    own.append(read(drawings(c), c.name) if oracle else pd.DataFrame())
    if oracle and (variant := in_one_place(c)):
        arms = [Arm(variant, seed=s, learning_rate=learning_rate, kl_weight=weights[m]) for m, s in where]
        words = page.store.learn(page.pipe, arms, steps=steps, batch_size=batch_size)
        for (method, s), word in zip(where, words.at(), strict=True):
            leaked(page.draw(word, texts)["image"], "one backdrop" + (", KL" if method == KL else ""), c.name, s)
        for (method, s), pictures in zip(where, drawn[steps], strict=True):
            if method == TI:
                leaked(pictures, "varied", c.name, s)
        leaked(by_class, "class word", c.name)
shown, pictures = pd.DataFrame(shown), pd.concat(parts, ignore_index=True)
leaks = pd.DataFrame(leaks, columns=["concept", "seed", "source", "scene"])
rates = pd.DataFrame(columns=[*analysis.WORD, "attribute", "share", "group", "recovery"])
joint = pd.DataFrame(columns=[*analysis.WORD, "product", "at_once"])
if len(pictures):
    low, high = (analysis.shares(pd.concat(table), ["concept"]) for table in (of_class, own))
    rates = analysis.recovered(analysis.shares(pictures, analysis.WORD), low, high)
    joint = analysis.together(pictures, analysis.WORD)
groups = analysis.by_group(rates)
found, controls = analysis.contrasts(groups, leaks)
table = decided(analysis.QUESTIONS, found, controls)
half_way = analysis.half_way(groups, TI)

# %% [markdown]
# ## The word, step by step

# %% tags=["hide-input"] mystnb={"figure": {"caption": "\u201cA photo of\u201d the naive word after more and more training steps, one training seed and one noise. Left, one of the training pictures; step 0 is the class word or another initializer.", "name": "fig-learns-pictures"}, "image": {"alt": "A grid of small pictures: one row for each concept; a training picture, then one drawn picture for each number of training steps.", "width": "100%"}}
columns = some_of(sorted(shown["step"].unique()), 9)
cells = [dict(concept=c.name, column="pictures", image=load_images(c.images[:1], PIXELS)[0]) for c in page.concepts]
first = shown[(shown["method"] == TI) & (shown["seed"] == seeds[0]) & shown["step"].isin(columns)]
cells += first.rename(columns=dict(step="column")).to_dict("records")
grid = image_grid(pd.DataFrame(cells), row="concept", column="column", row_labels=page.labels, pixels=PIXELS)
grid.figure.savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# ## Which attributes come first?

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Recovery by training step, a panel a method: family, colours and forms, mean over concepts with 95 % band. Dashed, the concept\u2019s own drawings; at zero, the class word.", "name": "fig-learns-recovery"}, "image": {"alt": "Line plots of recovery against training steps, one line each for family, colours and forms, one panel for each method.", "width": "100%"}}
methods = [method for method in (TI, KL, DB) if (shown["method"] == method).any()]
figure, axes = plt.subplots(1, len(methods), figsize=(3.8 * len(methods), 3.5), sharey=True, layout="constrained")
for ax, method in zip(axes, methods, strict=True):
    rows = groups[(groups["method"] == method) & groups["recovery"].notna()]
    if rows.empty:
        nothing_there(ax, WHY)
        continue
    step_curves(rows, "recovery", hue="group", hue_order=analysis.GROUPS, ax=ax, markersize=5).get_legend().remove()
    ax.axhline(1, color="0.3", linestyle="--", linewidth=1)
    ax.axhline(0, color="0.3", linewidth=1)
    ax.set(xlabel=f"training step\n{method}" if method != DB else method, ylabel="recovery")
if len(groups):
    shared_legend(figure, axes[0])
plt.show()

# %% [markdown]
# ## Concept by concept

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Recovery of each concept\u2019s family, colours and forms at the last step, by method. Empty: the class word shows it nearly as often as the drawings do.", "name": "fig-learns-concepts"}, "image": {"alt": "Tables of coloured cells, one for each method: a row for each concept, a column each for family, colours and forms, with the recovery written in the cell.", "width": "100%"}}
figure, axes = plt.subplots(1, len(methods), figsize=(3.6 * len(methods), 0.4 * len(page.names) + 1.4), sharey=True, layout="constrained")
for ax, method in zip(axes, methods, strict=True):
    rows = groups[(groups["method"] == method) & (groups["step"] == steps)]
    if rows.empty:
        nothing_there(ax, WHY)
        continue
    wide = rows.groupby(["concept", "group"])["recovery"].mean().unstack("group").reindex(page.names, columns=analysis.GROUPS)
    ax.imshow(wide, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    for (i, j), value in np.ndenumerate(wide.to_numpy()):
        ax.text(j, i, percent(value, ""), ha="center", va="center", fontsize=8, color="black" if value > 0.6 else "white")
    ax.set_xticks(range(3), analysis.GROUPS)
    ax.set_yticks(range(len(page.names)), page.labels.values())
    ax.grid(False)
    ax.set_xlabel(method)

# %% [markdown]
# ## One by one, or together?
#
# If attributes came into pictures independently of each other, all of them would be there at once as often as the product of their
# shares says. Where the two part, some pictures get everything right and others little.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Left: the share of pictures with all attributes at once, and the product of the attributes\u2019 shares, by training step (naive word, mean over concepts with 95 % band). Right: share of plain pictures in the one backdrop, a dot a concept, black the mean.", "name": "fig-learns-joint"}, "image": {"alt": "Left, two curves against training steps. Right, dots for each concept in four columns: class word, varied backdrops, one backdrop, one backdrop with the KL term.", "width": "100%"}}
figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 3.7), layout="constrained")
rows = joint[joint["method"] == TI].melt(list(analysis.WORD), var_name="what", value_name="share_of")
if len(rows):
    step_curves(rows.replace(dict(what=dict(at_once="all at once"))), "share_of", hue="what", ax=left, markersize=4)
    left.set(xlabel="training step", ylabel="share of pictures")
else:
    nothing_there(left, WHY)
order = ["class word", "varied", "one backdrop", "one backdrop, KL"]
for x, source in enumerate(order if len(leaks) else ()):
    each = leaks[leaks["source"] == source].groupby("concept")["scene"].mean()
    right.plot([x + 0.1] * len(each), each, "o", color="C0", alpha=0.5, markersize=5)
    right.plot(x, each.mean(), "s", color="black", markersize=7)
if len(leaks):
    right.set_xticks(range(len(order)), [source.replace(" ", "\n", 1) for source in order])
    right.set(ylabel=f"pictures read as {backdrop}", ylim=(-0.03, 1.03))
else:
    nothing_there(right, WHY if not oracle else "none of these concepts\ncan be drawn again elsewhere")
plt.show()

# %% [markdown]
# ## The primary contrasts

# %%
contrast_table(table)

# %% tags=["remove-cell"]
missing = "On this model nothing can be read from a picture but by CLIP, so there is nothing to say here of attributes."
page.say(
    **page.common("n_concepts", "n_seeds", "n_pictures", "steps", "learning_rate", "settings_from"),
    verdict_short=f"On {page.model_name}, a word ends with {analysis.ends_said(groups, TI)} of what its pictures show." if len(groups) else missing,
    ends_naive=analysis.ends_said(groups, TI),
    ends_kl=analysis.ends_said(groups, KL),
    ends_dreambooth=analysis.ends_said(groups, DB) if dreambooth_steps else "left out of this run",
    half_way=analysis.steps_said(half_way),
    at_once=analysis.product_said(joint, TI),
    span=f"{analysis.SMALLEST_SPAN:g}",
    smallest=f"{analysis.SMALLEST:g}",
    kl_weight=f"{kl_weight:g}",
    weight_from=weight_from,
    backdrop=backdrop,
    **{f"verdict_{key}": row["verdict"] for key, row in table.iterrows()},
    **{f"said_{key}": f"{row['said']}; {row['tested']}" for key, row in table.iterrows()},
)

# %% [markdown]
# ## What this shows, and what it does not
#
# **Colours are recovered before forms: {glue:text}`verdict_order`** ({glue:text}`said_order`). Half of what it ends with the naive word has by:
# {glue:text}`half_way`. After {glue:text}`steps` steps the naive word has recovered {glue:text}`ends_naive`; the word under the KL term (weight {glue:text}`kl_weight`,
# {glue:text}`weight_from`) {glue:text}`ends_kl`; DreamBooth: {glue:text}`ends_dreambooth`.
#
# **The KL term costs forms: {glue:text}`verdict_kl`** ({glue:text}`said_kl`).
#
# **The one backdrop leaks: {glue:text}`verdict_leak`** ({glue:text}`said_leak`). The backdrop is the {glue:text}`backdrop` for every concept.
#
# All attributes at once, at the last step of the naive word: {glue:text}`at_once`.
#
# **What to do:** vary what is not the concept. Look at the attribute that is late, not at the average, before you stop training.
#
# What it does not show:
#
# - Attributes are those the drawing programs have and the oracle reads, with its own errors; a reading of the concept’s own drawings divides them out only on average.
# - Side and size of the subject may leak as well; the oracle does not read them.
# - {glue:text}`n_concepts` concepts, {glue:text}`n_seeds` training seeds, one regime: a learning rate of {glue:text}`learning_rate`, {glue:text}`settings_from`.

# %% tags=["remove-cell"]
n = f"{counted(len(seeds), 'training seed')}, {counted(images_per_prompt, 'picture')} a step"
claims = [Claim(**fields) for fields in as_claims(analysis.QUESTIONS, table, n)]
page.close(dict(rates=rates, groups=groups, joint=joint, leaks=leaks, primary=table.reset_index()), claims, kl_weight=kl_weight, checkpoint_every=every)
